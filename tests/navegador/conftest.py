"""Um Chromium e um JupyterLab para todos os testes desta pasta."""

import os
import shutil

import pytest
from apoio import dispensar
from lab import CAPTURAS, OPCOES_DO_CHROMIUM, RAIZ, Notebook, jupyterlab

ESPERA = 20_000  # milissegundos até o que se espera aparecer: os 5 s do Playwright são poucos numa máquina ocupada


# O primeiro não tem janelas; dos que têm, um já parou de desenhar no meio de um teste, numa máquina ocupada.
CHROMIUNS = "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"


def _chromium():
    caminho = next(filter(None, map(shutil.which, CHROMIUNS)), None)
    if caminho is None:
        dispensar("sem Chromium nesta máquina; no Debian e no Ubuntu: apt-get install chromium")
    return caminho


@pytest.fixture(scope="session")
def navegador():
    """Um Chromium sem janela."""
    caminho = _chromium()
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=ESPERA)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=caminho, args=OPCOES_DO_CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Um JupyterLab; a URL, a completar com o caminho do notebook."""
    with jupyterlab(tmp_path_factory.mktemp("casa")) as url:
        yield url


@pytest.fixture(scope="session")
def abrir(navegador, lab):
    """Função que abre um notebook, pelo nome do arquivo em notebooks/ ou pelo caminho, numa página e num kernel novos.

    O que estava aberto antes se encerra: um segundo olhar sobre o mesmo kernel herdaria os controles do primeiro.
    """
    abertos = []

    def abrir_notebook(nome, largura=1280, altura=1000):
        while abertos:
            abertos.pop().encerrar()
        pagina = navegador.new_page(viewport={"width": largura, "height": altura}, locale="pt-BR")
        abertos.append(Notebook(pagina, lab.format(nome if "/" in nome else f"notebooks/{nome}")))
        return abertos[-1]

    yield abrir_notebook
    while abertos:
        abertos.pop().encerrar()


@pytest.fixture(scope="module")
def copia():
    """O caminho de uma cópia da aula 00, para o que precisa gravar: as do repositório ficam como estão."""
    CAPTURAS.mkdir(exist_ok=True)
    caminho = CAPTURAS / f"copia-{os.getpid()}.ipynb"
    shutil.copy(RAIZ / "notebooks" / "00-comece-aqui.ipynb", caminho)
    shutil.copytree(RAIZ / "notebooks" / "dados", CAPTURAS / "dados", dirs_exist_ok=True)  # a aula lê dali uma captura
    yield caminho
    caminho.unlink()
