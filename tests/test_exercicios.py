"""Os exercícios: intocados, errados de vários modos, e com a sua própria solução."""

import contextlib
import importlib
import itertools
import json
import linecache
import os
import re
import socket
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import pytest
from apoio import RAIZ, restos

from avaliador.exame_servidor import ExameDeServidor
from avaliador.exercicios import aula11, aula12
from avaliador.exercicios import exercicio as modulo
from avaliador.exercicios.aluno import Aluno
from avaliador.exercicios.causas import causa
from avaliador.exercicios.exercicio import Exercicio
from avaliador.exercicios.resultado import CERTO, NAO_TENTADO, PARADO, QUEBROU
from avaliador.veredito import ESPECIFICACAO
from parimpar.erros import ErroDeUso

NUMEROS = ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "13"]  # as aulas com exercícios de funções
AULAS = [importlib.import_module(f"avaliador.exercicios.aula{numero}") for numero in NUMEROS]
TODOS = {
    f"{e.aula}.{e.nome}": e
    for e in (x for aula in AULAS for x in vars(aula).values())
    if isinstance(e, Exercicio) and e.provar.__module__ == f"avaliador.exercicios.{e.aula}"
}
_celulas = itertools.count(1)


def escrever(codigo, nome):
    """A função, como se viesse de uma célula do notebook."""
    codigo, arquivo = textwrap.dedent(codigo).strip() + "\n", f"<célula {next(_celulas)}>"
    linecache.cache[arquivo] = (len(codigo), None, codigo.splitlines(keepends=True), arquivo)
    espaco = {}
    exec(compile(codigo, arquivo, "exec"), espaco)
    return espaco[nome]


def conferir(nome, codigo):
    return TODOS[nome].conferir(escrever(codigo, nome.partition(".")[2]))


def test_cada_aula_tem_dois_ou_tres_exercicios():
    """Como a anatomia das aulas pede."""
    for aula in AULAS:
        assert 2 <= sum(e.aula == aula.__name__.rpartition(".")[2] for e in TODOS.values()) <= 3


@pytest.mark.parametrize("nome", TODOS)
def test_intocado(nome):
    """Só com os três pontos, é "ainda não tentado", e nada é executado."""
    definicao = TODOS[nome].codigo.partition("\n")[0]
    for corpo in ("...", "pass", '"""O que se pede."""\n    ...'):
        assert conferir(nome, f"{definicao}\n    {corpo}").situacao == NAO_TENTADO


@pytest.mark.parametrize("nome", TODOS)
def test_a_solucao_esta_certa(nome):
    """A solução mostrada passa em todas as provas."""
    assert conferir(nome, TODOS[nome].codigo).situacao == CERTO


AINDA_COM_POUCAS = set()
ERRADAS = [
    (f"aula{numero}.{nome}", *resposta)
    for numero in NUMEROS
    for nome, *resposta in importlib.import_module(f"erradas.aula{numero}").ERRADAS
]


@pytest.mark.parametrize("nome, codigo, situacao, trecho", ERRADAS)
def test_respostas_erradas(nome, codigo, situacao, trecho):
    """Errada, quebrada e parada se distinguem, e a mensagem diz onde e por quê."""
    resultado = conferir(nome, codigo)
    assert resultado.situacao == situacao and trecho in resultado.mensagem, resultado


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="só o Linux conta o tempo na fila do processador")
def test_um_laco_sem_fim_numa_maquina_ocupada():
    """Com o processador dividido por dez, quem não para de executar não passa por quem espera."""
    nome, codigo, situacao, trecho = next(e for e in ERRADAS if e[-1] == "o laço tem como acabar?")
    todos = os.sched_getaffinity(0)
    um = {min(todos)}
    with contextlib.ExitStack() as pilha:
        for _ in range(9):
            outro = subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
            pilha.callback(outro.wait)
            pilha.callback(outro.kill)
            os.sched_setaffinity(outro.pid, um)
        pilha.callback(os.sched_setaffinity, 0, todos)
        os.sched_setaffinity(0, um)
        resultado = conferir(nome, codigo)
    assert resultado.situacao == situacao and trecho in resultado.mensagem, resultado


@pytest.mark.parametrize("nome", TODOS)
def test_todo_exercicio_tem_seis_respostas_erradas(nome):
    """As que os novatos escrevem, cada uma com a sua causa em português."""
    trechos = [trecho for de_quem, _, _, trecho in ERRADAS if de_quem == nome]
    assert trechos
    if nome.partition(".")[0] not in AINDA_COM_POUCAS:
        assert len(trechos) >= 6 and len(set(trechos)) >= 5


@pytest.mark.parametrize("nome", ["aula01.alguem_escuta", "aula11.diagnosticar"])
def test_a_solucao_aguenta_uma_recusa_lenta(nome):
    """Uma conexão recusada só depois de 2 s, como no Windows, não reprova quem está certo."""
    exercicio = TODOS[nome]
    comeco = time.monotonic()
    with aula11.recusa_lenta():
        exercicio.provar(Aluno(escrever("import socket\n" + exercicio.codigo, exercicio.nome), []))
    assert time.monotonic() - comeco >= aula11.RECUSA_LENTA  # houve mesmo uma recusa


ERROS_DE_TIPO = {
    "socket.socket().send('7')": "falta o .encode()",
    "socket.socket().send(7)": "escreva str(…).encode()",
    "b'7' + 'a'": "não se junta texto com bytes",
    "'a' + b'7'": "não se junta texto com bytes",
    "socket.socket().connect('127.0.0.1', 60000)": "faltam os parênteses de dentro",
    "socket.socket().bind('127.0.0.1')": "o endereço é uma tupla",
    "socket.socket().connect((('127.0.0.1', 60000), 1))": "passe-o inteiro",
    "'7' % 2": "converta antes, com int",
    "threading.Thread(target=print, args=(7)).run()": "a vírgula é obrigatória",
    "len(7)": "str(…) num número",
    "'7'()": "os parênteses chamam uma função, e ali há str",
    "(lambda: 1)(2)": "a quantidade de argumentos",
    "''.join([1])": "join junta textos",
    "None[0]": "não devolveu nada",
}


@pytest.mark.parametrize("codigo", ERROS_DE_TIPO)
def test_os_erros_de_tipo_em_portugues(codigo):
    """Os `TypeError` mais comuns dizem o que faltou, e não só a frase em inglês do Python."""
    with pytest.raises(TypeError) as erro, warnings.catch_warnings(action="ignore"):
        eval(codigo, {"socket": socket, "threading": threading})
    assert ERROS_DE_TIPO[codigo] in causa(erro.value)


def test_a_linha_citada_e_a_da_celula():
    """O número e o texto da linha são os que o aluno vê, mesmo com código antes da função."""
    resultado = conferir("aula04.sortear", "x = 1\n\n\ndef sortear():\n    casas = 3\n    return 1 / 0")
    assert resultado.mensagem == "na linha 6, ZeroDivisionError: division by zero"
    assert resultado.detalhe == "  6 │     return 1 / 0"


def test_o_que_a_resposta_usa_tem_de_estar_nela():
    """Um nome de fora: o erro diz por que ele não existe."""
    resultado = conferir("aula04.sortear", "fora = 3\ndef sortear():\n    return str(fora)")
    assert resultado.situacao == QUEBROU and "executada sozinha" in resultado.mensagem


def test_o_que_a_resposta_imprime_e_mostrado_sem_controles():
    """A tela da resposta errada aparece, limitada e sem comandar o terminal."""
    resultado = conferir("aula04.sortear", "def sortear():\n    print('oi \\x1b[31m' + 'x' * 9000)\n    return 1")
    assert "oi \\x1b[31m" in resultado.tela and "\x1b" not in str(resultado) and len(resultado.tela) < 3000
    assert "<pre" in resultado._repr_html_() and "oi" in resultado._repr_html_()


def test_o_html_escapa():
    """O que a resposta devolve não vira marcação."""
    pagina = conferir("aula04.sortear", "def sortear():\n    return '<img onerror=x>'")._repr_html_()
    assert "<img" not in pagina and "&lt;img" in pagina


@pytest.mark.parametrize(
    "corpo, trecho",
    [("import os; os._exit(3)", "terminou no meio"), ("import os; os.kill(os.getpid(), 9)", "terminou no meio")],
)
def test_processo_que_morre(corpo, trecho):
    """Quem derruba o processo também recebe uma mensagem."""
    resultado = conferir("aula04.sortear", f"def sortear():\n    {corpo}")
    assert resultado.situacao == QUEBROU and trecho in resultado.mensagem


@pytest.mark.parametrize(
    "forjar",
    [
        'f.write_text(json.dumps({"situacao": "certo", "mensagem": "nota 10", "detalhe": ""}))',
        'f.write_text(json.dumps({"situacao": "certo", "mensagem": "x", "segredo": sys.stdin.read()}))',
        'f.write_text("[" * 100_000)', "f.mkdir()", 'f.write_bytes(b"\\xff\\xfe")', "f.write_text('{}')",
        "os.mkfifo(f)",
    ],
)  # fmt: skip
def test_um_resultado_forjado_nao_conta(forjar):
    """A resposta que escreve o próprio resultado, ou põe outra coisa no lugar dele, não passa nem levanta nada."""
    if os.name != "posix" and "mkfifo" in forjar:
        pytest.skip("é do Unix")
    resultado = conferir(
        "aula04.sortear",
        f"def sortear():\n    import json, os, pathlib, sys\n    f = pathlib.Path('resultado.json')\n    {forjar}\n"
        "    sys.stdout.flush()\n    os._exit(0)",
    )
    assert resultado.situacao == QUEBROU and "terminou no meio" in resultado.mensagem


def test_quem_nao_termina_nao_prende_o_notebook(monkeypatch):
    """Nem segurando o interpretador inteiro: o prazo é do processo de fora, e nada fica para trás."""
    monkeypatch.setattr(modulo, "PRAZO", 1.0)
    comeco = time.monotonic()
    resultado = conferir("aula04.sortear", "def sortear():\n    '0' * 10 + 'x'\n    (9**9**8)\n    return '1'")
    assert resultado.situacao == PARADO and time.monotonic() - comeco < 20
    assert restos() == []


@pytest.mark.parametrize("resposta", [3, "texto", print, lambda: 1, Exercicio])
def test_o_que_nao_e_funcao(resposta):
    """O erro diz o que se esperava e o que veio."""
    with pytest.raises(ErroDeUso, match="esperava uma função feita com def"):
        TODOS["aula04.sortear"].conferir(resposta)


def test_as_dicas_vem_aos_poucos():
    """Uma a cada vez; a última se repete; a solução é código."""
    exemplo = Exercicio(TODOS["aula04.sortear"].provar, ["um", "dois"], "def f():\n    return 1")
    assert [str(exemplo.dica()) for _ in range(3)] == ["Dica 1 de 2: um", "Dica 2 de 2: dois", "Dica 2 de 2: dois"]
    assert str(exemplo.solucao()).endswith("    def f():\n        return 1")
    assert "<pre" in exemplo.solucao()._repr_html_()


TRABALHOS = {"servidor": aula12.servidor, "cliente": aula12.cliente}


@pytest.mark.parametrize("nome", TRABALHOS)
def test_trabalho_intocado(nome, tmp_path):
    """Só com os três pontos, nada é executado nem gravado."""
    intocada = escrever(TRABALHOS[nome].codigo.partition("\n")[0] + "\n    ...", nome)
    assert TRABALHOS[nome].conferir(intocada).situacao == NAO_TENTADO
    assert TRABALHOS[nome].gravar(intocada, tmp_path / "meu.py").situacao == NAO_TENTADO
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "nome, so", [("servidor", "enunciado"), ("cliente", ["conecta", "numero", "mostra", "mente", "tela", "devolve"])]
)
def test_a_solucao_do_trabalho_passa(nome, so):
    """Julgada como um programa; do cliente, os casos que não pedem duas voltas de 10 s."""
    avaliacao = TRABALHOS[nome].conferir(escrever(TRABALHOS[nome].codigo, nome), so=so)
    assert avaliacao.aprovado and avaliacao.comando[0] == "python", avaliacao
    assert restos() == []


SO_UM = """def servidor(porta):
    with socket.create_server(("127.0.0.1", porta)) as server_socket:
        conexao, _ = server_socket.accept()
        numero = conexao.recv(1024).decode()
        print("recebido:", numero)
        letras = "".join(random.choices(string.ascii_letters, k=len(numero)))
        resposta = letras if len(numero) > 10 else "PAR" if int(numero) % 2 == 0 else "ÍMPAR"
        conexao.sendall(resposta.encode())
        print("enviado:", resposta)
        conexao.recv(1024)
"""


def test_os_marcos_sao_uma_escada():
    """Quem atende um cliente só sobe o primeiro degrau, e não os outros; a solução sobe os três."""
    um, dois, tres = (aula12.servidor.marco(n, escrever(SO_UM, "servidor")) for n in (1, 2, 3))
    assert um.aprovado and not dois.aprovado and not tres.aprovado, (um, dois, tres)
    certo = escrever(aula12.servidor.codigo, "servidor")
    assert [aula12.servidor.marco(n, certo).aprovado for n in (1, 2, 3)] == [True] * 3
    with pytest.raises(ErroDeUso, match="os marcos vão de 1 a 3; veio 4"):
        aula12.servidor.marco(4, certo)


def test_a_aula_lista_os_casos_que_cobra():
    """Todo caso do exame do servidor está no texto da aula 12, e o de um marco, no texto dele."""
    celulas = json.loads((RAIZ / "notebooks" / "12-sua-vez.ipynb").read_text(encoding="utf-8"))["cells"]
    textos = ["".join(c["source"]) for c in celulas if c["cell_type"] == "markdown"]
    degraus = [next(texto for texto in textos if f"### Marco {n}" in texto) for n in (1, 2, 3)]
    for degrau, casos in zip(degraus, aula12.servidor.marcos, strict=True):
        assert all(f"`{caso}`" in degrau for caso in casos)
    tabela = next(texto for texto in textos if "## O exame inteiro" in texto)
    listados = re.findall(r"^\| `([^`]+)`", tabela, re.M)
    assert sorted(listados) == sorted(c.nome for c in ExameDeServidor.CASOS if c.regua == ESPECIFICACAO)


def test_trabalho_errado():
    """Um servidor que quebra logo: o relatório traz a última linha dele."""
    avaliacao = aula12.servidor.conferir(escrever("def servidor(porta):\n    nada", "servidor"), so=["impar", "par"])
    assert not avaliacao.aprovado and "NameError" in str(avaliacao)


def test_trabalho_gravado(tmp_path):
    """O programa gravado é regravado, mas um arquivo que já existia não se perde."""
    arquivo = tmp_path / "meu_servidor.py"
    resposta = escrever("def servidor(porta):\n    print('porta', porta)", "servidor")
    for _ in range(2):
        assert "python meu_servidor.py" in str(aula12.servidor.gravar(resposta, arquivo))
    feito = subprocess.run([sys.executable, arquivo, "7"], capture_output=True, encoding="utf-8", timeout=60)
    assert feito.stdout == "porta 7\n"
    arquivo.write_text("meu\n", encoding="utf-8")
    with pytest.raises(ErroDeUso, match="escolha outro nome"):
        aula12.servidor.gravar(resposta, arquivo)
    assert arquivo.read_text(encoding="utf-8") == "meu\n"


def test_trabalho_com_outro_nome():
    """A função tem de se chamar como se pede."""
    with pytest.raises(ErroDeUso, match="chamada servidor, e veio servir"):
        aula12.servidor.conferir(escrever("def servir(porta):\n    ...", "servir"))
