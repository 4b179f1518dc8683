"""Em que endereços um programa escuta, perguntado ao sistema.

É o que se faz a toda hora enquanto um servidor não começa. No Linux pergunta-se só pelos sockets que esperam alguém
(sock_diag.py); onde ele não responde, à psutil.
"""

import contextlib
import socket
import struct
import sys

import psutil

from .sock_diag import INODE, LISTA, inodes, perguntar

PROTOCOLOS = {"tcp": (socket.IPPROTO_TCP, 10), "udp": (socket.IPPROTO_UDP, 7)}  # e o estado: TCP_LISTEN; TCP_CLOSE
FAMILIAS = {socket.AF_INET: 4, socket.AF_INET6: 16}  # e quantos bytes tem um endereço
PORTA, ENDERECO = 20, 24  # onde ficam, na resposta


def escutas(processos, tipo="tcp"):
    """Os endereços (host, porta) em que uns processos esperam quem chegue, sem repetir, prontos para se conectar a eles.

    Args:
        processos: os da psutil.
        tipo: "tcp", em LISTEN; ou "udp", sem outra ponta.
    """
    processos = list(processos)
    try:
        achados = _do_linux(processos, tipo)
    except (OSError, struct.error):
        achados = _da_psutil(processos, tipo)
    return list(dict.fromkeys(achados))


def _do_linux(processos, tipo):
    if not sys.platform.startswith("linux"):
        raise OSError("só o Linux tem netlink")
    alvos = {inode for processo in processos for inode in inodes(processo.pid)}
    protocolo, estado = PROTOCOLOS[tipo]
    achados = []
    for familia, largura in FAMILIAS.items() if alvos else ():
        for resposta in perguntar(LISTA, familia, protocolo, 1 << estado):
            (porta,), (inode,) = struct.unpack_from("!H", resposta, PORTA), struct.unpack_from("=I", resposta, INODE)
            if inode in alvos:
                achados.append((socket.inet_ntop(familia, resposta[ENDERECO : ENDERECO + largura]), porta))
    return achados


def _da_psutil(processos, tipo):
    espera = psutil.CONN_LISTEN if tipo == "tcp" else psutil.CONN_NONE
    for processo in processos:
        with contextlib.suppress(psutil.Error):
            for conexao in processo.net_connections(kind=tipo):
                if conexao.laddr and conexao.status == espera:
                    yield conexao.laddr.ip, conexao.laddr.port
