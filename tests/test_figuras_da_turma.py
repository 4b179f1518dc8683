"""As figuras da turma: artistas e texto, não pixels."""

import pytest
from matplotlib.figure import Figure

from parimpar import Cliente, Servidor
from parimpar.aulas.aluno import MISSOES
from parimpar.aulas.desenhos import descrever_missoes, descrever_respostas, missoes_da_turma, respostas_no_tempo
from parimpar.aulas.placar import FATIA, Placar
from parimpar.diario import Diario


@pytest.fixture
def placar():
    """O de uma turma de dois: Ana devolve; Bruno só pergunta, e com mais de 10 casas."""
    with Servidor() as servidor:
        placar = Placar(servidor.diario)
        with Cliente(*servidor.endereco, nome="Ana") as ana, Cliente(*servidor.endereco, nome="Bruno") as bruno:
            ana.perguntar(7)
            ana.devolver()
            bruno.perguntar("1" * 11)
    placar.atualizar()
    return placar


QUANTOS = {"conectou": 2, "perguntou": 2, "paridade": 1, "letras": 1, "devolveu": 1}


def test_uma_barra_por_missao(placar):
    """De cima para baixo, na ordem das missões, cada uma com o seu nome e quantos a cumpriram."""
    ax = Figure().subplots()
    barras = missoes_da_turma(placar, ax)
    assert [int(barra.get_width()) for barra in barras][::-1] == [QUANTOS.get(missao, 0) for missao in MISSOES]
    assert [texto.get_text() for texto in ax.get_yticklabels()][::-1] == list(MISSOES.values())
    assert ax.get_xlim()[1] >= 2  # o tamanho da turma cabe, mesmo que ninguém o alcance
    linhas = descrever_missoes(placar).splitlines()
    assert linhas[0].split() == ["conectou-se", "2", "de", "2"] and linhas[-1].split()[-3:] == ["0", "de", "2"]
    assert len(linhas) == len(MISSOES) and len(set(map(len, linhas))) == 1


def test_as_respostas_no_tempo(placar):
    """Cada fatia de tempo vira um ritmo, por minuto; nas que ninguém perguntou, é zero."""
    assert sum(placar.por_fatia.values()) == 2
    placar.por_fatia.clear()
    placar.por_fatia.update({0: 2, 3: 6})
    ax = Figure().subplots()
    (linha,) = respostas_no_tempo(placar, ax)
    assert [*linha.get_ydata()] == [q * 60 / FATIA for q in (2, 0, 0, 6, 0)]
    assert [*linha.get_xdata()] == pytest.approx([i * FATIA / 60 for i in range(5)])
    assert ax.get_ylim()[0] == 0 and ax.get_ylabel() == "respostas por minuto"
    assert descrever_respostas(placar) == "respostas: 8 ao todo; no ritmo mais alto, 36 por minuto"


@pytest.mark.parametrize("desenhar", [missoes_da_turma, respostas_no_tempo])
def test_antes_de_chegar_alguem(desenhar, capsys):
    """Sem ninguém, a figura sai, com o mesmo em texto."""
    assert desenhar(Placar(Diario())) is None
    escrito = capsys.readouterr().out
    assert "0 de 0" in escrito or "respostas: 0 ao todo" in escrito
