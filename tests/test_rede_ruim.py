"""A rede ruim para TCP: o que cada ajuste faz com a entrega, e que nenhum perde nem troca bytes."""

import contextlib
import os
import random
import re
import select
import socket
import sys
import threading
import time

import pytest
from apoio import PRAZO, conectar, em_outro_processo, ler, ler_tudo, reiniciar
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parimpar import Cliente, Servidor, classificar
from parimpar.aulas import rede_ruim as modulo
from parimpar.aulas.rede_ruim import RedeRuim
from parimpar.erros import ErroDeUso

so_no_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="só o Linux conta os segmentos")


@pytest.fixture
def escuta():
    """O servidor do outro lado da rede: quem aceita é o teste."""
    with socket.create_server(("127.0.0.1", 0)) as server_socket:
        server_socket.settimeout(PRAZO)
        yield server_socket


@contextlib.contextmanager
def atraves(escuta, tipo=RedeRuim, **ajustes):
    """(rede, client_socket, server_socket): uma conexão que passa pela rede."""
    with tipo(escuta.getsockname(), **ajustes) as rede, conectar(rede.endereco) as client_socket:
        conexao, _ = escuta.accept()
        with conexao:
            conexao.settimeout(PRAZO)
            yield rede, client_socket, conexao


def nada_chega(sock, espera=0.2):
    """Nem bytes nem fim: a espera é o tempo que se dá à rede para errar, e não o de ela acertar."""
    return not select.select([sock], [], [], espera)[0]


def vivas(rede):
    """As threads da rede que ainda não terminaram."""
    return [thread for thread in rede._threads if thread.is_alive()]


class RedePassoAPasso(RedeRuim):
    """Uma rede em que a pausa antes de cada pedaço só acaba quando o teste deixa."""

    def __init__(self, *args, **ajustes):
        self.pausas, self.vez = [], threading.Semaphore(0)
        super().__init__(*args, **ajustes)

    def _descansar(self, quanto, acabou):
        self.pausas.append(quanto)
        assert self.vez.acquire(timeout=PRAZO)


def test_sem_defeitos(escuta):
    """Sem ajustes é uma rede boa: os bytes vão, voltam, e cada fim é entregue sozinho."""
    with atraves(escuta) as (rede, client_socket, conexao):
        client_socket.sendall(b"7\n")
        assert ler(conexao, 2) == b"7\n"
        client_socket.shutdown(socket.SHUT_WR)
        assert ler_tudo(conexao) == b""
        conexao.sendall("ÍMPAR\n".encode())  # a volta continua depois do fim da ida
        assert ler(client_socket, 7) == "ÍMPAR\n".encode()
        conexao.close()
        assert ler_tudo(client_socket) == b""
    assert rede.contagem == {"ida": 1, "volta": 1} and vivas(rede) == []


def test_cada_pedaco_chega_sozinho(escuta):
    """Com fragmento=2, um envio de 7 bytes vira quatro chegadas, com a pausa pedida entre elas."""
    with atraves(escuta, RedePassoAPasso, fragmento=2, pausa=0.25, atraso=0.5) as (rede, client_socket, conexao):
        client_socket.sendall("ÍMPAR\n".encode())
        chegadas = []
        for _ in range(4):
            assert nada_chega(conexao, 0)
            rede.vez.release()
            chegadas.append(conexao.recv(100))
    assert chegadas == [b"\xc3\x8d", b"MP", b"AR", b"\n"]
    assert rede.contagem["ida"] == 4 and rede.pausas[0] == 0.5
    assert all(0.5 <= pausa <= 0.75 for pausa in rede.pausas[1:])


@so_no_linux
def test_cada_pedaco_e_um_segmento(escuta):
    """Mesmo sem pausa, o kernel da outra ponta conta um segmento por pedaço (man 7 tcp, tcpi_data_segs_in)."""

    def segmentos(sock):
        return int.from_bytes(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)[152:156], sys.byteorder)

    with atraves(escuta, pausa=0) as (rede, client_socket, conexao):
        for de, para in ((client_socket, conexao), (conexao, client_socket)) * 3:
            de.sendall(b"7")  # depois de conversar, o kernel atrasa os ACKs, e o algoritmo de Nagle juntaria pedaços
            assert ler(para, 1) == b"7"
        for fragmento, quantos in ((1, 7), (3, 3), (None, 1)):
            rede.ajustar(fragmento=fragmento)
            antes = segmentos(conexao)
            client_socket.sendall("ÍMPAR\n".encode())
            assert ler(conexao, 7) == "ÍMPAR\n".encode()
            # Com a máquina ocupada o kernel retransmite algum por precaução, e ele é contado outra vez; nunca a menos.
            assert quantos <= segmentos(conexao) - antes <= 2 * quantos


def test_a_pausa_demora(escuta):
    """Três pedaços com pausa de 0,1 s entre eles demoram pelo menos 0,2 s."""
    with atraves(escuta, fragmento=1, pausa=0.1) as (_, client_socket, conexao):
        antes = time.monotonic()
        client_socket.sendall(b"123")
        assert ler(conexao, 3) == b"123" and time.monotonic() - antes >= 0.2


@pytest.mark.parametrize("sentido, esperas", [(None, [5, 5]), ("ida", [5, 0]), ("volta", [0, 5])], ids=str)
def test_o_atraso_e_so_do_sentido_pedido(escuta, sentido, esperas):
    """No outro sentido não se espera nada."""
    with atraves(escuta, RedePassoAPasso, atraso=5, sentido=sentido) as (rede, client_socket, conexao):
        for de, para in ((client_socket, conexao), (conexao, client_socket)):
            rede.vez.release()
            de.sendall(b"7")
            assert ler(para, 1) == b"7"
    assert rede.pausas == esperas


def test_a_pausa_e_so_entre_pedacos(escuta):
    """Sem fragmento, a pausa não vale."""
    with atraves(escuta, RedePassoAPasso, pausa=60) as (rede, client_socket, conexao):
        rede.vez.release()
        client_socket.sendall(b"7\n")
        assert ler(conexao, 2) == b"7\n"
    assert rede.pausas == [0]


def test_cola_junta_ate_o_fim(escuta):
    """Com cola, três envios separados passam de uma vez só; o fim do envio acaba com a espera."""
    with atraves(escuta, cola=30) as (rede, client_socket, conexao):
        for dados in (b"7\n", b"8\n", b"12\n"):
            client_socket.sendall(dados)
            assert nada_chega(conexao, 0.06)
        client_socket.shutdown(socket.SHUT_WR)
        assert ler_tudo(conexao) == b"7\n8\n12\n"
    assert rede.contagem["ida"] == 1


def test_cola_entrega_depois_do_silencio(escuta):
    """Passado o tempo sem nada novo, entrega-se o que se juntou."""
    with atraves(escuta, cola=0.2) as (_, client_socket, conexao):
        antes = time.monotonic()
        client_socket.sendall(b"7\n")
        assert ler(conexao, 2) == b"7\n" and time.monotonic() - antes >= 0.2


@pytest.mark.parametrize(
    "sentido, demora_a_ida, demora_a_volta", [(None, 1, 1), ("ida", 1, 0), ("volta", 0, 1)], ids=str
)
def test_atraso(escuta, sentido, demora_a_ida, demora_a_volta):
    """O que passa demora pelo menos o atraso, só no sentido pedido."""
    with atraves(escuta, atraso=0.2, sentido=sentido) as (_, client_socket, conexao):
        antes = time.monotonic()
        client_socket.sendall(b"7\n")
        assert ler(conexao, 2) == b"7\n"
        na_ida = time.monotonic()
        assert na_ida - antes >= 0.2 * demora_a_ida
        conexao.sendall(b"PAR\n")
        assert ler(client_socket, 4) == b"PAR\n"
        assert time.monotonic() - na_ida >= 0.2 * demora_a_volta


@pytest.mark.parametrize("sentido", ["ida", "volta"])
def test_o_sentido_vale_para_o_fragmento(escuta, sentido):
    """Só no sentido pedido os bytes chegam partidos."""
    with atraves(escuta, fragmento=1, pausa=0, sentido=sentido) as (rede, client_socket, conexao):
        client_socket.sendall(b"12345")
        assert ler(conexao, 5) == b"12345"
        conexao.sendall(b"12345")
        assert ler(client_socket, 5) == b"12345"
    assert rede.contagem == {"ida": 1, "volta": 1} | {sentido: 5}


def test_corte_em_silencio(escuta):
    """Depois do corte não passa mais nada, nem o fim do envio; o outro sentido continua."""
    with atraves(escuta, corte=4, sentido="ida") as (rede, client_socket, conexao):
        client_socket.sendall(b"123456")
        assert ler(conexao, 4) == b"1234"
        client_socket.sendall(b"78")
        client_socket.shutdown(socket.SHUT_WR)
        assert nada_chega(conexao)
        conexao.sendall(b"PAR\n")
        assert ler(client_socket, 4) == b"PAR\n"
    assert rede.contagem["ida"] == 1


def test_corte_soma_os_envios(escuta):
    """O corte conta os bytes do sentido inteiro, e não os de cada envio."""
    with atraves(escuta, corte=3) as (_, client_socket, conexao):
        for esperado in (b"1", b"2", b"3"):
            client_socket.sendall(esperado)
            assert ler(conexao, 1) == esperado
        client_socket.sendall(b"4")
        assert nada_chega(conexao)


def test_corte_em_zero(escuta):
    """Com corte=0 nem o primeiro byte passa."""
    with atraves(escuta, corte=0, no_corte="meio_fecho") as (rede, client_socket, conexao):
        client_socket.sendall(b"7\n")
        assert ler_tudo(conexao) == b""
    assert rede.contagem["ida"] == 0


def test_meio_fecho(escuta):
    """No meio fecho a outra ponta vê o fim do envio, e ainda pode responder."""
    with atraves(escuta, corte=4, no_corte="meio_fecho", sentido="ida") as (_, client_socket, conexao):
        client_socket.sendall(b"123456")
        assert ler_tudo(conexao) == b"1234"
        conexao.sendall(b"PAR\n")
        assert ler(client_socket, 4) == b"PAR\n"
        client_socket.sendall(b"x" * 1_000_000)  # o que se envia depois é lido e jogado fora
        conexao.shutdown(socket.SHUT_WR)
        assert ler_tudo(client_socket) == b""


@pytest.mark.parametrize("sentido", ["ida", "volta"])
def test_reinicio(escuta, sentido):
    """No reinício as duas pontas recebem um RST, e nenhuma vê um fim normal."""
    with atraves(escuta, corte=4, no_corte="reinicio", sentido=sentido) as (_, client_socket, conexao):
        envia, recebe = (client_socket, conexao) if sentido == "ida" else (conexao, client_socket)
        envia.sendall(b"1234")
        with pytest.raises(ConnectionResetError):
            ler_tudo(envia)
        with pytest.raises(ConnectionResetError):
            ler_tudo(recebe)


@pytest.mark.parametrize("quem", ["cliente", "servidor"])
def test_o_rst_de_uma_ponta_chega_a_outra(escuta, quem):
    """Se uma ponta cai com um RST, a outra recebe um RST."""
    with atraves(escuta) as (_, client_socket, conexao):
        cai, fica = (client_socket, conexao) if quem == "cliente" else (conexao, client_socket)
        fica.sendall(b"7")
        assert ler(cai, 1) == b"7"
        reiniciar(cai)
        with pytest.raises(ConnectionResetError):
            ler_tudo(fica)


def test_ajustar_na_hora(escuta):
    """O que se ajusta vale para a conexão que já existe; o resto fica como estava."""
    with atraves(escuta, fragmento=1, pausa=0) as (rede, client_socket, conexao):
        client_socket.sendall(b"123")
        assert ler(conexao, 3) == b"123"
        rede.ajustar(fragmento=None, cola=30)
        assert rede.ajustes["pausa"] == 0
        client_socket.sendall(b"4")
        assert nada_chega(conexao)
        rede.ajustar(cola=0)
        client_socket.sendall(b"5")
        assert ler(conexao, 2) == b"45"
        rede.ajustar(corte=5, no_corte="meio_fecho")
        client_socket.sendall(b"6")
        assert ler_tudo(conexao) == b""
    assert repr(rede) == "<RedeRuim pausa=0, corte=5, no_corte='meio_fecho'>"


NUMERO_DE_BYTES = "um número de bytes, a partir de {}, ou None"
ATE_60 = "um número de 0 a 60"


@pytest.mark.parametrize(
    "ajustes, motivo",
    [
        *(
            (dict(fragmento=valor), f"fragmento deve ser {NUMERO_DE_BYTES.format(1)}; veio {valor!r}")
            for valor in (0, -1, 1.5, "1")
        ),
        *(
            (dict(corte=valor), f"corte deve ser {NUMERO_DE_BYTES.format(0)}; veio {valor!r}")
            for valor in (-1, 0.5, "3")
        ),
        *(
            ({nome: valor}, f"{nome} deve ser {ATE_60}; veio {valor!r}")
            for nome in ("pausa", "cola", "atraso")
            for valor in (-0.1, 61, float("nan"), "1", None)
        ),
        (dict(sentido="vinda"), "sentido deve ser um destes: 'ida', 'volta', None; veio 'vinda'"),
        (
            dict(no_corte="rst"),
            "no_corte deve ser um destes: 'silencio', 'meio_fecho', 'reinicio'; veio 'rst'",
        ),
        (
            dict(perda=0.5),
            "não existe o ajuste 'perda'; existem: fragmento, pausa, cola, atraso, corte, no_corte, sentido",
        ),
    ],
    ids=str,
)
def test_ajuste_errado(ajustes, motivo):
    """Um valor que não serve é um `ErroDeUso` que diz o que se esperava, e nada muda."""
    with pytest.raises(ErroDeUso, match=re.escape(motivo)):
        RedeRuim(("127.0.0.1", 1), **ajustes)
    with RedeRuim(("127.0.0.1", 1), corte=3) as rede:
        antes = dict(rede.ajustes)
        with pytest.raises(ErroDeUso, match=re.escape(motivo)):
            rede.ajustar(**{"no_corte": "reinicio"} | ajustes)
        assert rede.ajustes == antes


def test_cada_rede_tem_os_seus_ajustes():
    """Ajustar uma rede não muda outra, nem os padrões."""
    with RedeRuim(("127.0.0.1", 1)) as uma, RedeRuim(("127.0.0.1", 1)) as outra:
        uma.ajustar(atraso=1)
        assert outra.ajustes["atraso"] == RedeRuim.padroes["atraso"] == 0


def test_repr():
    """O `repr` só diz o que foi mudado."""
    with RedeRuim(("127.0.0.1", 1)) as rede:
        assert repr(rede) == "<RedeRuim sem defeitos>"
        rede.ajustar(fragmento=1, sentido="volta")
        assert repr(rede) == "<RedeRuim fragmento=1, sentido='volta'>"


def test_sem_servidor_do_outro_lado():
    """Se ninguém escuta no destino, o cliente vê a conexão ser reiniciada, e a rede segue viva."""
    with socket.socket() as ocupado:  # a porta é nossa, mas ninguém escuta nela
        ocupado.bind(("127.0.0.1", 0))
        with RedeRuim(ocupado.getsockname()) as rede:
            for _ in range(2):  # o RST pode chegar ainda durante o connect
                with pytest.raises(ConnectionResetError), conectar(rede.endereco) as sock:
                    ler_tudo(sock)
            ocupado.listen()
            with conectar(rede.endereco) as sock:
                sock.sendall(b"7\n")
                with contextlib.closing(ocupado.accept()[0]) as conexao:
                    assert ler(conexao, 2) == b"7\n"


def test_muitos_clientes_ao_mesmo_tempo():
    """Cada cliente recebe as suas respostas, com a rede partindo tudo."""
    falhas = []

    def conversar(i, endereco):
        try:
            with Cliente(*endereco, prazo=PRAZO) as cliente:
                for numero in range(i, i + 5):
                    assert cliente.perguntar(str(numero)) == classificar(numero)
        except Exception as erro:
            falhas.append(erro)

    with Servidor() as servidor, RedeRuim(servidor.endereco, fragmento=1, pausa=0) as rede:
        threads = [threading.Thread(target=conversar, args=(i, rede.endereco)) for i in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(3 * PRAZO)
        assert not any(thread.is_alive() for thread in threads)
    assert falhas == []


def test_iniciar_e_parar_podem_ser_repetidos(escuta):
    """Executar a célula de novo é normal; depois de parada, a rede diz que acabou."""
    rede = RedeRuim(escuta.getsockname())
    assert rede.iniciar() is rede and rede.iniciar() is rede and len(vivas(rede)) == 1
    rede.parar()
    rede.parar()
    assert vivas(rede) == []
    with pytest.raises(ErroDeUso, match="já parou.*crie outra"):
        rede.iniciar()


def test_parar_sem_ter_iniciado(escuta):
    """Uma rede que nunca começou também solta a porta."""
    rede = RedeRuim(escuta.getsockname())
    rede.parar()
    socket.create_server(rede.endereco).close()


def test_quem_chega_antes_de_iniciar_espera(escuta):
    """A porta já existe antes de `iniciar`: quem se conectou antes é levado depois."""
    rede = RedeRuim(escuta.getsockname())
    with conectar(rede.endereco) as client_socket:
        client_socket.sendall(b"7\n")
        with rede, contextlib.closing(escuta.accept()[0]) as conexao:
            conexao.settimeout(PRAZO)
            assert ler(conexao, 2) == b"7\n"


def encher(sock):
    """Envia até não caber mais nada."""
    sock.setblocking(False)
    while select.select([], [sock], [], 0.3)[1]:
        with contextlib.suppress(BlockingIOError):
            sock.send(b"x" * 1_000_000)


@pytest.mark.parametrize(
    "ajustes, preparar",
    [
        ({}, lambda sock: None),
        ({}, lambda sock: sock.sendall(b"7")),
        ({}, encher),
        (dict(atraso=60), lambda sock: sock.sendall(b"7")),
        (dict(fragmento=1, pausa=60), lambda sock: sock.sendall(b"7")),
        (dict(cola=60), lambda sock: sock.sendall(b"7")),
        (dict(corte=1), lambda sock: sock.sendall(b"77")),
        (dict(corte=1, no_corte="meio_fecho"), lambda sock: sock.sendall(b"77")),
    ],
    ids=["calados", "pela metade", "sem ler", "atraso", "pausa", "cola", "silêncio", "meio fecho"],
)
def test_parar_nao_demora(escuta, ajustes, preparar):
    """Com conexões abertas, em qualquer situação, `parar` fecha tudo em menos de 2 s, e ninguém mais escuta."""
    with contextlib.ExitStack() as abertos:
        rede = RedeRuim(escuta.getsockname(), **ajustes).iniciar()
        pontas = []
        for _ in range(5):
            pontas.append(abertos.enter_context(conectar(rede.endereco)))
            preparar(pontas[-1])
            pontas.append(abertos.enter_context(escuta.accept()[0]))
        antes = time.monotonic()
        rede.parar()
        assert time.monotonic() - antes < 2
        assert vivas(rede) == []
        with pytest.raises(ConnectionRefusedError):
            conectar(rede.endereco)
        for sock in pontas:
            sock.settimeout(PRAZO)
            with contextlib.suppress(ConnectionError):
                ler_tudo(sock)


@pytest.mark.parametrize("sentido", ["ida", "volta"])
def test_o_erro_de_uma_thread_chega_a_quem_para(escuta, sentido, monkeypatch):
    """Se uma thread morre por um erro, a conexão cai e `parar` lança o erro, uma vez."""
    monkeypatch.setattr(modulo, "_fatias", lambda *_: 1 / 0)
    rede = RedeRuim(escuta.getsockname()).iniciar()
    with conectar(rede.endereco) as client_socket, contextlib.closing(escuta.accept()[0]) as conexao:
        conexao.settimeout(PRAZO)
        (client_socket if sentido == "ida" else conexao).sendall(b"7")
        for sock in (client_socket, conexao):
            with contextlib.suppress(ConnectionError):
                assert ler_tudo(sock) == b""
    with pytest.raises(ZeroDivisionError):
        rede.parar()
    assert vivas(rede) == []
    rede.parar()


def test_quem_recebe_devagar(escuta):
    """O que não cabe de uma vez na outra ponta espera, e chega inteiro."""
    dados = random.Random(1).randbytes(8_000_003)  # colados, são um envio só, bem maior que as filas do kernel

    def enviar(sock):
        sock.sendall(dados)
        sock.shutdown(socket.SHUT_WR)

    with atraves(escuta, cola=30) as (rede, client_socket, conexao):
        thread = threading.Thread(target=enviar, args=(client_socket,))
        thread.start()
        assert ler_tudo(conexao) == dados
        thread.join(PRAZO)
    assert rede.contagem["ida"] == 1


@pytest.fixture(scope="module")
def eco():
    """(rede, escuta) para as muitas conexões do hypothesis."""
    with socket.create_server(("127.0.0.1", 0)) as escuta, RedeRuim(escuta.getsockname()) as rede:
        escuta.settimeout(PRAZO)
        yield rede, escuta


@settings(max_examples=40, deadline=None)
@given(
    envios=st.lists(st.binary(min_size=1, max_size=300), max_size=8),
    fragmento=st.none() | st.integers(1, 50),
    cola=st.sampled_from([0, 0.001]),
    atraso=st.sampled_from([0, 0.001]),
    sentido=st.sampled_from([None, "ida", "volta"]),
)
@example(envios=[random.Random(1).randbytes(300_000)] * 4, fragmento=None, cola=0, atraso=0, sentido=None)
@example(envios=[random.Random(1).randbytes(100_000)], fragmento=97, cola=0.001, atraso=0, sentido=None)
def test_nenhum_byte_se_perde_nem_muda_de_lugar(eco, envios, fragmento, cola, atraso, sentido):
    """Partidos, colados e atrasados, os bytes que chegam são os que saíram, nos dois sentidos."""
    rede, escuta = eco
    rede.ajustar(fragmento=fragmento, pausa=0, cola=cola, atraso=atraso, sentido=sentido)
    tudo = b"".join(envios)
    with conectar(rede.endereco) as client_socket, contextlib.closing(escuta.accept()[0]) as conexao:
        conexao.settimeout(PRAZO)

        def enviar():
            for dados in envios:
                client_socket.sendall(dados)
            client_socket.shutdown(socket.SHUT_WR)

        def ecoar():
            while dados := conexao.recv(1000):
                recebidos.append(dados)
                conexao.sendall(dados)
            conexao.shutdown(socket.SHUT_WR)

        recebidos = []
        threads = [threading.Thread(target=fazer) for fazer in (enviar, ecoar)]
        for thread in threads:
            thread.start()
        assert ler_tudo(client_socket) == tudo
        for thread in threads:
            thread.join(PRAZO)
        assert b"".join(recebidos) == tudo


@pytest.mark.skipif(os.name != "posix", reason="limita os descritores")
def test_faltam_descritores():
    """Sem descritores a rede espera que sobrem, e atende quem ficou na fila do kernel."""
    assert em_outro_processo(
        """
import os, resource, socket
from parimpar import Cliente, Servidor
from parimpar.aulas.rede_ruim import RedeRuim
with Servidor() as servidor, RedeRuim(servidor.endereco) as rede:
    duro = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    cliente = socket.socket()
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) - 1, duro))
    cliente.connect(rede.endereco)
    cliente.sendall(b"8\\n")
    cliente.settimeout(0.3)
    try:
        print(cliente.recv(10))
    except TimeoutError:
        print("esperou")
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, duro))
    cliente.settimeout(10)
    print(cliente.recv(10).decode())
    cliente.close()
"""
    ).split() == ["esperou", "PAR"]


def test_as_threads_que_terminaram_nao_se_acumulam(escuta):
    """Depois de muitas conexões, a rede só guarda as threads das que ainda existem."""
    with RedeRuim(escuta.getsockname()) as rede:
        ultima = rede._threads[-1]
        for _ in range(10):
            with conectar(rede.endereco) as client_socket, contextlib.closing(escuta.accept()[0]) as conexao:
                client_socket.sendall(b"7")
                assert conexao.recv(1) == b"7"
            limite = time.monotonic() + PRAZO
            while rede._threads[-1] is ultima and time.monotonic() < limite:  # a thread começa, e só depois se guarda
                nada_chega(escuta, 0.01)
            ultima = rede._threads[-1]
            ultima.join(PRAZO)
            assert not ultima.is_alive()
        assert len(rede._threads) == 2
