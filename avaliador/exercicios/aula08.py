"""Exercício da aula 08: perguntar por UDP, onde o silêncio é uma resposta possível."""

import socket
import time

from .aluno import PRAZO, Errou
from .exercicio import exercicio


@exercicio(
    dicas=[
        "sem prazo, recvfrom espera para sempre: use sock.settimeout(0.2)",
        "o prazo que acaba levanta TimeoutError: trate-o e envie de novo, até `tentativas` vezes",
        "um laço for com try/except: sendto, recvfrom e return dentro do try; depois do laço, return None",
    ],
    solucao="""
    def perguntar_udp(endereco, texto, tentativas):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            for _ in range(tentativas):
                sock.sendto(texto.encode(), endereco)
                try:
                    dados, _ = sock.recvfrom(2048)
                    return dados.decode()
                except TimeoutError:
                    pass
        return None
    """,
)
def perguntar_udp(aluno):
    """Envia o texto e espera 0,2 s pela resposta; sem ela, envia de novo; depois da última tentativa, devolve None."""
    for perdidos, tentativas, certa in ((0, 3, "ÍMPAR"), (2, 3, "ÍMPAR"), (3, 3, None)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nosso:
            nosso.bind(("127.0.0.1", 0))
            nosso.settimeout(PRAZO)
            comeco = time.monotonic()
            tarefa = aluno.comecar(nosso.getsockname(), "7", tentativas)
            for numero in range(1, min(perdidos + 1, tentativas) + 1):
                try:
                    dados, remetente = nosso.recvfrom(2048)
                except TimeoutError:
                    tarefa.cobrar(f"o datagrama nº {numero} não veio: cada silêncio de 0,2 s pede outro envio")
                if dados != b"7":
                    raise Errou("o datagrama não traz o texto pedido", "7", dados)
                if numero > perdidos:
                    nosso.sendto("ÍMPAR".encode(), remetente)
            devolveu = tarefa.esperar()
            if devolveu != certa:
                quando = "depois de três silêncios" if certa is None else f"com {perdidos} datagramas perdidos"
                raise Errou(f"{quando}, esperava {certa!r} e veio {devolveu!r}")
            nosso.settimeout(0.3)
            try:
                nosso.recvfrom(2048)
            except TimeoutError:
                pass
            else:
                raise Errou(f"chegou um datagrama a mais: são no máximo {tentativas}, e nenhum depois da resposta")
            if certa is None and time.monotonic() - comeco < 0.5:
                raise Errou("desistiu depressa demais: cada tentativa espera 0,2 s")
