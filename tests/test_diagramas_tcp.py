"""Os diagramas da aula 09: o espaço-tempo dos segmentos e a máquina de estados do TCP."""

import itertools

import pytest
from apoio import RAIZ
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from parimpar.aulas import captura
from parimpar.aulas.desenhos import (
    descrever_estados,
    descrever_segmentos,
    espaco_tempo,
    maquina_de_estados,
)
from parimpar.aulas.desenhos.tcp import ESTADOS_TCP, MAXIMO_DE_SEGMENTOS
from parimpar.erros import ErroDeUso
from parimpar.folha import AZUL, LARANJA

DADOS = RAIZ / "notebooks" / "dados"
CAMINHO = {
    "cliente": ["CLOSED", "ESTABLISHED", "FIN_WAIT2", "TIME_WAIT"],
    "servidor": ["CLOSED", "LISTEN", "ESTABLISHED", "CLOSE_WAIT", "CLOSED"],
}
TODOS = {
    "cliente": [*CAMINHO["cliente"], "SYN_SENT", "FIN_WAIT1", "CLOSING", "TIME_WAIT"],
    "servidor": [*CAMINHO["servidor"], "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "LAST_ACK"],
}


@pytest.fixture
def ax():
    """Eixos do tamanho usado na aula."""
    return Figure(figsize=(11.5, 8.4)).add_subplot()


@pytest.fixture
def troca():
    return captura.ler(DADOS / "troca.pcap")


def textos(ax):
    return [texto.get_text() for texto in ax.texts]


def setas(ax):
    return [texto for texto in ax.texts if getattr(texto, "arrow_patch", None)]


def sobrepostos(ax):
    """Pares de textos que se cobrem, no tamanho da aula."""
    tela = FigureCanvasAgg(ax.figure)
    tela.draw()
    desenho = tela.get_renderer()
    caixas = [(t.get_text(), t.get_window_extent(desenho)) for t in ax.texts if t.get_text()]
    return [(a, b) for (a, x), (b, y) in itertools.combinations(caixas, 2) if x.overlaps(y)]


def test_espaco_tempo_tem_uma_seta_por_segmento(troca, ax):
    """Cada segmento tem seta, rótulo com sinalizações e números, e o instante; os papéis têm nome e cor."""
    artistas = espaco_tempo(troca, ax)
    assert len(setas(ax)) == len(troca)
    for segmento, seta in zip(troca, setas(ax), strict=True):
        assert seta.xy[0] == (1.0 if segmento.de == "cliente" else 0.0)
        assert seta.xy[1] > seta.xyann[1]  # o tempo corre para baixo
        assert seta.arrow_patch.get_linestyle() == ("-" if segmento.dados else "--")
    escrito = textos(ax)
    for rotulo in (
        "SYN  seq=0",
        "SYN, ACK  seq=0 ack=1",
        r"PSH, ACK  seq=3 ack=8  'ÍMPAR FIM\n' (11 bytes)",
        "0,014 ms",
    ):
        assert escrito.count(rotulo) == 1, rotulo
    assert {"cliente", "servidor"} <= set(escrito)
    assert all(artista.axes is ax for artista in artistas)


@pytest.mark.parametrize("nome", ["troca", "meio-fecho", "reinicio", "recusada"])
def test_espaco_tempo_sem_textos_sobrepostos(nome):
    """Nenhum rótulo cobre outro."""
    segmentos = captura.ler(DADOS / f"{nome}.pcap")
    ax = Figure(figsize=(11.5, 0.45 * len(segmentos) + 1)).add_subplot()
    espaco_tempo(segmentos, ax)
    assert sobrepostos(ax) == []


def test_o_rst_se_destaca(ax):
    """O RST aparece em negrito, e não só por outra cor."""
    espaco_tempo(captura.ler(DADOS / "recusada.pcap"), ax)
    (rst,) = (texto for texto in ax.texts if "RST" in texto.get_text())
    assert rst.get_weight() == "bold"


def test_conversa_longa_e_cortada(troca, ax):
    """Acima do que se lê projetado, o resto é contado."""
    espaco_tempo(troca * 2, ax)
    assert len(setas(ax)) == MAXIMO_DE_SEGMENTOS
    assert f"… e mais {2 * len(troca) - MAXIMO_DE_SEGMENTOS} segmentos" in textos(ax)


def test_sem_segmentos(ax):
    """Sem segmentos, o desenho e o texto dizem isso."""
    espaco_tempo([], ax)
    assert "nenhum segmento" in textos(ax)
    assert descrever_segmentos([]) == "nenhum segmento"


def test_descrever_segmentos(troca):
    """Uma linha por segmento, com instante, sentido, sinalizações, números e bytes."""
    linhas = descrever_segmentos(troca).splitlines()
    assert len(linhas) == len(troca)
    assert linhas[1].split() == ["0,014", "ms", "servidor", "→", "cliente", "SYN,", "ACK", "seq=0", "ack=1"]
    assert linhas[5].endswith(r"'ÍMPAR\n' (7 bytes)")


def test_os_onze_estados_da_rfc(ax):
    """Os 11 estados estão no desenho, com CLOSED no começo e no fim, e 16 transições com rótulo."""
    artistas = maquina_de_estados({}, ax)
    assert len(ESTADOS_TCP) == len(set(ESTADOS_TCP)) == 11
    escrito = textos(ax)
    assert all(escrito.count(nome) == (2 if nome == "CLOSED" else 1) for nome in ESTADOS_TCP)
    assert len(setas(ax)) == 16
    assert all(artista.axes is ax for artista in artistas)
    caixas = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert len(caixas) == 12 and all(caixa.get_linestyle() == "--" for caixa in caixas)


def test_os_visitados_ficam_marcados(ax):
    """Quem visitou aparece por cor, forma e número de ordem; o estado, por traço, fundo e negrito."""
    maquina_de_estados(CAMINHO, ax)
    marcas = {}
    for texto in ax.texts:
        if texto.get_text().isdigit():
            forma = type(texto.get_bbox_patch().get_boxstyle()).__name__
            marcas.setdefault((texto.get_bbox_patch().get_facecolor()[:3], forma), []).append(texto.get_text())
    de_hex = {tuple(int(cor[i : i + 2], 16) / 255 for i in (1, 3, 5)): cor for cor in (AZUL, LARANJA)}
    assert {(de_hex[cor], forma): sorted(ordem) for (cor, forma), ordem in marcas.items()} == {
        (AZUL, "Circle"): ["1", "2", "3", "4"],
        (LARANJA, "Square"): ["1", "2", "3", "4", "5"],
    }
    pesos = {texto.get_text(): texto.get_weight() for texto in ax.texts if texto.get_text() in ESTADOS_TCP}
    visitados = set(CAMINHO["cliente"] + CAMINHO["servidor"])
    assert {nome for nome, peso in pesos.items() if peso == "bold"} == visitados


def test_o_fim_e_outro_closed(ax):
    """O CLOSED do começo e o do fim são marcados separadamente."""
    maquina_de_estados(CAMINHO, ax)
    altura = {t.get_text(): t.get_position()[1] for t in ax.texts if t.get_text().isdigit() and t.get_position()[0] > 5}
    assert altura["1"] == 10 and altura["5"] == 0


@pytest.mark.parametrize("visitados", [{}, CAMINHO, TODOS], ids=["vazio", "um passeio", "todos"])
def test_a_maquina_sem_textos_sobrepostos(visitados, ax):
    """Nenhum rótulo cobre outro, nem com todos os estados visitados."""
    maquina_de_estados(visitados, ax)
    assert sobrepostos(ax) == []


def test_descrever_estados():
    """A ordem de cada ponta, sem repetições seguidas, e os que faltam."""
    texto = descrever_estados({"cliente": ["CLOSED", "CLOSED", "SYN_SENT"], "servidor": []})
    assert texto.splitlines() == [
        "cliente   1 CLOSED, 2 SYN_SENT",
        "servidor  nenhum",
        "não visitados: LISTEN, SYN_RECV, ESTABLISHED, FIN_WAIT1, CLOSE_WAIT, FIN_WAIT2, CLOSING,",
        "          LAST_ACK, TIME_WAIT",
    ]
    assert descrever_estados(TODOS).endswith("não visitados: nenhum")


def test_nomes_da_norma_e_o_que_nao_se_sabe():
    """Os nomes da RFC valem; o que o sistema não diz é pulado; um nome errado é dito."""
    texto = descrever_estados({"cliente": ["não disponível", "FIN-WAIT-1"], "servidor": ["SYN-RECEIVED"]})
    assert "cliente   1 FIN_WAIT1" in texto and "servidor  1 SYN_RECV" in texto
    with pytest.raises(ErroDeUso, match="não existe o estado TCP 'ABERTO'; existem: CLOSED, LISTEN"):
        descrever_estados({"cliente": ["ABERTO"]})
