"""Os envelopes de um quadro: os bytes que cada camada põe em volta dos do programa."""

from ...folha import CINZA
from ...texto import contar, visivel
from .exibir import ao_pe_da_letra, sozinho

POR_LINHA = 16  # bytes, como nos programas que mostram bytes
_HACHURAS = ["xxxx", "----", "////", ""]  # de fora para dentro; a cor não diz nada, e segue o tema


def envelopes(camadas, ax=None):
    """Desenha uma caixa por byte, na ordem em que viajam, com a hachura da camada a que pertence.

    Args:
        camadas: pares (nome, bytes), da de fora para a de dentro, como os de `captura.camadas`.
        ax: onde desenhar; sem ele, mostra a figura e o mesmo em texto.

    Returns:
        A lista dos artistas criados.
    """
    if ax is None:
        partes = ", ".join(f"{nome} {contar(len(dados))}" for nome, dados in camadas)
        linhas = -(-sum(len(dados) for _, dados in camadas) // POR_LINHA)
        with sozinho(
            8.2, 1.2 + 0.38 * linhas, f"Um quadro, byte a byte: {partes}.", descrever_envelopes(camadas)
        ) as ax:
            envelopes(camadas, ax)
        return None
    artistas, posicao = [], 0
    for (nome, dados), hachura in zip(camadas, _HACHURAS, strict=False):
        for byte in dados:
            x, y = posicao % POR_LINHA, posicao // POR_LINHA
            artistas.append(
                ax.bar(x + 0.5, 0.86, 0.92, y, color="white", hatch=hachura, edgecolor=CINZA, linewidth=0.6)[0]
            )
            caixa = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
            artistas.append(
                ax.text(x + 0.5, y + 0.43, f"{byte:02x}", ha="center", va="center", family="monospace", bbox=caixa)
            )
            posicao += 1
        if dados:
            artistas[-2 * len(dados)].set_label(f"{visivel(nome, 40, aspas=False)}: {contar(len(dados))}")
    ax.set(xlim=(-0.1, POR_LINHA + 0.1), ylim=(-(-posicao // POR_LINHA) + 0.1, -0.1))
    ax.axis("off")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False, handleheight=1.2)
    ao_pe_da_letra(ax)
    return artistas


def descrever_envelopes(camadas):
    """O mesmo em texto: uma linha por camada, com os bytes em hexadecimal e, no fim, os do programa legíveis."""
    largura = max(len(nome) for nome, _ in camadas)
    linhas = [f"{nome:<{largura}}  {contar(len(dados)):>8}  {dados.hex(' ')}" for nome, dados in camadas]
    nome, dados = camadas[-1]
    return "\n".join([*linhas[:-1], f"{linhas[-1]} = {visivel(dados)}" if dados else linhas[-1]])
