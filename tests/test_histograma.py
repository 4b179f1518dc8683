"""O histograma das casas: artistas e texto, não pixels."""

from matplotlib.figure import Figure

from parimpar.aulas.desenhos import descrever_casas, histograma_de_casas

AMOSTRAS = {"um jeito": ["7", "8", "12", "1" * 30], "outro": ["1" * 29, "1" * 30, "1" * 30]}


def test_cada_barra_conta_os_numeros_com_aquelas_casas():
    """Uma coleção de barras por amostra, cada uma com a sua altura, e a fronteira das 10 casas."""
    ax = Figure().subplots()
    um, outro = histograma_de_casas(AMOSTRAS, ax)
    assert [barra.get_height() for barra in um] == [2, 1, 1]
    assert [barra.get_height() for barra in outro] == [1, 2]
    assert um[0].get_x() + um[0].get_width() < outro[0].get_x()
    assert [linha.get_xdata()[0] for linha in ax.lines] == [10.5]


def test_nao_depende_so_da_cor():
    """As amostras se distinguem também pela hachura e pela legenda."""
    ax = Figure().subplots()
    um, outro = histograma_de_casas(AMOSTRAS, ax)
    assert um[0].get_hatch() != outro[0].get_hatch()
    assert [texto.get_text() for texto in ax.get_legend().get_texts()] == ["um jeito", "outro"]


def test_texto_equivalente():
    """O texto diz, de cada amostra, quantos números recebem paridade."""
    assert descrever_casas(AMOSTRAS).splitlines() == [
        "um jeito: 4 números; até 10 casas: 3; de 28 a 30 casas: 1",
        "outro: 3 números; até 10 casas: 0; de 28 a 30 casas: 3",
    ]
