#!/usr/bin/env bash
# O VPL executa este roteiro e depois o vpl_execution que ele deixa; o que este escreve é o comentário e a nota.
PYTHON="${PYTHON:-python3}"
cat > vpl_execution <<FIM
#!/usr/bin/env bash
"$PYTHON" -m parimpar avaliar ${ALVO:-servidor} --formato vpl -- "$PYTHON" ${ALVO:-servidor}.py
FIM
chmod +x vpl_execution
