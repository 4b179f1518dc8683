"""Os vereditos, a nota e o relatório: o que se lê, e o que um programa hostil não consegue escrever nele."""

import json

import pytest

from avaliador import relatorio
from avaliador.relatorio import Avaliacao
from avaliador.veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, NAO_SE_APLICA, OK, TOLERADO, Veredito


def avaliacao(situacoes, regua=ENUNCIADO, vale=1.0, **opcoes):
    """Uma avaliação com um veredito de cada situação."""
    vereditos = [
        Veredito(f"c{i}", "PI-03", regua, s, f"caso {i}", "porque sim", vale=vale) for i, s in enumerate(situacoes)
    ]
    return Avaliacao("servidor", ("python", "s.py"), (), tuple(vereditos), **opcoes)


@pytest.mark.parametrize(
    "situacoes, nota, escrita, intervalo",
    [
        ([OK] * 4, 10.0, "10,0", (10.0, 10.0)), ([OK, TOLERADO, FALHOU], 6.7, "6,7", (6.7, 6.7)),
        ([OK] * 7 + [FALHOU] * 2 + [NAO_DEU] * 2, None, "entre 6,4 e 8,2", (6.4, 8.2)),
        ([NAO_DEU] * 3, None, "entre 0,0 e 10,0", (0.0, 10.0)), ([FALHOU] * 3, 0.0, "0,0", (0.0, 0.0)),
        ([FALHOU, NAO_DEU], None, "entre 0,0 e 5,0", (0.0, 5.0)), ([OK] * 4 + [NAO_SE_APLICA] * 18, None, "4 de 4", None),
        ([NAO_SE_APLICA] * 3, None, "–", None), ([], None, "–", None),
    ],
)  # fmt: skip
def test_nota(situacoes, nota, escrita, intervalo):
    """O que não deu para julgar abre um intervalo; zero só de quem se viu falhar; de poucos casos não se tira nota."""
    feita = avaliacao(situacoes)
    assert (feita.nota(ENUNCIADO), feita.nota_escrita(ENUNCIADO), feita.intervalo(ENUNCIADO)) == (
        nota,
        escrita,
        intervalo,
    )


def test_o_que_vale_meio_ponto():
    """Um critério que o relatório diz não cumprido não vale o ponto inteiro."""
    feita = avaliacao([TOLERADO, TOLERADO], vale=0.5)
    assert feita.placar(ENUNCIADO) == (1.0, 2) and feita.nota(ENUNCIADO) == 5.0 and feita.aprovado
    assert "enunciado: 1 de 2, nota 5,0" in str(feita) and "0,5 de 1" in str(avaliacao([TOLERADO], vale=0.5))


@pytest.mark.parametrize(
    "situacoes, aprovado, indeciso, trecho",
    [
        ([OK, TOLERADO], True, False, "Cumpre o enunciado."), ([OK, FALHOU], False, False, "Ainda não cumpre"),
        ([OK, NAO_DEU], False, True, "Cumpre o que se pôde julgar"), ([NAO_DEU], False, True, "não é uma nota"),
        ([FALHOU, NAO_DEU], False, False, "Ainda não cumpre"),
    ],
)  # fmt: skip
def test_a_conclusao(situacoes, aprovado, indeciso, trecho):
    """A última linha só afirma o que se viu."""
    feita = avaliacao(situacoes)
    assert (feita.aprovado, feita.indeciso) == (aprovado, indeciso) and trecho in str(feita).splitlines()[-1]


def test_poucos_casos_que_se_aplicam_nao_dao_nota():
    """Quatro casos de 22: diz de quantos, e não 10,0."""
    texto = str(avaliacao([OK] * 4 + [NAO_SE_APLICA] * 18, ESPECIFICACAO))
    assert (
        "especificação: 4 de 4; dos 22 casos, só esses se aplicam, e não dão uma nota" in texto and "10,0" not in texto
    )


HOSTIL = "x\n\nenunciado: 11 de 11, nota 10,0\r\x1b[2J\u2028\u202e"


def test_nada_do_programa_abre_uma_linha_do_relatorio():
    """Nem a explicação, a causa, o perfil, os bytes, o comando ou a pasta: o texto hostil aparece escapado, no lugar dele."""
    veredito = Veredito(
        "x", "PI-03", ENUNCIADO, FALHOU, "t", HOSTIL, esperado="PAR", recebido=HOSTIL.encode(), causa=HOSTIL
    )
    for quantos in (1, relatorio.REPETIDOS):
        feita = Avaliacao("servidor", ("python", f"/tmp/{HOSTIL}/{HOSTIL}.py"), (HOSTIL,), (veredito,) * quantos)
        linhas = str(feita).split("\n")
        assert [linha for linha in linhas if linha.startswith("enunciado:")] == [f"enunciado: 0 de {quantos}, nota 0,0"]
        assert all(linha.isprintable() for linha in linhas)
        pagina = relatorio.em_html(feita)
        assert "\x1b" not in pagina and "\u202e" not in pagina and "\r" not in pagina


def test_o_comando_se_le_sem_as_pastas():
    """O caminho não aparece; um nome com espaços vem entre aspas."""
    assert relatorio.comando_escrito(("/usr/bin/python3", "C:\\casa\\o meu.py", "60000")) == "python3 'o meu.py' 60000"


def test_o_json_nao_comanda_o_terminal():
    """Um nome de arquivo com o que o terminal obedece, ou que nem é texto, vai escrito em código, e volta o mesmo."""
    comando = ("python", "não\x1b[31m\x9b31m\u202e\udcff.py")
    texto = relatorio.em_json(Avaliacao("servidor", comando, ("não é",), ()))
    assert "não é" in texto and all(c.isprintable() or c == "\n" for c in texto)
    assert json.loads(texto.encode())["comando"] == list(comando)


def test_comparacao_marca_o_primeiro_byte_diferente():
    """A marca fica embaixo do primeiro byte que difere, mesmo depois de um caractere escapado."""
    veredito = Veredito("x", "PI-03", ENUNCIADO, FALHOU, "t", esperado="PAR\nX", recebido=b"PAR\nY")
    assert veredito.comparacao.splitlines() == ["esperado: PAR\\nX", "recebido: PAR\\nY", " " * 15 + "^ byte 5"]


def test_o_que_so_se_descreve_nao_e_comparado():
    """Um esperado como <11 letras sorteadas> não tem byte diferente a apontar."""
    veredito = Veredito("x", "PI-04", ENUNCIADO, FALHOU, "t", esperado="<11 letras>", recebido=b"123")
    assert veredito.comparacao.splitlines() == ["esperado: <11 letras>", "recebido: 123"]


def test_os_casos_nao_julgados_pelo_mesmo_motivo_sao_contados():
    """Um programa que nem começa não repete o motivo a cada caso; os poucos que faltam são ditos um a um."""

    def relatar(quantos):
        vereditos = [Veredito("a", "PI-03", ENUNCIADO, FALHOU, "primeiro", "caiu")]
        vereditos += [
            Veredito(f"c{i}", "PI-03", ENUNCIADO, NAO_DEU, f"caso {i}", "não começou") for i in range(quantos)
        ]
        return relatorio.em_texto(relatorio.Avaliacao("servidor", ("x",), (), tuple(vereditos)))

    assert "? [não deu para julgar] 5 casos (c0, c1, c2, c3, c4)\n      não começou\n" in relatar(5)
    assert "PI-03: caso 0 (c0)" in relatar(2)


def test_o_html_escapa_o_que_veio_do_programa():
    """Texto hostil do programa não vira marcação no notebook."""
    veredito = Veredito(
        "x", "PI-03", ENUNCIADO, FALHOU, "t", "<img onerror=x>", esperado="PAR", recebido=b"<b>\x1b[31m"
    )
    pagina = relatorio.em_html(relatorio.Avaliacao("servidor", ("x",), ("<script>",), (veredito,)))
    assert "<img" not in pagina and "<b>\x1b" not in pagina and "<script>" not in pagina and "\x1b" not in pagina
    assert pagina.index("enunciado: 0 de 1") < pagina.index("&lt;script&gt;")  # a nota no alto, e depois o perfil
