"""O cliente: o sorteio, a pergunta, a devolução e tudo o que pode dar errado do outro lado."""

import contextlib
import errno
import random
import re
import select
import socket
import sys
import threading
import time
from collections import Counter

import pytest
from apoio import PRAZO, anotou, em_outro_processo, ler_tudo, porta_livre, reiniciar, servidor_de_aluno

from parimpar import Cliente, Diario, Servidor, sortear_numero
from parimpar import cliente as cliente_modulo
from parimpar.cliente import SILENCIO_EM_LINHA, rodada
from parimpar.erros import ConexaoPerdida, ConexaoRecusada, ErroDeProtocolo, ErroDeRede, ErroDeUso, TempoEsgotado

formas = pytest.mark.parametrize("crua", [False, True], ids=["linha", "crua"])
CURTO = 0.3  # segundos: o prazo do cliente quando se espera que ele se esgote


@pytest.fixture
def servidor():
    with Servidor(sorteio=random.Random(1)) as servidor:
        yield servidor


def responder(*respostas):
    """Um roteiro que responde cada uma destas a um pedido, e depois lê até o cliente fechar."""

    def roteiro(conexao):
        for resposta in respostas:
            assert conexao.recv(4096)
            conexao.sendall(resposta)
        ler_tudo(conexao)

    return roteiro


def test_sortear_primeiro_as_casas():
    """Todas as quantidades de casas saem por igual, e PAR ou ÍMPAR aparecem em um terço das vezes (PI-40)."""
    sorteio = random.Random(1)
    numeros = [sortear_numero(sorteio) for _ in range(6000)]
    assert all(re.fullmatch("0|[1-9][0-9]{0,29}", numero) for numero in numeros)
    casas = Counter(map(len, numeros))
    assert set(casas) == set(range(1, 31)) and all(150 <= quantos <= 250 for quantos in casas.values())
    assert Counter(n for n in numeros if len(n) == 1).keys() == set("0123456789")
    algarismos = Counter("".join(n[1:] for n in numeros))
    assert max(algarismos.values()) < 1.1 * min(algarismos.values())


def test_sorteio_repetivel():
    """A mesma semente dá os mesmos números; `casas` limita o tamanho (PI-40)."""
    assert [sortear_numero(random.Random(7)) for _ in range(3)] == [sortear_numero(random.Random(7))] * 3
    assert {len(sortear_numero(casas=2)) for _ in range(100)} == {1, 2}


@formas
@pytest.mark.parametrize(
    "numero, resposta", [("7", "ÍMPAR"), (8, "PAR"), (-3, "ÍMPAR"), ("9" * 1000, "[A-Za-z]{1000}")]
)
def test_perguntar(servidor, numero, resposta, crua):
    """A resposta vem como texto, sem o \\n, nas duas formas (PI-41, PI-45)."""
    with Cliente(*servidor.endereco, crua=crua) as cliente:
        assert re.fullmatch(resposta, cliente.perguntar(numero))
        cliente.devolver()
    assert anotou(servidor.diario, "devolve").detalhe == "confere"


def test_o_diario_do_cliente(servidor):
    """Cada passo vai ao diário que se passou, com a chamada, os endereços, os bytes e o instante de antes dela."""
    diario, antes = Diario(), time.monotonic()
    with Cliente(*servidor.endereco, diario=diario) as cliente:
        local = cliente.client_socket.getsockname()
        cliente.perguntar(7)
        cliente.devolver()
    assert [(e.tipo, e.chamada, e.dados.decode(), e.detalhe) for e in diario] == [
        ("conecta", "connect(…)", "", ""),
        ("envia", "sendall(2 bytes)", "7\n", ""),
        ("recebe", "recv(4096)", "ÍMPAR\n", ""),
        ("envia", "sendall(11 bytes)", "ÍMPAR FIM\n", ""),
        ("fecha", "close()", "", ""),
    ]
    assert {(e.quem, e.local, e.remoto) for e in diario} == {("cliente", local, servidor.endereco)}
    do_servidor = {e.tipo: e.instante for e in servidor.diario if e.tipo in ("conecta", "recebe")}
    instantes = [antes, *(e.instante for e in diario)]
    assert instantes == sorted(instantes)
    assert instantes[1] <= do_servidor["conecta"] and instantes[2] <= do_servidor["recebe"]
    assert Cliente().diario is not Cliente().diario


def test_o_instante_e_o_de_antes_da_chamada(servidor, monkeypatch):
    """O connect, o sendall e o close são anotados com o instante em que começaram."""
    cliente, depois = Cliente(*servidor.endereco), []

    def cronometrada(nome):
        def chamar(self, *args):
            getattr(socket.SocketType if nome != "close" else de_verdade, nome)(self, *args)
            if threading.current_thread() is threading.main_thread():  # e não a do servidor
                depois.append(time.monotonic())

        return chamar

    de_verdade = socket.socket
    Cronometrado = type("Cronometrado", (de_verdade,), {n: cronometrada(n) for n in ("connect", "sendall", "close")})

    monkeypatch.setattr(socket, "socket", Cronometrado)
    with cliente:
        cliente.perguntar(7)
    monkeypatch.undo()
    instantes = [e.instante for e in cliente.diario if e.tipo in ("conecta", "envia", "fecha")]
    assert len(depois) == 3 and all(antes < fim for antes, fim in zip(instantes, depois, strict=True))


def test_varias_perguntas_numa_conexao(servidor):
    """Na forma de linha a conexão serve para várias voltas (PI-14)."""
    with Cliente(*servidor.endereco) as cliente:
        for numero, resposta in [("7", "ÍMPAR"), ("lixo", "ERRO "), ("", "ERRO "), ("8", "PAR")]:
            assert cliente.perguntar(numero).startswith(resposta)
            assert cliente.devolver() is True
    anotou(servidor.diario, "fecha")
    eventos = list(servidor.diario)
    assert [e.detalhe for e in eventos if e.tipo == "devolve"] == ["confere"] * 4
    assert sum(e.tipo == "conecta" for e in eventos) == 1


@pytest.mark.parametrize("crua", [False, True])
@pytest.mark.parametrize("partes", [["ÍMPAR"], ["ÍM", "PAR"], ["\xcd"]], ids=["inteira", "em pedaços", "um Í"])
def test_uma_resposta_sem_fim_acaba_no_silencio(monkeypatch, crua, partes):
    """Sem \\n, a resposta acaba quando nada mais chega, e nunca no meio de um Í (PI-11, PI-12)."""
    partes, silencio = [parte.encode() for parte in partes], SILENCIO_EM_LINHA
    monkeypatch.setattr(cliente_modulo, "SILENCIO", silencio)  # uma máquina ocupada já passa 0,2 s entre dois envios

    def roteiro(conexao):
        assert conexao.recv(4096)
        if len(partes) == 1 and len(partes[0]) == 2:  # as duas metades de um Í, com mais do que o silêncio entre elas
            conexao.sendall(partes[0][:1])
            assert not pausa.wait(silencio * 1.3)
            conexao.sendall(partes[0][1:])
        else:
            for parte in partes:
                conexao.sendall(parte)
                assert not pausa.wait(silencio / 4)
        enviada.append(time.monotonic())
        ler_tudo(conexao)

    pausa, enviada = threading.Event(), []
    with servidor_de_aluno(roteiro) as endereco, Cliente(*endereco, crua=crua, prazo=PRAZO) as cliente:
        assert cliente.perguntar(7) == b"".join(partes).decode()
        assert silencio / 2 < time.monotonic() - enviada[0] < PRAZO / 2


def test_o_prazo_que_acaba_antes_do_silencio():
    """Se o prazo não deixa esperar o silêncio, não se sabe se o que veio é tudo: o tempo se esgotou (PI-11)."""
    with servidor_de_aluno(responder(b"PAR")) as endereco, Cliente(*endereco, prazo=SILENCIO_EM_LINHA / 2) as cliente:
        with pytest.raises(TempoEsgotado, match="esperava a resposta em até 0,5 s e ela não veio.*crua=True"):
            cliente.perguntar(8)


@pytest.mark.parametrize("resposta", ["PAR", "IMPAR", " banana ", "", "ERRO servidor cheio"])
def test_mostra_o_que_veio(resposta):
    """O cliente não corrige nem confere o que o servidor disse (PI-41)."""
    with servidor_de_aluno(responder(resposta.encode() + b"\n")) as endereco, Cliente(*endereco) as cliente:
        assert cliente.perguntar(7) == resposta


@pytest.mark.parametrize("crua, pedido, devolucao", [(False, b"7\n", "ÍMPAR FIM\n"), (True, b"7", "ÍMPAR FIM")])
def test_os_bytes_que_o_cliente_envia(crua, pedido, devolucao):
    """O pedido e a devolução, byte a byte; na forma crua a devolução fecha a conexão (PI-10, PI-11, PI-42)."""
    recebidos = []

    def roteiro(conexao):
        recebidos.append(conexao.recv(4096))
        conexao.sendall("ÍMPAR\n".encode())
        recebidos.append(ler_tudo(conexao))

    with servidor_de_aluno(roteiro) as endereco, Cliente(*endereco, crua=crua) as cliente:
        cliente.perguntar("7")
        assert cliente.devolver() is True
        assert (cliente.client_socket is None) is crua
        cliente.fechar()
    assert recebidos == [pedido, devolucao.encode()]


def test_o_que_o_utf_8_nao_escreve_vai_com_uma_barra(servidor):
    """O cliente envia o que lhe deram, mesmo que não se codifique; quem recusa é o servidor."""
    with Cliente(*servidor.endereco) as cliente:
        assert cliente.perguntar("\udcff").startswith("ERRO ")
    assert rb"\udcff" + b"\n" in [evento.dados for evento in cliente.diario]


def test_apresentar_se(servidor):
    """Quem tem nome o diz a cada conexão, antes da pergunta; quem não tem não diz nada (PI-50)."""
    with Cliente(*servidor.endereco, nome="Ana") as cliente:
        assert anotou(servidor.diario, "apresenta").detalhe == "Ana"
        assert [cliente.perguntar(7), cliente.perguntar(8)] == ["ÍMPAR", "PAR"]
        cliente.fechar()
        assert cliente.perguntar(7) == "ÍMPAR"
    assert rodada("8", *servidor.endereco, nome="Zé Ninguém") == "PAR"
    assert rodada("8", *servidor.endereco) == "PAR"
    cursor = 0
    for _ in range(4):
        cursor = anotou(servidor.diario, "fecha", cursor=cursor).numero + 1
    assert [e.detalhe for e in servidor.diario if e.tipo == "apresenta"] == ["Ana", "Ana", "Zé Ninguém"]


@pytest.mark.parametrize("nome", ["", " ", "x" * 31, "a\nb", "a\x07", "\ud800", 7])
def test_nome_impossivel(nome):
    """Um nome que o servidor recusaria é recusado antes de conectar (PI-50)."""
    with pytest.raises(ErroDeUso, match="de 1 a 30 caracteres visíveis; veio " + re.escape(repr(nome))):
        Cliente(nome=nome)


def test_nome_na_forma_crua():
    """A apresentação é uma linha, e não combina com a forma crua (PI-11, PI-50)."""
    with pytest.raises(ErroDeUso, match="crua"):
        Cliente(nome="Ana", crua=True)


def test_interrompido_ao_apresentar_se(servidor, monkeypatch):
    """Um Ctrl-C entre o connect e a apresentação não deixa o socket aberto (PI-44)."""

    def interromper(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Cliente, "_enviar", interromper)
    cliente = Cliente(*servidor.endereco, nome="Ana")
    with pytest.raises(KeyboardInterrupt):
        cliente.conectar()
    assert cliente.client_socket is None


def test_devolver_fora_de_ordem(servidor):
    """Devolver sem resposta, duas vezes ou com a conexão fechada é um `ErroDeUso` que diz a ordem."""
    with Cliente(*servidor.endereco) as cliente:
        with pytest.raises(ErroDeUso, match="perguntar"):
            cliente.devolver()
        cliente.perguntar(7)
        cliente.devolver()
        with pytest.raises(ErroDeUso, match="perguntar"):
            cliente.devolver()
        cliente.perguntar(7)
    assert cliente.resposta == "ÍMPAR"
    with pytest.raises(ErroDeUso, match="não há resposta a devolver nesta conexão: use perguntar"):
        cliente.devolver()
    cliente.conectar()
    with pytest.raises(ErroDeUso, match="perguntar"):  # a resposta era da outra conexão
        cliente.devolver()
    cliente.fechar()


@formas
def test_devolver_a_quem_ja_fechou(crua):
    """Se o servidor responde e fecha, a devolução não é um erro do cliente (PI-42)."""

    def roteiro(conexao):
        conexao.recv(4096)
        conexao.sendall(b"PAR\n")

    with servidor_de_aluno(roteiro) as endereco, Cliente(*endereco, crua=crua) as cliente:
        assert cliente.perguntar(8) == "PAR"
        assert cliente.client_socket.recv(1, socket.MSG_PEEK) == b""  # o fim já chegou
        cliente.devolver()


def test_devolver_depois_de_um_rst():
    """Quando o sistema já sabe que a conexão acabou, `devolver` diz False e fecha o socket (PI-42, PI-44)."""

    def roteiro(conexao):
        conexao.recv(4096)
        conexao.sendall(b"PAR\n")
        assert conexao.recv(1) == b"!"
        reiniciar(conexao)

    with servidor_de_aluno(roteiro) as endereco, Cliente(*endereco) as cliente:
        cliente.perguntar(8)
        cliente.client_socket.sendall(b"!")
        with pytest.raises(ConnectionResetError):
            cliente.client_socket.recv(1)
        assert cliente.devolver() is False
        assert cliente.client_socket is None
    *_, erro, fecha = cliente.diario
    assert (erro.tipo, erro.chamada, fecha.tipo) == ("erro", "sendall(…)", "fecha")
    assert re.fullmatch(r"não enviou: a outra ponta .* \(E\w+\)", erro.detalhe)


def test_conectar_e_fechar_podem_ser_repetidos(servidor):
    """Nada muda na segunda vez, e depois de fechar a próxima pergunta conecta de novo."""
    cliente = Cliente(*servidor.endereco)
    assert repr(cliente).endswith("fechado>")
    cliente.fechar()
    assert cliente.conectar() is cliente
    primeiro = cliente.client_socket
    assert cliente.conectar().client_socket is primeiro and repr(cliente).endswith("conectado>")
    cliente.fechar()
    cliente.fechar()
    assert cliente.perguntar(8) == "PAR"
    cliente.fechar()
    assert [e.tipo for e in cliente.diario] == ["conecta", "fecha", "conecta", "envia", "recebe", "fecha"]


def test_rodada(servidor):
    """Conecta, pergunta, mostra, devolve e fecha, com uma conexão nova por volta (PI-42, PI-43, PI-44)."""
    mostradas = []

    def mostrar(resposta):
        mostradas.append((resposta, any(e.tipo == "devolve" for e in servidor.diario)))

    assert rodada("7", *servidor.endereco, mostrar=mostrar) == "ÍMPAR"
    assert mostradas == [("ÍMPAR", False)]
    rodada("8", *servidor.endereco)
    anotou(servidor.diario, "fecha", cursor=anotou(servidor.diario, "fecha").numero + 1)
    assert [e.tipo for e in servidor.diario].count("conecta") == 2


def test_rodada_fecha_mesmo_com_erro(servidor):
    """O socket se fecha mesmo que `mostrar` falhe (PI-44)."""
    with pytest.raises(ZeroDivisionError):
        rodada("7", *servidor.endereco, mostrar=lambda _: 1 / 0)
    anotou(servidor.diario, "fecha", "o cliente encerrou o envio")


def test_ninguem_escuta():
    """A recusa diz o endereço e o que fazer, e guarda o erro do sistema (PI-43)."""
    with socket.socket() as ocupado:
        ocupado.bind(("127.0.0.1", 0))
        porta = ocupado.getsockname()[1]
        cliente = Cliente(porta=porta)
        with pytest.raises(ConexaoRecusada, match=f"ninguém escuta em 127.0.0.1:{porta}: inicie o servidor") as info:
            cliente.perguntar(7)
    assert isinstance(info.value.__cause__, ConnectionRefusedError)
    erro = anotou(cliente.diario, "erro")
    assert cliente.client_socket is None and (erro.remoto, erro.chamada) == (("127.0.0.1", porta), "connect(…)")
    assert erro.detalhe == "não conectou: ninguém escuta nessa porta (ECONNREFUSED)"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="só no Linux a fila cheia ignora o SYN")
def test_o_hospedeiro_nao_responde():
    """Quando nem o handshake termina, o prazo vale do mesmo jeito."""
    with socket.socket() as escuta, contextlib.ExitStack() as abertos:
        escuta.bind(("127.0.0.1", 0))
        escuta.listen(0)
        for _ in range(2):  # enche a fila do accept
            sock = abertos.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(escuta.getsockname())
        onde = f"127.0.0.1:{escuta.getsockname()[1]}"
        antes = time.monotonic()
        with pytest.raises(TempoEsgotado, match=f"{onde} não respondeu em 0,3 s: confira o endereço, a rede e o fire"):
            Cliente(*escuta.getsockname(), prazo=CURTO).conectar()
        assert CURTO <= time.monotonic() - antes < PRAZO


def test_endereco_impossivel():
    """O que o sistema não consegue alcançar é um `ErroDeRede`."""
    with pytest.raises(ErroDeRede, match="não foi possível conectar a ::1:60000: não se achou um endereço IPv4"):
        Cliente("::1").conectar()


@formas
def test_o_servidor_fecha_sem_responder(crua):
    """O fim da conexão sem resposta é uma conexão perdida (PI-44)."""
    with servidor_de_aluno(lambda conexao: conexao.recv(4096)) as endereco, Cliente(*endereco, crua=crua) as cliente:
        with pytest.raises(ConexaoPerdida, match="fechou a conexão sem responder; ele pode ter caído ou recusado"):
            cliente.perguntar(7)
        assert cliente.client_socket is None
    *_, erro, fecha = cliente.diario
    assert (erro.tipo, fecha.tipo) == ("erro", "fecha") and "sem responder" in erro.detalhe


def test_o_servidor_reinicia_a_conexao():
    """Um RST no lugar da resposta é uma conexão perdida, com o nome do manual (PI-44)."""

    def roteiro(conexao):
        conexao.recv(4096)
        reiniciar(conexao)

    with servidor_de_aluno(roteiro) as endereco, Cliente(*endereco) as cliente:
        with pytest.raises(ConexaoPerdida, match=r"acabou antes da resposta: .*\(ECONNRESET\); o servidor pode ter"):
            cliente.perguntar(7)
        assert cliente.client_socket is None


def test_o_servidor_reinicia_entre_duas_perguntas():
    """Um RST que já chegou não derruba a pergunta seguinte: ela usa outra conexão (PI-43)."""
    conexoes = []

    def roteiro(conexao):
        conexoes.append(conexao)
        assert conexao.recv(4096)
        conexao.sendall(b"PAR\n")
        if len(conexoes) == 1:
            assert conexao.recv(4096) == b"PAR FIM\n"
            reiniciar(conexao)
        else:
            ler_tudo(conexao)

    with servidor_de_aluno(roteiro, vezes=2) as endereco, Cliente(*endereco) as cliente:
        cliente.perguntar(8)
        cliente.devolver()
        select.select([cliente.client_socket], [], [], PRAZO)
        assert cliente.perguntar(8) == "PAR" and len(conexoes) == 2


def test_pedido_que_o_servidor_nao_pode_mais_ler(servidor, monkeypatch):
    """Se a conexão acaba entre a espiada e o envio, é uma conexão perdida, e o socket se fecha (PI-44)."""
    with Cliente(*servidor.endereco) as cliente:

        def quebrar(_):
            raise BrokenPipeError(errno.EPIPE, "")

        monkeypatch.setattr(socket.socket, "sendall", lambda self, _: quebrar(_))
        with pytest.raises(ConexaoPerdida, match="o servidor já tinha fechado a conexão; conecte de novo"):
            cliente.perguntar(7)
        assert cliente.client_socket is None
    assert [(e.tipo, e.detalhe) for e in cliente.diario][1:] == [
        ("erro", "não enviou: a outra ponta já tinha fechado (EPIPE)"),
        ("fecha", ""),
        ("erro", "o servidor já tinha fechado a conexão; conecte de novo"),
    ]


def test_o_servidor_caiu_entre_duas_perguntas(servidor):
    """A pergunta seguinte já usa uma conexão nova (PI-43, PI-44)."""
    with Cliente(*servidor.endereco) as cliente:
        cliente.perguntar(7)
        servidor.parar()
        servidor.iniciar()
        assert cliente.perguntar(8) == "PAR"
    assert [e.tipo for e in cliente.diario].count("conecta") == 2


@pytest.mark.parametrize(
    "resposta", ["ÍMPAR\nOUTRA\n", "ÍMPAR\nOUT", "ÍMPAR\n"], ids=["colada", "pela metade", "depois"]
)
def test_uma_resposta_a_mais_nao_serve_a_outra_pergunta(resposta):
    """O que chegou sem ninguém pedir, junto da resposta ou depois dela, é largado com a conexão antiga."""
    conexoes, perguntada = [], threading.Event()

    def roteiro(conexao):
        conexoes.append(conexao)
        assert conexao.recv(4096)
        if len(conexoes) == 1:
            conexao.sendall(resposta.encode())
            assert perguntada.wait(PRAZO)
        conexao.sendall(b"PAR\n")
        with contextlib.suppress(ConnectionError):  # o cliente fecha sem ler tudo
            ler_tudo(conexao)

    with servidor_de_aluno(roteiro, vezes=2) as endereco, Cliente(*endereco) as cliente:
        assert cliente.perguntar(7) == "ÍMPAR"
        perguntada.set()
        assert select.select([cliente.client_socket], [], [], PRAZO)[0]
        assert cliente.perguntar(8) == "PAR"
        assert len(conexoes) == 2


def test_a_resposta_boa_antes_de_uma_que_nao_se_le():
    """Uma resposta que se lê vale, mesmo que no mesmo segmento venha lixo; o lixo não serve à próxima pergunta."""
    conexoes = []

    def roteiro(conexao):
        conexoes.append(conexao)
        assert conexao.recv(4096)
        conexao.sendall(b"PAR\n\xff\n" if len(conexoes) == 1 else b"PAR\n")
        with contextlib.suppress(ConnectionError):  # o cliente fecha sem ler tudo
            ler_tudo(conexao)

    with servidor_de_aluno(roteiro, vezes=2) as endereco, Cliente(*endereco) as cliente:
        assert [cliente.perguntar(8), cliente.perguntar(8)] == ["PAR", "PAR"]
        assert len(conexoes) == 2


@pytest.mark.parametrize("resposta", ["ÍMPAR\n".encode("latin-1"), b"x" * 5000, b"x" * 5000 + b"\n"])
def test_resposta_que_nao_se_le(resposta):
    """Uma resposta fora do protocolo é um `ErroDeProtocolo`, e a conexão se fecha (PI-44)."""

    def roteiro(conexao):
        conexao.recv(4096)
        conexao.sendall(resposta)
        with contextlib.suppress(ConnectionError):  # o cliente fecha sem ler tudo
            ler_tudo(conexao)

    with servidor_de_aluno(roteiro) as endereco, Cliente(*endereco) as cliente:
        with pytest.raises(ErroDeProtocolo):
            cliente.perguntar(7)
        assert cliente.client_socket is None


@formas
def test_a_resposta_atrasada_nao_serve_a_outra_pergunta(crua):
    """Passado o prazo a conexão se fecha: a pergunta seguinte usa outra, e a resposta velha não a alcança."""
    pedidos = []

    def roteiro(conexao):
        pedidos.append(conexao.recv(4096))
        if len(pedidos) == 1:
            assert ler_tudo(conexao) == b""  # o cliente desistiu
            with contextlib.suppress(ConnectionError):
                conexao.sendall("ÍMPAR\n".encode())
        else:
            conexao.sendall(b"PAR\n")
            ler_tudo(conexao)

    with servidor_de_aluno(roteiro, vezes=2) as endereco, Cliente(*endereco, crua=crua, prazo=CURTO) as cliente:
        antes = time.monotonic()
        with pytest.raises(TempoEsgotado, match="esperava a resposta em até 0,3 s"):
            cliente.perguntar(7)
        assert CURTO <= time.monotonic() - antes < PRAZO
        assert cliente.client_socket is None and cliente.resposta is None
        cliente.prazo = PRAZO
        assert cliente.perguntar(8) == "PAR"


def test_o_resto_de_uma_resposta_nao_serve_a_outra_pergunta():
    """Uma resposta que só o silêncio encerrou pode ter um resto: a pergunta seguinte usa outra conexão (PI-12)."""
    conexoes = []

    def roteiro(conexao):
        conexoes.append(conexao)
        assert conexao.recv(4096)
        if len(conexoes) == 1:
            conexao.sendall("ÍM".encode())
            if conexao.recv(4096):  # o resto só vem depois da segunda pergunta
                conexao.sendall(b"PAR\n")
        else:
            conexao.sendall(b"PAR\n")
            ler_tudo(conexao)

    with servidor_de_aluno(roteiro, vezes=2) as endereco, Cliente(*endereco) as cliente:
        assert cliente.perguntar(7) == "ÍM"
        assert cliente.perguntar(8) == "PAR"
        assert len(conexoes) == 2


def test_a_celula_interrompida_nao_deixa_resposta_para_depois(servidor, monkeypatch):
    """Um Ctrl-C no meio da espera fecha a conexão, como qualquer outro erro (PI-44)."""

    def interromper(*_):
        raise KeyboardInterrupt

    with Cliente(*servidor.endereco) as cliente:
        with monkeypatch.context() as troca:
            troca.setattr(Cliente, "_esperar_resposta", interromper)
            with pytest.raises(KeyboardInterrupt):
                cliente.perguntar(7)
        assert cliente.client_socket is None
        assert [(e.tipo, e.detalhe) for e in cliente.diario][-2:] == [("erro", "interrompido"), ("fecha", "")]
        assert cliente.perguntar(8) == "PAR"


def test_conta_gotas():
    """Um servidor que manda um byte de cada vez, sem nunca terminar, não passa do prazo."""

    def roteiro(conexao):
        conexao.settimeout(0.01)
        limite = time.monotonic() + PRAZO
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < limite:
                conexao.sendall(b"x")
                with contextlib.suppress(TimeoutError):
                    if conexao.recv(4096) == b"":
                        return

    with servidor_de_aluno(roteiro) as endereco, Cliente(*endereco, prazo=CURTO) as cliente:
        antes = time.monotonic()
        with contextlib.suppress(TempoEsgotado):
            cliente.perguntar(7)
        assert time.monotonic() - antes < 5
        cliente.fechar()


def test_o_servidor_nao_le():
    """Um pedido que não cabe em nenhuma fila também tem prazo."""

    def roteiro(conexao):
        acabou = b""
        with contextlib.suppress(ConnectionError):
            while not acabou.endswith(b"."):  # só lê depois que o cliente desistiu
                acabou = largada.recv(1)

    largada, aviso = socket.socketpair()
    with largada, aviso, servidor_de_aluno(roteiro) as endereco, Cliente(*endereco, prazo=CURTO) as cliente:
        with pytest.raises(TempoEsgotado, match="o servidor não leu o pedido em 0,3 s; tente de novo"):
            cliente.perguntar("1" * 50_000_000)
        assert cliente.client_socket is None
        aviso.sendall(b".")


@pytest.mark.parametrize(
    "argumento, esperava, valores",
    [
        ("host", 'o host deve ser um texto como "127.0.0.1"', ["", None, 80]),
        ("porta", "a porta do servidor deve ser um inteiro de 1 a 65535", [0, -1, 65536, "80", 1.5, None]),
        (
            "prazo",
            "prazo deve ser um número de segundos acima de 0 e até 86400",
            [0, -1, float("nan"), float("inf"), 86_401, "5", None],
        ),
    ],
)
def test_argumento_errado(argumento, esperava, valores):
    """Um argumento errado é um `ErroDeUso` que diz o que se esperava e mostra o que veio."""
    for valor in valores:
        with pytest.raises(ErroDeUso) as info:
            Cliente(**{argumento: valor})
        assert str(info.value) == f"{esperava}; veio {valor!r}"


def test_os_argumentos_no_limite_e_os_que_nao_se_dizem():
    """A maior porta e o maior prazo servem, e quem não diz nada fala com 127.0.0.1:60000, em linha, por 5 s."""
    maximo = Cliente(porta=65535, prazo=86_400)
    assert (maximo.porta, maximo.prazo) == (65535, 86_400) and Cliente(porta=1).porta == 1
    padrao = Cliente()
    assert (padrao.host, padrao.porta, padrao.crua, padrao.prazo) == ("127.0.0.1", 60000, False, 5.0)
    assert padrao.nome is padrao.resposta is padrao.client_socket is None
    assert repr(padrao) == "<Cliente de 127.0.0.1:60000 fechado>"


@pytest.mark.parametrize("crua, texto", [(False, "7\n8"), (False, "7\n"), (True, "7\n"), (True, "")])
def test_texto_que_nao_se_pode_perguntar(servidor, crua, texto):
    """O que não cabe numa mensagem é recusado antes de enviar (PI-10, PI-11)."""
    with Cliente(*servidor.endereco, crua=crua) as cliente:
        with pytest.raises(ErroDeUso) as info:
            cliente.perguntar(texto)
        assert str(info.value) == (
            f"esperava um texto numa linha só e não vazio, e veio {texto!r}; envie um número de cada vez"
        )
        assert [e.tipo for e in cliente.diario] == ["conecta"]


@pytest.mark.skipif(sys.platform == "win32", reason="só no Linux e no macOS há RLIMIT_NOFILE")
def test_faltam_descritores():
    """Clientes demais abertos é um `ErroDeRede` que diz o que acabou."""
    programa = """
import os, resource
from parimpar import Cliente
from parimpar.erros import ErroDeRede
duro = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) - 1, duro))
try:
    Cliente().conectar()
except ErroDeRede as erro:
    print(erro)
"""
    assert "acabaram os descritores deste processo (EMFILE)" in em_outro_processo(programa)


def test_conta_gotas_nao_estica_o_prazo():
    """Um servidor que manda um byte de cada vez, sem fim, esgota o prazo, e o pedaço não passa por resposta."""
    parar = threading.Event()

    def gotejar(conexao):
        conexao.recv(100)
        with contextlib.suppress(OSError):
            while not parar.wait(0.01):
                conexao.sendall(b"a")

    with servidor_de_aluno(gotejar) as endereco, Cliente(*endereco, prazo=0.3) as cliente:
        inicio = time.monotonic()
        with pytest.raises(TempoEsgotado):
            cliente.perguntar("7")
        assert time.monotonic() - inicio < 2
        parar.set()


def test_resposta_crua_antes_de_um_rst():
    """Um servidor que responde e fecha sem ler o resto manda um RST: a resposta que veio antes vale."""

    def responder_e_cortar(conexao):
        conexao.recv(1)
        conexao.sendall(b"PAR")
        cortar.wait(PRAZO)
        reiniciar(conexao)

    cortar = threading.Event()
    with servidor_de_aluno(responder_e_cortar) as endereco, Cliente(*endereco) as cliente:
        timer = threading.Timer(0.1, cortar.set)
        timer.start()
        assert cliente.perguntar("8") == "PAR"
        timer.join()


@pytest.mark.parametrize("host", ["nome..vazio", "a" * 64, "x\0y", "\udcff"])
def test_nome_que_nao_pode_ser_de_hospedeiro(host):
    """Um nome impossível é um erro do pacote, e o socket não fica aberto."""
    cliente = Cliente(host)
    with pytest.raises(ErroDeRede, match="não foi possível conectar a .*(IPv4|não é um nome de hospedeiro)"):
        cliente.conectar()
    assert cliente.client_socket is None


@pytest.mark.parametrize("falha", [KeyboardInterrupt, MemoryError])
def test_interrompido_ao_conectar(monkeypatch, falha):
    """Um Ctrl-C no meio do connect não deixa o socket aberto (PI-44)."""
    abertos = []

    class Interrompido(socket.socket):
        def connect(self, endereco):
            abertos.append(self)
            raise falha

    monkeypatch.setattr(socket, "socket", Interrompido)
    cliente = Cliente("127.0.0.1", 1)
    with pytest.raises(falha):
        cliente.conectar()
    assert [sock.fileno() for sock in abertos] == [-1] and cliente.client_socket is None


def test_conectado_a_si_mesmo(monkeypatch):
    """Sem servidor, o sistema pode dar ao cliente a porta procurada: é o mesmo que ser recusado (PI-40)."""

    class MesmaPorta(socket.socket):
        def connect(self, endereco):
            self.bind(endereco)
            super().connect(endereco)

    porta = porta_livre()
    monkeypatch.setattr(socket, "socket", MesmaPorta)
    with pytest.raises(ConexaoRecusada, match="ninguém escuta"):
        Cliente("127.0.0.1", porta).conectar()


@pytest.mark.parametrize("onde", ["connect", "getpeername"])
def test_o_servidor_aceita_e_reinicia(monkeypatch, onde):
    """Um RST logo depois do handshake, visto em qualquer das chamadas, é uma conexão perdida, e o socket se fecha."""
    abertos = []

    class Reiniciado(socket.socket):
        def connect(self, endereco):
            abertos.append(self)
            super().connect(endereco)
            if onde == "connect":
                raise ConnectionResetError(errno.ECONNRESET, "")

        def getpeername(self):
            raise OSError(errno.ENOTCONN, "")

    with servidor_de_aluno(reiniciar) as endereco:
        monkeypatch.setattr(socket, "socket", Reiniciado)
        cliente = Cliente(*endereco)
        with pytest.raises(ConexaoPerdida, match="aceitou a conexão e a desfez em seguida.*pode ter caído"):
            cliente.perguntar(7)
        monkeypatch.undo()
    assert [sock.fileno() for sock in abertos] == [-1] and cliente.client_socket is None
    assert anotou(cliente.diario, "erro").chamada == "connect(…)"


def test_devolver_nao_atrasa_a_pergunta_seguinte(servidor):
    """O cliente liga TCP_NODELAY: dois envios pequenos seguidos não esperam a confirmação do primeiro."""
    with Cliente(*servidor.endereco) as cliente:
        assert cliente.client_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
