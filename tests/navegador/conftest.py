"""Um Chromium e um JupyterLab para todos os testes desta pasta."""

import os
import shutil

import pytest
from lab import OPCOES_DO_CHROMIUM, Notebook, jupyterlab


def _chromium():
    caminho = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if caminho is None and os.environ.get("CI"):
        pytest.fail("no CI o Chromium tem de estar instalado: apt-get install chromium", pytrace=False)
    if caminho is None:
        pytest.skip("sem Chromium nesta máquina; no Debian e no Ubuntu: apt-get install chromium")
    return caminho


@pytest.fixture(scope="session")
def navegador():
    """Um Chromium sem janela."""
    caminho = _chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=caminho, args=OPCOES_DO_CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def abrir(navegador, tmp_path_factory):
    """Função que abre um notebook das aulas, pelo nome do arquivo, numa página nova."""
    with jupyterlab(tmp_path_factory.mktemp("casa")) as url:
        paginas = []

        def abrir_notebook(nome):
            paginas.append(navegador.new_page(viewport={"width": 1280, "height": 1000}, locale="pt-BR"))
            return Notebook(paginas[-1], url.format(f"notebooks/{nome}"))

        yield abrir_notebook
        for pagina in paginas:
            pagina.close()
