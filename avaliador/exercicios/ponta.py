"""A outra ponta de um exercício: quem escuta, lê, responde e olha o que a resposta faz com os sockets que recebe.

Toda espera tem prazo, e quem espera diz ao aluno o que não veio.
"""

import socket

from parimpar.texto import visivel

from .aluno import PRAZO

PRAZO_DA_RECUSA = 6.0  # segundos; no Windows o pedido é repetido, e a recusa leva uns 2


class Vigiado(socket.socket):
    """Um socket que anota as chamadas que a resposta faz por ele, em `.chamadas`: ("recv", b"7"), ("close", None)…"""

    __slots__ = ("chamadas",)

    def recv(self, *argumentos):
        self.chamadas.append(("recv", None))  # antes de esperar: pode não voltar
        dados = super().recv(*argumentos)
        self.chamadas[-1] = ("recv", dados)
        return dados

    def close(self):
        if self.fileno() != -1:
            self.chamadas.append(("close", None))
        super().close()


def par_vigiado():
    """(o `Vigiado` que se dá à resposta, a nossa ponta), ligados um ao outro; a nossa tem prazo."""
    dele, nosso = socket.socketpair()
    vigiado = Vigiado(dele.family, dele.type, dele.proto, dele.detach())
    vigiado.chamadas = []
    nosso.settimeout(PRAZO)
    return vigiado, nosso


class Escuta:
    """A outra ponta de um exercício: um socket que escuta numa porta livre; use com `with`."""

    def __init__(self):
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.sock.settimeout(PRAZO)
        self.endereco = self.sock.getsockname()

    def aceitar(self, tarefa):
        """A conexão do aluno, com prazo em cada chamada."""
        try:
            conexao = self.sock.accept()[0]
        except TimeoutError:
            tarefa.cobrar("nenhuma conexão chegou: falta o connect?")
        conexao.settimeout(PRAZO)
        return conexao

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()


def ler(conexao, quantos, tarefa, o_que):
    """Lê exatamente `quantos` bytes do aluno; se não vierem, o exercício acaba dizendo que faltou `o_que`."""
    dados = b""
    try:
        while len(dados) < quantos and (parte := conexao.recv(quantos - len(dados))):
            dados += parte
    except OSError:  # o prazo, ou uma conexão que caiu
        pass
    if len(dados) < quantos:
        quantos = "veio 1 byte" if len(dados) == 1 else f"vieram {len(dados)} bytes"
        vieram = f"só {quantos}, {visivel(dados)}" if dados else "nada veio"
        tarefa.cobrar(f"esperava {o_que}, e {vieram}")
    return dados


def fechou(conexao):
    """A outra ponta encerrou a conexão, sem mais bytes?"""
    try:
        return conexao.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True
