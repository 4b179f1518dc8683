"""O socket observado: as mesmas chamadas e os mesmos erros, e uma anotação de cada uma."""

import array
import contextlib
import errno
import gc
import select
import socket
import sys
import time
from types import SimpleNamespace

import pytest
from apoio import PRAZO, ler, ler_tudo, reiniciar

from parimpar import observar
from parimpar.aulas import observado as modulo
from parimpar.aulas.observado import SocketObservado
from parimpar.diario import BYTES_GUARDADOS
from parimpar.erros import ErroDeUso
from parimpar.kernel import em_repouso, estado

LOCAL = ("127.0.0.1", 0)
so_no_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="só o Linux conta isto")


@pytest.fixture
def par_udp(diario):
    """Dois sockets UDP observados, cada um com a sua porta."""
    with (
        observar(socket.socket(type=socket.SOCK_DGRAM), "cliente", diario) as um,
        observar(socket.socket(type=socket.SOCK_DGRAM), "servidor", diario) as outro,
    ):
        for sock in (um, outro):
            sock.settimeout(PRAZO)
            sock.bind(LOCAL)
        yield um, outro


def anotada(diario, chamada, *argumentos):
    """Faz a chamada e devolve (o resultado ou o erro, o único evento que ela deixou)."""
    cursor, antes = diario.cursor, time.monotonic()
    try:
        resultado = chamada(*argumentos)
    except OSError as erro:
        resultado = erro
    depois = time.monotonic()
    (evento,) = diario.desde(cursor)[0]
    assert antes <= evento.instante <= depois and 0 <= evento.duracao <= depois - antes
    return resultado, evento


def resumo(evento):
    return evento.quem, evento.tipo, evento.chamada, evento.local, evento.remoto, evento.dados


def test_cada_chamada_de_uma_conversa_deixa_um_evento(diario):
    """De bind a close, cada chamada aparece uma vez, com os bytes e as duas pontas."""
    server_socket = observar(socket.socket(), "servidor", diario)
    client_socket = observar(socket.socket(), "cliente", diario)
    for sock in (server_socket, client_socket):
        sock.settimeout(PRAZO)
    assert len(diario) == 0

    resultado, evento = anotada(diario, server_socket.bind, LOCAL)
    servidor = server_socket.getsockname()
    assert resultado is None
    assert resumo(evento) == ("servidor", "chama", "bind(('127.0.0.1', 0))", servidor, None, b"")

    resultado, evento = anotada(diario, server_socket.listen, 5)
    assert resultado is None and resumo(evento) == ("servidor", "inicia", "listen(5)", servidor, None, b"")

    resultado, evento = anotada(diario, client_socket.connect, servidor)
    cliente = client_socket.getsockname()
    assert resultado is None
    assert resumo(evento) == ("cliente", "conecta", f"connect({servidor!r})", cliente, servidor, b"")

    (conexao, remoto), evento = anotada(diario, server_socket.accept)
    assert remoto == cliente
    assert resumo(evento) == ("servidor", "conecta", "accept()", servidor, cliente, b"")

    resultado, evento = anotada(diario, client_socket.send, b"7")
    assert resultado == 1 and resumo(evento) == ("cliente", "envia", "send(1 byte)", cliente, servidor, b"7")

    resultado, evento = anotada(diario, client_socket.sendall, b"77\n")
    assert resultado is None
    assert resumo(evento) == ("cliente", "envia", "sendall(3 bytes)", cliente, servidor, b"77\n")

    assert ler(conexao, 3) == b"777"
    resultado, evento = anotada(diario, conexao.recv, 4096)
    assert resultado == b"\n"
    assert resumo(evento) == ("servidor", "recebe", "recv(4096)", servidor, cliente, b"\n") and evento.detalhe == ""

    resultado, evento = anotada(diario, client_socket.shutdown, socket.SHUT_WR)
    assert resultado is None
    assert resumo(evento) == ("cliente", "chama", "shutdown(SHUT_WR)", cliente, servidor, b"")

    resultado, evento = anotada(diario, conexao.recv, 10)
    assert resultado == b"" and resumo(evento) == ("servidor", "recebe", "recv(10)", servidor, cliente, b"")
    assert evento.detalhe == "a outra ponta encerrou o envio"

    for quem, sock, pontas in (
        ("servidor", conexao, (servidor, cliente)),
        ("cliente", client_socket, (cliente, servidor)),
        ("servidor", server_socket, (servidor, None)),
    ):
        resultado, evento = anotada(diario, sock.close)
        assert resultado is None and resumo(evento) == (quem, "fecha", "close()", *pontas, b"")
        assert sock.fileno() == -1 and sock.enderecos == pontas


def test_datagramas(diario, par_udp):
    """sendto e recvfrom anotam a outra ponta de cada datagrama, com ou sem opções."""
    um, outro = par_udp
    resultado, evento = anotada(diario, um.sendto, b"7\n", outro.getsockname())
    assert resultado == 2
    chamada = f"sendto(2 bytes, {outro.getsockname()!r})"
    assert resumo(evento) == ("cliente", "envia", chamada, um.getsockname(), outro.getsockname(), b"7\n")

    resultado, evento = anotada(diario, outro.recvfrom, 100)
    assert resultado == (b"7\n", um.getsockname())
    assert resumo(evento) == (
        "servidor", "recebe", "recvfrom(100)", outro.getsockname(), um.getsockname(), b"7\n",
    )  # fmt: skip

    resultado, evento = anotada(diario, um.sendto, b"8", 0, outro.getsockname())
    assert resultado == 1 and evento.remoto == outro.getsockname()
    resultado, evento = anotada(diario, outro.recvfrom, 100, 0)
    assert resultado == (b"8", um.getsockname())


def test_um_datagrama_vazio_nao_e_fim(diario, par_udp):
    """Em UDP, b"" é um datagrama sem bytes, e ninguém encerrou nada."""
    um, outro = par_udp
    um.sendto(b"", outro.getsockname())
    resultado, evento = anotada(diario, outro.recvfrom, 100)
    assert resultado == (b"", um.getsockname()) and evento.detalhe == ""
    um.connect(outro.getsockname())
    um.send(b"")
    resultado, evento = anotada(diario, outro.recv, 100)
    assert resultado == b"" and evento.detalhe == ""


def test_pedir_zero_bytes_nao_e_fim(diario, par):
    """recv(0) devolve b"" sem que a outra ponta tenha encerrado."""
    par[0].sendall(b"7")
    resultado, evento = anotada(diario, par[1].recv, 0)
    assert resultado == b"" and evento.detalhe == ""


def test_o_relogio(diario, par, monkeypatch):
    """O que sai vale quando a chamada começa; o que chega, quando ela acaba; a duração é a diferença."""
    client_socket, conexao = par
    instantes = iter([10.0, 12.5, 20.0, 20.25])
    with monkeypatch.context() as troca:
        troca.setattr(modulo, "time", SimpleNamespace(monotonic=lambda: next(instantes)))
        cursor = diario.cursor
        client_socket.sendall(b"7")
        conexao.recv(1)
        envia, recebe = diario.desde(cursor)[0]
    assert (envia.instante, envia.duracao) == (10.0, 2.5)
    assert (recebe.instante, recebe.duracao) == (20.25, 0.25)


def test_a_espera_conta_na_duracao(diario, escuta):
    """Um accept que esperou o prazo inteiro durou o prazo inteiro."""
    escuta.settimeout(0.05)
    erro, evento = anotada(diario, escuta.accept)
    assert isinstance(erro, TimeoutError) and evento.duracao >= 0.05
    assert (evento.tipo, evento.detalhe) == ("erro", "accept(): o prazo acabou")


def recusada(sock, ocupado, _):
    sock.connect(ocupado)


def endereco_em_uso(sock, ocupado, _):
    sock.bind(ocupado)


def prazo_do_recv(sock, _, escuta):
    sock.connect(escuta)
    sock.settimeout(0.01)
    sock.recv(1)


def nada_a_ler(sock, _, escuta):
    sock.connect(escuta)
    sock.setblocking(False)
    sock.recv(1)


def ninguem_a_aceitar(sock, *_):
    sock.bind(LOCAL)
    sock.listen()
    sock.setblocking(False)
    sock.accept()


def connect_sem_esperar(sock, _, escuta):
    sock.setblocking(False)
    sock.connect(escuta)


def ja_conectado(sock, _, escuta):
    for _ in range(3):  # com prazo, o segundo connect ainda só confirma o primeiro
        sock.connect(escuta)


def fora_de_ordem(metodo, *argumentos):
    """Uma chamada num socket que ainda não se conectou a ninguém."""

    def chamar(sock, *_):
        getattr(sock, metodo)(*argumentos)

    chamar.__name__ = f"{metodo}_sem_conexao"
    return chamar


def ja_fechado(metodo, *argumentos):
    """Uma chamada num socket fechado."""

    def chamar(sock, *_):
        sock.close()
        getattr(sock, metodo)(*argumentos)

    chamar.__name__ = f"{metodo}_depois_do_close"
    return chamar


@pytest.mark.parametrize(
    "roteiro",
    [
        recusada,
        endereco_em_uso,
        prazo_do_recv,
        nada_a_ler,
        ninguem_a_aceitar,
        connect_sem_esperar,
        ja_conectado,
        *(
            fora_de_ordem(*chamada)
            for chamada in (
                ("send", b"7"),
                ("sendall", b"7"),
                ("recv", 1),
                ("recvfrom", 1),
                ("accept",),
                ("shutdown", socket.SHUT_WR),
                ("bind", ("192.0.2.1", 0)),
            )
        ),
        *(
            ja_fechado(*chamada)
            for chamada in (
                ("bind", LOCAL),
                ("listen",),
                ("accept",),
                ("connect", ("127.0.0.1", 9)),
                ("send", b"7"),
                ("sendall", b"7"),
                ("sendto", b"7", ("127.0.0.1", 9)),
                ("recv", 1),
                ("recvfrom", 1),
                ("shutdown", socket.SHUT_RDWR),
            )
        ),
    ],
    ids=lambda roteiro: roteiro.__name__,
)
def test_o_erro_e_o_de_um_socket_comum(roteiro, diario):
    """A mesma exceção, com o mesmo número, e um evento de erro que diz em que chamada foi."""
    with socket.socket() as ocupado, socket.create_server(LOCAL) as escuta:
        ocupado.bind(LOCAL)  # a porta é nossa, mas ninguém escuta nela
        erros = []
        for sock in (socket.socket(), observar(socket.socket(), "cliente", diario)):
            with sock, pytest.raises(OSError) as erro:
                sock.settimeout(PRAZO)
                roteiro(sock, ocupado.getsockname(), escuta.getsockname())
            erros.append((erro.type, erro.value.errno, erro.value.args))
    assert erros[0] == erros[1]
    (anotado,) = [evento for evento in diario if evento.tipo == "erro"]
    assert anotado.detalhe.startswith(f"{anotado.chamada}: ") and anotado.dados == b""
    nome = errno.errorcode.get(erros[0][1])
    assert nome is None or anotado.detalhe.endswith(f"({nome})")


@pytest.mark.parametrize(
    "metodo, argumentos",
    [
        ("send", ("7",)),
        ("send", (7,)),
        ("sendall", (None,)),
        ("sendto", (b"7",)),
        ("sendto", ("7", LOCAL)),
        ("recv", ("4096",)),
        ("recv", (-1,)),
        ("bind", ("127.0.0.1:60000",)),
        ("connect", ("127.0.0.1:60000",)),
        ("connect", (60000,)),
        ("connect", (("127.0.0.1", 70000),)),
        ("connect", (("127.0.0.1", "60000"),)),
        ("listen", ("5",)),
        ("shutdown", ("SHUT_WR",)),
    ],
)
def test_argumento_errado_nao_chega_ao_kernel(metodo, argumentos, diario):
    """Um argumento do tipo errado dá o erro do Python, palavra por palavra, e nenhuma chamada foi feita."""
    erros = []
    for sock in (socket.socket(), observar(socket.socket(), "cliente", diario)):
        with sock, pytest.raises((TypeError, ValueError, OverflowError)) as erro:
            getattr(sock, metodo)(*argumentos)
        erros.append((erro.type, str(erro.value)))
    assert erros[0] == erros[1]
    assert [evento.chamada for evento in diario] == ["close()"]


def test_conexao_reiniciada(diario, par):
    """Depois de um RST, recv e send falham como num socket comum, e cada falha é anotada."""
    client_socket, conexao = par
    cliente = client_socket.getsockname()
    reiniciar(client_socket)
    assert select.select([conexao], [], [], PRAZO)[0]
    erro, evento = anotada(diario, conexao.recv, 10)
    assert type(erro) is ConnectionResetError
    assert resumo(evento)[:3] == ("servidor", "erro", "recv(10)") and evento.remoto == cliente
    assert evento.detalhe == "recv(10): a outra ponta reiniciou a conexão (ECONNRESET)"
    erro, evento = anotada(diario, conexao.send, b"7")
    assert isinstance(erro, ConnectionError) and evento.tipo == "erro" and evento.dados == b""
    _, evento = anotada(diario, conexao.close)
    assert evento.remoto == cliente  # o endereço é lembrado depois que o kernel o esqueceu


def test_accept_devolve_um_socket_observado(diario, escuta, par):
    """O socket do accept é da mesma ponta e do mesmo diário, e a escuta continua a dela."""
    client_socket, conexao = par
    assert type(conexao) is SocketObservado
    assert conexao.quem == "servidor" and conexao.diario is diario is escuta.diario
    assert conexao.enderecos == (escuta.getsockname(), client_socket.getsockname())
    assert escuta.enderecos == (escuta.getsockname(), None)


def test_send_pela_metade(diario, par):
    """Num send em que nem tudo coube, anota-se só o que foi."""
    client_socket, conexao = par
    dados = bytes(range(256)) * 200_000
    client_socket.setblocking(False)
    foram, evento = anotada(diario, client_socket.send, dados)
    assert evento.tamanho == foram < len(dados) and evento.dados == dados[:foram][:BYTES_GUARDADOS]
    assert evento.chamada == f"send({len(dados)} bytes)"
    client_socket.shutdown(socket.SHUT_WR)
    assert ler_tudo(conexao) == dados[:foram]


def test_sendall_e_inteiro(diario, par):
    """De um sendall que deu certo anota-se o tamanho de tudo."""
    resultado, evento = anotada(diario, par[0].sendall, b"x" * 5000)
    assert resultado is None and evento.tamanho == 5000 and evento.dados == b"x" * BYTES_GUARDADOS
    assert ler(par[1], 5000) == b"x" * 5000


@pytest.mark.parametrize("tipo", [bytearray, memoryview, lambda dados: array.array("H", dados)])
def test_tudo_o_que_tem_bytes_serve(tipo, diario, par):
    """O que não é `bytes` também se envia, e contam-se bytes, e não elementos."""
    resultado, evento = anotada(diario, par[0].send, tipo(b"123456"))
    assert resultado == 6 and (evento.chamada, evento.dados, evento.tamanho) == ("send(6 bytes)", b"123456", 6)
    resultado, evento = anotada(diario, par[0].sendall, tipo(b"123456"))
    assert (evento.chamada, evento.dados, evento.tamanho) == ("sendall(6 bytes)", b"123456", 6)
    assert ler(par[1], 12) == b"123456123456"


def test_as_opcoes_chegam_ao_kernel(par):
    """MSG_PEEK espia sem tirar."""
    par[0].send(b"7", 0)
    par[0].sendall(b"8", 0)
    assert ler(par[1], 1) == b"7"
    assert par[1].recv(1, socket.MSG_PEEK) == par[1].recv(1) == b"8"


def test_with_fecha_uma_vez_e_fechar_de_novo_nao_faz_nada(diario):
    """Um `with` deixa um close(), e os close() seguintes não são chamada nenhuma."""
    with observar(socket.socket(), "cliente", diario) as sock:
        pass
    sock.close()
    sock.close()
    assert [(evento.tipo, evento.chamada) for evento in diario] == [("fecha", "close()")]
    assert str(next(iter(diario))) == "cliente fechou o socket"


def test_close_dentro_do_with(diario):
    """Fechar antes do fim do `with` também deixa um close() só."""
    with observar(socket.socket(), "cliente", diario) as sock:
        sock.close()
    assert len(diario) == 1


def test_makefile(diario, par):
    """Um arquivo aberto sobre o socket lê dele, e o close() do socket é anotado uma vez."""
    client_socket, conexao = par
    client_socket.sendall("ÍMPAR\n".encode())
    with conexao.makefile(encoding="utf-8") as arquivo:
        assert arquivo.readline() == "ÍMPAR\n"
        _, evento = anotada(diario, conexao.close)
        assert evento.chamada == "close()"
        cursor = diario.cursor
    assert diario.desde(cursor)[0] == [] and conexao.fileno() == -1
    assert client_socket.recv(1) == b""


@pytest.mark.parametrize("prazo", [None, 0.0, 1.5])
def test_o_prazo_e_mantido(prazo):
    """O observado tem o prazo do original, até o de um socket que não bloqueia."""
    sock = socket.socket()
    sock.settimeout(prazo)
    with observar(sock) as visto:
        assert visto.gettimeout() == prazo and visto.getblocking() == (prazo != 0)


def test_o_original_deixa_de_valer():
    """O descritor passa para o observado; o original fica fechado e some sem aviso nem estrago."""
    original = socket.socket()
    descritor = original.fileno()
    with observar(original) as visto:
        assert original.fileno() == -1 and visto.fileno() == descritor
        assert (visto.family, visto.type, visto.proto) == (original.family, original.type, original.proto)
        assert isinstance(visto, socket.socket)
        with pytest.raises(OSError):
            original.recv(1)
        del original
        gc.collect()
        visto.bind(LOCAL)  # o descritor continua bom
        assert (visto.quem, len(visto.diario)) == ("cliente", 1)


def test_observar_um_socket_ja_conectado(diario):
    """De um socket já conectado as pontas são conhecidas desde o começo."""
    with socket.create_server(LOCAL) as escuta:
        client_socket = socket.create_connection(escuta.getsockname(), timeout=PRAZO)
        with observar(client_socket, "cliente", diario) as visto, contextlib.closing(escuta.accept()[0]):
            assert visto.enderecos == (visto.getsockname(), escuta.getsockname()) and len(diario) == 0


def test_esquecer_de_fechar_avisa_como_num_socket_comum():
    """Um observado que se perde aberto dá o ResourceWarning de sempre."""
    sock = observar(socket.socket())
    assert sock.fileno() >= 0
    with pytest.warns(ResourceWarning, match="unclosed"):
        del sock
        gc.collect()


def ate_ficar(esperados, *socks):
    """Espera os sockets chegarem aos estados esperados, e afirma que chegaram."""
    limite = time.monotonic() + PRAZO
    while (vistos := [e.estado for e in em_repouso(*socks)]) != esperados and time.monotonic() < limite:
        select.select([], [], [], 0.001)
    assert vistos == esperados


@so_no_linux
def test_o_estado_depois_do_close(par):
    """Quem fecha primeiro passa por FIN_WAIT2 e fica em TIME_WAIT; o outro fica em CLOSED."""
    client_socket, conexao = par
    pontas = client_socket.getsockname(), conexao.getsockname()
    client_socket.close()
    ate_ficar(["FIN_WAIT2", "CLOSE_WAIT"], client_socket, conexao)
    assert conexao.recv(1) == b""
    conexao.close()
    ate_ficar(["TIME_WAIT", "CLOSED"], client_socket, conexao)
    retrato = estado(client_socket)
    assert (retrato.descritor, retrato.local, retrato.remoto) == (-1, *pontas)
    assert (retrato.fila_recepcao, retrato.fila_envio) == (None, None)


@so_no_linux
def test_o_estado_depois_de_um_rst(par):
    """Uma conexão reiniciada acaba na hora, nas duas pontas."""
    client_socket, conexao = par
    reiniciar(client_socket)
    ate_ficar(["CLOSED", "CLOSED"], client_socket, conexao)


def test_a_escuta_fechada(escuta):
    """Um socket de escuta fechado não deixa nada no kernel, mas lembra onde escutava."""
    onde = escuta.getsockname()
    escuta.close()
    assert (estado(escuta).estado, estado(escuta).local, estado(escuta).remoto) == ("CLOSED", onde, None)


@pytest.mark.parametrize("tipo", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_fechar_o_que_nunca_se_conectou(tipo):
    """Sem bind nem connect, não há endereço a lembrar: nem 0.0.0.0:0."""
    with observar(socket.socket(type=tipo)) as sock:
        assert estado(sock).local is None
    retrato = estado(sock)
    assert (retrato.estado, retrato.local, retrato.remoto) == ("CLOSED", None, None)
    assert ("endereço local", "nenhum") in retrato.linhas


def test_fechar_depois_de_uma_recusa():
    """Um connect recusado não deixa conexão."""
    with socket.socket() as ocupado, observar(socket.socket()) as sock:
        ocupado.bind(LOCAL)
        with pytest.raises(ConnectionRefusedError):
            sock.connect(ocupado.getsockname())
    assert (estado(sock).estado, estado(sock).remoto) == ("CLOSED", None)


@so_no_linux
def test_connect_que_nao_espera_tambem_e_lembrado():
    """Num socket que não bloqueia, a conexão que se fez sozinha é lembrada pelo close."""
    with socket.create_server(LOCAL) as escuta, observar(socket.socket()) as sock:
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            sock.connect(escuta.getsockname())
        with contextlib.closing(escuta.accept()[0]):
            assert select.select([], [sock], [], PRAZO)[1]
            sock.close()
            assert sock.enderecos[1] == escuta.getsockname()
            ate_ficar(["FIN_WAIT2"], sock)


def test_udp_conectado_e_fechado(par_udp):
    """Um socket UDP não deixa conexão, mesmo que tenha escolhido a outra ponta com connect."""
    um, outro = par_udp
    um.connect(outro.getsockname())
    um.close()
    assert (estado(um).estado, estado(um).remoto) == ("CLOSED", outro.getsockname())


@pytest.mark.skipif(not socket.has_ipv6, reason="este Python não tem IPv6")
def test_ipv6(diario):
    """Com IPv6 o estado depois do close também se conhece."""
    try:
        escuta = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("esta máquina não tem IPv6")
    with escuta, observar(socket.socket(socket.AF_INET6), "cliente", diario) as client_socket:
        assert estado(client_socket).local is None
        client_socket.settimeout(PRAZO)
        client_socket.connect(escuta.getsockname())
        with contextlib.closing(escuta.accept()[0]):
            local = client_socket.getsockname()[:2]
            client_socket.close()
            if sys.platform.startswith("linux"):
                ate_ficar(["FIN_WAIT2"], client_socket)
            assert estado(client_socket).local == local and estado(client_socket).remoto[0] == "::1"


def test_socket_ja_fechado():
    """Um socket fechado não se observa: o erro diz o que fazer."""
    sock = socket.socket()
    sock.close()
    with pytest.raises(ErroDeUso, match="já foi fechado"):
        observar(sock)


def test_dup(par_udp, diario):
    """A cópia do descritor é observada como o original, e vive depois dele."""
    um, outro = par_udp
    with um.dup() as copia:
        um.close()
        copia.sendto(b"8", outro.getsockname())
        assert outro.recvfrom(10) == (b"8", copia.getsockname())
    envio = next(evento for evento in diario if evento.tipo == "envia")
    assert (envio.quem, envio.local) == ("cliente", um.enderecos[0])
