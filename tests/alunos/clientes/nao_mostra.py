"""Não mostra o número, nem a resposta: só diz o que fez."""

import random
import socket
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
INTERVALO = float(sys.argv[2]) if len(sys.argv) > 2 else 10


def sortear():
    casas = random.randint(1, 30)
    return str(random.randint(10 ** (casas - 1), 10**casas - 1))


while True:
    with socket.create_connection(("127.0.0.1", PORTA)) as client_socket:
        client_socket.sendall(sortear().encode())
        print("mensagem enviada")
        resposta = client_socket.recv(1024).decode()
        print("mensagem recebida")
        client_socket.sendall((resposta + " FIM").encode())
    time.sleep(INTERVALO)
