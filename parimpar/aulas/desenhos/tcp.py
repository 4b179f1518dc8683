"""Por dentro da conexão: o diagrama espaço-tempo dos segmentos e a máquina de estados do TCP."""

import textwrap

from ...erros import ErroDeUso
from ...folha import CINZA, CORES, LETRAS, TEMA
from .exibir import ao_pe_da_letra, sozinho

MAXIMO_DE_SEGMENTOS = 16  # de um diagrama que ainda se lê projetado

_X = {"cliente": 0.0, "servidor": 1.0}
_MARCAS = {"cliente": "o", "servidor": "s"}
_DESCIDA = 0.6  # quanto cada seta desce, em segmentos

# Os nomes que o kernel usa, e onde fica cada estado no desenho.
_POSICOES = {
    "CLOSED": (5, 10), "LISTEN": (5, 8.4), "SYN_RECV": (1.3, 6.8), "SYN_SENT": (8.7, 6.8), "ESTABLISHED": (5, 5.2),
    "FIN_WAIT1": (1.3, 3.6), "CLOSE_WAIT": (8.7, 3.6), "FIN_WAIT2": (1.3, 1.8), "CLOSING": (5, 2.2),
    "LAST_ACK": (8.7, 1.8), "TIME_WAIT": (5, 0),
}  # fmt: skip
ESTADOS_TCP = tuple(_POSICOES)
_FIM = (8.7, 0)  # o `CLOSED` do fim: o mesmo estado, repetido embaixo como na RFC
_LARGURA, _ALTURA = 2.5, 0.66  # de cada caixa
_OUTROS_NOMES = {
    "SYN_RECEIVED": "SYN_RECV",
    "SYN_RCVD": "SYN_RECV",
    "FIN_WAIT_1": "FIN_WAIT1",
    "FIN_WAIT_2": "FIN_WAIT2",
}

# De onde, para onde, o que acontece e onde se escreve.
_TRANSICOES = [
    ("CLOSED", "LISTEN", "listen()", (5, 9.2)),
    ("CLOSED", "SYN_SENT", "connect()\nenvia SYN", (7.5, 8.4)),
    ("LISTEN", "SYN_RECV", "chega SYN\nenvia SYN, ACK", (3.15, 7.6)),
    ("SYN_SENT", "SYN_RECV", "chega SYN, envia SYN, ACK", (5, 6.8)),
    ("SYN_RECV", "ESTABLISHED", "chega ACK", (3.15, 6)),
    ("SYN_SENT", "ESTABLISHED", "chega SYN, ACK\nenvia ACK", (6.85, 6)),
    ("SYN_RECV", "FIN_WAIT1", "close()\nenvia FIN", (1.3, 5.2)),
    ("ESTABLISHED", "FIN_WAIT1", "close()\nenvia FIN", (3.15, 4.4)),
    ("ESTABLISHED", "CLOSE_WAIT", "chega FIN\nenvia ACK", (6.85, 4.4)),
    ("FIN_WAIT1", "FIN_WAIT2", "chega ACK do FIN", (1.3, 2.7)),
    ("FIN_WAIT1", "CLOSING", "chega FIN\nenvia ACK", (3.3, 2.86)),
    ("FIN_WAIT2", "TIME_WAIT", "chega FIN\nenvia ACK", (3.15, 0.9)),
    ("CLOSING", "TIME_WAIT", "chega ACK do FIN", (5, 1.1)),
    ("CLOSE_WAIT", "LAST_ACK", "close()\nenvia FIN", (8.7, 2.7)),
    ("LAST_ACK", _FIM, "chega ACK do FIN", (8.7, 0.9)),
    ("TIME_WAIT", _FIM, "passa o tempo", (6.85, 0.5)),
]


def espaco_tempo(segmentos, ax=None):
    """Desenha o diagrama espaço-tempo: duas linhas de vida, o tempo para baixo, uma seta por segmento.

    As setas descem sempre o mesmo tanto: uma gravação tem um relógio só, e não diz quando cada
    segmento chegou. O instante escrito é o da gravação.

    Args:
        segmentos: os de uma conexão, como os de `captura.ler(...)`.
        ax: onde desenhar; sem ele, mostra a figura e o mesmo em texto.

    Returns:
        A lista dos artistas criados.
    """
    mostrados = segmentos[:MAXIMO_DE_SEGMENTOS]
    if ax is None:
        quais = ", ".join(f"{s.de} {s.flags}" for s in mostrados)
        alt = f"Diagrama espaço-tempo: {quais or 'nenhum segmento'}; o texto abaixo tem os números e os bytes."
        with sozinho(8.5, 1 + 0.48 * max(len(mostrados), 2), alt, descrever_segmentos(segmentos)) as ax:
            espaco_tempo(segmentos, ax)
        return None
    altura = max(len(mostrados), 2)
    artistas = [_linha_de_vida(quem, altura, ax) for quem in _X]
    for y, segmento in enumerate(mostrados):
        artistas += _segmento(segmento, y, ax)
    if len(segmentos) > len(mostrados):
        sobra = f"… e mais {len(segmentos) - len(mostrados)} segmentos"
        artistas.append(ax.text(0.5, altura, sobra, ha="center", va="center", fontsize=12, color=CINZA))
    if not segmentos:
        artistas.append(ax.text(0.5, 1, "nenhum segmento", ha="center", va="center", fontsize=12, color=CINZA))
    ax.set(xlim=(-0.22, 1.22), ylim=(altura + 0.3, -1.5))
    ax.axis("off")
    ao_pe_da_letra(ax)
    return artistas


def descrever_segmentos(segmentos):
    """Os segmentos em texto, um por linha: o equivalente do diagrama espaço-tempo."""
    return "\n".join(map(str, segmentos)) or "nenhum segmento"


def maquina_de_estados(visitados, ax=None):
    """Desenha a máquina de estados do TCP e marca os estados por onde as duas pontas passaram.

    As transições são as da RFC 9293, figura 5, menos quatro que pouco se veem: o `send` em `LISTEN` e as
    três desistências (`close` em `LISTEN` e em `SYN_SENT`, RST em `SYN_RECV`). `CLOSED` aparece duas vezes, como lá.

    Args:
        visitados: {"cliente": [...], "servidor": [...]}, com os estados na ordem em que foram vistos.
        ax: onde desenhar, de uns 9 por 9 polegadas; sem ele, mostra a figura e o mesmo em texto.

    Returns:
        A lista dos artistas criados.
    """
    if ax is None:
        quantos = len({nome for nomes in _ordens(visitados).values() for nome in nomes})
        alt = (
            f"Máquina de estados do TCP, com {quantos} dos {len(ESTADOS_TCP)} estados visitados; "
            "o texto abaixo diz a ordem de cada ponta."
        )
        with sozinho(8.5, 8.8, alt, descrever_estados(visitados)) as ax:
            maquina_de_estados(visitados, ax)
        return None
    marcas = _marcas(visitados)
    caixas, artistas = {}, []
    for nome, lugar in [*_POSICOES.items(), ("CLOSED", _FIM)]:
        caixas[lugar], *textos = _estado(nome, lugar, {q: n for (q, onde), n in marcas.items() if onde == lugar}, ax)
        artistas += [caixas[lugar], *textos]
    for de, para, texto, lugar in _TRANSICOES:
        artistas += _transicao(caixas[_POSICOES[de]], caixas[_POSICOES.get(para, para)], texto, lugar, ax)
    legenda = "o número é a ordem em que\ncada um passou por ali;\ntracejado: não visitado"
    for x, y, texto, cor in [(0.05, 10.1, "● cliente", LETRAS["cliente"]), (1.5, 10.1, "■ servidor", LETRAS["servidor"]),
                             (0.05, 9.3, legenda, "black")]:  # fmt: skip
        artistas.append(ax.text(x, y, texto, ha="left", va="center", fontsize=12, linespacing=1.3, color=cor))
    ax.set(xlim=(-0.3, 10.3), ylim=(-0.6, 10.5))
    ax.axis("off")
    ao_pe_da_letra(ax)
    return artistas


def descrever_estados(visitados):
    """Os estados por onde cada ponta passou, na ordem, e os que ninguém visitou: o equivalente do desenho."""
    ordens = _ordens(visitados)
    linhas = [
        f"{quem:<8}  " + (", ".join(f"{i}\xa0{nome}" for i, nome in enumerate(nomes, 1)) or "nenhum")
        for quem, nomes in ordens.items()
    ]
    faltam = [nome for nome in ESTADOS_TCP if not any(nome in nomes for nomes in ordens.values())]
    linhas.append(f"não visitados: {', '.join(faltam) or 'nenhum'}")
    # A linha se quebra onde cabe no JupyterLab, mas não entre o número e o estado.
    return "\n".join(textwrap.fill(linha, 92, subsequent_indent=" " * 10) for linha in linhas).replace("\xa0", " ")


def _ordens(visitados):
    """Os estados de cada papel, com os nomes do kernel e sem as repetições seguidas."""
    ordens = {}
    for quem in _X:
        nomes = []
        for nome in visitados.get(quem, ()):
            nome = _OUTROS_NOMES.get(nome.replace("-", "_"), nome.replace("-", "_"))
            if nome == "não disponível":  # o kernel.estado em sistemas que não contam
                continue
            if nome not in _POSICOES:
                raise ErroDeUso(f"não existe o estado TCP {nome!r}; existem: {', '.join(ESTADOS_TCP)}")
            if nomes[-1:] != [nome]:
                nomes.append(nome)
        ordens[quem] = nomes
    return ordens


def _marcas(visitados):
    """{(papel, lugar): números de ordem}; o `CLOSED` do começo e o do fim são lugares diferentes."""
    marcas = {}
    for quem, nomes in _ordens(visitados).items():
        for i, nome in enumerate(nomes, 1):
            lugar = _FIM if nome == "CLOSED" and i > 1 else _POSICOES[nome]
            marcas.setdefault((quem, lugar), []).append(i)
    return marcas


def _estado(nome, lugar, numeros, ax):
    """A caixa de um estado, com os números do cliente à esquerda do nome e os do servidor à direita."""
    from matplotlib.patches import FancyBboxPatch

    (x, y), visitado = lugar, bool(numeros)
    caixa = FancyBboxPatch(
        (x - _LARGURA / 2, y - _ALTURA / 2), _LARGURA, _ALTURA, boxstyle="round,pad=0,rounding_size=0.15", zorder=2,
        facecolor=TEMA["realce"][0] if visitado else "white", edgecolor="black" if visitado else CINZA,
        linewidth=2 if visitado else 1, linestyle="-" if visitado else "--",
    )  # fmt: skip
    ax.add_patch(caixa)
    nome = ax.text(
        x, y, nome, ha="center", va="center", fontsize=12, weight="bold" if visitado else "normal", zorder=3,
        color="black" if visitado else CINZA,
    )  # fmt: skip
    marcas = []
    for quem, ordem in numeros.items():
        lado = -1 if quem == "cliente" else 1
        redonda = "circle,pad=0.25" if ordem[-1] < 10 and len(ordem) == 1 else "round,pad=0.3,rounding_size=0.8"
        marcas.append(
            ax.text(
                x + lado * _LARGURA / 2, y, " e ".join(map(str, ordem)), ha="center", va="center", fontsize=12,
                color="white", weight="bold", zorder=4,
                bbox={"boxstyle": redonda if quem == "cliente" else "square,pad=0.3", "facecolor": CORES[quem],
                      "edgecolor": "white"},
            )
        )  # fmt: skip
    return [caixa, nome, *marcas]


def _transicao(caixa_de, caixa_para, texto, lugar, ax):
    centros = [(c.get_x() + _LARGURA / 2, c.get_y() + _ALTURA / 2) for c in (caixa_de, caixa_para)]
    folga = 13 if centros[0][1] == centros[1][1] else 1  # na horizontal, para não passar por baixo dos números
    seta = ax.annotate(
        "", xy=centros[1], xytext=centros[0],
        arrowprops={"arrowstyle": "-|>", "color": CINZA, "patchA": caixa_de, "patchB": caixa_para, "shrinkA": folga,
                    "shrinkB": folga, "mutation_scale": 14}, zorder=1,
    )  # fmt: skip
    rotulo = ax.text(
        *lugar, texto, ha="center", va="center", fontsize=12, linespacing=1.1, zorder=1.5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )  # fmt: skip
    return [seta, rotulo]


def _linha_de_vida(quem, altura, ax):
    forma = {"cliente": "round,pad=0.4", "servidor": "square,pad=0.4"}[quem]
    ax.plot([_X[quem]] * 2, [-0.6, altura], color=CORES[quem], linewidth=2, zorder=1)
    return ax.text(
        _X[quem], -1.0, quem, ha="center", va="center", color="white", weight="bold", fontsize=13,
        bbox={"boxstyle": forma, "facecolor": CORES[quem], "edgecolor": "none"},
    )  # fmt: skip


def _segmento(segmento, y, ax):
    de, para, cor = _X[segmento.de], _X[segmento.para], CORES[segmento.de]
    reinicia = "RST" in segmento.flags
    (marca,) = ax.plot([de], [y], marker=_MARCAS[segmento.de], color=cor, markersize=6, zorder=3)
    seta = ax.annotate(
        "", xy=(para, y + _DESCIDA), xytext=(de, y),
        arrowprops={"arrowstyle": "-|>", "color": cor, "linewidth": 2.2 if segmento.dados else 1.2, "shrinkA": 0,
                    "shrinkB": 2, "linestyle": "-" if segmento.dados else "--", "zorder": 2},
    )  # fmt: skip
    lado = -1 if de < para else 1
    instante = ax.text(
        de + lado * 0.03, y, f"{segmento.instante * 1000:.3f} ms".replace(".", ","), color=LETRAS[segmento.de],
        ha="right" if lado < 0 else "left", va="center", fontsize=12,
    )  # fmt: skip
    texto = f"{segmento.flags}  {segmento.numeros}  {segmento.conteudo(16)}".rstrip()
    rotulo = ax.text(
        0.5, y + _DESCIDA / 2, texto, ha="center", va="center", fontsize=12, family="monospace", zorder=4,
        weight="bold" if reinicia else "normal", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip
    return [marca, seta, instante, rotulo]
