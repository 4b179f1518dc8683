"""Uma rede só para quem examina: com ela, a porta 5000 de uma entrega não é a de outra, e nada sai da máquina.

No Linux, um processo pode passar a ter uma rede própria (man 7 network_namespaces), em que só há o loopback. Quem não é
o superusuário precisa, para isso, de ser antes o dono de um espaço de usuários (man 7 user_namespaces).

Uso, para prová-lo: python rede.py COMANDO…
"""

import contextlib
import ctypes
import os
import socket
import struct
import sys

NOVA_REDE, NOVOS_USUARIOS = 0x40000000, 0x10000000  # CLONE_NEWNET e CLONE_NEWUSER, em linux/sched.h
LIGAR, LIGADA = 0x8914, 0x41  # SIOCSIFFLAGS; IFF_UP e IFF_RUNNING (man 7 netdevice)
NOVA_ROTA, PEDIDO = 24, 0x405  # RTM_NEWROUTE; NLM_F_REQUEST, NLM_F_ACK e NLM_F_CREATE (man 7 rtnetlink)
TABELA, ESTATICA, DE_FORA, UNICA = 254, 4, 0, 1  # RT_TABLE_MAIN, RTPROT_STATIC, RT_SCOPE_UNIVERSE, RTN_UNICAST
PELA_INTERFACE, COM_ORIGEM = 4, 7  # RTA_OIF e RTA_PREFSRC


def entrar():
    """Dá a este processo, e aos que ele iniciar, uma rede própria; diz se conseguiu. Só antes de haver outra thread."""
    if not sys.platform.startswith("linux"):
        return False
    import fcntl  # que o Windows não tem

    libc, usuario, grupo = ctypes.CDLL(None), os.getuid(), os.getgid()
    if libc.unshare(NOVA_REDE) != 0:
        if libc.unshare(NOVA_REDE | NOVOS_USUARIOS) != 0:
            return False
        for arquivo, texto in (
            ("setgroups", "deny"), ("uid_map", f"{usuario} {usuario} 1"), ("gid_map", f"{grupo} {grupo} 1"),
        ):  # fmt: skip
            with open(f"/proc/self/{arquivo}", "w") as mapa:
                mapa.write(texto)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            fcntl.ioctl(sock, LIGAR, struct.pack("16sh14x", b"lo", LIGADA))
    except OSError:
        return False
    with contextlib.suppress(OSError):
        _tudo_pelo_loopback()
    os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"  # já não há servidor de nomes que responda
    return True


def _tudo_pelo_loopback():
    """Há programas que perguntam o seu endereço ligando um socket UDP a 8.8.8.8: aqui, é 127.0.0.1."""
    corpo = struct.pack("=8BI", socket.AF_INET, 0, 0, 0, TABELA, ESTATICA, DE_FORA, UNICA, 0)
    corpo += struct.pack("=HHI", 8, PELA_INTERFACE, socket.if_nametoindex("lo"))
    corpo += struct.pack("=HH4s", 8, COM_ORIGEM, socket.inet_aton("127.0.0.1"))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.send(struct.pack("=IHHII", 16 + len(corpo), NOVA_ROTA, PEDIDO, 1, 0) + corpo)
        netlink.recv(4096)


if __name__ == "__main__":
    sys.exit("não há rede própria") if not entrar() else os.execvp(sys.argv[1], sys.argv[1:])
