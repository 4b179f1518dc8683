"""Faz o trabalho por UDP."""

import random
import socket
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
INTERVALO = float(sys.argv[2]) if len(sys.argv) > 2 else 10

client_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client_socket.settimeout(2)
while True:
    numero = str(random.randint(0, 10 ** random.randint(1, 30)))
    client_socket.sendto(numero.encode(), ("127.0.0.1", PORTA))
    print("enviei", numero)
    try:
        print(client_socket.recv(1024).decode(), "FIM")
    except OSError as erro:
        print("sem resposta:", erro)
    time.sleep(INTERVALO)
