"""Pergunta a porta no teclado, que no exame não há."""

import random
import socket
import string

PORTA = int(input("Porta: "))


def responder(numero):
    if len(numero) > 10:
        return "".join(random.choices(string.ascii_letters, k=len(numero)))
    return "PAR" if int(numero) % 2 == 0 else "ÍMPAR"


with socket.create_server(("127.0.0.1", PORTA)) as server_socket:
    while True:
        client_socket, endereco = server_socket.accept()
        with client_socket:
            numero = client_socket.recv(1024).decode()
            resposta = responder(numero)
            print(numero, resposta)
            client_socket.sendall(resposta.encode())
            print(client_socket.recv(1024))
