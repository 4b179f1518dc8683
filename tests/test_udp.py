"""O serviço por UDP: o servidor, o cliente e a linha de comando (PI-30 a PI-32)."""

import contextlib
import os
import random
import re
import socket
import subprocess
import sys
import time

import pytest
from apoio import PRAZO, RAIZ, anotou

from parimpar.aulas.rede_ruim import RedeRuimUDP
from parimpar.cliente import rodada
from parimpar.erros import ErroDeProtocolo, ErroDeRede, ErroDeUso, PortaOcupada, TempoEsgotado
from parimpar.udp import CLIENTES_LEMBRADOS, ClienteUDP, ServidorUDP


@pytest.fixture
def servidor():
    with ServidorUDP(sorteio=random.Random(1)) as servidor:
        yield servidor


@pytest.fixture
def sock():
    with novo() as sock:
        yield sock


def novo():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(PRAZO)
    return sock


def perguntar(sock, servidor, dados):
    sock.sendto(dados, servidor.endereco)
    resposta, de = sock.recvfrom(65536)
    assert de == servidor.endereco
    return resposta.decode()


@pytest.mark.parametrize(
    "dados, resposta",
    [(b"7", "ÍMPAR"), (b"8\n", "PAR\n"), (b" 8\r\n", "PAR\n"), (b"-3", "ÍMPAR"), (b"1234567890", "PAR")],
)
def test_um_datagrama_e_um_pedido(servidor, sock, dados, resposta):
    """Com ou sem `\\n`, a resposta tem a mesma forma do pedido (PI-30)."""
    assert perguntar(sock, servidor, dados) == resposta


def test_um_datagrama_tem_uma_so_resposta(servidor, sock):
    """Depois de cada resposta não vem outra: o datagrama seguinte é o do pedido seguinte (PI-30)."""
    for dados in (b"7", b"7\n8\n", b"abc"):
        sock.sendto(dados, servidor.endereco)
    assert [sock.recvfrom(100)[0].decode()[:5] for _ in range(3)] == ["ÍMPAR", "ERRO ", "ERRO "]
    assert perguntar(sock, servidor, b"8") == "PAR"


@pytest.mark.parametrize(
    "dados, resposta",
    [(b"8" + b" " * 1023, "PAR"), (b"8" + b" " * 1024, "ERRO "), (b"0" * 1000, "letras"), (b"0" * 1001, "ERRO ")],
)
def test_os_limites_de_tamanho(servidor, sock, dados, resposta):
    """Até 1024 bytes e 1000 casas é um pedido; um a mais, não (PI-01, PI-13)."""
    veio = perguntar(sock, servidor, dados)
    assert len(veio) == 1000 if resposta == "letras" else veio.startswith(resposta)


def test_onze_casas(servidor, sock):
    """A string tem tantas letras quantas as casas (PI-04)."""
    assert re.fullmatch("[A-Za-z]{11}", perguntar(sock, servidor, b"12345678901"))


@pytest.mark.parametrize(
    "dados", [b"abc", b"", b"\xff\xfe", b"7\n8\n", b"7\n8", b"1" * 1001, b"1" * 2000, b"x" * 60_000]
)
def test_lixo_recebe_erro(servidor, sock, dados):
    """O que não é um pedido recebe um só ERRO, e o servidor continua (PI-31)."""
    assert perguntar(sock, servidor, dados).startswith("ERRO ")
    assert perguntar(sock, servidor, b"8") == "PAR"


def test_a_apresentacao_e_so_por_tcp(servidor, sock):
    """Sem conexão não há o que guarde o nome: o ERRO manda apresentar-se por TCP (PI-50)."""
    assert perguntar(sock, servidor, b"NOME Ana").startswith("ERRO por UDP não há conexão")
    assert perguntar(sock, servidor, b"NOME\n").startswith("ERRO esperava NOME")
    assert "apresenta" not in [e.tipo for e in servidor.diario]


def test_cada_um_recebe_a_sua_resposta(servidor):
    """A resposta vai para o endereço de onde veio o pedido (PI-30)."""
    with contextlib.ExitStack() as pilha:
        socks = [pilha.enter_context(novo()) for _ in range(10)]
        for i, sock in enumerate(socks):
            sock.sendto(str(i).encode(), servidor.endereco)
        for i, sock in enumerate(socks):
            assert sock.recvfrom(100)[0].decode() == ("ÍMPAR" if i % 2 else "PAR")


@pytest.mark.parametrize(
    "fim, detalhe", [("ÍMPAR FIM", "confere"), ("ÍMPARFIM\n", "confere"), ("PAR FIM", "divergente")]
)
def test_a_devolucao_e_anotada_e_nao_respondida(servidor, sock, fim, detalhe):
    """O que chega depois da devolução é a resposta do pedido seguinte (PI-31)."""
    assert perguntar(sock, servidor, b"7") == "ÍMPAR"
    sock.sendto(fim.encode(), servidor.endereco)
    assert perguntar(sock, servidor, b"8") == "PAR"
    assert anotou(servidor.diario, "devolve").detalhe.startswith(detalhe)


def test_a_devolucao_de_um_pedido_retransmitido_confere(servidor, sock):
    """Duas respostas ao mesmo pedido longo são diferentes, e a devolução de qualquer uma confere (PI-31, PI-32)."""
    primeira, segunda = (perguntar(sock, servidor, b"1" * 11) for _ in range(2))
    assert primeira != segunda
    sock.sendto(f"{primeira} FIM".encode(), servidor.endereco)
    assert anotou(servidor.diario, "devolve").detalhe == "confere"


def test_so_se_lembra_dos_ultimos_clientes(servidor, sock, monkeypatch):
    """A memória das respostas não cresce sem fim."""
    monkeypatch.setattr("parimpar.udp.CLIENTES_LEMBRADOS", 3)
    for _ in range(6):
        with novo() as outro:
            perguntar(outro, servidor, b"7")
    assert len(servidor._motor.ultimas) == 3 < CLIENTES_LEMBRADOS


def test_ligar_e_desligar(sock):
    """Parar libera a porta, e o servidor volta nela; ligar duas vezes não faz nada."""
    servidor = ServidorUDP()
    assert servidor.iniciar() is servidor.iniciar()
    porta = servidor.porta
    servidor.parar()
    servidor.parar()
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as mesma:
        mesma.bind(("127.0.0.1", porta))  # ninguém mais a segura
    with servidor:
        assert servidor.porta == porta and perguntar(sock, servidor, b"7") == "ÍMPAR"
    assert "parado" in repr(servidor)


def test_porta_ocupada(servidor):
    """Dois servidores não dividem a porta."""
    with pytest.raises(PortaOcupada):
        ServidorUDP(porta=servidor.porta).iniciar()


def test_um_erro_com_um_cliente_nao_para_o_servico(servidor, sock, monkeypatch):
    """A exceção ao tratar um datagrama é anotada, e o seguinte é atendido (PI-24)."""
    de_verdade = servidor._motor._tratar
    monkeypatch.setattr(servidor._motor, "_tratar", lambda dados, de: 1 / 0 if dados == b"9" else de_verdade(dados, de))
    sock.sendto(b"9", servidor.endereco)
    assert perguntar(sock, servidor, b"8") == "PAR"
    assert "ZeroDivisionError" in anotou(servidor.diario, "erro").detalhe


@pytest.mark.skipif(not hasattr(os, "fork"), reason="sem fork neste sistema")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_o_filho_de_um_fork_nao_segura_a_porta():
    """A cópia do socket é fechada no filho: parado o pai, a porta fica livre."""
    servidor = ServidorUDP().iniciar()
    le, escreve = os.pipe()
    filho = os.fork()
    if filho == 0:
        os.close(escreve)
        os.read(le, 1)  # vive até o pai mandar
        os._exit(0)
    try:
        servidor.parar()
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as mesma:
            mesma.bind(servidor.endereco)
    finally:
        os.close(le)
        os.close(escreve)
        os.waitpid(filho, 0)


def test_cliente(servidor):
    """Pergunta, devolve e fecha, com cada passo no diário."""
    with ClienteUDP(*servidor.endereco) as cliente:
        assert cliente.perguntar(7) == "ÍMPAR"
        cliente.devolver()
    assert anotou(servidor.diario, "devolve").detalhe == "confere"
    assert [e.tipo for e in cliente.diario] == ["envia", "recebe", "envia", "fecha"]
    assert rodada("8", *servidor.endereco, tipo=ClienteUDP) == "PAR"


def test_retransmite_ate_ter_resposta(servidor):
    """Perdidos os pedidos, o cliente envia de novo (PI-32)."""
    with RedeRuimUDP(servidor.endereco, perda=0.5, semente=4) as rede:
        with ClienteUDP(*rede.endereco, espera=0.2, tentativas=40) as cliente:
            assert [cliente.perguntar(n) for n in (7, 8)] == ["ÍMPAR", "PAR"]
    envios = sum(e.tipo == "envia" for e in cliente.diario)
    assert envios > 2 and rede.contagem["ida: perdidos"] + rede.contagem["volta: perdidos"] == envios - 2


def test_ninguem_responde():
    """Sem servidor, todas as tentativas são feitas e o erro diz o que não se sabe (PI-32)."""
    with novo() as mudo, ClienteUDP(*mudo.getsockname(), espera=0.05, tentativas=3) as cliente:
        with pytest.raises(TempoEsgotado, match="3 envios, em 0,15 s: por UDP não se sabe"):
            cliente.perguntar(7)
        assert [mudo.recvfrom(100)[0] for _ in range(3)] == [b"7"] * 3


def test_ninguem_la():
    """Uma porta fechada é o mesmo silêncio: nenhum outro erro escapa (PI-32)."""
    with novo() as sock:
        vaga = sock.getsockname()
    with ClienteUDP(*vaga, espera=0.05, tentativas=2) as cliente, pytest.raises(TempoEsgotado):
        cliente.perguntar(7)
    assert [e.tipo for e in cliente.diario] == ["envia", "erro"] * 2 + ["fecha"]


def test_cada_pergunta_sai_de_outra_porta(servidor):
    """É o que separa a resposta de uma pergunta da de outra (PI-32)."""
    with ClienteUDP(*servidor.endereco) as cliente:
        for numero in (7, 8, 9):
            cliente.perguntar(numero)
            cliente.devolver()
    envios = [(e.local, e.dados) for e in cliente.diario if e.tipo == "envia"]
    portas = [local for local, dados in envios if b"FIM" not in dados]
    assert len(set(portas)) == 3
    assert [local for local, dados in envios if b"FIM" in dados] == portas  # a devolução, da mesma porta da pergunta


def test_a_resposta_atrasada_nao_serve_a_outra_pergunta(servidor):
    """A resposta de 7, que chega depois de o cliente desistir, não passa pela de 8 (PI-32)."""
    with RedeRuimUDP(servidor.endereco, atraso=0.5, sentido="volta") as rede:
        with ClienteUDP(*rede.endereco, espera=0.1, tentativas=1) as cliente:
            with pytest.raises(TempoEsgotado):
                cliente.perguntar(7)
            cliente.espera = PRAZO
            assert cliente.perguntar(8) == "PAR"


def test_a_resposta_repetida_nao_serve_a_outra_pergunta(servidor):
    """A segunda cópia de uma resposta vai para a porta velha (PI-32)."""
    with RedeRuimUDP(servidor.endereco, repeticao=1.0, sentido="volta") as rede:
        with ClienteUDP(*rede.endereco, espera=PRAZO) as cliente:
            assert [cliente.perguntar(n) for n in (7, 8, 9)] == ["ÍMPAR", "PAR", "ÍMPAR"]


def test_so_o_servidor_responde(servidor):
    """Um datagrama de outro endereço não é a resposta."""
    with novo() as mudo, novo() as intruso, ClienteUDP(*mudo.getsockname(), espera=1, tentativas=1) as cliente:

        def intrometer_se(destino, limite):
            intruso.sendto(b"PAR", ("127.0.0.1", cliente.client_socket.getsockname()[1]))
            mudo.sendto("ÍMPAR".encode(), ("127.0.0.1", cliente.client_socket.getsockname()[1]))
            return de_verdade(destino, limite)

        de_verdade, cliente._esperar_resposta = cliente._esperar_resposta, intrometer_se
        assert cliente.perguntar(7) == "ÍMPAR"


def test_resposta_que_nao_se_le():
    """Uma resposta que não é UTF-8 é um `ErroDeProtocolo`."""
    with novo() as falso, ClienteUDP(*falso.getsockname(), tentativas=1) as cliente:
        de_verdade = cliente._esperar_resposta

        def responder(destino, limite):
            falso.sendto("ÍMPAR".encode("latin-1"), ("127.0.0.1", cliente.client_socket.getsockname()[1]))
            return de_verdade(destino, limite)

        cliente._esperar_resposta = responder
        with pytest.raises(ErroDeProtocolo, match="UTF-8"):
            cliente.perguntar(7)


def test_erros_de_uso_e_de_rede(servidor):
    """Argumento errado, ordem errada e hospedeiro que não existe têm cada um o seu erro."""
    for argumentos in ({"porta": 0}, {"espera": 0}, {"tentativas": 0}, {"host": ""}):
        with pytest.raises(ErroDeUso):
            ClienteUDP(**argumentos)
    cliente = ClienteUDP(*servidor.endereco)
    with pytest.raises(ErroDeUso, match="não há resposta a devolver"):
        cliente.devolver()
    with pytest.raises(ErroDeUso, match="numa linha só"):
        cliente.perguntar("7\n8")
    for host in ("::1", "nome..vazio", "a" * 64):  # nos dois últimos, o Python nem pergunta à rede
        with pytest.raises(ErroDeRede, match="não se achou um endereço"):
            ClienteUDP(host, 60000).perguntar(7)
    cliente.perguntar(7)
    cliente.client_socket.close()
    with pytest.raises(ErroDeRede, match="EBADF"):
        cliente.devolver()


def test_linha_de_comando():
    """As duas pontas com --udp fazem uma volta inteira; --udp não combina com --crua."""
    comando = [sys.executable, "-X", "utf8", "-m", "parimpar"]
    opcoes = {"cwd": RAIZ, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen([*comando, "servidor", "--udp", "--porta", "0"], **opcoes) as servidor:
        pronto = servidor.stdout.readline()
        porta = re.search(r"127\.0\.0\.1:(\d+) \(UDP\)", pronto)[1]
        cliente = [*comando, "cliente", "--udp", "--porta", porta, "--vezes", "1", "--numero", "7"]
        feito = subprocess.run(cliente, timeout=60, **opcoes)
        assert (feito.returncode, feito.stderr) == (0, "") and "ÍMPAR FIM\n" in feito.stdout
        limite = time.monotonic() + PRAZO
        while "devolveu" not in (linha := servidor.stdout.readline()):
            assert linha and time.monotonic() < limite
        servidor.terminate()
        assert servidor.wait(PRAZO) == 0
        servidor.communicate()
    errado = subprocess.run([*comando, "cliente", "--udp", "--crua"], timeout=60, **opcoes)
    assert errado.returncode == 2 and "--udp não combina com --crua" in errado.stderr
