"""O servidor com clientes de verdade: a vida das conexões, ligar e desligar, limites e erros."""

import contextlib
import gc
import itertools
import os
import random
import re
import select
import socket
import subprocess
import sys
import threading
import time
import weakref
from types import SimpleNamespace

import pytest
from apoio import PRAZO, RAIZ, anotou, conectar, em_outro_processo, esperar, ler, ler_tudo, reiniciar, um_filho

from parimpar import Diario, Servidor, classificar
from parimpar.erros import ErroDeRede, ErroDeUso, PortaOcupada
from parimpar.motor import MAXIMO_A_DESPEDIR, MENSAGENS_POR_VOLTA, Motor

CHEIO = b"ERRO servidor cheio\n"
RECUSA_DA_VAZIA = "ERRO esperava um número e veio uma mensagem vazia; envie de 1 a 1000 algarismos\n".encode()
so_no_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="só no Linux")
so_no_unix = pytest.mark.skipif(os.name != "posix", reason="só no Linux e no macOS")


@pytest.fixture
def servidor():
    with Servidor(sorteio=random.Random(1)) as servidor:
        yield servidor


def atende(servidor):
    """O servidor responde a um cliente novo?"""
    with conectar(servidor.endereco) as sock:
        sock.sendall(b"7\n")
        return ler(sock, 7) == "ÍMPAR\n".encode()


def tipos(diario):
    return [evento.tipo for evento in diario]


def ficou_pela_metade(evento):
    """É um send em que nem tudo coube?"""
    return evento.tipo == "envia" and int(re.search(r"\d+", evento.chamada)[0]) > evento.tamanho


def conectar_estreito(endereco):
    """Um cliente com pouco espaço para o que chega: o send do servidor fica pela metade com poucos bytes."""
    sock = socket.socket()
    sock.settimeout(PRAZO)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
    sock.connect(endereco)
    return sock


def inundar(sock, quantas=10_000):
    """Envia pedidos de mil casas sem ler as respostas, até a outra ponta fechar."""
    with contextlib.suppress(OSError):
        for _ in range(quantas):
            sock.sendall(b"1" * 1000 + b"\n")


@pytest.fixture
def motor():
    """Um motor que ainda não dá voltas, para se ver por dentro o que cada chamada faz."""
    escuta = socket.create_server(("127.0.0.1", 0))
    escuta.setblocking(False)
    motor = Motor(escuta, 30, None, Diario(), random.Random(1))
    yield motor
    motor.parando = True
    motor.start()
    motor.join(PRAZO)
    assert motor.falha is None


def aceitar(motor):
    """(o socket do cliente, a conexão que o motor aceitou)."""
    sock = conectar(motor.local)
    motor.dar_uma_volta(sem_esperar=True)
    return sock, next(reversed(motor.conversando))


@contextlib.contextmanager
def ocupado(servidor_com):
    """(servidor, função que o solta): a thread dele está ocupada com um cliente, e o que chega fica à espera."""
    ocupada, livre = threading.Event(), threading.Event()

    def demorar(letras, k):
        ocupada.set()
        livre.wait(PRAZO)
        return letras[:k]

    with servidor_com(sorteio=SimpleNamespace(choices=demorar)) as servidor, conectar(servidor.endereco) as sock:
        sock.sendall(b"12345678901\n")
        assert ocupada.wait(PRAZO)
        yield servidor, livre.set
        livre.set()


def test_o_diario_do_servidor():
    """Cada passo vai ao diário que se passou, com a chamada, os endereços, os bytes e o que há a dizer."""
    diario = Diario()
    with Servidor(diario=diario) as servidor:
        assert servidor.diario is diario
        with conectar(servidor.endereco) as sock:
            cliente = sock.getsockname()
            for dados in (b"7\n", "ÍMPAR FIM\n".encode(), b"PAR FIM\n", b"x\n"):
                cursor = diario.cursor
                sock.sendall(dados)
                anotou(diario, "recebe", cursor=cursor)
            sock.shutdown(socket.SHUT_WR)
            ler_tudo(sock)
        anotou(diario, "fecha")
    recusa = "esperava um inteiro (algarismos de 0 a 9, sinal opcional) e veio 'x'; corrija e envie de novo"
    assert [(e.tipo, e.chamada, e.remoto, e.dados.decode(), e.detalhe) for e in diario] == [
        ("inicia", "listen(…)", None, "", ""),
        ("conecta", "accept()", cliente, "", ""),
        ("recebe", "recv(4096)", cliente, "7\n", ""),
        ("envia", "send(7 bytes)", cliente, "ÍMPAR\n", ""),
        ("recebe", "recv(4096)", cliente, "ÍMPAR FIM\n", ""),
        ("devolve", "", cliente, "ÍMPAR FIM", "confere"),
        ("recebe", "recv(4096)", cliente, "PAR FIM\n", ""),
        ("devolve", "", cliente, "PAR FIM", "divergente: não é a última resposta + FIM"),
        ("recebe", "recv(4096)", cliente, "x\n", ""),
        ("erro", "", cliente, "x", recusa),
        ("envia", f"send({len(recusa) + 6} bytes)", cliente, f"ERRO {recusa}\n", ""),
        ("fecha", "close()", cliente, "", "o cliente encerrou o envio"),
        ("para", "close()", None, "", ""),
    ]
    assert {(e.quem, e.local) for e in diario} == {("servidor", servidor.endereco)}
    assert [e.instante for e in diario] == sorted(e.instante for e in diario)
    assert Servidor().diario is not Servidor().diario


class ComOutroSend:
    """O socket de uma conexão, que só envia de outro jeito."""

    def __init__(self, de_verdade, send):
        self.de_verdade, self.send = de_verdade, send

    def __getattr__(self, nome):
        return getattr(self.de_verdade, nome)


def test_o_recebido_esta_escrito_antes_da_resposta(motor):
    """Quem lê o diário depois de ouvir a resposta acha nele o pedido; e o envio tem o instante de antes do send."""
    sock, conexao = aceitar(motor)
    escrito, depois = [], []

    def enviar(dados):
        escrito.extend(e.tipo for e in motor.diario)
        enviados = de_verdade.send(dados)
        depois.append(time.monotonic())
        return enviados

    de_verdade = conexao.client_socket
    conexao.client_socket = ComOutroSend(de_verdade, enviar)
    with sock:
        sock.sendall(b"7\nx\n")
        motor.dar_uma_volta()
        conexao.client_socket = de_verdade
    assert escrito == ["inicia", "conecta", "recebe", "erro"]
    (envia,) = (e for e in motor.diario if e.tipo == "envia")
    assert envia.instante < depois[0]


def test_na_rede_o_local_e_o_endereco_por_onde_o_cliente_entrou():
    """Escutando em todas as redes, cada conexão é anotada com o endereço de verdade."""
    with Servidor("0.0.0.0") as servidor, conectar(("127.0.0.5", servidor.porta)):
        assert anotou(servidor.diario, "conecta").local == ("127.0.0.5", servidor.porta)


def test_conectar_e_fechar_sem_enviar_nada(servidor):
    """Não produz resposta nem erro (PI-20)."""
    with conectar(servidor.endereco) as sock:
        sock.shutdown(socket.SHUT_WR)
        assert ler_tudo(sock) == b""
    assert anotou(servidor.diario, "fecha").detalhe == "o cliente encerrou o envio"
    assert tipos(servidor.diario) == ["inicia", "conecta", "fecha"]


@pytest.mark.parametrize(
    "dados, respostas",
    [(b"7", "ÍMPAR"), (b"7\n8", "ÍMPAR\nPAR\n"), (b"7\n8\n", "ÍMPAR\nPAR\n"), (b"8\nPAR FIM", "PAR\n")],
)
def test_responde_ao_pendente_antes_de_fechar(servidor, dados, respostas):
    """Depois do fim do envio o servidor responde ao que falta e só então fecha (PI-21)."""
    with conectar(servidor.endereco) as sock:
        sock.sendall(dados)
        sock.shutdown(socket.SHUT_WR)
        assert ler_tudo(sock).decode() == respostas
    assert anotou(servidor.diario, "fecha").detalhe == "o cliente encerrou o envio"


def test_a_apresentacao_e_anotada_e_nao_respondida(servidor):
    """O nome fica no diário, e o que chega em seguida é a resposta do pedido; um nome impossível é um ERRO (PI-50)."""
    with conectar(servidor.endereco) as sock:
        sock.sendall("NOME José\n7\nNOME \x07\nNOME Ana\n8\n".encode())
        sock.shutdown(socket.SHUT_WR)
        respostas = ler_tudo(sock).decode().splitlines()
    assert [resposta[:12] for resposta in respostas] == ["ÍMPAR", "ERRO esperav", "PAR"]
    nomes = [(e.detalhe, e.dados.decode(), e.remoto[0]) for e in servidor.diario if e.tipo == "apresenta"]
    assert nomes == [("José", "José", "127.0.0.1"), ("Ana", "Ana", "127.0.0.1")]
    assert str(anotou(servidor.diario, "apresenta")).endswith("apresentou-se: José")


def test_um_cliente_parado_nao_atrasa_os_outros(servidor):
    """Com muitos calados, ou no meio de um pedido, os outros são atendidos (PI-22)."""
    with contextlib.ExitStack() as abertos:
        for dados in (b"", b"7\n12", b"x" * 1000) * 10:
            abertos.enter_context(conectar(servidor.endereco)).sendall(dados)
        assert atende(servidor)


@pytest.mark.parametrize("dados, respostas", [(b"", ""), (b"7\n12", "ÍMPAR\n"), (b"7", "ÍMPAR")])
def test_silencio_longo(dados, respostas):
    """Passado o silêncio, o servidor diz o motivo e fecha (PI-23)."""
    with Servidor(silencio=0.4) as servidor, conectar(servidor.endereco) as sock:
        sock.sendall(dados)
        antes = time.monotonic()
        assert ler_tudo(sock).decode() == respostas + "ERRO silêncio de 0,4 s\n"
        assert 0.3 < time.monotonic() - antes < PRAZO
        sock.close()
        assert anotou(servidor.diario, "fecha").detalhe == "silêncio de 0,4 s"


def test_o_silencio_se_conta_do_ultimo_envio(motor):
    """Responder também é sinal de vida: o prazo recomeça, e a conexão vai para o fim da fila (PI-23)."""
    (um, primeira), (outro, segunda) = aceitar(motor), aceitar(motor)
    with um, outro:
        assert list(motor.conversando) == [primeira, segunda]
        antes = primeira.desde
        motor.guardar(primeira, b"PAR\n")
        motor.responder()
        assert primeira.desde > antes and primeira.a_enviar == b""
        assert list(motor.conversando) == [segunda, primeira]
        assert ler(um, 4) == b"PAR\n"


def test_o_silencio_de_quem_so_ouviu_a_resposta():
    """Na forma crua a resposta só sai no silêncio curto, e o longo se conta dela (PI-11, PI-23)."""
    with Servidor(silencio=0.5) as servidor, conectar(servidor.endereco) as sock:
        sock.sendall(b"7")
        antes = time.monotonic()
        assert ler_tudo(sock).decode() == "ÍMPARERRO silêncio de 0,5 s\n"
        assert time.monotonic() - antes > 0.65


def test_o_silencio_curto_e_o_longo_ao_mesmo_tempo(motor):
    """Se os dois prazos vencem na mesma volta, o pedido cru é respondido antes da despedida (PI-11, PI-23)."""
    sock, conexao = aceitar(motor)
    with sock:
        sock.sendall(b"7")
        motor.dar_uma_volta()
        conexao.desde -= 60
        motor.dar_uma_volta()
        assert ler(sock, 100).decode() == "ÍMPARERRO silêncio de 30 s\n"


def test_quem_se_despede_sai_das_outras_filas(motor):
    """Para a conexão que se despede só o prazo da despedida vale: o silêncio e o limite não a contam (PI-25, PI-27)."""
    sock, conexao = aceitar(motor)
    with sock:
        sock.sendall(b"7")
        motor.dar_uma_volta()
        assert conexao in motor.em_silencio and conexao in motor.conversando
        motor.despedir(conexao, "até logo")
        assert conexao not in motor.em_silencio and conexao not in motor.conversando
        assert list(motor.despedindo) == [conexao] and conexao.adeus == "até logo"
        conexao.desde -= 60
        motor.cuidar_dos_prazos()
        assert not conexao.aberta and not motor.despedindo


def test_o_prazo_vence_para_quem_esta_calado_ha_mais_tempo(motor):
    """De dois clientes, só o calado é despedido; o outro continua a ser atendido (PI-23)."""
    (um, primeira), (outro, _) = aceitar(motor), aceitar(motor)
    with um, outro:
        primeira.desde -= 60
        motor.dar_uma_volta(sem_esperar=True)
        assert ler(um, 100).decode() == "ERRO silêncio de 30 s\n"
        outro.sendall(b"8\n")
        motor.dar_uma_volta()
        assert ler(outro, 4) == b"PAR\n"


def test_quem_sai_sem_ouvir_a_resposta(motor):
    """O RST que só se descobre no send também fica no registro, e a conexão é fechada (PI-24)."""
    sock, conexao = aceitar(motor)
    motor.guardar(conexao, b"PAR\n")
    reiniciar(sock)
    motor.responder()
    motor.escrever_o_diario()
    assert [(e.tipo, e.detalhe[:17]) for e in motor.diario][-2:] == [
        ("erro", "conexão perdida: "),
        ("fecha", "conexão perdida"),
    ]
    assert not conexao.aberta and not motor.conversando


def test_quem_volta_a_falar_sai_do_silencio(motor):
    """Um pedido cru que vira linha não fica na fila do silêncio, que é de quem ainda o espera (PI-11)."""
    (um, primeira), (outro, segunda) = aceitar(motor), aceitar(motor)
    with um, outro:
        for sock in (um, outro):
            sock.sendall(b"7")
            motor.dar_uma_volta()
        assert list(motor.em_silencio) == [primeira, segunda]
        um.sendall(b"8")  # recomeça a contar
        motor.dar_uma_volta()
        assert list(motor.em_silencio) == [segunda, primeira]
        um.sendall(b"\n")
        motor.dar_uma_volta()
        assert list(motor.em_silencio) == [segunda]
        outro.shutdown(socket.SHUT_WR)
        motor.dar_uma_volta()
        assert not motor.em_silencio


def test_a_espera_vai_ate_o_primeiro_prazo(motor):
    """Sem prazos a thread dorme até que algo chegue; com eles, até o primeiro; com linhas à espera, não dorme."""
    assert motor.quanto_esperar() is None
    sock, conexao = aceitar(motor)
    with sock:
        assert 29 < motor.quanto_esperar() <= 30
        motor.em_silencio.entrar(conexao)
        assert 0 < motor.quanto_esperar() <= 0.2
        motor.em_silencio.sair(conexao)
        motor.volta_do_accept = time.monotonic() + 7
        assert 6 < motor.quanto_esperar() <= 7
        motor.volta_do_accept = None
        conexao.desde -= 60
        assert motor.quanto_esperar() == 0
        conexao.desde += 60
        motor.com_sobra.append(conexao)
        assert motor.quanto_esperar() == 0


def test_o_calado_que_nao_fecha_e_fechado(monkeypatch):
    """Quem não reage ao aviso de silêncio tem um prazo, e depois o descritor é devolvido (PI-23, PI-27)."""
    monkeypatch.setattr("parimpar.motor.ADEUS", 0.1)
    with Servidor(silencio=0.1) as servidor, conectar(servidor.endereco):
        assert anotou(servidor.diario, "fecha").detalhe == "silêncio de 0,1 s"
        assert servidor.conexoes == 0


def test_um_rst_encerra_so_aquela_conexao(servidor):
    """O motivo fica no registro, e os outros nem percebem (PI-24)."""
    with conectar(servidor.endereco) as outro:
        sock = conectar(servidor.endereco)
        sock.sendall(b"12")
        anotou(servidor.diario, "recebe")
        reiniciar(sock)
        assert re.fullmatch(
            r"conexão perdida: .*reiniciou a conexão \(ECONNRESET\)", anotou(servidor.diario, "erro").detalhe
        )
        assert anotou(servidor.diario, "fecha").detalhe == "conexão perdida"
        outro.sendall(b"8\n")
        assert ler(outro, 4) == b"PAR\n"


@pytest.mark.parametrize("pedido", [b"12345678901\n", b"12345678901"], ids=["linha", "crua"])
@pytest.mark.parametrize("falhar, erro", [(lambda: 1 / 0, "ZeroDivisionError"), (sys.exit, "SystemExit")])
def test_um_erro_interno_encerra_so_aquela_conexao(falhar, erro, pedido):
    """Um defeito ao atender um cliente não derruba os outros nem o servidor, nem se for um sys.exit (PI-24)."""
    with (
        Servidor(sorteio=SimpleNamespace(choices=lambda *_, k: falhar())) as servidor,
        conectar(servidor.endereco) as outro,
    ):
        with conectar(servidor.endereco) as sock:
            sock.sendall(pedido)
            assert ler_tudo(sock) == b""
        assert erro in anotou(servidor.diario, "erro", "erro interno").detalhe
        outro.sendall(b"8\n")
        assert ler(outro, 4) == b"PAR\n"


def test_servidor_cheio():
    """Acima do limite vem um ERRO; quando alguém sai, cabe outro (PI-25)."""
    with Servidor(max_conexoes=2) as servidor:
        with conectar(servidor.endereco) as primeiro, conectar(servidor.endereco) as segundo:
            with conectar(servidor.endereco) as terceiro:
                assert ler_tudo(terceiro) == CHEIO
            for sock in (primeiro, segundo):
                sock.sendall(b"8\n")
                assert ler(sock, 4) == b"PAR\n"
            cursor = servidor.diario.cursor
        for _ in range(2):
            cursor = anotou(servidor.diario, "fecha", "encerrou o envio", cursor).numero + 1
        assert atende(servidor)


def test_um_endereco_nao_toma_todos_os_lugares():
    """PI-25: com max_por_endereco, o terceiro do mesmo endereço é avisado; quem sai dá lugar, e os outros entram."""
    with Servidor(max_por_endereco=2) as servidor:
        with conectar(servidor.endereco) as primeiro, conectar(servidor.endereco):
            with conectar(servidor.endereco) as terceiro:
                assert ler_tudo(terceiro) == "ERRO conexões demais do mesmo endereço\n".encode()
            if sys.platform != "darwin":  # lá só existe o 127.0.0.1
                with socket.create_connection(servidor.endereco, PRAZO, source_address=("127.0.0.2", 0)) as outro:
                    outro.sendall(b"8\n")
                    assert ler(outro, 4) == b"PAR\n"
            cursor = servidor.diario.cursor
            primeiro.close()
            anotou(servidor.diario, "fecha", "encerrou", cursor)
            with conectar(servidor.endereco) as quarto:
                quarto.sendall(b"8\n")
                assert ler(quarto, 4) == b"PAR\n"


def test_quem_sai_da_um_lugar_so():
    """PI-25: com um lugar por endereço, o segundo é sempre avisado, por mais que outros já tenham saído."""
    with Servidor(max_por_endereco=1) as servidor:
        for _ in range(3):
            with conectar(servidor.endereco) as um:
                um.sendall(b"8\n")
                assert ler(um, 4) == b"PAR\n"
                for _ in range(2):  # a saída de quem não coube não libera o lugar de ninguém
                    cursor = servidor.diario.cursor
                    with conectar(servidor.endereco) as outro:
                        assert ler_tudo(outro) == "ERRO conexões demais do mesmo endereço\n".encode()
                    cursor = anotou(servidor.diario, "fecha", cursor=cursor).numero + 1
            anotou(servidor.diario, "fecha", cursor=cursor)
        assert not servidor._motor.por_endereco  # de quem já saiu não se guarda nada


@pytest.mark.skipif(sys.platform == "darwin", reason="o macOS só tem o 127.0.0.1")
def test_os_ultimos_lugares_nao_sao_de_quem_ja_tem_muitos():
    """Com limite por endereço, três que pedem tudo deixam sempre lugar a quem ainda não tem nenhum."""
    with Servidor(max_conexoes=16, max_por_endereco=16) as servidor, contextlib.ExitStack() as abertas:

        def de(ip):
            sock = socket.create_connection(servidor.endereco, PRAZO, source_address=(ip, 0))
            abertas.enter_context(sock).sendall(b"8\n")
            return ler(sock, 4)

        respostas = [de(f"127.0.0.{2 + i % 3}") for i in range(30)]
        assert respostas.count(b"PAR\n") == 12 and set(respostas) == {b"PAR\n", b"ERRO"}  # 4 cada um, e 4 livres
        assert [de(f"127.0.1.{1 + i}") for i in range(5)] == [b"PAR\n"] * 4 + [b"ERRO"]


def test_servidor_muito_cheio(monkeypatch):
    """Uma multidão além do limite, que não lê nem fecha, não gasta descritores sem fim (PI-25)."""
    monkeypatch.setattr("parimpar.motor.ADEUS", 60)  # segundos: ninguém sai da despedida no meio do teste
    with (
        Servidor(max_conexoes=1) as servidor,
        conectar(servidor.endereco) as primeiro,
        contextlib.ExitStack() as abertos,
    ):
        multidao = [abertos.enter_context(conectar(servidor.endereco)) for _ in range(MAXIMO_A_DESPEDIR + 30)]
        assert anotou(servidor.diario, "fecha").detalhe == "servidor cheio"
        for sock in multidao:  # os que se despedem e os que são fechados na hora
            assert ler(sock, len(CHEIO)) == CHEIO
        primeiro.sendall(b"8\n")
        assert ler(primeiro, 4) == b"PAR\n"
        assert tipos(servidor.diario).count("conecta") == 1 + MAXIMO_A_DESPEDIR


def test_a_ultima_resposta_nao_se_perde(servidor):
    """O que o cliente ainda enviava quando o servidor resolve fechar é lido: o fim não vira um RST (PI-13, PI-27)."""
    with conectar(servidor.endereco) as sock:
        sock.sendall(b"7\n" + b"x" * 3_000_000)
        sock.shutdown(socket.SHUT_WR)
        resposta = ler_tudo(sock).decode()
    assert re.fullmatch(r"ÍMPAR\nERRO o pedido passou de 1024 bytes.*\n", resposta)
    assert anotou(servidor.diario, "fecha").detalhe == "pedido longo demais"


def test_muitos_pedidos_colados(servidor):
    """Quando as respostas não cabem no send, o resto espera, e tudo chega na ordem (PI-12, PI-14, PI-21)."""
    numeros = ["1" * (11 + i % 990) for i in range(12_000)]
    sorteio = random.Random(1)
    esperadas = "".join(classificar(numero, sorteio) + "\n" for numero in numeros)

    def enviar():
        sock.sendall(("\n".join(numeros) + "\n").encode())
        sock.shutdown(socket.SHUT_WR)

    with conectar_estreito(servidor.endereco) as sock:
        thread = threading.Thread(target=enviar)
        thread.start()
        assert servidor.diario.esperar(ficou_pela_metade, 6 * PRAZO), "tudo coube; o teste precisa de mais pedidos"
        assert ler_tudo(sock).decode() == esperadas
        thread.join(PRAZO)


def test_um_recv_cheio_de_linhas_nao_atrasa_os_outros():
    """De cada cliente se trata um punhado de linhas por volta: dois que despejam linhas vazias se alternam (PI-22)."""
    linhas = 3000
    with (
        ocupado(Servidor) as (servidor, soltar),
        conectar(servidor.endereco) as um,
        conectar(servidor.endereco) as outro,
    ):
        for sock in (um, outro):  # chegam os dois enquanto a thread está ocupada
            sock.sendall(b"\n" * linhas)
            sock.shutdown(socket.SHUT_WR)
        soltar()
        assert ler_tudo(um) == ler_tudo(outro) == RECUSA_DA_VAZIA * linhas
        de_quem = [evento.remoto for evento in servidor.diario if evento.tipo == "erro"]
    seguidas = [len(list(grupo)) for _, grupo in itertools.groupby(de_quem)]
    assert len(de_quem) == 2 * linhas and max(seguidas) == MENSAGENS_POR_VOLTA


def test_o_send_que_nao_aceita_nada_nao_perde_nada(motor):
    """Sem lugar nem para um byte, a resposta espera inteira até o socket dizer que há espaço (PI-12)."""

    def enviar(dados):
        raise BlockingIOError

    sock, conexao = aceitar(motor)
    with sock:
        de_verdade = conexao.client_socket
        conexao.client_socket = ComOutroSend(de_verdade, enviar)
        sock.sendall(b"8\n")
        motor.dar_uma_volta()
        conexao.client_socket = de_verdade
        motor.dar_uma_volta(sem_esperar=True)
        assert ler(sock, 4) == b"PAR\n"


def test_linhas_que_sobram_esperam_quem_nao_le(motor):
    """As linhas que ficaram para depois esperam o cliente ler, e todas são respondidas na ordem (PI-14)."""
    with conectar_estreito(motor.local) as sock:
        motor.dar_uma_volta(sem_esperar=True)
        (conexao,), enviadas, lido = motor.conversando, 0, b""
        while not conexao.entupida:
            if not motor.com_sobra:
                sock.sendall(b"\n" * 4000)
                enviadas += 4000
            motor.dar_uma_volta(sem_esperar=True)
        assert conexao.conversa.sobra
        falta = conexao.a_enviar
        motor.dar_uma_volta(sem_esperar=True)
        assert conexao.a_enviar == falta  # sem lugar para responder, as linhas esperam
        sock.sendall(b"8\n")
        sock.shutdown(socket.SHUT_WR)
        while parte := ler_o_que_houver(sock, motor):
            lido += parte
    assert lido == RECUSA_DA_VAZIA * enviadas + b"PAR\n"


def ler_o_que_houver(sock, motor):
    """O próximo pedaço que o motor envia, dando as voltas que for preciso; vazio no fim."""
    while not select.select([sock], [], [], 0)[0]:
        motor.dar_uma_volta()
    return sock.recv(65536)


def test_quem_nao_le_as_respostas_e_desligado():
    """Um cliente que só envia é fechado depois do silêncio, sem atrasar os outros (PI-22, PI-23)."""
    with Servidor(silencio=0.5) as servidor, conectar(servidor.endereco) as sock:
        thread = threading.Thread(target=inundar, args=(sock, 100_000))
        thread.start()
        assert servidor.diario.esperar(ficou_pela_metade, 6 * PRAZO)
        assert atende(servidor)
        assert anotou(servidor.diario, "fecha", "não lê").detalhe == "o cliente não lê as respostas"
        thread.join(PRAZO)
        assert not thread.is_alive()


def test_muitas_conexoes(servidor):
    """Centenas de clientes ao mesmo tempo, cada um com a sua resposta."""
    quantas = 500
    with contextlib.suppress(ImportError):
        import resource

        quantas = min(quantas, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200) // 2)
    with contextlib.ExitStack() as abertos:
        socks = [abertos.enter_context(conectar(servidor.endereco)) for _ in range(quantas)]
        for i, sock in enumerate(socks):
            sock.sendall(f"{i}\n".encode())
        for i, sock in enumerate(socks):
            esperada = f"{classificar(i)}\n".encode()
            assert ler(sock, len(esperada)) == esperada
        assert servidor.conexoes == quantas
        assert repr(servidor) == f"<Servidor 127.0.0.1:{servidor.porta} escutando, conexões abertas: {quantas}>"


def test_iniciar_e_parar_podem_ser_repetidos():
    """Executar a célula de novo é normal: nada muda, nada falha."""
    servidor = Servidor()
    servidor.parar()
    assert not servidor.ligado and servidor.server_socket is None and servidor.porta == 0
    assert servidor.iniciar() is servidor
    escuta = servidor.server_socket
    assert servidor.iniciar().server_socket is escuta and servidor.ligado and servidor.so_desta_maquina
    assert servidor.endereco == escuta.getsockname()
    servidor.parar()
    servidor.parar()
    assert not servidor.ligado and servidor.conexoes == 0
    assert repr(servidor) == f"<Servidor 127.0.0.1:{servidor.porta} parado>"
    assert tipos(servidor.diario) == ["inicia", "para"]


def test_parar_fecha_tudo(servidor):
    """A escuta e as conexões se fecham de fato: ninguém mais é atendido nem se conecta (PI-26)."""
    escuta = servidor.server_socket
    with conectar(servidor.endereco) as sock:
        sock.sendall(b"8\n")
        assert ler(sock, 4) == b"PAR\n"
        servidor.parar()
        assert ler_tudo(sock) == b""
    assert escuta.fileno() == -1
    with pytest.raises(ConnectionRefusedError):
        conectar(servidor.endereco)
    fecha, para = list(servidor.diario)[-2:]
    assert (fecha.tipo, fecha.detalhe, para.tipo) == ("fecha", "o servidor parou", "para")


def test_o_que_chegou_antes_de_parar_e_lido():
    """A devolução enviada enquanto a thread atendia outro cliente ainda fica no diário (PI-05, PI-26)."""
    with ocupado(Servidor) as (servidor, soltar), conectar(servidor.endereco) as um:
        um.sendall(b"8\nPAR FIM\n")
        servidor._motor.parando = True  # é o que `parar` faz primeiro
        soltar()
        servidor.parar()
    assert "devolve" in tipos(servidor.diario)


def test_reinicia_na_mesma_porta_na_hora(servidor):
    """A porta volta mesmo com uma conexão antiga em TIME_WAIT (PI-26)."""
    porta = servidor.porta
    for _ in range(3):
        with conectar(servidor.endereco) as sock:
            sock.sendall(b"8\n")
            assert ler(sock, 4) == b"PAR\n"
            servidor.parar()  # quem fecha primeiro fica em TIME_WAIT
            assert ler_tudo(sock) == b""
        servidor.iniciar()
        assert servidor.porta == porta and atende(servidor)


def test_para_em_dois_segundos_o_que_quer_que_façam():
    """Calados, pela metade, que não leem, que inundam, em despedida: nenhum segura o `parar` (PI-26)."""
    with Servidor(max_conexoes=5) as servidor, contextlib.ExitStack() as abertos:
        calado, metade, longo, inunda, le = (abertos.enter_context(conectar(servidor.endereco)) for _ in range(5))
        metade.sendall(b"12")
        longo.sendall(b"x" * 5000)
        le.sendall(b"7\n" * 1000)
        threads = [threading.Thread(target=inundar, args=(sock, 100_000)) for sock in (inunda, calado)]
        for thread in threads:
            thread.start()
        assert servidor.diario.esperar(ficou_pela_metade, 6 * PRAZO)
        abertos.enter_context(conectar(servidor.endereco))
        antes = time.monotonic()
        servidor.parar()
        assert time.monotonic() - antes < 2
        assert not any(thread.name.startswith("servidor-parimpar") for thread in threading.enumerate())
        with pytest.raises(ConnectionRefusedError):
            conectar(servidor.endereco)
        for thread in threads:
            thread.join(PRAZO)


def descritores():
    """Os que este processo tem abertos, e não quantos: outro teste pode acabar de fechar algum dos dele."""
    return set(os.listdir("/proc/self/fd"))


def thread_de(servidor):
    """A thread que atende, pelo nome com que aparece a quem lista as threads."""
    (thread,) = (t for t in threading.enumerate() if t.name == f"servidor-parimpar-{servidor.porta}")
    return thread


def test_um_servidor_esquecido_nao_prende_o_programa(servidor):
    """O Python não espera a thread para terminar: ela é daemon."""
    assert thread_de(servidor).daemon


def test_o_servidor_parado_nao_guarda_a_thread(servidor):
    """Quem liga e desliga muitas vezes não acumula na memória o que já terminou."""
    thread = weakref.ref(thread_de(servidor))
    servidor.parar()
    esperar(lambda: thread() is None, PRAZO)  # o Python ainda desfaz a thread por um instante


@so_no_linux
def test_parar_devolve_os_descritores_na_hora():
    """Nenhum fica aberto à espera do coletor de lixo, nem se alguém ainda olha para a thread (PI-26)."""
    gc.collect()
    antes = descritores()
    with Servidor() as servidor:
        thread = thread_de(servidor)
    assert not thread.is_alive() and descritores() <= antes


@so_no_linux
def test_reescrever_a_variavel_nao_deixa_rastro():
    """A célula que cria o servidor pode rodar de novo: o antigo para sozinho, sem thread nem descritor esquecidos."""

    def threads():
        return [thread for thread in threading.enumerate() if thread.name.startswith("servidor-parimpar")]

    gc.collect()
    antes = descritores()
    for _ in range(5):
        servidor = Servidor().iniciar()
        assert atende(servidor)
        assert len(threads()) == 1
    del servidor
    gc.collect()
    assert threads() == [] and descritores() <= antes


@so_no_unix
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_um_fork_nao_prende_a_porta(servidor):
    """O filho de um fork não herda a escuta nem as conexões: o pai para e reinicia na mesma porta (PI-26)."""
    with conectar(servidor.endereco) as sock:
        sock.sendall(b"8\n")
        assert ler(sock, 4) == b"PAR\n"
        with um_filho():
            sock.sendall(b"7\n")  # a conexão segue viva no pai
            assert ler(sock, 7) == "ÍMPAR\n".encode()
            servidor.parar()
            assert ler_tudo(sock) == b""
            servidor.iniciar()
            assert atende(servidor)


@so_no_linux
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_o_filho_de_um_fork_nao_herda_descritores():
    """Nem a escuta, nem as conexões, nem o que acorda a thread, nem o seletor: tudo se fecha no filho (PI-26)."""
    gc.collect()
    antes = descritores()
    with Servidor() as servidor, conectar(servidor.endereco) as client_socket:
        anotou(servidor.diario, "conecta")
        filho = os.fork()
        if filho == 0:  # o do cliente é de quem fez o fork
            os._exit(0 if descritores() - antes == {str(client_socket.fileno())} else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(filho, 0)[1]) == 0


@so_no_unix
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_um_fork_no_meio_de_uma_anotacao(servidor):
    """O filho não herda trancada a tranca de uma thread que não existe nele."""
    with servidor.diario._tranca:
        filho = os.fork()
        if filho == 0:
            livre = servidor.diario._tranca.acquire(blocking=False)
            os._exit(0 if livre else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(filho, 0)[1]) == 0


def test_o_erro_da_thread_nao_se_perde(monkeypatch):
    """Se a thread morre, tudo se fecha, o `repr` conta e `parar` lança o erro, uma vez."""
    servidor = Servidor().iniciar()
    with monkeypatch.context() as troca:
        troca.setattr(Motor, "aceitar", lambda *_: 1 / 0)
        with contextlib.suppress(ConnectionError), conectar(servidor.endereco):
            assert "ZeroDivisionError" in anotou(servidor.diario, "erro", "o servidor parou").detalhe
            anotou(servidor.diario, "para")
    frase = rf"<Servidor 127\.0\.0\.1:{servidor.porta} parou por um erro: ZeroDivisionError\(.*\)>"
    assert re.fullmatch(frase, repr(servidor))
    with pytest.raises(ZeroDivisionError):
        servidor.parar()
    assert not servidor.ligado
    servidor.parar()
    with servidor:
        assert atende(servidor)


@so_no_unix
def test_faltam_descritores_para_o_accept():
    """Sem descritores o servidor anota, descansa sem gastar o processador e depois atende quem esperou."""
    programa = """
import os, resource, time
from parimpar import Servidor
with Servidor() as servidor:
    duro = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 5, duro))
    print(servidor.porta, flush=True)  # só agora: antes do limite, todos os clientes caberiam
    assert servidor.diario.esperar(lambda e: "EMFILE" in e.detalhe, 10)
    gasto, cursor = time.process_time(), servidor.diario.cursor
    servidor.diario.esperar(lambda e: e.tipo == "nunca", 1.2, cursor)
    erros = [e for e in servidor.diario.desde(cursor)[0] if e.tipo == "erro"]
    falta = "acabaram os descritores deste processo (EMFILE); nova tentativa em 0,5 s"
    assert {(e.chamada, e.detalhe) for e in erros} == {("accept()", falta)}, erros
    print(time.process_time() - gasto, len(erros), servidor.ligado, flush=True)
    input()
"""
    processo = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", programa],
        cwd=RAIZ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with processo:
        endereco = "127.0.0.1", int(processo.stdout.readline())
        with contextlib.ExitStack() as abertos:
            socks = [abertos.enter_context(conectar(endereco)) for _ in range(20)]
            gasto, erros, ligado = processo.stdout.readline().split()
            assert float(gasto) < 0.6 and 1 <= int(erros) <= 4 and ligado == "True"
            for sock in socks[:-1]:
                sock.close()
            socks[-1].sendall(b"8\n")  # estava na fila do kernel: há lugar agora
            assert ler(socks[-1], 4) == b"PAR\n"
        processo.communicate("\n", timeout=PRAZO)
    assert processo.returncode == 0


@so_no_unix
def test_faltam_descritores_para_iniciar():
    """Faltando poucos ou muitos descritores, `iniciar` diz o que houve e não deixa nenhum aberto."""
    programa = """
import gc, os, resource
from parimpar import Servidor
from parimpar.erros import ErroDeRede
maximo, duro = resource.getrlimit(resource.RLIMIT_NOFILE)
def abertos():
    gc.collect()
    return len(os.listdir("/dev/fd"))
antes, falhas = abertos(), 0
for livres in range(6):
    servidor = Servidor()
    resource.setrlimit(resource.RLIMIT_NOFILE, (antes - 1 + livres, duro))
    try:
        servidor.iniciar()
    except ErroDeRede as erro:
        assert str(erro).startswith("não foi possível ") and "EMFILE" in str(erro), erro
        falhas += 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (maximo, duro))
    servidor.parar()
    assert abertos() == antes, livres
print(falhas)
"""
    assert int(em_outro_processo(programa)) >= 3


@so_no_unix
def test_o_limite_do_sistema_e_dito():
    """Pedir mais conexões do que o sistema deixa é avisado no registro."""
    programa = """
import resource
from parimpar import Servidor
resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
for host, max_conexoes in (("0.0.0.0", 5000), ("127.0.0.1", 73), ("127.0.0.1", 72), ("127.0.0.1", None)):
    with Servidor(host, max_conexoes=max_conexoes) as servidor:
        print(next(iter(servidor.diario)).detalhe)
"""
    aviso = (
        "o sistema só deixa abrir 72 conexões neste processo, e pediram-se {}; "  # 200 menos os descritores reservados
        "no Linux e no macOS, aumente com ulimit -n antes de abrir o Python"
    )
    da_rede = "atenção: aceita conexões da rede, não só desta máquina; "
    assert em_outro_processo(programa).split("\n") == [da_rede + aviso.format(5000), aviso.format(73), "", "", ""]


@pytest.mark.parametrize(
    "argumento, esperava, valores",
    [
        ("host", 'o host deve ser um texto como "127.0.0.1", ou "0.0.0.0" para a rede toda', ["", None, 80]),
        ("porta", "a porta deve ser um inteiro de 0 a 65535 (0 = o sistema escolhe) e", [-1, 65536, "80", 1.5, None]),
        (
            "silencio",
            "silencio deve ser um número de segundos acima de 0 e até 86400",
            [0, -1, float("nan"), float("inf"), 86_401, "30", None],
        ),
        ("max_conexoes", "max_conexoes deve ser um inteiro a partir de 1", [0, -1, "10", 1.5]),
        ("max_por_endereco", "max_por_endereco deve ser um inteiro a partir de 1", [0, -1, "10", 1.5]),
    ],
)
def test_argumento_errado(argumento, esperava, valores):
    """Um argumento errado é um `ErroDeUso` que diz o que se esperava e o que veio, antes de abrir qualquer socket."""
    for valor in valores:
        with pytest.raises(ErroDeUso) as info:
            Servidor(**{argumento: valor})
        assert str(info.value).replace(" e veio", "; veio") == f"{esperava.removesuffix(' e')}; veio {valor!r}"


def test_os_argumentos_no_limite():
    """A maior porta, o maior silêncio e os menores limites servem; sem nada dito, são 127.0.0.1 e 30 s."""
    assert Servidor(porta=65535).porta == 65535
    with Servidor(silencio=86_400, max_conexoes=1, max_por_endereco=1) as servidor:
        assert atende(servidor)
    padrao = Servidor()
    assert (padrao.endereco, padrao.silencio, padrao.max_conexoes) == (("127.0.0.1", 0), 30.0, None)


def test_porta_ocupada(servidor):
    """A mensagem diz a porta e o que fazer; depois, com a porta livre, o mesmo objeto inicia."""
    outro = Servidor(porta=servidor.porta)
    with pytest.raises(PortaOcupada) as info:
        outro.iniciar()
    assert str(info.value) == (
        f"não foi possível escutar na porta {servidor.porta}: ela já está em uso, ou o sistema a reserva. Pare o "
        "programa (ou a célula) que a usa, ou escolha outra; com a porta 0, o sistema escolhe uma livre"
    )
    assert not outro.ligado
    servidor.parar()
    with outro:
        assert outro.porta == servidor.porta and atende(outro)


@pytest.mark.parametrize("host", ["192.0.2.1", "::1", "a..b", "x" * 300])
def test_host_que_nao_e_desta_maquina(host):
    """Um endereço que não é desta máquina, ou nem é um endereço, é um `ErroDeRede`; a porta não tem culpa."""
    servidor = Servidor(host, 60000)
    frase = re.escape(f"não foi possível escutar em {host!r}: ") + r".*\. Use um endereço desta máquina, como 127.0.0.1"
    with pytest.raises(ErroDeRede, match=f"^{frase}"):
        servidor.iniciar()
    assert not servidor.ligado and servidor.porta == 60000


@pytest.mark.parametrize("host", ["x\0y", "\udcff"])
def test_host_que_nem_se_pode_perguntar(host):
    """Um nome impossível é um `ErroDeUso`, e o socket não fica aberto."""
    with pytest.raises(ErroDeUso, match="não é um nome de hospedeiro: .*; use 127.0.0.1, por exemplo"):
        Servidor(host).iniciar()


def test_aviso_de_que_a_rede_pode_entrar(monkeypatch):
    """Escutar além desta máquina é anotado; só 127.x.x.x não é visto pela rede."""
    with Servidor() as servidor:
        assert next(iter(servidor.diario)).detalhe == ""
    so_desta_maquina = Motor.so_desta_maquina.fget
    assert so_desta_maquina(SimpleNamespace(local=("127.0.0.2", 1)))
    assert not so_desta_maquina(SimpleNamespace(local=("0.0.0.0", 1)))
    assert not so_desta_maquina(SimpleNamespace(local=("192.168.0.7", 1)))
    assert not so_desta_maquina(SimpleNamespace(local=("1270.1.1.1", 1)))
    monkeypatch.setattr(Motor, "so_desta_maquina", False)
    with Servidor() as servidor:
        assert next(iter(servidor.diario)).detalhe == "atenção: aceita conexões da rede, não só desta máquina"
        assert not servidor.so_desta_maquina


def test_ligar_e_desligar_de_varias_threads():
    """Ligar e desligar ao mesmo tempo não deixa nenhum motor sem dono (PI-26)."""
    antes = set(threading.enumerate())
    servidor = Servidor()
    threads = [threading.Thread(target=acao) for _ in range(10) for acao in (servidor.iniciar, servidor.parar)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PRAZO)
    servidor.parar()
    assert set(threading.enumerate()) == antes
    with Servidor(porta=servidor.porta):  # a porta ficou livre
        pass
