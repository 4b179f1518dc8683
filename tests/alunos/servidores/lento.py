"""Certo, e demora: cada resposta leva 2,5 s, e cada cliente tem a sua thread."""

import random
import re
import socket
import string
import sys
import threading
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def responder(numero):
    if len(numero) > 10:
        return "".join(random.choices(string.ascii_letters, k=len(numero)))
    return "PAR" if int(numero) % 2 == 0 else "ÍMPAR"


def atender(client_socket):
    with client_socket:
        numero = client_socket.recv(1024).decode(errors="replace").strip()
        print("recebido:", numero)
        time.sleep(2.5)
        if re.fullmatch("[+-]?[0-9]+", numero):
            resposta = responder(numero)
        else:
            resposta = "ERRO"
        client_socket.sendall(resposta.encode())
        print("enviado:", resposta)
        client_socket.settimeout(5)
        try:
            print("devolvido:", client_socket.recv(1024))
        except OSError as erro:
            print(erro)


with socket.create_server(("127.0.0.1", PORTA)) as server_socket:
    while True:
        client_socket, endereco = server_socket.accept()
        threading.Thread(target=atender, args=(client_socket,), daemon=True).start()
