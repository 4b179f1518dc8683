"""Os conselhos do avaliador: a mesma cura, na linguagem de quem escreveu o programa."""

import pytest

from avaliador.conselhos import Conselho, da_excecao, lingua_de


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


@pytest.mark.parametrize(
    "excecao, trecho",
    [
        ("NameError: name 'random' is not defined (linha 7)", "import"),
        ("TypeError: a bytes-like object is required, not 'str' (linha 3)", ".encode()"),
        ('TypeError: can only concatenate str (not "bytes") to str (linha 3)', ".decode()"),
        ("UnicodeDecodeError: 'ascii' codec can't decode byte 0xc3", "UTF-8"),
        ("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xc3", "partidos"),
        ("Error: connect ECONNREFUSED 127.0.0.1:60000", "tente de novo"), ("SIGSEGV: acessou memória", "vetores"),
        ("KeyError: 'x'", ""), ("", ""),
    ],
)  # fmt: skip
def test_da_excecao(excecao, trecho):
    """Das exceções mais comuns se sabe a cura; das outras, nada se inventa."""
    assert trecho in da_excecao(excecao) and bool(trecho) == bool(da_excecao(excecao))
