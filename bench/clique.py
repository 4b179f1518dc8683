"""Do clique à resposta na tela, no navegador: o painel ao lado de um botão que só muda um rótulo.

Por si só, `python bench/clique.py` mede também com a máquina ocupada: `--carga` põe um processo em cada processador.
"""

import contextlib
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import nbformat

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests" / "navegador"))

BOTAO = """
import ipywidgets
rotulo, botao, vezes = ipywidgets.HTML(), ipywidgets.Button(description="Enviar"), iter(range(10**9))
rotulo.add_class("bench-rotulo"), botao.add_class("bench-botao")
botao.on_click(lambda _: setattr(rotulo, "value", f"<b>{next(vezes)}</b>"))
display(ipywidgets.VBox([botao, rotulo]))
"""
TROCAS = 500  # entre as duas medidas do painel, para se ver se ele fica mais lento com o uso
PAINEL = """
from parimpar import Painel
painel = Painel()
painel.numero.value = "7"
display(painel)
"""
# Executa um código no kernel da página, e espera que acabe.
ENVIAR = """codigo => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
    .requestExecute({ code: codigo }).done.then(() => true)"""
# Espera o próximo clique num botão, e guarda os milissegundos dele até o texto do alvo mudar, e até essa mudança se ver.
CRONOMETRO = """([botao, alvo]) => { window.cronometro = new Promise((pronto, falhou) => {
    setTimeout(() => falhou("a tela não mudou em 5 s"), 5000);
    document.querySelector(botao).addEventListener("click", ({timeStamp: inicio}) => {
        const observador = new MutationObserver(() => {
            observador.disconnect();
            const mudou = performance.now() - inicio;
            requestAnimationFrame(() => setTimeout(() => pronto([mudou, performance.now() - inicio])));
        });
        observador.observe(document.querySelector(alvo), {childList: true, subtree: true, characterData: true});
    }, {capture: true, once: true});
}); }"""


def medir(vezes=60, carga=0):
    """Clica como quem usa o mouse e devolve as medianas, em milissegundos; None sem Chromium.

    Args:
        vezes: quantos cliques de cada um.
        carga: quantos processos ocupam a máquina enquanto se mede.

    Returns:
        (do painel, do botão simples, do painel depois de `TROCAS` trocas, do botão nessa segunda vez); cada uma é um par, até o
        texto mudar na página e até a mudança se ver.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    from lab import CAPTURAS, OPCOES_DO_CHROMIUM, Notebook, jupyterlab

    chromium = shutil.which("chromium")
    if chromium is None:
        return None
    with tempfile.TemporaryDirectory() as pasta, sync_playwright() as playwright:
        CAPTURAS.mkdir(exist_ok=True)  # fora do git, e dentro da pasta que o JupyterLab serve
        celulas = [nbformat.v4.new_code_cell(fonte) for fonte in (BOTAO, PAINEL)]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=celulas, metadata=kernel), CAPTURAS / "clique.ipynb")
        navegador = playwright.chromium.launch(executable_path=chromium, args=OPCOES_DO_CHROMIUM)
        with jupyterlab(pathlib.Path(pasta)) as url:
            notebook = Notebook(navegador.new_page(), url.format("capturas/clique.ipynb"))
            notebook.rodar_tudo()
            medianas = []
            with _ocupada(carga):
                medianas += _medianas(notebook, vezes)
                notebook.pagina.evaluate(ENVIAR, f"for _ in range({TROCAS}): painel.enviar('7')")
                medianas += _medianas(notebook, vezes)
        navegador.close()
    return tuple(medianas)


def _medianas(notebook, vezes):
    alvos = {
        "painel": [".parimpar-enviar", ".parimpar-resposta .widget-html-content"],
        "botão": [".bench-botao", ".bench-rotulo .widget-html-content"],
    }
    tempos = {nome: [] for nome in alvos}
    for _ in range(vezes):
        for nome, seletores in alvos.items():
            notebook.pagina.evaluate(CRONOMETRO, seletores)
            notebook.pagina.locator(seletores[0]).click()
            tempos[nome].append(notebook.pagina.evaluate("window.cronometro"))
            notebook.pagina.wait_for_timeout(400)  # o redesenho do painel termina antes do próximo
    return [tuple(map(statistics.median, zip(*tempo, strict=True))) for tempo in tempos.values()]


@contextlib.contextmanager
def _ocupada(processos):
    """A máquina com tantos processos que não fazem nada, sem parar."""
    ocupados = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processos)]
    try:
        yield
    finally:
        for processo in ocupados:
            processo.kill()
            processo.wait()


if __name__ == "__main__":
    painel, botao, depois, botao_depois = medir(carga=os.cpu_count() if "--carga" in sys.argv else 0)
    for ate, do_painel, do_botao, mais, do_botao_mais in zip(("mudar", "se ver"), painel, botao, depois, botao_depois, strict=True):
        print(f"até {ate}: painel {do_painel:.1f} ms, botão {do_botao:.1f} ms: {do_painel / do_botao:.2f}×", end="; ")
        print(f"depois de {TROCAS} trocas, {mais:.1f} e {do_botao_mais:.1f} ms: {mais / do_botao_mais:.2f}×")
