"""A vista: as chamadas e os bytes, e o que o kernel diz de cada socket, em texto e em HTML."""

import html
import re
import select
import socket
import sys

import pytest
from apoio import PRAZO, conectar

from parimpar import Servidor, observar
from parimpar.aulas.vista import MAXIMO_DE_CHAMADAS, Retrato, Vista
from parimpar.diario import Diario
from parimpar.kernel import NAO_DISPONIVEL, EstadoSocket

LOCAL = ("127.0.0.1", 0)
so_no_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="só o Linux conta isto")


def chegou(sock):
    assert select.select([sock], [], [], PRAZO)[0], "nada chegou"


def chamadas(retrato):
    """As linhas de chamada do texto, sem a duração."""
    texto = str(retrato).partition("\n\n")[0]
    return [re.sub(r"  \(levou \d+,\d ms\)$", "", linha) for linha in texto.splitlines()]


def tabela(retrato):
    """{(nome do socket, nome da linha): valor}, lido do texto."""
    linhas = str(retrato).rpartition("\n\n")[2].splitlines()
    nomes = linhas[0].split()
    valores = {}
    for linha in linhas[1:]:
        rotulo, *celulas = re.split(r" {2,}", linha)
        valores |= {(nome, rotulo): celula for nome, celula in zip(nomes, celulas, strict=True)}
    return valores


def texto_do_html(pagina):
    """O que se lê na página, sem as marcas."""
    return html.unescape(re.sub(r"<[^>]+>", "\n", pagina))


@so_no_linux
def test_uma_conversa_em_texto(diario, escuta, par):
    """O texto traz cada chamada com os bytes, e uma coluna por socket com o que o kernel sabe."""
    client_socket, conexao = par
    ver = Vista(diario)
    client_socket.sendall("ÍMPAR\n".encode())
    chegou(conexao)
    conexao.recv(2)
    retrato = ver(server_socket=escuta, client_socket=client_socket, conexao=conexao)
    assert chamadas(retrato) == [
        r"cliente   sendall(7 bytes)  'ÍMPAR\n' = c3 8d 4d 50 41 52 0a",
        "servidor  recv(2)  'Í' = c3 8d",
    ]
    assert tabela(retrato) == {
        ("server_socket", "descritor"): f"nº {escuta.fileno()}",
        ("server_socket", "endereço local"): "{}:{}".format(*escuta.getsockname()),
        ("server_socket", "endereço remoto"): "nenhum",
        ("server_socket", "estado"): "LISTEN",
        ("server_socket", "à espera de accept"): "0 conexões",
        ("server_socket", "buffer de recepção"): "-",
        ("server_socket", "buffer de envio"): "-",
        ("client_socket", "à espera de accept"): "-",
        ("client_socket", "descritor"): f"nº {client_socket.fileno()}",
        ("client_socket", "endereço local"): "{}:{}".format(*client_socket.getsockname()),
        ("client_socket", "endereço remoto"): "{}:{}".format(*escuta.getsockname()),
        ("client_socket", "estado"): "ESTABLISHED",
        ("client_socket", "buffer de recepção"): "0 bytes",
        ("client_socket", "buffer de envio"): "0 bytes",
        ("conexao", "à espera de accept"): "-",
        ("conexao", "descritor"): f"nº {conexao.fileno()}",
        ("conexao", "endereço local"): "{}:{}".format(*escuta.getsockname()),
        ("conexao", "endereço remoto"): "{}:{}".format(*client_socket.getsockname()),
        ("conexao", "estado"): "ESTABLISHED",
        ("conexao", "buffer de recepção"): "5 bytes",
        ("conexao", "buffer de envio"): "0 bytes",
    }
    assert repr(retrato) == str(retrato)


def test_o_html_diz_o_mesmo_que_o_texto(diario, escuta, par):
    """Cada chamada e cada célula do texto está no HTML, em tabelas com título e cabeçalhos de linha."""
    client_socket, conexao = par
    ver = Vista(diario)
    client_socket.sendall("ÍMPAR\n".encode())
    chegou(conexao)
    retrato = ver(client_socket=client_socket, server_socket=conexao)
    pagina = retrato._repr_html_()
    assert pagina.count("<caption") == pagina.count("<table") == 2
    assert pagina.count('<th scope="row"') == pagina.count("<tr>") == 2 * 6
    lido = texto_do_html(pagina)
    for chamada in chamadas(retrato):
        assert re.sub(r"^\w+ +", "", chamada) in lido
    for celula in tabela(retrato).values():
        assert f"\n{celula}\n" in lido
    assert "● client_socket" in lido and "■ server_socket" in lido  # a forma repete o que a cor diz
    assert "● cliente" in lido and "--parimpar-cliente, #" in pagina and "--parimpar-servidor, #" in pagina


def test_so_as_chamadas_desde_a_vista_anterior(diario, par):
    """Cada vista começa onde a outra acabou, e uma vista nova começa do agora."""
    client_socket, _ = par
    ver = Vista(diario)
    assert ver().chamadas == []
    client_socket.sendall(b"7")
    client_socket.sendall(b"8\n")
    assert [e.chamada for e in ver().chamadas] == ["sendall(1 byte)", "sendall(2 bytes)"]
    assert ver().chamadas == [] == Vista(diario)().chamadas
    client_socket.sendall(b"9\n")
    assert [e.dados for e in ver().chamadas] == [b"9\n"]


def test_sem_chamada_nem_socket(diario):
    """Nada a mostrar também é um retrato."""
    retrato = Vista(diario)()
    assert str(retrato) == "" and "nenhuma chamada nova" in retrato._repr_html_()


def test_so_as_chamadas_mais_novas(diario, par):
    """De muitas chamadas ficam as últimas, e a vista seguinte não traz as que sobraram."""
    ver = Vista(diario)
    for i in range(MAXIMO_DE_CHAMADAS + 3):
        par[0].sendall(b"%d" % i)
    retrato = ver()
    assert [e.dados for e in retrato.chamadas] == [b"%d" % i for i in range(3, MAXIMO_DE_CHAMADAS + 3)]
    assert len(chamadas(retrato)) == retrato._repr_html_().count("sendall(") == MAXIMO_DE_CHAMADAS
    assert ver().chamadas == []


def test_bytes_longos(diario, par):
    """De uma mensagem longa veem-se o começo e as reticências, nas duas formas."""
    ver = Vista(diario)
    par[0].sendall(b"x" * 1000)
    assert chamadas(ver()) == [f"cliente   sendall(1000 bytes)  '{'x' * 60}'… = {'78 ' * 12}…"]


def test_bytes_hostis(diario, par):
    """O que veio da rede não vira marcação no HTML nem comando no terminal."""
    client_socket, conexao = par
    ver = Vista(diario)
    ataque = b"</code><script>alert('&')</script>\x1b]0;\x07\r\n\x00\xff\xe2\x80\xae\xe2\x80\xa8"
    client_socket.sendall(ataque)
    chegou(conexao)
    conexao.recv(4096)
    retrato = ver(client_socket=client_socket)
    assert len(chamadas(retrato)) == 2
    for linha in str(retrato).splitlines():
        assert linha.isprintable()
    pagina = retrato._repr_html_()
    assert "<script" not in pagina and pagina.count("</code>&lt;") == 0
    assert pagina.count("&lt;script&gt;") == 2 and r"\x1b" in pagina
    assert all(linha.isprintable() for linha in pagina.splitlines())


def test_nomes_e_detalhes_hostis():
    """O nome de um socket, o detalhe de um erro e um endereço também são escapados."""
    diario = Diario()
    ver = Vista(diario)
    diario.registrar("cliente", "erro", "connect(('<b>', 1))", detalhe="connect(('<b>', 1)): \x1b[31m<i>\n")
    with socket.socket() as sock:
        retrato = ver(**{"<u>nome</u>": sock})
    pagina = retrato._repr_html_()
    assert not re.search("<[biu]>", pagina) and "&lt;u&gt;nome" in pagina
    assert r"connect(('<b>', 1)): \x1b[31m<i>\n" in str(retrato)


def test_um_erro_diz_o_motivo(diario):
    """De uma chamada que falhou lê-se o motivo, em português, uma vez."""
    ver = Vista(diario)
    with socket.socket() as ocupado, observar(socket.socket(), "cliente", diario) as sock:
        ocupado.bind(LOCAL)
        with pytest.raises(ConnectionRefusedError):
            sock.connect(ocupado.getsockname())
        (linha,) = chamadas(ver(client_socket=sock))
    assert linha == f"cliente   connect({ocupado_em(linha)}): ninguém escuta nessa porta (ECONNREFUSED)"


def ocupado_em(linha):
    return re.search(r"\('127\.0\.0\.1', \d+\)", linha)[0]


def test_fim_do_envio(diario, par):
    """Um recv que devolve b"" diz que a outra ponta encerrou o envio."""
    client_socket, conexao = par
    client_socket.shutdown(socket.SHUT_WR)
    ver = Vista(diario)
    assert conexao.recv(10) == b""
    retrato = ver(conexao=conexao)
    assert chamadas(retrato) == ["servidor  recv(10)  b'': fim do envio da outra ponta"]
    if sys.platform.startswith("linux"):
        assert tabela(retrato)["conexao", "estado"] == "CLOSE_WAIT"


def test_b_vazio_que_nao_e_fim(diario, par):
    """recv(0) e um datagrama vazio não dizem que alguém encerrou."""
    ver = Vista(diario)
    par[0].sendall(b"7")
    assert par[1].recv(0) == b""
    assert chamadas(ver())[1:] == ["servidor  recv(0)  b''"]
    with observar(socket.socket(type=socket.SOCK_DGRAM), "servidor", diario) as sock:
        sock.settimeout(PRAZO)
        sock.bind(LOCAL)
        sock.sendto(b"", sock.getsockname())
        sock.recvfrom(10)
        assert chamadas(ver())[2:] == ["servidor  recvfrom(10)  b''"]


def test_a_duracao():
    """A duração vem em milissegundos, com vírgula; a que ninguém mediu não aparece."""
    diario = Diario()
    ver = Vista(diario)
    diario.registrar("servidor", "conecta", "accept()", duracao=1.2345)
    diario.registrar("cliente", "envia", "send(1 byte)", dados=b"7")
    assert str(ver()) == "servidor  accept()  (levou 1234,5 ms)\ncliente   send(1 byte)  '7' = 37"


def test_sockets_comuns(diario):
    """Um socket que não é observado aparece sem papel, só com o que o kernel sabe."""
    with socket.create_server(LOCAL) as escuta, conectar(escuta.getsockname()) as client_socket:
        chegou(escuta)
        retrato = Vista(diario)(server_socket=escuta, client_socket=client_socket)
        assert [quem for _, quem, _ in retrato.pontas] == [None, None]
        valores = tabela(retrato)
        assert valores["server_socket", "estado"] == "LISTEN"
        assert valores["client_socket", "endereço remoto"] == "{}:{}".format(*escuta.getsockname())
        if sys.platform.startswith("linux"):
            assert valores["server_socket", "à espera de accept"] == "1 conexão"
            assert valores["client_socket", "estado"] == "ESTABLISHED"
    pagina = retrato._repr_html_()
    assert "--parimpar-rede, #" in pagina and "--parimpar-cliente, #" not in pagina and "●" not in pagina and "■" not in pagina


def test_sockets_fechados(diario, par):
    """De um socket fechado restam as pontas e o estado da conexão; não há buffers."""
    client_socket, conexao = par
    enderecos = client_socket.enderecos
    client_socket.close()
    comum = socket.socket()
    comum.close()
    retrato = Vista(diario)(client_socket=client_socket, comum=comum)
    valores = tabela(retrato)
    for nome in ("client_socket", "comum"):
        assert valores[nome, "descritor"] == "nenhum: fechado"
        assert valores[nome, "buffer de recepção"] == valores[nome, "buffer de envio"] == "-"
    assert valores["client_socket", "endereço remoto"] == "{}:{}".format(*enderecos[1])
    assert (valores["comum", "endereço local"], valores["comum", "estado"]) == ("nenhum", "CLOSED")
    if sys.platform.startswith("linux"):
        assert valores["client_socket", "estado"] == "FIN_WAIT2"
    assert "nenhum: fechado" in retrato._repr_html_()


def test_sockets_udp(diario):
    """UDP não tem conexão, e o buffer de recepção conta o datagrama que espera."""
    with (
        observar(socket.socket(type=socket.SOCK_DGRAM), "servidor", diario) as recebe,
        observar(socket.socket(type=socket.SOCK_DGRAM), "cliente", diario) as envia,
    ):
        recebe.bind(LOCAL)
        ver = Vista(diario)
        envia.sendto(b"12345", recebe.getsockname())
        chegou(recebe)
        retrato = ver(server_socket=recebe, client_socket=envia)
        assert chamadas(retrato) == [f"cliente   sendto(5 bytes, {recebe.getsockname()!r})  '12345' = 31 32 33 34 35"]
        valores = tabela(retrato)
    assert valores["server_socket", "estado"] == valores["client_socket", "estado"] == "sem conexão"
    assert valores["server_socket", "endereço remoto"] == "nenhum"
    if sys.platform.startswith("linux"):
        assert valores["server_socket", "buffer de recepção"] == "5 bytes"


def test_o_que_o_sistema_nao_conta():
    """Fora do Linux um buffer que não se conhece é "não disponível", e uma só conexão fica no singular."""
    escuta = EstadoSocket(3, "AF_INET", "SOCK_STREAM", ("127.0.0.1", 1), None, "LISTEN", 1, None)
    cliente = EstadoSocket(4, "AF_INET", "SOCK_STREAM", ("127.0.0.1", 2), None, NAO_DISPONIVEL, None, 1)
    valores = tabela(Retrato([], [("escuta", "servidor", escuta), ("cliente", "cliente", cliente)]))
    assert valores["escuta", "à espera de accept"] == "1 conexão"
    assert valores["cliente", "estado"] == valores["cliente", "buffer de recepção"] == NAO_DISPONIVEL
    assert valores["cliente", "buffer de envio"] == "1 byte"


def test_o_diario_de_um_servidor(diario):
    """O diário pode ser o de um `Servidor`, que não mede as suas chamadas."""
    ver = Vista(diario)
    with Servidor(diario=diario) as servidor, conectar(servidor.endereco) as sock:
        sock.sendall(b"8\n")
        assert sock.recv(10) == b"PAR\n"
    retrato = ver()
    assert r"servidor  recv(4096)  '8\n' = 38 0a" in str(retrato).splitlines()
    assert "levou" not in str(retrato) and "recv(4096)" in retrato._repr_html_()


def test_um_papel_que_nao_e_dos_dois(diario):
    """Um socket observado com outro papel aparece com o nome que se deu, sem cor de cliente nem de servidor."""
    ver = Vista(diario)
    with observar(socket.socket(), "espião", diario) as sock:
        sock.bind(LOCAL)
        pagina = ver(meio=sock)._repr_html_()
    assert "espião" in pagina and "--parimpar-cliente, #" not in pagina and "--parimpar-servidor, #" not in pagina
