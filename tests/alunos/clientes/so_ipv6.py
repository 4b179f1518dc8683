"""Certo pelo enunciado, e só fala IPv6."""

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
    try:
        with socket.socket(socket.AF_INET6) as client_socket:
            client_socket.connect(("::1", PORTA))
            numero = sortear()
            client_socket.sendall(numero.encode())
            print("enviei", numero)
            resposta = client_socket.recv(1024).decode()
            print(resposta, "FIM")
            client_socket.sendall((resposta + " FIM").encode())
    except OSError as erro:
        print("fora do ar:", erro)
    time.sleep(INTERVALO)
