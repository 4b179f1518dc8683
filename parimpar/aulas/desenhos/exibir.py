"""Mostra uma figura no notebook, com texto alternativo e o equivalente em texto para quem não a vê."""

import base64
import contextlib
import html
import io
import sys


@contextlib.contextmanager
def sozinho(largura, altura, alt, texto):
    """Entrega eixos novos a quem desenha; no fim, mostra a figura e escreve o texto equivalente.

    Args:
        largura, altura: da figura, em polegadas.
        alt: o texto alternativo, como em `mostrar`.
        texto: o mesmo que a figura, por escrito.
    """
    from matplotlib.figure import Figure

    fig = Figure(figsize=(largura, altura), layout="constrained")
    yield fig.add_subplot()
    mostrar(fig, alt)
    print(texto)


def mostrar(fig, alt):
    """Mostra a figura uma só vez e a fecha.

    O JupyterLab não dá texto alternativo às figuras do matplotlib; por isso esta vai como HTML.

    Args:
        alt: o que a figura mostra, em uma ou duas frases; é o que um leitor de tela lê.
    """
    from IPython.display import display

    try:
        png = io.BytesIO()
        fig.savefig(png, format="png", bbox_inches="tight")
        dados = base64.b64encode(png.getvalue()).decode()
        imagem = f'<img style="max-width:100%" alt="{html.escape(alt)}" src="data:image/png;base64,{dados}">'
        display({"text/html": imagem, "text/plain": f"[figura: {alt}]"}, raw=True)
    finally:
        # Sem isto, uma figura feita na célula apareceria de novo, sem o texto, no fim dela.
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close(fig)
