"""O mural com computadores de verdade: espaços de rede ligados por uma ponte, um servidor e oito alunos.

Cada aluno é um espaço de rede com o seu endereço; os programas são os de tests/alunos/clientes, sem mudança nenhuma: neles
o servidor está em 127.0.0.1, e aqui a rota para esse endereço leva ao computador de quem ensina. Um enlace atrasa e perde,
um cabo é tirado e posto de volta. O que o mural conta é comparado com uma conta independente.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

import pytest
from apoio import RAIZ, dispensar

CLIENTES = RAIZ / "tests" / "alunos" / "clientes"
PORTA = 60000
PRAZO_DA_REDE = 40  # segundos para o enlace ruim entregar o que se espera

# Um por computador, como veio de um aluno.
PROGRAMAS = (
    "certo.py", "linha.py", "sem_devolucao.py", "trinta.py", "zeros.py", "um_segundo.py", "exponencial.py", "certo.py",
)  # fmt: skip


def _falta():
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "criar espaços de rede pede o root do Linux"
    if not shutil.which("ip"):
        return "falta o programa ip (Debian: iproute2)"
    if subprocess.run(["ip", "netns", "add", "parimpar-sonda"], capture_output=True).returncode:
        return "este sistema não deixa criar espaços de rede"
    deixa = subprocess.run(aceitar_loopback("parimpar-sonda", "lo"), capture_output=True).returncode == 0
    subprocess.run(["ip", "netns", "del", "parimpar-sonda"], capture_output=True)
    return "" if deixa else "este sistema não deixa mudar as regras do loopback num espaço de rede"


def aceitar_loopback(casa, interface):
    """O comando que deixa passar por esta interface os endereços 127.x.y.z, que o Linux barraria fora da lo."""
    onde = f"/proc/sys/net/ipv4/conf/{interface}/route_localnet"
    return ["ip", "netns", "exec", casa, "sh", "-c", f"echo 1 > {onde}"]


def ip(*argumentos):
    """Executa o comando ip."""
    subprocess.run(["ip", *argumentos], check=True, capture_output=True)


@pytest.fixture(scope="module")
def rede():
    """Uma ponte, e nove computadores ligados a ela: `rede(i, comando…)` executa no i-ésimo; o 0 é o de quem ensina."""
    if falta := _falta():
        dispensar(falta)
    marca = f"pp{os.getpid() % 100000}"
    casas = [f"{marca}-{i}" for i in range(9)]
    try:
        ip("netns", "add", f"{marca}-sw")
        ip("-n", f"{marca}-sw", "link", "add", "ponte", "type", "bridge")
        ip("-n", f"{marca}-sw", "link", "set", "ponte", "up")
        for i, casa in enumerate(casas):
            ip("netns", "add", casa)
            ip("link", "add", "eth0", "netns", casa, "type", "veth", "peer", "name", f"p{i}", "netns", f"{marca}-sw")
            ip("-n", f"{marca}-sw", "link", "set", f"p{i}", "master", "ponte", "up")
            ip("-n", casa, "addr", "add", f"10.77.0.{i + 1}/24", "dev", "eth0")
            ip("-n", casa, "link", "set", "eth0", "up")
            subprocess.run(aceitar_loopback(casa, "eth0"), check=True)
            if i == 0:
                ip("-n", casa, "link", "set", "lo", "up")
            else:  # sem a lo, o 127.0.0.1 do aluno é o de quem ensina
                ip(
                    "-n",
                    casa,
                    "route",
                    "add",
                    "127.0.0.1/32",
                    "via",
                    "10.77.0.1",
                    "dev",
                    "eth0",
                    "src",
                    f"10.77.0.{i + 1}",
                )
        yield Rede(marca, casas)
    finally:
        for casa in [*casas, f"{marca}-sw"]:
            subprocess.run(["ip", "netns", "del", casa], capture_output=True)


class Rede:
    """Os computadores da sala; o 0 é o de quem ensina."""

    def __init__(self, marca, casas):
        self.marca, self.casas = marca, casas

    def em(self, i, *comando):
        """Inicia um comando num dos computadores."""
        return subprocess.Popen(
            ["ip", "netns", "exec", self.casas[i], *comando], cwd=RAIZ, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8",
        )  # fmt: skip

    def cabo(self, i, ligado):
        """Tira ou põe o cabo de um computador."""
        ip("-n", f"{self.marca}-sw", "link", "set", f"p{i}", "up" if ligado else "down")

    def piorar(self, i):
        """Atraso e perda no enlace de um computador; diz se este sistema sabe fazer isto."""
        comando = ["ip", "netns", "exec", self.casas[i], "tc", "qdisc", "add", "dev", "eth0", "root", "netem",
                   "delay", "40ms", "20ms", "loss", "5%"]  # fmt: skip
        return bool(shutil.which("tc")) and subprocess.run(comando, capture_output=True).returncode == 0


@contextlib.contextmanager
def encerrando(processos):
    """No fim, termina todos."""
    try:
        yield processos
    finally:
        for processo in processos:
            processo.terminate()
        for processo in processos:
            with contextlib.suppress(subprocess.TimeoutExpired):
                processo.wait(5)
            processo.kill()
            processo.wait()
            processo.stdout.close()


def esperar_no_arquivo(arquivo, condicao, prazo=PRAZO_DA_REDE):
    """Lê o JSON do mural até a condição valer, e o devolve."""
    limite, dado = time.monotonic() + prazo, None
    while time.monotonic() < limite:
        with contextlib.suppress(FileNotFoundError):
            dado = json.loads(arquivo.read_text(encoding="utf-8"))
            if condicao(dado):
                return dado
        time.sleep(0.1)  # intervalo entre duas leituras; quem decide é o conteúdo
    raise AssertionError(dado)


def test_uma_sala_de_computadores(rede, tmp_path):
    """Oito programas de alunos, de oito endereços; o que o mural conta é o que cada um fez."""
    arquivo = tmp_path / "placar.json"
    python = [sys.executable, "-X", "utf8", "-u"]
    rede.piorar(3)
    mural = rede.em(0, *python, "-m", "parimpar", "mural", "--porta", str(PORTA), "--json", str(arquivo))
    with encerrando([mural]) as processos:
        primeira = ""
        while "porta 60000" not in primeira:
            linha = mural.stdout.readline()
            assert linha, f"o mural terminou: {primeira}"
            primeira += linha
        assert "10.77.0.1  porta 60000" in primeira and "127.0.0.1" not in primeira
        for i, programa in enumerate(PROGRAMAS, 1):
            processos.append(rede.em(i, *python, str(CLIENTES / programa), str(PORTA), "1"))
        todos = lambda d: len(d["alunos"]) == 8 and all(aluno["pedidos"] >= 2 for aluno in d["alunos"])  # noqa: E731
        dado = esperar_no_arquivo(arquivo, todos)
        por_ip = {aluno["endereco"]: aluno for aluno in dado["alunos"]}
        assert set(por_ip) == {f"10.77.0.{i + 2}" for i in range(8)}
        # O que cada programa faz, dito pelo próprio código dele.
        assert por_ip["10.77.0.2"]["devolucoes"] >= 1 and not por_ip["10.77.0.2"]["divergentes"]
        assert por_ip["10.77.0.4"]["devolucoes"] == 0 and por_ip["10.77.0.4"]["defeito"] == "não devolveu com FIM"
        assert por_ip["10.77.0.8"]["respostas"].get("ERRO", 0) >= 1  # 8.9e+29 não é um número

        # O cabo do segundo aluno sai e volta: os outros continuam, e ele também.
        rede.cabo(1, False)
        antes = dado
        dado = esperar_no_arquivo(arquivo, lambda d: _pedidos(d, "10.77.0.9") > _pedidos(antes, "10.77.0.9") + 1)
        rede.cabo(1, True)
        esperar_no_arquivo(arquivo, lambda d: _pedidos(d, "10.77.0.2") > _pedidos(dado, "10.77.0.2"))

        # A conta independente: quantas respostas o último aluno viu na própria tela.
        ultimo = processos[-1]
        ultimo.terminate()
        tela = ultimo.communicate(timeout=10)[0]
        vistas = len(re.findall(r"FIM\b", tela))
        dado = esperar_no_arquivo(arquivo, lambda d: _aluno(d, "10.77.0.9")["abertas"] == 0)
        aluno = _aluno(dado, "10.77.0.9")
        assert vistas and aluno["pedidos"] - vistas in (0, 1), (
            vistas,
            aluno,
            tela,
        )  # o último pode não se ter mostrado


def _aluno(dado, endereco):
    return next(aluno for aluno in dado["alunos"] if aluno["endereco"] == endereco)


def _pedidos(dado, endereco):
    return _aluno(dado, endereco)["pedidos"]


def test_os_enderecos_vem_do_sistema_sem_psutil(rede):
    """Num Python sem nada instalado, o endereço da rede é achado, e não o de loopback."""
    programa = "from parimpar.aulas.enderecos import enderecos_da_rede; print(enderecos_da_rede())"
    with encerrando([rede.em(0, sys.executable, "-S", "-c", programa)]) as (processo,):
        assert processo.communicate(timeout=20)[0].strip() == "['10.77.0.1']"
