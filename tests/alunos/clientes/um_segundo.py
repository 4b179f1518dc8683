"""Repete a cada segundo, e não a cada 10; erros todos engolidos."""

import random
import socket
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def sortear():
    casas = random.randint(1, 30)
    return str(random.randint(10 ** (casas - 1), 10**casas - 1))


while True:
    try:
        with socket.create_connection(("127.0.0.1", PORTA)) as client_socket:
            numero = sortear()
            client_socket.sendall(numero.encode())
            resposta = client_socket.recv(1024).decode()
            print(numero, resposta, "FIM")
            client_socket.sendall((resposta + " FIM").encode())
    except Exception:
        pass
    time.sleep(1)
