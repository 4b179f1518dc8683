"""Ignora a porta pedida e deixa o sistema escolher outra."""

import socket
import time

server_socket = socket.create_server(("127.0.0.1", 0))
while True:
    time.sleep(1)
