"""A figura mostrada: vetorial, nas cores do tema, com texto alternativo, e nada que sobre aberto."""

import base64
import html
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
from apoio import RAIZ
from matplotlib.figure import Figure

from parimpar import Diario, Servidor
from parimpar.aulas import captura, desenhos
from parimpar.aulas.desenhos.exibir import mostrar
from parimpar.cliente import rodada
from parimpar.diario import Evento

ALT = "O cliente envia '7' & o servidor responde \"ÍMPAR\" <FIM>."


@pytest.fixture
def mostrados(monkeypatch):
    """O que se mandou mostrar: [(saída, opções), …]."""
    saidas = []
    monkeypatch.setattr("IPython.display.display", lambda saida, **opcoes: saidas.append((saida, opcoes)))
    return saidas


def em_svg(pagina):
    """O desenho que está dentro do HTML mostrado."""
    return base64.b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', pagina)[1], validate=True).decode()


@pytest.fixture
def fig():
    fig, ax = plt.subplots(figsize=(2, 1))
    ax.plot([0, 1])
    yield fig
    plt.close(fig)


def test_a_imagem_tem_texto_alternativo(mostrados, fig):
    """A saída é uma imagem com o texto alternativo inteiro, escapado."""
    mostrar(fig, ALT)
    ((saida, opcoes),) = mostrados
    assert opcoes == {"raw": True}
    (alt,) = re.findall(r'<img [^>]*\balt="([^"]*)"', saida["text/html"])
    assert html.unescape(alt) == ALT and "<" not in alt


def test_a_imagem_e_um_desenho_nas_cores_do_tema(mostrados, fig):
    """O SVG é bem formado, tem letras de verdade, e toda cor de uso geral é uma variável do tema."""
    fig.axes[0].set_title("R$ 5 e R$ 6")
    mostrar(fig, ALT)
    svg = em_svg(mostrados[0][0]["text/html"])
    assert "R$ 5 e R$ 6" in [elemento.text for elemento in ElementTree.fromstring(svg).iter() if elemento.text]
    assert "prefers-color-scheme:dark" in svg and "--parimpar-cliente:" in svg
    desenho = svg[svg.index("</style>") :]
    assert not re.findall(r"(?<!, )#(?:000000|ffffff)", desenho) and "var(--jp-layout-color0" in desenho


def test_a_mesma_figura_da_a_mesma_saida(mostrados):
    """Nem a data nem nomes sorteados entram na saída: executar de novo não muda o notebook."""
    for _ in range(2):
        fig = Figure()
        fig.subplots().bar([1, 2], [1, 2], hatch="//")
        mostrar(fig, ALT)
    assert mostrados[0] == mostrados[1]


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


EVENTOS = [
    Evento(0, 1.0, "cliente", "conecta", "connect(…)", ("127.0.0.1", 1), ("127.0.0.1", 2)),
    Evento(1, 1.1, "cliente", "envia", "sendall", ("127.0.0.1", 1), ("127.0.0.1", 2), b"7\n", 2),
]
DE_UMA_VEZ = [  # o desenho, os seus dados e um trecho do texto alternativo
    (desenhos.conversa, [EVENTOS], r"cliente envia '7\n'"),
    (desenhos.fatias, [[b"12", b"3"], [b"123"]], "os send deram 2, 1 bytes, e os recv tiraram 3"),
    (desenhos.curvas, [{"um": [(1, 10.0)], "outro": [(1, 5.5)]}], "um, outro"),
    (desenhos.histograma_de_casas, [{"um jeito": ["7", "12"]}], "um jeito"),
    (desenhos.barras_de_defeitos, [[{"lado": "cliente", "defeito": "cai", "quantos": 2, "de": 3}]], "2 de 3"),
    (desenhos.espaco_tempo, [captura.ler(RAIZ / "notebooks/dados/troca.pcap")], "cliente SYN, servidor SYN, ACK"),
    (desenhos.maquina_de_estados, [{"cliente": ["CLOSED", "SYN_SENT"]}], "2 dos 11 estados"),
]


@pytest.mark.parametrize("desenhar, dados, trecho", DE_UMA_VEZ, ids=lambda valor: getattr(valor, "__name__", ""))
def test_de_uma_vez(mostrados, capsys, desenhar, dados, trecho):
    """Sem `ax`, todo desenho mostra a figura, com texto alternativo, e escreve o seu equivalente."""
    assert desenhar(*dados) is None
    ((saida, _),) = mostrados
    assert trecho in saida["text/plain"] and "<img" in saida["text/html"]
    assert len(capsys.readouterr().out.splitlines()) >= 1


def test_a_conversa_de_um_diario(mostrados, capsys):
    """De um diário, desenha-se a última troca."""
    diario = Diario()
    with Servidor(diario=diario) as servidor:
        rodada("8", *servidor.endereco, diario=diario)
        rodada("7", *servidor.endereco, diario=diario)
    desenhos.conversa(diario)
    escrito = capsys.readouterr().out
    assert r"'7\n'" in escrito and r"'8\n'" not in escrito
