"""Faz um pedido só, com tudo certo, e termina; sem servidor, avisa e desiste."""

import random
import socket
import sys

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def sortear():
    casas = random.randint(1, 30)
    return str(random.randint(10 ** (casas - 1), 10**casas - 1))


try:
    client_socket = socket.create_connection(("127.0.0.1", PORTA), timeout=5)
except OSError as erro:
    sys.exit(f"Não foi possível conectar: {erro}")
with client_socket:
    numero = sortear()
    print("Número enviado:", numero)
    client_socket.sendall(numero.encode())
    resposta = client_socket.recv(1024).decode()
    print("Resposta:", resposta, "FIM")
    client_socket.sendall(f"{resposta} FIM".encode())
