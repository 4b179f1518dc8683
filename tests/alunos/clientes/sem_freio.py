"""O sleep ficou dentro do try e nunca espera a resposta: sem ela, inunda o servidor."""

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
        with socket.create_connection(("127.0.0.1", PORTA), timeout=0.02) as client_socket:
            numero = sortear()
            print(numero)
            client_socket.sendall(numero.encode())
            client_socket.settimeout(0.5 if INTERVALO > 100 else 0.02)
            resposta = client_socket.recv(1024).decode()
            print(resposta, "FIM")
            client_socket.sendall((resposta + " FIM").encode())
            time.sleep(INTERVALO)
    except OSError:
        print("erro")
