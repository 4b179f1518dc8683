"""Nenhum termo aparece antes de ser explicado, a não ser numa frase que o promete."""

import json
import re

import pytest

from ferramentas.indice import AULAS, PASTA

# O termo, como expressão regular, e onde ele é definido: a aula e o identificador da célula.
TERMOS = {
    r"[Bb]ytes?": ("00", "nao-caiu"),
    r"UTF-8": ("00", "nao-caiu"),
    r"hexadecimal": ("00", "le-os-bytes"),
    r"[Pp]rotocolos?": ("00", "o-protocolo"),
    r"TCP": ("00", "as-camadas"),
    r"camadas?": ("00", "as-camadas"),
    r"[Ss]ockets?": ("00", "o-socket"),
    r"[Hh]ospedeiros?": ("00", "o-socket"),
    r"[Pp]ortas?": ("00", "o-socket"),
    r"[Dd]escritor(?:es)?": ("01", "o-descritor"),
    r"[Bb]uffers?": ("01", "socket-novo"),
    r"[Aa]presentação de três vias": ("01", "antes-do-accept"),
    r"[Ff]ilas?": ("01", "gaierror"),
    r"demultiplexação": ("01", "quatro-valores"),
    r"bloqueia": ("02", "o-prazo"),
    r"prazo": ("02", "o-prazo"),
    r"FIN": ("02", "fechar"),
    r"CLOSE_WAIT": ("02", "meio-fechada"),
    r"TIME_WAIT": ("02", "recv-vazio"),
    r"reconhecimentos?": ("02", "time-wait"),
    r"RST": ("03", "o-rst"),
    r"[Tt]hreads?": ("03", "duas-ferramentas"),
    r"[Pp]rocessos?": ("03", "em-dois-terminais"),
    r"[Ff]irewall": ("03", "dois-computadores"),
    r"[Hh]istograma": ("04", "le-o-histograma"),
    r"[Ss]egmentos?": ("05", "rede-ruim"),
    r"[Cc]ontrole de fluxo": ("06", "controle-de-fluxo"),
    r"[Ee]nquadramento": ("06", "quatro-jeitos"),
    r"GIL": ("07", "o-preco-das-threads"),
    r"UDP": ("08", "sem-conexao"),
    r"[Dd]atagramas?": ("08", "sem-conexao"),
    r"[Cc]abeçalhos?": ("06", "dois-em-um"),
    r"[Qq]uadros?": ("09", "le-os-envelopes"),
    r"[Cc]ampo de flags": ("09", "as-flags"),
    r"SYN": ("09", "as-flags"),
    r"[Nn]úmeros? de sequência": ("09", "seq-e-ack"),
    r"[Mm]eio fechamento": ("09", "o-rst"),
    r"SYN_SENT": ("10", "os-que-passam"),
}
PROMESSA = re.compile(r"[Vv]eremos|[Aa]ulas? \d\d")  # "veremos", ou "a aula 05 mostra"


def fonte(celula):
    return "".join(celula["source"])


def prosa(texto):
    """O texto corrido, em frases: sem código (a não ser os nomes dos estados), endereços nem a navegação."""
    texto = re.sub(
        r"```.*?```|`(?![A-Z_]+`)[^`\n]*`|\]\([^)]*\)|^\[Todas as aulas\][^\n]*", " ", texto, flags=re.S | re.M
    )
    return re.split(r"(?<=[.:;?!])\s|\n\n|\n\* |\n\d\. ", texto)


def celulas():
    """(aula, identificador, frases) de cada célula de texto, e do que as perguntas mostram, na ordem do curso."""
    for aula in AULAS:
        if aula.de:
            continue  # um apêndice se lê depois, ou não se lê
        for celula in json.loads((PASTA / aula.arquivo).read_text(encoding="utf-8"))["cells"]:
            if celula["cell_type"] == "markdown":
                yield aula.numero, celula["id"], prosa(fonte(celula))
            elif fonte(celula).startswith("Preveja("):
                yield aula.numero, celula["id"], prosa("".join(celula["outputs"][0]["data"]["text/plain"]))


@pytest.mark.parametrize("termo", TERMOS)
def test_nenhum_uso_antes_da_definicao(termo):
    """Antes da célula que o define, o termo só aparece numa frase que promete a explicação; e ela o traz.

    A abertura de uma aula é também uma promessa: diz do que ela trata.
    """
    anterior = None
    for numero, identificador, frases in celulas():
        abertura, anterior = numero != anterior, numero
        achados = [f for f in frases if re.search(rf"\b{termo}\b", f)]
        if (numero, identificador) == TERMOS[termo]:
            assert achados, "a célula que o define não o traz"
            return
        if abertura and numero == TERMOS[termo][0]:
            continue
        assert [f for f in achados if not PROMESSA.search(f)] == [], (numero, identificador)
    pytest.fail(f"não há a célula {TERMOS[termo]}")
