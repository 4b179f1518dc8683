"""Faz o PDF do curso, com marcas para leitores de tela e com o índice.

Uso: python iniciar.py pdf [arquivo]
"""

import pathlib
import sys
import tempfile

from .publicar.fontes import RAIZ
from .publicar.navegador import abrir_navegador
from .site import construir

RODAPE = (
    '<div style="font:8px sans-serif;width:100%;text-align:center;color:#555">'
    '<span class="pageNumber"></span> de <span class="totalPages"></span></div>'
)


def fazer(destino, navegador):
    """Grava o PDF neste arquivo.

    Args:
        navegador: um Chromium do Playwright.
    """
    with tempfile.TemporaryDirectory() as pasta:
        construir(pasta, livro=True)
        pagina = navegador.new_page(color_scheme="light", locale="pt-BR")
        pagina.goto((pathlib.Path(pasta) / "index.html").as_uri())
        pagina.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")  # no papel não se clica
        pagina.pdf(
            path=str(destino), tagged=True, outline=True, print_background=True, prefer_css_page_size=True,
            display_header_footer=True, header_template="<span></span>", footer_template=RODAPE,
        )  # fmt: skip
        pagina.close()


def main(argumentos):
    """Faz o PDF no arquivo pedido, ou em _pdf/parimpar.pdf."""
    destino = pathlib.Path(argumentos[0] if argumentos else RAIZ / "_pdf" / "parimpar.pdf")
    destino.parent.mkdir(parents=True, exist_ok=True)
    with abrir_navegador() as navegador:
        fazer(destino, navegador)
    print(f"PDF em {destino}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
