"""Exercício da aula 11: dizer o que deu errado, sem cair."""

import socket
import struct
import sys

from .aluno import Errou
from .exercicio import exercicio
from .ponta import Escuta, ler


@exercicio(
    dicas=[
        "cada falha tem a sua classe: ConnectionRefusedError, TimeoutError e ConnectionResetError",
        "todas são filhas de OSError: trate primeiro as três, uma em cada except",
        "sem settimeout o recv espera para sempre; e recv que devolve b'' não é erro: é o outro que fechou",
    ],
    solucao="""
    def diagnosticar(endereco):
        try:
            with socket.create_connection(endereco, timeout=0.5) as client_socket:
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
    """Pergunta 7 e devolve a resposta ou "recusada", "sem resposta" (em 0,5 s), "reiniciada", "fechada"."""
    for certa in ("ÍMPAR", "recusada", "sem resposta", "reiniciada", "fechada"):
        with Escuta() as escuta:
            if certa == "recusada":
                escuta.sock.close()
            tarefa = aluno.comecar(escuta.endereco)
            if certa == "recusada":
                veio = tarefa.esperar()
            else:
                with escuta.aceitar(tarefa) as conexao:
                    ler(conexao, 1, tarefa, "o pedido, b'7'")
                    if certa == "ÍMPAR":
                        conexao.sendall(certa.encode())
                    elif certa == "reiniciada":
                        formato = "hh" if sys.platform == "win32" else "ii"
                        conexao.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(formato, 1, 0))
                        conexao.close()
                    elif certa == "fechada":
                        conexao.shutdown(socket.SHUT_WR)
                    veio = tarefa.esperar()
        if veio != certa:
            situacao = {
                "ÍMPAR": "o servidor respondeu ÍMPAR",
                "recusada": "ninguém escutava na porta",
                "sem resposta": "o servidor aceitou e ficou calado",
                "reiniciada": "o servidor reiniciou a conexão (RST)",
                "fechada": "o servidor fechou sem responder",
            }[certa]
            raise Errou(f"{situacao}: esperava {certa!r} e veio {veio!r}")
