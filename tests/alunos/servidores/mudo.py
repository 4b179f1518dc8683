"""Aceita e nunca responde."""

import socket
import sys

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def responder(numero):
    return ""


server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server_socket.bind(("127.0.0.1", PORTA))
server_socket.listen()
conexoes = []
while True:
    conexoes.append(server_socket.accept())
