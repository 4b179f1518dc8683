"""A figura da turma: que exigências ela mais deixa de cumprir; e o mesmo por escrito."""

import html
import io
import re
from dataclasses import dataclass

from parimpar.folha import AZUL, FORMAS, LARANJA, cor
from parimpar.texto import contar, visivel

from ..veredito import ENUNCIADO, FALHOU, OK, TOLERADO
from .resultado import ALVOS

MAXIMO = 14  # exigências que cabem numa figura que se lê do fundo da sala
CORES = {"servidor": LARANJA, "cliente": AZUL}


@dataclass(frozen=True)
class Exigencia:
    """Um caso, e o que a turma fez dele.

    falharam, julgados: programas.
    """

    alvo: str
    titulo: str
    codigo: str
    falharam: int
    julgados: int


def exigencias(resultados, regua=ENUNCIADO):
    """As `Exigencia`s em que alguém falhou, da que mais reprovou à que menos; só contam os programas julgados nela."""
    vistas = {}
    for alvo in ALVOS:
        for resultado in resultados:
            julgado = resultado.avaliacoes.get(alvo)
            for v in julgado.dado["vereditos"] if julgado else ():
                if v["regua"] == regua and v["situacao"] in (OK, TOLERADO, FALHOU):
                    conta = vistas.setdefault((alvo, v["titulo"], v["codigo"]), [0, 0])
                    conta[0] += v["situacao"] == FALHOU
                    conta[1] += 1
    todas = [Exigencia(*chave, *conta) for chave, conta in vistas.items() if conta[0]]
    return sorted(todas, key=lambda e: -e.falharam / e.julgados)


def descrever(resultados, regua=ENUNCIADO):
    """O mesmo que a figura, em linhas: uma por exigência."""
    linhas = [f"{_rotulo(e)}: {e.falharam} de {e.julgados}" for e in exigencias(resultados, regua)]
    return "\n".join(linhas) or f"Ninguém falhou no que se julgou: {regua}."


def _rotulo(exigencia):
    return f"{FORMAS[exigencia.alvo]} {exigencia.alvo}: {visivel(exigencia.titulo, 80, aspas=False)}"


def figura(resultados, regua=ENUNCIADO):
    """Uma `matplotlib.figure.Figure` com uma barra por exigência: a parte da turma que não a cumpre."""
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.ticker import PercentFormatter

    maiores = exigencias(resultados, regua)[:MAXIMO][::-1]
    fig = Figure(figsize=(13, 1.6 + 0.42 * max(len(maiores), 1)), layout="constrained")
    ax = fig.add_subplot()
    quanto = [e.falharam / e.julgados for e in maiores]
    barras = ax.barh([_rotulo(e) for e in maiores], quanto, color=[CORES[e.alvo] for e in maiores])
    for barra, e in zip(barras, maiores, strict=True):
        barra.set_hatch("//" if e.alvo == "servidor" else "")  # nada depende só da cor
        barra.set_edgecolor("#000000")
    ax.bar_label(barras, [f"{e.falharam} de {e.julgados}" for e in maiores], padding=4)
    ax.set(xlim=(0, 1.15), xlabel=f"parte da turma que não cumpre ({regua})", xticks=[0, 0.25, 0.5, 0.75, 1])
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.spines[["top", "right"]].set_visible(False)
    for texto in fig.findobj(Text):
        texto.set_parse_math(False)  # um $ é um $
        texto.set_fontsize(12)  # pontos
    return fig


def em_html(resultados, regua=ENUNCIADO):
    """A figura nas cores do tema, com o texto equivalente; só o texto, se não há o matplotlib."""
    achadas = exigencias(resultados, regua)
    texto = html.escape(descrever(resultados, regua))
    resto = len(achadas) - MAXIMO
    titulo = f"O que a turma mais deixa de cumprir: {regua}"
    escrito = f'<pre style="white-space:pre-wrap">{texto}</pre>'
    try:
        from matplotlib import rc_context
    except ImportError:
        achadas = []
    if not achadas:
        return f"<p><b>{titulo}</b></p>{escrito}"
    svg = io.StringIO()
    # Letras de verdade, e nada que mude de uma vez para outra: nem a data, nem os nomes internos.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "parimpar"}):
        figura(resultados, regua).savefig(svg, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    desenho = svg.getvalue()
    desenho = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", desenho[desenho.index("<svg") :], flags=re.DOTALL)
    for hexadecimal, no_tema in ((AZUL, cor("cliente")), (LARANJA, cor("servidor")), ("#000000", "currentColor")):
        desenho = re.sub(hexadecimal, no_tema, desenho, flags=re.IGNORECASE)
    desenho = desenho.replace("<svg", '<svg role="img" style="max-width:100%;height:auto;fill:currentColor"', 1)
    desenho = desenho.replace("<svg", f'<svg aria-label="{titulo}; os números estão abaixo, por escrito"', 1)
    mais = f"<p>E mais {contar(resto, 'exigência', 'exigências')}, abaixo.</p>" if resto > 0 else ""
    return f"<p><b>{titulo}</b></p>{desenho}{mais}<details><summary>o mesmo, por escrito</summary>{escrito}</details>"
