"""As telas do painel: recebem dados, devolvem HTML já escapado. Não conhecem nenhum controle."""

import base64
import html
import io

from matplotlib.figure import Figure

from ..texto import endereco, visivel
from .desenhos import AZUL, CORES, LARANJA, LETRAS, MAXIMO_DE_LINHAS, MINIMO_DE_LINHAS, VERMELHO, conversa, descrever

EVENTOS_NA_LISTA = 6
TIPOS = ("PAR", "ÍMPAR", "letras", "ERRO", "outra", "sem resposta")  # na ordem em que se contam
LARGURA, ALTURA = 8.2, 4.6  # polegadas, de uma conversa inteira
LETRA_DO_SERVIDOR = LETRAS["servidor"]
_FORMAS = {"cliente": "●", "servidor": "■"}
_CINZA = "color:var(--jp-ui-font-color2, #555)"
_CELULA = "text-align:left;padding:2px 10px 2px 0;line-height:1.4;vertical-align:top"
_FUNDO = "background:var(--jp-layout-color2, #f4f4f4)"


def titulo(quem):
    """O cabeçalho de um lado do painel, com a cor e a forma daquele papel."""
    return (
        f'<h3 style="margin:0;padding:2px 10px;border-left:6px solid {CORES[quem]}">'
        f'<span aria-hidden="true" style="color:{CORES[quem]}">{_FORMAS[quem]}</span> {quem.capitalize()}</h3>'
    )


def resposta(troca):
    """A última resposta, grande, seguida de FIM; ou por que ela não veio."""
    if troca is None:
        cor, cima, corpo, tamanho = "#999", "A resposta do servidor aparece aqui.", "…", 2.4
    elif troca.resposta is None:
        cor, cima, corpo, tamanho = (
            VERMELHO,
            f"Enviado: {_texto(troca.numero, 40) or '(vazio)'}. Sem resposta:",
            _texto(troca.erro, 400),
            1.1,
        )
    else:
        casas = sum(c in "0123456789" for c in troca.numero)
        quantas = "" if troca.tipo == "ERRO" else f" ({casas} {'casa' if casas == 1 else 'casas'})"
        cor, tamanho = AZUL, 2.4 if len(troca.resposta) <= 12 else 1.5 if len(troca.resposta) <= 32 else 1.1
        cima = (
            f"Enviado: {_texto(troca.numero, 40) or '(vazio)'}{quantas}. Resposta em {_milissegundos(troca.segundos)}:"
        )
        corpo = f'<span style="color:{LETRA_DO_SERVIDOR}">{_texto(troca.resposta, 400)}</span> FIM'
    return (
        f'<div role="status" aria-live="polite" style="{_FUNDO};border-left:6px solid {cor};padding:8px 14px;'
        f'margin:6px 0;min-height:76px"><div style="{_CINZA}">{cima}</div>'
        f'<div style="font-size:{tamanho}rem;line-height:1.25;'
        f'font-weight:700;overflow-wrap:anywhere">{corpo}</div></div>'
    )


def situacao(servidor, aviso=""):
    """Se o servidor está ligado, onde escuta e quantas conexões tem abertas."""
    if servidor.ligado:
        quantas = servidor.conexoes
        estado = f"<b>escutando</b> em <code>{html.escape(endereco(servidor.endereco))}</code>, "
        estado += f"{quantas} {'conexão aberta' if quantas == 1 else 'conexões abertas'}"
    else:
        estado = f"<b>desligado</b>: ninguém escuta em <code>{html.escape(endereco(servidor.endereco))}</code>"
    if aviso:
        estado += f'<div role="alert" style="color:{VERMELHO}">{_texto(aviso, 400)}</div>'
    return f'<div style="padding:2px 0">{estado}</div>'


def eventos(do_servidor):
    """Os últimos eventos do servidor, um por linha."""
    # O que não cabe continua numa segunda linha, recuada, e não passa dela.
    duas_linhas = (
        "padding-left:1em;text-indent:-1em;overflow-wrap:anywhere;overflow:hidden;"
        "display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2"
    )
    frases = [html.escape(str(evento)) for evento in do_servidor[-EVENTOS_NA_LISTA:]]
    linhas = "".join(f'<li title="{frase}" style="{duas_linhas}">{frase}</li>' for frase in frases)
    return (
        # Sem a largura zero, uma linha comprida alargaria a coluna em vez de quebrar.
        f'<div style="{_FUNDO};padding:4px 0 4px 8px;min-height:196px;width:0;min-width:100%;box-sizing:border-box">'
        f'<div style="{_CINZA}">Últimos eventos</div>'
        '<ol style="margin:0;padding-left:0;list-style:none;font-family:var(--jp-code-font-family, monospace);'
        f'font-size:0.85em;line-height:1.6">{linhas}</ol></div>'
    )


def texto(troca):
    """A conversa em texto: o equivalente da figura."""
    return f'<pre style="margin:0;line-height:1.4;overflow-x:auto">{html.escape(descrever(troca))}</pre>'


def historico(trocas, contagem, quantas):
    """As últimas das `quantas` trocas numa tabela, e quantas houve de cada tipo de resposta."""
    total = contagem.total()
    linhas = "".join(
        _linha(
            str(quantas - i),
            _codigo(t.numero),
            _codigo(t.erro if t.resposta is None else f"{t.resposta} FIM"),
            t.tipo.replace(" ", "&nbsp;"),
            _milissegundos(t.segundos).replace(" ", "&nbsp;"),
        )
        for i, t in enumerate(trocas)
    )
    barra = f"height:10px;margin-top:5px;background:{LARANJA};width:"
    barras = "".join(
        _linha(f"<b>{tipo}</b>", str(vezes), f'<div style="{barra}{100 * vezes / total:.0f}px"></div>')
        for tipo, vezes in sorted(contagem.items(), key=lambda item: TIPOS.index(item[0]))
    )
    vazio = "" if trocas else f'<p style="{_CINZA}">Nenhuma troca ainda.</p>'
    cabecalho = "".join(
        f'<th scope="col" style="{_CELULA}">{c}</th>' for c in ("nº", "enviado", "resposta", "tipo", "tempo")
    )
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:24px;margin-top:8px">'
        f'<div style="flex:3 1 480px"><h4 style="margin:4px 0">Histórico</h4>{vazio}'
        f'<table style="width:100%"><thead><tr>{cabecalho}</tr></thead><tbody>{linhas}</tbody></table></div>'
        '<div style="flex:1 1 200px"><h4 style="margin:4px 0">Quantas de cada tipo</h4>'
        f"<table><tbody>{barras}</tbody></table></div></div>"
    )


class Conversa:
    """A figura da última troca; reaproveita uma `Figure`, que só uma thread por vez pode usar."""

    def __init__(self):
        self._figura = Figure(figsize=(LARGURA, ALTURA), dpi=110)
        self._ax = self._figura.add_axes((0, 0, 1, 1))

    def figura(self, troca):
        """Desenha a troca e devolve a imagem em HTML, com texto alternativo."""
        self._ax.clear()
        conversa(troca, self._ax)
        linhas = min(max(len(troca), MINIMO_DE_LINHAS), MAXIMO_DE_LINHAS)
        self._figura.set_figheight(ALTURA * (linhas + 1.35) / 12.35)  # uma conversa curta ocupa menos
        png = io.BytesIO()
        self._figura.savefig(png, format="png")
        dados = base64.b64encode(png.getvalue()).decode()
        alt = f"Diagrama de sequência da última conversa: {len(troca)} eventos, descritos em texto logo abaixo."
        return (
            '<figure style="margin:8px 0">'
            '<figcaption style="font-weight:600">A última conversa, como aconteceu</figcaption>'
            f'<img style="width:100%;max-width:900px;background:white" alt="{alt}" '
            f'src="data:image/png;base64,{dados}"></figure>'
        )


def _linha(*celulas):
    return "<tr>" + "".join(f'<td style="{_CELULA}">{celula}</td>' for celula in celulas) + "</tr>"


def _codigo(texto_da_rede):
    # Quebra em qualquer letra: assim um número comprido não rouba o lugar das outras colunas.
    return f'<code style="overflow-wrap:anywhere">{_texto(texto_da_rede, 34)}</code>'


def _texto(texto_da_rede, limite):
    return html.escape(visivel(texto_da_rede, limite, aspas=False))


def _milissegundos(segundos):
    return f"{segundos * 1000:.1f} ms".replace(".", ",")
