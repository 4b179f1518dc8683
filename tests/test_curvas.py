"""As curvas: artistas e texto, não pixels."""

from matplotlib.figure import Figure

from parimpar.aulas.desenhos import curvas, descrever_curvas

MEDIDAS = {"um": [(1, 10.0), (10, 5.5)], "outro programa": [(1, 20.0)]}


def test_uma_linha_por_programa_distinguivel_sem_cor():
    """Cada programa tem os seus pontos, o seu marcador, o seu traço e o seu nome."""
    ax = Figure().subplots()
    um, outro = curvas(MEDIDAS, ax, ylabel="respostas por segundo")
    assert [*um.get_xdata()] == [1, 10] and [*um.get_ydata()] == [10, 5.5]
    assert um.get_marker() != outro.get_marker() and um.get_linestyle() != outro.get_linestyle()
    assert [texto.get_text() for texto in ax.get_legend().get_texts()] == ["um", "outro programa"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("clientes", "respostas por segundo")


def test_texto_equivalente():
    """A tabela tem todas as medidas, e um traço onde não houve medida."""
    assert descrever_curvas(MEDIDAS, "{:.1f}").splitlines() == [
        "clientes        um  outro programa",
        "       1      10,0            20,0",
        "      10       5,5               -",
    ]
