"""Achar o mural por mDNS: só na loopback, e o que acontece quando não dá."""

import functools
import itertools
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from apoio import PRAZO

from parimpar import __main__ as linha
from parimpar import terminal
from parimpar.aulas import descoberta
from parimpar.erros import ErroDeRede, ErroDeUso

LOOPBACK = ["127.0.0.1"]


def noutra_thread(teste):
    """A zeroconf não roda onde há um laço do asyncio, e os testes do navegador deixam um na thread principal."""

    @functools.wraps(teste)
    def com_thread(*args, **opcoes):
        with ThreadPoolExecutor(1) as executor:
            executor.submit(teste, *args, **opcoes).result()

    return com_thread


VEZ = itertools.count()


@pytest.fixture
def zeroconf(monkeypatch):
    """A biblioteca, se há; cada teste procura um serviço só seu, porque todos dividem a loopback."""
    monkeypatch.setattr(descoberta, "SERVICO", f"_pp{os.getpid() % 100_000}v{next(VEZ)}._tcp.local.")
    return pytest.importorskip("zeroconf", reason="sem a zeroconf: pip install zeroconf")


@noutra_thread
def test_acha_o_que_se_anuncia(zeroconf):
    """O endereço e a porta são os anunciados; encerrado o anúncio, ninguém responde."""
    with descoberta.anunciar("192.0.2.10", 61234, LOOPBACK) as anunciado:
        assert anunciado
        assert descoberta.procurar(PRAZO, LOOPBACK) == ("192.0.2.10", 61234)
    with pytest.raises(ErroDeRede, match="nenhum mural respondeu nesta rede.*--host"):
        descoberta.procurar(0.3, LOOPBACK)


@noutra_thread
def test_dois_murais_na_mesma_rede(zeroconf):
    """O segundo não tira o lugar do primeiro, nem dá erro: acha-se um dos dois."""
    with (
        descoberta.anunciar("192.0.2.10", 61234, LOOPBACK) as um,
        descoberta.anunciar("192.0.2.11", 61234, LOOPBACK) as outro,
    ):
        assert um and outro and descoberta.procurar(PRAZO, LOOPBACK)[0] in ("192.0.2.10", "192.0.2.11")


def test_sem_a_biblioteca(monkeypatch):
    """O mural abre do mesmo jeito; quem procura é avisado do que falta, e do que fazer."""
    monkeypatch.setitem(sys.modules, "zeroconf", None)
    with descoberta.anunciar("192.0.2.10", 61234) as anunciado:
        assert not anunciado
    with pytest.raises(ErroDeUso, match="pip install zeroconf.*--host"):
        descoberta.procurar()


def test_sem_rede(monkeypatch):
    """O que o sistema recusa não vira um traceback."""
    monkeypatch.setattr(descoberta, "_abrir", lambda _: (_ for _ in ()).throw(OSError(19, "No such device")))
    with descoberta.anunciar("192.0.2.10", 61234) as anunciado:
        assert not anunciado
    with pytest.raises(ErroDeRede, match="não foi possível procurar o mural"):
        descoberta.procurar()


def test_na_linha_de_comando(monkeypatch, capsys):
    """`cliente --procurar` diz onde achou, e fala com ele; com --host, é um engano."""
    monkeypatch.setattr(descoberta, "procurar", lambda: ("127.0.0.1", 9))
    monkeypatch.setattr(terminal, "_sinais", tuple)  # os sinais continuam a ser os do pytest
    assert linha.main(["cliente", "--procurar", "--vezes", "1"]) == 1
    saida = capsys.readouterr()
    assert "Mural achado em 127.0.0.1:9." in saida.out and "ninguém escuta em 127.0.0.1:9" in saida.err
    assert linha.main(["cliente", "--procurar", "--host", "10.0.0.1"]) == 2
    assert "não combina com --host" in capsys.readouterr().err
