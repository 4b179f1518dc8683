"""Abre uma conexão por pedido e não fecha nenhuma."""

import random
import socket
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
INTERVALO = float(sys.argv[2]) if len(sys.argv) > 2 else 10


def sortear():
    casas = random.randint(1, 30)
    return str(random.randint(10 ** (casas - 1), 10**casas - 1))


conexoes = []
while True:
    client_socket = socket.socket()
    client_socket.connect(("127.0.0.1", PORTA))
    conexoes.append(client_socket)
    numero = sortear()
    print(">", numero)
    client_socket.sendall(numero.encode())
    resposta = client_socket.recv(1024).decode()
    print("<", resposta, "FIM")
    client_socket.sendall((resposta + "FIM").encode())
    time.sleep(INTERVALO)
