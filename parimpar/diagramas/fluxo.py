"""O fluxo de bytes: o que cada send entregou, o que cada recv tirou, e onde estão os cortes de cada lado."""

from itertools import accumulate

from ..erros import ErroDeUso
from .cores import AZUL, CINZA, LARANJA

MAXIMO_DE_BYTES = 32  # de um desenho que ainda se lê projetado

_LADOS = {"send": (1.0, 1, AZUL), "recv": (0.0, -1, LARANJA)}  # chamada: (borda da fileira, para onde crescem, cor)
_VISIVEIS = {" ": "␣", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def fatias(envios, leituras, ax):
    """Desenha o fluxo: uma caixa por byte, em cima os grupos de cada send, embaixo os de cada recv.

    O que nenhum recv tirou ainda fica tracejado, na fila de recepção.

    Args:
        envios: os bytes de cada send, na ordem.
        leituras: os bytes que cada recv devolveu, na ordem.
        ax: onde desenhar; de uns 9 por 3 polegadas.

    Returns:
        A lista dos artistas criados.
    """
    from matplotlib.patches import Rectangle

    fluxo, lidos = _conferir(envios, leituras)
    mostrados = min(len(fluxo), MAXIMO_DE_BYTES)
    artistas = []
    for i, byte in enumerate(fluxo[:mostrados]):
        espera = i >= lidos
        caixa = Rectangle(
            (i, 0), 1, 1, facecolor="white", edgecolor=CINZA, linewidth=1, linestyle="--" if espera else "-", zorder=1
        )
        texto = ax.text(
            i + 0.5, 0.5, _escrito(byte), ha="center", va="center", fontsize=11, family="monospace", zorder=3,
            color="#555555" if espera else "black",
        )  # fmt: skip
        artistas += [ax.add_patch(caixa), texto]
    for chamada, pedacos in (("send", envios), ("recv", leituras)):
        artistas += _grupos(chamada, pedacos, mostrados, ax)
    if lidos < mostrados:
        centro = (lidos + mostrados) / 2
        artistas.append(
            ax.text(centro, -0.45, "na fila de recepção", ha="center", va="center", fontsize=10, color="#555555")
        )
    if len(fluxo) > mostrados:
        sobra = _contar(len(fluxo) - mostrados)
        artistas.append(ax.text(mostrados + 0.2, 0.5, f"… e mais {sobra}", va="center", fontsize=10, color=CINZA))
    if not fluxo:
        artistas.append(ax.text(1, 0.5, "nenhum byte", ha="center", va="center", fontsize=10, color=CINZA))
    for chamada, (borda, lado, cor) in _LADOS.items():
        y = borda + lado * 0.9
        artistas.append(ax.text(-0.4, y, chamada, ha="right", va="center", fontsize=11, weight="bold", color=cor))
    ax.set(xlim=(-2, max(mostrados, 2) + (3.5 if len(fluxo) > mostrados else 0.2)), ylim=(-1.8, 2.8))
    ax.axis("off")
    return artistas


def descrever_fatias(envios, leituras):
    """O fluxo em texto, com uma barra em cada corte: o equivalente do desenho."""
    fluxo, lidos = _conferir(envios, leituras)
    if not fluxo:
        return "nenhum byte"
    largura = max(len(_escrito(byte)) for byte in fluxo)
    linhas = []
    for chamada, pedacos in (("send", envios), ("recv", leituras)):
        cortes = {0, *accumulate(map(len, pedacos))}
        linha = "".join(
            ("|" if i in cortes else " ") + _escrito(byte).ljust(largura) for i, byte in enumerate(b"".join(pedacos))
        )
        linhas.append(f"{chamada}  {linha}|".replace("  |", " |" if pedacos else " |"))
    tamanhos = [f"{chamada}: {_enumerar(pedacos)}" for chamada, pedacos in (("send", envios), ("recv", leituras))]
    if lidos < len(fluxo):
        tamanhos.append(f"na fila de recepção: {_contar(len(fluxo) - lidos)}")
    return "\n".join([*linhas, *tamanhos])


def _conferir(envios, leituras):
    """O fluxo inteiro e quantos bytes dele já foram lidos."""
    fluxo, lido = b"".join(envios), b"".join(leituras)
    if not fluxo.startswith(lido):
        raise ErroDeUso(
            "as leituras não são o começo do que foi enviado; num fluxo TCP os bytes chegam todos e em ordem: "
            "confira se os envios e as leituras são da mesma conexão e do mesmo sentido"
        )
    return fluxo, len(lido)


def _grupos(chamada, pedacos, mostrados, ax):
    """O contorno grosso e a etiqueta de cada pedaço; etiquetas vizinhas de pedaços estreitos se alternam na altura."""
    from matplotlib.patches import Rectangle

    borda, lado, cor = _LADOS[chamada]
    artistas, inicio, alto = [], 0, False
    for numero, pedaco in enumerate(pedacos, 1):
        fim = min(inicio + len(pedaco), mostrados)
        if inicio >= mostrados:
            break
        if fim == inicio:  # um recv que devolveu b'' não tirou nada
            continue
        # Cada lado contorna a sua metade das caixas: assim os cortes de um não escondem os do outro.
        caixa = Rectangle(
            (inicio + 0.04, 0.5 if lado > 0 else 0), fim - inicio - 0.08, 0.5, fill=False, edgecolor=cor, linewidth=2.5,
            zorder=2,
        )  # fmt: skip
        alto = not alto if fim - inicio < 3 else False
        y = borda + lado * (1.15 if alto else 0.45)
        centro = (inicio + fim) / 2
        (haste,) = ax.plot([centro] * 2, [borda + lado * 0.06, y - lado * 0.3], color=cor, linewidth=1, zorder=1)
        etiqueta = ax.text(
            centro, y, f"{numero}º\n{_contar(len(pedaco))}" if fim - inicio >= 2 else f"{numero}º", ha="center",
            va="center", fontsize=10, color=cor, linespacing=1.1,
        )  # fmt: skip
        artistas += [ax.add_patch(caixa), haste, etiqueta]
        inicio = fim
    return artistas


def _escrito(byte):
    """Um byte como se escreve na caixa: o caractere ASCII, ou os dois algarismos hexadecimais."""
    caractere = chr(byte)
    return _VISIVEIS.get(caractere) or (caractere if 32 < byte < 127 else f"{byte:02x}")


def _contar(quantos):
    return f"{quantos} {'byte' if quantos == 1 else 'bytes'}"


def _enumerar(pedacos):
    """ "1, 1 e 11 bytes" """
    return pedacos
