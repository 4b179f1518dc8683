"""O diagrama de sequência de uma troca: o cliente à esquerda, o servidor à direita, o tempo para baixo."""

from textwrap import fill

from ...folha import CINZA, CORES, LETRAS, VERMELHO
from ...texto import visivel

MINIMO_DE_LINHAS, MAXIMO_DE_LINHAS = 2, 16  # de um diagrama que ainda se lê projetado
NAO_CHEGOU = "✗ não chegou"  # o que se diz de um datagrama que a outra ponta não recebeu

_X = {"cliente": 0.0, "servidor": 1.0}
_CHEGADA = {"envia": "recebe", "conecta": "conecta", "fecha": "fecha"}  # o que se vê na outra ponta


def em_ordem(eventos):
    """Os eventos na ordem do relógio, mesmo que venham de vários diários: a causa vem antes do efeito."""
    return sorted(eventos, key=instante)


def ultima_troca(eventos):
    """Os eventos das duas pontas da última conexão que um cliente tentou, em ordem."""
    eventos = em_ordem(eventos)
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
    inicio = instante(eventos[0])
    perdidos = {y for _, y, chegada in ligacoes(eventos) if chegada is NAO_CHEGOU}
    return "\n".join(
        f"{em_milissegundos(instante(e) - inicio):>9}  {e.quem:<8}  {rotulo(e)}{_bytes(e)}"
        + (f"  {NAO_CHEGOU}" if y in perdidos else "")
        for y, e in enumerate(eventos)
    )


def conversa(eventos, ax):
    """Desenha a conversa: duas linhas de vida, o tempo para baixo, cada chamada e cada mensagem.

    Um datagrama que a outra ponta não recebeu é uma seta que para no meio, com um ✗.

    Args:
        eventos: os de uma conexão, em ordem, como os de `ultima_troca(diario)`; por UDP, os de `em_ordem(…)`.
            De um `Diario`, vale a última troca.
        ax: onde desenhar; sem ele, mostra a figura e o mesmo em texto.

    Returns:
        A lista dos artistas criados.
    """
    linhas = eventos[:MAXIMO_DE_LINHAS]
    artistas = [_linha_de_vida(quem, max(len(linhas), MINIMO_DE_LINHAS), ax) for quem in _X]
    for y, evento in enumerate(linhas):
        artistas.append(_chamada(evento, y, instante(evento) - instante(linhas[0]), ax))
    for saida, y, chegada in ligacoes(eventos):
        if chegada is NAO_CHEGOU and y < len(linhas):
            artistas += _seta_perdida(saida, y, ax)
        elif y < len(linhas):
            artistas.append(_seta(saida, y, chegada if chegada is None or chegada < len(linhas) else None, ax))
    sobra = len(eventos) - len(linhas)
    if sobra:
        artistas.append(ax.text(0.5, len(linhas) - 0.3, f"… e mais {sobra} eventos", ha="center", color=CINZA))
    if not eventos:
        artistas.append(ax.text(0.5, 0.4, "nenhuma conversa ainda", ha="center", color=CINZA))
    ax.set(xlim=(-0.62, 1.62), ylim=(max(len(linhas), MINIMO_DE_LINHAS) - 0.2, -1.55))
    ax.axis("off")
    return artistas


def ligacoes(eventos):
    """Trios (evento de saída, y, y da chegada): o que saiu de uma ponta e onde apareceu na outra.

    A chegada é None quando a outra ponta não está no diário, e NAO_CHEGOU quando está e não recebeu.
    """
    yield from _ligacoes_dos_datagramas(eventos)
    usados = set()
    for y, saida in enumerate(eventos):
        if saida.tipo not in _CHEGADA or y in usados or (saida.tipo == "conecta" and saida.quem == "servidor"):
            continue
        if _e_datagrama(saida):
            continue
        chegada = next(
            (i for i, e in enumerate(eventos)
             if i > y and i not in usados and e.quem != saida.quem and _e_a_chegada(saida, e)),
            None,
        )  # fmt: skip
        usados.add(chegada)
        if chegada is not None or saida.tipo == "envia":
            yield saida, y, chegada


def _e_a_chegada(saida, evento):
    if _e_datagrama(evento):
        return False
    soube_do_fim = saida.tipo == "fecha" and evento.tipo == "recebe" and not evento.dados  # um recv que devolve b""
    return soube_do_fim or evento.tipo == _CHEGADA[saida.tipo]


def _ligacoes_dos_datagramas(eventos):
    """As ligações por UDP, em que um datagrama se perde, se repete e ultrapassa outro: valem os bytes, não a ordem.

    Cópias iguais não se distinguem: se saíram mais do que chegaram, dá-se por perdida a mais antiga.
    """
    envios = {y: e for y, e in enumerate(eventos) if e.tipo == "envia" and _e_datagrama(e)}
    usados = set()
    for chegada in reversed(range(len(eventos))):
        recebido = eventos[chegada]
        if recebido.tipo != "recebe" or not _e_datagrama(recebido):
            continue
        possiveis = [y for y, envio in envios.items() if y < chegada and _e_o_mesmo(envio, recebido)]
        livres = [y for y in possiveis if y not in usados]
        if possiveis:  # sem nenhum livre, é uma repetição: do mesmo envio sai outra seta
            y = (livres or possiveis)[-1]
            usados.add(y)
            yield envios[y], y, chegada
    as_duas_pontas = len({e.quem for e in eventos}) == 2
    for y in sorted(envios.keys() - usados):
        yield envios[y], y, NAO_CHEGOU if as_duas_pontas else None


def _e_datagrama(evento):
    return evento.chamada.startswith(("sendto(", "recvfrom("))


def _e_o_mesmo(envio, recebido):
    if envio.quem == recebido.quem:
        return False
    cortado = recebido.chamada == f"recvfrom({recebido.tamanho})"  # coube na leitura só o começo
    return envio.dados.startswith(recebido.dados) if cortado else envio.dados == recebido.dados


def _linha_de_vida(quem, altura, ax):
    forma = {"cliente": "round,pad=0.4", "servidor": "square,pad=0.4"}[quem]
    ax.plot([_X[quem]] * 2, [-0.95, altura - 0.4], color=CORES[quem], linewidth=2, zorder=1)
    return ax.text(
        _X[quem], -1.15, quem, ha="center", va="center", color="white", weight="bold", fontsize=11,
        bbox={"boxstyle": forma, "facecolor": CORES[quem], "edgecolor": "none"},
    )  # fmt: skip


def _chamada(evento, y, segundos, ax):
    x, lado = _X[evento.quem], -1 if evento.quem == "cliente" else 1
    if evento.tipo == "erro":
        ax.plot([x], [y], marker="X", color=VERMELHO, markersize=9, markeredgecolor="white", zorder=3)
    else:
        ax.plot([x], [y], marker={"cliente": "o", "servidor": "s"}[evento.quem], color=CORES[evento.quem], markersize=5)
    texto = fill(f"{rotulo(evento)}   {em_milissegundos(segundos)}", 32)
    encosto = "right" if lado < 0 else "left"
    return ax.text(x + lado * 0.035, y, texto, ha=encosto, va="center", color=LETRAS[evento.quem], fontsize=8.5)


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
    # Uma seta que passa por outras linhas cruza outras no meio do caminho: lá os textos se cobririam.
    parte = 0.5 if fim[1] - y < 2 else 0.28
    return ax.text(
        de + (para - de) * parte, y + (fim[1] - y) * parte, texto, ha="center", va="center", fontsize=8.5,
        family="monospace", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2}, zorder=4,
    )  # fmt: skip


def _seta_perdida(saida, y, ax):
    de, sentido = _X[saida.quem], 1 if saida.quem == "cliente" else -1
    x, fim = de + sentido * 0.64, y + 0.4
    seta = ax.annotate(
        "", xy=(x, fim), xytext=(de, y),
        arrowprops={"arrowstyle": "-", "color": CORES[saida.quem], "shrinkA": 4, "shrinkB": 0, "zorder": 2},
    )  # fmt: skip
    (marca,) = ax.plot([x], [fim], marker="x", color=CINZA, markersize=9, markeredgewidth=2.5, zorder=4)
    caixa = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
    dados = ax.text(
        de + sentido * 0.31, y + 0.2, _bytes(saida, 10).strip(), ha="center", va="center", fontsize=8.5,
        family="monospace", bbox=caixa, zorder=4,
    )  # fmt: skip
    motivo = ax.text(
        x + sentido * 0.04, fim, NAO_CHEGOU.removeprefix("✗ "), ha="left" if sentido > 0 else "right", va="center",
        color=CINZA, fontsize=8.5, zorder=4,
    )  # fmt: skip
    return [seta, marca, dados, motivo]


def instante(evento):
    """O instante em que um evento se desenha; um erro, o de quando foi visto, e não o do começo da espera."""
    return evento.instante + (evento.duracao if evento.tipo == "erro" else 0)


def rotulo(evento):
    if evento.tipo == "erro":
        return f"erro: {visivel(evento.detalhe, 60, aspas=False)}"
    if evento.tipo == "devolve":
        return f"devolução: {visivel(evento.detalhe, 30, aspas=False)}"
    return visivel(evento.chamada, 60, aspas=False) or evento.tipo


def _bytes(evento, limite=60):
    if not evento.dados or evento.tipo == "devolve":
        return ""
    return f"  {visivel(evento.dados, limite)} ({evento.tamanho} {'byte' if evento.tamanho == 1 else 'bytes'})"


def em_milissegundos(segundos):
    return f"{segundos * 1000:.1f} ms".replace(".", ",")
