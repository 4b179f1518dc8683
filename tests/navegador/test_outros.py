"""Fora do JupyterLab: o Notebook 7, e o painel sozinho como página, com o Voilà."""

import pytest
from lab import RAIZ, Notebook, notebook7, voila
from playwright.sync_api import expect

# Um defeito do próprio Notebook 7, em qualquer notebook: um ouvinte de atalhos acorda antes de eles serem lidos.
DEFEITO_DELE = "Cannot read properties of undefined (reading 'schema')"


@pytest.fixture
def pagina(navegador):
    """Uma página em branco."""
    pagina = navegador.new_page(viewport={"width": 1280, "height": 1000}, locale="pt-BR")
    yield pagina
    pagina.close()


def conversar(alvo):
    """Envia um número pelo painel e espera a resposta."""
    campo = alvo.locator(".parimpar-numero input")
    campo.fill("7")
    campo.press("Enter")
    expect(alvo.locator(".parimpar-resposta")).to_contain_text("ÍMPAR FIM", timeout=10_000)


def test_notebook_7(pagina, tmp_path):
    """Em português; antes de rodar, a pergunta e onde fica o painel; depois, o painel e a pergunta respondem."""
    with notebook7(tmp_path) as url:
        aula = Notebook(pagina, url.format("notebooks/00-comece-aqui.ipynb"))
        expect(pagina.locator("#menu-panel .lm-MenuBar-item").first).to_have_text("Arquivo")
        expect(aula.painel.get_by_text("O cliente envia 7 e mostra a resposta.")).to_be_visible()
        expect(aula.painel.get_by_text("Aqui fica o painel.")).to_be_visible()
        aula.rodar_tudo()
        conversar(aula.painel)
        aula.controle("preveja").first.get_by_role("button", name="b) ÍMPAR FIM").click()
        expect(aula.controle("retorno").first).to_contain_text("Certo.")
        aula.fotografar("notebook-7")
        assert aula.erros() == []
        assert [m for m in aula.mensagens if m != DEFEITO_DELE] == []
        aula.encerrar()


def test_voila(pagina, tmp_path):
    """O painel sozinho, sem código: responde, e nada fica em inglês no console."""
    mensagens = []
    pagina.on("pageerror", lambda erro: mensagens.append(str(erro)))
    with voila(tmp_path, RAIZ / "notebooks" / "painel.ipynb") as url:
        pagina.goto(url)
        conversar(pagina)
        assert "import" not in pagina.locator("body").inner_text()
        pagina.screenshot(path=RAIZ / "capturas" / "voila.png")
    assert mensagens == []
