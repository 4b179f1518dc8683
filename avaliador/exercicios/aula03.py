"""Exercícios da aula 03: as duas metades do servidor do trabalho."""

import socket
import unicodedata

from .aluno import Errou
from .exercicio import exercicio
from .ponta import ler, par_vigiado

# O número e a resposta de até 10 casas; o sinal não conta.
PARIDADES = {
    "7": "ÍMPAR",
    "8": "PAR",
    "0": "PAR",
    "-7": "ÍMPAR",
    "+8": "PAR",
    "1234567890": "PAR",
    "-1234567890": "PAR",
}
# O número e quantas são as letras; os zeros à esquerda contam.
LETRAS = {"12345678901": 11, "1" * 30: 30, "-12345678901": 11, "00000000007": 11}


@exercicio(
    dicas=[
        "primeiro int(texto) dentro de um try: o que não é número dá ValueError, e a resposta é um ERRO",
        "as casas são os algarismos: len(texto.lstrip('+-')) não conta o sinal",
        "até 10 casas, a paridade; com mais, ''.join(random.choices(string.ascii_letters, k=casas))",
    ],
    solucao="""
    def responder_a_tudo(texto):
        try:
            inteiro = int(texto)
        except ValueError:
            return "ERRO esperava um número"
        casas = len(texto.lstrip("+-"))
        if casas > 10:
            return "".join(random.choices(string.ascii_letters, k=casas))
        return "PAR" if inteiro % 2 == 0 else "ÍMPAR"
    """,
)
def responder_a_tudo(aluno):
    """A resposta do servidor a qualquer texto: PAR, ÍMPAR, letras sorteadas ou ERRO."""
    for numero, certa in PARIDADES.items():
        veio = _texto(aluno(numero), numero)
        if veio != certa:
            raise Errou(f"para {numero}, {_a_paridade_errada(numero, certa, veio)}", certa, veio.encode())
    for numero, casas in LETRAS.items():
        respostas = [_texto(aluno(numero), numero) for _ in range(4)]
        if respostas[0] == numero:
            raise Errou(f"para {numero}, a resposta é o próprio número: falta sortear as letras")
        if len(respostas[0]) != casas:
            conta = {"-": " (o sinal não conta)", "0": " (os zeros à esquerda contam)"}.get(numero[0], "")
            raise Errou(
                f"{numero} tem {casas} casas{conta}, e a resposta, {len(respostas[0])} letras: {respostas[0]!r}"
            )
        if not (respostas[0].isascii() and respostas[0].isalpha()):
            raise Errou(f"só letras de A a Z, sem acento nem algarismo; veio {respostas[0]!r}")
        if len(set(respostas)) == 1:
            raise Errou(f"quatro respostas iguais ({respostas[0]!r}): sorteie de novo a cada pedido")
    for texto in ("abc", "abcdefghijkl", "8.5", ""):
        tarefa = aluno.comecar(texto)
        if tarefa.recusou(ValueError):
            raise Errou(
                f"{texto!r} não é um número, e a função parou com ValueError: pegue-o com except e devolva ERRO…"
            )
        veio = _texto(tarefa.esperar(), repr(texto))
        if not veio.startswith("ERRO"):
            raise Errou(f"{texto!r} não é um número: a resposta começa com ERRO; veio {veio!r}")


def _texto(veio, numero):
    if veio is None:
        raise Errou(f"para {numero}, a função não devolveu nada: falta o return (print só mostra na tela)")
    if isinstance(veio, list):
        raise Errou(f"para {numero}, veio uma lista: ''.join(…) junta as letras num texto só; veio {veio!r}")
    if not isinstance(veio, str):
        raise Errou(f"para {numero}, esperava um texto e veio {veio!r}")
    return veio


def _a_paridade_errada(numero, certa, veio):
    sem_acento = unicodedata.normalize("NFD", veio).encode("ascii", "ignore").decode()
    if veio != veio.strip():
        return "a palavra vem sozinha, sem espaço nem quebra de linha"
    if sem_acento.upper() == unicodedata.normalize("NFD", certa).encode("ascii", "ignore").decode():
        return (
            "falta o acento: Í, e não I"
            if veio == "IMPAR"
            else "a palavra certa tem outras letras: maiúsculas, e o Í com acento"
        )
    if veio.startswith("ERRO"):
        return "o sinal é permitido: int aceita + e -, isdigit não" if numero[0] in "+-" else "isso é um número"
    if veio in ("PAR", "ÍMPAR"):
        return "a paridade está trocada: veja o resto da divisão por 2"
    if numero.startswith("-"):
        return "são 10 casas: o sinal não conta"
    return "10 casas ainda não são mais de 10" if len(numero) == 10 else "são só até 10 casas: a resposta é a paridade"


@exercicio(
    dicas=[
        "são quatro passos: recv, responder, sendall e outro recv, o da devolução",
        "a devolução pode não vir: quando o cliente só fecha, o recv devolve b''",
        "feche a conexão no fim, depois de ler a devolução: guarde-a numa variável, ou ponha tudo num with",
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

    def responder(pedido):
        recebidos.append(pedido)
        return "ÍMPAR"

    for devolucao in ("ÍMPAR FIM", ""):
        dele, nosso = par_vigiado()
        with dele, nosso:
            nosso.sendall(b"7")
            tarefa = aluno.comecar(dele, responder)
            veio = ler(nosso, len("ÍMPAR".encode()), tarefa, "a resposta de responder('7')")
            if recebidos[-1:] != ["7"]:
                recebeu = f"recebeu {recebidos[-1]!r}" if recebidos else "não foi chamada"
                causa = ": falta o decode" if b"7" in recebidos else ""
                raise Errou(f"responder tem de receber o texto '7'; {recebeu}{causa}")
            if veio != "ÍMPAR".encode():
                raise Errou("o que se envia é o que responder devolveu, em UTF-8", "ÍMPAR", veio)
            _devolver(nosso, devolucao)
            quebrou = tarefa.recusou(OSError)
            if quebrou and _fechou_antes_de_ler(dele):
                raise Errou(
                    "você fechou a conexão antes de ler a devolução: o recv dela vem antes do close, dentro do with"
                )
            _conferir_a_devolucao(tarefa.esperar(), devolucao, dele)
            if dele.fileno() != -1:
                raise Errou("a conexão ficou aberta: falta o close, antes do return, ou o with")


def _devolver(nosso, devolucao):
    try:
        if devolucao:
            nosso.sendall(devolucao.encode())
        else:
            nosso.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # a resposta já fechou a conexão; o que ela devolver dirá isso


def _fechou_antes_de_ler(dele):
    """O close veio antes do segundo recv, o da devolução?"""
    chamadas = [nome for nome, _ in dele.chamadas]
    return "close" in chamadas and chamadas[: chamadas.index("close")].count("recv") < 2


def _conferir_a_devolucao(devolveu, devolucao, dele):
    if devolveu == devolucao and (devolucao or not _fechou_antes_de_ler(dele)):
        return
    if _fechou_antes_de_ler(dele):
        raise Errou("você fechou a conexão antes de ler a devolução: falta o segundo recv, antes do close")
    if devolveu is None:
        raise Errou(f"a devolução foi {devolucao!r}, e a função não devolveu nada: falta o return")
    if isinstance(devolveu, bytes):
        raise Errou(f"devolva a devolução em texto: falta o decode; veio {devolveu!r}")
    so_um = sum(nome == "recv" for nome, _ in dele.chamadas) < 2
    causa = ": falta o segundo recv, o da devolução" if so_um else ""
    raise Errou(f"a devolução foi {devolucao!r}, e a função devolveu {devolveu!r}{causa}")
