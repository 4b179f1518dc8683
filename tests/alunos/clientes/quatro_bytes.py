"""Envia o número em 4 bytes, na ordem da máquina (struct, "i"): cabem até 9 casas."""

import random
import socket
import struct
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
INTERVALO = float(sys.argv[2]) if len(sys.argv) > 2 else 10

while True:
    with socket.create_connection(("127.0.0.1", PORTA)) as client_socket:
        numero = random.randint(0, 10 ** random.randint(1, 9) - 1)
        client_socket.sendall(struct.pack("<i", numero))
        print("enviei", numero)
        resposta = client_socket.recv(1024).decode()
        print(resposta, "FIM")
        client_socket.sendall((resposta + " FIM").encode())
    time.sleep(INTERVALO)
