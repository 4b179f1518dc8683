"""Dorme o intervalo inteiro entre enviar o número e ler a resposta."""

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
    numero = sortear()
    client_socket = socket.create_connection(("127.0.0.1", PORTA))
    client_socket.sendall(numero.encode())
    print("enviei", numero)
    time.sleep(INTERVALO)
    resposta = client_socket.recv(1024).decode()
    print(resposta, "FIM")
    client_socket.sendall((resposta + " FIM").encode())
    client_socket.close()
