"""Pede sem fim de linha e espera uma resposta com ele: fica parado diante de quem segue o enunciado à risca."""

import random
import socket
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
INTERVALO = float(sys.argv[2]) if len(sys.argv) > 2 else 10


def sortear():
    casas = random.randint(1, 30)
    return str(random.randint(10 ** (casas - 1), 10**casas - 1))


while True:
    try:
        client_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        client_socket.connect(("127.0.0.1", PORTA))
        numero = sortear()
        print("enviando", numero)
        client_socket.send(numero.encode())
        resposta = ""
        while not resposta.endswith("\n"):
            parte = client_socket.recv(1024)
            if not parte:
                break
            resposta += parte.decode()
        resposta = resposta.strip()
        print(resposta + "FIM")
        client_socket.send((resposta + "FIM").encode())
    except OSError as erro:
        print("servidor fora do ar:", erro)
    finally:
        client_socket.close()
    time.sleep(INTERVALO)
