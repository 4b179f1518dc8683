"""O dia seguinte: salvar, encerrar o kernel e reabrir; e o mesmo arquivo em HTML."""

import json
import re

import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from parimpar.aulas.perguntas import todas

PERGUNTA = "O cliente envia 7 e mostra a resposta."
PAINEL = "Aqui fica o painel. Para usá-lo, rode esta célula: clique nela e tecle Shift+Enter."


def tipos(caminho):
    """O que a saída de cada célula traz, sem o que cada execução muda."""
    celulas = json.loads(caminho.read_text(encoding="utf-8"))["cells"]
    return [[sorted(s.get("data", s["output_type"])) for s in c["outputs"]] for c in celulas if "outputs" in c]


@pytest.fixture(scope="module")
def salva(abrir, copia):
    """A cópia da aula 00 executada, respondida e salva, com o kernel encerrado."""
    antes = tipos(copia)
    notebook = abrir(f"capturas/{copia.name}")
    notebook.rodar_tudo()
    notebook.controle("preveja").first.get_by_role("button", name="b) ÍMPAR FIM").click()
    expect(notebook.controle("retorno").first).to_contain_text("Certo.")
    notebook.gravar()
    notebook.encerrar()
    assert tipos(copia) == antes  # nada a mais no arquivo: a diferença para o do repositório é o que se mudou
    return copia


def test_reabrir(abrir, salva):
    """Leem-se a pergunta e o que fazer para ter o painel; nada em inglês, nada no console, nada a salvar."""
    notebook = abrir(f"capturas/{salva.name}")
    painel = notebook.painel
    expect(painel.get_by_text(PERGUNTA)).to_be_visible()
    expect(painel.get_by_text(PAINEL)).to_be_visible()
    # O erro só viria depois de o JupyterLab procurar os controles no kernel.
    notebook.pagina.wait_for_function("() => window.jupyterapp.shell.currentWidget.sessionContext.isReady")
    notebook.pagina.wait_for_load_state("networkidle")
    assert not re.search("model not found|Error", painel.inner_text())
    assert notebook.mensagens == []
    assert not notebook.pagina.evaluate("() => window.jupyterapp.shell.currentWidget.context.model.dirty")
    notebook.fotografar("dia-seguinte")


def test_em_html_nao_se_le_a_resposta(salva):
    """No `nbconvert --to html`, e por isso no GitHub, há a pergunta e as opções, e nenhuma explicação."""
    pagina = HTMLExporter().from_filename(str(salva))[0]
    assert PERGUNTA in pagina and PAINEL in pagina and "ÍMPAR FIM" in pagina
    assert "widget-view" not in pagina and "certa=" not in pagina
    for pergunta in todas().values():
        assert not any(explicacao in pagina for explicacao in pergunta.opcoes.values())
