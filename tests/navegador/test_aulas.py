"""Todas as aulas no JupyterLab: rodam inteiras, sem erro fora de hora, e qualquer pessoa consegue lê-las."""

import json

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from lab import CAPTURAS, RAIZ, ler_o_axe
from playwright.sync_api import expect

AULAS = sorted(caminho.name for caminho in (RAIZ / "notebooks").glob("[0-9]*.ipynb"))
JANELA = 1280, 1000  # largura e altura, em pixels de CSS
PROJETOR = 683, 512  # a de um projetor de 1024×768 com zoom de 150 %
TEXTOS_COM_CONTRASTE = 80  # no mínimo, os que o axe tem de examinar em cada aula; a menor, um apêndice, tem uns 90

# O que é nosso na página: o texto e as saídas; o resto é a interface do JupyterLab.
NOSSO = ".jp-NotebookPanel:not(.lm-mod-hidden) :is(.jp-RenderedMarkdown, .jp-OutputArea-output)"

AXE = """async nosso => {
    // O `body` do JupyterLab tem altura zero, e o axe toma por escondido o que está fora dele.
    document.body.style.height = "100vh";
    try {
        return await Promise.race([
            axe.run({include: [nosso], exclude: [".jp-InternalAnchorLink"]}, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}),
            new Promise((_, falhar) => setTimeout(() => falhar(new Error("o axe não terminou em 60 s")), 60000))]);
    } finally { document.body.style.height = "" } }"""

# Os elementos da aula que rolam de lado, que escondem parte do que têm, ou que passam da borda da tela.
CORTADOS = """() => {
    const aula = document.querySelector(".jp-NotebookPanel:not(.lm-mod-hidden)");
    const borda = aula.getBoundingClientRect().right;
    return [...aula.querySelectorAll(".jp-Cell, .jp-Cell *")].filter(e => {
        if (!e.checkVisibility() || !e.clientWidth || e.closest("svg, input, .cm-gutters, .cm-layer")) return false;
        const esconde = e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible";
        return esconde || e.getBoundingClientRect().right > borda + 1;
    }).map(e => `${e.tagName}.${e.className}: ${e.scrollWidth} em ${e.clientWidth}: ${e.textContent.slice(0, 60)}`);
}"""

# As palavras curtas que acabam numa linha e continuam na outra, no que se mostra em colunas ou sem parágrafos.
PARTIDAS = """() => {
    const aula = document.querySelector(".jp-NotebookPanel:not(.lm-mod-hidden)"), partidas = [], trecho = document.createRange();
    for (const bloco of aula.querySelectorAll(":is(.jp-RenderedMarkdown, .jp-OutputArea-output) :is(pre, td, th)")) {
        if (!bloco.checkVisibility()) continue;
        const textos = document.createTreeWalker(bloco, NodeFilter.SHOW_TEXT);
        while (textos.nextNode()) {
            for (const { 0: palavra, index } of textos.currentNode.data.matchAll(/(?<![\\p{L}\\d_.:])[\\p{L}\\d_.:]{2,16}(?![\\p{L}\\d_.:])/gu)) {
                trecho.setStart(textos.currentNode, index);
                trecho.setEnd(textos.currentNode, index + palavra.length);
                if (trecho.getClientRects().length > 1) partidas.push(palavra);
            }
        }
    }
    return partidas;
}"""


@pytest.fixture(scope="module", params=AULAS)
def aula(abrir, request):
    """Uma aula toda executada; só aberta, ela não estava modificada."""
    notebook = abrir(request.param)
    assert not notebook.pagina.evaluate("() => window.jupyterapp.shell.currentWidget.context.model.dirty")
    notebook.rodar_tudo()
    yield notebook
    notebook.tema("Light")  # o JupyterLab guarda o último tema


def test_run_all_sem_erro_fora_de_hora(aula, request):
    """Só termina em erro a célula em que o erro é a lição, e o navegador não se queixa de nada."""
    nome = request.node.callspec.params["aula"]
    celulas = json.loads((RAIZ / "notebooks" / nome).read_text(encoding="utf-8"))["cells"]
    codigo = [c for c in celulas if c["cell_type"] == "code"]
    de_proposito = [i for i, c in enumerate(codigo) if "raises-exception" in c["metadata"].get("tags", ())]
    assert [indice for indice, _ in aula.erros()] == de_proposito
    assert aula.mensagens == []


@pytest.mark.parametrize("tema", ["Light", "Dark"])
def test_acessibilidade(aula, tema, request):
    """Em cada tema o axe não encontra nada no que a aula mostra (WCAG 2, níveis A e AA), e examina a aula inteira."""
    for opcao in aula.controle("preveja").first.get_by_role("button").all():
        opcao.click()
        expect(aula.controle("retorno").first).not_to_have_text("")
    aula.tema(tema)
    aula.janela_inteira()  # o que está fora da janela o axe não mede
    aula.pagina.evaluate(AXE_SCRIPT)
    visto = aula.pagina.evaluate(AXE, NOSSO)
    nome = request.node.callspec.params["aula"].removesuffix(".ipynb")
    aula.pagina.screenshot(path=CAPTURAS / f"{nome}-{tema.lower()}.png")
    aula.janela(*JANELA)
    queixas, textos = ler_o_axe(visto)
    assert queixas == [] and textos >= TEXTOS_COM_CONTRASTE


def test_projecao(aula):
    """Num projetor, com zoom, um clique deixa só a aula na tela; com ele ou sem ele, nada se corta nem rola de lado."""
    pagina, projetar = aula.pagina, aula.painel.get_by_role("button", name="Projetar")
    aula.janela(*PROJETOR)
    assert pagina.evaluate(CORTADOS) == []
    assert pagina.evaluate(PARTIDAS) == []
    projetar.click()
    expect(
        pagina.locator(".jp-SideBar, #jp-top-panel, #jp-menu-panel, #jp-bottom-panel").locator("visible=true")
    ).to_have_count(0)
    assert pagina.evaluate("() => document.documentElement.scrollWidth") == PROJETOR[0]
    assert pagina.evaluate(CORTADOS) == []
    assert pagina.evaluate(PARTIDAS) == []
    pagina.screenshot(path=CAPTURAS / "projecao.png")
    projetar.click()
    expect(pagina.locator("#jp-menu-panel")).to_be_visible()
    aula.janela(*JANELA)
