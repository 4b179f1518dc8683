"""Um erro de digitação: termina antes de se conectar."""

import socket
import sys

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000

client_socket = socket.socket()
client_socket.conect(("127.0.0.1", PORTA))
