"""Deixa 300 filhos mortos sem recolher; fora isso, atende."""

import os
import random
import socket
import string
import sys

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def responder(numero):
    if len(numero) > 10:
        return "".join(random.choices(string.ascii_letters, k=len(numero)))
    return "PAR" if int(numero) % 2 == 0 else "ÍMPAR"


for _ in range(300):
    if os.fork() == 0:
        os._exit(0)

with socket.create_server(("127.0.0.1", PORTA)) as server_socket:
    while True:
        client_socket, endereco = server_socket.accept()
        with client_socket:
            numero = client_socket.recv(1024).decode()
            resposta = responder(numero)
            print(numero, resposta)
            client_socket.sendall(resposta.encode())
            print(client_socket.recv(1024))
