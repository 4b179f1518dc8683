"""Enche a tela e a conexão de bytes, sem parar."""

import socket
import sys

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def responder(numero):
    return ""


server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server_socket.bind(("127.0.0.1", PORTA))
server_socket.listen()
while True:
    client_socket, endereco = server_socket.accept()
    try:
        while True:
            print("x" * 10_000)
            client_socket.sendall(b"PAR" * 10_000)
    except OSError:
        client_socket.close()
