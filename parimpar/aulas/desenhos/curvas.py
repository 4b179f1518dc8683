"""Curvas de medidas: uma por programa medido, distinguíveis sem cor."""

from ...folha import AZUL, CINZA, LARANJA

_ESTILOS = [("o", "-", AZUL), ("s", "--", LARANJA), ("^", ":", CINZA), ("D", "-.", "#117733")]


def curvas(medidas, ax, xlabel="clientes", ylabel="", log=False):
    """Desenha uma linha por programa, cada uma com o seu marcador, o seu traço e o nome escrito ao lado.

    Args:
        medidas: {nome: lista de (x, y)}, até quatro.
        ax: onde desenhar.
        log: escala logarítmica também em y; em x, é sempre.

    Returns:
        As linhas criadas, na ordem de `medidas`.
    """
    linhas = []
    for (nome, pontos), (marcador, traco, cor) in zip(medidas.items(), _ESTILOS, strict=False):
        x, y = zip(*pontos, strict=True)
        linhas += ax.plot(x, y, marker=marcador, linestyle=traco, color=cor, linewidth=2, label=nome)
    ax.set(xlabel=xlabel, ylabel=ylabel, xscale="log", yscale="log" if log else "linear")
    marcas = sorted({x for pontos in medidas.values() for x, _ in pontos})
    ax.set_xticks(marcas, [str(x) for x in marcas])
    ax.minorticks_off()
    ax.grid(axis="y", alpha=0.3)
    ax.legend(fontsize=10)
    return linhas


def descrever_curvas(medidas, formato="{:.0f}"):
    """As mesmas medidas em texto: uma tabela, uma linha por x e uma coluna por programa."""
    larguras = [max(len(nome), 8) for nome in medidas]
    cabecalho = "  ".join(["clientes", *(nome.rjust(n) for nome, n in zip(medidas, larguras, strict=True))])
    linhas = [cabecalho]
    for x in sorted({x for pontos in medidas.values() for x, _ in pontos}):
        valores = (dict(pontos).get(x) for pontos in medidas.values())
        textos = ("-" if v is None else formato.format(v).replace(".", ",") for v in valores)
        linhas.append("  ".join([f"{x:8}", *(texto.rjust(n) for texto, n in zip(textos, larguras, strict=True))]))
    return "\n".join(linhas)
