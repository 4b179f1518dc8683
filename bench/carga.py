"""O gerador de carga: poucos passos por pedido, para que o gargalo seja o servidor.

Um só processo, um epoll e sockets sem a camada Python do módulo `socket`. As respostas são
conferidas byte a byte: um servidor que responde errado não entra na tabela.
"""

import itertools
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass

PEDIDO, RESPOSTA = b"1234567891\n", "ÍMPAR\n".encode()
ORIGENS = itertools.cycle([f"127.0.1.{i}" for i in range(1, 255)])
IP_BIND_ADDRESS_NO_PORT = 24  # a porta efêmera só é escolhida no connect; o Python 3.11 não tem o nome
PRAZO = 5.0  # segundos sem nenhuma resposta: o servidor travou


class Travou(Exception):
    """O servidor recusou, fechou, respondeu errado ou deixou de responder."""


@dataclass(frozen=True)
class Medida:
    """O que o gerador viu numa medida.

    por_segundo: pedidos respondidos por segundo.
    p99: segundos do envio à resposta (com pedidos agrupados, à resposta do último do grupo).
    pedidos: quantos foram respondidos.
    gerador: a fração de um processador que o próprio gerador gastou; perto de 1, o gargalo é ele.
    """

    por_segundo: float
    p99: float
    pedidos: int
    gerador: float


def conectar(porta):
    """Abre uma conexão a partir de um 127.x.y.z, um de cada vez.

    Quem fecha primeiro fica em TIME_WAIT, e aqui é sempre o cliente: com um endereço de origem só,
    as portas efêmeras acabariam em um segundo ou dois, e a medida seria a da falta de portas.
    """
    sock = socket.SocketType(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind((next(ORIGENS), 0))
        sock.connect(("127.0.0.1", porta))
    except OSError as erro:
        sock.close()
        raise Travou(f"connect: {erro.strerror}") from erro
    return sock


def medir(porta, segundos, clientes=64, grupo=1, uma_por_conexao=False):
    """Mantém `clientes` ocupados por alguns segundos e devolve uma `Medida`.

    Args:
        grupo: pedidos enviados juntos, antes da primeira resposta.
        uma_por_conexao: cada pedido abre e fecha a sua conexão; o relógio conta desde o connect.
    """
    pedido, resposta = PEDIDO * grupo, RESPOSTA * grupo
    epoll, relogio = select.epoll(), time.perf_counter
    sockets, enviado_em, faltam, latencias = {}, {}, {}, []

    def comecar(instante):
        sock = conectar(porta)
        fd = sock.fileno()
        sockets[fd], enviado_em[fd] = sock, instante
        epoll.register(fd, select.EPOLLIN)
        sock.send(pedido)

    try:
        inicio, cpu = relogio(), time.process_time()
        fim = inicio + segundos
        for _ in range(clientes):
            comecar(relogio())
        agora = inicio
        while agora < fim:
            prontos = epoll.poll(PRAZO)
            if not prontos:
                raise Travou(f"{PRAZO:g} s sem nenhuma resposta")
            for fd, _ in prontos:
                sock = sockets[fd]
                dados = sock.recv(4096)
                if dados != resposta:  # a resposta a um grupo pode chegar em pedaços
                    dados = faltam.pop(fd, b"") + dados
                    if not dados or not resposta.startswith(dados):
                        raise Travou(f"resposta inesperada: {dados[:60]!r}")
                    if dados != resposta:
                        faltam[fd] = dados
                        continue
                agora = relogio()
                latencias.append(agora - enviado_em[fd])
                if uma_por_conexao:
                    del sockets[fd]
                    sock.close()
                    comecar(relogio())
                else:
                    enviado_em[fd] = agora
                    sock.send(pedido)
        durou = agora - inicio
        gastou = time.process_time() - cpu
    except OSError as erro:
        raise Travou(str(erro)) from erro
    finally:
        for sock in sockets.values():
            sock.close()
        epoll.close()
    latencias.sort()
    pedidos = len(latencias) * grupo
    return Medida(pedidos / durou, latencias[int(len(latencias) * 0.99)], pedidos, gastou / durou)


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
