"""O Chromium sem janela com que se fazem o PDF e os slides."""

import contextlib
import shutil

# Sem as opções de rede ele procura a internet ao abrir.
OPCOES = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@contextlib.contextmanager
def abrir_navegador():
    """Entrega um Chromium do Playwright.

    Raises:
        SystemExit: não há Chromium nesta máquina.
    """
    caminho = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if caminho is None:
        raise SystemExit("falta o Chromium: no Debian e no Ubuntu, apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        navegador = playwright.chromium.launch(executable_path=caminho, args=OPCOES)
        yield navegador
        navegador.close()
