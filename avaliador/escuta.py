"""Onde o avaliador escuta quando faz o papel do servidor: na porta que o cliente procura.

Se ninguém disse qual é, em todas as prováveis de uma vez. Só atende a própria máquina.
"""

import contextlib
import pathlib
import re
import socket
import sys
import time

from .ligacao import Ligacao

INSISTENCIA = 2.0  # segundos à espera de uma porta que acabou de se fechar
OLHADA = 0.05  # segundos entre duas tentativas
MAXIMO_DE_FONTE = 1024**2  # bytes de um arquivo em que se procuram portas
PORTAS_DE_COSTUME = (
    60000, 12345, 5000, 5050, 8080, 8888, 9999, 65432, 1234, 4444, 50000, 12000, 8000, 9000, 3000, 4000,
    5555, 6000, 6789, 7777, 8081, 9090, 10000, 20000, 54321, 55555, 65000,
)  # fmt: skip


def portas_no_codigo(comando, pasta=None):
    """Os inteiros de 1024 a 65535 nos argumentos e nos arquivos de texto que eles nomeiam, sem repetir."""
    raiz = pathlib.Path(pasta or ".")
    textos = [" ".join(comando[1:])]
    for argumento in comando:
        caminho = argumento.replace(".", "/")  # um módulo do Python, ou uma classe do Java num pacote
        nomes = [argumento, *(f"{argumento}{fim}" for fim in (".java", ".js", ".mjs", ".py"))]
        nomes += [f"{caminho}.py", f"{caminho}/__main__.py", f"{caminho}.java"]
        for nome in dict.fromkeys(nomes):
            with contextlib.suppress(OSError, ValueError):
                arquivo = raiz / nome
                if arquivo.is_file() and arquivo.stat().st_size <= MAXIMO_DE_FONTE:
                    dados = arquivo.read_bytes()
                    textos += [] if b"\0" in dados else [dados.decode("utf-8", "replace")]
    numeros = [int(n.replace("_", "")) for t in textos for n in re.findall(r"(?<![\w.])\d[\d_]{3,5}(?!\w|\.\d)", t)]
    return [n for n in dict.fromkeys(numeros) if 1024 <= n <= 65535]


def _enderecos():
    """Por onde um programa desta máquina se conecta a ela: 127.0.0.1, ::1 e o nome da máquina."""
    familias = [(socket.AF_INET, "127.0.0.1")] + ([(socket.AF_INET6, "::1")] if socket.has_ipv6 else [])
    with contextlib.suppress(OSError):
        familias.append((socket.AF_INET, socket.gethostbyname(socket.gethostname())))
    return list(dict.fromkeys(familias))


class Escuta:
    """Os sockets de escuta do avaliador.

    Args:
        portas: em quais escutar; as ocupadas ficam em `ocupadas`.
    """

    def __init__(self, portas):
        self.ocupadas, self.sockets, self.aberta = [], [], True
        self.datagramas = []  # há quem faça o trabalho por UDP: é bom poder dizer
        self._enderecos = _enderecos()
        abrir = self._insistir if len(portas) == 1 else self._abrir
        self.ocupadas = [porta for porta in portas if not abrir(porta)]
        for porta in {s.getsockname()[1] for s in self.sockets}:
            with contextlib.suppress(OSError):
                self.datagramas.append(_ligado(socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1", porta))

    def _abrir(self, porta, escutar=True):
        for familia, host in self._enderecos:
            try:
                sock = _ligado(familia, socket.SOCK_STREAM, host, porta)
            except OSError:
                if host == "127.0.0.1":
                    return False
                continue  # sem IPv6, ou o nome da máquina não é dela: basta o 127.0.0.1
            self.sockets.append(sock)
            try:
                if escutar:
                    sock.listen()
            except OSError:
                self._fechar([s for s in self.sockets if s.getsockname()[1] == porta])
                return False
        return True

    def manter(self, porta):
        """Fica só com esta porta."""
        self._fechar([s for s in self.sockets + self.datagramas if s.getsockname()[1] != porta] + self.datagramas)

    def reservar(self):
        """Deixa de escutar e continua dona da porta: quem se conectar é recusado. Diz se conseguiu."""
        porta = self.sockets[0].getsockname()[1]
        self._fechar(self.sockets[:])
        self.aberta = False
        return self._insistir(porta, escutar=False)

    def _insistir(self, porta, escutar=True):
        # Um processo que está nascendo ainda segura, por um instante, uma cópia do socket que se fechou.
        limite = time.monotonic() + INSISTENCIA
        while not (conseguiu := self._abrir(porta, escutar)) and time.monotonic() < limite:
            time.sleep(OLHADA)
        return conseguiu

    def reabrir(self, porta):
        """Volta a escutar, se não escutava. Diz se conseguiu."""
        if not self.aberta:
            try:
                for sock in self.sockets:
                    sock.listen()
                self.aberta = bool(self.sockets) or self._insistir(porta)
            except OSError:
                self._fechar(self.sockets[:])
        return self.aberta

    def esvaziar(self):
        """Derruba quem ficou na fila, de um processo que já acabou."""
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                while self.aberta:
                    with sock.accept()[0] as esquecido:
                        Ligacao(esquecido, [], 0).fechar()

    def fechar(self):
        """Fecha tudo."""
        self._fechar(self.sockets + self.datagramas)

    def _fechar(self, sockets):
        for sock in sockets:
            sock.close()
        self.sockets = [s for s in self.sockets if s.fileno() != -1]
        self.datagramas = [s for s in self.datagramas if s.fileno() != -1]


def _ligado(familia, tipo, host, porta):
    sock = socket.socket(familia, tipo)
    try:
        if familia == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        elif tipo == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, porta))
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock
