"""Em que endereços um programa escuta."""

import os
import socket

import psutil
import pytest

from avaliador import escutas as modulo
from avaliador import sock_diag
from avaliador.escutas import escutas

FAMILIAS = [("127.0.0.1", socket.AF_INET)] + [("::1", socket.AF_INET6)] * socket.has_ipv6


@pytest.fixture(params=["o sistema", "outro sistema", "sem resposta"])
def processo(request, monkeypatch):
    """Este processo, visto como se pode: noutro sistema, ou quando o kernel recusa a pergunta, só pela psutil."""
    if request.param == "outro sistema":
        monkeypatch.setattr(modulo.sys, "platform", "darwin")
    elif request.param == "sem resposta":
        monkeypatch.setattr(sock_diag, "POR_FAMILIA", 999)
    return psutil.Process(os.getpid())


@pytest.mark.parametrize("host, familia", FAMILIAS)
def test_so_quem_espera_alguem(processo, host, familia):
    """Um socket em LISTEN conta, uma vez só; o ligado a uma porta sem `listen` e os das conexões, não."""
    with socket.create_server((host, 0), family=familia) as escuta, socket.socket(familia) as ligado:
        ligado.bind((host, 0))
        endereco, outra = escuta.getsockname()[:2], ligado.getsockname()[1]
        with socket.create_connection(endereco), escuta.accept()[0]:
            vistos = escutas([processo, processo], "tcp")
    assert vistos.count(endereco) == 1 and outra not in [porta for _, porta in vistos]
    assert endereco not in escutas([processo], "tcp")


@pytest.mark.parametrize("host, familia", FAMILIAS)
def test_datagramas(processo, host, familia):
    """Um socket UDP ligado a uma porta espera quem chegue; em `tcp` ele não aparece."""
    with socket.socket(familia, socket.SOCK_DGRAM) as datagramas:
        datagramas.bind((host, 0))
        endereco = datagramas.getsockname()[:2]
        assert endereco in escutas([processo], "udp") and endereco not in escutas([processo], "tcp")


def test_muitos_sockets(processo):
    """A resposta do sistema vem em vários pedaços, e nenhum se perde."""
    abertos = [socket.create_server(("127.0.0.1", 0)) for _ in range(300)]
    try:
        assert {s.getsockname() for s in abertos} <= set(escutas([processo], "tcp"))
    finally:
        for aberto in abertos:
            aberto.close()


def test_de_outro_processo_nao(processo):
    """Só os sockets dos processos que se perguntam."""
    with socket.create_server(("127.0.0.1", 0)) as escuta:
        assert escuta.getsockname() not in escutas([psutil.Process(os.getppid())], "tcp")
