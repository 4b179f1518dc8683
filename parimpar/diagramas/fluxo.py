"""O fluxo de bytes: o que cada send entregou, o que cada recv tirou, e onde estão os cortes de cada lado."""

from itertools import accumulate

from ..erros import ErroDeUso
from .cores import AZUL, CINZA, LARANJA

MAXIMO_DE_BYTES = 32  # de um desenho que ainda se lê projetado

_LADOS = {"send": (1.5, 1, AZUL), "recv": (0.0, -1, LARANJA)}  # base da fileira, para onde vão as etiquetas, cor
_ESCAPES = {" ": "␣", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def fatias(envios, leituras, ax):
    """Desenha os mesmos bytes em duas fileiras, uma caixa por byte: em cima os grupos de cada send, embaixo os de cada recv.

    O que nenhum recv tirou fica tracejado: ainda está na fila de recepção.

    Args:
        envios: os bytes de cada send, na ordem.
        leituras: os bytes que cada recv devolveu, na ordem.
        ax: onde desenhar; de uns 9 por 3 polegadas.

    Returns:
        A lista dos artistas criados.
    """
    fluxo, lidos = _conferir(envios, leituras)
    mostrados = min(len(fluxo), MAXIMO_DE_BYTES)
    artistas = []
    for chamada, pedacos in (("send", envios), ("recv", leituras)):
        base, lado, cor = _LADOS[chamada]
        artistas.append(
            ax.text(-0.4, base + 0.5, chamada, ha="right", va="center", fontsize=12, weight="bold", color=cor)
        )
        feitos = lidos if chamada == "recv" else len(fluxo)
        for i, byte in enumerate(fluxo[:mostrados]):
            artistas += _caixa(i, base, byte, i < feitos, ax)
        artistas += _grupos(chamada, pedacos, mostrados, ax)
    if lidos < mostrados:
        centro = (lidos + mostrados) / 2
        artistas.append(ax.text(centro, -0.45, "na fila de recepção", ha="center", va="center", fontsize=10))
    if len(fluxo) > mostrados:
        sobra = f"… e mais {_contar(len(fluxo) - mostrados)}"
        artistas.append(ax.text(mostrados + 0.3, 1.25, sobra, ha="left", va="center", fontsize=10, color=CINZA))
    if not fluxo:
        artistas.append(ax.text(2, 1.25, "nenhum byte", ha="center", va="center", fontsize=10, color=CINZA))
    ax.set(xlim=(-2, max(mostrados, 4) + (5 if len(fluxo) > mostrados else 0.2)), ylim=(-1.7, 4.2))
    ax.axis("off")
    return artistas


def descrever_fatias(envios, leituras):
    """O fluxo em texto, com uma barra em cada corte: o equivalente do desenho."""
    fluxo, lidos = _conferir(envios, leituras)
    if not fluxo:
        return "nenhum byte"
    linhas = []
    for chamada, pedacos in (("send", envios), ("recv", leituras)):
        cortes = {0, *accumulate(map(len, pedacos))}
        bytes_ = [("|" if i in cortes else " ") + _escrito(byte) for i, byte in enumerate(b"".join(pedacos))]
        linhas.append(f"{chamada}  {''.join(bytes_)}|" if bytes_ else f"{chamada}  nada")
    for chamada, pedacos in (("send", envios), ("recv", leituras)):
        linhas.append(f"bytes de cada {chamada}: {', '.join(str(len(p)) for p in pedacos) or 'nenhum'}")
    if lidos < len(fluxo):
        linhas.append(f"na fila de recepção: {_contar(len(fluxo) - lidos)}")
    return "\n".join(linhas)


def _conferir(envios, leituras):
    """O fluxo inteiro e quantos bytes dele já foram lidos."""
    fluxo, lido = b"".join(envios), b"".join(leituras)
    if not fluxo.startswith(lido):
        raise ErroDeUso(
            "as leituras não são o começo do que foi enviado, e num fluxo os bytes chegam todos e em ordem; "
            "confira se os envios e as leituras são da mesma conexão e do mesmo sentido"
        )
    return fluxo, len(lido)


def _caixa(i, base, byte, passou, ax):
    """A caixa de um byte; tracejada se ele ainda não passou por ali."""
    from matplotlib.patches import Rectangle

    caixa = Rectangle((i, base), 1, 1, facecolor="white", edgecolor=CINZA, linestyle="-" if passou else "--", zorder=1)
    texto = ax.text(
        i + 0.5, base + 0.5, _escrito(byte), ha="center", va="center", fontsize=11, family="monospace", zorder=3,
        color="black" if passou else "#555555",
    )  # fmt: skip
    return [ax.add_patch(caixa), texto]


def _grupos(chamada, pedacos, mostrados, ax):
    """O contorno grosso e a etiqueta de cada pedaço; as dos estreitos se alternam na altura, para não se cobrirem."""
    from matplotlib.patches import Rectangle

    base, lado, cor = _LADOS[chamada]
    artistas, inicio, longe = [], 0, False
    for numero, pedaco in enumerate(pedacos, 1):
        fim = min(inicio + len(pedaco), mostrados)
        if fim == inicio:  # um recv que devolveu b"" não tirou nada; ou já não cabe no desenho
            continue
        contorno = Rectangle(
            (inicio + 0.06, base + 0.06), fim - inicio - 0.12, 0.88, fill=False, edgecolor=cor, linewidth=2.5, zorder=2
        )
        longe = fim - inicio < 3 and not longe
        borda = base + 1 if lado > 0 else base
        y, centro = borda + lado * (1.25 if longe else 0.45), (inicio + fim) / 2
        (haste,) = ax.plot([centro] * 2, [borda, y - lado * 0.25], color=cor, linewidth=1, zorder=1)
        texto = f"{numero}º" if fim - inicio == 1 else f"{numero}º: {_contar(len(pedaco))}"
        etiqueta = ax.text(
            centro, y, texto, ha="center", va="center", fontsize=10, color=cor, zorder=4,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
        artistas += [ax.add_patch(contorno), haste, etiqueta]
        inicio = fim
    return artistas


def _escrito(byte):
    """Um byte como se escreve na caixa: o caractere ASCII, ou dois algarismos hexadecimais."""
    caractere = chr(byte)
    return _ESCAPES.get(caractere) or (caractere if 32 < byte < 127 else f"{byte:02x}")


def _contar(quantos):
    return f"{quantos} {'byte' if quantos == 1 else 'bytes'}"
