"""Mostra uma figura no notebook: vetorial, nas cores do tema, com texto alternativo e o equivalente em texto.

A figura vai como `<img>`, porque é assim que ela tem texto alternativo e que um notebook ainda não
confiado a mostra. De dentro de um `<img>` não se veem as variáveis da página; por isso o SVG traz as do
tema escuro, que valem quando a página põe `color-scheme: dark` na imagem.
"""

import base64
import contextlib
import html
import io
import re
import sys

from ...folha import CORES, LETRAS, TEMA, escuras

TINTA = "var(--jp-content-font-color1, #212121)"  # a cor das letras no tema do Jupyter
FUNDO = "var(--jp-layout-color0, #ffffff)"  # e a de trás delas
LETRA, LETRA_DE_CODIGO = "'DejaVu Sans',Verdana,sans-serif", "'DejaVu Sans Mono',Menlo,Consolas,monospace"

_NO_ESCURO = f"svg{{--jp-content-font-color1:#f5f5f5;--jp-layout-color0:#111111;{escuras()}}}"
_ESTILO_DO_SVG = f"<style>svg{{fill:{TINTA}}}@media(prefers-color-scheme:dark){{{_NO_ESCURO}}}</style>"
_ESTILO_DA_PAGINA = "<style>[data-jp-theme-light=false] .parimpar-desenho{color-scheme:dark}</style>"

# As cores com que o matplotlib desenha, e as do tema que ficam no lugar delas.
_DO_TEMA = {
    **{claro.lower(): f"var(--parimpar-{nome}, {claro})" for nome, (claro, _) in TEMA.items()},
    **{c[quem].lower(): f"var(--parimpar-{quem}, {c[quem]})" for c in (CORES, LETRAS) for quem in c},
    "#000000": TINTA,
    "#ffffff": FUNDO,
}


@contextlib.contextmanager
def sozinho(largura, altura, alt, texto):
    """Entrega eixos novos a quem desenha; no fim, mostra a figura e escreve o texto equivalente.

    Args:
        largura, altura: da figura, em polegadas.
        alt: o texto alternativo, como em `mostrar`.
        texto: o mesmo que a figura, por escrito.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.size": 12}):  # pontos: o que ainda se lê do fundo da sala
        fig = Figure(figsize=(largura, altura), layout="constrained")
        yield fig.add_subplot()
        mostrar(fig, alt)
    print(texto)


def ao_pe_da_letra(ax):
    """Nenhum texto do desenho é fórmula: o que veio da rede pode ter `$`, que o matplotlib leria como uma."""
    from matplotlib.text import Text

    for texto in ax.findobj(Text):
        texto.set_parse_math(False)


def eixo_logaritmico(eixo):
    """Deixa o eixo logarítmico, com números escritos por extenso: o matplotlib os escreveria como fórmulas, 10²."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    eixo.axes.set(**{f"{eixo.axis_name}scale": "log"})
    eixo.set_major_locator(LogLocator(subs=(1, 2, 5)))
    eixo.set_minor_locator(NullLocator())
    eixo.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,g}".replace(",", " ").replace(".", ",")))


def mostrar(fig, alt):
    """Mostra uma figura do matplotlib uma só vez e a fecha.

    Args:
        alt: o que a figura mostra, em uma ou duas frases; é o que um leitor de tela lê.
    """
    from matplotlib import rc_context

    try:
        ao_pe_da_letra(fig)
        svg = io.StringIO()
        # Letras de verdade, e nada que mude de uma vez para outra: nem a data, nem os nomes internos.
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": "parimpar"}):
            fig.savefig(svg, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
        exibir(no_tema(svg.getvalue()), alt)
    finally:
        # Sem isto, uma figura feita na célula apareceria de novo, sem o texto, no fim dela.
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close(fig)


def exibir(svg, alt):
    """Mostra um desenho em SVG, com texto alternativo."""
    from IPython.display import display

    display({"text/html": imagem(svg, alt), "text/plain": f"[figura: {alt}]"}, raw=True)


def imagem(svg, alt):
    """O HTML de um desenho em SVG, que segue o tema da página."""
    svg = re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", svg)  # o que o XML não admite
    svg = re.sub(r"(<svg\b[^>]*>)", rf"\1{_ESTILO_DO_SVG}", svg, count=1)
    dados = base64.b64encode(svg.encode()).decode()
    return (
        f'{_ESTILO_DA_PAGINA}<img class="parimpar-desenho" style="max-width:100%" alt="{html.escape(alt)}" '
        f'src="data:image/svg+xml;base64,{dados}">'
    )


def no_tema(svg):
    """O SVG do matplotlib sem o que não se vê, com as cores do tema e letras que toda máquina tem."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"'DejaVu Sans Mono'[^;\"]*monospace", LETRA_DE_CODIGO, svg)
    svg = re.sub(r"'DejaVu Sans',[^;\"]*sans-serif", LETRA, svg)
    svg = re.sub(r"#[0-9a-f]{6}\b", lambda cor: _DO_TEMA.get(cor[0], cor[0]), svg)
    return re.sub(r"\s*\n\s*", "\n", svg)
