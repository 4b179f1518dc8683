"""Todo texto hostil por todo desenho: aparece como texto, e o desenho não cai."""

import base64
import re
from xml.etree import ElementTree

import pytest
from apoio import HOSTIS
from matplotlib.figure import Figure

from parimpar.aulas import desenhos
from parimpar.aulas.captura import Segmento
from parimpar.diario import Evento

PONTAS = (("127.0.0.1", 1), ("127.0.0.1", 2))


def conversa(texto):
    """O texto nos dois sentidos, por TCP e por UDP, e num erro."""
    dados = texto.encode("utf-8", "surrogatepass")
    como = {"dados": dados, "tamanho": len(dados), "detalhe": texto}
    return [
        Evento(0, 1.0, "cliente", "conecta", texto, *PONTAS),
        Evento(1, 1.1, "cliente", "envia", "sendall(…)", *PONTAS, **como),
        Evento(2, 1.2, "servidor", "recebe", "recv(4096)", *PONTAS[::-1], **como),
        Evento(3, 1.3, "servidor", "envia", "sendto(…)", *PONTAS[::-1], **como),
        Evento(4, 1.4, "cliente", "recebe", "recvfrom(1)", *PONTAS, **como),
        Evento(5, 1.5, "servidor", "devolve", "", *PONTAS[::-1], **como),
        Evento(6, 1.6, "cliente", "erro", texto, *PONTAS, detalhe=texto),
    ]


def segmentos(texto):
    dados = texto.encode("utf-8", "surrogatepass")
    return [Segmento(0.1, "cliente", "servidor", 1, 2, "PSH, ACK", 1, 2, 1, 2, 100, dados)]


def sem_substitutos(texto):
    return texto.encode("utf-8", "replace").decode()


# Cada desenho e os dados dele, com o texto em todo lugar em que cabe um. Um nome da máquina de estados não é livre.
DESENHOS = {
    "conversa": lambda texto: [conversa(texto)],
    "fatias": lambda texto: [[texto.encode("utf-8", "surrogatepass")[:30]], [b"$$"]],
    "curvas": lambda texto: [{sem_substitutos(texto): [(1, 1.0), (10, 2.0)], "$x$": [(1, 3.0)]}],
    "histograma_de_casas": lambda texto: [{sem_substitutos(texto) or "vazio": ["7", "12"]}],
    "barras_de_defeitos": lambda texto: [
        [{"lado": "cliente", "defeito": sem_substitutos(texto), "quantos": "$1", "de": "2"} | {"quantos": 1, "de": 2}]
    ],
    "envelopes": lambda texto: [
        [(sem_substitutos(texto)[:40] or "vazio", b"$$"), ("x", texto.encode("utf-8", "surrogatepass")[:30])]
    ],
    "espaco_tempo": lambda texto: [segmentos(sem_substitutos(texto))],
}


@pytest.fixture
def mostrados(monkeypatch):
    """O HTML de cada figura mostrada."""
    saidas = []
    monkeypatch.setattr("IPython.display.display", lambda saida, **_: saidas.append(saida["text/html"]))
    return saidas


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font:UserWarning")
@pytest.mark.parametrize("nome", DESENHOS)
def test_todo_texto_por_todo_desenho(nome, mostrados, capsys):
    """A figura é um SVG bem formado, e nenhum texto vira marcação, fórmula ou controle do terminal."""
    for texto in HOSTIS:
        getattr(desenhos, nome)(*DESENHOS[nome](texto))
        pagina = mostrados.pop()
        assert not re.search(r"<(?!/?style>|img class)", pagina), texto
        svg = base64.b64decode(re.search(r'base64,([^"]*)"', pagina)[1]).decode()
        letras = "".join(ElementTree.fromstring(svg).itertext())
        assert "mathdefault" not in letras
        if texto in ("$$", "$_$", "$x^2$") and nome != "fatias":  # o que o matplotlib tomaria por fórmula
            assert texto in letras
        escrito = capsys.readouterr().out
        if nome in ("conversa", "espaco_tempo"):  # os outros nomes são das aulas, e não da rede
            assert "\x1b" not in escrito and "\x00" not in letras


def test_o_equivalente_a_fatias_e_a_conversa_nao_perde_bytes(mostrados, capsys):
    """Os cifrões enviados estão no desenho e no texto."""
    desenhos.conversa(conversa("R$ 5 e R$ 6"))
    assert capsys.readouterr().out.count("'R$ 5 e R$ 6' (11 bytes)") == 4


@pytest.mark.parametrize("nome", [nome for nome in DESENHOS if nome != "conversa"])
def test_com_os_eixos_de_quem_chama(nome):
    """Quem guarda a figura por conta própria também não vê fórmulas."""
    fig = Figure()
    getattr(desenhos, nome)(*DESENHOS[nome]("$_$"), fig.subplots())
    fig.canvas.draw()
