"""O fluxo de bytes: o que cada send entregou e o que cada recv tirou, byte a byte."""

from ...folha import CORES, LETRAS
from .exibir import ao_pe_da_letra, sozinho

MAXIMO_DE_BYTES = 40  # de um desenho que ainda se lê projetado
_HACHURAS = {"cliente": "", "servidor": "//"}


def fatias(envios, leituras, ax=None):
    """Desenha uma caixa por byte; em cima ficam juntos os de cada send; embaixo, os de cada recv.

    Args:
        envios: lista dos bytes de cada send, em ordem.
        leituras: lista dos bytes que cada recv devolveu, em ordem.
        ax: onde desenhar; sem ele, mostra a figura e o mesmo em texto.

    Returns:
        A lista dos artistas criados: as caixas e os rótulos das duas fileiras.
    """
    if ax is None:
        tamanhos = [", ".join(str(len(parte)) for parte in partes) for partes in (envios, leituras)]
        alt = f"O fluxo de bytes: os send deram {tamanhos[0]} bytes, e os recv tiraram {tamanhos[1]}."
        with sozinho(min(max(5, 0.5 * sum(map(len, envios))), 8.5), 2.2, alt, descrever_fatias(envios, leituras)) as ax:
            fatias(envios, leituras, ax)
        return None
    artistas = []
    for y, nome, partes, quem in ((1.4, "send", envios, "cliente"), (0, "recv", leituras, "servidor")):
        x = 0
        for i, parte in enumerate(partes, 1):
            artistas += _grupo(parte, x, y, quem, f"{nome} {i}", ax)
            x += len(parte)
    total = min(max(sum(map(len, envios)), sum(map(len, leituras)), 8), MAXIMO_DE_BYTES)
    ax.set(xlim=(-0.3, total + 0.3), ylim=(-0.1, 2.5))
    ax.axis("off")
    ao_pe_da_letra(ax)
    return artistas


def _grupo(parte, x, y, quem, rotulo, ax):
    artistas, cor, hachura = [], CORES[quem], _HACHURAS[quem]
    for i, byte in enumerate(parte):
        artistas.append(
            ax.bar(x + i + 0.5, 0.7, 0.92, y, color="white", edgecolor=cor, hatch=hachura, linewidth=1.5, alpha=0.9)[0]
        )
        artistas.append(
            ax.text(
                x + i + 0.5, y + 0.35, _letra(byte), ha="center", va="center", family="monospace", fontsize=13,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            )
        )  # fmt: skip
    ax.plot([x + 0.1, x + len(parte) - 0.1], [y + 0.8] * 2, color=cor, linewidth=4, solid_capstyle="butt")
    artistas.append(
        ax.text(x + len(parte) / 2, y + 0.87, rotulo, ha="center", va="bottom", color=LETRAS[quem], fontsize=12)
    )
    return artistas


def descrever_fatias(envios, leituras):
    """O mesmo em texto: os bytes de cada send e de cada recv."""
    return "\n".join(
        f"{nome} {i}: {parte!r} ({len(parte)} {'byte' if len(parte) == 1 else 'bytes'})"
        for nome, partes in (("send", envios), ("recv", leituras))
        for i, parte in enumerate(partes, 1)
    )


def _letra(byte):
    return {10: "\\n", 13: "\\r", 32: "␣"}.get(byte, chr(byte) if 32 < byte < 127 else f"{byte:02x}")
