"""O que só usa quem mantém o projeto: o índice, a reexecução e a leitura de diferenças."""

import nbformat

from ferramentas.indice import AULAS, navegacao
from ferramentas.ler_notebook import em_texto
from ferramentas.reexecutar import navegar


def aula(numero):
    return next(a for a in AULAS if a.numero == numero)


def test_a_navegacao_leva_as_vizinhas():
    """A primeira só tem a seguinte; um apêndice volta à aula dele."""
    assert navegacao(aula("00")).endswith("**00 Comece aqui** · [01 O dicionário →](01-o-dicionario.ipynb)")
    assert "[← 01 O dicionário](01-o-dicionario.ipynb)" in navegacao(aula("02"))
    assert "[← 04 O painel](04-o-painel.ipynb)" in navegacao(aula("90")) and "→" not in navegacao(aula("90"))


def test_navegar_so_muda_a_navegacao_e_o_tempo():
    """O resto do texto, os identificadores e as outras células ficam como estavam."""
    celulas = [
        nbformat.v4.new_markdown_cell("[Todas as aulas](../README.md#as-aulas) velha\n\n**Tempo:** 3 minutos.", id="a"),
        nbformat.v4.new_markdown_cell("meio", id="b"),
        nbformat.v4.new_markdown_cell("fim\n\n[Todas as aulas](../README.md#as-aulas)", id="c"),
    ]
    navegar(nbformat.v4.new_notebook(cells=celulas), aula("01"))
    assert celulas[0].source == f"{navegacao(aula('01'))}\n\n**Tempo:** {aula('01').minutos} minutos."
    assert [c.source for c in celulas[1:]] == ["meio", f"fim\n\n{navegacao(aula('01'))}"]
    assert [c.id for c in celulas] == ["a", "b", "c"]


def test_um_notebook_em_texto():
    """Com o que se lê, e sem as figuras."""
    celula = nbformat.v4.new_code_cell("print(1)", id="soma", metadata={"tags": ["raises-exception"]})
    celula.outputs = [
        nbformat.v4.new_output("stream", text="1\n"),
        nbformat.v4.new_output("display_data", data={"text/html": "<img>", "text/plain": "[figura: uma]"}),
        nbformat.v4.new_output("error", ename="ValueError", evalue="não"),
    ]
    assert em_texto(nbformat.v4.new_notebook(cells=[celula])).splitlines() == [
        "── code soma raises-exception", "print(1)", "   │ 1", "   │ [figura: uma]", "   │ ValueError: não",
    ]  # fmt: skip
