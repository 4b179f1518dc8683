"""Por que endereço os outros computadores da rede chegam a este, e o que costuma barrá-los.

Só a biblioteca padrão; onde há a psutil, ela sabe também o nome de cada interface.
"""

import contextlib
import ipaddress
import socket
import sys

# Interfaces que existem, mas não levam a outro computador da sala: pontes de contêiner e máquinas virtuais.
VIRTUAIS = ("docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "utun", "tun", "tap", "zt", "vethernet", "lo")
DOCUMENTACAO = (
    "192.0.2.1",
    9,
)  # RFC 5737: não é de ninguém; num socket UDP, connect escolhe o caminho e não envia nada


def enderecos_da_rede():
    """Os endereços IPv4 por que este computador atende a rede, do mais provável ao menos; nunca o de loopback.

    Returns:
        Lista de textos como "192.168.0.10"; vazia se o computador não está em rede nenhuma.
    """
    achados = {}  # endereço: peso; o menor vem primeiro
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sonda:
        sonda.connect(DOCUMENTACAO)
        achados[sonda.getsockname()[0]] = 0  # o da rota que leva para fora
    for endereco, interface in _das_interfaces():
        virtual = interface.lower().startswith(VIRTUAIS)
        achados.setdefault(endereco, 3 if virtual else 1)
    with contextlib.suppress(OSError):
        for *_, (endereco, _) in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_STREAM):
            achados.setdefault(endereco, 2)
    uteis = {e: peso + 5 * ipaddress.ip_address(e).is_link_local for e, peso in achados.items() if _leva_a_rede(e)}
    return sorted(uteis, key=lambda e: (uteis[e], e))


def _leva_a_rede(endereco):
    ip = ipaddress.ip_address(endereco)
    return not (ip.is_loopback or ip.is_unspecified or ip.is_multicast)


def _das_interfaces():
    """Pares (endereço IPv4, nome da interface)."""
    with contextlib.suppress(Exception):  # sem a psutil, ou num sistema que não a deixa ver
        import psutil

        return [
            (endereco.address, nome)
            for nome, enderecos in psutil.net_if_addrs().items()
            for endereco in enderecos
            if endereco.family == socket.AF_INET
        ]
    return list(_pelo_ioctl()) if sys.platform.startswith("linux") else []


def _pelo_ioctl():
    """O que o Linux diz de cada interface (`man 7 netdevice`)."""
    import fcntl
    import struct

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sonda:
        for _, nome in socket.if_nameindex():
            with contextlib.suppress(OSError):
                pedido = struct.pack("256s", nome.encode()[:15])
                yield socket.inet_ntoa(fcntl.ioctl(sonda.fileno(), 0x8915, pedido)[20:24]), nome


def dica_do_firewall(porta, sistema=sys.platform):
    """Uma frase: o que fazer se os outros computadores não conseguem chegar a esta porta.

    Args:
        porta: a do servidor.
        sistema: como em `sys.platform`.
    """
    if sistema == "win32":
        return (
            "Se ninguém consegue se conectar: na pergunta do Firewall do Windows, permita o Python em redes privadas; "
            'ou, num terminal de administrador: `netsh advfirewall firewall add rule name="parimpar" dir=in '
            f"action=allow protocol=TCP localport={porta}`"
        )
    if sistema == "darwin":
        ajustes = "em Ajustes do Sistema, Rede, Firewall, permita conexões de entrada ao Python"
        return f"Se ninguém consegue se conectar: {ajustes}."
    return (
        f"Se ninguém consegue se conectar: `sudo ufw allow {porta}/tcp` (no Ubuntu), ou "
        f"`sudo firewall-cmd --add-port={porta}/tcp` (no Fedora). Numa rede que isola os computadores, como muito Wi-Fi "
        "de visitantes, use outra rede ou um cabo."
    )
