"""O mesmo serviço por UDP."""

import random
import re
import socket
import string
import sys

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000


def responder(numero):
    if len(numero) > 10:
        return "".join(random.choices(string.ascii_letters, k=len(numero)))
    return "PAR" if int(numero) % 2 == 0 else "ÍMPAR"


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server_socket:
    server_socket.bind(("127.0.0.1", PORTA))
    while True:
        dados, endereco = server_socket.recvfrom(1024)
        texto = dados.decode(errors="replace").strip()
        if texto.endswith("FIM"):
            print("devolvido:", texto)
            continue
        resposta = responder(texto) if re.fullmatch("[+-]?[0-9]+", texto) else "ERRO"
        print(texto, resposta)
        server_socket.sendto(resposta.encode(), endereco)
