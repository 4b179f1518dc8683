"""A tela do JupyterLab como o aluno a encontra: a lista de arquivos recolhida onde falta largura, e o que ele arrumou fica."""

import pytest
from lab import Notebook
from playwright.sync_api import expect


@pytest.mark.parametrize("largura, aparece", [(1366, False), (1600, True)])
def test_a_lista_de_arquivos(navegador, lab, largura, aparece):
    """Na primeira abertura, numa tela de até 1366 pixels a lista de arquivos não toma lugar da aula."""
    pagina = navegador.new_page(viewport={"width": largura, "height": 768}, locale="pt-BR")
    aula = Notebook(pagina, lab.format("notebooks/00-comece-aqui.ipynb") + "&reset")
    lista = pagina.locator("#filebrowser")
    (expect(lista).to_be_visible if aparece else expect(lista).to_be_hidden)()
    aula.encerrar()
