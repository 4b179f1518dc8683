"""Nada na tela em inglês: os menus, as barras, os diálogos, o iniciador e as dicas."""

import re

import pytest
from jupyterlab_server.translation_utils import get_language_pack

from parimpar.jupyter.idioma import IDIOMA, NOSSOS, PRINCIPAL, juntar

# Palavras que só existem em inglês, das que o JupyterLab escreve; as que também são nossas (kernel, notebook) não servem.
INGLES = """
a? about above access activate active add advanced alert all? and apply are auto available back below between bottom
build busy but? cancel? cell cells change checkpoint clear click close code collapse column command commands common
completion confirm connect connected contents context copy create current cut dark date debugger? default? delete
dialog directory disable discard display do? document duplicate edit enable error? exit expand export file
files filter find first fold folder font for from full go? header heading headings help hide history idle import
indent indentation insert interface? interrupt is? items jump kind language last launcher left license licenses light
line lines loading log? manager? match memory menu? merge mode modified more move new next no? not of off on? open
options or? other output outputs panel paste path preferred press previous print read reference refresh reload remove
rename render reset restart right run running save search section select selected send sessions set settings show
shut shutdown side sidebar simple size skip sort split start starting stop switch tab? tabs terminals? text
the theme this to toggle toolbar tools top trust trusted type undo unknown until up update used view when
widget window with without word workspace workspaces wrap you your zoom?
""".split()
INGLES = {palavra for palavra in INGLES if not palavra.endswith("?")}
# Os textos que têm tradução, como eram em inglês: qualquer um deles na tela é uma tradução que não se usou.
TRADUCOES = {k.rpartition("\x04")[2]: v for k, v in juntar(get_language_pack(IDIOMA)[0][PRINCIPAL], NOSSOS).items()}
ORIGINAIS = TRADUCOES.keys() - {traducao for traducoes in TRADUCOES.values() for traducao in traducoes}
ORIGINAIS -= {"default"}  # é também o nome da área de trabalho de quem não abriu outra
# Nomes, que não se traduzem, e as teclas.
NOMES = re.compile(
    r"[\w-]+\.ipynb|Slides Reveal\.js|Inglês - English|Console|JSON Lines|Closure Stylesheets|Common Lisp|Objective-C\+?\+?"
    r"|Project Jupyter Contributors|jupyter[\w-]+|Web IDL|Tiki wiki|RPM (Changes|Spec)"
    r"|(Ctrl|Alt|Shift|Meta)(\+[\w\[\],.\-]+)+"
)

# O que se vê, e o que se ouve ou se lê parando o ponteiro; fica de fora o que é do documento aberto.
LER = """() => {
    const textos = new Set();
    const documento = ".jp-RenderedMarkdown, .cm-content, .jp-OutputArea-output, .jp-DirListing-content, .jp-InputPlaceholder, .lm-CommandPalette-itemShortcut";
    for (const no of document.body.querySelectorAll(`*:not(:is(${documento}) *)`)) {
        if (no.matches(documento) || no.closest("script, style, noscript")) continue;
        for (const nome of ["title", "aria-label", "placeholder", "alt"]) textos.add(no.getAttribute(nome) ?? "");
        if (no.checkVisibility()) {
            for (const filho of no.childNodes) if (filho.nodeType === Node.TEXT_NODE) textos.add(filho.data);
        }
    }
    return [...textos];
}"""

DIALOGOS = {
    "reiniciar": "kernelmenu:restart",
    "reiniciar e executar tudo": "runmenu:restart-and-run-all",
    "fechar": "application:close",
    "fechar e desligar": "notebook:close-and-shutdown",
    "trocar o kernel": "notebook:change-kernel",
    "renomear": "docmanager:rename",
    "sobre": "help:about",
}
LATERAIS = [
    "filebrowser", "jp-running-sessions", "table-of-contents", "extensionmanager.main-view", "jp-property-inspector",
    "jp-debugger-sidebar",
]  # fmt: skip


def em_ingles(textos):
    """Os textos com alguma palavra que só existe em inglês, ou que são um texto do JupyterLab antes de traduzido."""
    return sorted(
        t for t in textos if t.strip() in ORIGINAIS or INGLES & set(re.findall(r"[a-z]+", NOMES.sub(" ", t).lower()))
    )


@pytest.fixture(scope="module")
def aula(abrir):
    """A aula 00 aberta, sem rodar."""
    return abrir("00-comece-aqui.ipynb")


def executar(aula, comando):
    aula.pagina.evaluate("comando => { window.jupyterapp.commands.execute(comando) }", comando)


def test_a_lista_reconhece_o_ingles():
    """As palavras bastam para reprovar o que o JupyterLab dizia em inglês, e não reprovam o português."""
    antes = ["File", "Idle", "Cell 1/29", "Modified", "Restart Kernel?", "Skip to main panel", "Python Reference",
        "Cancel", "Delete", "Up"]  # fmt: skip
    assert em_ingles(antes) == sorted(antes)
    assert (
        em_ingles(["Arquivo", "Modo: Comando", "Executar a célula (Shift+Enter)", "Slides Reveal.js", "Kernel"]) == []
    )


def test_barras_e_dicas(aula):
    """A barra do notebook, a da célula, a de baixo, nos dois modos, e todas as dicas."""
    assert em_ingles(aula.pagina.evaluate(LER)) == []
    executar(aula, "notebook:enter-edit-mode")
    aula.painel.locator(".jp-mod-editMode").wait_for()
    assert em_ingles(aula.pagina.evaluate(LER)) == []
    executar(aula, "notebook:enter-command-mode")


def test_menus(aula):
    """Todos os menus, com os submenus."""
    pagina, lidos = aula.pagina, []

    def percorrer(nivel):
        itens = pagina.locator(".lm-Menu").nth(nivel).locator(".lm-Menu-item:not([data-type=separator])")
        lidos.extend(itens.locator(".lm-Menu-itemLabel").all_inner_texts())
        for submenu in itens.and_(pagina.locator("[data-type=submenu]")).all():
            submenu.click()  # só com o mouse em cima o submenu se abre daí a pouco, e uma máquina ocupada perde a vez
            pagina.locator(".lm-Menu").nth(nivel + 1).wait_for()
            percorrer(nivel + 1)
            pagina.keyboard.press("ArrowLeft")
            pagina.locator(".lm-Menu").nth(nivel + 1).wait_for(state="detached")

    titulos = pagina.locator("#jp-MainMenu .lm-MenuBar-item")
    assert titulos.all_inner_texts() == [
        "Arquivo", "Editar", "Exibir", "Executar", "Kernel", "Abas", "Configurações", "Ajuda",
    ]  # fmt: skip
    for titulo in titulos.all():
        titulo.click()
        pagina.locator(".lm-Menu").first.wait_for()
        percorrer(0)
        pagina.keyboard.press("Escape")
        pagina.locator(".lm-Menu").first.wait_for(state="detached")
    assert len(lidos) > 200
    assert em_ingles(lidos) == []


@pytest.mark.parametrize("nome", DIALOGOS)
def test_dialogos(aula, nome):
    """Cada diálogo, com os seus botões e dicas."""
    aula.pagina.evaluate("() => { window.jupyterapp.shell.currentWidget.context.model.dirty = true }")
    executar(aula, DIALOGOS[nome])
    aula.pagina.locator(".jp-Dialog").wait_for()
    assert em_ingles(aula.pagina.evaluate(LER)) == []
    aula.fotografar(f"dialogo-{nome.replace(' ', '-')}")
    aula.pagina.keyboard.press("Escape")
    aula.pagina.locator(".jp-Dialog").wait_for(state="detached")


@pytest.mark.parametrize("lateral", LATERAIS)
def test_barras_laterais(aula, lateral):
    """Cada painel das barras laterais, aberto."""
    aula.pagina.evaluate("lateral => window.jupyterapp.shell.activateById(lateral)", lateral)
    aula.pagina.locator(f'[id="{lateral}"]').wait_for()
    assert em_ingles(aula.pagina.evaluate(LER)) == []


def test_iniciador_paleta_e_busca(aula):
    """O iniciador, a paleta de comandos e a busca."""
    executar(aula, "documentsearch:start")
    aula.pagina.locator(".jp-DocumentSearch-overlay").wait_for()
    assert em_ingles(aula.pagina.evaluate(LER)) == []
    executar(aula, "documentsearch:end")
    executar(aula, "apputils:activate-command-palette")
    aula.pagina.locator(".lm-CommandPalette-item").first.wait_for()
    assert em_ingles(aula.pagina.evaluate(LER)) == []
    aula.pagina.keyboard.press("Escape")
    executar(aula, "launcher:create")
    aula.pagina.locator(".jp-LauncherCard").first.wait_for()
    assert em_ingles(aula.pagina.evaluate(LER)) == []
    aula.fotografar("iniciador")
    executar(aula, "application:close")
    aula.painel.wait_for()
