"""Mostra uma figura pronta no notebook, com texto alternativo para quem não a vê."""

import base64
import html
import io


def mostrar(fig, alt):
    """Mostra a figura uma só vez e a fecha.

    O JupyterLab não dá texto alternativo às figuras do matplotlib; por isso esta vai como HTML.

    Args:
        alt: o que a figura mostra, em uma ou duas frases; é o que um leitor de tela lê.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    try:
        png = io.BytesIO()
        fig.savefig(png, format="png", bbox_inches="tight")
        dados = base64.b64encode(png.getvalue()).decode()
        imagem = f'<img style="max-width:100%" alt="{html.escape(alt)}" src="data:image/png;base64,{dados}">'
        display({"text/html": imagem, "text/plain": f"[figura: {alt}]"}, raw=True)
    finally:
        plt.close(fig)  # sem isto, o notebook a mostraria de novo, sem o texto, no fim da célula
