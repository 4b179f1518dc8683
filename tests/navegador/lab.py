"""O JupyterLab de verdade, e um notebook aberto nele, para os testes e o bench."""

import contextlib
import importlib.metadata
import json
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
from axe_playwright_python.base import AXE_SCRIPT

RAIZ = pathlib.Path(__file__).parents[2]
CAPTURAS = RAIZ / "capturas"  # o que se viu em cada teste, para olhar depois; fora do git

# Sem as opções de rede o Chromium procura a internet ao abrir.
OPCOES_DO_CHROMIUM = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

COMECO = 180  # segundos; com os processadores ocupados, o JupyterLab já levou mais de um minuto para começar
PRAZO_DO_KERNEL = 180  # segundos para um código que um teste lhe manda, ou para gravar
PRAZO_DO_AXE = 120  # segundos para ele olhar a página inteira
FIM = 90  # segundos; ocupado, ele já levou mais de 20 para encerrar os kernels

# O iniciar.py não muda a instalação que já existe.
_ONDE = json.loads(importlib.metadata.distribution("parimpar").read_text("direct_url.json") or "{}")
EDITAVEL = ["--editavel"] if _ONDE.get("dir_info", {}).get("editable") else []


AJUSTES_DE_TESTE = {
    # Todas as células ficam na página, mesmo as que não aparecem na janela.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    # Os testes usam os notebooks do repositório e não podem gravá-los.
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
# O que só os testes instalam não aparece no JupyterLab de quem roda `python iniciar.py`.
ALHEIAS = ["@jupyter-notebook/lab-extension", "@voila-dashboards/jupyterlab-preview"]


def jupyterlab(casa, programa=(str(RAIZ / "iniciar.py"), *EDITAVEL)):
    """Abre o JupyterLab como manda o README; entrega a URL, a completar com o caminho do notebook.

    Args:
        casa: pasta vazia para as configurações e o registro.
        programa: o que o Python executa, com os primeiros argumentos.
    """
    return _servidor(casa, [*programa, "--allow-root", "--expose-app-in-browser"], "/lab/tree/{}?reset&token=")


def notebook7(casa):
    """O mesmo, no Notebook 7."""
    programa = ["-m", "notebook", "--allow-root", "--JupyterNotebookApp.expose_app_in_browser=True"]
    return _servidor(casa, programa, "/notebooks/{}?token=")


def voila(casa, notebook):
    """Mostra um notebook como página, com o Voilà; entrega a URL dela."""
    return _servidor(casa, ["-m", "voila", str(notebook)], "/?token=", "Voila")


@contextlib.contextmanager
def _servidor(casa, programa, caminho, aplicativo="ServerApp"):
    ajustes = casa / "config" / "labconfig"
    ajustes.mkdir(parents=True)
    (ajustes / "default_setting_overrides.json").write_text(json.dumps(AJUSTES_DE_TESTE))
    (ajustes / "page_config.json").write_text(json.dumps({"disabledExtensions": dict.fromkeys(ALHEIAS, True)}))
    with socket.socket() as sonda:
        sonda.bind(("127.0.0.1", 0))
        porta = sonda.getsockname()[1]
    token, base = secrets.token_hex(8), f"http://127.0.0.1:{porta}"
    comando = [
        sys.executable, *programa, "--no-browser", f"--IdentityProvider.token={token}", f"--{aplicativo}.ip=127.0.0.1",
        f"--{aplicativo}.port={porta}", f"--{aplicativo}.port_retries=0",
    ]  # fmt: skip
    ambiente = dict(
        os.environ, JUPYTER_CONFIG_DIR=str(casa / "config"), JUPYTER_DATA_DIR=str(casa / "dados"),
        JUPYTER_RUNTIME_DIR=str(casa / "runtime"), IPYTHONDIR=str(casa / "ipython"),
    )  # fmt: skip
    with open(casa / "lab.log", "wb") as registro:
        processo = subprocess.Popen(comando, cwd=RAIZ, env=ambiente, stdout=registro, stderr=subprocess.STDOUT)
        try:
            limite = time.monotonic() + COMECO
            while True:
                try:
                    urllib.request.urlopen(f"{base}/api/status?token={token}", timeout=1).close()
                    break
                except urllib.error.HTTPError:
                    break  # o Voilà não tem este endereço, mas já responde
                except OSError:
                    pass
                assert processo.poll() is None, (casa / "lab.log").read_text()
                assert time.monotonic() < limite, f"{programa} não respondeu em {COMECO} s"
                time.sleep(0.1)  # intervalo entre duas perguntas; quem decide é a resposta
            yield f"{base}{caminho}{token}"
        finally:
            encerrar(processo)


def encerrar(servidor, prazo=FIM):
    """Pede a um servidor do Jupyter que termine, e espera que ele termine.

    Às vezes ele encerra tudo, e o processo fica à espera de uma thread parada do anyio, que não acaba nunca
    (jupyterlab/jupyterlab#10442): então é morto. Se ainda escuta, ou ainda tem kernels, não encerrou, e isso é um erro.
    """
    servidor.send_signal(signal.SIGTERM)
    try:
        servidor.wait(prazo)
    except subprocess.TimeoutExpired:
        processo = psutil.Process(servidor.pid)
        resta = [*processo.children(), *(c.laddr for c in processo.net_connections() if c.status == psutil.CONN_LISTEN)]
        servidor.kill()
        servidor.wait(prazo)
        assert not resta, f"depois de {prazo} s, ainda tinha {resta}"


def ler_o_axe(visto):
    """(o que o axe vê de errado, em quantos textos ele mediu o contraste).

    Um texto da cor do próprio fundo o axe não reprova: pode estar escondido de propósito. Aqui nenhum está.
    """
    queixas = [(v["id"], v["help"], n["html"][:300]) for v in visto["violations"] for n in v["nodes"]]
    duvidas = [n for v in visto["incomplete"] if v["id"] == "color-contrast" for n in v["nodes"]]
    invisiveis = [n for n in duvidas if any((m.get("data") or {}).get("messageKey") == "equalRatio" for m in n["any"])]
    queixas += [("color-contrast", "o texto é da cor do fundo", n["html"][:300]) for n in invisiveis]
    medidos = [n for v in visto["passes"] if v["id"] == "color-contrast" for n in v["nodes"]]
    return queixas, len(medidos)


# O JupyterLab mede a janela só alguns quadros depois de ela mudar, e então põe nela cada parte de si, em pixels.
ARRUMADA = """([largura, altura]) => {
    const partes = [...document.querySelectorAll("#main > *")].map(parte => parte.getBoundingClientRect());
    return Math.max(...partes.map(p => p.right)) === largura && Math.max(...partes.map(p => p.bottom)) === altura;
}"""


class Notebook:
    """Um notebook aberto no JupyterLab."""

    def __init__(self, pagina, endereco):
        self.pagina, self.mensagens, self._religada = pagina, [], ""
        pagina.on("console", self._anotar)
        pagina.on("pageerror", lambda erro: self.mensagens.append(str(erro)))
        pagina.goto(endereco, wait_until="domcontentloaded")
        self.painel = pagina.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        self.painel.locator(".jp-CodeCell").first.wait_for(timeout=COMECO * 1000)
        self._esperar("w => w?.sessionContext?.session?.kernel?.status === 'idle'")

    def _anotar(self, mensagem):
        # Perguntado pelos kernels enquanto um deles começa, o servidor do Jupyter não sabe desde quando ele está parado, e dá
        # o erro 500; a página pergunta de novo. Só se vê numa máquina ocupada.
        do_servidor = "/api/kernels?" in mensagem.location["url"] and "status of 500" in mensagem.text
        if mensagem.type == "error" and not do_servidor:
            self.mensagens.append(f"{mensagem.text} ({mensagem.location['url']}){self._religada}")
        # O que veio do kernel nesse meio-tempo se perde, e o JupyterLab se queixa dos controles que não conhece.
        if "Connection lost, reconnecting" in mensagem.text:
            self._religada = " — depois de a página perder a conexão com o kernel"

    def _esperar(self, condicao):
        self.pagina.wait_for_function(
            f"() => ({condicao})(window.jupyterapp?.shell.currentWidget)", timeout=COMECO * 1000
        )

    def encerrar(self):
        """Desliga o kernel e fecha a página, se ainda está aberta."""
        if self.pagina.is_closed():
            return
        self.pagina.evaluate(
            """() => Promise.race([window.jupyterapp.shell.currentWidget.sessionContext.shutdown(),
                new Promise(resolver => setTimeout(resolver, 20000))])"""
        )
        self.pagina.close()

    def gravar(self):
        """Grava o notebook; um diálogo que o impeça, à espera de alguém, é um erro."""
        self.pagina.evaluate(
            """prazo => Promise.race([window.jupyterapp.commands.execute('docmanager:save'), new Promise((_, falhou) =>
                setTimeout(() => falhou(new Error(`não gravou em ${prazo} s`)), 1000 * prazo))])""",
            PRAZO_DO_KERNEL,
        )

    def limpar(self):
        """Sem as contagens guardadas no arquivo, um número diante da célula quer dizer que ela rodou agora."""
        self.pagina.evaluate("() => { window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs') }")

    def rodar_tudo(self):
        """Run All, e espera a última célula terminar."""
        self.limpar()
        self.pagina.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
        self._esperar("""w => w.content.widgets.every(c => c.model.type !== 'code' || c.model.executionCount)
            && w.sessionContext.session.kernel.status === 'idle'""")

    def escrever(self, marca, codigo):
        """Troca pelo teclado o código da célula em que a marca aparece, executa-a e devolve o que ela mostrou."""
        indice = self.pagina.evaluate(
            """marca => { const { content } = window.jupyterapp.shell.currentWidget;
                const tem = c => c.model.type === 'code' && c.model.sharedModel.getSource().includes(marca);
                content.activeCellIndex = content.widgets.findIndex(tem);
                content.mode = 'edit'; return content.activeCellIndex }""",
            marca,
        )
        celula = f"w.content.widgets[{indice}].model"
        antes = self.pagina.evaluate(
            f"() => (w => {celula}.executionCount || 0)(window.jupyterapp.shell.currentWidget)"
        )
        editor = self.painel.locator(".jp-mod-active .cm-content")
        editor.click()
        editor.press("Control+a")
        self.pagina.keyboard.insert_text(codigo)
        editor.press("Control+Enter")
        self._esperar(f"w => {celula}.executionCount > {antes} && w.sessionContext.session.kernel.status === 'idle'")
        saidas = self.painel.locator(".jp-mod-active .jp-OutputArea-output")
        return saidas.last.inner_text() if saidas.count() else ""

    def no_kernel(self, codigo, esperar=True):
        """Executa o código no kernel do notebook, fora das células, e devolve o que ele escreveu; se dá um erro, o teste também."""
        return self.pagina.evaluate(
            """async ([codigo, esperar, prazo]) => {
                const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
                const pedido = kernel.requestExecute({ code: codigo });
                let escrito = '', erro = '';
                pedido.onIOPub = ({ header, content }) => {
                    if (header.msg_type === 'stream') escrito += content.text;
                    if (header.msg_type === 'error') erro = `${content.ename}: ${content.evalue}`;
                };
                if (esperar) await Promise.race([pedido.done, new Promise((_, falhou) =>
                    setTimeout(() => falhou(new Error(`o kernel não terminou em ${prazo} s`)), 1000 * prazo))]);
                if (erro) throw new Error(erro);
                return escrito }""",
            [codigo, esperar, PRAZO_DO_KERNEL],
        )

    def axe(self, seletor):
        """O que o axe vê de errado nesta parte da página, e em quantos textos ele mediu o contraste."""
        self.pagina.evaluate(AXE_SCRIPT)
        # O `body` do JupyterLab tem altura zero, e o axe toma por escondido o que está fora dele.
        visto = self.pagina.evaluate(
            """async ([seletor, prazo]) => { document.body.style.height = '100vh';
                const tarde = new Promise((_, falhou) =>
                    setTimeout(() => falhou(new Error(`o axe não terminou em ${prazo} s`)), 1000 * prazo));
                try { return await Promise.race([tarde, axe.run({ include: [seletor] },
                    { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })]) }
                finally { document.body.style.height = '' } }""",
            [seletor, PRAZO_DO_AXE],
        )
        return ler_o_axe(visto)

    def erros(self):
        """As células que terminaram em erro."""
        return self.pagina.evaluate("""() => window.jupyterapp.shell.currentWidget.content.widgets
            .filter(c => c.model.type === 'code').flatMap((c, i) => Array.from({length: c.model.outputs.length},
            (_, j) => c.model.outputs.get(j)).filter(s => s.type === 'error').map(s => [i, s.toJSON().evalue]))""")

    def tema(self, nome):
        """Passa ao tema Light ou Dark, e espera a página mudar."""
        self.pagina.evaluate(
            "tema => window.jupyterapp.commands.execute('apputils:change-theme', {theme: tema})", f"JupyterLab {nome}"
        )
        claro = str(nome == "Light").lower()
        self.pagina.locator(f"body[data-jp-theme-light={claro}]").wait_for(state="attached")
        # Enquanto o tema se carrega, o logotipo cobre a página.
        self.pagina.wait_for_function(
            "cor => getComputedStyle(document.body).getPropertyValue('--jp-layout-color0').trim() === cor",
            arg={"Light": "white", "Dark": "#111"}[nome],
        )
        self.pagina.locator("#jupyterlab-splash").wait_for(state="detached")

    def controle(self, nome):
        """Um controle do painel, pelo nome que painel.py lhe dá."""
        return self.painel.locator(f".parimpar-{nome}")

    def janela(self, largura, altura):
        """Muda o tamanho da janela e espera o JupyterLab se arrumar nela."""
        self.pagina.set_viewport_size({"width": largura, "height": altura})
        self.pagina.wait_for_function(ARRUMADA, arg=[largura, altura])

    def fotografar(self, nome, controle=None):
        """Guarda uma captura em capturas/, da janela ou de um controle só."""
        CAPTURAS.mkdir(exist_ok=True)
        self.janela(1280, 1600 if controle else 1000)
        (controle or self.pagina).screenshot(path=CAPTURAS / f"{nome}.png")

    def janela_inteira(self):
        """Faz a janela da altura do notebook, com ele rolado até o começo."""
        altura = self.pagina.evaluate(
            """() => {
                const { content } = window.jupyterapp.shell.currentWidget;
                content.activeCellIndex = 0;  // o JupyterLab rola até a célula ativa quando a janela muda
                const celulas = content.widgets.map(celula => celula.node.getBoundingClientRect());
                return celulas.at(-1).bottom - celulas[0].top; }"""
        )
        self.janela(1280, round(altura) + 300)
        self.painel.locator(".jp-WindowedPanel-outer").evaluate("e => { e.scrollTop = 0 }")
