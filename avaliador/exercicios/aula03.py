"""Exercícios da aula 03: as duas metades do servidor do trabalho."""

import socket

from .aluno import Errou, ler
from .exercicio import exercicio


@exercicio(
    dicas=[
        "primeiro int(texto), que recusa o que não é número; depois a quantidade de casas, len(texto); por fim, a paridade",
        "mais de 10 casas: > 10, e não >= 10; exatamente 10 ainda recebem PAR ou ÍMPAR",
        "''.join(random.choices(string.ascii_letters, k=len(texto))) sorteia tantas letras quantas são as casas",
    ],
    solucao="""
    def responder(texto):
        inteiro = int(texto)
        if len(texto) > 10:
            return "".join(random.choices(string.ascii_letters, k=len(texto)))
        return "PAR" if inteiro % 2 == 0 else "ÍMPAR"
    """,
)
def responder(aluno):
    """A resposta do servidor a um número em texto: PAR, ÍMPAR ou letras sorteadas."""
    for numero, certa in (("7", "ÍMPAR"), ("8", "PAR"), ("0", "PAR"), ("987654321", "ÍMPAR"), ("1234567890", "PAR")):
        veio = _texto(aluno(numero), numero)
        if veio != certa:
            causa = "10 casas ainda não são mais de 10" if len(numero) == 10 else "veja o resto da divisão por 2"
            raise Errou(f"para {numero}, {causa}", certa, veio.encode())
    for numero in ("12345678901", "1" * 30):
        respostas = [_texto(aluno(numero), numero) for _ in range(4)]
        if respostas[0] == numero:
            raise Errou(f"para {numero}, a resposta é o próprio número: falta sortear as letras")
        if len(respostas[0]) != len(numero):
            raise Errou(f"{numero} tem {len(numero)} casas, e a resposta, {len(respostas[0])} letras: {respostas[0]!r}")
        if not (respostas[0].isascii() and respostas[0].isalpha()):
            raise Errou(f"só letras de A a Z, sem acento nem algarismo; veio {respostas[0]!r}")
        if len(set(respostas)) == 1:
            raise Errou(f"quatro respostas iguais ({respostas[0]!r}): sorteie de novo a cada pedido")
    for texto in ("abc", "abcdefghijkl"):
        tarefa = aluno.comecar(texto)
        if not tarefa.recusou(ValueError):
            veio = tarefa.esperar()
            raise Errou(f"{texto!r} não é um número e devia parar no int, com ValueError; a função devolveu {veio!r}")


def _texto(veio, numero):
    if not isinstance(veio, str):
        raise Errou(f"para {numero}, esperava um texto e veio {veio!r}: falta o return?")
    return veio


@exercicio(
    dicas=[
        "são quatro passos: recv, responder, sendall e outro recv, o da devolução",
        "a devolução pode não vir: quando o cliente só fecha, o recv devolve b''",
        "feche a conexão no fim: o cliente pode estar esperando por isso",
    ],
    solucao="""
    def atender(conexao, responder):
        with conexao:
            pedido = conexao.recv(1024).decode()
            conexao.sendall(responder(pedido).encode())
            return conexao.recv(1024).decode()
    """,
)
def atender(aluno):
    """Lê o pedido, envia responder(pedido), lê a devolução, fecha e devolve o texto dela ("" se não veio)."""
    recebidos = []

    def responder_de_prova(pedido):
        recebidos.append(pedido)
        return "ÍMPAR"

    for devolucao in ("ÍMPAR FIM", ""):
        dele, nosso = socket.socketpair()
        with dele, nosso:
            nosso.settimeout(2)
            nosso.sendall(b"7")
            tarefa = aluno.comecar(dele, responder_de_prova)
            veio = ler(nosso, len("ÍMPAR".encode()), tarefa, "a resposta de responder('7')")
            if recebidos[-1:] != ["7"]:
                recebeu = f"recebeu {recebidos[-1]!r}" if recebidos else "não foi chamada"
                raise Errou(f"responder tem de receber o texto '7'; {recebeu}")
            if veio != "ÍMPAR".encode():
                raise Errou("o que se envia é o que responder devolveu, em UTF-8", "ÍMPAR", veio)
            if devolucao:
                nosso.sendall(devolucao.encode())
            else:
                nosso.shutdown(socket.SHUT_WR)
            devolveu = tarefa.esperar()
            if devolveu != devolucao:
                raise Errou(f"a devolução foi {devolucao!r}, e a função devolveu {devolveu!r}")
            if dele.fileno() != -1:
                raise Errou("a conexão ficou aberta: falta o close, ou o with")
