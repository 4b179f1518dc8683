"""O diagrama de sequência de uma troca: o cliente à esquerda, o servidor à direita, o tempo para baixo."""

from textwrap import fill

from ..diario import visivel
from .cores import CINZA, CORES

MAXIMO_DE_LINHAS = 16  # de um diagrama que ainda se lê projetado

_X = {"cliente": 0.0, "servidor": 1.0}
_CHEGADA = {"envia": "recebe", "conecta": "conecta", "fecha": "fecha"}  # o que se vê na outra ponta


def ultima_troca(eventos):
    """Os eventos das duas pontas da última conexão que um cliente tentou, em ordem de instante."""
    eventos = sorted(eventos, key=lambda evento: evento.instante)
    tentativas = [
        e for e in eventos if e.quem == "cliente" and (e.tipo == "conecta" or e.tipo == "erro" and e.local is None)
    ]
    if not tentativas:
        return []
    inicio = tentativas[-1]
    return [
        e
        for e in eventos
        if e.instante >= inicio.instante
        and (e is inicio or inicio.local and inicio.local == (e.local if e.quem == "cliente" else e.remoto))
    ]


def descrever(eventos):
    """A conversa em texto, uma linha por evento: o equivalente do diagrama."""
    if not eventos:
        return "nenhuma conversa ainda"
    inicio = eventos[0].instante
    return "\n".join(f"{_milissegundos(e.instante - inicio):>9}  {e.quem:<8}  {_rotulo(e)}{_bytes(e)}" for e in eventos)


def conversa(eventos, ax):
    """Desenha a conversa: duas linhas de vida, o tempo para baixo, cada chamada e cada mensagem.

    Args:
        eventos: os de uma conexão, em ordem, como os de `ultima_troca(diario)`.
        ax: onde desenhar.

    Returns:
        A lista dos artistas criados.
    """
    linhas = eventos[:MAXIMO_DE_LINHAS]
    artistas = [_linha_de_vida(quem, max(len(linhas), 4), ax) for quem in _X]
    for y, evento in enumerate(linhas):
        artistas.append(_chamada(evento, y, evento.instante - linhas[0].instante, ax))
    artistas += [_seta(*ligacao, ax) for ligacao in _ligacoes(linhas)]
    sobra = len(eventos) - len(linhas)
    if sobra:
        artistas.append(ax.text(0.5, len(linhas) - 0.3, f"… e mais {sobra} eventos", ha="center", color=CINZA))
    if not eventos:
        artistas.append(ax.text(0.5, 1.5, "nenhuma conversa ainda", ha="center", color=CINZA))
    ax.set(xlim=(-0.62, 1.62), ylim=(max(len(linhas), 4) - 0.2, -1.35))
    ax.axis("off")
    return artistas


def _ligacoes(eventos):
    """Pares (evento de saída, y, y da chegada ou None): quem saiu de uma ponta e onde apareceu na outra."""
    usados = set()
    for y, saida in enumerate(eventos):
        if saida.tipo not in _CHEGADA or y in usados or (saida.tipo == "conecta" and saida.quem == "servidor"):
            continue
        chegada = next(
            (i for i, e in enumerate(eventos)
             if i > y and i not in usados and e.quem != saida.quem and e.tipo == _CHEGADA[saida.tipo]),
            None,
        )  # fmt: skip
        usados.add(chegada)
        if chegada is not None or saida.tipo == "envia":
            yield saida, y, chegada


def _linha_de_vida(quem, altura, ax):
    forma = {"cliente": "round,pad=0.4", "servidor": "square,pad=0.4"}[quem]
    ax.plot([_X[quem]] * 2, [-0.75, altura - 0.4], color=CORES[quem], linewidth=2, zorder=1)
    return ax.text(
        _X[quem], -0.95, quem, ha="center", va="center", color="white", weight="bold", fontsize=11,
        bbox={"boxstyle": forma, "facecolor": CORES[quem], "edgecolor": "none"},
    )  # fmt: skip


def _chamada(evento, y, segundos, ax):
    x, lado = _X[evento.quem], -1 if evento.quem == "cliente" else 1
    cor = CORES[evento.quem]
    forma = "x" if evento.tipo == "erro" else {"cliente": "o", "servidor": "s"}[evento.quem]
    ax.plot([x], [y], marker=forma, color=cor, markersize=5, zorder=3)
    texto = fill(f"{_rotulo(evento)}   {_milissegundos(segundos)}", 32)
    encosto = "right" if lado < 0 else "left"
    return ax.text(x + lado * 0.035, y, texto, ha=encosto, va="center", color=cor, fontsize=8.5)


def _seta(saida, y, chegada, ax):
    de, para = _X[saida.quem], 1 - _X[saida.quem]
    # Sem a outra ponta no diário, a seta fica pela metade: não se desenha o que não se viu.
    fim = (para, chegada) if chegada is not None else ((de + para) / 2, y + 0.4)
    solida = saida.tipo == "envia"
    ax.annotate(
        "", xy=fim, xytext=(de, y),
        arrowprops={"arrowstyle": "-|>", "color": CORES[saida.quem] if solida else CINZA, "shrinkA": 4, "shrinkB": 4,
                    "linestyle": "-" if solida else "--", "zorder": 2},
    )  # fmt: skip
    texto = {"envia": _bytes(saida, 22).strip(), "conecta": "conexão", "fecha": "fim do envio"}[saida.tipo]
    return ax.text(
        (de + para) / 2, (y + fim[1]) / 2, texto, ha="center", va="center", fontsize=8.5, family="monospace",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2}, zorder=4,
    )  # fmt: skip


def _rotulo(evento):
    if evento.tipo == "erro":
        return f"erro: {visivel(evento.detalhe, 60, aspas=False)}"
    if evento.tipo == "devolve":
        return f"devolução: {visivel(evento.detalhe, 30, aspas=False)}"
    return evento.chamada or evento.tipo


def _bytes(evento, limite=60):
    if not evento.dados or evento.tipo == "devolve":
        return ""
    return f"  {visivel(evento.dados, limite)} ({evento.tamanho} {'byte' if evento.tamanho == 1 else 'bytes'})"


def _milissegundos(segundos):
    return f"{segundos * 1000:.1f} ms".replace(".", ",")
