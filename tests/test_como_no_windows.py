"""O que muda no Windows e se pode imitar no Linux: o locale, o seletor, a recusa lenta e o dono de uma porta."""

import ast
import errno
import os
import selectors
import socket
import subprocess
import sys
import time
import types

import pytest
from apoio import PRAZO, RAIZ, conectar, dispensar, em_outro_processo, ler

from avaliador import escuta as escuta_do_avaliador
from parimpar import Cliente, Servidor, servidor
from parimpar.erros import ConexaoRecusada, PortaOcupada

# Lá o SYN recusado é mandado mais duas vezes, com 0,5 s entre elas, antes de o connect falhar.
RECUSA = 1.1  # segundos
SO_EXCLUSIVEADDRUSE = ~socket.SO_REUSEADDR


def _chamadas_sem_codificacao(arvore):
    """As que abrem um texto, ou leem o de um processo, na codificação que o sistema escolher."""
    for no in ast.walk(arvore):
        if not isinstance(no, ast.Call):
            continue
        nome = getattr(no.func, "attr", getattr(no.func, "id", ""))
        opcoes = {opcao.arg: opcao.value for opcao in no.keywords}
        escrito = ast.unparse(no)
        if "encoding" in opcoes or "'utf-8'" in escrito or "/proc/" in escrito or escrito.startswith(("os.", "tarfile.", "pacote.")):
            continue
        em_bytes = any(isinstance(a, ast.Constant) and a.value in ("rb", "wb", "ab", "xb") for a in no.args)
        if (nome in ("open", "read_text", "write_text") and not em_bytes) or {"text", "universal_newlines"} & set(
            opcoes
        ):
            yield f"{no.lineno}: {escrito}"


@pytest.mark.parametrize("pasta", ["parimpar", "avaliador", "ferramentas"])
def test_todo_texto_diz_a_sua_codificacao(pasta):
    """Sem `encoding`, o Windows leria os nossos arquivos e os programas dos alunos em cp1252."""
    for arquivo in (RAIZ / pasta).rglob("*.py"):
        arvore = ast.parse(arquivo.read_text(encoding="utf-8"))
        assert list(_chamadas_sem_codificacao(arvore)) == [], arquivo


def test_nenhum_modulo_precisa_do_que_so_o_unix_tem():
    """Sem fcntl, resource nem termios, os dois pacotes se importam inteiros; o guardião só é executado onde há fork."""
    programa = """
import importlib, pkgutil, sys
import IPython, ipywidgets, matplotlib.figure, psutil  # no Linux, são eles que usam o que lá não há
sys.modules.update(dict.fromkeys(["fcntl", "grp", "pwd", "resource", "termios"]))
import avaliador, parimpar
for pacote in (parimpar, avaliador):
    for modulo in pkgutil.walk_packages(pacote.__path__, f"{pacote.__name__}."):
        if modulo.name != "avaliador.guardiao":
            importlib.import_module(modulo.name)
"""
    assert em_outro_processo(programa) == ""


def test_o_par_conversa_num_terminal_em_cp1252(tmp_path):
    """Com o locale em cp1252, e sem o UTF-8 do Python, as duas pontas escrevem sem cair."""
    if not sys.platform.startswith("linux"):
        pytest.skip("só o Linux tem LOCPATH")
    if not os.path.exists("/usr/share/i18n/locales/pt_BR"):
        dispensar("sem a fonte do locale pt_BR nesta máquina; no Debian e no Ubuntu: apt-get install locales")
    subprocess.run(["localedef", "-i", "pt_BR", "-f", "CP1252", tmp_path / "pt1252"], check=True)
    ambiente = {**os.environ, "LOCPATH": str(tmp_path), "LC_ALL": "pt1252"}
    ambiente.update(PYTHONCOERCECLOCALE="0", PYTHONUTF8="0", PYTHONUNBUFFERED="1")
    ambiente.pop("PYTHONIOENCODING", None)
    comando = [sys.executable, "-m", "parimpar"]
    opcoes = dict(cwd=RAIZ, env=ambiente, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with Servidor() as destino:
        porta = str(destino.porta)
        feito = subprocess.run(
            [*comando, "cliente", "--porta", porta, "--numero", "7", "--vezes", "1"], timeout=60, **opcoes
        )
    assert feito.returncode == 0 and "ÍMPAR FIM" in feito.stdout.decode("cp1252")
    with subprocess.Popen([*comando, "servidor", "--porta", "0"], **opcoes) as atendente:
        assert "127.0.0.1:" in atendente.stdout.readline().decode("cp1252")
        atendente.terminate()
        assert atendente.wait(PRAZO) == 0


def test_o_servidor_atende_com_o_select(monkeypatch):
    """O Windows só tem o select, que não passa de 512 sockets: o servidor atende, e deixa uma folga."""
    monkeypatch.setattr(selectors, "DefaultSelector", selectors.SelectSelector)
    with Servidor() as atendente:
        with conectar(atendente.endereco) as um, conectar(atendente.endereco) as outro:
            outro.sendall(b"8\n")
            assert ler(outro, 4) == b"PAR\n"
            um.sendall(b"7\n")
            assert ler(um, 7) == "ÍMPAR\n".encode()


def test_a_recusa_lenta_continua_a_ser_uma_recusa(monkeypatch):
    """No Windows o connect a uma porta fechada demora mais de um segundo: o prazo do cliente não a toma por silêncio."""
    conectar_de_verdade = socket.socket.connect

    def conectar_devagar(sock, endereco):
        try:
            conectar_de_verdade(sock, endereco)
        except ConnectionRefusedError:
            prazo = sock.gettimeout()
            time.sleep(RECUSA if prazo is None else min(prazo, RECUSA))
            if prazo is not None and prazo < RECUSA:
                raise TimeoutError("timed out") from None
            raise

    with socket.socket() as sonda:
        sonda.bind(("127.0.0.1", 0))
        monkeypatch.setattr(socket.socket, "connect", conectar_devagar)
        with pytest.raises(ConexaoRecusada):
            Cliente(*sonda.getsockname()).conectar()


class SocketDoWindows(socket.socket):
    """O dono de uma porta como no Windows: SO_REUSEADDR toma a de outro; só SO_EXCLUSIVEADDRUSE o impede."""

    donas = {}  # porta -> se quem a tem é exclusivo

    def __init__(self, *argumentos, **opcoes):
        super().__init__(*argumentos, **opcoes)
        self.exclusivo = self.toma = False
        self.minha = None

    def setsockopt(self, nivel, opcao, valor):
        if (nivel, opcao) == (socket.SOL_SOCKET, SO_EXCLUSIVEADDRUSE):
            self.exclusivo = True
        elif (nivel, opcao) == (socket.SOL_SOCKET, socket.SO_REUSEADDR):
            self.toma = True
        else:
            super().setsockopt(nivel, opcao, valor)

    def bind(self, endereco):
        porta = endereco[1]
        if porta in self.donas:
            if not self.toma:
                raise OSError(errno.EADDRINUSE, "WSAEADDRINUSE")
            if self.donas[porta]:
                raise PermissionError(errno.EACCES, "WSAEACCES")
            return  # dois programas na mesma porta, e o sistema não diz nada
        super().setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # o TIME_WAIT não impede ninguém
        super().bind(endereco)
        self.minha = self.getsockname()[1]
        self.donas[self.minha] = self.exclusivo

    def close(self):
        self.donas.pop(self.minha, None)
        super().close()


@pytest.fixture
def no_windows(monkeypatch):
    """Os dois módulos que escutam veem o Windows, e os sockets se comportam como os dele."""
    monkeypatch.setattr(SocketDoWindows, "donas", {})
    falso = types.SimpleNamespace(**{nome: getattr(socket, nome) for nome in dir(socket) if not nome.startswith("__")})
    falso.socket, falso.SO_EXCLUSIVEADDRUSE = SocketDoWindows, SO_EXCLUSIVEADDRUSE
    monkeypatch.setattr(servidor, "_Escuta", SocketDoWindows)
    for modulo in (servidor, escuta_do_avaliador):
        monkeypatch.setattr(modulo, "socket", falso)
        monkeypatch.setattr(modulo, "sys", types.SimpleNamespace(platform="win32"))
    return falso


def test_no_windows_ninguem_toma_a_porta_do_servidor(no_windows):
    """Nem um segundo servidor, nem um programa com SO_REUSEADDR; e o próprio servidor volta a ela na hora."""
    with Servidor() as atendente:
        with pytest.raises(PortaOcupada):
            Servidor(porta=atendente.porta).iniciar()
        with no_windows.socket() as intruso:
            intruso.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(PermissionError):
                intruso.bind(("127.0.0.1", atendente.porta))
    with Servidor(porta=atendente.porta) as de_novo, conectar(de_novo.endereco) as cliente:
        cliente.sendall(b"8\n")
        assert ler(cliente, 4) == b"PAR\n"


def test_no_windows_o_avaliador_ve_a_porta_ocupada(no_windows):
    """A escuta do avaliador também é a única dona da sua porta."""
    with Servidor() as atendente, pytest.raises(OSError):
        escuta_do_avaliador._ligado(socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1", atendente.porta)
