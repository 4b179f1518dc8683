"""O que os testes com sockets têm em comum: só 127.0.0.1, porta escolhida pelo sistema e prazo em toda espera."""

import atexit
import contextlib
import functools
import itertools
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from avaliador import isolamento

RAIZ = pathlib.Path(__file__).parent.parent
PRAZO = 10  # segundos

# Os programas que os exames iniciam recebem este sinal, só nos testes, para se saber quais são deles.
SINAL = "PARIMPAR_TESTE"
isolamento.ACRESCENTADAS[SINAL] = str(os.getpid())

# Abaixo das portas que o sistema empresta às conexões de saída, para nenhum outro programa tomá-las no meio do exame.
# Cada processo do xdist (gw0, gw1…) tem as suas quatro mil: dois não podem dar a mesma a dois programas.
_vez = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 4
_portas = itertools.count(15_000 + 4_000 * _vez + random.Random(os.getpid()).randrange(3_000))


def conectar(endereco):
    """Um socket cru conectado ao endereço; use com `with`."""
    return socket.create_connection(tuple(endereco), timeout=PRAZO)


def ler(sock, quantos):
    """Lê exatamente `quantos` bytes, ou os que vierem antes do fim."""
    dados = b""
    while len(dados) < quantos and (parte := sock.recv(min(quantos - len(dados), 65536))):
        dados += parte
    return dados


def ler_tudo(sock):
    """Lê até a outra ponta fechar."""
    return ler(sock, 1 << 30)


def reiniciar(sock):
    """Fecha com um RST: SO_LINGER com espera zero."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii" if os.name == "posix" else "hh", 1, 0))
    sock.close()


def anotou(diario, tipo, trecho="", cursor=0):
    """Espera um evento desse tipo, com esse trecho no detalhe, e o devolve."""
    evento = diario.esperar(lambda e: e.tipo == tipo and trecho in e.detalhe, PRAZO, cursor)
    assert evento, f"em {PRAZO} s não se anotou {tipo!r} com {trecho!r}; o diário:\n{diario}"
    return evento


@contextlib.contextmanager
def servidor_de_aluno(roteiro, vezes=1):
    """O endereço de um servidor que faz `roteiro(conexao)` com `vezes` clientes, um depois do outro."""
    falhas = []

    def atender():
        try:
            for _ in range(vezes):
                conexao, _ = escuta.accept()
                with conexao:
                    conexao.settimeout(PRAZO)
                    roteiro(conexao)
        except Exception as erro:  # o teste é que deve falhar, e não a thread
            falhas.append(erro)

    with socket.create_server(("127.0.0.1", 0)) as escuta:
        escuta.settimeout(PRAZO)
        thread = threading.Thread(target=atender, daemon=True)
        thread.start()
        yield escuta.getsockname()
        thread.join(PRAZO)
    assert not thread.is_alive(), "o servidor do aluno não terminou"
    assert not falhas, falhas


def em_outro_processo(programa, *opcoes):
    """Executa o programa num Python novo, na pasta do projeto, e devolve o que ele escreveu."""
    comando = [sys.executable, *opcoes, "-W", "error", "-X", "utf8", "-c", programa]
    feito = subprocess.run(comando, cwd=RAIZ, capture_output=True, encoding="utf-8", timeout=60)
    assert (feito.returncode, feito.stderr) == (0, ""), feito.stderr
    return feito.stdout


def dispensar(falta):
    """Pula o teste que precisa de um programa que não há; no CI, onde todos são instalados, reprova."""
    import pytest

    (pytest.fail if os.environ.get("PARIMPAR_CI") else pytest.skip)(falta)


def esperar(condicao, prazo=3 * PRAZO):
    """Espera uma condição do sistema valer; o sistema não avisa, só resta perguntar de novo."""
    limite = time.monotonic() + prazo
    while not condicao():
        assert time.monotonic() < limite, f"em {prazo} s não aconteceu o que se esperava"
        time.sleep(0.05)


def porta_livre():
    """Uma porta que ninguém usa, para um programa que precisa saber o número antes de escutar."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as sonda:
            sonda.bind(("127.0.0.1", porta := next(_portas)))
            return porta


INTERPRETES = {".py": sys.executable, ".java": "java", ".js": "node", ".c": "gcc"}


def o_que_falta(nome):
    """O programa que falta nesta máquina para executar um de tests/alunos; None se não falta nada."""
    precisa = [INTERPRETES[pathlib.Path(nome).suffix]]
    if pathlib.Path(nome).name == "janela.py" and sys.platform.startswith("linux"):
        precisa += ["xvfb-run", "xauth"]
    return next((programa for programa in precisa if not shutil.which(programa)), None)


def comando_do_aluno(arquivo, *argumentos):
    """O comando que executa um programa de tests/alunos; None se falta o interpretador."""
    interprete = INTERPRETES[arquivo.suffix]
    if o_que_falta(arquivo):
        return None
    if arquivo.suffix == ".c":
        return [str(pathlib.Path(_compilado(arquivo), arquivo.stem)), *argumentos]
    if arquivo.suffix == ".java" and shutil.which("javac"):  # compilado uma vez só, e não a cada caso
        return [interprete, "-XX:TieredStopAtLevel=1", "-cp", _compilado(arquivo), arquivo.stem, *argumentos]
    return [interprete, str(arquivo), *argumentos]


@functools.cache
def _compilado(arquivo):
    pasta = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, pasta, ignore_errors=True)
    compilar = ["javac", "-d", pasta] if arquivo.suffix == ".java" else ["gcc", "-o", f"{pasta}/{arquivo.stem}"]
    shutil.copy(arquivo, pasta)  # o fonte fica ao lado, como na pasta de um aluno
    subprocess.run([*compilar, str(arquivo)], check=True, timeout=60)
    return pasta


def restos():
    """Os processos que algum exame deste teste deixou para trás."""
    import psutil

    sobraram = []
    for processo in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            ambiente = processo.environ()
            if ambiente.get(SINAL) == str(os.getpid()):
                sobraram.append(processo)
    return sobraram


# O que uma rede pode trazer para quebrar uma tela: marcação, fórmulas, controle do terminal, letras de mais.
HOSTIS = (
    "$$", "$_$", "$x^2$", "R$ 5 e R$ 6", r"\$\frac{1}{0}$", r"$\undefined{$", "<img src=x onerror=alert(1)>", "</text></svg>",
    "<script>alert(1)</script>", "\"'><b>", "&amp;&lt;", "]]>", "\x00\x01\x1b[31m\x07", "\t8", "\r\n", "\u202e7\u2066", "\ufffe\ud800",
    "{}%s%(x)s", "1" * 1000, "Í" * 600, "𝟟👩‍👩‍👧", "",
)  # fmt: skip


@contextlib.contextmanager
def um_filho():
    """Um filho deste processo, feito por fork, que vive enquanto dura o bloco e não faz nada."""
    aqui, la = socket.socketpair()
    with aqui, la:
        filho = os.fork()
        if filho == 0:
            la.send(b"!")  # quando o fork volta, o que se herdou já se fechou
            aqui.close()
            la.recv(1)  # até o pai fechar a outra ponta
            os._exit(0)
        try:
            aqui.settimeout(PRAZO)
            assert aqui.recv(1) == b"!"
            yield
        finally:
            aqui.close()
            os.waitpid(filho, 0)
