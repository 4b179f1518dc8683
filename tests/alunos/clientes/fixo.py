"""Envia sempre o mesmo número."""

import socket
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
INTERVALO = float(sys.argv[2]) if len(sys.argv) > 2 else 10


while True:
    with socket.socket() as client_socket:
        client_socket.connect(("127.0.0.1", PORTA))
        print("enviando 123456789")
        client_socket.sendall(b"123456789")
        resposta = client_socket.recv(1024).decode()
        print(resposta, "FIM")
        client_socket.sendall((resposta + " FIM").encode())
    time.sleep(INTERVALO)
