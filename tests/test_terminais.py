"""Um programa do pacote num terminal à parte."""

import gc
import subprocess

from parimpar.aulas.terminais import Terminal


def test_a_conversa_dos_dois_terminais():
    """O servidor diz a porta, o cliente pergunta, e os dois contam a mesma conversa, sem a hora."""
    servidor = Terminal("servidor --porta 0")
    cliente = Terminal(f"cliente --porta {servidor.porta} --vezes 1 --numero 7").esperar().splitlines()
    assert cliente[0].startswith("cliente conectou-se") and "ÍMPAR FIM" in cliente
    linhas = servidor.encerrar().splitlines()
    assert linhas[0].startswith("Servidor PAR/ÍMPAR pronto em 127.0.0.1:") and "conectou-se" in linhas[1]


def test_um_terminal_esquecido_nao_fica_para_tras():
    """Sem ninguém que o segure, o programa é encerrado."""
    terminal = Terminal("servidor --porta 0")
    programa = terminal._programa
    assert terminal.porta and programa.poll() is None
    del terminal
    gc.collect()
    assert isinstance(programa, subprocess.Popen) and programa.poll() is not None
