"""Refaz o bind a cada cliente, com SO_REUSEADDR: fica 0,3 s sem escutar."""

import random
import socket
import string
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def responder(numero):
    if len(numero) > 10:
        return "".join(random.choices(string.ascii_letters, k=len(numero)))
    return "PAR" if int(numero) % 2 == 0 else "ÍMPAR"


while True:
    server_socket = socket.socket()
    server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server_socket.bind(("127.0.0.1", PORTA))
    server_socket.listen()
    client_socket, endereco = server_socket.accept()
    server_socket.close()
    numero = client_socket.recv(1024).decode()
    resposta = responder(numero)
    print(numero, resposta)
    client_socket.send(resposta.encode())
    print(client_socket.recv(1024))
    client_socket.close()
    time.sleep(0.3)
