"""Uma thread por cliente, que trata a devolução como outro número: cai com ValueError, e o servidor continua."""

import random
import socket
import string
import sys
import threading

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def responder(numero):
    if len(numero) > 10:
        return "".join(random.choices(string.ascii_letters, k=len(numero)))
    return "PAR" if int(numero) % 2 == 0 else "ÍMPAR"


def atender(client_socket):
    with client_socket:
        while True:
            numero = client_socket.recv(1024).decode()
            resposta = responder(numero)
            print(numero, resposta)
            client_socket.send(resposta.encode())


with socket.create_server(("127.0.0.1", PORTA)) as server_socket:
    while True:
        client_socket, endereco = server_socket.accept()
        threading.Thread(target=atender, args=(client_socket,), daemon=True).start()
