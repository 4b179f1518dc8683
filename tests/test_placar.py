"""O placar da turma: o que o servidor anotou vira a linha de cada aluno; um cliente hostil não atrapalha os outros."""

import json
import socket
import sys
import time

import pytest
from apoio import PRAZO, conectar, ler, reiniciar

from parimpar import Cliente, Servidor
from parimpar.aulas import placar as modulo
from parimpar.aulas.aluno import MISSOES
from parimpar.aulas.diario_do_mural import ENDERECOS, POR_SEGUNDO, DiarioDoMural
from parimpar.aulas.placar import Placar
from parimpar.diario import Diario
from parimpar.udp import ClienteUDP, ServidorUDP

OUTROS_ENDERECOS = pytest.mark.skipif(sys.platform == "darwin", reason="o macOS só tem o 127.0.0.1")


@pytest.fixture
def servidor():
    """Um servidor ligado."""
    with Servidor() as servidor:
        yield servidor


@pytest.fixture
def placar(servidor):
    """O placar desse servidor."""
    return Placar(servidor.diario)


def ate(placar, condicao):
    """Atualiza o placar a cada evento novo, até a condição valer."""
    limite = time.monotonic() + PRAZO
    while True:
        placar.atualizar()
        if condicao():
            return
        assert time.monotonic() < limite, placar.como_dado()
        placar.diario.esperar(lambda evento: True, 0.1, placar.diario.cursor)


def de(endereco, ip):
    """Um socket conectado ao servidor a partir de outro endereço de loopback."""
    return socket.create_connection(endereco, PRAZO, source_address=(ip, 0))


def fechou(placar):
    """Todas as conexões já se fecharam?"""
    return not placar.conexoes_abertas


def test_um_cliente_de_aluno_sem_mudanca(servidor, placar):
    """Quem não se apresenta é o endereço IP (PI-51); contam-se pedidos, respostas e devoluções."""
    for numero in (b"7", b"8", b"12345678901"):
        with conectar(servidor.endereco) as client_socket:
            client_socket.sendall(numero)
            resposta = client_socket.recv(4096)
            client_socket.sendall(resposta + b" FIM")
    ate(placar, lambda: placar.alunos and fechou(placar))
    (aluno,) = placar.alunos.values()
    assert (aluno.nome, aluno.ip, aluno.pedidos, aluno.devolucoes) == ("", "127.0.0.1", 3, 3)
    assert aluno.respostas == {"ÍMPAR": 1, "PAR": 1, "letras": 1} and aluno.forma == "crua"
    assert set(aluno.missoes) == {"conectou", "perguntou", "paridade", "letras", "devolveu"}
    assert not aluno.defeito and aluno.abertas == 0 and aluno.intervalo > 0


def test_quem_se_apresenta_tem_nome(servidor, placar):
    """NOME vale para a conexão (PI-50), e a linha sem nome não fica para trás."""
    for nome in ("Ana", "Bruno", "Ana"):
        with Cliente(*servidor.endereco, nome=nome) as cliente:
            cliente.perguntar(7)
            cliente.devolver()
    ate(placar, lambda: len(placar.alunos) == 2 and fechou(placar))
    assert [(a.nome, a.pedidos, a.devolucoes) for a in placar.alunos.values()] == [("Ana", 2, 2), ("Bruno", 1, 1)]
    assert list(placar.rotulos().values()) == ["Ana", "Bruno"]
    assert list(placar.rotulos(anonimo=True).values()) == ["aluno 1", "aluno 2"]  # ninguém pula um número


@OUTROS_ENDERECOS
def test_o_mesmo_nome_de_dois_enderecos_sao_duas_pessoas(servidor, placar):
    """PI-51: ninguém escreve na linha de outro, e o rótulo diz de onde cada um é."""
    for ip in ("127.0.0.2", "127.0.0.3"):
        with de(servidor.endereco, ip) as client_socket:
            client_socket.sendall(b"NOME Ana\n7\n")
            assert ler(client_socket, 7) == "ÍMPAR\n".encode()
    ate(placar, lambda: len(placar.alunos) == 2 and fechou(placar))
    assert set(placar.rotulos().values()) == {"Ana (127.0.0.2)", "Ana (127.0.0.3)"}


def test_as_missoes(servidor, placar):
    """Dois pedaços, dois pedidos numa conexão, e um ERRO a que se sobrevive."""
    with conectar(servidor.endereco) as client_socket:
        client_socket.sendall(b"12")
        ate(placar, lambda: any(e.tipo == "recebe" for e in servidor.diario))
        client_socket.sendall(b"34\n")
        assert ler(client_socket, 4) == b"PAR\n"
        client_socket.sendall(b"abc\n")
        ler(client_socket, 5)
        client_socket.sendall(b"12345678901\n")
        ler_linha(client_socket)
        ler_linha(client_socket)
    ate(placar, lambda: placar.alunos and fechou(placar))
    (aluno,) = placar.alunos.values()
    assert set(MISSOES) - set(aluno.missoes) == {"devolveu", "udp"}
    assert aluno.defeito == "não devolveu com FIM"
    assert aluno.respostas == {"PAR": 1, "ERRO": 1, "letras": 1}


def ler_linha(sock):
    """Lê até o \\n, inclusive."""
    dados = b""
    while not dados.endswith(b"\n"):
        dados += sock.recv(1)
    return dados


@pytest.mark.parametrize("enviar, defeito", [
    (b"abc\n", "mandou 'abc'"), (b"7\nPAR FIM\n", "devolveu 'PAR FIM' em vez da resposta"),
    (b"7\n", "não devolveu com FIM"), (b"", "conectou-se e não perguntou"),
    (b"<b>\x1b[31m\n", "mandou '<b>\\x1b[31m'"),
])  # fmt: skip
def test_o_defeito_em_palavras(servidor, placar, enviar, defeito):
    """O último defeito que se viu; o que veio da rede não leva caracteres de controle."""
    with conectar(servidor.endereco) as client_socket:
        client_socket.sendall(enviar)
        client_socket.shutdown(socket.SHUT_WR)
        while client_socket.recv(4096):
            pass
    ate(placar, lambda: placar.alunos and fechou(placar))
    (aluno,) = placar.alunos.values()
    assert aluno.defeito == defeito


def test_varias_respostas_num_envio(servidor, placar):
    """Pedidos colados têm cada um a sua conta."""
    with conectar(servidor.endereco) as client_socket:
        client_socket.sendall(b"7\n8\n9\n")
        assert ler(client_socket, 18) == "ÍMPAR\nPAR\nÍMPAR\n".encode()
    ate(placar, lambda: placar.alunos and fechou(placar))
    (aluno,) = placar.alunos.values()
    assert aluno.respostas == {"ÍMPAR": 2, "PAR": 1} and "dois" in aluno.missoes


def test_udp_no_mesmo_diario():
    """O servidor TCP e o UDP podem dividir o diário."""
    diario = Diario()
    placar = Placar(diario)
    with Servidor(diario=diario) as tcp, ServidorUDP(diario=diario) as udp:
        with Cliente(*tcp.endereco) as cliente:
            cliente.perguntar(7)
            cliente.devolver()
        with ClienteUDP(*udp.endereco) as cliente:
            cliente.perguntar(8)
            cliente.devolver()
        ate(placar, lambda: placar.alunos and placar.alunos["", "127.0.0.1"].devolucoes == 2 and fechou(placar))
    (aluno,) = placar.alunos.values()
    assert aluno.respostas == {"ÍMPAR": 1, "PAR": 1} and "udp" in aluno.missoes


@OUTROS_ENDERECOS
def test_cinco_mil_nomes_nao_enchem_a_memoria(servidor, placar, monkeypatch):
    """Um endereço não inventa linhas sem fim, nem esconde as dos outros: o que não coube é contado."""
    monkeypatch.setattr(modulo, "NOMES_POR_ENDERECO", 5)
    with de(servidor.endereco, "127.0.0.9") as client_socket:
        client_socket.sendall(b"".join(b"NOME n%d\n" % i for i in range(200)) + b"7\n")
        ler_linha(client_socket)
    with Cliente(*servidor.endereco, nome="Ana") as cliente:
        cliente.perguntar(7)
    ate(placar, lambda: ("Ana", "127.0.0.1") in placar.alunos and fechou(placar))
    assert len(placar.alunos) <= 7 and placar.recusados["127.0.0.9"] >= 190
    assert placar.alunos["Ana", "127.0.0.1"].pedidos == 1


def test_um_rst_e_dito(servidor, placar):
    """A conexão que cai no meio deixa a linha, e o motivo."""
    client_socket = conectar(servidor.endereco)
    client_socket.sendall(b"7\n")
    ler_linha(client_socket)
    reiniciar(client_socket)
    ate(placar, lambda: placar.alunos and fechou(placar))
    (aluno,) = placar.alunos.values()
    assert aluno.abertas == 0 and aluno.pedidos == 1


def test_eventos_perdidos_sao_contados():
    """Se o diário jogou eventos fora antes de se lerem, o placar diz quantos."""
    diario = Diario(maximo=10)
    placar = Placar(diario)
    for i in range(25):
        diario.registrar("servidor", "conecta", "accept()", ("127.0.0.1", 1), ("127.0.0.1", 1000 + i))
    assert placar.atualizar() == 25 and placar.perdidos == 15


def test_o_dado_vira_json(servidor, placar):
    """Nada fica guardado além do que o dicionário traz."""
    with Cliente(*servidor.endereco, nome="Ana") as cliente:
        cliente.perguntar(7)
    ate(placar, lambda: placar.alunos and fechou(placar))
    dado = json.loads(json.dumps(placar.como_dado()))
    assert dado["alunos"][0]["nome"] == "Ana" and dado["alunos"][0]["respostas"] == {"ÍMPAR": 1}


def test_o_aviso_do_servidor_nao_e_resposta():
    """Quem só se conectou e ouviu que estava calado não fez pedido nenhum, nem recebeu um ERRO."""
    with Servidor(silencio=0.2) as servidor:
        placar = Placar(servidor.diario)
        with conectar(servidor.endereco) as client_socket:
            assert ler(client_socket, 4) == b"ERRO"
            ate(placar, lambda: any(e.tipo == "envia" for e in servidor.diario))
        ate(placar, lambda: placar.alunos and fechou(placar))
    (aluno,) = placar.alunos.values()
    assert (aluno.pedidos, aluno.respostas, set(aluno.missoes)) == (0, {}, {"conectou"})
    assert aluno.defeito == "ficou calado até o fim do prazo" and not placar.por_fatia


@pytest.mark.parametrize("limite", ["max_por_endereco", "max_conexoes"])
def test_quem_nao_coube_e_contado_a_parte(limite):
    """As recusas aparecem como recusas, e não como pedidos nem defeitos de quem já estava lá."""
    with Servidor(**{limite: 2}) as servidor:
        placar = Placar(servidor.diario)
        abertas = [conectar(servidor.endereco) for _ in range(6)]
        for client_socket in abertas[2:]:
            assert ler(client_socket, 4) == b"ERRO"
        for client_socket in abertas[2:]:
            client_socket.close()  # sem ler o resto: o servidor vê um RST
        ate(placar, lambda: placar.conexoes_abertas == 2 and placar.recusados)
        for client_socket in abertas[:2]:
            client_socket.sendall(b"7\n")
            assert ler(client_socket, 7) == "ÍMPAR\n".encode()
            client_socket.close()
        ate(placar, lambda: fechou(placar))
    (aluno,) = placar.alunos.values()
    assert placar.recusados == {"127.0.0.1": 4}
    assert (aluno.pedidos, aluno.respostas, aluno.defeito) == (2, {"ÍMPAR": 2}, "não devolveu com FIM")


def test_depois_de_uma_perda_ninguem_fica_conectado_para_sempre():
    """O fim de uma conexão pode estar entre os eventos perdidos: as que não dão mais sinal deixam de contar."""
    diario = Diario(maximo=3)
    placar = Placar(diario)

    def anotar(tipo, porta, **mais):
        diario.registrar("servidor", tipo, "", ("127.0.0.1", 1), ("127.0.0.7", porta), **mais)

    anotar("conecta", 1)
    anotar("conecta", 2)
    placar.atualizar()
    anotar("fecha", 1)
    for _ in range(3):
        anotar("recebe", 2, dados=b"7\n")  # a outra continua
    placar.atualizar()
    (aluno,) = placar.alunos.values()
    assert (placar.perdidos, placar.conexoes_abertas, aluno.abertas) == (1, 1, 1)
    anotar("fecha", 1)  # de uma de que já não se sabia: não é uma recusa
    anotar("fecha", 2)
    placar.atualizar()
    assert (placar.conexoes_abertas, aluno.abertas, placar.recusados) == (0, 0, {})


@OUTROS_ENDERECOS
def test_quem_so_se_conectou_da_lugar_a_quem_chega(servidor, placar, monkeypatch):
    """Com o placar cheio, sai a linha de quem foi embora sem perguntar; a de quem perguntou fica."""
    monkeypatch.setattr(modulo, "MAXIMO_DE_LINHAS", 3)
    with de(servidor.endereco, "127.0.0.2") as client_socket:
        client_socket.sendall(b"7\n")
        ler_linha(client_socket)
    for i in range(20):
        de(servidor.endereco, f"127.0.1.{i + 1}").close()
        ate(placar, lambda: sum(e.tipo == "fecha" for e in servidor.diario) == i + 2)
    with Cliente(*servidor.endereco, nome="Ana") as cliente:
        cliente.perguntar(7)
    ate(placar, lambda: ("Ana", "127.0.0.1") in placar.alunos and fechou(placar))
    assert len(placar.alunos) <= 3 and placar.alunos["", "127.0.0.2"].pedidos == 1 and not placar.recusados


def test_quem_despeja_linhas_nao_apaga_o_que_os_outros_fizeram():
    """Um endereço só anota até um tanto por segundo: o resto é contado, e nenhum evento dos outros se perde."""
    diario = DiarioDoMural()
    placar = Placar(diario)
    aqui = ("127.0.0.1", 1)
    for tipo, detalhe in (("conecta", ""), ("recebe", ""), ("apresenta", "Ana")):
        diario.registrar("servidor", tipo, "", aqui, ("127.0.0.2", 5), b"NOME Ana\n", detalhe)
    for vez in range(10):  # no mesmo instante, como chegam
        volta = [(9.0, "servidor", "devolve", "", aqui, ("127.0.0.9", 7), b"FIM", 3, "divergente")] * 5000
        diario.registrar_varios(
            [(9.0, "servidor", "conecta", "", aqui, ("127.0.0.9", 7), b"", 0, ""), *volta][vez > 0 :]
        )
    diario.registrar("servidor", "envia", "", aqui, ("127.0.0.2", 5), b"PAR\n")
    diario.registrar("servidor", "fecha", "", aqui, ("127.0.0.9", 7), detalhe="o cliente encerrou o envio")
    placar.atualizar()
    assert placar.perdidos == 0 and placar.recusados == {"127.0.0.9": 50_000 - POR_SEGUNDO}
    assert placar.alunos["Ana", "127.0.0.2"].respostas == {"PAR": 1}
    assert placar.alunos["", "127.0.0.9"].divergentes == POR_SEGUNDO and placar.conexoes_abertas == 1


def test_quem_pergunta_sem_parar_e_contado_inteiro():
    """O limite é do que não se responde: um programa sem pausa, que devolve tudo, não perde nenhum evento."""
    diario = DiarioDoMural()
    remoto = ("127.0.0.2", 5)
    for _ in range(3 * POR_SEGUNDO):
        for tipo in ("recebe", "apresenta", "envia", "devolve"):
            diario.registrar_varios([(9.0, "servidor", tipo, "", None, remoto, b"", 0, "")])
    assert diario.cursor == 12 * POR_SEGUNDO and not diario.excesso


def test_enderecos_inventados_nao_enchem_o_diario_do_mural():
    """Num datagrama, quem envia pode dizer o endereço que quiser."""
    diario = DiarioDoMural()
    for i in range(3 * ENDERECOS):
        for _ in range(2):
            diario.registrar("servidor", "erro", "", None, (f"10.0.{i // 256}.{i % 256}", 9), b"abc")
    assert len(diario._gastos) <= ENDERECOS + 1 and len(diario.excesso) <= ENDERECOS
