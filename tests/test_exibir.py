"""A figura mostrada: uma imagem com texto alternativo, e nada que sobre aberto."""

import base64
import html
import re

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from parimpar.aulas.desenhos.exibir import mostrar

ALT = "O cliente envia '7' & o servidor responde \"ÍMPAR\" <FIM>."


@pytest.fixture
def mostrados(monkeypatch):
    """O que se mandou mostrar: [(saída, opções), …]."""
    saidas = []
    monkeypatch.setattr("IPython.display.display", lambda saida, **opcoes: saidas.append((saida, opcoes)))
    return saidas


@pytest.fixture
def fig():
    fig, ax = plt.subplots(figsize=(2, 1))
    ax.plot([0, 1])
    yield fig
    plt.close(fig)


def test_a_imagem_tem_texto_alternativo(mostrados, fig):
    """A saída é uma imagem PNG com o texto alternativo inteiro, escapado."""
    mostrar(fig, ALT)
    ((saida, opcoes),) = mostrados
    assert opcoes == {"raw": True}
    alt, fonte = re.fullmatch(r'<img [^>]*\balt="([^"]*)" src="([^"]*)">', saida["text/html"]).groups()
    assert html.unescape(alt) == ALT and "<" not in alt
    tipo, dados = fonte.split(",")
    assert tipo == "data:image/png;base64" and base64.b64decode(dados, validate=True).startswith(b"\x89PNG\r\n")


def test_o_texto_da_saida_diz_o_mesmo(mostrados, fig):
    """Onde não há HTML lê-se o texto alternativo; não há outra forma da figura sem ele."""
    mostrar(fig, ALT)
    saida = mostrados[0][0]
    assert saida["text/plain"] == f"[figura: {ALT}]" and set(saida) == {"text/html", "text/plain"}


def test_a_figura_e_fechada(mostrados, fig):
    """Depois de mostrada, a figura não fica aberta para o notebook mostrar de novo; as outras ficam."""
    outra = plt.figure()
    try:
        assert mostrar(fig, ALT) is None
        assert not plt.fignum_exists(fig.number) and plt.fignum_exists(outra.number)
        assert len(mostrados) == 1
    finally:
        plt.close(outra)


def test_a_figura_e_fechada_mesmo_que_nao_se_mostre(fig, monkeypatch):
    """Se mostrar falha, a figura também não sobra."""
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mostrar(fig, ALT)
    assert not plt.fignum_exists(fig.number)


def test_uma_figura_que_nao_e_do_pyplot(mostrados):
    """Uma `Figure` criada à parte também se mostra."""
    mostrar(Figure(figsize=(1, 1)), "Vazia.")
    assert 'alt="Vazia."' in mostrados[0][0]["text/html"]
