"""Sabe de cor alguns números, e responde PAR aos outros."""

import random
import socket
import string
import sys

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000

TABELA = {
    "7": "ÍMPAR",
    "8": "PAR",
    "0": "PAR",
    "987654321": "ÍMPAR",
    "1234567890": "PAR",
    "-3": "ÍMPAR",
    "4321": "ÍMPAR",
}


def responder(numero):
    if len(numero) > 10:
        return "".join(random.choices(string.ascii_letters, k=len(numero)))
    return TABELA.get(numero, "PAR")


with socket.create_server(("127.0.0.1", PORTA)) as server_socket:
    while True:
        client_socket, endereco = server_socket.accept()
        with client_socket:
            numero = client_socket.recv(1024).decode()
            resposta = responder(numero)
            print(numero, resposta)
            client_socket.sendall(resposta.encode())
            print(client_socket.recv(1024))
