"""As barras dos defeitos: artistas, texto e os números do arquivo."""

import csv
import itertools

import pytest
from apoio import RAIZ
from matplotlib.figure import Figure

from parimpar.aulas.desenhos import barras_de_defeitos, descrever_defeitos


@pytest.fixture
def linhas():
    with open(RAIZ / "notebooks" / "dados" / "evidencia.csv", encoding="utf-8", newline="") as arquivo:
        return list(csv.DictReader(arquivo))


def test_os_numeros_cabem_no_que_se_mediu(linhas):
    """Foram 30 servidores (28 deles reiniciados) e 27 clientes; nenhum defeito passa disso."""
    for linha in linhas:
        assert 0 < int(linha["quantos"]) <= int(linha["de"])
        assert int(linha["de"]) in {"servidor": (30, 28), "cliente": (27,)}[linha["lado"]]


def test_uma_barra_por_defeito_em_ordem(linhas):
    """As barras vão da mais comprida à mais curta, com o tamanho da porcentagem."""
    barras = barras_de_defeitos(linhas, Figure().subplots())
    larguras = [barra.get_width() for barra in barras]
    assert len(barras) == len(linhas) and larguras == sorted(larguras, reverse=True)
    assert larguras[0] == pytest.approx(100 * 29 / 30)


def test_nao_depende_so_da_cor(linhas):
    """O lado está escrito, e as barras do cliente são hachuradas."""
    ax = Figure().subplots()
    barras = barras_de_defeitos(linhas, ax)
    rotulos = [rotulo.get_text() for rotulo in ax.get_yticklabels()]
    for barra, rotulo in zip(barras, rotulos, strict=True):
        assert bool(barra.get_hatch()) == rotulo.startswith("cliente: ")
    assert "27 de 30" in [texto.get_text() for texto in ax.texts]


def test_nenhuma_palavra_sobra_na_ultima_linha(linhas):
    """Um nome em duas linhas as tem de tamanho parecido, e dois nomes vizinhos não se encostam."""
    figura = Figure(figsize=(8.5, 6.6), layout="constrained")
    ax = figura.subplots()
    barras_de_defeitos(linhas, ax)
    figura.canvas.draw()
    nomes = ax.get_yticklabels()
    for nome in nomes:
        tamanhos = [len(linha) for linha in nome.get_text().split("\n")]
        assert min(tamanhos) >= max(tamanhos) / 2
    caixas = [nome.get_window_extent() for nome in nomes]
    assert all(acima.y0 > abaixo.y1 for acima, abaixo in itertools.pairwise(caixas))


def test_texto_equivalente(linhas):
    """O texto tem os mesmos defeitos, na mesma ordem."""
    texto = descrever_defeitos(linhas).splitlines()
    assert texto[0] == "29 de 30  servidor  julga errado um número que chega em dois segmentos"
    assert len(texto) == len(linhas)
