"""Programas como os que os alunos escrevem: cada jeito de falar o protocolo, dos dois lados."""

import contextlib
import random
import socket

import pytest
from apoio import PRAZO, anotou, conectar, ler, ler_tudo, reiniciar, servidor_de_aluno

from parimpar import Cliente, Servidor, classificar

IMPAR = "ÍMPAR".encode()
formas = pytest.mark.parametrize("crua", [False, True], ids=["linha", "crua"])


@pytest.fixture
def servidor():
    with Servidor(sorteio=random.Random(1)) as servidor:
        yield servidor


@pytest.mark.parametrize("numero", ["7", "-8", "1234567890", "12345678901", "9" * 30])
def test_cliente_que_envia_so_os_algarismos_e_espera(servidor, numero):
    """Sem \\n e sem fechar: a resposta vem sem \\n, e a devolução é reconhecida (PI-05, PI-11)."""
    resposta = classificar(numero, random.Random(1)).encode()
    with conectar(servidor.endereco) as sock:
        sock.sendall(numero.encode())
        assert ler(sock, len(resposta)) == resposta
        sock.sendall(resposta + b" FIM")
        sock.shutdown(socket.SHUT_WR)
        assert ler_tudo(sock) == b""
    assert anotou(servidor.diario, "devolve").detalhe == "confere"
    assert anotou(servidor.diario, "fecha").detalhe == "o cliente encerrou o envio"


@pytest.mark.parametrize("dados, resposta", [(b"7", "ÍMPAR"), (b"7\n", "ÍMPAR\n"), (b"7\r\n", "ÍMPAR\n")])
def test_cliente_que_encerra_o_envio(servidor, dados, resposta):
    """O fim do envio também termina o pedido (PI-11, PI-21)."""
    with conectar(servidor.endereco) as sock:
        sock.sendall(dados)
        sock.shutdown(socket.SHUT_WR)
        assert ler_tudo(sock).decode() == resposta


@pytest.mark.parametrize("dados, resposta", [(b"1234567", "ÍMPAR"), ("7\r\nÍMPAR FIM\n8\n".encode(), "ÍMPAR\nPAR\n")])
def test_cliente_que_envia_byte_a_byte(servidor, dados, resposta):
    """Cada byte num segmento, nas duas formas (PI-12)."""
    with conectar(servidor.endereco) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in dados:
            sock.sendall(bytes([byte]))
        assert ler(sock, len(resposta.encode())).decode() == resposta
        sock.shutdown(socket.SHUT_WR)
        assert ler_tudo(sock) == b""


def test_cliente_que_nunca_fecha():
    """Quem pergunta e abandona a conexão aberta é fechado depois do silêncio (PI-23)."""
    with Servidor(silencio=0.4) as servidor, conectar(servidor.endereco) as sock:
        sock.sendall(b"8")
        assert ler_tudo(sock).decode() == "PARERRO silêncio de 0,4 s\n"


@pytest.mark.parametrize("dados", [b"", b"7", b"7\n", b"7\n8"])
def test_cliente_que_reinicia(servidor, dados):
    """Um RST a qualquer momento não derruba o servidor (PI-24)."""
    with conectar(servidor.endereco) as sock:
        sock.sendall(dados)
        reiniciar(sock)
    anotou(servidor.diario, "fecha")
    with Cliente(*servidor.endereco) as cliente:
        assert cliente.perguntar(8) == "PAR"


@pytest.mark.parametrize("fim", [b"FIM", b" FIM"])
def test_cliente_que_cola_a_devolucao_com_outro_pedido(servidor, fim):
    """Na forma de linha, a devolução e o pedido seguinte podem vir no mesmo segmento (PI-05, PI-12, PI-14)."""
    with conectar(servidor.endereco) as sock:
        sock.sendall(b"7\n")
        assert ler(sock, 7) == IMPAR + b"\n"
        sock.sendall(IMPAR + fim + b"\n8\n")
        assert ler(sock, 4) == b"PAR\n"
    assert anotou(servidor.diario, "devolve").detalhe == "confere"


@formas
def test_servidor_que_responde_com_espacos_e_fecha(crua):
    """A resposta é mostrada como veio, e a devolução a quem já fechou não é um erro (PI-41, PI-42)."""

    def roteiro(conexao):
        conexao.recv(1024)
        conexao.sendall(b" PAR ")

    with servidor_de_aluno(roteiro) as endereco, Cliente(*endereco, crua=crua) as cliente:
        assert cliente.perguntar(8) == " PAR "
        cliente.devolver()


@formas
@pytest.mark.parametrize(
    "terminador, fecha", [(b"", True), (b"\n", False), (b"", False)], ids=["fim", "linha", "silêncio"]
)
def test_servidor_que_corta_o_i_acentuado(crua, terminador, fecha):
    """Com o Í partido entre dois segmentos distantes, o cliente espera a outra metade (PI-12)."""

    def roteiro(conexao):
        conexao.recv(1024)
        conexao.sendall(IMPAR[:1])
        metade = cliente.diario.esperar(lambda evento: evento.dados == IMPAR[:1], PRAZO)
        assert metade, "a metade não chegou sozinha"
        conexao.settimeout(0.4)  # mais que o silêncio que encerra uma resposta crua (PI-11)
        with contextlib.suppress(TimeoutError):
            assert conexao.recv(1), "o cliente desistiu no meio do Í"
        conexao.sendall(IMPAR[1:] + terminador)
        if not fecha:
            conexao.settimeout(PRAZO)
            assert ler_tudo(conexao).decode().rstrip("\n") == "ÍMPAR FIM"

    with servidor_de_aluno(roteiro) as endereco, Cliente(*endereco, crua=crua) as cliente:
        assert cliente.perguntar(7) == "ÍMPAR"
        cliente.devolver()


@formas
def test_servidor_que_responde_sem_terminador_e_espera(crua):
    """Um servidor que lê de uma vez e não fecha é entendido nas duas formas, pelo silêncio (PI-11, PI-45)."""

    def roteiro(conexao):
        numero = int(conexao.recv(1024).decode())
        conexao.sendall(b"PAR" if numero % 2 == 0 else IMPAR)
        ler_tudo(conexao)

    with servidor_de_aluno(roteiro) as endereco, Cliente(*endereco, crua=crua) as cliente:
        assert cliente.perguntar(7) == "ÍMPAR"
        cliente.devolver()


@formas
def test_o_par_completo(servidor, crua):
    """O nosso cliente e o nosso servidor, nas duas formas, do primeiro byte ao último (PI-10, PI-11, PI-42)."""
    with Cliente(*servidor.endereco, crua=crua) as cliente:
        cliente.perguntar(7)
        cliente.devolver()
    assert anotou(servidor.diario, "fecha").detalhe == "o cliente encerrou o envio"
    fim = b"" if crua else b"\n"
    dados = {tipo: b"".join(e.dados for e in servidor.diario if e.tipo == tipo) for tipo in ("recebe", "envia")}
    assert dados == {"recebe": b"7" + fim + IMPAR + b" FIM" + fim, "envia": IMPAR + fim}
    assert anotou(servidor.diario, "devolve").detalhe == "confere"
