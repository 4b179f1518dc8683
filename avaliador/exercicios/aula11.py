"""Exercícios da aula 11: voltar à mesma porta, e dizer o que deu errado sem cair."""

import contextlib
import socket
import struct
import sys
import time

from .aluno import Errou
from .exercicio import exercicio
from .ponta import PRAZO_DA_RECUSA, Escuta, ler
from .resultado import PARADO

RECUSA_LENTA = 2.1  # segundos: o que leva uma recusa no Windows, que repete o pedido antes de desistir


@exercicio(
    dicas=[
        "são as chamadas da aula 01, e uma antes do bind: setsockopt",
        "sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1) deixa voltar a uma porta com conexões em TIME_WAIT",
        "devolva o socket aberto: sem with, que o fecharia na saída",
    ],
    solucao="""
    def escutar(porta):
        server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server_socket.bind(("127.0.0.1", porta))
        server_socket.listen()
        return server_socket
    """,
)
def escutar(aluno):
    """Devolve um socket que escuta em 127.0.0.1 na porta pedida, e volta à mesma porta logo em seguida."""
    causas = {PARADO: "Aqui só se prepara a escuta: quem aceita clientes é quem chamou a função"}
    with _usar(aluno.comecar(0).esperar(causas=causas)) as escuta:
        porta = escuta.getsockname()[1]
        try:
            cliente = socket.create_connection(("127.0.0.1", porta), timeout=PRAZO_DA_RECUSA)
        except ConnectionRefusedError:
            raise Errou("o socket tem porta, mas ninguém consegue se conectar a ele: falta o listen") from None
        with cliente:
            escuta.accept()[0].close()  # o servidor fecha primeiro: fica em TIME_WAIT
            cliente.recv(1)
    causas[OSError] = (
        "O servidor que acabou fechou primeiro, e deixou uma conexão em TIME_WAIT: ligue SO_REUSEADDR, com 1 e antes do bind"
    )
    with _usar(aluno.comecar(porta).esperar(causas=causas)) as escuta:
        if escuta.getsockname()[1] != porta:
            raise Errou(f"pedida a porta {porta}, o socket ficou na {escuta.getsockname()[1]}: use o argumento no bind")


def _usar(sock):
    """O socket que o aluno devolveu, se serve."""
    if sock is None:
        raise Errou("a função não devolveu o socket: falta o return?")
    if not isinstance(sock, socket.socket):
        raise Errou(f"devolva o socket que escuta; veio {sock!r}")
    if sock.fileno() == -1:
        raise Errou("o socket devolvido já está fechado: o with o fecha na saída; aqui ele tem de continuar aberto")
    host, porta = sock.getsockname()
    if host != "127.0.0.1" or not porta:
        onde = f"em {host}" if porta else "em endereço nenhum: falta o bind"
        raise Errou(f"o socket escuta {onde}; esperava 127.0.0.1, que só atende esta máquina")
    sock.settimeout(PRAZO_DA_RECUSA)
    return sock


@exercicio(
    dicas=[
        "cada falha tem a sua classe: ConnectionRefusedError, TimeoutError e ConnectionResetError",
        "todas são filhas de OSError: trate primeiro as três, uma em cada except",
        "são dois prazos: 5 s em create_connection(endereco, timeout=5) e, já conectado, settimeout(0.5)",
        "recv que devolve b'' não é erro: é o servidor que fechou",
    ],
    solucao="""
    def diagnosticar(endereco):
        try:
            with socket.create_connection(endereco, timeout=5) as client_socket:
                client_socket.settimeout(0.5)
                client_socket.sendall(b"7")
                dados = client_socket.recv(100)
        except ConnectionRefusedError:
            return "recusada"
        except TimeoutError:
            return "sem resposta"
        except ConnectionResetError:
            return "reiniciada"
        return dados.decode() if dados else "fechada"
    """,
)
def diagnosticar(aluno):
    """Pergunta 7 e devolve a resposta ou "recusada", "sem resposta" (0,5 s), "reiniciada", "fechada"."""
    for certa, situacao in (
        ("ÍMPAR", "o servidor respondeu ÍMPAR"),
        ("sem resposta", "o servidor aceitou e ficou calado"),
        ("reiniciada", "o servidor reiniciou a conexão (RST)"),
        ("fechada", "o servidor fechou sem responder"),
        ("recusada", "ninguém escutava na porta"),
        ("recusada", "ninguém escutava na porta, e a recusa levou 2 s, como no Windows"),
    ):
        causas = {
            ConnectionRefusedError: "Ninguém escuta: trate este erro com except ConnectionRefusedError",
            TimeoutError: "O prazo acabou: trate este erro com except TimeoutError",
            ConnectionResetError: "Veio um RST: trate este erro com except ConnectionResetError",
            PARADO: "O servidor está calado: depois de conectar, settimeout(0.5); os 5 s são só da conexão",
        }
        with Escuta() as escuta, recusa_lenta() if "Windows" in situacao else contextlib.nullcontext():
            if certa == "recusada":
                escuta.sock.close()
            tarefa = aluno.comecar(escuta.endereco)
            if certa == "recusada":
                veio = tarefa.esperar(PRAZO_DA_RECUSA, causas)
            else:
                with escuta.aceitar(tarefa) as conexao:
                    ler(conexao, 1, tarefa, "o pedido, b'7'")
                    _responder(conexao, certa)
                    veio = tarefa.esperar(causas=causas)
        if veio != certa:
            raise Errou(f"{situacao}: esperava {certa!r} e veio {veio!r}. {_por_que(veio, certa, situacao)}")


def _responder(conexao, certa):
    if certa == "ÍMPAR":
        conexao.sendall(certa.encode())
    elif certa == "reiniciada":
        formato = "hh" if sys.platform == "win32" else "ii"
        conexao.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(formato, 1, 0))
        conexao.close()
    elif certa == "fechada":
        conexao.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def recusa_lenta():
    """Faz a recusa chegar só depois de 2 s, como no Windows, seja qual for o sistema."""
    conectar = socket.socket.connect

    def conectar_devagar(sock, endereco):
        comeco, prazo = time.monotonic(), sock.gettimeout()
        try:
            conectar(sock, endereco)
        except ConnectionRefusedError:
            falta = comeco + RECUSA_LENTA - time.monotonic()
            if prazo is not None and prazo < falta:
                time.sleep(prazo)
                raise TimeoutError("timed out") from None
            time.sleep(max(falta, 0))
            raise

    socket.socket.connect = conectar_devagar
    try:
        yield
    finally:
        socket.socket.connect = conectar


def _por_que(veio, certa, situacao):
    if veio is None:
        return "Falta o return?"
    if isinstance(veio, bytes):
        return "São bytes: falta o decode"
    if certa == "fechada":
        return "recv devolveu b'', e não houve erro: é o servidor que fechou"
    if certa == "recusada" and veio == "sem resposta":
        return "O seu prazo acabou antes: dê 5 s à conexão, e só depois de conectar settimeout(0.5)"
    if certa == "recusada" and "Windows" in situacao:
        return "É a mesma recusa, só mais lenta"
    if certa in ("sem resposta", "reiniciada"):
        return "OSError e ConnectionError são mães de várias: trate antes cada filha, no seu except"
    return "Devolva exatamente o texto pedido"
