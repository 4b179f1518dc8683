"""Os defeitos medidos em programas de estudantes, em barras."""

from textwrap import fill, wrap

from ...folha import CORES
from ...texto import visivel
from .exibir import ao_pe_da_letra, sozinho

_HACHURAS = {"servidor": "", "cliente": "///"}
_LETRAS_DO_NOME = 36


def barras_de_defeitos(linhas, ax=None):
    """Desenha uma barra por defeito, do mais comum ao menos comum, com o "27 de 30" escrito ao lado.

    Args:
        linhas: dicionários com `lado` ("servidor" ou "cliente"), `defeito`, `quantos` e `de`.
        ax: onde desenhar; sem ele, mostra a figura e o mesmo em texto.

    Returns:
        As barras criadas, de cima para baixo.
    """
    linhas = _em_ordem(linhas)
    if ax is None:
        texto = descrever_defeitos(linhas)
        maior, menor = (" ".join(linha.split()[:3]) for linha in (texto.splitlines()[0], texto.splitlines()[-1]))
        alt = f"Barras com {len(linhas)} defeitos, do mais comum ({maior}) ao menos comum ({menor}), listados no texto abaixo."
        with sozinho(8.5, 6.6, alt, texto) as ax:
            barras_de_defeitos(linhas, ax)
        return None
    barras = []
    for y, linha in enumerate(linhas):
        fracao = int(linha["quantos"]) / int(linha["de"])
        cor, hachura = CORES[linha["lado"]], _HACHURAS[linha["lado"]]
        barras += ax.barh(y, 100 * fracao, 0.7, color=cor, hatch=hachura, edgecolor="white")
        ax.text(100 * fracao + 1, y, f"{linha['quantos']} de {linha['de']}", va="center")
    ax.set(xlabel="programas com o defeito (%)", xlim=(0, 118), ylim=(len(linhas) - 0.4, -0.6))
    ax.set_yticks(
        range(len(linhas)),
        [_em_linhas_iguais(f"{linha['lado']}: {visivel(linha['defeito'], 80, aspas=False)}") for linha in linhas],
        linespacing=1,  # as duas linhas de um nome ficam mais juntas do que dois nomes
    )
    ao_pe_da_letra(ax)
    ax.spines[["top", "right"]].set_visible(False)
    return barras


def descrever_defeitos(linhas):
    """O mesmo em texto, um defeito por linha."""
    return "\n".join(f"{n['quantos']:>2} de {n['de']}  {n['lado']:<8}  {n['defeito']}" for n in _em_ordem(linhas))


def _em_linhas_iguais(texto):
    """O nome em tão poucas linhas quanto couber, sem deixar uma palavra sozinha na última."""
    quantas = len(wrap(texto, _LETRAS_DO_NOME))
    return fill(texto, next(n for n in range(1, _LETRAS_DO_NOME + 1) if len(wrap(texto, n)) <= quantas))


def _em_ordem(linhas):
    return sorted(linhas, key=lambda linha: -int(linha["quantos"]) / int(linha["de"]))
