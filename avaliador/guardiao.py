"""O guardião: um processo pequeno entre o avaliador e o programa examinado; quem o inicia é isolamento.py.

Uso: python guardiao.py CONTROLE TECLADO TELA ERROS COPIAS [DESCRITOR PASTA]… COMANDO…

Ele inicia o programa numa sessão própria, com o teclado e a tela que lhe chegam em descritores (a entrada e a saída padrão
são de quem o pôs na caixa), diz por outro, o controle (um socket), o pid e depois o código de saída, e espera. O pid ele diz
antes de o programa começar, que pode começar por matar quem o iniciou; e com o pid entrega um socket por onde o próprio filho
dirá que não se deixa executar, ou que se fecha quando o programa começa. Todo descendente que fica órfão passa a ser
filho do guardião (no Linux), e por isso nenhum se perde de vista. Quando a outra ponta do controle se fecha, porque o exame
acabou ou porque o avaliador morreu, de que modo for, mata o que restar e termina. Dentro de uma caixa (caixa.py) é o processo
1, e copia antes as pastas da entrega, que lhe chegam abertas. Começa a cada caso de um exame: por isso só importa o que
precisa, sem `contextlib` nem `shutil`, e do `signal` e do `socket` só o que está em C, sem as enumerações em que se veste.
"""

import _signal as signal
import _socket as socket
import ctypes
import os
import resource
import select
import sys
import time

PROCESSOS_DO_USUARIO = 4096  # limite do sistema, que só uma bomba de forks alcança antes da próxima ronda do vigia
PROCESSOS_DA_CAIXA = 1024  # threads incluídas; numa caixa só se contam os dela (o superusuário não tem este limite)
SET_PDEATHSIG, SET_DUMPABLE, SET_CHILD_SUBREAPER = 1, 4, 36  # man 2 prctl
OLHADA = 0.01  # segundos entre duas voltas atrás dos que restam
DESISTE = 10.0  # segundos atrás deles: um que mudou de dono não se deixa matar


def main():
    """Inicia o programa, vigia-o e não deixa nada para trás."""
    controle, *tela, quantas = map(int, sys.argv[1:6])
    copias, comando = sys.argv[6 : 6 + 2 * quantas], sys.argv[6 + 2 * quantas :]
    for descritor in (controle, *tela):
        os.set_inheritable(descritor, False)  # o programa não o recebe
    if os.getpid() == 1:
        _prctl(SET_DUMPABLE, 0)  # nem o programa, que é do mesmo usuário, lhe lê ou muda a memória
    copiado = sum(copiar(int(descritor), pasta) for descritor, pasta in zip(copias[::2], copias[1::2]))
    for sinal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sinal, signal.SIG_IGN)  # o programa pode mandá-los ao pai; quem manda aqui é o socket
    _prctl(SET_CHILD_SUBREAPER, 1)
    acordar, acordado = os.pipe()
    os.set_blocking(acordado, False)
    signal.set_wakeup_fd(acordado)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    do_exec, erro_do_exec = (ponta.detach() for ponta in socket.socketpair())
    espera, largada = os.pipe()
    guardiao = os.getpid()
    if guardiao == 1:
        _gastar_pids(os.urandom(1)[0])
    if (programa := os.fork()) == 0:
        os.close(largada)
        _dizer(controle, "programa\n")  # quem o lê fica sabendo o pid que este processo tem fora da caixa
        _virar_o_programa(comando, guardiao, espera, erro_do_exec, tela)
    for descritor in (espera, erro_do_exec, *tela):  # só o programa e os descendentes a seguram: o fim deles é o fim dela
        os.close(descritor)
    _dizer(controle, f"pid {programa} {copiado}\n", do_exec)
    os.write(largada, b"!")
    os.close(largada)
    while True:
        prontos, _, _ = select.select([controle, acordar], [], [])
        if acordar in prontos:
            os.read(acordar, 4096)
        codigo = _recolher(programa)
        if codigo is not None:
            _dizer(controle, f"fim {codigo}\n")
        if controle in prontos and not _vivo(controle):
            break
    if guardiao != 1:  # com o processo 1 de uma caixa acabam todos os dela
        _matar_todos(programa)
    os._exit(0)


def _gastar_pids(quantos):
    """Numa caixa os pids recomeçam, e o programa teria sempre o mesmo: repetiria o sorteio quem o semeia com ele."""
    for _ in range(quantos):
        try:
            os.posix_spawn("/", ["/"], {})  # uma pasta não se executa: só se gasta o pid
        except OSError:
            pass


def copiar(origem, destino):
    """Copia uma pasta aberta; o que já está montado no destino, o que não se lê e o que não cabe ficam de fora.

    Args:
        origem: o descritor dela, que fica fechado.
        destino: uma pasta que existe.

    Returns:
        Os bytes que a cópia ocupa.
    """
    onde, ocupados = os.stat(destino).st_dev, 0
    with os.scandir(origem) as itens:
        for item in itens:
            try:
                ocupados += _copiar_item(item, origem, os.path.join(destino, item.name), onde)
            except OSError:
                continue
    os.close(origem)
    return ocupados


def _copiar_item(item, origem, novo, onde):
    existe = os.path.lexists(novo)
    if item.is_symlink() and not existe:
        os.symlink(os.readlink(item.name, dir_fd=origem), novo)
    elif item.is_dir(follow_symlinks=False) and (not existe or os.lstat(novo).st_dev == onde):
        if not existe:
            os.mkdir(novo)
        return copiar(os.open(item.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=origem), novo)
    elif item.is_file(follow_symlinks=False) and not existe:
        de = os.open(item.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=origem)
        try:
            para = os.open(novo, os.O_WRONLY | os.O_CREAT | os.O_EXCL, os.fstat(de).st_mode & 0o777)
            try:
                while dados := os.read(de, 1024**2):
                    os.write(para, dados)
                return os.fstat(para).st_blocks * 512
            finally:
                os.close(para)
        finally:
            os.close(de)
    return 0


def _virar_o_programa(comando, guardiao, espera, erro_do_exec, tela):
    os.setsid()
    for padrao, descritor in enumerate(tela):
        os.dup2(descritor, padrao)
    _prctl(SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guardiao:  # o guardião morreu antes do pedido acima
        os._exit(1)
    for sinal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(sinal, signal.SIG_DFL)
    processos = PROCESSOS_DA_CAIXA if guardiao == 1 else PROCESSOS_DO_USUARIO
    for limite, valor in (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, processos):
        maximo = resource.getrlimit(limite)[1]
        valor = valor if maximo == resource.RLIM_INFINITY else min(valor, maximo)
        resource.setrlimit(limite, (valor, valor))
    try:
        with open("/proc/self/oom_score_adj", "w") as nota:
            nota.write("1000")  # se a memória da máquina acabar, que seja ele o escolhido
    except OSError:
        pass
    if not os.read(espera, 1):  # o guardião morreu antes de dar a largada
        os._exit(1)
    try:
        os.execvp(comando[0], comando)
    except OSError:
        os.write(erro_do_exec, b"!")
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


def _dizer(controle, texto, *descritores):
    """Escreve uma linha, e com ela entrega descritores, que aqui se fecham (man 7 unix, SCM_RIGHTS)."""
    canal = socket.socket(fileno=controle)
    entregues = b"".join(descritor.to_bytes(4, sys.byteorder) for descritor in descritores)
    try:
        canal.sendmsg([texto.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, entregues)] if entregues else [])
    except OSError:
        pass
    canal.detach()
    for descritor in descritores:
        os.close(descritor)


def _prctl(opcao, valor):
    """Pede algo ao Linux sobre este processo; nos outros sistemas, nada."""
    if sys.platform.startswith("linux"):
        try:
            ctypes.CDLL(None).prctl(opcao, int(valor), 0, 0, 0)
        except (OSError, AttributeError):
            pass


if __name__ == "__main__":
    main()
