"""Perguntas ao Linux sobre os sockets da máquina, por netlink (man 7 sock_diag).

O `/proc/net/tcp` traz a tabela inteira, e depois de uma turma examinada ela pode ter cem mil linhas em TIME_WAIT; assim se
pergunta só pelo que interessa.
"""

import contextlib
import os
import socket
import struct

SOCK_DIAG, POR_FAMILIA = 4, 20  # NETLINK_SOCK_DIAG e SOCK_DIAG_BY_FAMILY, em linux/netlink.h e linux/sock_diag.h
PEDIDO = "=IHHIIBBxxIHH16s16sIII"  # o cabeçalho e o `inet_diag_req_v2`, de linux/inet_diag.h
UM, LISTA = 1, 0x301  # NLM_F_REQUEST: o socket que se descreve; com NLM_F_DUMP, todos os que servem
QUALQUER = 0xFFFFFFFF  # todos os estados; e INET_DIAG_NOCOOKIE
ERRO, ACABOU = 2, 3  # NLMSG_ERROR: não há tal socket, ou não se responde por ele; NLMSG_DONE
INODE = 84  # onde fica, na resposta, o número do socket
TAMANHO = 64 * 1024  # bytes por leitura; o kernel manda em pedaços de até 32 KiB
PRAZO = 0.5  # segundos: o kernel responde logo, ou não responde


def perguntar(quais, familia, protocolo, estados=QUALQUER, portas=(0, 0), enderecos=(b"", b"")):
    """As respostas do kernel, uma a uma: os bytes de cada mensagem, com 16 de cabeçalho e o `inet_diag_msg`.

    Args:
        quais: `UM` ou `LISTA`.
        estados: um bit por estado do TCP.
        portas, enderecos: os das duas pontas, na ordem da rede.

    Raises:
        OSError: este sistema não responde, ou não há tal socket.
    """
    pedido = struct.pack(
        PEDIDO, struct.calcsize(PEDIDO), POR_FAMILIA, quais, 1, 0, familia, protocolo, estados, *portas, *enderecos, 0,
        QUALQUER, QUALQUER,
    )  # fmt: skip
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG) as netlink:
        netlink.settimeout(PRAZO)
        netlink.send(pedido)
        while True:
            dados = netlink.recv(TAMANHO)
            while dados:
                tamanho, que = struct.unpack_from("=IH", dados)
                if que == ERRO:
                    raise OSError("o sistema não responde por este socket")
                if que == ACABOU:
                    return
                yield dados[:tamanho]
                dados = dados[tamanho + 3 & ~3 :]  # as mensagens começam em múltiplos de 4 (NLMSG_ALIGN)
            if quais == UM:
                return


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
