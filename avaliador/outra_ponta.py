"""A outra ponta de uma conexão local, vista pelo sistema: quanto ainda não leu, e de que processo é.

No Linux pergunta-se por netlink (man 7 sock_diag) só por aquela conexão. O `/proc/net/tcp` traz a tabela inteira, e
depois de uma turma examinada ela pode ter cem mil linhas em TIME_WAIT. Nos outros sistemas só a psutil diz de quem é
uma conexão, e ninguém diz quanto falta ler.
"""

import contextlib
import os
import socket
import struct
import sys
from dataclasses import dataclass

import psutil

SOCK_DIAG, POR_FAMILIA = 4, 20  # NETLINK_SOCK_DIAG e SOCK_DIAG_BY_FAMILY, em linux/netlink.h e linux/sock_diag.h
PEDIDO = "=IHHIIBBxxIHH16s16sIII"  # o cabeçalho e o `inet_diag_req_v2`, de linux/inet_diag.h
QUALQUER = 0xFFFFFFFF  # todos os estados; e INET_DIAG_NOCOOKIE
FILA, INODE = 72, 84  # onde ficam, na resposta: 16 bytes de cabeçalho, e o `inet_diag_msg`
ESTADO, COM_DONO = 17, (1, 8)  # onde fica; ESTABLISHED e CLOSE_WAIT: o programa ainda pode ler
ERRO = 2  # NLMSG_ERROR: não há tal conexão
PRAZO = 0.5  # segundos: o kernel responde logo, ou não responde


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
        familia, protocolo = (sock.family, socket.IPPROTO_TCP)
        enderecos = [socket.inet_pton(familia, host).ljust(16, b"\0") for host in (dela[0], daqui[0])]
        portas = [socket.htons(porta) for porta in (dela[1], daqui[1])]
        pedido = struct.pack(
            PEDIDO, struct.calcsize(PEDIDO), POR_FAMILIA, 1, 1, 0, familia, protocolo, QUALQUER, *portas, *enderecos, 0,
            QUALQUER, QUALQUER,
        )  # fmt: skip
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG) as netlink:
            netlink.settimeout(PRAZO)
            netlink.send(pedido)
            resposta = netlink.recv(4096)
        if struct.unpack_from("=H", resposta, 4)[0] != ERRO:
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


def inodes(pid):
    """Os números dos sockets que um processo tem abertos, no Linux."""
    achados = set()
    with contextlib.suppress(OSError):
        for descritor in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                alvo = os.readlink(f"/proc/{pid}/fd/{descritor}")
                if alvo.startswith("socket:["):
                    achados.add(int(alvo[len("socket:[") : -1]))
    return achados
