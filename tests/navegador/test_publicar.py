"""O curso sem instalar: o site, o PDF e os slides, feitos na hora e olhados no navegador."""

import re
import unicodedata
import urllib.parse

import pytest

from ferramentas import pdf, site, slides
from ferramentas.indice import AULAS, PASTA
from parimpar.aulas.perguntas import todas

INGLES = (
    "Search", "Next", "Previous", "Show", "Hide", "Skip", "Back to top", "Contents", "Light", "Dark", "Toggle", "Note",
)  # fmt: skip


@pytest.fixture(scope="module")
def paginas(tmp_path_factory):
    """A pasta do site, feito uma vez."""
    pasta = tmp_path_factory.mktemp("site") / "_site"
    avisos = site.construir(pasta)
    assert avisos == "", avisos
    return pasta


def enderecos(texto):
    """Os endereços de uma página: links, figuras, estilos e scripts."""
    return re.findall(r'(?:href|src)="([^"]+)"', texto)


def test_nenhum_endereco_quebrado_nem_recurso_de_fora(paginas):
    """Tudo o que a página carrega está na pasta, e todo link leva a um arquivo que existe, no ponto que existe."""
    for pagina in paginas.rglob("*.html"):
        texto = pagina.read_text(encoding="utf-8")
        assert not re.search(r'<(?:script|img|link)[^>]+(?:src|href)="https?:', texto), pagina.name
        for endereco in enderecos(texto):
            if re.match(r"(https?|data|mailto):", endereco):
                continue
            caminho, _, ancora = urllib.parse.unquote(endereco).partition("#")
            alvo = (pagina.parent / caminho.partition("?")[0]).resolve() if caminho else pagina
            assert alvo.exists(), f"{pagina.name}: {endereco}"
            if ancora and alvo.suffix == ".html":
                assert f'id="{ancora}"' in alvo.read_text(encoding="utf-8"), f"{pagina.name}: {endereco}"


def test_cada_aula_tem_a_sua_pagina(paginas):
    """Com título, idioma e caminho para a anterior e a seguinte; e sem nada em inglês do tema."""
    for i, aula in enumerate(AULAS):
        texto = (paginas / "notebooks" / aula.arquivo.replace(".ipynb", ".html")).read_text(encoding="utf-8")
        assert 'lang="pt-BR"' in texto and re.search(r"<title>\s*\S.+parimpar\s*</title>", texto)
        assert ("prev-next" in texto) and (i == 0 or "left-prev" in texto)
        sem_codigo = re.sub(r"<(pre|code|script).*?</\1>", "", texto, flags=re.S)
        soltas = re.findall(rf">\s*((?:{'|'.join(INGLES)})[^<]*)<", sem_codigo)
        assert soltas == [], f"{aula}: {soltas}"


def test_as_respostas_das_perguntas_nao_estao_no_site(paginas):
    """Nem o que se diz de cada opção, nem qual é a certa."""
    inteiro = "".join(p.read_text(encoding="utf-8") for p in paginas.rglob("*.html"))
    assert "certa=" not in inteiro
    for pergunta in todas().values():
        for dito in pergunta.opcoes.values():
            assert dito[:40] not in inteiro


@pytest.mark.parametrize("tema", ["light", "dark"])
def test_o_site_no_navegador(paginas, navegador, tema):
    """Em 360 px nada rola de lado; nenhum erro no console; e o axe não acha nada, nos dois temas."""
    from axe_playwright_python.sync_playwright import Axe

    pagina, erros = navegador.new_page(viewport={"width": 360, "height": 740}, color_scheme=tema, locale="pt-BR"), []
    pagina.on("console", lambda m: m.type == "error" and erros.append(m.text))
    pagina.on("request", lambda r: r.url.startswith("http") and erros.append(r.url))
    for nome in ["index.html", *(f"notebooks/{a.arquivo.replace('.ipynb', '.html')}" for a in AULAS)]:
        pagina.goto((paginas / nome).as_uri())
        largura = pagina.evaluate("document.documentElement.scrollWidth")
        assert largura <= 360, f"{nome}: {largura} px"
    assert erros == []  # antes do axe, que tenta ler os estilos por um caminho que o navegador barra
    pagina.set_viewport_size({"width": 1280, "height": 900})
    for nome in ("index.html", "notebooks/01-o-dicionario.html", "notebooks/13-a-turma.html"):
        pagina.goto((paginas / nome).as_uri())
        achados = Axe().run(pagina, options={"resultTypes": ["passes", "violations"]}).response
        vistos = sum(len(r["nodes"]) for r in achados["passes"] if r["id"] == "color-contrast")
        assert vistos > 30 and [v["id"] for v in achados["violations"]] == [], (nome, tema, vistos, [
            (v["id"], v["nodes"][0]["html"][:200]) for v in achados["violations"]
        ])  # fmt: skip
    pagina.close()


def test_o_pdf(navegador, tmp_path):
    """Com marcas, índice, o texto de todas as aulas, e nenhuma letra que falte."""
    from pypdf import PdfReader

    arquivo = tmp_path / "curso.pdf"
    pdf.fazer(arquivo, navegador)
    leitor = PdfReader(arquivo)
    assert leitor.trailer["/Root"]["/MarkInfo"]["/Marked"] and leitor.trailer["/Root"]["/Lang"].lower() == "pt-br"
    assert 60 < len(leitor.pages) < 400
    titulos = [item.title for item in _achatar(leitor.outline)]
    # As letras que a fonte junta (ﬂ) são as mesmas.
    texto = unicodedata.normalize("NFKC", " ".join(pagina.extract_text() for pagina in leitor.pages))
    for aula in AULAS:
        assert str(aula) in texto.replace("\n", " ")
    # Uma aula escreve � de propósito; nenhum outro vem de uma letra que a fonte não tem.
    escritos = sum((PASTA / aula.arquivo).read_text(encoding="utf-8").count("�") for aula in AULAS)
    assert len(titulos) >= 5 * len(AULAS) and texto.count("�") <= escritos and "\x00" not in texto


def _achatar(indice):
    for item in indice:
        if isinstance(item, list):
            yield from _achatar(item)
        else:
            yield item


def test_os_slides(navegador, tmp_path):
    """Nenhum passa de 1280×720, a letra nunca é menor do que 20 pontos, e a pergunta vem antes da resposta."""
    slides.fazer(tmp_path / "s", navegador)
    pagina, erros = navegador.new_page(viewport={"width": slides.LARGURA, "height": slides.ALTURA}, locale="pt-BR"), []
    pagina.on("console", lambda m: m.type == "error" and erros.append(m.text))
    pagina.on("request", lambda r: r.url.startswith("http") and erros.append(r.url))
    for aula in AULAS:
        pagina.goto((tmp_path / "s" / aula.arquivo.replace(".ipynb", ".html")).as_uri())
        pagina.wait_for_function("window.Reveal && Reveal.isReady()")
        ruins, menor = pagina.evaluate(MEDIR)
        assert ruins == [] and menor >= 26.6, f"{aula}: {ruins}, letra de {menor} px"  # 20 pt
    assert erros == []
    pagina.close()


MEDIR = """() => {
  const estilo = document.createElement('style');
  estilo.textContent = '.reveal .slides section { display: block !important; visibility: visible !important; ' +
    'position: relative !important; transform: none !important; top: 0 !important; left: 0 !important }';
  document.head.append(estilo);
  const ruins = [], letras = [];
  document.querySelectorAll('.slides > section').forEach((s, i) => {
    const topo = s.getBoundingClientRect().top;
    const fim = Math.max(...[...s.querySelectorAll('*')].map(e => e.getBoundingClientRect().bottom)) - topo;
    if (fim > 720 || s.scrollWidth > 1280) ruins.push([i, fim, s.scrollWidth]);
    for (const e of s.querySelectorAll('p, li, td, th, pre, h1, h2, h3'))
      if (e.textContent.trim()) letras.push(parseFloat(getComputedStyle(e).fontSize));
  });
  return [ruins, Math.min(...letras)];
}"""


def test_os_blocos_que_se_empacotam():
    """O título vai com o que vem depois, e o texto com dois-pontos, com o que apresenta."""
    assert slides.empacotar([(100, True, False), (200, False, True), (300, False, False)]) == [[0, 1, 2]]
    assert slides.empacotar([(500, False, False), (100, False, True), (300, False, False)]) == [[0], [1, 2]]
    assert slides.empacotar([(50, True, False), (60, True, False), (300, False, False)]) == [[0, 1, 2]]
    assert slides.empacotar([(700, False, False)] * 2) == [[0], [1]]


def test_partir_um_bloco():
    """Uma tabela, pelas linhas; um texto, também; um relatório vira texto; o que não se parte fica."""
    tabela = "<table><thead></thead><tbody><tr><td>1</td></tr><tr><td>2</td></tr></tbody></table>"
    assert [m.count("<tr>") for m in slides.ao_meio(tabela)] == [1, 1]
    assert slides.ao_meio('<pre class="saida">a\nb</pre>') == [
        '<pre class="saida">a</pre>',
        '<pre class="saida">b</pre>',
    ]
    assert slides.ao_meio("<pre>a</pre>") is None
    assert slides.ao_meio("<div>a</div><div>b</div>") == ['<pre class="saida">a\nb</pre>']
