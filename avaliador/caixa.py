"""A caixa em que um programa de aluno executa: o isolamento que esta máquina dá, e o que se vê de dentro dele.

Com o `bwrap` (só no Linux), o programa vê o sistema, os interpretadores e uma cópia da entrega, que pode mudar à vontade; a
pasta pessoal, as outras entregas e os sockets dos outros programas não existem para ele. O que escreve fica na memória,
com limite, e acaba com ele. O primeiro processo lá dentro é o guardião: o programa não o mata nem o para e, quando ele
termina, o kernel mata os que restarem. Com o `unshare`, só os processos ficam isolados. Sem nenhum dos dois, nada fica.
"""

import atexit
import functools
import os
import pathlib
import re
import shutil
import site
import socket
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

import parimpar

from . import rede

BWRAP, NA_REDE, UNSHARE, NENHUM = "bwrap", "bwrap sem rede própria", "unshare", "nenhum"
DESCRICAO = {
    BWRAP: "isolado (bwrap): só viu o sistema e uma cópia da entrega, numa rede sem saída",
    NA_REDE: "isolado (bwrap), mas com a rede da máquina: só viu o sistema e uma cópia da entrega",
    UNSHARE: "só os processos isolados (unshare): os arquivos e a rede, não",
    NENHUM: "sem isolamento: executou com as permissões de quem avalia",
}
COMO_TER = "no Linux, instale o bubblewrap (sudo apt install bubblewrap)"
AVISO = {
    NA_REDE: "aviso: os programas ficam isolados, mas não da rede: esta máquina não deixa criar outra",
    UNSHARE: f"aviso: só os processos ficam isolados, e não os arquivos nem a rede; {COMO_TER}",
    NENHUM: f"aviso: os programas não ficam isolados nesta máquina; {COMO_TER}",
}
GUARDIAO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guardiao.py")
ESPACO = 64 * 1024**2  # bytes que cabem em cada lugar em que o programa escreve
LEVE = 4 * 1024**2, 400  # bytes e arquivos de uma subpasta que se copia a cada início; uma maior só se lê
PROVA = 30.0  # segundos para provar um isolamento, numa máquina muito ocupada
SISTEMA = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "opt", "nix", "gnu", "sys")
CODIGO = {
    ".py", ".java", ".class", ".jar", ".js", ".mjs", ".cjs", ".ts", ".c", ".h", ".cpp", ".hpp", ".cs", ".go", ".rb",
    ".rs", ".kt", ".php",
}  # fmt: skip
DOS_INTERPRETADORES = (
    "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "JAVA_HOME", "CLASSPATH", "NODE_PATH", "DOTNET_ROOT", "GOPATH",
    "GOROOT", "GEM_PATH", "LD_LIBRARY_PATH",
)  # fmt: skip
SAIDAS = {"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"}  # levam a sockets de outros programas
PELO_UNSHARE = [
    UNSHARE, "--user", "--map-current-user", "--pid", "--fork", "--kill-child", "--mount-proc", "--ipc", "--",
]  # fmt: skip


@functools.cache
def disponivel():
    """O melhor isolamento que esta máquina dá, provado uma vez, e não só instalado: um dos de `DESCRICAO`."""
    for nome in (BWRAP, NA_REDE, UNSHARE) if sys.platform.startswith("linux") else ():
        antes = [sys.executable, "-I", "-S", rede.__file__] if nome == BWRAP else []
        if shutil.which(nome.split()[0]) and _prova([*antes, *Caixa(nome, "/").prefixo()]):
            return nome
    return NENHUM


def _prova(prefixo):
    perguntar = [sys.executable, "-I", "-S", "-c", "import os, sys; sys.exit(os.getpid() != 1)"]
    try:
        feito = subprocess.run([*prefixo, *perguntar], capture_output=True, timeout=PROVA, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return feito.returncode == 0


@dataclass
class Caixa:
    """Onde o guardião, e com ele o programa, executam.

    Args:
        isolamento: um dos de `DESCRICAO`.
        pasta: onde o programa executa; por padrão, a atual.
        comando: o que o executa, para os interpretadores se verem lá dentro.
        fica: o que ele escreve na pasta fica nela, e não numa cópia: é um compilador.
    """

    isolamento: str = NENHUM
    pasta: str | None = None
    comando: tuple = ()
    fica: bool = False
    copias: list = field(default_factory=list)  # as pastas que o guardião copia, cada uma para o mesmo lugar
    memorias: list = field(default_factory=list)  # os lugares em que se escreve e que ficam na memória

    def ambiente(self, dele):
        """O ambiente do programa, sem o que leve para fora da caixa."""
        if self.isolamento not in (BWRAP, NA_REDE):
            return dele
        return {nome: valor for nome, valor in dele.items() if nome not in SAIDAS | {"TEMP", "TMP"}} | {
            "TMPDIR": "/tmp"
        }

    def prefixo(self):
        """O que vai antes do comando do guardião; depois disto se sabem as `copias` e as `memorias`."""
        if self.isolamento not in (BWRAP, NA_REDE):
            return PELO_UNSHARE if self.isolamento == UNSHARE else []
        pasta, montagens = os.path.realpath(self.pasta or "."), self._montagens()
        args = [BWRAP, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--as-pid-1", "--cap-drop", "ALL"]
        args += _sem_outras_caixas()
        for lugar in sorted(montagens, key=lambda lugar: lugar.count("/")):  # a de fora antes da de dentro
            args += montagens[lugar]
        return [*args, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", pasta, "--"]

    def _montagens(self):
        """{lugar: os argumentos que o põem na caixa}."""
        casa, pasta = os.path.realpath(os.path.expanduser("~") or "/"), os.path.realpath(self.pasta or ".")
        montagens = {"/proc": ["--proc", "/proc"], "/dev": ["--dev", "/dev"]}
        for lugar in (f"/{nome}" for nome in SISTEMA):
            if os.path.isdir(lugar):
                montagens[lugar] = _so_para_ler(lugar)
        montagens |= _do_superusuario() if os.geteuid() == 0 else {}
        montagens |= _nomes() if self.isolamento == BWRAP else {}
        de_todos = ["/tmp", "/dev/shm", *([casa] if casa != "/" else [])]
        self.memorias, self.copias = list(de_todos), []
        if any(_contem(pasta, lugar) for lugar in de_todos):  # é a pasta pessoal, ou a contém: só o código que há ali
            self.memorias += [pasta] if pasta not in ("/", *de_todos) else []
            codigo = {item.path: _so_para_ler(item.path) for item in _arquivos(pasta) if _e_codigo(item)}
        else:
            self.copias, codigo = [pasta], {}
        partes = [parte for argumento in self.comando[1:] for parte in re.split("[:=]", argumento)]
        for argumento in dict.fromkeys([*self.comando[1:], *partes]):  # -cp /a:/b e --config=../a também
            argumento = os.path.normpath(os.path.join(pasta, argumento))
            if os.path.exists(argumento) and not _num_bin(argumento):
                dele = os.path.realpath(argumento)
                dele = dele if os.path.isdir(dele) else os.path.dirname(dele)
                if not any(_contem(fora, dele) for fora in (*self.copias, *map("/{}".format, SISTEMA))):
                    comum = any(_contem(dele, lugar) for lugar in de_todos)
                    codigo |= {argumento: _so_para_ler(argumento)} if comum and os.path.isfile(argumento) else {}
                    self.copias += [] if comum else [dele]
        vistos = [f"/{nome}" for nome in SISTEMA]
        for lugar in _dos_interpretadores(self.comando, pasta):
            expoe = any(_contem(lugar, outro) for outro in (*de_todos, *self.copias))
            if not expoe and not any(_contem(outro, lugar) for outro in vistos):
                vistos.append(lugar)
                montagens[lugar] = _so_para_ler(lugar)
        for lugar in self.copias if self.fica else ():
            montagens[lugar] = ["--bind", lugar, lugar]
        self.copias = [] if self.fica else self.copias
        for lugar in self.copias:
            self.memorias.append(lugar)
            montagens |= {pesado: _so_para_ler(pesado) for pesado in _pesados(lugar)}
        for lugar in self.memorias:
            modo = ["--perms", "1777"] if lugar == "/tmp" else []
            montagens[lugar] = ["--size", str(ESPACO), *modo, "--tmpfs", lugar]
        return montagens | codigo


def _so_para_ler(lugar, de=None):
    if de is None and os.path.islink(lugar):
        return ["--symlink", os.readlink(lugar), lugar]
    return ["--ro-bind", de or lugar, lugar]


@functools.cache
def _sem_outras_caixas():
    """O que impede o programa de abrir a sua própria caixa, em que mandaria: o bwrap o tem desde a versão 0.8."""
    ajuda = subprocess.run([BWRAP, "--help"], capture_output=True, text=True, timeout=PROVA).stdout
    return [opcao for opcao in ("--disable-userns",) if opcao in ajuda]


@functools.cache
def _do_superusuario():
    """O que, em /etc, só ele lê, e em /proc só ele muda: um programa que ele inicia é dele também, mesmo na caixa."""
    montagens = {}
    for raiz, pastas, nomes in os.walk("/etc"):
        for nome in [*pastas, *nomes]:
            lugar = os.path.join(raiz, nome)
            if not os.path.islink(lugar) and not os.lstat(lugar).st_mode & stat.S_IROTH:
                pasta = os.path.isdir(lugar)
                montagens[lugar] = ["--tmpfs", lugar] if pasta else _so_para_ler(lugar, os.devnull)
        pastas[:] = [nome for nome in pastas if os.path.join(raiz, nome) not in montagens]
    for nome in os.listdir("/proc"):
        lugar = f"/proc/{nome}"
        if not nome.isdigit() and not os.path.islink(lugar):
            if os.path.isdir(lugar) or os.stat(lugar).st_mode & stat.S_IWUSR:
                montagens[lugar] = _so_para_ler(lugar)
    return montagens


@functools.cache
def _nomes():
    """O que muda em /etc numa rede própria: não há servidor de nomes, e o nome da máquina é o do loopback."""
    montagens = {}
    if os.path.isfile("/etc/resolv.conf") and not os.path.islink("/etc/resolv.conf"):
        montagens["/etc/resolv.conf"] = _so_para_ler("/etc/resolv.conf", os.devnull)
    hosts, nome = pathlib.Path("/etc/hosts"), socket.gethostname()
    if hosts.is_file() and not hosts.is_symlink():
        linhas = [linha.split("#")[0].split() for linha in hosts.read_text(encoding="utf-8", errors="replace").splitlines()]
        if not any(nome in linha[1:] and linha[0].startswith("127.") for linha in linhas):
            with tempfile.NamedTemporaryFile("w", prefix="nomes-", delete=False) as novo:
                atexit.register(os.unlink, novo.name)
                novo.write(f"127.0.0.1 localhost {nome}\n::1 localhost\n")
            montagens["/etc/hosts"] = _so_para_ler("/etc/hosts", novo.name)
    return montagens


def _contem(pasta, lugar):
    """O lugar é a pasta, ou está dentro dela?"""
    return pasta == "/" or f"{lugar}/".startswith(f"{pasta}/")


def _arquivos(pasta):
    try:
        with os.scandir(pasta) as itens:
            return [item for item in itens if item.is_file(follow_symlinks=False)]
    except OSError:
        return []


def _e_codigo(item):
    return os.path.splitext(item.name)[1].lower() in CODIGO


def _pesados(pasta):
    """As subpastas, e os arquivos, grandes demais para se copiarem a cada vez que o programa começa: um venv, o .git."""
    pesados, soma = [], 0
    try:
        with os.scandir(pasta) as itens:
            for item in itens:
                if item.is_symlink():
                    continue
                peso, quantos = _peso(item.path) if item.is_dir() else (item.stat().st_size, 1)
                if peso > LEVE[0] or quantos > LEVE[1] or soma + peso > ESPACO // 2:
                    pesados.append(item.path)
                else:
                    soma += peso
    except OSError:
        pass
    return pesados


def _peso(pasta):
    """(bytes, arquivos) de uma pasta; para de contar quando já é demais."""
    peso = quantos = 0
    for raiz, _, nomes in os.walk(pasta):
        for nome in nomes:
            quantos += 1
            try:
                peso += os.lstat(os.path.join(raiz, nome)).st_size
            except OSError:
                continue
        if peso > LEVE[0] or quantos > LEVE[1]:
            break
    return peso, quantos


def _dos_interpretadores(comando, pasta):
    """O que se lê fora do sistema para executar o comando: o Python daqui, o dele, o que está no PATH e nas variáveis."""
    lugares = [sys.prefix, sys.base_prefix, os.path.dirname(sys.executable), GUARDIAO, *parimpar.__path__]
    lugares += [site.getusersitepackages()]
    no_path = os.environ.get("PATH", "").split(os.pathsep)
    lugares += [os.path.dirname(p) if os.path.basename(p) == "shims" else p for p in no_path]  # o pyenv
    for nome in DOS_INTERPRETADORES:
        lugares += os.environ.get(nome, "").split(os.pathsep)
    no_path = f"{os.environ.get('PATH', '')}{os.pathsep}{pasta}"
    dele = [shutil.which(parte, path=no_path) for parte in comando[:1]]
    for programa in filter(None, [*dele, *filter(_num_bin, comando[1:])]):  # o `xvfb-run` leva outro atrás
        for caminho in _elos(os.path.abspath(os.path.join(pasta, programa))):
            lugares += [caminho, _do_programa(caminho)]
    lugares = [p for p in lugares if os.path.isabs(p) and os.path.exists(p)]
    return sorted({elo for lugar in lugares for elo in _elos(os.path.normpath(lugar))}, key=len)


def _num_bin(argumento):
    """É um programa instalado, como /…/bin/python, e não um arquivo da entrega?"""
    return os.path.basename(os.path.dirname(argumento)) == "bin" and os.access(argumento, os.X_OK)


def _elos(caminho):
    """O caminho e, se é um link, aqueles a que ele leva, até ao verdadeiro."""
    elos = [caminho]
    while os.path.islink(elos[-1]) and len(elos) < 10:
        elos.append(os.path.normpath(os.path.join(os.path.dirname(elos[-1]), os.readlink(elos[-1]))))
    return list(dict.fromkeys([*elos, os.path.realpath(caminho)]))


def _do_programa(caminho):
    """A pasta em que se instalou um interpretador: a de cima do `bin` dele, se não é uma que guarda outras coisas."""
    acima, nome = os.path.split(os.path.dirname(caminho))
    return acima if nome == "bin" and os.path.basename(acima) != ".local" else os.path.dirname(caminho)
