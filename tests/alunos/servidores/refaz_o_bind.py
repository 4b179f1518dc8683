"""Refaz o bind a cada cliente, sem SO_REUSEADDR: cai no segundo."""

import random
import socket
import string
import sys

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def responder(numero):
    if len(numero) > 10:
        return "".join(random.choices(string.ascii_letters, k=len(numero)))
    return "PAR" if int(numero) % 2 == 0 else "ÍMPAR"


while True:
    server_socket = socket.socket()
    server_socket.bind(("127.0.0.1", PORTA))
    server_socket.listen()
    client_socket, endereco = server_socket.accept()
    numero = client_socket.recv(1024).decode()
    resposta = responder(numero)
    print(numero, resposta)
    client_socket.send(resposta.encode())
    client_socket.close()
    server_socket.close()
