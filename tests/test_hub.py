"""Cinco alunos ao mesmo tempo num JupyterHub: cada um executa três aulas pelo proxy, e nenhuma tropeça na do outro."""

import contextlib
import functools
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import yaml
from apoio import RAIZ, dispensar

ALUNOS = ["ana", "bia", "caio", "davi", "eva"]
AULAS = ["00-comece-aqui.ipynb", "01-o-dicionario.ipynb", "05-um-fluxo-de-bytes.ipynb"]
PRAZO = 120  # segundos para cada passo, com a máquina ocupada

# O que muda para o teste: qualquer nome entra, sem contas no sistema, e cada casa é uma pasta nova.
AJUSTES = """
load_subconfig({config!r})
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {casas!r} + "/{{username}}"
c.JupyterHub.bind_url = "http://127.0.0.1:{porta}"
c.JupyterHub.hub_port = {porta_do_hub}
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{porta_do_proxy}"
c.JupyterHub.db_url = "sqlite:///:memory:"
c.JupyterHub.cookie_secret_file = {casas!r} + "/segredo"
c.JupyterHub.pid_file = ""
c.Spawner.args = [*c.Spawner.args, "--allow-root"]
c.Spawner.environment["JUPYTER_RUNTIME_DIR"] = lambda spawner: {curta!r} + "/" + spawner.user.name
c.JupyterHub.services = [{{"name": "teste", "api_token": {ficha!r}}}]
c.JupyterHub.load_roles = [
    {{"name": "teste", "services": ["teste"], "scopes": ["admin:users", "admin:servers", "access:servers"]}}
]
"""


def portas_livres(quantas):
    with contextlib.ExitStack() as pilha:
        sondas = [pilha.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(quantas)]
        return [sonda.getsockname()[1] for sonda in sondas]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """O configurable-http-proxy, que se instala com o npm."""
    pytest.importorskip("jupyterhub", reason="o JupyterHub não roda neste sistema")
    if pronto := shutil.which("configurable-http-proxy"):
        return pronto
    if not (shutil.which("npm") and shutil.which("node")):
        dispensar("sem o npm nesta máquina, que instala o proxy do JupyterHub")
    pasta = tmp_path_factory.mktemp("proxy")
    comando = [
        "npm",
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--prefix",
        str(pasta),
        "configurable-http-proxy@5",
    ]
    feito = subprocess.run(comando, capture_output=True, encoding="utf-8", timeout=300)
    if feito.returncode:
        dispensar(f"o npm não instalou o proxy do JupyterHub: {feito.stderr[-300:]}")
    return str(pasta / "node_modules" / ".bin" / "configurable-http-proxy")


class Hub:
    """Um JupyterHub ligado, e o que um aluno faz nele pelo navegador."""

    def __init__(self, pasta, proxy):
        self.pasta, self.ficha = pasta, secrets.token_hex(8)
        self.curta = tempfile.TemporaryDirectory(prefix="hub-")  # na dos testes, o caminho de um socket não caberia
        self.porta, *outras = portas_livres(3)
        ajustes = AJUSTES.format(
            config=str(RAIZ / "hub" / "jupyterhub_config.py"), casas=str(pasta), porta=self.porta, proxy=proxy,
            porta_do_hub=outras[0], porta_do_proxy=outras[1], ficha=self.ficha, curta=self.curta.name,
        )  # fmt: skip
        (pasta / "config.py").write_text(ajustes, encoding="utf-8")
        with open(pasta / "hub.log", "wb") as registro:
            comando = [sys.executable, "-m", "jupyterhub", "-f", str(pasta / "config.py")]
            self.processo = subprocess.Popen(
                comando, cwd=pasta, stdout=registro, stderr=subprocess.STDOUT,
                env={**os.environ, "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(8)},
            )  # fmt: skip

    def pedir(self, metodo, caminho, corpo=None):
        """Faz um pedido pelo proxy e devolve (código, o JSON da resposta)."""
        pedido = urllib.request.Request(
            f"http://127.0.0.1:{self.porta}{caminho}",
            method=metodo,
            data=None if corpo is None else json.dumps(corpo).encode(),
            headers={"Authorization": f"token {self.ficha}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(pedido, timeout=PRAZO) as resposta:
                dados = resposta.read()
                return resposta.status, json.loads(dados) if dados else None
        except urllib.error.HTTPError as erro:
            with erro:
                return erro.code, erro.read().decode(errors="replace")

    def esperar(self, condicao):
        """Pergunta até a condição valer; quem decide é a resposta, e não o relógio."""
        limite = time.monotonic() + PRAZO
        while True:
            with contextlib.suppress(OSError):
                if condicao():
                    return
            assert self.processo.poll() is None and time.monotonic() < limite, self.registro()
            time.sleep(0.1)

    def registro(self):
        return (self.pasta / "hub.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def entrar(self, aluno):
        """Cria a conta e espera o servidor do aluno responder."""
        assert self.pedir("POST", f"/hub/api/users/{aluno}")[0] == 201
        assert self.pedir("POST", f"/hub/api/users/{aluno}/server")[0] in (201, 202), self.registro()
        self.esperar(lambda: self.pedir("GET", f"/user/{aluno}/api/status")[0] == 200)

    def executar(self, aluno, aula):
        """Executa a aula inteira num kernel do aluno; devolve os erros que ela não esperava."""
        import websocket

        codigo, conteudo = self.pedir("GET", f"/user/{aluno}/api/contents/notebooks/{aula}?content=1")
        assert codigo == 200, conteudo
        sessao = {"path": f"notebooks/{aula}", "name": aula, "type": "notebook", "kernel": {"name": "python3"}}
        codigo, aberta = self.pedir("POST", f"/user/{aluno}/api/sessions", sessao)
        assert codigo == 201, aberta
        canais = f"ws://127.0.0.1:{self.porta}/user/{aluno}/api/kernels/{aberta['kernel']['id']}/channels"
        ws = websocket.create_connection(canais, header=[f"Authorization: token {self.ficha}"], timeout=PRAZO)
        inesperados = []
        try:
            for celula in conteudo["content"]["cells"]:
                if celula["cell_type"] != "code":
                    continue
                for erro in self._executar_celula(ws, celula["source"]):
                    if "raises-exception" not in celula["metadata"].get("tags", []):
                        inesperados.append((aluno, aula, celula["source"][:60], erro))
        finally:
            ws.close()
        return inesperados

    @staticmethod
    def _executar_celula(ws, fonte):
        quem = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "session": "teste",
            "username": "",
            "version": "5.3",
        }
        pedido = {"code": fonte, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
        ws.send(
            json.dumps({"header": quem, "parent_header": {}, "metadata": {}, "content": pedido, "channel": "shell"})
        )
        erros, faltam = [], {"idle", "execute_reply"}
        while faltam:
            mensagem = json.loads(ws.recv())
            if mensagem["parent_header"].get("msg_id") != quem["msg_id"]:
                continue
            if mensagem["msg_type"] == "error":
                erros.append(f"{mensagem['content']['ename']}: {mensagem['content']['evalue']}")
            faltam -= {mensagem["msg_type"], mensagem["content"].get("execution_state")}
        return erros

    def encerrar(self):
        self.processo.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.processo.wait(30)
        for resto in psutil.process_iter(["cwd"]):
            if (resto.info["cwd"] or "").startswith(str(self.pasta)):
                resto.kill()
        self.processo.wait(10)
        self.curta.cleanup()


@pytest.fixture(scope="module")
def hub(tmp_path_factory, proxy):
    hub = Hub(tmp_path_factory.mktemp("hub"), proxy)
    try:
        hub.esperar(lambda: hub.pedir("GET", "/hub/api/")[0] == 200)
        yield hub
    finally:
        hub.encerrar()


def gasto(pasta):
    """(MiB, segundos de processador) do que roda na casa de um aluno; a memória que processos dividem conta uma vez só."""
    memoria = cpu = 0
    for processo in psutil.process_iter(["cwd"]):
        if (processo.info["cwd"] or "").startswith(str(pasta)):
            with contextlib.suppress(psutil.Error):
                memoria += processo.memory_full_info().pss
                cpu += sum(processo.cpu_times()[:2])
    return memoria / 2**20, cpu


def mostrar(quando, gastos):
    """A linha que docs/jupyterhub.md cita; aparece com `-s`."""
    print(f"{quando}: até {max(m for m, _ in gastos):.0f} MiB e {max(s for _, s in gastos):.1f} s de CPU por aluno")


def test_cinco_alunos_ao_mesmo_tempo(hub):
    """Todos entram juntos e executam as mesmas três aulas, uma depois da outra: nenhum erro que a aula não provoque."""
    casas = [hub.pasta / aluno for aluno in ALUNOS]
    with ThreadPoolExecutor(len(ALUNOS)) as turma:
        list(turma.map(hub.entrar, ALUNOS))
        mostrar("ao entrar", [gasto(casa) for casa in casas])
        for aula in AULAS:
            erros = list(turma.map(functools.partial(hub.executar, aula=aula), ALUNOS))
            assert sum(erros, []) == []
            mostrar(f"depois de executar {aula}", [gasto(casa) for casa in casas])


def test_o_que_o_aluno_mudou_fica(tmp_path, monkeypatch):
    """Entrar de novo traz as aulas que faltam, e não desfaz o que se escreveu."""
    monkeypatch.syspath_prepend(RAIZ / "hub")
    from aluno import preparar

    preparar(tmp_path)
    aulas = {p.name for p in (tmp_path / "notebooks").glob("*.ipynb")}
    assert (
        aulas == {p.name for p in (RAIZ / "notebooks").glob("*.ipynb")} and (tmp_path / "notebooks" / "dados").is_dir()
    )
    (tmp_path / "notebooks" / AULAS[0]).write_text("meu")
    (tmp_path / "notebooks" / AULAS[1]).unlink()
    preparar(tmp_path)
    assert (tmp_path / "notebooks" / AULAS[0]).read_text() == "meu" and (tmp_path / "notebooks" / AULAS[1]).exists()


def test_a_imagem_e_os_valores_falam_do_que_existe():
    """Sem Docker nem Kubernetes, o que se confere é que os arquivos e as versões que eles citam são os daqui."""
    valores = yaml.safe_load((RAIZ / "hub" / "kubernetes.yaml").read_text(encoding="utf-8"))
    aluno = valores["singleuser"]
    assert aluno["cmd"] == ["python", "/opt/parimpar/hub/aluno.py"] and (RAIZ / "hub" / "aluno.py").exists()
    assert (RAIZ / aluno["defaultUrl"].removeprefix("/lab/tree/")).exists()
    assert aluno["image"]["tag"] == tomllib.loads((RAIZ / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    imagem = (RAIZ / "hub" / "Dockerfile").read_text(encoding="utf-8")
    for linha in re.findall(r"^COPY (.*) \S+$", imagem, re.M):
        assert all((RAIZ / origem).exists() for origem in linha.split()), linha
    assert f"CMD {json.dumps(aluno['cmd'])}" in imagem
