"""Põe antes do número a marca do UTF-8 (BOM), como o StreamWriter do C#, e fala em linha."""

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
    with socket.create_connection(("127.0.0.1", PORTA)) as client_socket:
        numero = sortear()
        client_socket.sendall((numero + "\r\n").encode("utf-8-sig"))
        print("enviei", numero)
        resposta = client_socket.makefile(encoding="utf-8").readline().strip()
        print(resposta, "FIM")
        client_socket.sendall((resposta + " FIM\r\n").encode())
    time.sleep(INTERVALO)
