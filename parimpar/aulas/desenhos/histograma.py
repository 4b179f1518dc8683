"""Quantas casas têm os números sorteados, de dois jeitos, lado a lado."""

from collections import Counter

from ...folha import AZUL, CINZA, LARANJA
from ...protocolo import LIMITE_DE_CASAS
from ...texto import visivel
from .exibir import ao_pe_da_letra, eixo_logaritmico, sozinho

_ESTILOS = [{"color": AZUL, "hatch": ""}, {"color": LARANJA, "hatch": "///"}]


def histograma_de_casas(amostras, ax=None):
    """Desenha quantos números de cada amostra têm 1, 2, 3… casas, com a fronteira das 10 marcada.

    Args:
        amostras: {nome: lista de textos de números}, até duas.
        ax: onde desenhar; sem ele, mostra a figura e o mesmo em texto.

    Returns:
        A lista das barras criadas, uma coleção por amostra.
    """
    if ax is None:
        alt = f"Histograma de quantas casas têm os números: {' e '.join(amostras)}; o texto abaixo os resume."
        with sozinho(9, 4, alt, descrever_casas(amostras)) as ax:
            histograma_de_casas(amostras, ax)
        return None
    largura, artistas = 0.8 / len(amostras), []
    for i, ((nome, numeros), estilo) in enumerate(zip(amostras.items(), _ESTILOS, strict=False)):
        casas = Counter(map(len, numeros))
        x = [n + (i - (len(amostras) - 1) / 2) * largura for n in sorted(casas)]
        altura = [casas[n] for n in sorted(casas)]
        artistas.append(ax.bar(x, altura, largura, label=visivel(nome, 40, aspas=False), edgecolor="white", **estilo))
    ax.axvline(LIMITE_DE_CASAS + 0.5, color=CINZA, linestyle="--")
    ax.text(LIMITE_DE_CASAS + 0.1, 1.02, "← PAR ou ÍMPAR", ha="right", transform=ax.get_xaxis_transform(), color=CINZA)
    ax.text(LIMITE_DE_CASAS + 0.8, 1.02, "letras →", transform=ax.get_xaxis_transform(), color=CINZA)
    ax.set(xlabel="casas", ylabel="números (escala logarítmica)", xlim=(0, 31.5))
    eixo_logaritmico(ax.yaxis)
    ax.legend(loc="upper left")
    ao_pe_da_letra(ax)
    return artistas


def descrever_casas(amostras):
    """O mesmo em texto: quantos de cada amostra têm até 10 casas, e quantos têm de 28 a 30."""
    linhas = []
    for nome, numeros in amostras.items():
        casas = Counter(map(len, numeros))
        curtos = sum(quantos for n, quantos in casas.items() if n <= LIMITE_DE_CASAS)
        longos = sum(quantos for n, quantos in casas.items() if n >= 28)
        linhas.append(f"{nome}: {len(numeros)} números; até 10 casas: {curtos}; de 28 a 30 casas: {longos}")
    return "\n".join(linhas)
