"""O começo e o fim de um programa examinado: o ambiente que ele recebe, os limites, e um processo que não o deixa escapar.

Onde há fork, quem o inicia é um guardião (guardiao.py): o programa fica numa sessão própria, e nada dele sobrevive ao
avaliador, mesmo que este seja morto. No Windows não há guardião: o programa é iniciado diretamente.
"""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from parimpar.erros import ErroDeUso
from parimpar.texto import visivel

from .caixa import NENHUM, Caixa
from .lugares import GUARDIAO

CREDENCIAIS = struct.Struct("3i")  # o `ucred` do Linux: pid, usuário e grupo (man 7 unix)
ESPACO = 256  # bytes, de sobra, para essas credenciais e um descritor
RECADO = 0.5  # segundos para o guardião de um programa que acaba de morrer dizer com que código
SET_PDEATHSIG = 1  # em linux/prctl.h
CABECALHO = 4096  # bytes do começo de um executável, onde está o nome de quem lhe carrega as bibliotecas
DESPEDIDA = 5.0  # segundos para o guardião de quem não se deixa executar terminar
INICIO = 30.0  # segundos para o guardião iniciar o programa, numa máquina muito ocupada

# O que o programa recebe do ambiente de quem avalia; o resto, que muda de máquina para máquina, não chega a ele. Nem a tela:
# numa com gente a janela ficaria à espera de um botão, e o programa levaria a culpa.
MANTIDAS = {
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TZ", "TMPDIR", "TEMP", "TMP", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE",
    "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "JAVA_HOME", "CLASSPATH", "NODE_PATH", "DOTNET_ROOT", "GOPATH", "GOROOT",
    "GEM_PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA", "USERPROFILE", "PROGRAMDATA",
    "PROGRAMFILES", "PROGRAMFILES(X86)", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
}  # fmt: skip
ACRESCENTADAS = {
    "PYTHONUNBUFFERED": "1",  # o que ele imprime aparece já, e não só no fim
    "PYTHONIOENCODING": "utf-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def ambiente():
    """O ambiente do programa: o que é preciso para executar, e nada que diga que está sendo examinado."""
    dele = {nome: valor for nome, valor in os.environ.items() if nome.upper() in MANTIDAS}
    if sys.platform.startswith("linux") and not {"LANG", "LC_ALL", "LC_CTYPE"} & set(dele):
        dele["LANG"] = "C.UTF-8"  # senão a JVM troca os acentos por "?"
    return dele | ACRESCENTADAS


def acabar_com_quem_iniciou():
    """Pede ao Linux que este processo seja morto com o que o iniciou (man 2 prctl); nos outros sistemas, nada."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(SET_PDEATHSIG, signal.SIGKILL)


def sem_espera_na_tela(comando, pasta=None):
    """O comando que faz um programa compilado escrever cada linha na hora, e não só no fim; o mesmo, se não é um deles.

    O `printf` do C guarda o que escreve quando a tela não é um terminal; o `stdbuf`, do GNU, desliga isso em quem carrega
    as bibliotecas do sistema ao começar, e não em quem já as traz dentro (o `cc -static`).
    """
    programa, stdbuf = pathlib.Path(pasta or ".", comando[0]), shutil.which("stdbuf")
    if not (stdbuf and "/" in comando[0] and programa.is_file() and os.access(programa, os.X_OK)):
        return list(comando)
    with programa.open("rb") as arquivo:
        comeco = arquivo.read(CABECALHO)
    compilado = comeco.startswith(b"\x7fELF") and b"/ld-" in comeco
    de_sistema = programa.resolve().parts[:2] in (("/", "usr"), ("/", "bin"), ("/", "opt"))
    return [stdbuf, "-oL", *comando] if compilado and not de_sistema and not _python(programa) else list(comando)


def _python(programa):
    return programa.name.startswith(("python", "pypy"))


class Iniciado:
    """Um programa iniciado, com os canais da tela abertos.

    Args:
        comando: lista de argumentos.
        pasta: onde executá-lo.
        entrada: o que ele lê do teclado; depois disso, o fim do arquivo.
        isolamento: o da caixa em que executa (caixa.py); por padrão, nenhum.
        fica: o que ele escreve na pasta fica nela.

    Raises:
        ErroDeUso: o programa não existe ou não se deixa executar.
    """

    def __init__(self, comando, pasta=None, entrada="", isolamento=NENHUM, fica=False):
        self.caixa = Caixa(isolamento, pasta, tuple(comando), fica)
        self.excesso = ""  # o guardião foi morto pelo programa
        self.guardiao = None  # o pid dele, que não é do programa
        self._copiado = 0  # bytes
        self._codigo, self._fim, self._solto = None, threading.Event(), False
        with tempfile.TemporaryFile() as teclado:
            teclado.write(entrada.encode())
            teclado.seek(0)
            try:
                if os.name == "posix":
                    self._com_guardiao(list(comando), pasta, teclado)
                    return
                novo, canal = subprocess.CREATE_NEW_PROCESS_GROUP, subprocess.PIPE
                self._processo = subprocess.Popen(
                    comando, cwd=pasta, env=ambiente(), creationflags=novo, stdin=teclado, stdout=canal, stderr=canal
                )
            except OSError as erro:
                raise _nao_executa(comando) from erro
        self._controle, self.pid = None, self._processo.pid
        self.stdout, self.stderr = self._processo.stdout, self._processo.stderr

    def _com_guardiao(self, comando, pasta, teclado):
        self._controle, dele = socket.socketpair()
        if hasattr(socket, "SO_PASSCRED"):
            self._controle.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with contextlib.ExitStack() as pilha:
            pilha.callback(dele.close)
            queixas = pilha.enter_context(tempfile.TemporaryFile())
            telas = [teclado.fileno()]
            for nome in ("stdout", "stderr"):
                leitura, escrita = os.pipe()
                setattr(self, nome, os.fdopen(leitura, "rb"))
                pilha.callback(os.close, escrita)
                telas.append(escrita)
            try:
                prefixo, abertas = self.caixa.prefixo(), []
                for lugar in self.caixa.copias:
                    abertas.append(os.open(lugar, os.O_RDONLY | os.O_DIRECTORY))
                    pilha.callback(os.close, abertas[-1])
                copias = [str(x) for par in zip(abertas, self.caixa.copias, strict=True) for x in par]
                guardiao = [sys.executable, "-I", "-S", GUARDIAO]
                guardiao += map(str, [dele.fileno(), *telas, len(abertas), *copias])
                # Quem abre a caixa fica em execução, e só larga os descritores que não são os padrões.
                self._processo = subprocess.Popen(
                    [*prefixo, *guardiao, *sem_espera_na_tela(comando, pasta)], cwd=pasta, start_new_session=True,
                    env=self.caixa.ambiente(ambiente()), pass_fds=[dele.fileno(), *telas, *abertas],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=queixas,
                )  # fmt: skip
            except BaseException:
                self._controle.close()
                self.fechar()
                raise
            dele.close()
            self._apresentar(comando, queixas)
        self._ouvinte = threading.Thread(target=self._ouvir, daemon=True)
        self._ouvinte.start()

    def _apresentar(self, comando, queixas):
        """Espera o guardião e o programa dizerem os pids, e o programa começar; se não, nada fica."""
        self._controle.settimeout(INICIO)
        ditas = {}  # o que disseram, em qualquer ordem: o resto da linha, o pid de quem a disse e o que entregou
        try:
            while len(ditas) < 2 and (dita := self._linha())[0]:
                que, _, valor = dita[0].partition(" ")
                ditas[que] = valor, *dita[1:]
            if "pid" not in ditas:
                raise ErroDeUso(f"não foi possível isolar o programa: {self._queixa(queixas)}")
            valor, do_guardiao, do_exec = ditas["pid"]
            with socket.socket(fileno=do_exec) as canal:
                canal.settimeout(INICIO)
                if canal.recv(16):
                    raise _nao_executa(comando)
        except BaseException:
            self._controle.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._processo.wait(DESPEDIDA)  # o guardião recolhe o filho e termina
            self._processo.kill()
            self._processo.wait()
            self.fechar()
            raise
        self._controle.settimeout(None)
        pid, self._copiado = map(int, valor.split())
        self.pid = ditas.get("programa", ("", None))[1] or pid
        self.guardiao = do_guardiao or self._processo.pid

    def _queixa(self, queixas):
        """A última linha que escreveu quem não chegou a iniciar o guardião."""
        self._controle.close()
        self._processo.kill()
        self._processo.wait()
        queixas.seek(0)
        linhas = queixas.read(4096).decode(errors="replace").splitlines()
        return visivel(linhas[-1] if linhas else "o guardião não começou", 200, aspas=False)

    def _linha(self):
        """(a linha que o guardião, ou o filho antes de ser o programa, escreveu; o pid que ele tem aqui fora; o descritor que
        entregou com ela): None no que o sistema não diz, ou não veio."""
        linha, pid, descritor = b"", None, None
        with contextlib.suppress(OSError):
            while not linha.endswith(b"\n"):
                byte, avisos, *_ = self._controle.recvmsg(1, ESPACO)
                if not byte:
                    break
                linha += byte
                for _, tipo, dados in avisos:
                    if tipo == getattr(socket, "SCM_CREDENTIALS", None):
                        pid = CREDENCIAIS.unpack(dados)[0]
                    elif tipo == socket.SCM_RIGHTS:
                        descritor = int.from_bytes(dados, sys.byteorder)
        return linha.decode().strip(), pid, descritor

    def _ouvir(self):
        que, _, valor = self._linha()[0].partition(" ")
        if que == "fim":
            self._codigo = int(valor)
        elif not self._solto:  # o guardião morreu: só o próprio programa o mataria, e vai junto com ele
            self._codigo = -signal.SIGKILL
            self.excesso = "encerrado: matou o processo que o iniciou"
        self._fim.set()

    def escrito(self):
        """Bytes que o programa tem agora nos lugares em que pode escrever, numa caixa, além da cópia da entrega."""
        soma = -self._copiado if self.caixa.memorias else 0
        for lugar in self.caixa.memorias:
            with contextlib.suppress(OSError):
                dela = os.statvfs(f"/proc/{self.guardiao}/root{lugar}")
                soma += (dela.f_blocks - dela.f_bfree) * dela.f_frsize
        return max(soma, 0)

    @property
    def codigo(self):
        """O código de saída (negativo: o sinal que o matou); None se ainda executa."""
        if self._controle is None:
            return self._processo.poll()
        return self._codigo

    def esperar(self, prazo):
        """Espera até `prazo` segundos o programa terminar; diz se terminou."""
        if self._controle is not None:
            return self._fim.wait(prazo)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._processo.wait(prazo)
        return self._processo.poll() is not None

    def soltar(self, prazo):
        """Dispensa o guardião, que mata o que restar e termina; e fecha os canais."""
        if self._controle is not None:
            self._fim.wait(RECADO)
            self._solto = True
            with contextlib.suppress(OSError):
                os.kill(self.guardiao, signal.SIGCONT)  # o programa pode tê-lo parado
            with contextlib.suppress(OSError):
                self._controle.shutdown(socket.SHUT_RDWR)
        try:
            self._processo.wait(prazo)
        except subprocess.TimeoutExpired:
            self._processo.kill()
            self._processo.wait()
        if self._controle is not None:
            self._ouvinte.join(1)
            self._controle.close()

    def fechar(self):
        """Fecha os canais da tela."""
        self.stdout.close()
        self.stderr.close()


def _nao_executa(comando):
    nome = visivel(str(comando[0]), 80)
    return ErroDeUso(f"não foi possível executar {nome}: confira o nome do programa e se ele está instalado")
