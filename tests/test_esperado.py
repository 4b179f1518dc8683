"""O que se exige de um veredito que a máquina ocupada não deixou dar."""

import contextlib

import esperado
import pytest

from avaliador.relatorio import Avaliacao
from avaliador.veredito import ENUNCIADO, FALHOU, NAO_DEU, OK, Veredito


def avaliacao(situacao):
    """Uma avaliação com um caso só."""
    return Avaliacao("servidor", ("x",), (), (Veredito("par", "PI-03", ENUNCIADO, situacao, "8 recebe PAR"),))


@pytest.mark.parametrize(
    "ocupada, depois, passa",
    [
        (True, [OK], True), (True, [NAO_DEU, OK], True), (True, [NAO_DEU] * 9, False), (True, [FALHOU], False),
        (False, [OK], False),
    ],
)  # fmt: skip
def test_o_que_nao_deu_tem_de_dar_quando_se_repete(monkeypatch, tmp_path, ocupada, depois, passa):
    """Com a máquina ocupada o caso se repete; o que nunca se julga é um defeito, e o que falhou não passa."""
    monkeypatch.setattr(esperado, "PASTA", tmp_path)
    monkeypatch.setattr(esperado, "ocupada", lambda: ocupada)
    esperado.escrever("servidores", "x.py", avaliacao(OK))
    vezes = iter(depois)
    with contextlib.nullcontext() if passa else pytest.raises(AssertionError):
        esperado.conferir("servidores", "x.py", avaliacao(NAO_DEU), lambda nome, so: avaliacao(next(vezes)))
