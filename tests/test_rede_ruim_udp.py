"""A rede ruim para UDP: cada ajuste, com datagramas de verdade."""

import os
import socket
import threading
import time

import pytest
from apoio import PRAZO, em_outro_processo

from parimpar.aulas import rede_ruim as modulo
from parimpar.aulas.rede_ruim import RedeRuimUDP
from parimpar.erros import ErroDeUso

so_no_unix = pytest.mark.skipif(os.name != "posix", reason="limita os descritores")


@pytest.fixture
def pontas():
    """(servidor, cliente): dois sockets UDP com prazo."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as servidor:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as cliente:
            for sock in (servidor, cliente):
                sock.bind(("127.0.0.1", 0))
                sock.settimeout(PRAZO)
            yield servidor, cliente


def esperar(rede, quantos, *o_que):
    """A rede conta na sua thread: espera a soma dessas contagens chegar lá."""
    limite, pausa = time.monotonic() + PRAZO, threading.Event()
    while sum(rede.contagem[nome] for nome in o_que) < quantos:
        assert time.monotonic() < limite, f"esperava {quantos} de {o_que}, e contou {dict(rede.contagem)}"
        pausa.wait(0.005)


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
        esperar(rede, 1, "ida: perdidos")
        rede.ajustar(perda=0)
        cliente.sendto(b"chega", rede.endereco)
        assert servidor.recvfrom(100)[0] == b"chega"


def test_perda_com_semente_se_repete(pontas):
    """A mesma semente perde os mesmos datagramas; outra, outros."""
    servidor, cliente = pontas

    def passaram(semente):
        with RedeRuimUDP(servidor.getsockname(), perda=0.5, semente=semente) as rede:
            for i in range(40):
                cliente.sendto(bytes([i]), rede.endereco)
            esperar(rede, 40, "ida", "ida: perdidos")
            return [servidor.recvfrom(10)[0][0] for _ in range(rede.contagem["ida"])]

    assert passaram(1) == passaram(1) != passaram(2)


def test_perda_com_semente_nos_dois_sentidos(pontas):
    """Metade se perde, e cada perda é contada no seu sentido."""
    servidor, cliente = pontas
    with RedeRuimUDP(servidor.getsockname(), perda=0.5, semente=3) as rede:
        for _ in range(60):
            cliente.sendto(b"7", rede.endereco)
        esperar(rede, 60, "ida", "ida: perdidos")
        foram = rede.contagem["ida"]
        for _ in range(foram):
            servidor.sendto(b"8", servidor.recvfrom(10)[1])
        esperar(rede, foram, "volta", "volta: perdidos")
        voltaram = rede.contagem["volta"]
        assert 15 < foram < 45 and 0 < voltaram < foram
        assert [cliente.recvfrom(10)[0] for _ in range(voltaram)] == [b"8"] * voltaram


def test_dois_clientes_nao_se_misturam(pontas):
    """Cada cliente tem a sua ponta na rede, e recebe só a sua resposta."""
    servidor, cliente = pontas
    with RedeRuimUDP(servidor.getsockname()) as rede, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outro:
        outro.settimeout(PRAZO)
        pedidos = {}
        for sock, dados in ((cliente, b"a"), (outro, b"b")):
            sock.sendto(dados, rede.endereco)
            chegou, de = servidor.recvfrom(10)
            pedidos[chegou] = de
        assert pedidos.keys() == {b"a", b"b"} and pedidos[b"a"] != pedidos[b"b"]
        for dados in (b"b", b"a"):
            servidor.sendto(dados.upper(), pedidos[dados])
        assert cliente.recvfrom(10)[0] == b"A" and outro.recvfrom(10)[0] == b"B"


def test_sem_servidor_a_rede_continua(pontas):
    """O aviso de que ninguém escuta lá se perde, e a rede leva o que vier depois."""
    servidor, cliente = pontas
    destino = servidor.getsockname()
    servidor.close()
    with RedeRuimUDP(destino) as rede:
        for quantos in (1, 2):
            cliente.sendto(b"7", rede.endereco)
            esperar(rede, quantos, "ida")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as novo:
            novo.bind(destino)
            novo.settimeout(PRAZO)
            cliente.sendto(b"8", rede.endereco)
            assert novo.recvfrom(10)[0] == b"8"


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
        esperar(rede, 1, "ida")
        rede.ajustar(atraso=0)
        cliente.sendto(b"rapido", rede.endereco)
        assert [servidor.recvfrom(10)[0] for _ in range(2)] == [b"rapido", b"atrasado"]


@pytest.mark.parametrize("sentido, chega_na_ida", [("ida", False), ("volta", True)])
def test_sentido(pontas, sentido, chega_na_ida):
    """Os ajustes só valem no sentido pedido."""
    servidor, cliente = pontas
    with RedeRuimUDP(servidor.getsockname(), perda=1, sentido=sentido) as rede:
        cliente.sendto(b"7", rede.endereco)
        esperar(rede, 1, "ida" if chega_na_ida else "ida: perdidos")
        if chega_na_ida:
            servidor.sendto(b"8", servidor.recvfrom(10)[1])
            esperar(rede, 1, "volta: perdidos")


@pytest.mark.parametrize(
    "ajuste, motivo",
    [({"perda": 1.5}, "de 0 a 1"), ({"perda": "muita"}, "de 0 a 1"), ({"perda": None}, "de 0 a 1"),
     ({"repeticao": -0.1}, "de 0 a 1"), ({"atraso": -1}, "de 0 a 60"), ({"atraso": 61}, "de 0 a 60"),
     ({"sentido": "lado"}, "um destes"), ({"fragmento": 1}, "não existe o ajuste")],
)  # fmt: skip
def test_ajuste_errado(pontas, ajuste, motivo):
    """O erro diz o que se esperava, e nada muda; ao criar a rede, é o mesmo erro."""
    with pytest.raises(ErroDeUso, match=motivo):
        RedeRuimUDP(pontas[0].getsockname(), **ajuste)
    rede = RedeRuimUDP(pontas[0].getsockname())
    with rede, pytest.raises(ErroDeUso, match=motivo):
        rede.ajustar(**ajuste)
    assert repr(rede) == "<RedeRuimUDP sem defeitos>"


def test_parar_com_entregas_pendentes(pontas):
    """Parar não espera os atrasados, a porta fica livre, e a rede não volta."""
    servidor, cliente = pontas
    antes = time.monotonic()
    with RedeRuimUDP(servidor.getsockname(), atraso=60) as rede:
        cliente.sendto(b"7", rede.endereco)
        esperar(rede, 1, "ida")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mesma:
        mesma.bind(rede.endereco)
    assert not any(thread.is_alive() for thread in rede._threads)
    assert time.monotonic() - antes < 10
    rede.parar()  # outra vez não faz nada
    with pytest.raises(ErroDeUso, match="já parou"):
        rede.iniciar()


def test_muitos_clientes_um_depois_do_outro(pontas, monkeypatch):
    """Os clientes que já se foram não seguram descritores: o mais antigo dá lugar ao novo."""
    monkeypatch.setattr(modulo, "PONTAS_ABERTAS", 3)
    servidor, _ = pontas
    origens = []
    with RedeRuimUDP(servidor.getsockname()) as rede:
        for i in range(8):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as cliente:
                cliente.settimeout(PRAZO)
                cliente.bind(("127.0.0.1", 0))
                cliente.sendto(b"%d" % i, rede.endereco)
                dados, de = servidor.recvfrom(100)
                servidor.sendto(dados, de)
                assert cliente.recvfrom(100)[0] == b"%d" % i
                origens.append(de)
        servidor.sendto(b"tarde demais", origens[0])
        servidor.sendto(b"a tempo", origens[-1])
        esperar(rede, 9, "volta")
        assert rede.contagem == {"ida": 8, "volta": 9}


@so_no_unix
def test_descritores_de_numero_alto():
    """Num processo com mais de mil descritores abertos, a rede ainda leva e traz."""
    assert em_outro_processo(
        """
import os, resource, socket
resource.setrlimit(resource.RLIMIT_NOFILE, (2048, max(2048, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
canos = [os.pipe() for _ in range(600)]
from parimpar import Cliente, Servidor
from parimpar.aulas.rede_ruim import RedeRuim, RedeRuimUDP
from parimpar.udp import ClienteUDP, ServidorUDP
for servir, rede, cliente in [(Servidor, RedeRuim, Cliente), (ServidorUDP, RedeRuimUDP, ClienteUDP)]:
    with servir() as servidor, rede(servidor.endereco) as ruim, cliente(*ruim.endereco) as c:
        print(c.perguntar(8))
"""
    ).split() == ["PAR", "PAR"]
