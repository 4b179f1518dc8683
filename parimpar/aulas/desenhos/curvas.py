"""Curvas de medidas: uma por programa medido, distinguíveis sem cor."""

from ...folha import AZUL, CINZA, LARANJA
from ...texto import visivel
from .exibir import ao_pe_da_letra, eixo_logaritmico, sozinho

_ESTILOS = [("o", "-", AZUL), ("s", "--", LARANJA), ("^", ":", CINZA), ("D", "-.", "#117733")]


def curvas(medidas, ax=None, xlabel="clientes", ylabel="", log=False):
    """Desenha uma linha por programa, cada uma com o seu marcador, o seu traço e o nome escrito ao lado.

    Args:
        medidas: {nome: lista de (x, y)}, até quatro.
        ax: onde desenhar; sem ele, mostra a figura e o mesmo em texto.
        log: escala logarítmica também em y; em x, é sempre.

    Returns:
        As linhas criadas, na ordem de `medidas`.
    """
    if ax is None:
        alt = f"Curvas de {ylabel} por {xlabel}: {', '.join(medidas)}; os números estão no texto abaixo."
        with sozinho(7.5, 4.2, alt, f"{ylabel}\n{descrever_curvas(medidas)}".lstrip()) as ax:
            curvas(medidas, ax, xlabel, ylabel, log)
        return None
    linhas = []
    for (nome, pontos), (marcador, traco, cor) in zip(medidas.items(), _ESTILOS, strict=False):
        x, y = zip(*pontos, strict=True)
        linhas += ax.plot(
            x, y, marker=marcador, linestyle=traco, color=cor, linewidth=2, label=visivel(nome, 40, aspas=False)
        )
    ax.set(xlabel=xlabel, ylabel=ylabel, xscale="log")
    if log:
        eixo_logaritmico(ax.yaxis)
    marcas = sorted({x for pontos in medidas.values() for x, _ in pontos})
    ax.set_xticks(marcas, [str(x) for x in marcas])
    ax.xaxis.minorticks_off()
    ax.grid(axis="y", alpha=0.3)
    ax.legend()
    ao_pe_da_letra(ax)
    return linhas


def descrever_curvas(medidas, formato=None):
    """As mesmas medidas em texto: uma tabela, uma linha por x e uma coluna por programa."""
    if formato is None:  # as contas grandes não precisam de decimais
        formato = "{:.0f}" if min(y for pontos in medidas.values() for _, y in pontos) >= 100 else "{:.1f}"
    larguras = [max(len(nome), 8) for nome in medidas]
    cabecalho = "  ".join(["clientes", *(nome.rjust(n) for nome, n in zip(medidas, larguras, strict=True))])
    linhas = [cabecalho]
    for x in sorted({x for pontos in medidas.values() for x, _ in pontos}):
        valores = (dict(pontos).get(x) for pontos in medidas.values())
        textos = ("-" if v is None else formato.format(v).replace(".", ",") for v in valores)
        linhas.append("  ".join([f"{x:8}", *(texto.rjust(n) for texto, n in zip(textos, larguras, strict=True))]))
    return "\n".join(linhas)
