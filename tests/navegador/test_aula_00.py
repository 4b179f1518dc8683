"""A aula 00 usada como um aluno a usaria: no JupyterLab, com mouse e teclado."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def aula(abrir):
    """A aula 00 aberta e toda executada."""
    notebook = abrir("00-comece-aqui.ipynb")
    notebook.rodar_tudo()
    notebook.controle("painel").scroll_into_view_if_needed()
    notebook.fotografar("aula-00-antes")
    return notebook


def enviar(aula, texto, tecla="Enter"):
    campo = aula.controle("numero").locator("input")
    campo.fill(texto)
    if tecla:
        campo.press(tecla)
    else:
        aula.controle("enviar").click()


def espera_resposta(aula, padrao):
    expect(aula.controle("resposta").get_by_role("status")).to_have_text(re.compile(padrao), timeout=10_000)


def test_roda_inteira_sem_erro(aula):
    """Run All termina e nenhuma célula fica em erro."""
    assert aula.erros() == []


def test_o_jupyterlab_abre_em_portugues(aula):
    """Iniciado pelo README, o JupyterLab vem em português: a lista de arquivos diz Nome, e não Name."""
    expect(aula.pagina.locator(".jp-DirListing-header")).to_contain_text("Nome")


@pytest.mark.parametrize(
    "numero, resposta",
    [("7", r"7 \(1 casa\).*:ÍMPAR FIM$"), ("8", r":PAR FIM$"), ("12345678901", r"\(11 casas\).*:[A-Za-z]{11} FIM$"),
     ("abc", r":ERRO .*'abc'.* FIM$")],
)  # fmt: skip
@pytest.mark.parametrize("tecla", ["Enter", None])
def test_digitar_e_enviar(aula, numero, resposta, tecla):
    """Um número digitado e enviado, com Enter ou com o botão, mostra a resposta e FIM (PI-03, PI-04, PI-06, PI-41)."""
    enviar(aula, numero, tecla)
    espera_resposta(aula, resposta)


def test_a_conversa_desenhada_tem_texto_equivalente(aula):
    """A figura tem texto alternativo, e a conversa em texto mostra os mesmos bytes."""
    enviar(aula, "77")
    espera_resposta(aula, ":ÍMPAR FIM$")
    expect(aula.controle("figura").get_by_role("img", name=re.compile("Diagrama de sequência"))).to_be_visible()
    if not aula.controle("texto").is_visible():
        aula.painel.get_by_text("A mesma conversa, em texto").click()
    expect(aula.controle("texto")).to_contain_text(r"'77\n' (3 bytes)", timeout=10_000)
    expect(aula.controle("texto")).to_contain_text(r"'ÍMPAR FIM\n' (11 bytes)", timeout=10_000)
    aula.fotografar("aula-00-depois-de-enviar", aula.controle("painel"))


def test_sortear_e_enviar(aula):
    """Sortear preenche o campo com 1 a 30 algarismos; Enviar mostra a resposta a ele (PI-40)."""
    aula.controle("sortear").click()
    campo = aula.controle("numero").locator("input")
    expect(campo).to_have_value(re.compile(r"^[0-9]{1,30}$"))
    aula.controle("enviar").click()
    espera_resposta(aula, f"{campo.input_value()} .* FIM$")


def test_texto_hostil_aparece_como_texto(aula):
    """O que veio da rede não vira HTML nem executa nada."""
    enviar(aula, "<img src=x onerror=\"document.title='invadido'\">")
    espera_resposta(aula, r":ERRO .*<img src=x onerr")
    assert aula.controle("painel").locator("img[src=x]").count() == 0
    assert "invadido" not in aula.pagina.title()


def test_servidor_desligado_e_religado(aula):
    """Com o servidor desligado, enviar mostra o que houve; religado, volta a responder (PI-26, PI-43)."""
    aula.controle("ligar").click()
    expect(aula.controle("situacao")).to_contain_text("desligado", timeout=10_000)
    enviar(aula, "7")
    espera_resposta(aula, "sem resposta:ninguém escuta em .* inicie o servidor")
    expect(aula.controle("texto")).to_contain_text("ECONNREFUSED", timeout=10_000)
    aula.fotografar("aula-00-depois-de-um-erro", aula.controle("painel"))
    aula.controle("ligar").click()
    expect(aula.controle("situacao")).to_contain_text("escutando", timeout=10_000)
    enviar(aula, "7")
    espera_resposta(aula, ":ÍMPAR FIM$")


def test_repetir_e_parar(aula):
    """Repetir faz várias voltas sozinho; clicado de novo, para."""
    aula.controle("intervalo").locator("input").fill("0,1")
    aula.controle("intervalo").locator("input").press("Enter")
    aula.controle("repetir").locator("input").click()
    historico = aula.controle("historico").locator("tbody tr").first
    antes = int(historico.locator("td").first.inner_text())
    expect(historico.locator("td").first).to_have_text(re.compile(rf"^(?!{antes}$|{antes + 1}$)\d+$"), timeout=10_000)
    aula.controle("repetir").locator("input").click()
    aula.fotografar("aula-00-repetindo", aula.controle("painel"))


def test_rodar_de_novo_nao_deixa_orfaos(aula):
    """Rodar tudo outra vez fecha o painel anterior, e o novo responde."""
    aula.rodar_tudo()
    assert aula.erros() == []
    enviar(aula, "9")
    espera_resposta(aula, "9 .*:ÍMPAR FIM$")


def test_sem_erros_no_console(aula):
    """O navegador não registrou nenhum erro vindo do nosso código."""
    nossos = [m for m in aula.mensagens if "parimpar" in m or "widget" in m.lower()]
    assert nossos == [], aula.mensagens
