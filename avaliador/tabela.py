"""A tabela de processos do sistema: quem é filho de quem, em que sessão, e quem ainda executa."""

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


def descendentes(raiz):
    """{pid: `Linha`} de um processo vivo e de todos os que descendem dele; None se ele já não existe.

    É bem mais rápido do que a tabela inteira, que cresce com tudo o que a máquina executa; mas só o Linux sabe a lista dos
    filhos de cada processo: nos outros sistemas, None.
    """
    agora, pilha = {}, [raiz]
    try:
        while pilha:
            pid = pilha.pop()
            if linha := _linha_do_linux(pid):
                agora[pid] = linha
                pilha += _filhos(pid)
    except FileNotFoundError:  # um sistema sem essa lista
        return None
    return agora if raiz in agora and agora[raiz].executa else None


def _filhos(pid):
    filhos = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:  # terminou agora
        return filhos
    for thread in threads:
        try:
            filhos += map(int, _ler(f"/proc/{pid}/task/{thread}/children").split())
        except (FileNotFoundError, ProcessLookupError):
            if os.path.exists(f"/proc/{pid}/task/{thread}"):
                raise
    return filhos


def _do_linux():
    for nome in os.listdir("/proc"):
        if nome.isdigit() and (linha := _linha_do_linux(int(nome))):
            yield int(nome), linha


def _linha_do_linux(pid):
    # A psutil lê o mesmo arquivo três vezes por processo; com centenas deles, isso pesa a cada pergunta.
    try:
        campos = _ler(f"/proc/{pid}/stat").rpartition(b")")[2].split()  # o nome, entre parênteses, pode ter de tudo
    except OSError:  # terminou agora
        return None
    if len(campos) <= 19:
        return None
    estado, pai, sessao, nasceu = campos[0], campos[1], campos[3], campos[19]
    return Linha(int(pai), int(sessao), estado.decode() not in MORTOS, float(nasceu))


def _ler(arquivo):
    with open(arquivo, "rb", buffering=0) as aberto:
        return aberto.read()


def _da_psutil():
    for processo in psutil.process_iter():
        try:
            sessao = os.getsid(processo.pid) if hasattr(os, "getsid") else None
            executa = processo.status() != psutil.STATUS_ZOMBIE
            yield processo.pid, Linha(processo.ppid(), sessao, executa, processo.create_time())
        except (psutil.Error, OSError):
            continue
