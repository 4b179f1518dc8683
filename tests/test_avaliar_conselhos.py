"""Os conselhos do avaliador: a mesma cura, na linguagem de quem escreveu o programa."""

import pytest

from avaliador.conselhos import Conselho, lingua_de


@pytest.mark.parametrize(
    "comando, lingua",
    [
        (["python", "x.py"], "python"), (["/usr/bin/python3.12", "-m", "x"], "python"), (["py", "x"], "python"),
        (["pypy3", "x"], "python"), (["java", "-cp", "bin", "Cliente"], "java"), (["javaw", "Cliente"], "java"),
        (["node", "x"], "js"), (["./x.js"], "js"), (["./cliente"], "c"), (["./outro"], None), (["ruby", "x.rb"], None),
    ],
)  # fmt: skip
def test_lingua_de(comando, lingua, tmp_path):
    """Pelo interpretador, pela extensão, ou pelo fonte ao lado do executável."""
    (tmp_path / "cliente.c").write_text("int main() {}")
    assert lingua_de(comando, tmp_path) == lingua


def test_o_conselho_na_linguagem_do_aluno():
    """O código é o da linguagem; nas que ele não conhece fica só a frase."""
    conselho = Conselho("Mostre a resposta", python="print(resposta)", js="console.log(resposta)")
    assert conselho.em("python") == "Mostre a resposta: print(resposta)"
    assert conselho.em("js") == "Mostre a resposta: console.log(resposta)"
    assert conselho.em("c") == conselho.em(None) == "Mostre a resposta."
    with pytest.raises(ValueError, match="veio cobol"):
        Conselho("Mostre", cobol="DISPLAY RESPOSTA")
