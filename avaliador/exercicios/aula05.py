"""Exercícios da aula 05: mensagens num fluxo de bytes."""

import socket
import threading

from .aluno import Errou, ler
from .exercicio import exercicio


@exercicio(
    dicas=[
        "guarde o que chegou e ainda não tem \\n; o próximo pedaço continua dali",
        "bytes.partition(b'\\n') separa a primeira linha do resto; repita enquanto houver \\n",
        "só faça o decode de uma linha inteira: meio Í não é UTF-8",
    ],
    solucao="""
    def separar_linhas(pedacos):
        linhas, resto = [], b""
        for pedaco in pedacos:
            resto += pedaco
            while b"\\n" in resto:
                linha, _, resto = resto.partition(b"\\n")
                linhas.append(linha.decode())
        return linhas
    """,
)
def separar_linhas(aluno):
    """De pedaços de bytes em qualquer fatiamento, os textos das linhas completas, sem o \\n."""
    fluxo = "7\nÍMPAR FIM\n\n88\n".encode()
    certas = ["7", "ÍMPAR FIM", "", "88"]
    for como, pedacos in (
        ("tudo de uma vez", [fluxo]),
        ("byte a byte", [fluxo[i : i + 1] for i in range(len(fluxo))]),
        ("com o Í partido em dois", [fluxo[:3], fluxo[3:]]),
        ("com um começo de linha no fim", [fluxo + b"12"]),
    ):
        veio = aluno(list(pedacos))
        if veio != certas:
            veio = list(veio) if isinstance(veio, tuple) else veio
            raise Errou(f"{como}, esperava {certas} e veio {veio!r}")


@exercicio(
    dicas=[
        "send devolve quantos bytes couberam na fila; os outros não foram enviados",
        "corte o que já foi, dados = dados[enviados:], e repita enquanto sobrar algo",
    ],
    solucao="""
    def enviar_tudo(sock, dados):
        while dados:
            enviados = sock.send(dados)
            dados = dados[enviados:]
    """,
)
def enviar_tudo(aluno):
    """O que sendall faz, só com send: insiste até o último byte."""
    dele, nosso = socket.socketpair()
    with dele, nosso:
        dele.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        dele.settimeout(2)  # com prazo, send envia o que cabe e volta
        nosso.settimeout(2)
        dados = bytes(i % 251 for i in range(300_000))
        sem_sendall = _SemSendall(dele)
        tarefa = aluno.comecar(sem_sendall, dados)
        veio = ler(nosso, len(dados), tarefa, f"os {len(dados)} bytes")
        tarefa.esperar()
        if sem_sendall.trapaca.is_set():
            raise Errou("o exercício é fazer o que sendall faz: use só send")
        if veio != dados:
            raise Errou("chegaram todos os bytes, mas não na ordem: corte o começo já enviado a cada volta")


class _SemSendall:
    """O socket do aluno, que só empresta o send."""

    def __init__(self, sock):
        self._sock, self.trapaca = sock, threading.Event()

    def send(self, dados):
        return self._sock.send(dados)

    def sendall(self, dados):
        self.trapaca.set()
        return self._sock.sendall(dados)
