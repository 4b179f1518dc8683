"""Por que estados do TCP passam as duas pontas de uma conexão.

roteiro = Roteiro()
client_socket, conexao = roteiro.conectar()
roteiro(client_socket=client_socket, conexao=conexao)
roteiro.mapa()
"""

import socket

from ..diario import Diario
from ..kernel import em_repouso
from .desenhos import maquina_de_estados
from .observado import observar

PRAZO = 5  # segundos de cada espera de quem se conecta por aqui


class Roteiro:
    """Anota o estado de cada ponta, na ordem em que se pergunta.

    visitados: {"cliente": [...], "servidor": [...]}, os estados vistos.
    diario: o dos sockets que `observar` e `conectar` devolvem.
    """

    def __init__(self):
        self.visitados, self.diario = {"cliente": [], "servidor": []}, Diario()

    def observar(self, sock, quem):
        """O socket, anotado no diário do roteiro como da ponta `quem`."""
        return observar(sock, quem, self.diario)

    def conectar(self):
        """(client_socket, conexao): as duas pontas de uma conexão nova, observadas e com prazo."""
        with socket.create_server(("127.0.0.1", 0)) as server_socket:
            client_socket = socket.create_connection(server_socket.getsockname(), timeout=PRAZO)
            conexao, _ = server_socket.accept()
        conexao.settimeout(PRAZO)
        return self.observar(client_socket, "cliente"), self.observar(conexao, "servidor")

    def __call__(self, **sockets):
        """Espera a rede sossegar; mostra e anota o estado de cada socket."""
        for (nome, sock), retrato in zip(sockets.items(), em_repouso(*sockets.values()), strict=True):
            self.visitados[sock.quem].append(retrato.estado)
            print(f"{sock.quem:<8}  {nome:<13}  {retrato.estado}")

    def mapa(self):
        """Desenha a máquina de estados do TCP, com os visitados marcados."""
        maquina_de_estados(self.visitados)
