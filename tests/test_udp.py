"""O serviço por UDP: o servidor, o cliente e a linha de comando (PI-30 a PI-32)."""

import contextlib
import errno
import os
import random
import re
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from apoio import PRAZO, RAIZ, anotou, um_filho

from parimpar import Diario
from parimpar.aulas.rede_ruim import RedeRuimUDP
from parimpar.cliente import rodada
from parimpar.erros import ErroDeProtocolo, ErroDeRede, ErroDeUso, PortaOcupada, TempoEsgotado
from parimpar.udp import CLIENTES_LEMBRADOS, RESPOSTAS_LEMBRADAS, ClienteUDP, MotorUDP, ServidorUDP


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
    if len(dados) > 1024:
        assert veio == "ERRO o pedido passou de 1024 bytes; envie um número menor"
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


def test_so_as_ultimas_respostas_contam(servidor, sock):
    """A devolução de uma resposta antiga demais é divergente: a memória de cada cliente tem limite (PI-31)."""
    respostas = [perguntar(sock, servidor, b"1" * 11) for _ in range(RESPOSTAS_LEMBRADAS + 1)]
    sock.sendto(f"{respostas[1]} FIM".encode(), servidor.endereco)
    sock.sendto(f"{respostas[0]} FIM".encode(), servidor.endereco)
    cursor = anotou(servidor.diario, "devolve", "confere").numero + 1
    divergente = anotou(servidor.diario, "devolve", cursor=cursor)
    assert divergente.detalhe == "divergente: não é uma das últimas respostas + FIM"


def test_a_devolucao_de_outro_endereco_diverge(servidor, sock):
    """As respostas se lembram por endereço: o que um recebeu não serve à devolução do outro (PI-31)."""
    assert perguntar(sock, servidor, b"8") == "PAR"
    with novo() as outro:
        outro.sendto(b"PAR FIM", servidor.endereco)
        assert anotou(servidor.diario, "devolve").detalhe.startswith("divergente")


@pytest.mark.parametrize("dados", [b"ERRO servidor cheio", b"ERRO x\n", b"ERRO "])
def test_nao_se_responde_a_um_erro(servidor, sock, dados):
    """Um ERRO que chega é anotado, e a próxima resposta é a do pedido seguinte (PI-31)."""
    sock.sendto(dados, servidor.endereco)
    assert perguntar(sock, servidor, b"8") == "PAR"
    erro = anotou(servidor.diario, "erro")
    assert (erro.dados, erro.remoto) == (dados, sock.getsockname())
    assert erro.detalhe == "esperava um pedido e veio uma resposta; não se responde a ela"


def test_dois_servidores_nao_se_respondem_sem_fim(servidor):
    """Um lixo em nome de outro servidor acaba no primeiro ERRO (PI-31)."""
    with ServidorUDP() as outro:
        outro.server_socket.sendto(b"lixo", servidor.endereco)
        assert anotou(outro.diario, "erro").detalhe.startswith("esperava um pedido e veio uma resposta")
    servidor.parar()
    assert [e.tipo for e in servidor.diario] == ["inicia", "recebe", "erro", "envia", "para"]


def test_o_diario_do_servidor(sock):
    """Cada passo é anotado, com a chamada, os endereços, os bytes e o que há a dizer."""
    diario = Diario()
    with ServidorUDP(diario=diario) as servidor:
        assert servidor.diario is diario
        perguntar(sock, servidor, b"7\n")
        perguntar(sock, servidor, b"x")
        sock.sendto("ÍMPAR FIM".encode(), servidor.endereco)
        anotou(diario, "devolve")
    cliente, local = sock.getsockname(), servidor.endereco
    recusa = "esperava um inteiro (algarismos de 0 a 9, sinal opcional) e veio 'x'; corrija e envie de novo"
    passos = [
        ("inicia", "bind(…)", None, b"", ""),
        ("recebe", "recvfrom(65536)", cliente, b"7\n", ""),
        ("envia", "sendto(…)", cliente, "ÍMPAR\n".encode(), ""),
        ("recebe", "recvfrom(65536)", cliente, b"x", ""),
        ("erro", "", cliente, b"x", recusa),
        ("envia", "sendto(…)", cliente, f"ERRO {recusa}".encode(), ""),
        ("recebe", "recvfrom(65536)", cliente, "ÍMPAR FIM".encode(), ""),
        ("devolve", "", cliente, "ÍMPAR FIM".encode(), "confere"),
        ("para", "close()", None, b"", ""),
    ]
    assert [(e.tipo, e.chamada, e.remoto, e.dados, e.detalhe) for e in diario] == passos
    assert {(e.quem, e.local) for e in diario} == {("servidor", local)}
    assert [e.instante for e in diario] == sorted(e.instante for e in diario)


def test_o_envio_e_anotado_com_o_instante_de_antes(servidor, sock, monkeypatch):
    """Em ordem de instante, o envio vem antes da chegada, mesmo que se anote depois."""
    chegou = []
    de_verdade = servidor._motor._anotar

    def anotar(tipo, *args, **opcoes):
        if tipo == "envia":
            sock.recvfrom(100)
            chegou.append(time.monotonic())
        de_verdade(tipo, *args, **opcoes)

    monkeypatch.setattr(servidor._motor, "_anotar", anotar)
    sock.sendto(b"7", servidor.endereco)
    assert anotou(servidor.diario, "envia").instante < chegou[0]


def test_aviso_de_que_a_rede_pode_entrar(monkeypatch):
    """Escutar além desta máquina é anotado; só 127.x.x.x não é visto pela rede."""
    so_desta_maquina = MotorUDP.so_desta_maquina.fget
    for host, so_daqui in (("127.0.0.2", True), ("0.0.0.0", False), ("192.168.0.7", False), ("1270.1.1.1", False)):
        assert so_desta_maquina(SimpleNamespace(local=(host, 1))) is so_daqui
    with ServidorUDP() as servidor:
        assert servidor.so_desta_maquina and servidor.conexoes == 0
    monkeypatch.setattr(MotorUDP, "so_desta_maquina", False)
    with ServidorUDP() as servidor:
        assert next(iter(servidor.diario)).detalhe == "atenção: aceita datagramas da rede, não só desta máquina"
        assert not servidor.so_desta_maquina


def test_para_sem_demora_e_de_qualquer_thread(servidor, sock):
    """A thread olha várias vezes por segundo se é hora de parar, e ela mesma pode pedir a parada (PI-26)."""
    motor, antes = servidor._motor, time.monotonic()
    assert motor.daemon and motor.name == f"servidor-udp-parimpar-{servidor.porta}"
    servidor.parar()
    assert time.monotonic() - antes < 1 and not motor.is_alive() and motor.server_socket.fileno() == -1
    servidor.iniciar()
    motor = servidor._motor
    motor._tratar = lambda *_: motor.parar()
    sock.sendto(b"7", servidor.endereco)
    motor.join(PRAZO)
    assert not motor.is_alive() and motor.falha is None


def test_o_erro_da_thread_nao_se_perde():
    """Se a thread morre, o socket se fecha, o `repr` conta e `parar` lança o erro."""
    servidor = ServidorUDP().iniciar()
    servidor.server_socket.settimeout(0)  # o próximo recvfrom falha com um erro que ninguém espera
    assert "o servidor parou: BlockingIOError" in anotou(servidor.diario, "erro").detalhe
    anotou(servidor.diario, "para")
    servidor._motor.join(PRAZO)
    assert "parou por um erro: BlockingIOError" in repr(servidor)
    with pytest.raises(BlockingIOError):
        servidor.parar()


def test_um_sys_exit_no_sorteio_nao_para_o_servico(sock):
    """O sorteio é do usuário: um sys.exit nele só perde aquele datagrama (PI-24)."""
    with ServidorUDP(sorteio=SimpleNamespace(choices=lambda *_, k: sys.exit())) as servidor:
        sock.sendto(b"1" * 11, servidor.endereco)
        assert perguntar(sock, servidor, b"8") == "PAR"
        erro = anotou(servidor.diario, "erro")
        assert erro.detalhe == "SystemExit()" and erro.remoto == sock.getsockname()


def test_um_erro_de_rede_ao_responder_e_dito_em_portugues(servidor, sock, monkeypatch):
    """O OSError de um envio vira o motivo, com o nome do manual (PI-24)."""

    def falhar(*_):
        raise OSError(errno.ENETUNREACH, "")

    monkeypatch.setattr(servidor._motor, "_tratar", falhar)
    sock.sendto(b"7", servidor.endereco)
    assert anotou(servidor.diario, "erro").detalhe == "não há caminho até a rede (ENETUNREACH)"


def test_so_se_lembra_dos_ultimos_clientes(servidor, sock, monkeypatch):
    """A memória das respostas não cresce sem fim."""
    monkeypatch.setattr("parimpar.udp.CLIENTES_LEMBRADOS", 3)
    for _ in range(6):
        with novo() as outro:
            perguntar(outro, servidor, b"7")
    assert len(servidor._motor.ultimas) == 3 < CLIENTES_LEMBRADOS


def test_quem_pergunta_de_novo_e_lembrado_por_mais_tempo(servidor, sock, monkeypatch):
    """Quem sai da memória é o que está calado há mais tempo, e não o mais antigo."""
    monkeypatch.setattr("parimpar.udp.CLIENTES_LEMBRADOS", 2)
    with novo() as segundo, novo() as terceiro:
        for quem in (sock, segundo, sock, terceiro):
            perguntar(quem, servidor, b"8")
        for quem, confere in ((sock, "confere"), (segundo, "divergente")):
            cursor = servidor.diario.cursor
            quem.sendto(b"PAR FIM", servidor.endereco)
            assert anotou(servidor.diario, "devolve", cursor=cursor).detalhe.startswith(confere)


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
    with um_filho():
        servidor.parar()
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as mesma:
            mesma.bind(servidor.endereco)


def test_cliente(servidor):
    """Pergunta, devolve e fecha, com cada passo no diário que se passou."""
    diario = Diario()
    with ClienteUDP(*servidor.endereco, diario=diario) as cliente:
        assert cliente.perguntar(7) == cliente.resposta == "ÍMPAR"
        porta = cliente.client_socket.getsockname()[1]
        cliente.devolver()
    assert anotou(servidor.diario, "devolve").detalhe == "confere"
    assert [(e.tipo, e.chamada, e.remoto, e.dados.decode()) for e in diario] == [
        ("envia", "sendto(1 byte)", servidor.endereco, "7"),
        ("recebe", "recvfrom(65536)", servidor.endereco, "ÍMPAR"),
        ("envia", "sendto(10 bytes)", servidor.endereco, "ÍMPAR FIM"),
        ("fecha", "close()", None, ""),
    ]
    assert {(e.quem, e.local[1]) for e in diario} == {("cliente", porta)}
    assert cliente.client_socket is cliente.resposta is None
    cliente.fechar()
    assert len(diario) == 4 and ClienteUDP().diario is not ClienteUDP().diario
    assert repr(cliente) == f"<ClienteUDP de 127.0.0.1:{servidor.porta}>"
    assert rodada("8", *servidor.endereco, tipo=ClienteUDP) == "PAR"


def responder_com(falso, cliente, *datagramas):
    """Faz o falso servidor enviar estes datagramas assim que o cliente perguntar."""
    de_verdade = cliente._esperar_resposta

    def responder(destino, limite):
        for datagrama in datagramas:
            falso.sendto(datagrama, ("127.0.0.1", cliente.client_socket.getsockname()[1]))
        return de_verdade(destino, limite)

    cliente._esperar_resposta = responder


def test_a_pergunta_e_anotada_com_o_instante_de_antes():
    """Em ordem de instante, o envio do cliente vem antes da chegada, mesmo que se anote depois."""
    chegou = []
    with novo() as falso, ClienteUDP(*falso.getsockname(), espera=PRAZO) as cliente:

        def anotar(tipo, *args, **opcoes):
            if tipo == "envia":
                falso.sendto(b"PAR", falso.recvfrom(100)[1])
                chegou.append(time.monotonic())
            de_verdade(tipo, *args, **opcoes)

        de_verdade, cliente._anotar = cliente._anotar, anotar
        cliente.perguntar(8)
    assert next(iter(cliente.diario)).instante < chegou[0]


@pytest.mark.parametrize("datagrama", [b"PAR", b"PAR\n", b"PAR\r\n"])
def test_a_resposta_pode_terminar_como_uma_linha(datagrama):
    """O `\\n`, e o `\\r` antes dele, não fazem parte da resposta (PI-30)."""
    with novo() as falso, ClienteUDP(*falso.getsockname(), espera=PRAZO) as cliente:
        responder_com(falso, cliente, datagrama)
        assert cliente.perguntar(8) == "PAR"
        cliente.devolver()
        assert [falso.recvfrom(100)[0] for _ in range(2)] == [b"8", b"PAR FIM"]


def test_o_que_o_utf_8_nao_escreve_vai_com_uma_barra(servidor):
    """O cliente envia o que lhe deram, mesmo que não se codifique; quem recusa é o servidor."""
    with ClienteUDP(*servidor.endereco, espera=PRAZO) as cliente:
        assert cliente.perguntar("\udcff").startswith("ERRO ")
    assert next(iter(cliente.diario)).dados == rb"\udcff"


def test_a_resposta_vazia_tambem_e_uma_resposta():
    """Um datagrama vazio chega como os outros; o cliente mostra o que veio (PI-41)."""
    with novo() as falso, ClienteUDP(*falso.getsockname(), espera=PRAZO) as cliente:
        responder_com(falso, cliente, b"")
        assert cliente.perguntar(8) == ""


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
        antes, onde = time.monotonic(), f"127.0.0.1:{mudo.getsockname()[1]}"
        with pytest.raises(TempoEsgotado, match=f"nenhuma resposta de {onde} depois de 3 envios, em 0,15 s: por UDP"):
            cliente.perguntar(7)
        assert 0.15 <= time.monotonic() - antes < PRAZO
        assert [mudo.recvfrom(100)[0] for _ in range(3)] == [b"7"] * 3
        erros = [(e.chamada, e.remoto, e.detalhe) for e in cliente.diario if e.tipo == "erro"]
        assert erros == [("recvfrom(65536)", mudo.getsockname(), "nada em 0,05 s")] * 3
        cliente.tentativas = 1
        with pytest.raises(TempoEsgotado, match="depois de 1 envio, em 0,05 s"):
            cliente.perguntar(7)
        assert cliente.resposta is None


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
    with novo() as falso, ClienteUDP(*falso.getsockname(), tentativas=1, espera=PRAZO) as cliente:
        responder_com(falso, cliente, "ÍMPAR".encode("latin-1"))
        with pytest.raises(ErroDeProtocolo, match="UTF-8"):
            cliente.perguntar(7)


def test_erros_de_uso_e_de_rede(servidor):
    """Argumento errado, ordem errada e hospedeiro que não existe têm cada um o seu erro."""
    errados = ({"porta": 0}, {"porta": 65536}, {"espera": 0}, {"tentativas": 0}, {"tentativas": 1.5}, {"host": ""})
    for argumentos in errados:
        (nome, valor), espera = *argumentos.items(), {"espera": "prazo", "porta": "a porta", "host": "o host"}
        with pytest.raises(ErroDeUso, match=f"^{espera.get(nome, nome)} .*veio {re.escape(repr(valor))}$"):
            ClienteUDP(**argumentos)
    assert ClienteUDP(porta=65535, tentativas=1).porta == 65535
    padrao = ClienteUDP()
    assert (padrao.host, padrao.porta, padrao.espera, padrao.tentativas) == ("127.0.0.1", 60000, 0.5, 4)
    cliente = ClienteUDP(*servidor.endereco)
    with pytest.raises(ErroDeUso, match="não há resposta a devolver"):
        cliente.devolver()
    with pytest.raises(ErroDeUso, match=r"^esperava um texto numa linha só, e veio '7\\n8'; envie um"):
        cliente.perguntar("7\n8")
    for host in ("::1", "nome..vazio", "a" * 64, "x\0y"):  # nos três últimos, o Python nem pergunta à rede
        sem_caminho = ClienteUDP(host, 60000)
        falar = re.escape(f"não foi possível falar com {host}:60000: não se achou um endereço IPv4")
        with pytest.raises(ErroDeRede, match=falar):
            sem_caminho.perguntar(7)
        assert [(e.tipo, e.detalhe[:29]) for e in sem_caminho.diario] == [("erro", "não se achou um endereço IPv4")]
        assert sem_caminho.client_socket is None
    cliente.perguntar(7)
    cliente.host = "::1"
    with pytest.raises(ErroDeRede):
        cliente.perguntar(7)
    assert [e.local for e in cliente.diario if e.tipo == "erro"] == [None]  # o socket da pergunta anterior já se fechou
    cliente.host = "127.0.0.1"
    cliente.perguntar(7)
    cliente.client_socket.close()
    with pytest.raises(ErroDeRede, match="EBADF"):
        cliente.devolver()
    with pytest.raises(ErroDeUso, match="não há resposta a devolver"):  # a tentativa já a gastou
        cliente.devolver()
    cliente.perguntar(7)
    cliente.fechar()
    with pytest.raises(ErroDeUso, match="não há resposta a devolver"):
        cliente.devolver()


def test_o_servidor_em_0_0_0_0_se_acha_por_127():
    """Quem escuta em todas as redes responde por um endereço de verdade."""
    with ServidorUDP("0.0.0.0") as servidor, ClienteUDP(*servidor.endereco) as cliente:
        assert cliente.perguntar(8) == "PAR"


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
