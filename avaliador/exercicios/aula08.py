"""Exercícios da aula 08: responder a quem perguntou, e perguntar onde o silêncio é uma resposta possível."""

import contextlib
import socket
import time

from parimpar.texto import visivel

from .aluno import PRAZO, Errou
from .exercicio import exercicio
from .resultado import PARADO

ESPERA = 0.2  # segundos: a que se pede ao aluno em cada tentativa
PEDIDOS = (("Ana", "7", "ÍMPAR"), ("Beto", "8", "PAR"), ("Ana", "10", "PAR"), ("Beto", "3", "ÍMPAR"))


@exercicio(
    dicas=[
        "recvfrom devolve duas coisas: dados, de = sock.recvfrom(1024)",
        "responda a quem enviou: sock.sendto(resposta.encode(), de)",
        "são `quantos` datagramas: um laço for, com um recvfrom e um sendto em cada volta",
    ],
    solucao="""
    def atender_udp(sock, quantos):
        for _ in range(quantos):
            dados, de = sock.recvfrom(1024)
            resposta = "PAR" if int(dados) % 2 == 0 else "ÍMPAR"
            sock.sendto(resposta.encode(), de)
    """,
)
def atender_udp(aluno):
    """Recebe `quantos` datagramas e responde a cada um, ao endereço de onde veio, PAR ou ÍMPAR."""
    with contextlib.ExitStack() as pilha:
        dele, ana, beto = (pilha.enter_context(_novo_udp()) for _ in range(3))
        dele.settimeout(None)
        tarefa = aluno.comecar(dele, len(PEDIDOS))
        for i, (nome, numero, certa) in enumerate(PEDIDOS, 1):
            cliente, vizinho = (ana, beto) if nome == "Ana" else (beto, ana)
            cliente.sendto(numero.encode(), dele.getsockname())
            try:
                veio = cliente.recvfrom(1024)[0]
            except TimeoutError:
                _sem_resposta(tarefa, i, f"{nome} enviou o {i}º datagrama, {numero!r}", vizinho)
            if veio != certa.encode():
                raise Errou(f"a resposta a {numero!r} foi outra: {_por_que_outra(veio)}", certa, veio)
        tarefa.esperar(causas={PARADO: f"Já vieram os {i} datagramas pedidos: o laço tem de acabar"})
        for cliente in (ana, beto):
            cliente.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                raise Errou(f"veio um datagrama a mais, {visivel(cliente.recv(100))}: é uma resposta para cada pedido")


def _novo_udp():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(PRAZO)
    return sock


def _sem_resposta(tarefa, i, o_que, vizinho):
    vizinho.settimeout(0.1)
    with contextlib.suppress(OSError):
        vizinho.recvfrom(1024)
        raise Errou(f"{o_que}, e a resposta foi para outro cliente: envie ao endereço que veio com este datagrama")
    tarefa.aguardar(0.2)
    if tarefa.acabou:
        tarefa.esperar(
            causas={
                (
                    TypeError,
                    AttributeError,
                ): "recvfrom devolve duas coisas, dados, de = sock.recvfrom(1024), e sendto leva "
                "bytes e endereço, nesta ordem: sock.sendto(resposta.encode(), de)",
                OSError: "Um socket UDP sem connect não tem outra ponta: use sendto, com o endereço",
            }
        )
        raise Errou(f"a função terminou depois de {i - 1} de 4 datagramas: são `quantos`, um em cada volta do laço")
    tarefa.cobrar(f"{o_que}, e não veio resposta")


def _por_que_outra(veio):
    if veio.decode(errors="replace").strip().upper() in ("PAR", "IMPAR", "ÍMPAR"):
        return "veja a paridade, o acento e as maiúsculas"
    return "é PAR ou ÍMPAR, e mais nada"


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
    for texto, perdidos, tentativas, certa in (("7", 0, 3, "ÍMPAR"), ("8", 2, 3, "PAR"), ("7", 3, 3, None)):
        with _novo_udp() as nosso:
            comeco = time.monotonic()
            tarefa = aluno.comecar(nosso.getsockname(), texto, tentativas)
            for numero in range(1, min(perdidos + 1, tentativas) + 1):
                dados, remetente = _receber(nosso, numero, tarefa)
                if dados != texto.encode():
                    raise Errou("o datagrama não traz o texto pedido", texto, dados)
                if numero > perdidos:
                    nosso.sendto(certa.encode(), remetente)
            devolveu = tarefa.esperar(
                causas={
                    PARADO: f"Ninguém respondeu: cada espera acaba em 0,2 s, com settimeout, e são {tentativas} envios",
                    TimeoutError: "O prazo que acaba é a hora de enviar de novo, ou de devolver None: trate o erro com try/except",
                }
            )
            if devolveu != certa:
                raise Errou(
                    f"com {perdidos} datagramas perdidos, esperava {certa!r} e veio {devolveu!r}. {_por_que(devolveu, certa)}"
                )
            nosso.settimeout(0.3)
            with contextlib.suppress(TimeoutError):
                nosso.recvfrom(2048)
                raise Errou(
                    f"chegou um datagrama a mais: são no máximo {tentativas}, um a cada 0,2 s, e nenhum depois da resposta"
                )
            if certa is None and time.monotonic() - comeco < 2.5 * ESPERA:
                raise Errou("desistiu depressa demais: cada tentativa espera 0,2 s")


def _receber(nosso, numero, tarefa):
    try:
        return nosso.recvfrom(2048)
    except TimeoutError:
        if numero == 1:
            tarefa.cobrar("nenhum datagrama veio: é um socket SOCK_DGRAM, e sendto leva os bytes e o endereço")
        tarefa.aguardar(0.2)
        if tarefa.acabou:
            tarefa.esperar(
                causas={
                    TimeoutError: "O prazo que acaba é a hora de enviar de novo: trate o erro com try/except, dentro do laço"
                }
            )
            raise Errou(f"desistiu depois de {numero - 1} de 3 envios: o return None fica depois do laço") from None
        tarefa.cobrar(f"o datagrama nº {numero} não veio: cada silêncio de 0,2 s pede outro envio")


def _por_que(devolveu, certa):
    if certa is None:
        return "Depois da última tentativa sem resposta, devolva None"
    if devolveu is None:
        return "A resposta veio: falta o return?"
    if isinstance(devolveu, bytes):
        return "São bytes: falta o decode"
    if isinstance(devolveu, tuple):
        return "recvfrom devolve duas coisas; a resposta é a primeira"
    return "Devolva o texto que veio, e só ele"
