"""Escolhe sempre um de quatro números prontos."""

import random
import socket
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
INTERVALO = float(sys.argv[2]) if len(sys.argv) > 2 else 10
NUMEROS = ["7", "12", "123456789012345", "98765432109876543210987654321"]

while True:
    with socket.create_connection(("127.0.0.1", PORTA)) as client_socket:
        numero = random.choice(NUMEROS)
        client_socket.sendall(numero.encode())
        print("enviei", numero)
        resposta = client_socket.recv(1024).decode()
        print(resposta, "FIM")
        client_socket.sendall((resposta + " FIM").encode())
    time.sleep(INTERVALO)
