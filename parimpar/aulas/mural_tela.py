"""O mural da turma em HTML: um cartão por aluno, com as luzes das missões, legível da última fileira.

Tudo o que veio da rede é escapado, e as cores são as do tema do JupyterLab.
"""

import html

from ..texto import contar, segundos
from .aluno import MISSOES
from .mural_terminal import SIGLAS, rodape
from .telas import DOBRAS

CARTOES = 60  # daí em diante, os mais calados só aparecem na tabela
RECENTE = 3.0  # segundos em que um cartão que acabou de dar sinal fica em destaque

ESTILO = """
<style>
DOBRAS
.parimpar-mural { --fundo: var(--jp-layout-color1, #fff); --letra: var(--jp-ui-font-color0, #111);
  --linha: var(--jp-border-color1, #999); --acesa: var(--jp-brand-color1, #1565c0); color: var(--letra) }
.parimpar-mural .widget-html-content { line-height: 1.2 }
.parimpar-mural .onde { font-size: 30px; font-weight: 700; margin-bottom: 4px }
.parimpar-mural .onde small { font-size: 16px; font-weight: 400 }
.parimpar-mural .cartoes { display: grid; gap: 5px; grid-template-columns: repeat(auto-fill, minmax(222px, 1fr)) }
.parimpar-mural .cartao { border: 1px solid var(--linha); border-left-width: 5px; border-radius: 4px; padding: 1px 8px;
  background: var(--fundo); min-width: 0 }
.parimpar-mural .cartao.agora { border-left-color: var(--acesa) }
.parimpar-mural .nome { font-size: 19px; font-weight: 700 }
.parimpar-mural .nome { white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
.parimpar-mural .viu { overflow-wrap: anywhere }
.parimpar-mural .luzes { font: 700 14px/1.2 var(--jp-code-font-family, monospace) }
.parimpar-mural .luz { display: inline-block; width: 1.4em; margin-right: 2px; text-align: center; border-radius: 3px;
  background: var(--acesa); color: var(--fundo) }
.parimpar-mural .luz.apagada { background: none; color: var(--letra); font-weight: 400 }
.parimpar-mural .viu, .parimpar-mural .legenda { font-size: 14px }
.parimpar-mural .legenda { margin: 5px 0 0 }
.parimpar-mural table { border-collapse: collapse; font-size: 15px }
.parimpar-mural th, .parimpar-mural td { padding: 2px 10px 2px 0; text-align: left;
  border-bottom: 1px solid var(--linha) }
</style>
""".replace("DOBRAS", DOBRAS)


def cabecalho(enderecos, porta):
    """Para onde se conectar, em letras grandes."""
    locais = " &nbsp; ".join(f"{html.escape(ip)} <small>porta</small> {porta}" for ip in enderecos[:3])
    locais = locais or "este computador não está em nenhuma rede"
    onde = html.escape(enderecos[0] if enderecos else "ENDEREÇO")
    return (
        f'<div class="onde">{locais}<br><small>no seu programa: <code>connect(("{onde}", {porta}))</code>; ou: '
        f"<code>python -m parimpar cliente --host {onde} --porta {porta} --nome Ana</code></small></div>"
    )


def cartoes(placar, agora, anonimo=False):
    """Um cartão por aluno, na ordem em que chegaram: quem projeta acha sempre cada um no mesmo lugar."""
    rotulos = placar.rotulos(anonimo)
    alunos = list(placar.alunos.values())
    if len(alunos) > CARTOES:  # ficam os que deram sinal há menos tempo
        ativos = set(sorted(alunos, key=lambda a: -a.ultimo)[:CARTOES])
        alunos = [aluno for aluno in alunos if aluno in ativos]
    feitos = "".join(_cartao(aluno, rotulos[aluno], agora) for aluno in alunos)
    return f'<div class="cartoes" role="list">{feitos}</div>' if feitos else "<p>Ninguém se conectou ainda.</p>"


def _cartao(aluno, rotulo, agora):
    luzes = "".join(
        f'<span class="luz">{sigla}</span>' if missao in aluno.missoes else '<span class="luz apagada">·</span>'
        for missao, sigla in SIGLAS.items()
    )
    quantas = f"{len(aluno.missoes)} de {contar(len(MISSOES), 'missão', 'missões')}"
    destaque = " agora" if agora - aluno.ultimo < RECENTE else ""
    viu = aluno.defeito or (f"{contar(aluno.pedidos, 'pedido', 'pedidos')}, {aluno.devolucoes} com FIM")
    return (
        f'<div class="cartao{destaque}" role="listitem"><div class="nome">{html.escape(rotulo)}</div>'
        f'<div class="luzes" role="img" aria-label="{quantas}: {_missoes(aluno)}">{luzes}</div>'
        f'<div class="viu">{html.escape(viu)}</div></div>'
    )


def _missoes(aluno):
    return html.escape(", ".join(MISSOES[m] for m in MISSOES if m in aluno.missoes) or "nenhuma")


def legenda(placar):
    """O que é cada letra, e quantos já a acenderam."""
    quantos = {m: sum(m in a.missoes for a in placar.alunos.values()) for m in MISSOES}
    itens = "; ".join(f"<b>{SIGLAS[m]}</b> {frase} ({quantos[m]})" for m, frase in MISSOES.items())
    return f'<p class="legenda">{itens}.<br>{html.escape(rodape(placar))}.</p>'


def tabela(placar, agora, anonimo=False):
    """O mesmo que os cartões, em tabela: para quem lê com leitor de tela, e para quem quer os números."""
    rotulos = placar.rotulos(anonimo)
    cabecas = (
        "quem", "missões", "pedidos", "PAR", "ÍMPAR", "letras", "ERRO", "FIM", "a cada", "calado há", "o que se viu",
    )  # fmt: skip
    linhas = "".join(_linha(rotulos[aluno], aluno, agora) for aluno in placar.alunos.values())
    titulos = "".join(f'<th scope="col">{cabeca}</th>' for cabeca in cabecas)
    cabeca = f"<caption>A turma, em números</caption><thead><tr>{titulos}</tr></thead>"
    return f"<table>{cabeca}<tbody>{linhas}</tbody></table>"


def _linha(rotulo, aluno, agora):
    respostas = (aluno.respostas[tipo] for tipo in ("PAR", "ÍMPAR", "letras", "ERRO"))
    cada = "–" if aluno.intervalo is None else segundos(round(aluno.intervalo, 1))
    calado = segundos(round(agora - aluno.ultimo))
    quantas = f"{len(aluno.missoes)} de {len(MISSOES)}"
    valores = (quantas, aluno.pedidos, *respostas, aluno.devolucoes, cada, calado, aluno.defeito)
    celulas = "".join(f"<td>{html.escape(str(valor))}</td>" for valor in valores)
    return f'<tr><th scope="row">{html.escape(rotulo)}</th>{celulas}</tr>'
