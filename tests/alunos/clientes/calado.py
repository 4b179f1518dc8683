"""Conecta-se e fica à espera de que o servidor fale primeiro."""

import socket
import sys

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000

with socket.create_connection(("127.0.0.1", PORTA)) as client_socket:
    print(client_socket.recv(1024).decode())
