"""Quanto demora abrir a aula 00 pela segunda vez, ao lado de `jupyter lab` com um notebook vazio."""

import pathlib
import shutil
import statistics
import sys
import tempfile
import time

import nbformat

sys.path[:0] = [str(pathlib.Path(__file__).parents[1] / "tests" / pasta) for pasta in ("navegador", "")]


def medir(vezes=5):
    """Devolve as medianas, em segundos, até o kernel estar pronto: (da aula, do notebook vazio); None sem Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    from lab import CAPTURAS, OPCOES_DO_CHROMIUM, Notebook, jupyterlab

    chromium = shutil.which("chromium")
    if chromium is None:
        return None
    CAPTURAS.mkdir(exist_ok=True)  # fora do git, e dentro da pasta que o JupyterLab serve
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    vazio = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("")], metadata=kernel)
    nbformat.write(vazio, CAPTURAS / "vazio.ipynb")
    casos = {
        "a aula": ("notebooks/00-comece-aqui.ipynb", {}),
        "o vazio": ("capturas/vazio.ipynb", {"programa": ("-m", "jupyterlab", "--notebook-dir=.")}),
    }
    tempos = {nome: [] for nome in casos}
    with sync_playwright() as playwright:
        navegador = playwright.chromium.launch(executable_path=chromium, args=OPCOES_DO_CHROMIUM)
        for _ in range(vezes + 1):  # a primeira vez aquece, e não conta
            for nome, (notebook, opcoes) in casos.items():
                with tempfile.TemporaryDirectory() as pasta:
                    inicio = time.perf_counter()
                    with jupyterlab(pathlib.Path(pasta), **opcoes) as url:
                        aberto = Notebook(navegador.new_page(), url.format(notebook))
                        tempos[nome].append(time.perf_counter() - inicio)
                        aberto.encerrar()
        navegador.close()
    return tuple(statistics.median(medidas[1:]) for medidas in tempos.values())


if __name__ == "__main__":
    print(medir())
