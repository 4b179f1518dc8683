"""O gabarito responde a tudo o que as aulas perguntam, e nada mudou depois dele."""

import json
import re

import pytest
from apoio import RAIZ

from ferramentas.indice import AULAS, PASTA
from parimpar.aulas.perguntas import achar

SECOES = dict(
    re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", (RAIZ / "docs" / "gabarito.md").read_text(encoding="utf-8"), re.S | re.M)
)


def sem_crases(texto):
    return texto.replace("`", "")


@pytest.mark.parametrize("aula", AULAS, ids=lambda aula: aula.numero)
def test_toda_pergunta_tem_resposta(aula):
    """Cada pergunta do fim da aula tem o mesmo número no gabarito, e cada previsão, a opção certa."""
    celulas = ["".join(c["source"]) for c in json.loads((PASTA / aula.arquivo).read_text(encoding="utf-8"))["cells"]]
    secao = SECOES[str(aula)]
    perguntas = re.findall(r"^(\d+)\. ", celulas[-1].partition("## Perguntas")[2], re.M)
    assert re.findall(r"^(\d+)\. ", secao, re.M) == perguntas
    previsoes = sem_crases(secao.partition("\n\n1. ")[0])
    for nome in re.findall(r'^Preveja\("(.+)"\)', "\n".join(celulas), re.M):
        assert sem_crases(achar(nome).certa) in previsoes, nome


def test_nada_sobra_no_gabarito():
    """Toda seção é de uma aula do índice, na ordem."""
    assert list(SECOES) == [str(aula) for aula in AULAS]
