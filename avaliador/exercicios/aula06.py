"""Exercícios da aula 06: insistir até o último byte, e ler uma resposta HTTP."""

import contextlib
import socket

from parimpar.texto import visivel

from .aluno import PRAZO, Errou
from .exercicio import exercicio
from .ponta import Escuta
from .resultado import PARADO

PAUSA = 0.1  # segundos entre dois pedaços, para cada um chegar sozinho; quem só lê o primeiro já devolveu


@exercicio(
    dicas=[
        "send devolve quantos bytes couberam na fila; os outros não foram enviados",
        "corte o que já foi, dados = dados[enviados:], e repita enquanto sobrar algo",
    ],
    solucao="""
    def enviar_tudo(sock, dados):
        while dados:
            enviados = sock.send(dados)
            dados = dados[enviados:]
    """,
)
def enviar_tudo(aluno):
    """O que sendall faz, só com send: insiste até o último byte."""
    dele, nosso = socket.socketpair()
    with dele, nosso:
        dele.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        dele.settimeout(PRAZO)  # com prazo, send envia o que cabe e volta
        nosso.settimeout(PRAZO)
        dados = bytes(i % 251 for i in range(300_000))
        so_send = _SoSend(dele)
        tarefa = aluno.comecar(so_send, dados)
        veio = _receber(nosso, len(dados), tarefa)
        tarefa.esperar(causas={PARADO: "Os bytes já foram todos: o laço tem de parar quando não sobrar nenhum"})
        if so_send.trapaca:
            raise Errou("o exercício é fazer o que sendall faz: use só send")
        enviados = f"send devolveu {' e '.join(map(str, so_send.devolvidos[:2])) or 0} de {len(dados)} bytes"
        if not so_send.devolvidos:
            raise Errou("a função não chamou send nenhuma vez")
        if len(veio) < len(dados):
            if len(so_send.devolvidos) == 1:
                raise Errou(f"{enviados}, e a função parou aí: os outros não foram enviados; repita com o que sobrou")
            raise Errou(
                f"{enviados}…, e a função parou com {len(dados) - len(veio)} bytes por enviar: repita até acabar"
            )
        if veio != dados:
            onde = next(i for i, (a, b) in enumerate(zip(veio, dados, strict=True)) if a != b)
            raise Errou(
                f"{enviados}…, e do byte {onde + 1} em diante chegaram os errados: a cada volta, continue de onde parou"
            )
        with contextlib.suppress(TimeoutError):
            nosso.settimeout(0.1)
            if sobra := nosso.recv(100):
                raise Errou(f"chegaram todos e mais alguns ({visivel(sobra, 20)}): pare quando não sobrar nenhum")


class _SoSend:
    """O socket do aluno, que só empresta o send e anota o que ele devolveu."""

    def __init__(self, sock):
        self._sock, self.trapaca, self.devolvidos = sock, False, []

    def send(self, dados):
        enviados = self._sock.send(dados)
        self.devolvidos.append(enviados)
        return enviados

    def sendall(self, dados):
        self.trapaca = True
        return self._sock.sendall(dados)


def _receber(nosso, quantos, tarefa):
    """Lê até `quantos` bytes; menos, se a função termina antes."""
    veio = b""
    nosso.settimeout(0.1)
    for _ in range(int(2 * PRAZO / 0.1)):
        try:
            while len(veio) < quantos and (parte := nosso.recv(65_536)):
                veio += parte
            break
        except TimeoutError:
            if tarefa.acabou:
                break
    return veio


@exercicio(
    dicas=[
        "o pedido são duas linhas e uma vazia, todas com \\r\\n: GET, o caminho e HTTP/1.1; Host: localhost; e nada",
        "com arquivo = client_socket.makefile('rb'), readline lê uma linha; a primeira é b'HTTP/1.1 200 OK\\r\\n', e split() a separa",
        "linha.partition(b':') separa o nome do valor de um cabeçalho; int(valor) aceita espaços em volta",
        "depois da linha vazia, arquivo.read(tamanho) lê exatamente o corpo; o decode é no fim",
    ],
    solucao="""
    def baixar(endereco, caminho):
        with socket.create_connection(endereco, timeout=5) as client_socket:
            client_socket.sendall(f"GET {caminho} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n".encode())
            arquivo = client_socket.makefile("rb")
            estado = int(arquivo.readline().split()[1])
            while (linha := arquivo.readline()) != b"\\r\\n":
                nome, _, valor = linha.partition(b":")
                if nome == b"Content-Length":
                    tamanho = int(valor)
            return estado, arquivo.read(tamanho).decode()
    """,
)
def baixar(aluno):
    """Pede o caminho a um servidor HTTP que não fecha a conexão e devolve (estado, corpo)."""
    for como, caminho, estado, corpo, cortes in (
        ("a resposta num segmento só", "/ola.txt", 200, "PAR\n", ()),
        ("a resposta partida nos cabeçalhos", "/par.txt", 200, "ÍMPAR\n", (30,)),
        ("o corpo partido no meio do Í", "/impar.txt", 200, "7 → Í\r\n\r\nMPAR", (-10,)),
        ("um caminho que não existe", "/nada", 404, "não há\n", (10, -3)),
    ):
        dados = corpo.encode()
        nome = {200: "OK", 404: "Not Found"}[estado]
        resposta = f"HTTP/1.1 {estado} {nome}\r\nServer: exercicio\r\nContent-Length: {len(dados)}\r\n\r\n".encode()
        with Escuta() as escuta:
            tarefa = aluno.comecar(escuta.endereco, caminho)
            with escuta.aceitar(tarefa) as conexao:
                conexao.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # cada pedaço é um segmento
                _conferir_pedido(_ler_pedido(conexao, tarefa), caminho)
                for pedaco in _partir(resposta + dados, cortes):
                    with contextlib.suppress(OSError):  # quem só lê o primeiro pedaço já pode ter fechado
                        conexao.sendall(pedaco)
                    tarefa.aguardar(PAUSA)
                so_o_comeco = f"Foi com {como}: um recv pode trazer só o começo dela; leia até a linha vazia"
                causas = {
                    PARADO: "O servidor não fecha a conexão: pare quando tiver tantos bytes de corpo quantos diz o "
                    "Content-Length (bytes, e não letras: o Í ocupa dois)",
                    UnicodeDecodeError: "Um pedaço pode trazer meio caractere: o decode é do corpo inteiro",
                    (ValueError, IndexError, UnboundLocalError): so_o_comeco,
                }
                veio = tarefa.esperar(causas=causas)
        if veio != (estado, corpo):
            raise Errou(f"{como}: esperava {(estado, corpo)!r} e veio {veio!r}. {_por_que(veio, estado, corpo)}")


def _ler_pedido(conexao, tarefa):
    pedido = b""
    try:
        while b"\r\n\r\n" not in pedido and (parte := conexao.recv(1024)):
            pedido += parte
    except OSError:  # o prazo, ou uma conexão que caiu
        pass
    if b"\r\n\r\n" not in pedido:
        falta = (
            "as linhas acabam em \\r\\n, e não só em \\n"
            if b"\n\n" in pedido
            else "falta a linha vazia, \\r\\n\\r\\n, no fim"
        )
        tarefa.cobrar(
            f"o pedido não terminou: {falta}; veio {visivel(pedido, 80)}" if pedido else "nenhum pedido chegou"
        )
    return pedido


def _conferir_pedido(pedido, caminho):
    linha = pedido.partition(b"\r\n")[0]
    partes = linha.split(b" ")
    if len(partes) != 3 or partes[0] != b"GET" or not partes[2].startswith(b"HTTP/1."):
        raise Errou(
            "a primeira linha do pedido tem três partes: GET, o caminho e HTTP/1.1", f"GET {caminho} HTTP/1.1", linha
        )
    if partes[1] != caminho.encode():
        raise Errou("o caminho é o segundo argumento da função", caminho, partes[1])


def _partir(dados, cortes):
    """Os pedaços de `dados`, cortados nas posições dadas; as negativas contam do fim."""
    posicoes = [0, *(corte % len(dados) for corte in cortes), len(dados)]
    return [dados[a:b] for a, b in zip(posicoes, posicoes[1:], strict=False)]


def _por_que(veio, estado, corpo):
    if veio is None:
        return "Falta o return?"
    if not isinstance(veio, (tuple, list)) or len(veio) != 2:
        return "Devolva duas coisas, return estado, corpo"
    if not isinstance(veio[0], int):
        return "O estado é um inteiro: use int"
    if veio[0] != estado:
        return "O estado é o número da primeira linha da resposta"
    if isinstance(veio[1], bytes):
        return "O corpo é um texto: falta o decode"
    if corpo.startswith(veio[1]):
        return "Falta o resto do corpo: leia tantos bytes quantos diz o Content-Length, até o fim"
    return "O corpo é o que vem depois da linha vazia, e só isso"
