"""O gerador de carga, e as conexões paradas.

O gerador é carga.c, compilado na hora: um em Python seria ele mesmo o gargalo. As respostas são conferidas byte a byte:
um servidor que responde errado não entra na tabela.
"""

import functools
import itertools
import pathlib
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass

PEDIDO, RESPOSTA = b"1234567891\n", "ÍMPAR\n".encode()  # os mesmos de carga.c
ORIGENS = itertools.cycle([f"127.0.1.{i}" for i in range(1, 255)])
IP_BIND_ADDRESS_NO_PORT = 24  # a porta efêmera só é escolhida no connect; o Python 3.11 não tem o nome
PRAZO = 5.0  # segundos sem nenhuma resposta: o servidor travou


class Travou(Exception):
    """O servidor recusou, fechou, respondeu errado ou deixou de responder."""


@dataclass(frozen=True)
class Medida:
    """O que o gerador viu numa medida.

    por_segundo: pedidos respondidos por segundo.
    p50, p99: segundos do envio à resposta (com pedidos agrupados, à do último do grupo).
    pedidos: quantos foram respondidos.
    gerador: a fração de um processador que o próprio gerador gastou; perto de 1, o gargalo é ele.
    """

    por_segundo: float
    p50: float
    p99: float
    pedidos: int
    gerador: float


@functools.cache
def compilado(nome):
    """O caminho do programa em C desta pasta, já compilado; None se não há gcc."""
    if shutil.which("gcc") is None:
        return None
    pasta = tempfile.mkdtemp(prefix="bench-parimpar-")
    fonte, programa = pathlib.Path(__file__).with_name(f"{nome}.c"), f"{pasta}/{nome}"
    subprocess.run(["gcc", "-O2", "-o", programa, str(fonte)], check=True)
    return programa


def medir(porta, segundos, clientes=64, grupo=1, uma_por_conexao=False):
    """Mantém `clientes` ocupados por alguns segundos e devolve uma `Medida`.

    Args:
        grupo: pedidos enviados juntos, antes da primeira resposta.
        uma_por_conexao: cada pedido abre e fecha a sua conexão; o relógio conta desde o connect.
    """
    argumentos = porta, clientes, grupo, int(uma_por_conexao), segundos
    feito = subprocess.run([compilado("carga"), *map(str, argumentos)], capture_output=True, encoding="utf-8")
    if feito.returncode:
        raise Travou(feito.stderr.strip())
    por_segundo, p50, p99, pedidos, gerador = map(float, feito.stdout.split())
    return Medida(por_segundo, p50, p99, int(pedidos), gerador)


def conectar(porta):
    """Abre uma conexão a partir de um 127.x.y.z, um de cada vez: de um só, as portas acabariam."""
    sock = socket.SocketType(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind((next(ORIGENS), 0))
        sock.connect(("127.0.0.1", porta))
    except OSError as erro:
        sock.close()
        raise Travou(f"connect: {erro.strerror}") from erro
    return sock


def abrir_paradas(porta, quantas):
    """Abre conexões, faz um pedido em cada uma e as deixa em silêncio; devolve os sockets.

    O pedido prova que o servidor de fato aceitou cada conexão, e não só a fila do kernel.
    """
    paradas = []
    try:
        while len(paradas) < quantas:
            lote = [conectar(porta) for _ in range(min(64, quantas - len(paradas)))]
            paradas += lote
            for sock in lote:
                sock.settimeout(PRAZO)
                sock.send(PEDIDO)
            for sock in lote:
                dados = sock.recv(4096)
                if dados != RESPOSTA:
                    raise Travou(f"resposta inesperada na conexão {len(paradas)}: {dados[:60]!r}")
    except (OSError, Travou) as erro:
        fechar(paradas)
        raise Travou(f"parou perto da conexão {len(paradas)}: {erro}") from erro
    return paradas


def fechar(sockets):
    for sock in sockets:
        with suppress(OSError):
            sock.close()
