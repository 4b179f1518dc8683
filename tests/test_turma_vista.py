"""A página e a figura da turma: o que dizem, e que nada do que veio de um aluno vira marcação ou fórmula."""

import sys

import pytest
from apoio import HOSTIS
from matplotlib.text import Text

from avaliador.turma import figura, vista
from avaliador.turma.resultado import Julgado, Resultado
from avaliador.veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, OK

PAR, LINHA = "8 recebe PAR", "um pedido em linha recebe uma resposta em linha"


def resultado(entrega, par=OK, linha=OK, titulo=PAR, avisos=None):
    """Uma entrega com só o servidor, em que o caso do enunciado e o da especificação deram isto."""
    vereditos = [
        {"caso": "par", "codigo": "PI-03", "regua": ENUNCIADO, "situacao": par, "titulo": titulo, "explicacao": "x"},
        {"caso": "linha", "codigo": "PI-10", "regua": ESPECIFICACAO, "situacao": linha, "titulo": LINHA, "explicacao": "x"},
    ]  # fmt: skip
    nota = {ENUNCIADO: 10.0 * (par == OK), ESPECIFICACAO: 10.0 * (linha == OK)}
    dado = {"aprovado": par == OK, "notas": nota | {"minimo": nota, "maximo": nota}, "vereditos": vereditos}
    return Resultado(entrega, {"servidor": Julgado(dado, "", "<p>relatório</p>", "servidor.py")}, avisos or {})


def test_as_exigencias_mais_descumpridas_vem_primeiro():
    """Só contam os programas que foram julgados nela, e só as que alguém descumpriu."""
    turma = [resultado("a", FALHOU, FALHOU), resultado("b", NAO_DEU), resultado("c", OK, FALHOU)]
    assert figura.descrever(turma) == f"■ servidor: {PAR}: 1 de 2"
    assert figura.descrever(turma, ESPECIFICACAO) == f"■ servidor: {LINHA}: 2 de 3"
    assert figura.descrever([resultado("c")]) == "Ninguém falhou no que se julgou: enunciado."


@pytest.mark.filterwarnings("ignore:Glyph")  # um emoji que a fonte não tem
@pytest.mark.parametrize("titulo", [*HOSTIS, "comprido " * 30])
def test_a_figura_escreve_ao_pe_da_letra(titulo):
    """Nenhum texto é fórmula, todos têm 12 pontos ou mais, e o SVG não traz a marcação de ninguém."""
    turma = [resultado(f"{i}", FALHOU, titulo=f"{i} {titulo}") for i in range(figura.MAXIMO + 2)]
    textos = figura.figura(turma).findobj(Text)
    assert all(not t.get_parse_math() and t.get_fontsize() >= 12 for t in textos)
    pagina = figura.em_html(turma)
    assert "<img" not in pagina and "<script" not in pagina and "E mais 2 exigências, abaixo." in pagina
    assert 'role="img"' in pagina and "os números estão abaixo, por escrito" in pagina


def test_sem_falhas_ou_sem_matplotlib_fica_o_texto(monkeypatch):
    """Quem só instalou o avaliador lê o mesmo, em linhas."""
    assert "<svg" not in figura.em_html([resultado("a")]) and "Ninguém falhou" in figura.em_html([resultado("a")])
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    pagina = figura.em_html([resultado("a", FALHOU)])
    assert "<svg" not in pagina and f"{PAR}: 1 de 1" in pagina


@pytest.mark.parametrize("nome", HOSTIS)
def test_a_tabela_escapa_o_nome_e_os_avisos(nome):
    """Também nos atributos pelos quais se ordena."""
    pagina = vista.em_html([resultado(nome, avisos={"entrega": nome})])
    assert (
        "<img" not in pagina
        and "<b>" not in pagina.replace("<p><b>O servidor", "")
        and "alert(1)</script>" not in pagina
    )
    com_links = vista.em_html([resultado(nome, FALHOU)], ["001.html"])
    assert '<a href="001.html" aria-label="relatório de' in com_links and "<p>relatório" not in com_links


def test_ordena_se_pelo_numero_e_nao_pelo_texto():
    """10,0 vem depois de 9,5; e quem não tem nota, antes de todos."""
    assert sorted(map(vista._valor, (10.0, 9.5, None, 0.0))) == list(map(vista._valor, (None, 0.0, 9.5, 10.0)))
