"""O diário: limitado, seguro entre threads, lido a partir de um cursor."""

import dataclasses
import threading
import time

import pytest
from apoio import PRAZO

from parimpar.diario import BYTES_GUARDADOS, Diario, Evento
from parimpar.texto import endereco, visivel


def preencher(diario, quantos):
    for i in range(quantos):
        diario.registrar("servidor", "recebe", detalhe=str(i))


def test_o_evento_nao_muda_e_o_que_nao_se_diz_fica_vazio():
    """Um evento só tem o que se anotou, e não se altera."""
    diario = Diario()
    diario.registrar("cliente", "fecha")
    for evento in (*diario, Evento(0, 0.0, "cliente", "fecha")):
        assert (evento.chamada, evento.local, evento.remoto, evento.dados) == ("", None, None, b"")
        assert (evento.tamanho, evento.detalhe, evento.duracao) == (0, "", 0.0)
        with pytest.raises(dataclasses.FrozenInstanceError):
            evento.tipo = "envia"


def test_varios_de_uma_vez():
    """Quem tem pressa anota uma lista, e quem espera acorda uma vez só."""
    diario = Diario(maximo=3)
    acordou = []
    thread = threading.Thread(target=lambda: acordou.append(diario.esperar(lambda e: e.detalhe == "2", PRAZO)))
    thread.start()
    diario.registrar_varios([(float(i), "servidor", "recebe", "", None, None, b"", 0, str(i)) for i in range(5)])
    thread.join(PRAZO)
    assert acordou[0].detalhe == "2"
    assert [(e.numero, e.instante, e.detalhe) for e in diario] == [(2, 2.0, "2"), (3, 3.0, "3"), (4, 4.0, "4")]
    assert diario.cursor == 5


def test_guarda_so_os_ultimos():
    """O diário não cresce além do máximo, e o número de cada evento mostra quantos saíram."""
    diario = Diario(maximo=3)
    preencher(diario, 10)
    assert [(e.numero, e.detalhe) for e in diario] == [(7, "7"), (8, "8"), (9, "9")]
    assert len(diario) == 3 and diario.cursor == 10
    assert repr(diario) == "<Diario com 3 eventos, 10 ao todo>"


def test_guarda_so_parte_dos_bytes():
    """De um evento enorme ficam os primeiros bytes e o tamanho de verdade."""
    diario = Diario()
    diario.registrar("servidor", "recebe", dados=bytearray(b"x" * (BYTES_GUARDADOS + 1)))
    (evento,) = diario
    assert evento.dados == b"x" * BYTES_GUARDADOS and type(evento.dados) is bytes
    assert evento.tamanho == BYTES_GUARDADOS + 1


@pytest.mark.parametrize(
    "cursor, numeros", [(0, [2, 3, 4]), (1, [2, 3, 4]), (3, [3, 4]), (4, [4]), (5, []), (99, []), (-1, [2, 3, 4])]
)
def test_desde_um_cursor(cursor, numeros):
    """`desde` traz só o que veio depois do cursor, pulando o que já saiu."""
    diario = Diario(maximo=3)
    preencher(diario, 5)
    eventos, proximo = diario.desde(cursor)
    assert [e.numero for e in eventos] == numeros and proximo == 5
    assert diario.desde(proximo) == ([], 5)
    assert diario.desde() == diario.desde(0)


def test_o_instante_e_do_relogio_monotonico():
    """Sem `instante`, vale o de agora; com ele, o que se passou."""
    diario = Diario()
    antes = time.monotonic()
    diario.registrar("cliente", "recebe")
    diario.registrar("cliente", "envia", instante=antes)
    recebe, envia = diario
    assert antes <= recebe.instante <= time.monotonic() and envia.instante == antes


def test_a_duracao_e_a_que_se_mediu():
    """Quem mede a chamada passa a duração; quem não mede deixa zero."""
    diario = Diario()
    diario.registrar("cliente", "chama", "bind(('127.0.0.1', 0))", duracao=0.25)
    diario.registrar("cliente", "chama")
    assert [evento.duracao for evento in diario] == [0.25, 0.0]


def test_varias_threads_escrevem_e_leem():
    """Nada se perde nem se repete com várias threads escrevendo e outras lendo."""
    diario, quantas, cada = Diario(), 4, 500
    lidos = [[] for _ in range(2)]

    def escrever(quem):
        for i in range(cada):
            diario.registrar("servidor", "recebe", chamada=quem, detalhe=str(i))

    def ler(destino):
        cursor, limite = 0, time.monotonic() + PRAZO
        while len(destino) < quantas * cada and time.monotonic() < limite:
            eventos, cursor = diario.desde(cursor)
            destino += eventos

    threads = [threading.Thread(target=ler, args=(destino,)) for destino in lidos]
    threads += [threading.Thread(target=escrever, args=(str(i),)) for i in range(quantas)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PRAZO)
    for eventos in lidos:
        assert [e.numero for e in eventos] == list(range(quantas * cada))
        for i in range(quantas):
            assert [e.detalhe for e in eventos if e.chamada == str(i)] == list(map(str, range(cada)))


def test_esperar_o_que_ja_aconteceu():
    """`esperar` olha o que já está escrito, a partir do cursor."""
    diario = Diario()
    preencher(diario, 3)
    assert diario.esperar(lambda e: e.detalhe == "1", 0).numero == 1
    assert diario.esperar(lambda e: e.detalhe == "1", 0, cursor=2) is None


def test_esperar_acorda_com_a_novidade():
    """Duas threads que só esperam uma pela outra avançam sem gastar prazo nenhum."""
    diario, rodadas = Diario(), 50

    def jogar(quem, outro):
        for i in range(rodadas):
            diario.registrar(quem, "envia", detalhe=str(i))
            assert diario.esperar(lambda e: (e.quem, e.detalhe) == (outro, str(i)), PRAZO)

    antes = time.monotonic()
    thread = threading.Thread(target=jogar, args=("servidor", "cliente"))
    thread.start()
    jogar("cliente", "servidor")
    thread.join(PRAZO)
    assert time.monotonic() - antes < PRAZO and len(diario) == 2 * rodadas


@pytest.mark.parametrize("prazo", [0.05, 0, -1])
def test_esperar_tem_prazo(prazo):
    """Passado o prazo, `esperar` devolve None, sem atraso e sem gastar o processador."""
    antes, gasto = time.monotonic(), time.thread_time()
    assert Diario().esperar(lambda e: True, prazo) is None
    assert prazo <= time.monotonic() - antes < PRAZO
    assert time.thread_time() - gasto < 0.05


@pytest.mark.parametrize(
    "dados, escrito",
    [
        ("ÍMPAR\n".encode(), r"'ÍMPAR\n'"),
        (b"\x1b[31m\x07\x00\x7f", r"'\x1b[31m\x07\x00\x7f'"),
        (b"\xc3", r"'\xc3'"),
        (b"7\xff\\xc3\\udcc3", r"'7\xff\\xc3\\udcc3'"),
        ("a\u202eb\u200b", r"'a\u202eb\u200b'"),
        ("1\r\n", r"'1\r\n'"),
        (b"", "''"),
        (b"x" * 60, "'" + "x" * 60 + "'"),
        (b"x" * 61, "'" + "x" * 60 + "'…"),
        ("😀" * 60, "'" + "😀" * 60 + "'"),
        (("😀" * 60).encode(), "'" + "😀" * 60 + "'"),
        (("😀" * 61).encode(), "'" + "😀" * 60 + "'…"),
    ],
)
def test_visivel(dados, escrito):
    """O que vem da rede aparece sem caracteres de controle, e o que foi cortado leva reticências."""
    assert visivel(dados) == escrito


def test_visivel_numa_frase():
    """Uma frase já escrita não se escapa de novo: só perde o que o terminal obedeceria."""
    assert visivel(r"veio '\t8'" + "\x1b[2J\n", aspas=False) == r"veio '\t8'\x1b[2J\n"


@pytest.mark.parametrize("dados", [b"\x00" * 10**6, "\x1b" * 10**6, b"\xff" * 10**6, "\U000e0001" * 10**6])
def test_visivel_tem_limite(dados):
    """Por maior que seja o que veio, o que se escreve é curto e cabe numa linha."""
    for aspas in (True, False):
        texto = visivel(dados, 60, aspas=aspas)
        assert len(texto) <= 60 * 10 + 3 and texto.isprintable() and texto.endswith("…")


REMOTO = ("127.0.0.1", 5000)


@pytest.mark.parametrize(
    "campos, frase",
    [
        (dict(quem="servidor", tipo="inicia", local=REMOTO), "servidor escutando em 127.0.0.1:5000"),
        (dict(quem="servidor", tipo="conecta", remoto=REMOTO), "cliente 127.0.0.1:5000 conectou-se"),
        (dict(quem="cliente", tipo="conecta", remoto=REMOTO), "cliente conectou-se ao servidor 127.0.0.1:5000"),
        (
            dict(quem="servidor", tipo="recebe", remoto=REMOTO, dados=b"7\n", tamanho=2),
            r"cliente 127.0.0.1:5000 → servidor '7\n' (2 bytes)",
        ),
        (
            dict(quem="servidor", tipo="envia", remoto=REMOTO, dados=b"8", tamanho=1),
            "servidor → cliente 127.0.0.1:5000 '8' (1 byte)",
        ),
        (
            dict(quem="servidor", tipo="devolve", remoto=REMOTO, dados=b"PAR FIM", tamanho=7, detalhe="confere"),
            "cliente 127.0.0.1:5000 devolveu 'PAR FIM' (7 bytes): confere",
        ),
        (
            dict(quem="servidor", tipo="apresenta", remoto=REMOTO, dados=b"Ana", tamanho=3, detalhe="Ana"),
            "cliente 127.0.0.1:5000 apresentou-se: Ana",
        ),
        (
            dict(quem="cliente", tipo="erro", remoto=REMOTO, detalhe="o prazo\nacabou"),
            r"erro com o servidor 127.0.0.1:5000: o prazo\nacabou",
        ),
        (dict(quem="servidor", tipo="erro", detalhe="acabou"), "erro: acabou"),
        (
            dict(quem="cliente", tipo="fecha", remoto=REMOTO),
            "cliente fechou a conexão com o servidor 127.0.0.1:5000",
        ),
        (dict(quem="cliente", tipo="fecha", local=REMOTO), "cliente fechou o socket"),
        (dict(quem="servidor", tipo="fecha"), "servidor fechou o socket"),
        (dict(quem="cliente", tipo="chama", chamada="shutdown(SHUT_WR)"), "cliente chamou shutdown(SHUT_WR)"),
        (
            dict(quem="servidor", tipo="chama", chamada="bind(('127.0.0.1', 0))", local=REMOTO),
            "servidor chamou bind(('127.0.0.1', 0))",
        ),
        (
            dict(quem="servidor", tipo="recebe", remoto=REMOTO, detalhe="a outra ponta encerrou o envio"),
            "cliente 127.0.0.1:5000 → servidor: a outra ponta encerrou o envio",
        ),
        (dict(quem="servidor", tipo="para", local=REMOTO), "servidor parado"),
    ],
)
def test_cada_evento_e_uma_frase(campos, frase):
    """Cada tipo de evento se lê numa linha, em português."""
    evento = Evento(numero=0, instante=0.0, **campos)
    assert str(evento) == frase and frase.isprintable()


def test_o_detalhe_de_um_evento_tem_limite():
    """De um detalhe comprido a frase leva 200 caracteres e as reticências: cada evento cabe numa linha."""
    de_200, de_201 = (str(Evento(0, 0.0, "servidor", "erro", detalhe="x" * tamanho)) for tamanho in (200, 201))
    assert de_200 == f"erro: {'x' * 200}" and de_201 == f"{de_200}…"


def test_o_diario_se_le_como_texto():
    """`print(diario)` mostra um evento por linha."""
    diario = Diario()
    diario.registrar("servidor", "inicia", local=REMOTO)
    diario.registrar("servidor", "para")
    assert str(diario) == "servidor escutando em 127.0.0.1:5000\nservidor parado"


def test_endereco():
    """Um endereço se escreve host:porta; o que falta, com uma interrogação."""
    assert endereco(REMOTO) == "127.0.0.1:5000" and endereco(None) == "?"


def test_endereco_que_nao_e_da_internet():
    """Um caminho AF_UNIX, com o nome que tiver, aparece como é, sem caracteres de controle."""
    assert [endereco(x) for x in (None, "", "/tmp/s", b"\0nome", "\x1b[31m", ("::1", 7, 0, 0))] == [
        "?",
        "?",
        "/tmp/s",
        "\\x00nome",
        "\\x1b[31m",
        "::1:7",
    ]
