"""Do clique à resposta na tela, no navegador: o painel ao lado de um botão que só muda um rótulo."""

import pathlib
import shutil
import statistics
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
PAINEL = """
from parimpar import Painel
painel = Painel()
painel.numero.value = "7"
display(painel)
"""
# Clica e devolve os milissegundos até o texto do alvo mudar na página.
CRONOMETRO = """([botao, alvo]) => new Promise((pronto, falhou) => {
    setTimeout(() => falhou("a tela não mudou em 5 s"), 5000);
    const elemento = document.querySelector(alvo), inicio = performance.now();
    const observador = new MutationObserver(() => {
        observador.disconnect();
        pronto(performance.now() - inicio);
    });
    observador.observe(elemento, {childList: true, subtree: true, characterData: true});
    document.querySelector(botao).click();
})"""


def medir(vezes=60):
    """Devolve as medianas, em milissegundos: (do painel, do botão simples); None sem Chromium."""
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
            alvos = {
                "painel": [".parimpar-enviar", ".parimpar-resposta .widget-html-content"],
                "botão": [".bench-botao", ".bench-rotulo .widget-html-content"],
            }
            tempos = {nome: [] for nome in alvos}
            for vez in range(vezes):
                notebook.controle("numero").locator("input").fill(str(vez))  # a tela só muda se o texto mudar
                notebook.pagina.wait_for_timeout(200)
                for nome, seletores in alvos.items():
                    tempos[nome].append(notebook.pagina.evaluate(CRONOMETRO, seletores))
                    notebook.pagina.wait_for_timeout(400)  # o redesenho do painel termina antes do próximo
        navegador.close()
    return statistics.median(tempos["painel"]), statistics.median(tempos["botão"])


if __name__ == "__main__":
    print(medir())
