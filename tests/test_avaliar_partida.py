"""De quem é a culpa quando um programa não escuta: pelo que o sistema e o código dizem, e não por uma palavra dele."""

import os
import socket
import sys

import pytest
from apoio import porta_livre

from avaliador.fonte import faltou_argumento, faltou_teclado, ler_codigo
from avaliador.partida import DUAS_VEZES, PortaPresa, por_que
from avaliador.processo import Programa
from avaliador.rastro import Rastro
from avaliador.veredito import FALHOU, NAO_DEU

RECLAMA = "print('porta em uso: PORTA'); exit(1)"
TRATA = """
import socket
try:
    socket.create_server(("127.0.0.1", PORTA))
except OSError:
    print("porta em uso")
"""
LIGA_DUAS_VEZES = """
import socket
um, outro = socket.socket(), socket.socket()
try:
    um.bind(("127.0.0.1", PORTA))
    outro.bind(("127.0.0.1", PORTA))
except OSError as erro:
    print("erro:", erro)
"""


def desfecho(pasta, codigo, porta):
    """O desfecho de quem terminou sem escutar nesta porta, ou a `PortaPresa` que ele vira."""
    (pasta / "meu.py").write_text(codigo.replace("PORTA", str(porta)), encoding="utf-8")
    with Programa([sys.executable, "meu.py"], pasta) as programa:
        assert programa.terminou(20)
        return por_que(programa, porta, 1.0)


def test_a_porta_so_esta_ocupada_se_esta(tmp_path):
    """A palavra do programa vale se alguém usa mesmo a porta; a do sistema, sempre."""
    porta = porta_livre()
    so_disse = desfecho(tmp_path, RECLAMA, porta)
    assert so_disse.situacao == FALHOU and f"porta em uso: {porta}" in so_disse.explicacao
    duas_vezes = desfecho(tmp_path, LIGA_DUAS_VEZES, porta)
    assert isinstance(duas_vezes, PortaPresa) and duas_vezes.desfecho.causa == DUAS_VEZES
    with socket.create_server(("127.0.0.1", porta)):
        de_outro = desfecho(tmp_path, TRATA, porta)
    assert de_outro.situacao == NAO_DEU and f"a porta {porta} está ocupada" in de_outro.explicacao


def test_um_modulo_opcional_nao_esconde_a_excecao(tmp_path):
    """O que ele escreveu ao tratar a falta de um módulo não é aquilo de que caiu."""
    codigo = "try:\n    import um_que_nao_ha\nexcept ImportError as erro:\n    print(erro)\nsokcet"
    fim = desfecho(tmp_path, codigo, porta_livre())
    assert fim.situacao == FALHOU and "NameError" in fim.explicacao


@pytest.mark.parametrize(
    "modulo, situacao",
    [("tkinter", NAO_DEU), ("msvcrt", NAO_DEU), ("asyncore", NAO_DEU), ("numpy", NAO_DEU), ("sokcet", FALHOU)],
)
def test_um_modulo_que_falta(tmp_path, modulo, situacao):
    """A biblioteca deste Python pode não o ter, por ser de outro sistema ou de outra versão; mal escrito, o erro é do programa."""
    sem = f"raise ModuleNotFoundError(\"No module named '{modulo}'\")"
    fim = desfecho(tmp_path, sem, porta_livre())
    assert fim.situacao == situacao and modulo in fim.explicacao


FORA = "Index 0 out of bounds for length 0"


@pytest.mark.parametrize(
    "nome, mensagem, linhas, e_argumento",
    [
        ("IndexError", "list index out of range", ["import sys", "porta = sys.argv[1]"], True),
        ("IndexError", "list index out of range", ["args = sys.argv[1:]", "porta = args[0]"], True),
        ("IndexError", "list index out of range", ["args = sys.argv[1:]", "porta = 'a b'.split()[5]"], False),
        ("IndexError", "list index out of range", ["", "porta = args[0]"], False),
        ("ValueError", "not enough values to unpack (expected 3, got 1)", ["", "_, host, porta = sys.argv"], True),
        ("ArrayIndexOutOfBoundsException", FORA, ["void main(String[] x) {", "int porta = f(x[0]);"], True),
        ("ArrayIndexOutOfBoundsException", FORA, ["void main(String... x) {", "int porta = partes[0];"], False),
        ("ArrayIndexOutOfBoundsException", FORA, [], True),
        ("ArrayIndexOutOfBoundsException", "Index 3 out of bounds for length 2", [], False),
        ("NameError", "name 'argv' is not defined", ["", "porta = argv[1]"], False),
    ],
)
def test_falta_um_argumento_so_se_a_linha_le_um(nome, mensagem, linhas, e_argumento):
    """Nem toda posição que não existe é a de um argumento."""
    assert faltou_argumento(Rastro(nome, mensagem, "x", 2), "\n".join(linhas)) == e_argumento


@pytest.mark.parametrize(
    "nome, mensagem, linhas, e_teclado",
    [
        ("EOFError", "EOF when reading a line", [], True),
        ("EOFError", "Ran out of input", ["", "pickle.loads(dados)"], False),
        ("NoSuchElementException", "No line found", ["t = new Scanner(System.in);", "t.nextLine();"], True),
        ("NoSuchElementException", "No line found", ["", "new Scanner(System.in).nextLine();"], True),
        ("NoSuchElementException", "No line found", ["t = new Scanner(System.in);", "rede.nextLine();"], False),
        ("NoSuchElementException", "No line found", [], False),
    ],
)
def test_falta_o_teclado_so_a_quem_o_lia(nome, mensagem, linhas, e_teclado):
    """Um Scanner também pode ler da rede, e um EOFError ser do pickle."""
    assert faltou_teclado(Rastro(nome, mensagem, "x", 2), "\n".join(linhas)) == e_teclado


def test_um_rastro_forjado_nao_prende_quem_le_o_codigo(tmp_path):
    """Um FIFO com o nome que o rastro aponta não se abre."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("sem FIFO")
    os.mkfifo(tmp_path / "x.py")
    assert ler_codigo([tmp_path], "x.py") == ler_codigo([tmp_path], "") == ""
