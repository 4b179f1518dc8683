"""A tabela de processos do sistema, numa passada só: quem é filho de quem, em que sessão, e quem ainda executa."""

import os
import sys
from typing import NamedTuple

import psutil

MORTOS = "ZXx"  # no Linux: terminou e ninguém o recolheu ainda, ou está terminando


class Linha(NamedTuple):
    """Um processo.

    pai, sessao: pids; a sessão é None onde não há.
    executa: não é um que já terminou e só espera ser recolhido.
    nasceu: distingue dois processos que tiveram o mesmo pid.
    """

    pai: int
    sessao: int | None
    executa: bool
    nasceu: float


def tabela():
    """{pid: `Linha`} de todos os processos da máquina."""
    return dict(_do_linux() if sys.platform.startswith("linux") else _da_psutil())


def _do_linux():
    # A psutil lê o mesmo arquivo três vezes por processo; com centenas deles, isso pesa a cada pergunta.
    for nome in os.listdir("/proc"):
        if nome.isdigit():
            try:
                with open(f"/proc/{nome}/stat", "rb", buffering=0) as arquivo:
                    campos = arquivo.read().rpartition(b")")[2].split()  # o nome, entre parênteses, pode ter de tudo
            except OSError:  # terminou agora
                continue
            if len(campos) > 19:
                estado, pai, sessao, nasceu = campos[0], campos[1], campos[3], campos[19]
                yield int(nome), Linha(int(pai), int(sessao), estado.decode() not in MORTOS, float(nasceu))


def _da_psutil():
    for processo in psutil.process_iter():
        try:
            sessao = os.getsid(processo.pid) if hasattr(os, "getsid") else None
            executa = processo.status() != psutil.STATUS_ZOMBIE
            yield processo.pid, Linha(processo.ppid(), sessao, executa, processo.create_time())
        except (psutil.Error, OSError):
            continue
