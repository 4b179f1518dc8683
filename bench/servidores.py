"""Os servidores comparados, cada um no seu processo: python -m bench.servidores NOME.

Todos interpretam os bytes com a mesma `Conversa`: o que se compara é a entrada e saída. O que os
pares não fazem é o pedido cru encerrado por silêncio (PI-11), o limite de conexões (PI-25) e a
despedida sem RST (PI-27). Os "completos" anotam no mesmo `Diario` e têm o prazo de silêncio
(PI-23), como o parimpar; os outros nem isso. O piso é o que um laço em Python gasta no mínimo.
"""

import asyncio
import contextlib
import os
import select
import socket
import socketserver
import sys
import threading
import time

from parimpar import Diario, Servidor
from parimpar.protocolo import Conversa

SILENCIO = 600.0  # segundos: nenhuma conexão parada pode vencer no meio de uma medida
FILA = 1024  # do listen, igual para todos
RECV = 4096
_VIVOS = []  # um Servidor sem dono para sozinho


def abrir_descritores():
    """Sobe o limite de descritores deste processo até onde o sistema deixa; devolve o limite."""
    try:
        import resource
    except ImportError:
        return 512
    _, maximo = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (maximo, maximo))
    return maximo if maximo != resource.RLIM_INFINITY else 10**9


def memoria():
    """Bytes de memória residente deste processo; None se não há como saber."""
    with contextlib.suppress(OSError), open("/proc/self/statm") as arquivo:
        return int(arquivo.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(ImportError):
        import psutil

        return psutil.Process().memory_info().rss


def parimpar(diario=None):
    servidor = Servidor(silencio=SILENCIO, max_conexoes=15_000, diario=diario).iniciar()
    _VIVOS.append(servidor)
    return servidor.porta


class _SemDiario(Diario):
    def registrar(self, *args, **kwargs):
        pass


def parimpar_sem_diario():
    return parimpar(_SemDiario())


def threads(diario=None):
    class Atender(socketserver.BaseRequestHandler):
        def handle(self):
            sock, local, remoto, conversa = self.request, self.server.server_address, self.client_address, Conversa()
            if diario is not None:
                sock.settimeout(SILENCIO)
                diario.registrar("servidor", "conecta", "accept()", local, remoto)
            with contextlib.suppress(OSError):
                while not conversa.encerrada:
                    dados = sock.recv(RECV)
                    if diario is not None and dados:
                        diario.registrar("servidor", "recebe", "recv(4096)", local, remoto, dados)
                    respostas = conversa.codificar(conversa.receber(dados) if dados else conversa.fim())
                    if respostas:
                        sock.sendall(respostas)
                        if diario is not None:
                            diario.registrar("servidor", "envia", "sendall(…)", local, remoto, respostas)
                    if not dados:
                        break
            if diario is not None:
                diario.registrar("servidor", "fecha", "close()", local, remoto)

    class ServidorComThreads(socketserver.ThreadingTCPServer):
        daemon_threads, allow_reuse_address, request_queue_size = True, True, FILA

    servidor = ServidorComThreads(("127.0.0.1", 0), Atender)
    threading.Thread(target=servidor.serve_forever, daemon=True).start()
    return servidor.server_address[1]


def asyncio_streams(diario=None, loop_factory=None):
    async def atender(reader, writer):
        conversa = Conversa()
        prazo = contextlib.nullcontext()
        if diario is not None:
            local, remoto = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
            diario.registrar("servidor", "conecta", "accept()", local, remoto)
        with contextlib.suppress(OSError):
            while not conversa.encerrada:
                if diario is not None:
                    prazo = asyncio.timeout(SILENCIO)
                async with prazo:
                    dados = await reader.read(RECV)
                if diario is not None and dados:
                    diario.registrar("servidor", "recebe", "recv(4096)", local, remoto, dados)
                respostas = conversa.codificar(conversa.receber(dados) if dados else conversa.fim())
                if respostas:
                    writer.write(respostas)
                    await writer.drain()
                    if diario is not None:
                        diario.registrar("servidor", "envia", "write(…)", local, remoto, respostas)
                if not dados:
                    break
        writer.close()
        if diario is not None:
            diario.registrar("servidor", "fecha", "close()", local, remoto)

    porta, pronta = [], threading.Event()

    async def servir():
        servidor = await asyncio.start_server(atender, "127.0.0.1", 0, backlog=FILA)
        porta.append(servidor.sockets[0].getsockname()[1])
        pronta.set()
        await servidor.serve_forever()

    def rodar():
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(servir())

    threading.Thread(target=rodar, daemon=True).start()
    pronta.wait(10)
    return porta[0]


def uvloop_streams():
    import uvloop

    return asyncio_streams(loop_factory=uvloop.new_event_loop)


def piso():
    """O mínimo que um programa em Python gasta com este trabalho: epoll cru, sem prazos nem cuidados."""
    escuta, epoll, clientes = socket.create_server(("127.0.0.1", 0), backlog=FILA), select.epoll(), {}
    escuta.setblocking(False)
    epoll.register(escuta, select.EPOLLIN)

    def aceitar():
        with contextlib.suppress(BlockingIOError):
            while True:
                sock, _ = escuta.accept()
                sock.setblocking(False)
                clientes[sock.fileno()] = sock, Conversa()
                epoll.register(sock, select.EPOLLIN)

    def rodar():
        while True:
            for fd, _ in epoll.poll():
                if fd == escuta.fileno():
                    aceitar()
                    continue
                sock, conversa = clientes[fd]
                try:
                    dados = sock.recv(RECV)
                    sock.send(conversa.codificar(conversa.receber(dados) if dados else conversa.fim()))
                except OSError:
                    dados = b""
                if not dados:
                    clientes.pop(fd)[0].close()

    threading.Thread(target=rodar, daemon=True).start()
    return escuta.getsockname()[1]


SERVIDORES = {
    "parimpar": parimpar,
    "asyncio": asyncio_streams,
    "threads": threads,
    "uvloop": uvloop_streams,
    "asyncio completo": lambda: asyncio_streams(Diario()),
    "threads completo": lambda: threads(Diario()),
    "parimpar sem diário": parimpar_sem_diario,
    "piso (epoll cru)": piso,
}


def main():
    """Liga o servidor e diz a porta; a cada linha que chega, diz quanto gastou até aqui."""
    abrir_descritores()
    print(SERVIDORES[sys.argv[1]](), flush=True)
    for _ in sys.stdin:
        print(time.process_time(), memoria() or 0, flush=True)
    os._exit(0)  # há threads à espera de clientes: não se espera por elas


if __name__ == "__main__":
    main()
