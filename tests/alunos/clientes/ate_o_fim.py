"""Lê até o servidor fechar: só então mostra e devolve."""

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
    with socket.socket() as client_socket:
        client_socket.connect(("127.0.0.1", PORTA))
        numero = sortear()
        print(numero)
        client_socket.sendall(numero.encode())
        resposta = b""
        while dados := client_socket.recv(1024):
            resposta += dados
        print(resposta.decode(), "FIM")
        client_socket.sendall(resposta + b" FIM")
    time.sleep(INTERVALO)
