"""Os dois seletores, o do módulo `selectors` e o do `epoll`, dizem o mesmo de cada socket."""

import os
import selectors
import socket
from selectors import EVENT_READ, EVENT_WRITE

import pytest

from parimpar import seletor as modulo
from parimpar.seletor import SeletorComum, SeletorDoEpoll


@pytest.fixture(params=[SeletorComum, SeletorDoEpoll])
def seletor(request):
    if request.param is SeletorDoEpoll and not hasattr(selectors, "EpollSelector"):
        pytest.skip("só o Linux tem `epoll`")
    seletor = request.param()
    yield seletor
    seletor.close()


@pytest.fixture
def par():
    um, outro = socket.socketpair()
    with um, outro:
        yield um, outro


def test_cada_registrado_e_avisado_do_que_pediu(seletor, par):
    """Quem lê só é chamado quando chega algo, quem escreve quando há espaço, e quem saiu, nunca mais."""
    um, outro = par
    seletor.register(um, EVENT_READ, "um")
    assert seletor.registrados() == ["um"] and seletor.select(0) == []
    outro.send(b"7\n")
    assert seletor.select() == ["um"]
    um.recv(10)
    assert seletor.select(0.001) == []
    seletor.modify(um, EVENT_WRITE, "um que escreve")
    assert seletor.select() == ["um que escreve"]
    seletor.unregister(um)
    assert seletor.registrados() == [] and seletor.select(0) == []


def test_quem_saiu_nao_volta_por_uma_copia_do_descritor(seletor, par):
    """Outro processo pode ter uma cópia do socket: fechado o nosso, o seletor não fala mais dele."""
    um, outro = par
    seletor.register(um, EVENT_READ, "um")
    copia = os.dup(um.fileno())
    try:
        seletor.unregister(um)
        um.close()
        outro.send(b"7\n")
        assert seletor.select(0) == []
    finally:
        os.close(copia)


def test_tirar_quem_nao_entrou(seletor, par):
    """Quem foi recusado antes de ser registrado, ou já foi fechado, dá KeyError e nada mais."""
    um, outro = par
    with pytest.raises(KeyError):
        seletor.unregister(um)
    seletor.register(outro, EVENT_READ, "outro")
    assert seletor.registrados() == ["outro"]


def test_o_seletor_e_o_que_o_sistema_tem(monkeypatch):
    """No Linux, o do `epoll`; no Windows, o comum, que diz quantos sockets cabem."""
    if hasattr(selectors, "EpollSelector"):
        escolhido = modulo.criar()
        assert type(escolhido) is SeletorDoEpoll and escolhido.maximo is None
        escolhido.close()
    monkeypatch.setattr(selectors, "DefaultSelector", selectors.SelectSelector)
    escolhido = modulo.criar()
    assert type(escolhido) is SeletorComum and escolhido.maximo == 512
    escolhido.close()


def test_fechado_nao_lembra_de_ninguem(seletor, par):
    """Depois do close, quem olha no filho de um fork não acha sockets para fechar."""
    seletor.register(par[0], EVENT_READ, "um")
    seletor.close()
    assert seletor.registrados() == []
