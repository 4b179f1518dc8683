"""O mural sob ataque: enquanto alguém abusa do servidor, um aluno honesto é atendido e o que se projeta continua certo."""

import itertools
import selectors
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress

from .mural import ATRASO, MuralMedido, memoria
from .processos import abrir_descritores

CONEXOES = 10_000
UM_MEGA = b"9" * (1 << 20)
HOSTIS = ("<b>x</b>", "\x1b[2Jx", "\u202eabc", "Í" * 30, "x" * 31, "", "🙂 $\\frac{1}{0}$", "../../etc", "\x00")
RST = struct.pack("ii", 1, 0)  # SO_LINGER com espera zero
ENTRE_PEDIDOS = 0.05  # segundos, do aluno honesto
ESPERA = 0.5  # segundos: o máximo que ele pode esperar
CRESCIMENTO = 64 << 20  # bytes: o diário cheio de linhas longas


def _de(porta, origem=None):
    return socket.create_connection(("127.0.0.1", porta), 5, source_address=origem and (origem, 0))


def conexoes_de_muitos(porta, fim):
    """Dez mil conexões abertas ao mesmo tempo, de 250 endereços, e todas mudas."""
    abertas = []
    for i in range(CONEXOES):
        if time.monotonic() > fim:
            break
        with suppress(OSError):
            abertas.append(_de(porta, f"127.1.0.{1 + i % 250}"))
    time.sleep(max(fim - time.monotonic(), 0))


def conexoes_de_um(porta, fim):
    """Conexões sem parar de um endereço só; o servidor só deixa algumas."""
    abertas = []
    while time.monotonic() < fim:
        with suppress(OSError):
            abertas.append(_de(porta, "127.1.0.1"))
        if len(abertas) > 1000:
            abertas.pop(0).close()


def sem_fim(porta, fim):
    """Um megabyte sem um \\n, de novo e de novo."""
    while time.monotonic() < fim:
        with suppress(OSError), _de(porta, "127.1.0.1") as sock:
            sock.sendall(UM_MEGA)


def nomes(porta, fim):
    """Quatro conexões que se apresentam sem parar, cada vez com um nome, muitos deles hostis."""
    seletor = selectors.DefaultSelector()
    for i in range(4):
        sock = _de(porta, f"127.1.0.{i + 1}")
        sock.setblocking(False)
        seletor.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
    linhas = "".join(
        f"NOME {hostil}\nNOME n{i}\n" for i, hostil in zip(range(500), itertools.cycle(HOSTIS), strict=False)
    )
    while time.monotonic() < fim:
        for chave, o_que in seletor.select(1):
            with suppress(BlockingIOError):
                if o_que & selectors.EVENT_READ:
                    chave.fileobj.recv(1 << 20)
                chave.fileobj.send(linhas.encode())


def devolucoes(porta, fim):
    """Quatro conexões que só devolvem: o servidor não responde, e cada linha é um evento."""
    socks = [_de(porta, f"127.1.0.{i + 1}") for i in range(4)]
    while time.monotonic() < fim:
        for sock in socks:
            sock.sendall(b"FIM\n" * 4096)


def reinicios(porta, fim):
    """Conecta, envia meio número e desiste com um RST."""
    while time.monotonic() < fim:
        with suppress(OSError), _de(porta) as sock:
            sock.send(b"12")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)


def honesto(porta, fim):
    """Pergunta e devolve, uma vez por conexão; escreve quantas vezes e a maior espera."""
    pior = quantas = 0
    while time.monotonic() < fim:
        antes = time.monotonic()
        with _de(porta, "127.0.0.77") as sock, sock.makefile("rb") as linhas:
            sock.sendall(b"NOME Honesta\n8\n")
            if linhas.readline() != b"PAR\n":
                raise SystemExit("resposta errada")
            sock.sendall(b"PAR FIM\n")
        quantas, pior = quantas + 1, max(pior, time.monotonic() - antes)
        time.sleep(ENTRE_PEDIDOS)
    print(quantas, pior)


ATAQUES = (conexoes_de_muitos, conexoes_de_um, sem_fim, nomes, devolucoes, reinicios)


def medir(ataque, segundos):
    """O que se viu enquanto este ataque durou: (espera do honesto, mural, memória a mais, a linha dele está certa?)."""
    mural, comando = MuralMedido("127.0.0.1", 0), [sys.executable, "-m", "bench.hostis"]
    try:
        antes, porta = memoria(), str(mural.servidor.porta)
        with subprocess.Popen([*comando, ataque.__name__, porta, str(segundos)]) as atacante:
            feito = subprocess.run([*comando, "honesto", porta, str(segundos)], capture_output=True, encoding="utf-8")
            mural.redesenhar()
            linhas, cresceu = len(mural.placar.alunos), memoria() - antes
            atacante.wait()
        mural.nomes()
        quantas, pior = feito.stdout.split() or ("0", "inf")
        aluno = mural.placar.alunos.get(("Honesta", "127.0.0.77"))
        certa = aluno is not None and (aluno.pedidos, aluno.devolucoes, aluno.defeito) == (
            int(quantas),
            int(quantas),
            "",
        )
        return float(pior), mural, cresceu, linhas, certa and int(quantas) > 0, feito.stderr
    finally:
        mural.fechar()


def relatar(rapido):
    """Escreve uma linha por ataque e devolve [(meta, valor, atende)]."""
    abrir_descritores()
    metas, segundos = [], 2 if rapido else 8
    for ataque in ATAQUES:
        pior, mural, cresceu, linhas, certa, erro = medir(ataque, segundos)
        por_segundo = mural.placar.diario.cursor / segundos
        print(
            f"{ataque.__name__:20}{por_segundo:7.0f} eventos/s, {mural.placar.perdidos} perdidos; {linhas} linhas no mural; "
            f"o honesto espera até {pior:.2f} s; atraso de {mural.atraso:.2f} s; {cresceu / 2**20:+.0f} MiB {erro[-200:]}"
        )
        nome = ataque.__name__.replace("_", " ")
        metas += [
            (f"{nome}: a linha do honesto está certa", "sim" if certa else "não", certa),
            (f"{nome}: ele espera ≤ {ESPERA} s", f"{pior:.2f} s", pior <= ESPERA),
            (f"{nome}: o mural se atrasa ≤ {ATRASO} s", f"{mural.atraso:.2f} s", mural.atraso <= ATRASO),
            (
                f"{nome}: a memória cresce ≤ {CRESCIMENTO >> 20} MiB",
                f"{cresceu / 2**20:.0f} MiB",
                cresceu <= CRESCIMENTO,
            ),
        ]
    return metas


if __name__ == "__main__":
    abrir_descritores()
    globals()[sys.argv[1]](int(sys.argv[2]), time.monotonic() + float(sys.argv[3]))
