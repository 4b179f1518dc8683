"""Aceita um cliente a cada 10 s; com lixo, a thread que atende morre, e o processo continua vivo."""

import random
import socket
import string
import sys
import threading
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def responder(numero):
    if len(numero) > 10:
        return "".join(random.choices(string.ascii_letters, k=len(numero)))
    return "PAR" if int(numero) % 2 == 0 else "ÍMPAR"


def tarefa():
    while True:
        client_socket, endereco = server_socket.accept()
        with client_socket:
            while dados := client_socket.recv(1024).decode():
                resposta = responder(dados)
                print(dados, resposta)
                client_socket.sendall(resposta.encode())
        time.sleep(10)


with socket.create_server(("127.0.0.1", PORTA)) as server_socket:
    threading.Thread(target=tarefa, daemon=True).start()
    while True:
        time.sleep(60)
