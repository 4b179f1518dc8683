"""A rede ruim para UDP: cada ajuste, com datagramas de verdade."""

import socket
import threading

import pytest

from apoio import PRAZO
from parimpar.erros import ErroDeUso
from parimpar.rede_ruim import RedeRuimUDP


@pytest.fixture
def pontas():
    """(servidor, cliente): dois sockets UDP com prazo."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as servidor:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as cliente:
            for sock in (servidor, cliente):
                sock.bind(("127.0.0.1", 0))
                sock.settimeout(PRAZO)
            yield servidor, cliente


def test_sem_defeitos_leva_e_traz(pontas):
    """O servidor vê a rede no lugar do cliente, e a resposta volta a quem perguntou."""
    servidor, cliente = pontas
    with RedeRuimUDP(servidor.getsockname()) as rede:
        cliente.sendto(b"7", rede.endereco)
        dados, de = servidor.recvfrom(100)
        assert dados == b"7" and de != cliente.getsockname()
        servidor.sendto(b"resposta", de)
        assert cliente.recvfrom(100) == (b"resposta", rede.endereco)
        assert rede.contagem == {"ida": 1, "volta": 1}


def test_perda_total_e_ajuste_na_hora(pontas):
    """Com perda=1 nada passa; ajustada para 0, tudo passa, e só o que veio depois."""
    servidor, cliente = pontas
    with RedeRuimUDP(servidor.getsockname(), perda=1) as rede:
        cliente.sendto(b"perdido", rede.endereco)
        esperar(rede, "ida: perdidos", 1)
        rede.ajustar(perda=0)
        cliente.sendto(b"chega", rede.endereco)
        assert servidor.recvfrom(100)[0] == b"chega"


def esperar(rede, o_que, quantos):
    """A rede conta na sua thread: espera a contagem chegar lá."""
    chegou = threading.Event()
    for _ in range(int(PRAZO / 0.01)):
        if rede.contagem[o_que] >= quantos or chegou.wait(0.01):
            return
    raise AssertionError(f"{o_que}: {rede.contagem[o_que]} em {PRAZO} s, esperava {quantos}")


def test_perda_com_semente_se_repete(pontas):
    """A mesma semente perde os mesmos datagramas; outra, outros."""
    servidor, cliente = pontas

    def passaram(semente):
        with RedeRuimUDP(servidor.getsockname(), perda=0.5, semente=semente) as rede:
            for i in range(40):
                cliente.sendto(bytes([i]), rede.endereco)
            rede.ajustar()
            while rede.contagem["ida"] + rede.contagem["ida: perdidos"] < 40:
                esperar(rede, "ida", rede.contagem["ida"])
            return [servidor.recvfrom(10)[0][0] for _ in range(rede.contagem["ida"])]

    assert passaram(1) == passaram(1) != passaram(2)


def test_repeticao(pontas):
    """Com repeticao=1 cada datagrama chega duas vezes."""
    servidor, cliente = pontas
    with RedeRuimUDP(servidor.getsockname(), repeticao=1) as rede:
        cliente.sendto(b"7", rede.endereco)
        assert [servidor.recvfrom(10)[0] for _ in range(2)] == [b"7", b"7"]


def test_um_atrasado_e_ultrapassado(pontas):
    """O atraso vale para o datagrama que passa naquela hora: o seguinte, sem atraso, chega antes."""
    servidor, cliente = pontas
    with RedeRuimUDP(servidor.getsockname(), atraso=0.5) as rede:
        cliente.sendto(b"atrasado", rede.endereco)
        esperar(rede, "ida", 1)
        rede.ajustar(atraso=0)
        cliente.sendto(b"rapido", rede.endereco)
        assert [servidor.recvfrom(10)[0] for _ in range(2)] == [b"rapido", b"atrasado"]


@pytest.mark.parametrize("sentido, chega_na_ida", [("ida", False), ("volta", True)])
def test_sentido(pontas, sentido, chega_na_ida):
    """Os ajustes só valem no sentido pedido."""
    servidor, cliente = pontas
    with RedeRuimUDP(servidor.getsockname(), perda=1, sentido=sentido) as rede:
        cliente.sendto(b"7", rede.endereco)
        esperar(rede, "ida" if chega_na_ida else "ida: perdidos", 1)
        if chega_na_ida:
            servidor.sendto(b"8", servidor.recvfrom(10)[1])
            esperar(rede, "volta: perdidos", 1)


@pytest.mark.parametrize(
    "ajuste, motivo",
    [({"perda": 1.5}, "de 0 a 1"), ({"perda": "muita"}, "de 0 a 1"), ({"atraso": -1}, "de 0 a 60"),
     ({"sentido": "lado"}, "um destes"), ({"fragmento": 1}, "não existe o ajuste")],
)  # fmt: skip
def test_ajuste_errado(pontas, ajuste, motivo):
    """O erro diz o que se esperava, e nada muda."""
    rede = RedeRuimUDP(pontas[0].getsockname())
    with rede, pytest.raises(ErroDeUso, match=motivo):
        rede.ajustar(**ajuste)
    assert repr(rede) == "<RedeRuimUDP sem defeitos>"


def test_parar_com_entregas_pendentes(pontas):
    """Parar não espera os atrasados, e a porta fica livre."""
    servidor, cliente = pontas
    with RedeRuimUDP(servidor.getsockname(), atraso=60) as rede:
        cliente.sendto(b"7", rede.endereco)
        esperar(rede, "ida", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mesma:
        mesma.bind(rede.endereco)
    assert not any(thread.is_alive() for thread in rede._threads)
