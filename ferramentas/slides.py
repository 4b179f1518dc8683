"""Faz dos notebooks slides para projetar, um arquivo por aula, com o reveal.js ao lado.

Cada célula vira blocos pequenos: um parágrafo, uma lista, o código, a saída. O Chromium mede cada bloco na letra em que
vai ser projetado, e os slides se enchem na ordem até não caber mais um. Assim nenhum passa da tela, a pergunta vem
antes da resposta, e uma figura não se parte.

Uso: python iniciar.py slides [pasta]
"""

import html
import pathlib
import re
import shutil
import sys

import nbformat

from .indice import AULAS
from .publicar.fontes import RAIZ, no_site
from .publicar.navegador import abrir_navegador

LARGURA, ALTURA = 1280, 720  # pixels de um slide
MARGEM = 40  # pixels de cada lado
LINHAS_DE_SAIDA = 14  # de texto, por bloco: uma saída mais longa continua no slide seguinte
LINHAS_DE_TABELA = 9
MEDIR = "Math.ceil(b.getBoundingClientRect().height) + 16"  # com a margem do último parágrafo

ESTILO = f"""
.reveal {{ font: 27px/1.35 'DejaVu Sans', Verdana, sans-serif; color: #111 }}
.reveal .slides section {{ text-align: left; padding: {MARGEM}px; box-sizing: border-box; height: {ALTURA}px }}
.reveal h1 {{ font-size: 52px; font-weight: 700; margin: 0 0 24px }} .reveal h2 {{ font-size: 40px; margin: 0 0 18px }}
.reveal h3, .reveal h4 {{ font-size: 32px; margin: 0 0 14px }}
.reveal p, .reveal ul, .reveal ol {{ margin: 0 0 16px }} 
.reveal ul, .reveal ol {{ padding-left: 1.3em; display: block }}
.reveal .bloco > :first-child {{ margin-top: 0 }}
.reveal pre {{ font: 27px/1.3 'DejaVu Sans Mono', Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere;
  margin: 0 0 14px; padding: 10px 16px; width: auto; max-height: none; box-shadow: none; background: #f3f4f6;
  border-left: 6px solid #0072B2 }}
.reveal pre.saida {{ background: none; border-left-color: #616161 }}
.reveal code {{ font-family: 'DejaVu Sans Mono', Consolas, monospace; font-size: .95em }}
.reveal table {{ border-collapse: collapse; font-size: 27px; margin: 0 0 14px }}
.reveal th, .reveal td {{ padding: 3px 16px 3px 0; border-bottom: 1px solid #999; text-align: left }}
.reveal th, .reveal td:not(:last-child) {{ overflow-wrap: normal !important }}
.reveal td {{ min-width: 0 !important }} /* com letra deste tamanho, as três caixas da Vista só cabem se os valores quebram */
.reveal img {{ display: block; max-width: 100%; max-height: {ALTURA - 2 * MARGEM - 40}px; margin: 0 auto 10px }}
.reveal .bloco div, .reveal .bloco td, .reveal .bloco th, .reveal .bloco caption {{ font-size: inherit !important }}
.medindo .reveal .bloco {{ width: {LARGURA - 2 * MARGEM}px; overflow: hidden }}
"""


def blocos(notebook):
    """Os blocos de uma aula: pares (HTML, é título?), na ordem."""
    import mistune

    em_html = mistune.create_markdown(escape=False, plugins=["table"])
    feitos = []
    for celula in notebook["cells"]:
        fonte = "".join(celula["source"])
        if celula["cell_type"] == "markdown":
            feitos += [(em_html(parte), parte.startswith("#")) for parte in _partes(fonte)]
            continue
        marcas = celula["metadata"].get("tags", [])
        if not {"remove-input", "hide-input"} & set(marcas):
            feitos += [(f"<pre><code>{html.escape(trecho)}</code></pre>", False) for trecho in _em_trechos(fonte, 16)]
        for saida in celula.get("outputs", []):
            feitos += [(pedaco, False) for pedaco in _saida(saida)]
    return feitos


def _partes(markdown):
    """Parágrafos, listas, tabelas e trechos de código de uma célula, cada um por si."""
    partes, dentro = [""], False
    for linha in markdown.splitlines():
        dentro ^= linha.startswith("```")
        if not linha.strip() and not dentro:
            partes.append("")
        else:
            partes[-1] += linha + "\n"
    for parte in filter(str.strip, partes):
        if parte.startswith(("[Todas as aulas]", ":::")):
            continue  # a navegação é a dos slides; o aviso de execução gravada é de quem lê sozinho
        parte = re.sub(r"^:::.*$", "", parte.replace("](../docs/", "](docs/"), flags=re.M)
        if parte.startswith("|"):
            yield from _tabela(parte)
        elif re.match(r"[*\-] |\d+\. ", parte):
            yield from re.split(r"\n(?=[*\-] |\d+\. )", parte.strip())
        else:
            yield parte


def _tabela(parte):
    """Uma tabela longa, em várias, cada uma com o cabeçalho."""
    cabeca, risco, *linhas = parte.strip().splitlines()
    for i in range(0, len(linhas), LINHAS_DE_TABELA):
        yield "\n".join([cabeca, risco, *linhas[i : i + LINHAS_DE_TABELA]])


def _em_trechos(texto, linhas):
    todas = texto.rstrip("\n").split("\n")
    return ["\n".join(todas[i : i + linhas]) for i in range(0, len(todas), linhas)]


def _saida(saida):
    """Os blocos de uma saída: a figura ou o HTML inteiros; o texto, aos trechos."""
    dados = saida.get("data", {})
    if "text/html" in dados:
        yield "".join(dados["text/html"])
        return
    texto = "".join(saida.get("text") or dados.get("text/plain") or [])
    if saida["output_type"] == "error":
        texto = f"{saida['ename']}: {saida['evalue']}"
    for trecho in _em_trechos(texto, LINHAS_DE_SAIDA) if texto.strip() else []:
        yield f'<pre class="saida">{html.escape(trecho)}</pre>'


def ao_meio(parte):
    """Um bloco que não cabe num slide, em dois; None se não há como parti-lo."""
    tabela = re.fullmatch(r"(.*<tbody>)(.*)(</tbody>.*)", parte, re.S)
    if tabela and (linhas := re.findall(r"<tr\b.*?</tr>", tabela[2], re.S))[1:]:
        meio = (len(linhas) + 1) // 2
        return [tabela[1] + "".join(metade) + tabela[3] for metade in (linhas[:meio], linhas[meio:])]
    texto = re.fullmatch(r"(<pre[^>]*>(?:<code>)?)(.*?)((?:</code>)?</pre>)", parte.strip(), re.S)
    if not texto:  # um relatório, por exemplo: fica o texto dele
        linhas = re.sub(r"<(style|script).*?</\1>", "", parte, flags=re.S)
        linhas = [linha.strip() for linha in re.sub(r"<[^>]+>", "\n", linhas).splitlines()]
        return [f'<pre class="saida">{trecho}</pre>' for trecho in _em_trechos("\n".join(filter(None, linhas)), 10)]
    linhas = texto[2].split("\n")
    if len(linhas) == 1:
        return None
    meio = (len(linhas) + 1) // 2
    return [texto[1] + "\n".join(metade) + texto[3] for metade in (linhas[:meio], linhas[meio:])]


def empacotar(medidas):
    """Reparte os blocos em slides.

    Args:
        medidas: (altura em pixels, é título?, apresenta o bloco seguinte?) de cada bloco, na ordem.

    Returns:
        Uma lista de listas de índices.
    """
    util, slides = ALTURA - 2 * MARGEM, []

    def altura(indices):
        return sum(medidas[i][0] for i in indices)

    for i, (_, titulo, _) in enumerate(medidas):
        cabe = slides and altura([*slides[-1], i]) <= util
        so_apresenta = slides and all(medidas[j][1] or medidas[j][2] for j in slides[-1])
        if cabe and (not titulo or so_apresenta):
            slides[-1].append(i)
            continue
        novo = [i]
        # Um título, ou o texto que termina em dois-pontos, vai para o slide do que ele apresenta.
        while slides and len(slides[-1]) > 1 and not titulo and any(medidas[slides[-1][-1]][1:]):
            if altura([slides[-1][-1], *novo]) > util:
                break
            novo.insert(0, slides[-1].pop())
        slides.append(novo)
    return slides


def _pagina(titulo, corpo, medindo=False):
    classe = ' class="medindo"' if medindo else ""
    opcoes = f"width:{LARGURA},height:{ALTURA},margin:0,center:false,hash:true,transition:'none',slideNumber:'c/t'"
    iniciar = f"Reveal.initialize({{{opcoes}}})"
    scripts = "" if medindo else f'<script src="reveal/reveal.js"></script><script>{iniciar}</script>'
    return (
        f'<!DOCTYPE html><html lang="pt-BR"><head><meta charset="utf-8"><title>{html.escape(titulo)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="reveal/reveal.css"><style>{ESTILO}</style></head>'
        f'<body{classe}><div class="reveal"><div class="slides">{corpo}</div></div>{scripts}</body></html>'
    )


def fazer(destino, navegador):
    """Grava os slides de todas as aulas nesta pasta, com um índice.

    Args:
        navegador: um Chromium do Playwright, que mede os blocos.
    """
    import sphinx_revealjs

    destino = pathlib.Path(destino)
    shutil.rmtree(destino, ignore_errors=True)
    (destino / "reveal").mkdir(parents=True)
    origem = pathlib.Path(sphinx_revealjs.__file__).parent / "_static" / "revealjs"
    for nome in ("dist/reveal.js", "dist/reveal.css", "LICENSE"):
        shutil.copy(origem / nome, destino / "reveal")
    (destino / "docs").mkdir()
    for figura in (RAIZ / "docs").glob("*.png"):
        shutil.copy(figura, destino / "docs")
    pagina = navegador.new_page(viewport={"width": LARGURA, "height": ALTURA}, locale="pt-BR")
    for aula in AULAS:
        arquivo = destino / aula.arquivo.replace(".ipynb", ".html")
        partes = blocos(no_site(nbformat.read(RAIZ / "notebooks" / aula.arquivo, as_version=4)))
        partes, alturas = _que_cabem(partes, arquivo, pagina)
        slides = empacotar(
            [(h, titulo, parte.rstrip().endswith(":</p>")) for h, (parte, titulo) in zip(alturas, partes, strict=True)]
        )
        corpo = "".join(
            "<section>" + "".join(f'<div class="bloco">{partes[i][0]}</div>' for i in slide) + "</section>"
            for slide in slides
        )
        arquivo.write_text(_pagina(str(aula), corpo), encoding="utf-8")
    pagina.close()
    (destino / "index.html").write_text(_indice(), encoding="utf-8")


def _que_cabem(partes, arquivo, pagina):
    """Mede os blocos na página e parte os que não cabem num slide. Devolve os blocos e a altura de cada um."""
    while True:
        corpo = "".join(f'<div class="bloco">{parte}</div>' for parte, _ in partes)
        arquivo.write_text(_pagina("", corpo, medindo=True), encoding="utf-8")
        pagina.goto(arquivo.as_uri())
        alturas = pagina.evaluate(f"[...document.querySelectorAll('.bloco')].map(b => {MEDIR})")
        novas = []
        for (parte, titulo), altura in zip(partes, alturas, strict=True):
            metades = ao_meio(parte) if altura > ALTURA - 2 * MARGEM else None
            novas += [(metade, titulo) for metade in metades] if metades else [(parte, titulo)]
        if len(novas) == len(partes):
            return partes, alturas
        partes = novas


def _indice():
    itens = "".join(
        f'<li><a href="{aula.arquivo.replace(".ipynb", ".html")}">{html.escape(str(aula))}</a></li>' for aula in AULAS
    )
    return (
        '<!DOCTYPE html><html lang="pt-BR"><head><meta charset="utf-8"><title>parimpar: slides</title></head>'
        f'<body style="font:20px sans-serif;margin:2em"><h1>Slides</h1><ul>{itens}</ul></body></html>'
    )


def main(argumentos):
    """Faz os slides na pasta pedida, ou em _slides."""
    destino = pathlib.Path(argumentos[0] if argumentos else RAIZ / "_slides")
    with abrir_navegador() as navegador:
        fazer(destino, navegador)
    print(f"slides em {destino / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
