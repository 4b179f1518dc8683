"""A outra ponta de uma conexão local: o que ela ainda não leu, e de que processo é."""

import os
import socket
import subprocess
import sys

import pytest
from apoio import ler

from avaliador.outra_ponta import e_de, outra_ponta

SO_NO_LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="só o Linux conta o que a outra ponta não leu"
)
FAMILIAS = [("127.0.0.1", socket.AF_INET)] + [("::1", socket.AF_INET6)] * socket.has_ipv6


@SO_NO_LINUX
@pytest.mark.parametrize("host, familia", FAMILIAS)
def test_quanto_a_outra_ponta_ainda_nao_leu(host, familia):
    """Os bytes saem da conta à medida que são lidos; depois de fechada, o socket não é de ninguém."""
    with socket.create_server((host, 0), family=familia) as escuta:
        cliente = socket.create_connection(escuta.getsockname()[:2])
        conexao, _ = escuta.accept()
        with conexao:
            conexao.sendall(b"12345")
            assert outra_ponta(conexao).por_ler == 5 and outra_ponta(conexao).inode == os.fstat(cliente.fileno()).st_ino
            assert ler(cliente, 2) == b"12" and outra_ponta(conexao).por_ler == 3
            cliente.close()
            fechada = outra_ponta(conexao)
            assert fechada is None or (fechada.inode, fechada.fechada) == (0, True)


@SO_NO_LINUX
@pytest.mark.parametrize("host, familia", FAMILIAS)
def test_antes_do_accept_nada_foi_lido(host, familia):
    """O que espera na fila do listen ainda não é de ninguém, e não é por isso que foi lido."""
    with (
        socket.create_server((host, 0), family=familia) as escuta,
        socket.create_connection(escuta.getsockname()[:2]) as cliente,
    ):
        for fim in (False, True):
            cliente.sendall(b"123") if not fim else cliente.shutdown(socket.SHUT_WR)
            ponta = outra_ponta(cliente)
            assert (ponta.inode, ponta.fechada) == (0, False) and ponta.por_ler >= 3
        conexao, _ = escuta.accept()
        with conexao:
            assert ler(conexao, 3) == b"123" and not outra_ponta(cliente).fechada


@pytest.mark.parametrize("host, familia", FAMILIAS)
def test_de_que_processo_e_a_outra_ponta(host, familia):
    """A conexão de um filho é dele, e não deste processo; por IPv4 e por IPv6."""
    programa = f"import socket; s = socket.create_connection(({host!r}, int(input()))); input()"
    with socket.create_server((host, 0), family=familia) as escuta:
        filho = subprocess.Popen([sys.executable, "-c", programa], stdin=subprocess.PIPE, text=True)
        filho.stdin.write(f"{escuta.getsockname()[1]}\n")
        filho.stdin.flush()
        conexao, _ = escuta.accept()
        with filho, conexao:
            assert e_de(conexao, [filho.pid]) and not e_de(conexao, [os.getpid()])
            filho.stdin.close()


@SO_NO_LINUX
def test_um_socket_ipv6_que_fala_ipv4():
    """A JVM abre sockets IPv6 até para falar com 127.0.0.1."""
    if not socket.has_ipv6:
        pytest.skip("sem IPv6")
    with socket.create_server(("127.0.0.1", 0)) as escuta, socket.socket(socket.AF_INET6) as cliente:
        cliente.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        cliente.connect(("::ffff:127.0.0.1", escuta.getsockname()[1]))
        conexao, _ = escuta.accept()
        with conexao:
            assert e_de(conexao, [os.getpid()])
