"""Ignora o SIGTERM e deixa um filho para trás; fora isso, responde."""

import os
import signal
import socket
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    while True:
        time.sleep(1)

with socket.create_server(("127.0.0.1", PORTA)) as server_socket:
    while True:
        client_socket, endereco = server_socket.accept()
        with client_socket:
            numero = client_socket.recv(1024).decode()
            print(numero, "PAR")
            client_socket.send(b"PAR")
