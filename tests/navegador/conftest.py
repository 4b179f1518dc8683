"""Um Chromium e um JupyterLab para todos os testes desta pasta."""

import shutil

import pytest
from apoio import dispensar
from lab import OPCOES_DO_CHROMIUM, Notebook, jupyterlab


def _chromium():
    caminho = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if caminho is None:
        dispensar("sem Chromium nesta máquina; no Debian e no Ubuntu: apt-get install chromium")
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
    """Função que abre um notebook das aulas, pelo nome do arquivo, numa página e num kernel novos.

    O que estava aberto antes se encerra: um segundo olhar sobre o mesmo kernel herdaria os controles do primeiro.
    """
    with jupyterlab(tmp_path_factory.mktemp("casa")) as url:
        abertos = []

        def abrir_notebook(nome):
            while abertos:
                abertos.pop().encerrar()
            pagina = navegador.new_page(viewport={"width": 1280, "height": 1000}, locale="pt-BR")
            abertos.append(Notebook(pagina, url.format(f"notebooks/{nome}")))
            return abertos[-1]

        yield abrir_notebook
        while abertos:
            abertos.pop().encerrar()
