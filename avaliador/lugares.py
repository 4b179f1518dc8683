"""Que lugares da máquina existem na caixa de um programa (caixa.py), e o que deles fica de fora."""

import atexit
import functools
import os
import pathlib
import re
import shutil
import site
import socket
import stat
import sys
import tempfile

import parimpar

GUARDIAO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guardiao.py")
ESPACO = 64 * 1024**2  # bytes que cabem em cada lugar em que o programa escreve
LEVE = 4 * 1024**2, 400  # bytes e arquivos de uma subpasta que se copia a cada início; uma maior só se lê
SISTEMA = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "opt", "nix", "gnu", "sys")
CODIGO = {
    ".py", ".java", ".class", ".jar", ".js", ".mjs", ".cjs", ".ts", ".c", ".h", ".cpp", ".hpp", ".cs", ".go", ".rb",
    ".rs", ".kt", ".php",
}  # fmt: skip
DOS_INTERPRETADORES = (
    "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "JAVA_HOME", "CLASSPATH", "NODE_PATH", "DOTNET_ROOT", "GOPATH",
    "GOROOT", "GEM_PATH", "LD_LIBRARY_PATH",
)  # fmt: skip


def so_para_ler(lugar, de=None):
    """Os argumentos que põem um lugar na caixa, sem se poder mudar; um link continua a ser um link.

    Args:
        de: o que se vê nele; por padrão, o que lá está.
    """
    if de is None and os.path.islink(lugar):
        return ["--symlink", os.readlink(lugar), lugar]
    return ["--ro-bind", de or lugar, lugar]


@functools.cache
def do_superusuario():
    """O que, em /etc, só ele lê, e em /proc só ele muda: um programa que ele inicia é dele também, mesmo na caixa."""
    montagens = {}
    for raiz, pastas, nomes in os.walk("/etc"):
        for nome in [*pastas, *nomes]:
            lugar = os.path.join(raiz, nome)
            if not os.path.islink(lugar) and not os.lstat(lugar).st_mode & stat.S_IROTH:
                pasta = os.path.isdir(lugar)
                montagens[lugar] = ["--size", "4096", "--tmpfs", lugar] if pasta else so_para_ler(lugar, os.devnull)
        pastas[:] = [nome for nome in pastas if os.path.join(raiz, nome) not in montagens]
    for nome in os.listdir("/proc"):
        lugar = f"/proc/{nome}"
        if not nome.isdigit() and not os.path.islink(lugar):
            if os.path.isdir(lugar) or os.stat(lugar).st_mode & stat.S_IWUSR:
                montagens[lugar] = so_para_ler(lugar)
    return montagens


@functools.cache
def nomes():
    """O que muda em /etc numa rede própria: não há servidor de nomes, e o nome da máquina é o do loopback."""
    montagens = {}
    if os.path.isfile("/etc/resolv.conf") and not os.path.islink("/etc/resolv.conf"):
        montagens["/etc/resolv.conf"] = so_para_ler("/etc/resolv.conf", os.devnull)
    hosts, nome = pathlib.Path("/etc/hosts"), socket.gethostname()
    if hosts.is_file() and not hosts.is_symlink():
        linhas = [
            linha.split("#")[0].split() for linha in hosts.read_text(encoding="utf-8", errors="replace").splitlines()
        ]
        if not any(nome in linha[1:] and linha[0].startswith("127.") for linha in linhas):
            with tempfile.NamedTemporaryFile("w", prefix="nomes-", delete=False) as novo:
                atexit.register(os.unlink, novo.name)
                novo.write(f"127.0.0.1 localhost {nome}\n::1 localhost\n")
            montagens["/etc/hosts"] = so_para_ler("/etc/hosts", novo.name)
    return montagens


def contem(pasta, lugar):
    """O lugar é a pasta, ou está dentro dela?"""
    return pasta == "/" or f"{lugar}/".startswith(f"{pasta}/")


@functools.cache
def do_sistema():
    """{lugar: argumentos} do que o sistema instalou."""
    return {f"/{nome}": so_para_ler(f"/{nome}") for nome in SISTEMA if os.path.isdir(f"/{nome}")}


def da_entrega(comando, pasta, comuns):
    """(as pastas que são da entrega, {arquivo: argumentos} do código dela que está numa pasta de outras coisas).

    São a pasta em que se executa e as dos caminhos que o comando nomeia. Uma que é a pessoal, ou que a contém, não.

    Args:
        comuns: as pastas de outras coisas.
    """
    proprias, codigo = [pasta], {}
    if any(contem(pasta, lugar) for lugar in comuns):
        proprias, codigo = [], {arquivo: so_para_ler(arquivo) for arquivo in _codigo(pasta)}
    partes = [parte for argumento in comando[1:] for parte in re.split("[:=]", argumento)]
    for argumento in dict.fromkeys([*comando[1:], *partes]):  # -cp /a:/b e --config=../a também
        caminho = os.path.normpath(os.path.join(pasta, argumento))
        if not os.path.exists(caminho) or _num_bin(caminho):
            continue
        dele = os.path.realpath(caminho)
        dele = dele if os.path.isdir(dele) else os.path.dirname(dele)
        if any(contem(outra, dele) for outra in (*proprias, *do_sistema())):
            continue
        if not any(contem(dele, lugar) for lugar in comuns):
            proprias.append(dele)
        elif os.path.isfile(caminho):
            codigo[caminho] = so_para_ler(caminho)
    return proprias, codigo


def _codigo(pasta):
    try:
        with os.scandir(pasta) as itens:
            achados = [item for item in itens if item.is_file(follow_symlinks=False)]
    except OSError:
        return []
    return [item.path for item in achados if os.path.splitext(item.name)[1].lower() in CODIGO]


def pesados(pasta):
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


def dos_interpretadores(comando, pasta, fora):
    """{lugar: argumentos} do que se lê fora do sistema para executar o comando.

    São o Python daqui, o interpretador dele, e o que está no PATH e nas variáveis de ambiente.

    Args:
        fora: os lugares que nenhum destes pode mostrar por inteiro.
    """
    lugares = [sys.prefix, sys.base_prefix, os.path.dirname(sys.executable), GUARDIAO, *parimpar.__path__]
    lugares += [site.getusersitepackages()]
    no_path = os.environ.get("PATH", "").split(os.pathsep)
    lugares += [os.path.dirname(p) if os.path.basename(p) == "shims" else p for p in no_path]  # o pyenv
    for nome in DOS_INTERPRETADORES:
        lugares += os.environ.get(nome, "").split(os.pathsep)
    dele = [shutil.which(parte, path=os.pathsep.join([*no_path, pasta])) for parte in comando[:1]]
    for programa in filter(None, [*dele, *filter(_num_bin, comando[1:])]):  # o `xvfb-run` leva outro atrás
        for caminho in _elos(os.path.abspath(os.path.join(pasta, programa))):
            lugares += [caminho, _do_programa(caminho)]
    lugares = [p for p in lugares if os.path.isabs(p) and os.path.exists(p)]
    vistos = [*do_sistema()]
    for lugar in sorted({elo for p in lugares for elo in _elos(os.path.normpath(p))}, key=len):
        if not any(contem(lugar, outro) for outro in fora) and not any(contem(outro, lugar) for outro in vistos):
            vistos.append(lugar)
    return {lugar: so_para_ler(lugar) for lugar in vistos[len(do_sistema()) :]}


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
