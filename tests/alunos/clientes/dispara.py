"""Envia um número atrás do outro, sem ler as respostas e quase sem pausa."""

import random
import socket
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def sortear():
    casas = random.randint(1, 30)
    return str(random.randint(10 ** (casas - 1), 10**casas - 1))


while True:
    numero = sortear()
    print("enviando", numero, "FIM")
    with socket.create_connection(("127.0.0.1", PORTA)) as client_socket:
        client_socket.sendall(numero.encode())
    time.sleep(0.01)
