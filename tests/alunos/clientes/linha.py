"""Certo e robusto: uma linha por mensagem, lida até o fim dela, e erros tratados."""

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
        with socket.create_connection(("localhost", PORTA), timeout=5) as client_socket:
            arquivo = client_socket.makefile("rw", encoding="utf-8", newline="\n")
            numero = sortear()
            print("->", numero)
            print(numero, file=arquivo, flush=True)
            resposta = arquivo.readline().strip()
            print("<-", ascii(resposta) if not resposta.isprintable() else resposta, "FIM")
            print(resposta, "FIM", file=arquivo, flush=True)
            arquivo.close()
    except (OSError, ValueError) as erro:
        print("sem servidor:", erro)
    time.sleep(INTERVALO)
