"""A outra ponta de uma conexão local, vista pelo sistema: quanto ainda não leu, e de que processo é.

No Linux pergunta-se ao kernel só por aquela conexão (sock_diag.py). Nos outros sistemas só a psutil diz de quem é uma conexão,
e ninguém diz quanto falta ler.
"""

import contextlib
import socket
import struct
import sys
from dataclasses import dataclass

import psutil

from .sock_diag import INODE, UM, inodes, perguntar

FILA = 72  # onde fica, na resposta, quanto há na fila de recepção
ESTADO, COM_DONO = 17, (1, 8)  # onde fica; ESTABLISHED e CLOSE_WAIT: o programa ainda pode ler


@dataclass(frozen=True)
class OutraPonta:
    """O socket da outra ponta.

    inode: o número do socket, com que se acha o processo; 0 antes do accept e depois do close.
    por_ler: bytes que chegaram a ela e o programa ainda não tirou da fila.
    fechada: o programa já a fechou, e não vai ler mais nada.
    """

    inode: int
    por_ler: int
    fechada: bool


def outra_ponta(sock):
    """A `OutraPonta` de uma conexão com esta máquina; None se ela já não existe, ou se o sistema não conta.

    Args:
        sock: conectado.
    """
    if not sys.platform.startswith("linux"):
        return None
    with contextlib.suppress(OSError, struct.error):
        dela, daqui = sock.getpeername(), sock.getsockname()
        enderecos = [socket.inet_pton(sock.family, host).ljust(16, b"\0") for host in (dela[0], daqui[0])]
        portas = [socket.htons(porta) for porta in (dela[1], daqui[1])]
        (resposta,) = perguntar(UM, sock.family, socket.IPPROTO_TCP, portas=portas, enderecos=enderecos)
        inode, por_ler = (struct.unpack_from("=I", resposta, onde)[0] for onde in (INODE, FILA))
        return OutraPonta(inode, por_ler, inode == 0 and resposta[ESTADO] not in COM_DONO)
    return None


def e_de(sock, pids):
    """A outra ponta da conexão é de um destes processos?

    Args:
        sock: conectado.
        pids: os números deles.
    """
    if ponta := outra_ponta(sock):
        return ponta.inode != 0 and any(ponta.inode in inodes(pid) for pid in pids)
    remoto = sock.getpeername()[:2]
    for pid in pids if not sys.platform.startswith("linux") else ():
        with contextlib.suppress(psutil.Error, OSError):
            for conexao in psutil.Process(pid).net_connections(kind="tcp"):
                if conexao.laddr and (conexao.laddr.ip.removeprefix("::ffff:"), conexao.laddr.port) == remoto:
                    return True
    return False
