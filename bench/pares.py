"""Os pares em Python, os mais simples e honestos: um laço de readline e um write, sem diário e sem prazos.

python -m bench.pares asyncio | threads
"""

import asyncio
import random
import socketserver
import string
import sys

FILA = 1024  # do listen, igual para todos


def responder(linha):
    texto = linha.strip()
    if not texto.lstrip(b"+-").isdigit() or len(texto) > 1000:
        return b"ERRO esperava um inteiro\n"
    if len(texto) > 10:
        return "".join(random.choices(string.ascii_letters, k=len(texto))).encode() + b"\n"
    return ("ÍMPAR\n" if int(texto) % 2 else "PAR\n").encode()


async def com_asyncio():
    async def atender(reader, writer):
        while linha := await reader.readline():
            writer.write(responder(linha))
        writer.close()

    servidor = await asyncio.start_server(atender, "127.0.0.1", 0, backlog=FILA)
    print(servidor.sockets[0].getsockname()[1], flush=True)
    await servidor.serve_forever()


def com_threads():
    class Atender(socketserver.StreamRequestHandler):
        def handle(self):
            for linha in self.rfile:
                self.wfile.write(responder(linha))

    class ServidorComThreads(socketserver.ThreadingTCPServer):
        daemon_threads, request_queue_size = True, FILA

    servidor = ServidorComThreads(("127.0.0.1", 0), Atender)
    print(servidor.server_address[1], flush=True)
    servidor.serve_forever()


if __name__ == "__main__":
    com_threads() if sys.argv[1] == "threads" else asyncio.run(com_asyncio())
