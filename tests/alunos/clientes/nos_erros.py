"""Mostra tudo com o logging, que escreve na saída de erros."""

import logging
import random
import socket
import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
INTERVALO = float(sys.argv[2]) if len(sys.argv) > 2 else 10


def sortear():
    casas = random.randint(1, 30)
    return str(random.randint(10 ** (casas - 1), 10**casas - 1))


logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
while True:
    try:
        with socket.create_connection(("127.0.0.1", PORTA)) as client_socket:
            numero = sortear()
            client_socket.sendall(numero.encode())
            logging.info("enviei %s", numero)
            resposta = client_socket.recv(1024).decode()
            logging.info("%s FIM", resposta)
            client_socket.sendall((resposta + " FIM").encode())
    except OSError as erro:
        logging.warning("fora do ar: %s", erro)
    time.sleep(INTERVALO)
