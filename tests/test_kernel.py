"""O que o sistema operacional conta de um socket, e o que se diz quando ele não conta."""

import builtins
import contextlib
import dataclasses
import select
import socket
import sys
import time
from types import SimpleNamespace

import pytest
from apoio import PRAZO, conectar

from parimpar import kernel
from parimpar.kernel import NAO_DISPONIVEL, EstadoSocket, conexoes, em_repouso, estado

so_no_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="só o Linux conta isto")


@pytest.fixture
def escuta():
    with socket.create_server(("127.0.0.1", 0)) as server_socket:
        yield server_socket


@pytest.fixture
def par(escuta):
    """(client_socket, o socket que o accept devolveu)."""
    with conectar(escuta.getsockname()) as client_socket:
        conexao, _ = escuta.accept()
        with conexao:
            yield client_socket, conexao


@pytest.fixture
def sem_kernel(monkeypatch):
    """Como fora do Linux: sem TCP_INFO nem TIOCOUTQ."""
    monkeypatch.setattr(kernel, "sys", SimpleNamespace(platform="darwin", byteorder=sys.byteorder))


@pytest.fixture
def sem_modulos(monkeypatch):
    """Uma função que faz `import nome` falhar."""

    def esconder(*nomes):
        importar = builtins.__import__

        def sem(nome, *resto, **opcoes):
            if nome in nomes:
                raise ImportError(nome)
            return importar(nome, *resto, **opcoes)

        monkeypatch.setattr(builtins, "__import__", sem)

    return esconder


def nossas(porta, *enderecos):
    """As linhas da porta entre estes endereços: com outro, outro programa pode ter uma conexão na mesma porta."""
    return [p for p in conexoes(porta) if p.local in enderecos and p.remoto in (None, *enderecos)]


def chegou(sock):
    """Espera haver algo a ler, bytes ou o fim."""
    assert select.select([sock], [], [], PRAZO)[0], "nada chegou"


def test_listen(escuta):
    """Um socket de escuta está em LISTEN, sem endereço remoto."""
    retrato = estado(escuta)
    assert (retrato.estado, retrato.local, retrato.remoto) == ("LISTEN", escuta.getsockname(), None)
    assert (retrato.familia, retrato.tipo, retrato.descritor) == ("AF_INET", "SOCK_STREAM", escuta.fileno())


@so_no_linux
def test_conexoes_a_espera_de_accept(escuta):
    """O LISTEN conta as conexões prontas; o handshake termina antes do accept."""
    assert estado(escuta).fila_recepcao == 0
    with conectar(escuta.getsockname()) as client_socket:
        assert estado(client_socket).estado == "ESTABLISHED"
        assert estado(client_socket).remoto == escuta.getsockname()
        chegou(escuta)
        assert estado(escuta).fila_recepcao == 1
        assert ("à espera de accept", "1 conexão") in estado(escuta).linhas
        with contextlib.closing(escuta.accept()[0]) as conexao:
            assert estado(escuta).fila_recepcao == 0
            assert estado(conexao).estado == "ESTABLISHED"
            assert estado(conexao).remoto == estado(client_socket).local == client_socket.getsockname()


def test_bytes_a_espera_de_recv(par):
    """Os bytes que chegaram esperam na fila, e olhar não os tira de lá."""
    client_socket, conexao = par
    assert estado(conexao).fila_recepcao == 0
    client_socket.sendall("ÍMPAR".encode())
    chegou(conexao)
    assert estado(conexao).fila_recepcao == estado(conexao).fila_recepcao == 6
    assert ("buffer de recepção", "6 bytes") in estado(conexao).linhas
    assert conexao.recv(4096) == "ÍMPAR".encode()
    assert estado(conexao).fila_recepcao == 0


@so_no_linux
def test_bytes_a_espera_de_confirmacao(par):
    """O que a outra ponta não tem onde guardar fica no buffer de envio."""
    client_socket, _ = par
    client_socket.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            client_socket.send(b"x" * 65536)
    assert estado(client_socket).fila_envio > 0


@so_no_linux
def test_meio_fechada(par):
    """Depois do FIN de um lado só: FIN_WAIT2 em quem encerrou, CLOSE_WAIT em quem ainda não fechou."""
    client_socket, conexao = par
    client_socket.shutdown(socket.SHUT_WR)
    chegou(conexao)
    assert conexao.recv(1) == b""
    limite = time.monotonic() + PRAZO  # FIN_WAIT1 dura até o ACK, que pode demorar uns milissegundos
    while estado(client_socket).estado == "FIN_WAIT1" and time.monotonic() < limite:
        select.select([], [], [], 0.001)
    assert estado(client_socket).estado == "FIN_WAIT2"
    assert estado(conexao).estado == "CLOSE_WAIT"
    assert estado(conexao).fila_recepcao == 0


def test_socket_fechado_e_socket_novo():
    """Fechado, o socket perde o descritor; recém-criado, ainda não tem endereço."""
    sock = socket.socket()
    with sock:
        retrato = estado(sock)
        assert (retrato.estado, retrato.local, retrato.remoto) == ("CLOSED", None, None)
    retrato = estado(sock)
    assert (retrato.estado, retrato.descritor) == ("CLOSED", -1)
    assert retrato.linhas[0] == ("descritor", "nenhum: fechado") and retrato.linhas[-1] == ("estado", "CLOSED")


def test_udp():
    """UDP não tem conexão; a fila conta o datagrama que espera."""
    with socket.socket(type=socket.SOCK_DGRAM) as recebe, socket.socket(type=socket.SOCK_DGRAM) as envia:
        recebe.bind(("127.0.0.1", 0))
        assert estado(envia).local is None
        envia.sendto(b"12345", recebe.getsockname())
        chegou(recebe)
        retrato = estado(recebe)
        assert (retrato.estado, retrato.tipo, retrato.local) == ("sem conexão", "SOCK_DGRAM", recebe.getsockname())
        assert retrato.remoto is None and retrato.fila_recepcao == 5
        assert recebe.recv(10) == b"12345"


@so_no_linux
def test_udp_conectado_e_fechado():
    """Um UDP pode ter outra ponta fixa, e o que enviou não espera ACK; fechado, não há tabela a consultar."""
    with socket.socket(type=socket.SOCK_DGRAM) as recebe, socket.socket(type=socket.SOCK_DGRAM) as envia:
        recebe.bind(("127.0.0.1", 0))
        envia.connect(recebe.getsockname())
        retrato = estado(envia)
        assert (retrato.descritor, retrato.familia, retrato.remoto) == (envia.fileno(), "AF_INET", recebe.getsockname())
        assert retrato.fila_envio == retrato.fila_recepcao == 0
    fechado = Fechado(LOCAL, REMOTO)
    fechado.type = socket.SOCK_DGRAM
    assert estado(fechado) == EstadoSocket(-1, "AF_INET", "SOCK_DGRAM", LOCAL, REMOTO, "CLOSED", None, None)


def test_o_retrato_nao_muda():
    """O retrato é de um instante: não se altera, nem a ponta de uma conexão."""
    for retrato in (EstadoSocket(7, "", "", None, None, "x", 0, 0), kernel.Ponta(LOCAL, REMOTO, "x")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            retrato.estado = "y"


def test_texto_e_html():
    """O retrato se lê como texto alinhado e como tabela com cabeçalhos de linha."""
    retrato = EstadoSocket(7, "AF_INET", "SOCK_STREAM", ("127.0.0.1", 80), None, "ESTABLISHED", 1, None)
    assert repr(retrato) == str(retrato)
    assert str(retrato) == (
        "descritor           7\n"
        "família             AF_INET\n"
        "tipo                SOCK_STREAM\n"
        "endereço local      127.0.0.1:80\n"
        "endereço remoto     nenhum\n"
        "estado              ESTABLISHED\n"
        "buffer de recepção  1 byte\n"
        "buffer de envio     não disponível"
    )
    de_descritor_zero = EstadoSocket(0, "", "", None, ("::1", 7), "LISTEN", 2, None)
    assert de_descritor_zero.linhas[0] == ("descritor", "0")
    assert de_descritor_zero.linhas[4] == ("endereço remoto", "::1:7")
    assert de_descritor_zero.linhas[6:] == [("à espera de accept", "2 conexões")]
    pagina = retrato._repr_html_()
    assert pagina.startswith("<table><tbody><tr><th") and pagina.endswith("</td></tr></tbody></table>")
    linha = '<tr><th scope="row" style="text-align:left">{}</th><td style="text-align:left"><code>{}</code></td></tr>'
    assert pagina.count("<tr>") == 8 and linha.format("endereço local", "127.0.0.1:80") in pagina


def test_html_escapa():
    """Nada do que se mostra vira marcação."""
    pagina = EstadoSocket(7, "<b>", "&", ("<script>", 80), None, "x", 0, 0)._repr_html_()
    assert "<script>" not in pagina and "&lt;script&gt;:80" in pagina and "<code>&amp;</code>" in pagina


def test_sem_tcp_info_pergunta_a_psutil(sem_kernel, escuta, par):
    """Fora do Linux o estado vem da psutil; o que ela não sabe não é um palpite."""
    client_socket, conexao = par
    assert estado(escuta).estado == "LISTEN"
    assert estado(escuta).fila_recepcao is None
    assert ("à espera de accept", NAO_DISPONIVEL) in estado(escuta).linhas
    assert estado(client_socket).estado == estado(conexao).estado == "ESTABLISHED"
    assert estado(client_socket).fila_envio is None
    with socket.socket() as novo:
        assert estado(novo).estado == "CLOSED"


def test_a_psutil_nao_confunde_udp_com_tcp(sem_kernel, escuta):
    """UDP e TCP podem usar a mesma porta: o estado é o do socket TCP."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(escuta.getsockname())
        assert estado(escuta).estado == "LISTEN"


def test_sem_psutil(sem_kernel, sem_modulos, par):
    """Sem TCP_INFO e sem psutil, diz-se que não se sabe."""
    sem_modulos("psutil")
    assert estado(par[0]).estado == NAO_DISPONIVEL
    assert f"estado              {NAO_DISPONIVEL}" in str(estado(par[0]))


def test_sem_fcntl_espia_a_fila(sem_kernel, sem_modulos, par):
    """Sem ioctl, o buffer de recepção é espiado com MSG_PEEK, que também não tira nada dele."""
    sem_modulos("fcntl", "termios")
    client_socket, conexao = par
    assert estado(conexao).fila_recepcao == 0
    client_socket.sendall(b"12345")
    chegou(conexao)
    assert estado(conexao).fila_recepcao == estado(conexao).fila_recepcao == 5
    assert conexao.recv(10) == b"12345"
    assert estado(conexao).fila_envio is None
    with socket.socket() as novo:
        assert estado(novo).fila_recepcao in (0, None)


def test_o_kernel_recusa_tcp_info(monkeypatch):
    """Num kernel que não conhece TCP_INFO, a pergunta falha sem derrubar ninguém."""
    monkeypatch.setattr(kernel.socket, "TCP_INFO", 9999, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as escuta:
        assert estado(escuta).estado == "LISTEN"


def sem_dormir(*_):
    pytest.fail("dormiu sem precisar")


def test_a_psutil_escreve_os_estados_de_outro_modo(sem_kernel, monkeypatch, escuta):
    """NONE e CLOSE são CLOSED; uma conexão de outro endereço não é a que se procura."""
    import psutil

    def tabela(*estados):
        achadas = [SimpleNamespace(laddr=LOCAL, raddr=REMOTO, status="ESTABLISHED")]
        achadas += [SimpleNamespace(laddr=escuta.getsockname(), raddr=(), status=nome) for nome in estados]
        monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(net_connections=lambda kind: achadas))

    for nome in ("NONE", "CLOSE"):
        tabela(nome)
        assert estado(escuta).estado == "CLOSED"
    tabela("LISTEN")
    assert estado(escuta).estado == "LISTEN"
    tabela()
    assert estado(escuta).estado == "CLOSED"


def test_em_repouso_nao_espera_a_toa(escuta, par, monkeypatch):
    """Com tudo parado, o estado de cada socket vem na hora, na ordem em que se pediu."""
    monkeypatch.setattr(kernel, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sem_dormir))
    retratos = em_repouso(escuta, *par, prazo=PRAZO)
    assert [e.estado for e in retratos] == ["LISTEN", "ESTABLISHED", "ESTABLISHED"]
    assert em_repouso() == []


def test_em_repouso_ignora_o_que_ninguem_leu(par, monkeypatch):
    """Bytes à espera de recv já foram entregues: não há o que esperar."""
    client_socket, conexao = par
    client_socket.sendall(b"12345")
    chegou(conexao)
    em_repouso(*par, prazo=PRAZO)
    monkeypatch.setattr(kernel, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sem_dormir))
    assert em_repouso(conexao)[0].fila_recepcao == 5


@so_no_linux
def test_em_repouso_espera_a_confirmacao_do_fin(par):
    """FIN_WAIT1 só dura até o ACK: o que se vê é FIN_WAIT2."""
    client_socket, conexao = par
    client_socket.shutdown(socket.SHUT_WR)
    assert [e.estado for e in em_repouso(client_socket, conexao, prazo=PRAZO)] == ["FIN_WAIT2", "CLOSE_WAIT"]


@pytest.mark.parametrize("passagem", ["SYN_SENT", "SYN_RECV", "FIN_WAIT1", "LAST_ACK", "CLOSING"])
def test_em_repouso_espera_os_estados_de_passagem(passagem, monkeypatch):
    """Pergunta de novo enquanto o estado é de passagem, ou há bytes por confirmar."""
    vistos = [
        EstadoSocket(7, "AF_INET", "SOCK_STREAM", None, None, nome, 0, fila)
        for nome, fila in ((passagem, 0), (passagem, None), ("ESTABLISHED", 1), ("ESTABLISHED", 0))
    ]
    fila = iter(vistos)
    monkeypatch.setattr(kernel, "estado", lambda _: next(fila))
    assert em_repouso(None, prazo=PRAZO) == vistos[-1:]


@so_no_linux
def test_em_repouso_desiste_no_prazo(par):
    """Se a outra ponta não lê, passado o prazo vale o que houver."""
    client_socket, _ = par
    client_socket.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            client_socket.send(b"x" * 65536)
    antes = time.monotonic()
    assert em_repouso(client_socket, prazo=0.1)[0].fila_envio > 0
    assert 0.1 <= time.monotonic() - antes < PRAZO


class Fechado:
    """Um socket observado que já se fechou, sem a rede: só o que `estado` olha."""

    family, type = socket.AF_INET, socket.SOCK_STREAM

    def __init__(self, *enderecos):
        self.enderecos = enderecos

    def fileno(self):
        return -1


LOCAL, REMOTO = ("127.0.0.1", 50000), ("127.0.0.1", 60000)


def test_a_tabela_de_conexoes(monkeypatch):
    """A linha procurada é a das duas pontas, nesta ordem; os endereços estão na ordem de bytes da máquina."""
    loopback, v6 = ("0100007F", "01000000") if sys.byteorder == "little" else ("7F000001", "00000001")
    zeros = "0" * 24
    linhas = [
        "  sl  local_address rem_address   st tx_queue",
        f"   0: {loopback}:EA60 {loopback}:C350 08 00000000:00000000",
        f"   1: {loopback}:C350 {loopback}:EA60 06 00000000:00000000",
        f"   2: {zeros}{v6}:C350 {zeros}{v6}:EA60 05 00000000:00000000",
        f"   3: {loopback}:C351 {loopback}:EA60 63 00000000:00000000",
    ]
    abertos = []

    def abrir(nome):
        abertos.append(nome)
        return contextlib.nullcontext(iter(linhas))

    monkeypatch.setattr(kernel, "sys", SimpleNamespace(platform="linux", byteorder=sys.byteorder))
    monkeypatch.setattr(kernel, "open", abrir, raising=False)
    assert estado(Fechado(LOCAL, REMOTO)).estado == "TIME_WAIT"
    assert estado(Fechado(REMOTO, LOCAL)).estado == "CLOSE_WAIT"
    assert estado(Fechado(LOCAL, LOCAL)).estado == "CLOSED"
    assert estado(Fechado(("127.0.0.1", 50001), REMOTO)).estado == NAO_DISPONIVEL
    assert estado(Fechado(("::1", 50000, 0, 0), ("::1", 60000, 0, 0))).estado == "FIN_WAIT2"
    assert abertos == ["/proc/net/tcp"] * 4 + ["/proc/net/tcp6"]


@pytest.mark.parametrize("erro", [FileNotFoundError, PermissionError])
def test_sem_a_tabela_de_conexoes(erro, monkeypatch):
    """Um Linux que não mostra a tabela (um contêiner, um celular): diz-se que não se sabe."""

    def abrir(_):
        raise erro

    monkeypatch.setattr(kernel, "sys", SimpleNamespace(platform="linux", byteorder=sys.byteorder))
    monkeypatch.setattr(kernel, "open", abrir, raising=False)
    assert estado(Fechado(LOCAL, REMOTO)).estado == NAO_DISPONIVEL
    assert estado(Fechado(LOCAL, None)).estado == "CLOSED"  # sem outra ponta não havia o que procurar


def test_fora_do_linux_o_que_se_fechou_nao_se_sabe(sem_kernel):
    """Sem a tabela do Linux, o estado depois do close não é um palpite."""
    assert estado(Fechado(LOCAL, REMOTO)).estado == NAO_DISPONIVEL
    assert estado(Fechado(LOCAL, None)).estado == "CLOSED"


@so_no_linux
def test_as_duas_pontas_antes_do_accept(escuta):
    """A conexão existe inteira antes do accept: as duas pontas estão na tabela do sistema, em ESTABLISHED."""
    servidor = escuta.getsockname()
    assert [(p.local, p.remoto, p.estado) for p in nossas(servidor[1], servidor)] == [(servidor, None, "LISTEN")]
    with conectar(servidor) as client_socket:
        cliente = client_socket.getsockname()
        chegou(escuta)
        antes = [(p.local, p.remoto, p.estado) for p in nossas(servidor[1], servidor, cliente)]
        assert antes[1:] == [(servidor, cliente, "ESTABLISHED"), (cliente, servidor, "ESTABLISHED")]
        assert str(conexoes(servidor[1])[0]).split() == [f"127.0.0.1:{servidor[1]}", "→", "ninguém", "LISTEN"]


@so_no_linux
def test_as_conexoes_em_ordem():
    """Primeiro quem escuta; depois, cada conexão, com a ponta desta porta antes da outra, e nenhuma a mais."""
    with socket.create_server(("127.0.0.1", 0)) as escuta, contextlib.ExitStack() as abertos:
        servidor = escuta.getsockname()
        clientes = [abertos.enter_context(conectar(servidor)) for _ in range(3)]
        enderecos = sorted(sock.getsockname() for sock in clientes)
        esperadas = [(servidor, None)]
        for cliente in enderecos:
            esperadas += [(servidor, cliente), (cliente, servidor)]
        achadas = nossas(servidor[1], servidor, *enderecos)
        assert [(p.local, p.remoto) for p in achadas] == esperadas
        assert [p.local for p in nossas(enderecos[0][1], servidor, enderecos[0])] == [enderecos[0], servidor]
        assert str(achadas[1]) == f"127.0.0.1:{servidor[1]} → 127.0.0.1:{enderecos[0][1]:<5}  ESTABLISHED"


@so_no_linux
def test_as_conexoes_em_ipv6():
    """As de IPv6 também estão na tabela, com o endereço escrito como se lê."""
    try:
        escuta = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("sem IPv6 nesta máquina")
    with escuta:
        porta = escuta.getsockname()[1]
        with conectar(("::1", porta)) as sock:
            cliente = sock.getsockname()[:2]
            assert [(p.local, p.remoto) for p in nossas(porta, ("::1", porta), cliente)] == [
                (("::1", porta), None),
                (("::1", porta), cliente),
                (cliente, ("::1", porta)),
            ]


def test_conexoes_pela_psutil(par, sem_kernel):
    """Fora do Linux a tabela vem da psutil: a escuta e as duas pontas deste processo."""
    client_socket, conexao = par
    porta = conexao.getsockname()[1]
    pontas = nossas(porta, conexao.getsockname(), client_socket.getsockname())
    assert [p.estado for p in pontas] == ["LISTEN", "ESTABLISHED", "ESTABLISHED"]
    assert [p.local for p in pontas][1:] == [conexao.getsockname(), client_socket.getsockname()]


def test_conexoes_sem_a_tabela_nem_a_psutil(escuta, monkeypatch, sem_modulos):
    """Sem ter a quem perguntar, nenhuma; e só o administrador vê as dos outros."""
    import psutil

    porta = escuta.getsockname()[1]
    monkeypatch.setattr(kernel, "sys", SimpleNamespace(platform="darwin", byteorder=sys.byteorder))

    def negar(kind):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", negar)
    assert [p.estado for p in nossas(porta, escuta.getsockname())] == ["LISTEN"]
    sem_modulos("psutil")
    assert conexoes(porta) == []
    monkeypatch.setattr(kernel, "sys", SimpleNamespace(platform="linux", byteorder=sys.byteorder))
    monkeypatch.setattr(kernel, "open", lambda _: (_ for _ in ()).throw(PermissionError()), raising=False)
    assert conexoes(porta) == []


def test_um_socket_que_nao_e_da_internet():
    """De um socket AF_UNIX não se diz um estado do TCP."""
    um, outro = socket.socketpair()
    with um, outro:
        assert estado(um).estado == "não disponível" or um.family == socket.AF_INET  # no Windows o par é TCP
