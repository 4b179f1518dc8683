"""Sorteia o valor direto: saem sempre números de quase 30 casas."""

import random
import socket
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
INTERVALO = float(sys.argv[2]) if len(sys.argv) > 2 else 10


while True:
    with socket.socket() as client_socket:
        client_socket.connect(("127.0.0.1", PORTA))
        numero = random.randint(10**26, 10**30 - 1)
        print(numero)
        client_socket.sendall(str(numero).encode())
        resposta = client_socket.recv(1024).decode() + " FIM"
        print(resposta)
        client_socket.sendall(resposta.encode())
    time.sleep(INTERVALO)
