"""A caixa em que um programa de aluno executa: o isolamento que esta máquina dá, e o que se vê de dentro dele.

Com o `bwrap` (só no Linux), o programa vê o sistema, os interpretadores e uma cópia da entrega, que pode mudar à vontade; a
pasta pessoal, as outras entregas e os sockets dos outros programas não existem para ele. O que escreve fica na memória,
com limite, e acaba com ele. O primeiro processo lá dentro é o guardião: o programa não o mata nem o para e, quando ele
termina, o kernel mata os que restarem. Com o `unshare`, só os processos ficam isolados. Sem nenhum dos dois, nada fica.
"""

import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

from . import lugares, rede

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
PROVA = 30.0  # segundos para provar um isolamento, numa máquina muito ocupada
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
        """O ambiente do programa, com a pasta temporária que há na caixa."""
        if self.isolamento not in (BWRAP, NA_REDE):
            return dele
        return {nome: valor for nome, valor in dele.items() if nome not in ("TEMP", "TMP")} | {"TMPDIR": "/tmp"}

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
        comuns = ["/tmp", "/dev/shm", *([casa] if casa != "/" else [])]
        montagens = {"/proc": ["--proc", "/proc"], "/dev": ["--dev", "/dev"]} | lugares.do_sistema()
        montagens |= lugares.do_superusuario() if os.geteuid() == 0 else {}
        montagens |= lugares.nomes() if self.isolamento == BWRAP else {}
        proprias, codigo = lugares.da_entrega(self.comando, pasta, comuns)
        montagens |= lugares.dos_interpretadores(self.comando, pasta, fora=(*comuns, *proprias))
        self.copias = [] if self.fica else proprias
        self.memorias = list(dict.fromkeys([*comuns, *self.copias, *([] if pasta in ("/", *proprias) else [pasta])]))
        for lugar in proprias:
            if self.fica:
                montagens[lugar] = ["--bind", lugar, lugar]
            else:
                montagens |= {pesado: lugares.so_para_ler(pesado) for pesado in lugares.pesados(lugar)}
        for lugar in self.memorias:
            modo = ["--perms", "1777"] if lugar == "/tmp" else []
            montagens[lugar] = ["--size", str(lugares.ESPACO), *modo, "--tmpfs", lugar]
        return montagens | codigo


@functools.cache
def _sem_outras_caixas():
    """O que impede o programa de abrir a sua própria caixa, em que mandaria: o bwrap o tem desde a versão 0.8."""
    ajuda = subprocess.run([BWRAP, "--help"], capture_output=True, encoding="utf-8", timeout=PROVA).stdout
    return [opcao for opcao in ("--disable-userns",) if opcao in ajuda]
