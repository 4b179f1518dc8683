"""Exercício da aula 07: uma thread por cliente."""

import contextlib
import socket

from .aluno import PRAZO, Errou, Escuta, ler
from .exercicio import exercicio


@exercicio(
    dicas=[
        "o laço é: aceitar, criar uma threading.Thread para atender, start, e voltar logo ao accept",
        "threading.Thread(target=atender, args=(conexao,), daemon=True).start()",
        "quando o server_socket é fechado, o accept levanta OSError: é a hora de sair do laço, com try/except",
    ],
    solucao="""
    def servir(server_socket, atender):
        while True:
            try:
                conexao, endereco = server_socket.accept()
            except OSError:
                return
            threading.Thread(target=atender, args=(conexao,), daemon=True).start()
    """,
)
def servir(aluno):
    """Aceita clientes, cada um atendido por atender(conexao) numa thread, até o server_socket ser fechado."""

    def atender(conexao):
        with conexao, contextlib.suppress(OSError):
            conexao.settimeout(2 * PRAZO)
            conexao.sendall(b"ola " + conexao.recv(100))

    with Escuta() as escuta:
        escuta.sock.settimeout(None)
        tarefa = aluno.comecar(escuta.sock, atender)
        clientes = [socket.create_connection(escuta.endereco, timeout=PRAZO) for _ in range(3)]
        try:
            parado, *ativos = clientes
            for i, cliente in enumerate(ativos):
                cliente.sendall(b"%d" % i)
            for i, cliente in enumerate(ativos):
                o_que = "a resposta a um cliente mesmo com outro calado (o calado não pode segurar o laço)"
                if ler(cliente, 5, tarefa, o_que) != b"ola %d" % i:
                    raise Errou("um cliente recebeu a resposta de outro: passe a conexão à thread por args")
            if tarefa.acabou:
                tarefa.esperar()
                raise Errou("a função terminou com o server_socket ainda aberto: falta o laço em volta do accept")
        finally:
            for cliente in clientes:
                cliente.close()
        with contextlib.suppress(OSError):  # acorda quem está no accept; no macOS e no Windows, o close basta
            escuta.sock.shutdown(socket.SHUT_RDWR)
        escuta.sock.close()
        tarefa.esperar()
