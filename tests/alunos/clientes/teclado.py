"""Pergunta no teclado o número e a porta."""

import socket
import sys

porta = int(input("Porta: "))
with socket.create_connection(("127.0.0.1", porta)) as client_socket:
    client_socket.sendall(input("Número: ").encode())
    print(client_socket.recv(1024).decode(), "FIM", file=sys.stdout)
