"""Certo até 10 casas; com mais, usa um módulo que não importou: NameError derruba o servidor."""

import socket
import sys

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000

with socket.create_server(("127.0.0.1", PORTA)) as server_socket:
    while True:
        client_socket, endereco = server_socket.accept()
        numero = client_socket.recv(1024).decode()
        if len(numero) > 10:
            resposta = "".join(random.choices("abc", k=len(numero)))  # noqa: F821
        else:
            resposta = "PAR" if int(numero) % 2 == 0 else "ÍMPAR"
        print(numero, resposta)
        client_socket.sendall(resposta.encode())
        client_socket.close()
