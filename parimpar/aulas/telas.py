"""As telas do painel: recebem dados, devolvem HTML já escapado. Não conhecem nenhum controle."""

import html

from .. import folha
from ..folha import BORDA, FORMAS, cor
from ..texto import contar, endereco, visivel
from .desenhos import conversa_em_svg, descrever, resumir

EVENTOS_NA_LISTA = 12
TIPOS = ("PAR", "ÍMPAR", "letras", "ERRO", "outra", "sem resposta")  # na ordem em que se contam
_CELULA = f"text-align:left;padding:3px 12px 3px 0;vertical-align:top;border-bottom:{BORDA}"

# Uma parte que se abre e se fecha: o que está aberto continua aberto quando o conteúdo se redesenha.
DOBRAS = """\
.parimpar-dobra:not(:has(details[open])) > :nth-child(2) { display: none; }
.parimpar-dobra summary { cursor: pointer; font-weight: 600; padding: 2px 0; }"""

# O que só uma folha de estilo dá: a mesa de duas colunas, que vira uma onde não cabem; o anel do foco; as
# dobras; e o clarão de cada resposta nova.
ESTILO = (
    folha.ESTILO
    + """<style>
.parimpar-painel { container-type: inline-size; }
.parimpar-painel > * { --parimpar-letra: max(16px, var(--jp-content-font-size1, 16px)); font-size: var(--parimpar-letra);
  --jp-widgets-font-size: var(--parimpar-letra); --jp-widgets-inline-height: calc(2.25 * var(--parimpar-letra));
  --jp-widgets-inline-label-width: calc(4.3 * var(--parimpar-letra)); }
@container (max-width: 799px) { .parimpar-painel > .parimpar-mesa { --parimpar-letra: 14px; } }
.parimpar-painel .widget-box, .parimpar-painel .widget-html { overflow: visible; }
.parimpar-painel .widget-html { margin: 2px; height: auto; }
.parimpar-painel .widget-html-content { font-size: var(--parimpar-letra); line-height: 1.4; }
.parimpar-painel .parimpar-mesa { display: grid; gap: 4px 20px;
  grid-template-columns: clamp(230px, 36%, 24em) minmax(0, 40em); }
.parimpar-painel .parimpar-figura { align-self: start; }
.parimpar-painel .parimpar-linha { flex-flow: row wrap; align-items: center; column-gap: 0.3em; }
.parimpar-painel .parimpar-titulo { flex-flow: row wrap; justify-content: space-between; margin-top: 8px; }
.parimpar-painel button { padding: 0 14px; }
.parimpar-painel table { border-collapse: collapse; }
.parimpar-painel .parimpar-enviar { background: CLIENTE; color: var(--jp-layout-color0, #fff); font-weight: 600; }
.parimpar-painel input[type=checkbox] { width: 1.25em; height: 1.25em; margin: 0 0.4em 0 0; vertical-align: middle; }
.parimpar-painel input[type=text] { border: 1px solid var(--jp-ui-font-color2, #757575); }
.parimpar-painel .parimpar-intervalo { width: calc(8.6 * var(--parimpar-letra)); }
.parimpar-painel .parimpar-numero input { font-size: 1.25em; }
.parimpar-painel.parimpar-painel :is(button, input, summary):focus-visible { outline: 3px solid var(--jp-ui-font-color0, currentColor) !important;
  outline-offset: 2px; }
DOBRAS
.parimpar-quadro { border: BORDA; border-left: 6px solid var(--tinta); padding: 4px 10px; min-height: 92px;
  box-sizing: border-box; overflow-wrap: anywhere; }
.parimpar-quadro > :last-child { font-size: var(--letra); line-height: 1.25; font-weight: 700; }
.parimpar-quadro span { color: var(--tinta); }
.parimpar-chegou { animation: parimpar-chegou 0.4s ease-out; }
@keyframes parimpar-chegou { from { background: REALCE; } }
@media (prefers-reduced-motion: reduce) { .parimpar-chegou { animation: none; } }
@container (max-width: 799px) { .parimpar-painel .parimpar-mesa { gap: 4px 12px; grid-template-columns: 222px minmax(0, 40em); } }
@container (max-width: 599px) { .parimpar-painel .parimpar-mesa { grid-template-columns: minmax(0, 1fr); } }
</style>""".replace("DOBRAS", DOBRAS)
    .replace("CLIENTE", cor("cliente"))
    .replace("REALCE", cor("realce"))
    .replace("BORDA", BORDA)
)


def titulo(quem):
    """O cabeçalho de uma das pontas, com a cor e a forma daquele papel."""
    return (
        f'<div style="font-weight:700;padding:0 8px;border-left:6px solid {cor(quem)};'
        f'color:{cor(quem)}"><span aria-hidden="true">{FORMAS[quem]}</span> {quem.capitalize()}</div>'
    )


def dobra(nome):
    """O título de uma parte que se abre e se fecha; o conteúdo vem logo depois dele."""
    return f"<details><summary>{nome}</summary></details>"


def resposta(troca, quantas):
    """A última resposta, grande, seguida de FIM; ou por que ela não veio. `quantas` é o número da troca."""
    if troca is None:
        tinta, cima, corpo, tamanho = cor("rede"), "A resposta do servidor aparece aqui.", "…", 2.2
    else:
        enviado = f"Troca nº {quantas}: <code>{_texto(troca.numero, 40) or '(vazio)'}</code>"
        if troca.resposta is None:
            tinta, tamanho, cima, corpo = cor("erro"), 1.05, f"{enviado}, sem resposta:", _texto(troca.erro, 400)
        else:
            casas = sum(c in "0123456789" for c in troca.numero)
            quantas_casas = "" if troca.tipo == "ERRO" else f" ({contar(casas, 'casa', 'casas')})"
            cima = f"{enviado}{quantas_casas}, em {_milissegundos(troca.segundos)}:"
            tinta, corpo = cor("servidor"), f"<span>{_texto(troca.resposta, 400)}</span> FIM"
            tamanho = 2.2 if len(troca.resposta) <= 8 else 1.3 if len(troca.resposta) <= 32 else 1
    # O estilo fica na folha, e não aqui: lê-se este texto a cada clique, entre ele e a resposta na tela.
    return (
        f'<div role="status" class="parimpar-quadro{" parimpar-chegou" if troca else ""}" '
        f'style="--tinta:{tinta};--letra:{tamanho}em"><div>{cima}</div><div>{corpo}</div></div>'
    )


def situacao_do_cliente(troca):
    """Em que estado a última conversa deixou o socket do cliente, e que endereço ele usou."""
    do_cliente = [evento for evento in troca if evento.quem == "cliente"]
    if not do_cliente:
        return "<div><b>nenhum socket</b>: cada troca abre um</div>"
    aberto = do_cliente[-1].tipo not in ("fecha", "erro")
    local = do_cliente[0].local
    usou = f"usou <code>{html.escape(endereco(local))}</code>" if local else "não chegou a conectar"
    return f"<div>socket <b>{'conectado' if aberto else 'fechado'}</b>; {usou}</div>"


def situacao(servidor, aviso=""):
    """Se o servidor está ligado, onde escuta e quantas conexões tem abertas."""
    onde = f"em <code>{html.escape(endereco(servidor.endereco))}</code>"
    if not hasattr(servidor, "iniciar"):
        estado = f"<b>de outra pessoa</b>, {onde}<br>aqui só se vê o lado do cliente"
    elif servidor.ligado:
        estado = f"<b>escutando</b> {onde}<br>{contar(servidor.conexoes, 'conexão aberta', 'conexões abertas')}"
    else:
        estado = f"<b>desligado</b>: ninguém escuta {onde}"
    return f"<div>{estado}</div>" + (alerta(aviso) if aviso else "")


def alerta(frase):
    """Um aviso do que não deu certo."""
    return f'<div role="alert" style="color:{cor("erro")};overflow-wrap:anywhere">{_texto(frase, 400)}</div>'


def eventos(do_servidor):
    """Os últimos eventos do servidor, um por linha, do mais novo ao mais antigo."""
    frases = [html.escape(str(evento)) for evento in do_servidor[: -EVENTOS_NA_LISTA - 1 : -1]]
    linhas = "".join(f'<li style="overflow-wrap:anywhere">{frase}</li>' for frase in frases)
    return f'<ol reversed style="margin:0;padding-left:2em" start="{len(frases)}">{linhas}</ol>' if frases else _vazio()


def figura(troca):
    """O desenho da última conversa, com texto alternativo."""
    svg = conversa_em_svg(troca, "Envie um número: a conversa aparece aqui.")
    alt = f"{resumir(troca)}; a conversa toda está em texto, logo abaixo." if troca else "Nenhuma conversa ainda."
    inicio = f'<svg role="img" aria-label="{html.escape(alt)}" style="width:100%;height:auto;display:block"'
    return svg.replace("<svg", inicio, 1)


def texto(troca):
    """A conversa em texto: o equivalente da figura."""
    return f'<pre style="margin:0;line-height:1.4;white-space:pre-wrap">{html.escape(descrever(troca))}</pre>'


def historico(trocas, contagem, quantas):
    """As últimas das `quantas` trocas numa tabela, e quantas houve de cada tipo de resposta."""
    if not quantas:
        return _vazio()
    linhas = "".join(
        _linha(
            str(quantas - i),
            _codigo(t.numero),
            _codigo(t.erro if t.resposta is None else f"{t.resposta} FIM"),
            t.tipo,
            _milissegundos(t.segundos).replace(" ", "&nbsp;"),
        )
        for i, t in enumerate(trocas)
    )
    barra = f"height:12px;margin-top:5px;background:{cor('servidor')};width:"
    barras = "".join(
        _linha(f"<b>{tipo}</b>", str(vezes), f'<div style="{barra}{100 * vezes / contagem.total():.0f}px"></div>')
        for tipo, vezes in sorted(contagem.items(), key=lambda item: TIPOS.index(item[0]))
    )
    cabecalho = "".join(
        f'<th scope="col" style="{_CELULA}">{c}</th>' for c in ("nº", "enviado", "resposta", "tipo", "tempo")
    )
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:4px 24px">'
        f'<table style="flex:3 1 min(420px, 100%);min-width:0"><thead><tr>{cabecalho}</tr></thead><tbody>{linhas}</tbody></table>'
        f'<table style="flex:1 1 min(200px, 100%);align-self:flex-start"><caption style="{_CELULA};font-weight:600">'
        f"Quantas de cada tipo</caption><tbody>{barras}</tbody></table></div>"
    )


def _vazio():
    return "<div>Nada ainda.</div>"


def _linha(*celulas):
    return "<tr>" + "".join(f'<td style="{_CELULA}">{celula}</td>' for celula in celulas) + "</tr>"


def _codigo(texto_da_rede):
    # Quebra em qualquer letra: assim um número comprido não rouba o lugar das outras colunas.
    return f'<code style="overflow-wrap:anywhere">{_texto(texto_da_rede, 34)}</code>'


def _texto(texto_da_rede, limite):
    return html.escape(visivel(texto_da_rede, limite, aspas=False))


def _milissegundos(segundos):
    return f"{segundos * 1000:.1f} ms".replace(".", ",")
