"""O guardião: um processo pequeno entre o avaliador e o programa examinado; quem o inicia é isolamento.py.

Uso: python guardiao.py DESCRITOR COMANDO…

Ele inicia o programa numa sessão própria, diz pelo descritor (um socket) o pid e depois o código de saída, e espera. Todo
descendente que fica órfão passa a ser filho dele (no Linux), e por isso nenhum se perde de vista. Quando a outra ponta do
socket se fecha, porque o exame acabou ou porque o avaliador morreu, de que modo for, mata o que restar e termina. Começa a
cada caso de um exame: por isso só importa o que precisa, sem `contextlib` nem `socket`.
"""

import ctypes
import errno
import os
import resource
import select
import signal
import sys
import time

PROCESSOS_DO_USUARIO = 4096  # limite do sistema, que só uma bomba de forks alcança antes da próxima ronda do vigia
SET_PDEATHSIG, SET_CHILD_SUBREAPER = 1, 36  # man 2 prctl
OLHADA = 0.01  # segundos entre duas voltas atrás dos que restam
DESISTE = 10.0  # segundos atrás deles: um que mudou de dono não se deixa matar


def main():
    """Inicia o programa, vigia-o e não deixa nada para trás."""
    controle, comando = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(controle, False)  # o programa não o recebe
    for sinal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sinal, signal.SIG_IGN)  # o programa pode mandá-los ao pai; quem manda aqui é o socket
    _prctl(SET_CHILD_SUBREAPER, 1)
    acordar, acordado = os.pipe()
    os.set_blocking(acordado, False)
    signal.set_wakeup_fd(acordado)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    erro_do_exec, escrita = os.pipe()
    guardiao = os.getpid()
    if (programa := os.fork()) == 0:
        _virar_o_programa(comando, guardiao, escrita)
    os.close(escrita)
    erro = os.read(erro_do_exec, 16)
    nada = os.open(os.devnull, os.O_RDWR)
    for descritor in (0, 1, 2):
        os.dup2(nada, descritor)  # só o programa e os descendentes seguram a tela: o fim deles é o fim dela
    if erro:
        _dizer(controle, f"erro {erro.decode()}\n")
        os._exit(0)
    _dizer(controle, f"pid {programa}\n")
    while True:
        prontos, _, _ = select.select([controle, acordar], [], [])
        if acordar in prontos:
            os.read(acordar, 4096)
        codigo = _recolher(programa)
        if codigo is not None:
            _dizer(controle, f"fim {codigo}\n")
        if controle in prontos and not _vivo(controle):
            break
    _matar_todos(programa)
    os._exit(0)


def _virar_o_programa(comando, guardiao, escrita):
    os.setsid()
    _prctl(SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guardiao:  # o guardião morreu antes do pedido acima
        os._exit(1)
    for sinal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(sinal, signal.SIG_DFL)
    for limite, valor in (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, PROCESSOS_DO_USUARIO):
        maximo = resource.getrlimit(limite)[1]
        valor = valor if maximo == resource.RLIM_INFINITY else min(valor, maximo)
        resource.setrlimit(limite, (valor, valor))
    try:
        os.execvp(comando[0], comando)
    except OSError as erro:
        os.write(escrita, str(erro.errno or errno.ENOENT).encode())
    os._exit(127)


def _recolher(programa):
    """Recolhe todos os filhos que terminaram; devolve o código de saída do programa, se ele é um deles."""
    codigo = None
    try:
        while (fim := os.waitpid(-1, os.WNOHANG))[0]:
            if fim[0] == programa:
                codigo = os.waitstatus_to_exitcode(fim[1])
    except ChildProcessError:
        pass
    return codigo


def _matar_todos(programa):
    """Mata a sessão do programa e os filhos, até não sobrar nenhum; cada órfão aparece aqui como filho."""
    _matar(-programa)
    limite = time.monotonic() + DESISTE
    while time.monotonic() < limite:
        _recolher(programa)
        filhos = _filhos()
        if not filhos:
            return
        for pid in filhos:
            _matar(pid)
        select.select([], [], [], OLHADA)


def _matar(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass


def _filhos():
    """Os pids dos filhos deste processo; só o Linux os conta, e só nele os órfãos vêm parar aqui."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as lista:
            return [int(pid) for pid in lista.read().split()]
    except OSError:
        return []


def _vivo(controle):
    try:
        return bool(os.read(controle, 64))
    except OSError:
        return False


def _dizer(controle, texto):
    try:
        os.write(controle, texto.encode())
    except OSError:
        pass


def _prctl(opcao, valor):
    """Pede algo ao Linux sobre este processo; nos outros sistemas, nada."""
    if sys.platform.startswith("linux"):
        try:
            ctypes.CDLL(None).prctl(opcao, int(valor), 0, 0, 0)
        except (OSError, AttributeError):
            pass


if __name__ == "__main__":
    main()
