"""O que vale para todos os testes."""

import sys


def pytest_configure(config):
    """Fora do Linux os notebooks rodam inteiros, mas as saídas não são comparadas.

    As guardadas são as do Linux: só lá o kernel conta os bytes de cada fila e o estado de uma conexão
    já fechada; nos outros sistemas aparece "não disponível".
    """
    if not sys.platform.startswith("linux"):
        config.option.nbval, config.option.nbval_lax = False, True
