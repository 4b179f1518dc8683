"""O protocolo sem rede: o que se responde a cada mensagem e onde ela termina."""

import random
import re
import string
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parimpar.erros import ErroDeProtocolo
from parimpar.protocolo import (
    MAXIMO_DA_RESPOSTA,
    Apresentacao,
    Conversa,
    Devolucao,
    Invalido,
    Pedido,
    Respostas,
    classificar,
    tipo_da_resposta,
)

VAZIA = "ERRO esperava um número e veio uma mensagem vazia; envie de 1 a 1000 algarismos"
LONGO = "ERRO o pedido passou de 1024 bytes sem terminar; conexão encerrada"


def conversar(*fatias, fim=False, semente=1):
    """Os bytes que o servidor responderia a essas fatias, com as letras de uma semente."""
    conversa = Conversa(random.Random(semente))
    respostas = [conversa.codificar(conversa.receber(fatia)) for fatia in fatias]
    return b"".join([*respostas, conversa.codificar(conversa.fim()) if fim else b""])


def uma_a_uma(dados):
    return [bytes([byte]) for byte in dados]


def letras(casas, semente=1):
    return "".join(random.Random(semente).choices(string.ascii_letters, k=casas))


def recusa(texto):
    return f"ERRO esperava um inteiro (algarismos de 0 a 9, sinal opcional) e veio {texto}; corrija e envie de novo"


def recusa_do_nome(texto):
    return f"ERRO esperava NOME e de 1 a 30 caracteres visíveis, em UTF-8, e veio {texto}; corrija e envie de novo"


# O que o cliente envia e o que deve ouvir; None quando não se responde.
MENSAGENS = [
    (b"7", "ÍMPAR"),
    (b"8", "PAR"),
    (b"0", "PAR"),
    (b"-7", "ÍMPAR"),
    (b"+8", "PAR"),
    (b"-0", "PAR"),
    (b"007", "ÍMPAR"),
    (b"  8 ", "PAR"),
    (b"1234567890", "PAR"),
    (b"-9999999999", "ÍMPAR"),
    (b"0000000001", "ÍMPAR"),
    (b"00000000001", letras(11)),
    (b"12345678901", letras(11)),
    (b"+12345678901", letras(11)),
    (b"9" * 30, letras(30)),
    (b"7" * 1000, letras(1000)),
    (b"-" + b"7" * 1000, letras(1000)),
    (b"7" * 1001, "ERRO o número tem 1001 casas e o máximo é 1000; envie um número menor"),
    (b"", VAZIA),
    (b"   ", VAZIA),
    (b"8.9e+29", recusa("'8.9e+29'")),
    ("１２".encode(), recusa("'１２'")),
    ("٣".encode(), recusa("'٣'")),
    (b"1 2", recusa("'1 2'")),
    (b"+", recusa("'+'")),
    (b"--1", recusa("'--1'")),
    (b"0x1F", recusa("'0x1F'")),
    (b"1_000", recusa("'1_000'")),
    (b"\t7", recusa(r"'\t7'")),
    (b"7\r7", recusa(r"'7\r7'")),
    (b"fim", recusa("'fim'")),
    (b"\x00\xff", recusa(r"'\x00\\xff'")),
    (b"\x1b[31mx", recusa(r"'\x1b[31mx'")),
    (b"x" * 1023, recusa("'" + "x" * 30 + "'…")),
    (b"PAR FIM", None),
    (b"FIM", None),
    (b"NOME Ana", None),
    ("NOME  José da Silva ".encode(), None),
    (("NOME " + "ã" * 30).encode(), None),
    (b"NOME SERAFIM", None),
    (b"NOME", recusa_do_nome("'NOME'")),
    (b"NOME   ", recusa_do_nome("'NOME'")),
    (b"NOME " + b"x" * 31, recusa_do_nome("'NOME " + "x" * 25 + "'…")),
    (b"NOME a\x1b[31m", recusa_do_nome(r"'NOME a\x1b[31m'")),
    ("NOME a\u202eb".encode(), recusa_do_nome(r"'NOME a\u202eb'")),
    ("NOME José".encode("latin-1"), recusa_do_nome(r"'NOME Jos\\xe9'")),
    (b"NOME\tAna", recusa(r"'NOME\tAna'")),
    (b"NOMEAR", recusa("'NOMEAR'")),
    (b"nome Ana", recusa("'nome Ana'")),
]
nomes = [dados.decode("utf-8", "replace")[:20] or "vazia" for dados, _ in MENSAGENS]


@pytest.mark.parametrize("terminador", [b"\n", b"\r\n"])
@pytest.mark.parametrize("dados, resposta", MENSAGENS, ids=nomes)
def test_forma_de_linha(dados, resposta, terminador):
    """Cada mensagem em linha, inteira, byte a byte e com outra colada, tem a mesma resposta (PI-01 a PI-06, PI-10)."""
    linha, esperada = dados + terminador, b"" if resposta is None else f"{resposta}\n".encode()
    assert conversar(linha) == esperada
    assert conversar(*uma_a_uma(linha)) == esperada
    assert conversar(linha + b"8\n3") == esperada + b"PAR\n"


@pytest.mark.parametrize("dados, resposta", MENSAGENS, ids=nomes)
def test_forma_crua(dados, resposta):
    """Sem \\n, a mensagem acaba no fim do envio ou no silêncio, e a resposta vai sem \\n (PI-11)."""
    esperada = b"" if resposta is None or not dados else resposta.encode()
    assert conversar(dados, fim=True) == esperada
    assert conversar(*uma_a_uma(dados), fim=True) == esperada
    calada = Conversa(random.Random(1))
    assert calada.receber(dados) == []
    assert calada.espera_silencio is bool(dados)
    assert calada.codificar(calada.silencio()) == esperada
    assert not calada.espera_silencio and calada.silencio() == calada.fim() == []


def test_fim_sem_nada():
    """Conectar e fechar sem enviar nada não produz mensagem (PI-20)."""
    assert Conversa().fim() == Conversa().silencio() == []


def test_depois_do_primeiro_terminador_so_ha_linhas():
    """Numa conexão de linha o silêncio não encerra nada; o fim do envio, sim, e responde em linha (PI-11, PI-21)."""
    conversa = Conversa()
    conversa.receber(b"7\n8")
    assert conversa.em_linha and not conversa.espera_silencio
    assert conversa.silencio() == []
    assert conversa.codificar(conversa.fim()) == b"PAR\n"


def test_da_forma_crua_para_a_de_linha():
    """Um pedido cru pode vir antes do primeiro \\n; cada resposta sai na forma do seu pedido (PI-10, PI-11)."""
    conversa = Conversa()
    conversa.receber(b"7")
    assert conversa.codificar(conversa.silencio()) == "ÍMPAR".encode()
    assert conversa.codificar(conversa.receber(b"8\n")) == b"PAR\n"


@pytest.mark.parametrize("terminador", [b"", b"\n"])
@pytest.mark.parametrize("antes, respostas", [(b"", b""), (b"7\n8\n", "ÍMPAR\nPAR\n".encode())])
def test_pedido_longo_demais(antes, respostas, terminador):
    """Além de 1024 bytes sem terminar vem um ERRO, depois das respostas devidas, e nada mais é lido (PI-13)."""
    dados = antes + b"1" * 1025 + terminador
    esperada = respostas + LONGO.encode() + (b"\n" if antes else b"")
    assert conversar(dados, b"7\n", fim=True) == esperada
    assert conversar(*uma_a_uma(dados), fim=True) == esperada
    assert conversar(dados + b"7\n8\n", fim=True) == esperada
    conversa = Conversa()
    assert conversa.receber(dados)[-1].motivo in LONGO and conversa.encerrada


def test_1024_bytes_ainda_cabem():
    """O limite é de bytes, e não de casas: mil algarismos cercados de espaços ainda são um pedido (PI-01, PI-13)."""
    assert conversar(b"7" * 1000 + b" " * 24 + b"\n") == letras(1000).encode() + b"\n"


def test_mil_casas_nao_passam_por_int(monkeypatch):
    """A paridade sai do último algarismo: o número não é convertido, e mil casas não custam mais (PI-01)."""
    limite = sys.get_int_max_str_digits()
    monkeypatch.setattr("parimpar.protocolo.int", lambda *_: pytest.fail("chamou int()"), raising=False)
    try:
        sys.set_int_max_str_digits(640)  # o menor que o Python aceita: int() de mil casas seria um ValueError
        assert classificar("9" * 1000).isalpha()
        assert len(conversar(b"7" * 1001 + b"\n", b"7" * 1000 + b"\n").split(b"\n")[1]) == 1000
    finally:
        sys.set_int_max_str_digits(limite)


@pytest.mark.parametrize(
    "antes, devolucao, confere",
    [
        (b"7\n", "ÍMPAR FIM", True),
        (b"7\n", "ÍMPARFIM", True),
        (b"7\n", "  ÍMPAR FIM \r", True),
        (b"8\n7\n", "ÍMPAR FIM", True),
        (b"12345678901\n", f"{letras(11)} FIM", True),
        (b"x\n", f"{recusa(repr('x'))} FIM", True),
        (b"7\n", "PAR FIM", False),
        (b"7\n8\n", "ÍMPAR FIM", False),
        (b"7\n", "ÍMPAR  FIM", False),
        (b"7\n", "ÍMPAR\tFIM", False),
        (b"7\n", "FIM", False),
        (b"", "PAR FIM", False),
    ],
)
def test_devolucao(antes, devolucao, confere):
    """A devolução é a última resposta e FIM, com ou sem um espaço; não se responde a ela (PI-05)."""
    for fatiar in (lambda dados: [dados], uma_a_uma):
        conversa = Conversa(random.Random(1))
        mensagens = [m for fatia in fatiar(antes + devolucao.encode() + b"\n") for m in conversa.receber(fatia)]
        assert type(mensagens[-1]) is Devolucao
        assert mensagens[-1].confere is confere
        assert conversa.codificar(mensagens[-1:]) == b""
        assert ("confere" if confere else "divergente") in str(mensagens[-1])


def test_a_devolucao_nao_conta_como_resposta():
    """Duas devoluções da mesma resposta conferem: só um pedido muda a última resposta (PI-05)."""
    mensagens = Conversa().receber("7\nÍMPAR FIM\nPAR FIM\nÍMPARFIM\n".encode())
    assert [m.confere for m in mensagens[1:]] == [True, False, True]


def test_devolucao_crua():
    """Na forma crua a devolução acaba no fim do envio (PI-05, PI-11)."""
    conversa = Conversa()
    conversa.receber(b"7")
    conversa.silencio()
    conversa.receber("ÍMPAR FI".encode())
    conversa.receber(b"M")
    assert conversa.fim() == [Devolucao("ÍMPAR FIM", True)]


@pytest.mark.parametrize("fatiar", [lambda dados: [dados], uma_a_uma], ids=["inteira", "byte a byte"])
def test_apresentacao(fatiar):
    """O nome vem sem os espaços em volta, e a devolução da resposta anterior ainda confere (PI-50)."""
    conversa = Conversa()
    dados = "NOME  Zé Ninguém \r\n7\nNOME Ana FIM\nÍMPAR FIM\n".encode()
    mensagens = [m for fatia in fatiar(dados) for m in conversa.receber(fatia)]
    assert mensagens[0] == Apresentacao("Zé Ninguém") and mensagens[2] == Apresentacao("Ana FIM")
    assert mensagens[3] == Devolucao("ÍMPAR FIM", True)
    assert str(mensagens[0]) == "apresentação de 'Zé Ninguém'"


repetivel = settings(deadline=None, derandomize=True)  # os mesmos exemplos a cada vez, em qualquer máquina
linhas = st.one_of(
    st.from_regex(rb"[+-]?[0-9]{1,40}", fullmatch=True),
    st.sampled_from(
        [b"", b"NOME Ana", b"NOME", b"PAR FIM", "ÍMPAR FIM".encode(), "ÍMPARFIM".encode(), b"1" * 1001, b"2" * 1025]
    ),
    st.binary(max_size=20).map(lambda dados: dados.replace(b"\n", b"")),
)
cortes = st.lists(st.integers(0, 3000), max_size=12)


@repetivel
@given(st.lists(linhas, max_size=8), st.sampled_from([b"\n", b"\r\n"]), st.booleans(), cortes)
def test_qualquer_fatiamento_da_no_mesmo(mensagens, terminador, termina, cortes):
    """O resultado não depende de como os bytes foram fatiados (PI-12, PI-14)."""
    dados = terminador.join(mensagens) + (terminador if termina else b"")
    cortes = sorted({corte for corte in cortes if corte <= len(dados)})
    fatias = [dados[a:b] for a, b in zip([0, *cortes], [*cortes, len(dados)], strict=True)]
    assert conversar(*fatias, fim=True) == conversar(dados, fim=True) == conversar(*uma_a_uma(dados), fim=True)


@repetivel
@given(st.lists(linhas, max_size=8), st.integers(1, 4), cortes)
def test_um_punhado_de_cada_vez(mensagens, maximo, cortes):
    """Com um máximo por vez, as linhas que sobram saem nas chamadas seguintes, e o resultado é o mesmo (PI-12)."""
    dados = b"\n".join(mensagens)
    cortes = sorted({corte for corte in cortes if corte <= len(dados)})
    conversa, respostas = Conversa(random.Random(1)), b""
    for a, b in zip([0, *cortes], [*cortes, len(dados)], strict=True):
        fatia = dados[a:b]
        while True:
            completas = conversa.receber(fatia, maximo)
            assert len(completas) <= maximo + 1  # o pedido longo demais vem junto das últimas
            respostas += conversa.codificar(completas)
            fatia = b""
            if not conversa.sobra:
                break
            assert len(completas) == maximo
    assert respostas + conversa.codificar(conversa.fim()) == conversar(dados, fim=True)


@repetivel
@given(st.lists(st.one_of(st.binary(max_size=1500), st.just(b"\n"), st.just(b"FIM\n"), st.just(b"NOME ")), max_size=8))
def test_lixo_nunca_e_uma_excecao(fatias):
    """Qualquer lixo dá só `ERRO …` ou uma devolução; um pedido, só se for mesmo um número (PI-01, PI-06)."""
    conversa = Conversa()
    mensagens = [m for fatia in fatias for m in (*conversa.receber(fatia), *conversa.silencio())] + conversa.fim()
    for mensagem in mensagens:
        assert str(mensagem).isprintable()
        if type(mensagem) is Pedido:
            assert re.fullmatch("[+-]?[0-9]{1,1000}", mensagem.numero, re.ASCII)
        elif type(mensagem) is Invalido:
            assert mensagem.resposta.startswith("ERRO ") and mensagem.resposta.isprintable()
        elif type(mensagem) is Apresentacao:
            assert 1 <= len(mensagem.nome) <= 30 and mensagem.nome.isprintable() and mensagem.resposta is None
        else:
            assert type(mensagem) is Devolucao and mensagem.resposta is None
    conversa.codificar(mensagens)


@repetivel
@given(st.text(max_size=40).map(lambda nome: nome.replace("\n", "")), cortes)
def test_qualquer_nome(nome, cortes):
    """Um nome é anotado como veio, sem espaços em volta, ou recusado; o pedido seguinte é respondido (PI-50)."""
    dados = f"NOME {nome}\n8\n".encode("utf-8", "surrogatepass")
    cortes = sorted({corte for corte in cortes if corte <= len(dados)})
    conversa = Conversa()
    fatias = [dados[a:b] for a, b in zip([0, *cortes], [*cortes, len(dados)], strict=True)]
    primeira, segunda = (m for fatia in fatias for m in conversa.receber(fatia))
    limpo = nome.removesuffix("\r").strip(" ")
    if 1 <= len(limpo) <= 30 and limpo.isprintable():
        assert primeira == Apresentacao(limpo)
    else:
        assert type(primeira) is Invalido and primeira.motivo.startswith("esperava NOME")
    assert segunda == Pedido("8", "PAR")


@settings(repetivel, max_examples=20)
@given(st.from_regex(r"[+-]?[0-9]{11,1000}", fullmatch=True))
def test_letras_sorteadas(numero):
    """Acima de 10 casas, tantas letras ASCII quantas são as casas, e outras a cada vez (PI-02, PI-04)."""
    casas = len(numero.lstrip("+-"))
    respostas = {classificar(numero) for _ in range(3)}
    assert len(respostas) > 1 and numero not in respostas
    assert all(re.fullmatch(f"[A-Za-z]{{{casas}}}", resposta) for resposta in respostas)


@pytest.mark.parametrize(
    "numero, resposta",
    [(7, "ÍMPAR"), (8, "PAR"), (-3, "ÍMPAR"), (0, "PAR"), ("+7", "ÍMPAR"), (" 08 ", "PAR"), (10**10, letras(11))],
)
def test_classificar(numero, resposta):
    """`classificar` responde como o servidor, a um int ou a um texto (PI-03, PI-04)."""
    assert classificar(numero, random.Random(1)) == resposta


@pytest.mark.parametrize(
    "numero, motivo",
    [
        ("", "mensagem vazia"),
        ("abc", "veio 'abc'"),
        (1.5, "veio '1.5'"),
        (None, "veio 'None'"),
        ("7\n8", r"veio '7\n8'"),
        ("\ud800", r"veio '\\ud800'"),
        ("１２", "veio '１２'"),
        ("PAR FIM", "veio 'PAR FIM'"),
        ("NOME Ana", "veio 'NOME Ana'"),
        ("1" * 1001, "1001 casas e o máximo é 1000"),
        (10**4000, "4001 casas e o máximo é 1000"),
        (10**5000, "casas demais; o máximo é 1000"),
    ],
    ids=lambda valor: ascii(valor)[:20] if isinstance(valor, str) else type(valor).__name__,
)
def test_classificar_recusa(numero, motivo):
    """O que não é número do protocolo é um `ErroDeProtocolo` com o motivo (PI-01)."""
    with pytest.raises(ErroDeProtocolo, match=re.escape(motivo)):
        classificar(numero)


@pytest.mark.parametrize(
    "resposta, tipo",
    [
        ("PAR", "PAR"),
        ("ÍMPAR", "ÍMPAR"),
        ("ERRO servidor cheio", "ERRO"),
        (letras(11), "letras"),
        (letras(10), "outra"),
        ("ERRO", "outra"),
        ("par", "outra"),
        (" PAR ", "outra"),
        ("IMPAR", "outra"),
        ("á" * 11, "outra"),
        ("1" * 11, "outra"),
        ("", "outra"),
    ],
)
def test_tipo_da_resposta(resposta, tipo):
    """O tipo sai só do texto, sem consertar o que veio (PI-41)."""
    assert tipo_da_resposta(resposta) == tipo


RESPOSTAS = "ÍMPAR\nPAR\r\n\nERRO não é um número\n".encode()


def test_respostas_em_linha():
    """O cliente lê as mesmas respostas inteiras, byte a byte ou com o começo de outra (PI-10, PI-12)."""
    esperadas = ["ÍMPAR", "PAR", "", "ERRO não é um número"]
    assert Respostas().receber(RESPOSTAS) == esperadas
    respostas = Respostas()
    assert [r for byte in uma_a_uma(RESPOSTAS) for r in respostas.receber(byte)] == esperadas
    assert respostas.fim() is None
    assert respostas.receber(RESPOSTAS + b"PA") == esperadas
    assert respostas.pendente == b"PA" and respostas.fim() == "PA" and respostas.pendente == b""


def test_resposta_cortada_no_meio_do_caractere():
    """As duas metades de um Í só formam uma resposta juntas (PI-12)."""
    respostas, (metade, resto) = Respostas(), ("Í".encode()[:1], "Í".encode()[1:] + b"MPAR")
    assert not respostas.cortada
    respostas.receber(metade)
    assert respostas.cortada
    respostas.receber(resto)
    assert not respostas.cortada
    assert respostas.fim() == "ÍMPAR"


def test_resposta_em_outra_codificacao():
    """Bytes que não são UTF-8 não contam como cortados, e são um erro que diz o que fazer (PI-03)."""
    respostas = Respostas()
    respostas.receber("ÍMPAR".encode("latin-1"))
    assert not respostas.cortada
    with pytest.raises(ErroDeProtocolo, match="UTF-8"):
        respostas.fim()
    with pytest.raises(ErroDeProtocolo, match="UTF-8"):
        Respostas().receber("ÍMPAR\n".encode("latin-1"))


def test_a_resposta_que_se_le_nao_se_perde():
    """Uma resposta boa vale mesmo que no mesmo segmento venha outra que não se lê: a fatia não muda nada."""
    respostas = Respostas()
    assert respostas.receber(b"PAR\n\xff\n") == ["PAR"]
    with pytest.raises(ErroDeProtocolo, match="UTF-8"):
        respostas.receber(b"")


@pytest.mark.parametrize("terminador", [b"", b"\n"])
def test_resposta_que_nao_termina(terminador):
    """A memória do cliente tem limite: uma resposta grande demais é um erro."""
    assert Respostas().receber(b"x" * MAXIMO_DA_RESPOSTA + b"\n") == ["x" * MAXIMO_DA_RESPOSTA]
    with pytest.raises(ErroDeProtocolo, match=str(MAXIMO_DA_RESPOSTA)):
        Respostas().receber(b"x" * (MAXIMO_DA_RESPOSTA + 1) + terminador)
