"""O que volta ao aluno: uma página HTML com o relatório dele, que se lê e se imprime sem internet."""

import html
import pathlib

from parimpar.folha import ESTILO
from parimpar.texto import visivel

from . import figura, vista
from .formatos.moodle import zip_de_comentarios
from .nomes import nome_de_arquivo

ARQUIVO, INDICE = "relatorio.html", "index.html"
_TEMA = """
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #111;
  background: #fff }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
@media (prefers-color-scheme: dark) { body { color: #f5f5f5; background: #111 } ESCURAS }
@media print {
  details > :not(summary) { display: block }
  details::details-content { content-visibility: visible }
  body { color: #000; background: #fff }
}
</style>
"""


def pagina(resultado):
    """O relatório de uma entrega, numa página; o que veio do aluno é escapado."""
    nome = html.escape(visivel(resultado.entrega, 120, aspas=False))
    partes = [f"<h1>{nome}</h1>"]
    partes += [f"<p><strong>Aviso:</strong> {html.escape(visivel(a, 400, aspas=False))}</p>" for a in resultado.ditos]
    if resultado.conferir:
        partes.append("<p>Quem ensina vai conferir esta nota à mão.</p>")
    for alvo, j in resultado.avaliacoes.items():
        partes.append(f"<h2>O {alvo}: {html.escape(visivel(j.arquivo, 120, aspas=False))}</h2>")
        if j.rivais:
            outros = html.escape(visivel(", ".join(j.rivais), 300, aspas=False))
            partes.append(f"<p>{html.escape(j.porque.capitalize())}; havia também {outros}.</p>")
        partes.append(j.pagina.replace("<h4", "<h3").replace("</h4>", "</h3>"))
    return _folha(nome, "".join(partes))


def _folha(titulo, corpo):
    """Uma página inteira, nos dois temas e para imprimir; o título já vem escapado."""
    tema = _TEMA.replace("ESCURAS", ESTILO.partition("{")[2].rpartition("}")[0].join(("body {", "}")))
    return (
        f'<!DOCTYPE html><html lang="pt-BR"><head><meta charset="utf-8"><title>{titulo}: avaliação</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{tema}</head>'
        f"<body><main>{corpo}</main></body></html>"
    )


def gravar(resultados, pasta):
    """Grava a página de cada entrega numa pasta, com um nome que todo sistema aceita, e o `index.html` que leva a elas."""
    pasta = pathlib.Path(pasta)
    pasta.mkdir(parents=True, exist_ok=True)
    nomes = [f"{nome_de_arquivo(resultado.entrega, i)}.html" for i, resultado in enumerate(resultados, 1)]
    for nome, resultado in zip(nomes, resultados, strict=True):
        (pasta / nome).write_text(pagina(resultado), encoding="utf-8")
    corpo = f"<h1>A turma</h1>{vista.em_html(resultados, nomes)}{figura.em_html(resultados)}"
    (pasta / INDICE).write_text(_folha("A turma", corpo), encoding="utf-8")


def devolver(resultados, pasta, planilha=None):
    """Grava o que o Moodle recebe: `comentarios.zip` e, se há uma planilha, `notas.csv`.

    Args:
        planilha: uma `Planilha`; sem ela só se grava o zip.
    """
    pasta = pathlib.Path(pasta)
    pasta.mkdir(parents=True, exist_ok=True)
    do_moodle = {r.pasta_do_moodle: (ARQUIVO, pagina(r).encode()) for r in resultados if r.pasta_do_moodle}
    zip_de_comentarios(pasta / "comentarios.zip", do_moodle)
    if planilha:
        notas = {r.identificador: r.nota for r in resultados if r.identificador}
        comentarios = {r.identificador: _resumo(r) for r in resultados if r.identificador}
        (pasta / "notas.csv").write_bytes(planilha.preencher(notas, comentarios))


def _resumo(resultado):
    """Uma linha para a planilha; o relatório inteiro vai no zip."""
    nota = "Nota a conferir" if resultado.conferir else "Nota"
    partes = [f"{alvo}: {j.nota_escrita('enunciado')} no enunciado" for alvo, j in resultado.avaliacoes.items()]
    return (
        f"<p>{nota}. {html.escape('; '.join(partes) or 'Não se achou o que julgar')}. O relatório está no arquivo.</p>"
    )
