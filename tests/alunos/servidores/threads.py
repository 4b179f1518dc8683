"""Uma thread por cliente, pedidos em linha ou crus, erros tratados: quase tudo da especificação."""

import random
import re
import socket
import string
import sys
import threading

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def responder(numero):
    numero = numero.strip()
    if not re.fullmatch("[+-]?[0-9]+", numero):
        return "ERRO esperava um inteiro"
    casas = len(numero.lstrip("+-"))
    if casas > 10:
        return "".join(random.choices(string.ascii_letters, k=casas))
    return "PAR" if int(numero) % 2 == 0 else "ÍMPAR"


def atender(client_socket):
    with client_socket:
        try:
            while dados := client_socket.recv(1024):
                texto = dados.decode("utf-8", "replace")
                fim = "\n" if texto.endswith("\n") else ""
                for numero in texto.split("\n")[: None if not fim else -1]:
                    print("recebido:", numero)
                    if not numero.endswith("FIM"):
                        resposta = responder(numero)
                        print("enviado:", resposta)
                        client_socket.sendall((resposta + fim).encode())
        except OSError as erro:
            print("conexão perdida:", erro)


with socket.create_server(("127.0.0.1", PORTA)) as server_socket:
    while True:
        client_socket, endereco = server_socket.accept()
        threading.Thread(target=atender, args=(client_socket,), daemon=True).start()
