"""Em que endereços um programa escuta, perguntado ao sistema.

No Linux pergunta-se por netlink (man 7 sock_diag), e só pelos sockets que esperam alguém: é o que se faz a toda hora
enquanto um servidor não começa, e a tabela inteira pode ter cem mil linhas em TIME_WAIT. Onde ele não responde, à psutil.
"""

import contextlib
import socket
import struct
import sys

import psutil

from .outra_ponta import ERRO, INODE, PEDIDO, POR_FAMILIA, PRAZO, QUALQUER, SOCK_DIAG, inodes

LISTA, ACABOU = 0x301, 3  # NLM_F_REQUEST com NLM_F_DUMP: todos os que servem; NLMSG_DONE, em linux/netlink.h
TAMANHO_DA_LISTA = 64 * 1024  # bytes por leitura; o kernel manda em pedaços de até 32 KiB
PROTOCOLOS = {"tcp": (socket.IPPROTO_TCP, 10), "udp": (socket.IPPROTO_UDP, 7)}  # e o estado: TCP_LISTEN; TCP_CLOSE
PORTA, ENDERECO = 20, 24  # onde ficam, na resposta


def escutas(processos, tipo="tcp"):
    """Os endereços (host, porta) em que uns processos esperam quem chegue, sem repetir, prontos para se conectar a eles.

    Args:
        processos: os da psutil.
        tipo: "tcp", em LISTEN; ou "udp", sem outra ponta.
    """
    processos = list(processos)
    try:
        achados = _do_linux({inode for processo in processos for inode in inodes(processo.pid)}, tipo)
    except (OSError, struct.error):
        achados = _da_psutil(processos, tipo)
    return list(dict.fromkeys(achados))


def _do_linux(alvos, tipo):
    """(host, porta) dos sockets de números `alvos` que esperam alguém.

    Raises:
        OSError: este sistema não responde.
    """
    if not sys.platform.startswith("linux"):
        raise OSError("só o Linux tem netlink")
    protocolo, estado = PROTOCOLOS[tipo]
    achados = []
    for familia in (socket.AF_INET, socket.AF_INET6) if alvos else ():
        pedido = struct.pack(
            PEDIDO, struct.calcsize(PEDIDO), POR_FAMILIA, LISTA, 1, 0, familia, protocolo, 1 << estado, 0, 0, b"", b"", 0,
            QUALQUER, QUALQUER,
        )  # fmt: skip
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG) as netlink:
            netlink.settimeout(PRAZO)
            netlink.send(pedido)
            achados += [endereco for inode, endereco in _ler(netlink, familia) if inode in alvos]
    return achados


def _ler(netlink, familia):
    """(número, (host, porta)) de cada socket da resposta."""
    largura = 4 if familia == socket.AF_INET else 16
    while dados := netlink.recv(TAMANHO_DA_LISTA):
        onde = 0
        while onde < len(dados):
            tamanho, que = struct.unpack_from("=IH", dados, onde)
            if que == ERRO:
                raise OSError("o sistema não responde por estes sockets")
            if que == ACABOU:
                return
            (porta,) = struct.unpack_from("!H", dados, onde + PORTA)
            (inode,) = struct.unpack_from("=I", dados, onde + INODE)
            host = socket.inet_ntop(familia, dados[onde + ENDERECO : onde + ENDERECO + largura])
            yield inode, (host, porta)
            onde += tamanho + 3 & ~3  # as mensagens começam em múltiplos de 4 (NLMSG_ALIGN)


def _da_psutil(processos, tipo):
    espera = psutil.CONN_LISTEN if tipo == "tcp" else psutil.CONN_NONE
    for processo in processos:
        with contextlib.suppress(psutil.Error):
            for conexao in processo.net_connections(kind=tipo):
                if conexao.laddr and conexao.status == espera:
                    yield conexao.laddr.ip, conexao.laddr.port
