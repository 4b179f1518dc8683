"""Todas as aulas no JupyterLab: rodam inteiras, sem erro fora de hora, e qualquer pessoa consegue lê-las."""

import json

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from lab import RAIZ

AULAS = sorted(caminho.name for caminho in (RAIZ / "notebooks").glob("*.ipynb"))

# O que é nosso na página: o texto e as saídas; o resto é a interface do JupyterLab.
NOSSO = ".jp-NotebookPanel:not(.lm-mod-hidden) :is(.jp-RenderedMarkdown, .jp-OutputArea-output)"


@pytest.fixture(scope="module", params=AULAS)
def aula(abrir, request):
    """Uma aula aberta e toda executada, com as capturas guardadas para olhar depois."""
    notebook = abrir(request.param)
    notebook.rodar_tudo()
    notebook.fotografar_tudo(request.param.removesuffix(".ipynb"))
    return notebook


def test_run_all_sem_erro_fora_de_hora(aula, request):
    """Só termina em erro a célula em que o erro é a lição, e o navegador não se queixa de nada."""
    nome = request.node.callspec.params["aula"]
    celulas = json.loads((RAIZ / "notebooks" / nome).read_text(encoding="utf-8"))["cells"]
    codigo = [c for c in celulas if c["cell_type"] == "code"]
    de_proposito = [i for i, c in enumerate(codigo) if "raises-exception" in c["metadata"].get("tags", ())]
    assert [indice for indice, _ in aula.erros()] == de_proposito
    assert aula.mensagens == []


def test_acessibilidade(aula):
    """O axe não encontra nada no que a aula mostra (WCAG 2, níveis A e AA)."""
    aula.pagina.evaluate(AXE_SCRIPT)
    resultado = aula.pagina.evaluate(
        """nosso => Promise.race([
            axe.run({include: [nosso]}, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}),
            new Promise((_, falhar) => setTimeout(() => falhar(new Error('o axe não terminou em 60 s')), 60000))])""",
        NOSSO,
    )
    assert resultado["passes"], "o axe não examinou nada"
    queixas = [(v["id"], v["help"], n["html"][:300]) for v in resultado["violations"] for n in v["nodes"]]
    assert queixas == []
