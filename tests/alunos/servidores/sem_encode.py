"""Envia texto em vez de bytes: falta o encode, e o servidor cai na primeira resposta."""

import random
import socket
import string
import sys

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def responder(numero):
    if len(numero) > 10:
        return "".join(random.choices(string.ascii_letters, k=len(numero)))
    return "PAR" if int(numero) % 2 == 0 else "ÍMPAR"


server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server_socket.bind(("127.0.0.1", PORTA))
server_socket.listen()
while True:
    client_socket, endereco = server_socket.accept()
    numero = client_socket.recv(1024).decode()
    resposta = responder(numero)
    print(endereco, numero, resposta)
    client_socket.send(resposta)
    client_socket.close()
