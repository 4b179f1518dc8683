"""O que vale para todos os testes."""

import random
import socket
import sys

import esperado
import lotes
import pytest
from apoio import PRAZO

from parimpar import observar
from parimpar.diario import Diario


def pytest_addoption(parser):
    """São dos programas de tests/alunos, que o avaliador julga."""
    parser.addoption("--sozinhos", action="store_true", help="prova cada caso sozinho, em cada programa: demora")
    parser.addoption("--semente", type=int, help="a dos sorteios dos exames, que um teste que falha escreve")
    parser.addoption("--regravar", action="store_true", help="grava como esperado o veredito que se vir (esperado.py)")


def pytest_configure(config):
    """Escolhe a semente dos exames, e fora do Linux roda os notebooks sem comparar as saídas.

    As guardadas são as do Linux: só lá o kernel conta os bytes de cada fila e o estado de uma conexão
    já fechada; nos outros sistemas aparece "não disponível".
    """
    if config.option.semente is None:  # a opção vai assim para todos os processos do xdist
        config.option.semente = random.randrange(10**6)
    esperado.SEMENTE = config.option.semente
    if not sys.platform.startswith("linux"):
        config.option.nbval, config.option.nbval_lax = False, True


def pytest_collection_modifyitems(items):
    """Os grupos ficam na ordem em que convém começá-los."""
    items[:] = lotes.repartir(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """O xdist dá um grupo inteiro a um processo de cada vez."""
    from xdist.scheduler import LoadScopeScheduling

    class PorGrupo(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return lotes.grupo(nodeid)

    return PorGrupo(config, log)


@pytest.fixture
def diario():
    """Um diário vazio."""
    return Diario()


@pytest.fixture
def escuta(diario):
    """Um server_socket observado, em LISTEN."""
    with observar(socket.socket(), "servidor", diario) as server_socket:
        server_socket.settimeout(PRAZO)
        server_socket.bind(("127.0.0.1", 0))
        server_socket.listen()
        yield server_socket


@pytest.fixture
def par(escuta, diario):
    """(client_socket, o socket que o accept devolveu), observados no mesmo diário."""
    with observar(socket.socket(), "cliente", diario) as client_socket:
        client_socket.settimeout(PRAZO)
        client_socket.connect(escuta.getsockname())
        conexao, _ = escuta.accept()
        with conexao:
            conexao.settimeout(PRAZO)
            yield client_socket, conexao
