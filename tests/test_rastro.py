"""O que o interpretador escreve quando um programa cai, em cada linguagem, e o que o programa diz no meio disso."""

import pytest

from avaliador.rastro import ler_rastro, sem_rastros

PYTHON = """\
Traceback (most recent call last):
  File "/casa/parimpar/servidor.py", line 12, in <module>
    atender(c)
    ~~~~~~~^^^
  File "/usr/lib/python3.11/json/decoder.py", line 355, in decode
    raise JSONDecodeError
{}
"""
COLORIDO = (
    'Traceback (most recent call last):\n  File \x1b[35m"/casa/parimpar/s.py"\x1b[0m, line \x1b[35m3\x1b[0m, in x\n'
    "    int(d)\n\x1b[1;35mValueError\x1b[0m: \x1b[35mPAR\x1b[0m\n"
)
JAVA = """\
Exception in thread "Thread-0" java.lang.NumberFormatException: For input string: "PAR"
\tat java.base/java.lang.Integer.parseInt(Integer.java:668)
\tat Servidor.lambda$main$0(Servidor.java:21)
\tat java.base/java.lang.Thread.run(Thread.java:840)
"""
CAUSADA = """\
java.lang.RuntimeException: caiu
\tat A.main(A.java:4)
Caused by: java.lang.NullPointerException: o é null
\tat A.main(A.java:3)
\t... 1 more
"""
NODE = """\
/casa/parimpar/servidor.js:7
  resposta.nada.x;
                ^

TypeError: Cannot read properties of undefined (reading 'x')
    at Socket.<anonymous> (/casa/parimpar/servidor.js:7:17)
    at Socket.emit (node:events:518:28) {
  code: 'PAR'
}

Node.js v20.20.2
"""
DO_SISTEMA = """\
node:events:502
      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRINUSE: address already in use 127.0.0.1:5000
    at Server.setupListenHandle [as _listen2] (node:net:1817:16)
Emitted 'error' event on Server instance at:
    at emitErrorNT (node:net:1796:8) {
  code: 'EADDRINUSE'
}

Node.js v20.20.2
"""
CSHARP = """\
Unhandled exception. System.FormatException: formato PAR
   at System.Number.Parse(String s)
   at Program.Main(String[] args) in /casa/Program.cs:line 12
"""
GO = "panic: runtime error: índice\n\ngoroutine 1 [running]:\nmain.main()\n\t/casa/s.go:12 +0x1d\nexit status 2\n"
RUBY = "servidor.rb:5:in `responder': undefined local variable `par' (NameError)\n"
SINTAXE = '  File "/casa/s.py", line 1\n    x = (\n        ^\nSyntaxError: \'(\' was never closed\n'
ENCADEADA = (
    'Traceback (most recent call last):\n  File "/casa/s.py", line 7, in f\n    1/0\nZeroDivisionError: division by zero\n\n'
    "During handling of the above exception, another exception occurred:\n\n"
    'Traceback (most recent call last):\n  File "/casa/s.py", line 8, in f\n    raise MeuFim("PAR")\nMeuFim: PAR\n'
)


@pytest.mark.parametrize(
    "texto, certo",
    [
        (PYTHON.format("ValueError: 'par'"), "ValueError: 'par' (linha 12)"),
        (PYTHON.format("NameError"), "NameError (linha 12)"),
        (PYTHON.format("socket.gaierror: [Errno -2]"), "socket.gaierror: [Errno -2] (linha 12)"),
        (COLORIDO, "ValueError: PAR (linha 3)"),
        ("Exception in thread Thread-1 (f):\n" + PYTHON.format("KeyError: 'x'"), "KeyError: 'x' (linha 12)"),
        (ENCADEADA, "MeuFim: PAR (linha 8)"), (SINTAXE, "SyntaxError: '(' was never closed (linha 1)"),
        (JAVA, 'NumberFormatException: For input string: "PAR" (linha 21)'),
        (CAUSADA, "NullPointerException: o é null (linha 3)"),
        (NODE, "TypeError: Cannot read properties of undefined (reading 'x') (linha 7)"),
        (DO_SISTEMA, "Error: listen EADDRINUSE: address already in use 127.0.0.1:5000"),
        (CSHARP, "FormatException: formato PAR (linha 12)"), (GO, "panic: runtime error: índice (linha 12)"),
        (RUBY, "NameError: undefined local variable `par' (linha 5)"),
        ("/casa/s.js:1\nthrow 'PAR';\n^\nPAR\n(Use `node --trace-uncaught ...` to show)\n\nNode.js v20\n", "exceção: PAR (linha 1)"),
        ("A.java:3: error: incompatible types\nint par = x;\n          ^\n1 error\n", "erro de compilação: incompatible types (linha 3)"),
    ],
)  # fmt: skip
def test_cada_linguagem_tem_o_seu_rastro(texto, certo):
    """A exceção e a linha do aluno se leem; e nada do rastro, nem o caminho, conta como dito pelo programa."""
    rastro = ler_rastro("recebi 7\n" + texto, lambda arquivo: "/usr/" not in arquivo)
    assert str(rastro) == certo
    dito = sem_rastros("recebi 7\n" + texto + "enviei 8\n")
    assert [linha for linha in dito.splitlines() if linha] == ["recebi 7", "enviei 8"]


@pytest.mark.parametrize(
    "texto",
    [
        "recebi: 7\nerro: não é número\n  at casa\nPAR\n", "File: x\nPAR FIM\n", "Exception: tratei\nPAR\n",
        "Resposta: PAR\n    com recuo\n", "PAR", "",
    ],
)  # fmt: skip
def test_o_que_o_programa_diz_fica_inteiro(texto):
    """Uma mensagem do próprio programa sobre um erro não é um rastro."""
    assert ler_rastro(texto) is None and sem_rastros(texto) == texto


def test_um_rastro_pela_metade_nao_e_dito():
    """Enquanto o rastro ainda está sendo escrito, o pedaço que chegou já não conta."""
    inteiro = "7\n" + PYTHON.format("ValueError: PAR")
    for quantos in range(2 + len("Traceback (most recent call last):\n"), len(inteiro)):
        assert sem_rastros(inteiro[:quantos]) == "7\n", inteiro[:quantos]


def test_avisos_do_interpretador_nao_sao_ditos():
    """Um DeprecationWarning, com o caminho e o código, não é do programa."""
    aviso = "/casa/parimpar/s.py:5: DeprecationWarning: PAR\n  x = par()\n(node:12) Warning: PAR\n"
    assert sem_rastros("7\n" + aviso + "8\n") == "7\n8\n"
