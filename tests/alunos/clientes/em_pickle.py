"""Fala em pickle, e devolve em pickle."""

import pickle
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
        numero = int(sortear())
        client_socket.sendall(pickle.dumps(numero, 4))
        print("enviei", numero)
        resposta = pickle.loads(client_socket.recv(1024))
        print(resposta, "FIM")
        client_socket.sendall(pickle.dumps(resposta + " FIM", 4))
    time.sleep(INTERVALO)
