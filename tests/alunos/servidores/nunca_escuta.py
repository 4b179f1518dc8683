"""Faz bind, esquece o listen e fica parado."""

import socket
import sys
import time

server_socket = socket.socket()
server_socket.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 60000))
while True:
    time.sleep(1)
