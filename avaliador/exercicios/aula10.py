"""Exercícios da aula 10: ler os estados das duas pontas, e fechar sem perder nada."""

import socket
import time

from .aluno import PRAZO, Errou
from .exercicio import exercicio
from .ponta import par_vigiado
from .resultado import PARADO

# (estado do cliente, estado do servidor): quem fechou primeiro.
PARES = {
    ("ESTABLISHED", "ESTABLISHED"): "ninguém",
    ("FIN_WAIT2", "CLOSE_WAIT"): "cliente",
    ("CLOSE_WAIT", "FIN_WAIT2"): "servidor",
    ("FIN_WAIT1", "ESTABLISHED"): "cliente",
    ("ESTABLISHED", "FIN_WAIT1"): "servidor",
    ("TIME_WAIT", "CLOSED"): "cliente",
    ("CLOSED", "TIME_WAIT"): "servidor",
    ("FIN_WAIT2", "LAST_ACK"): "cliente",
    ("LAST_ACK", "FIN_WAIT2"): "servidor",
    ("TIME_WAIT", "LAST_ACK"): "cliente",
    ("CLOSING", "FIN_WAIT2"): "os dois",
    ("CLOSING", "CLOSING"): "os dois",
    ("FIN_WAIT1", "FIN_WAIT1"): "os dois",
    ("TIME_WAIT", "TIME_WAIT"): "os dois",
}

# Um close cedo demais pode ser visto antes ou depois de a outra ponta tentar enviar: o que se diz é o mesmo.
FECHOU_CEDO = (
    "o close veio com bytes por ler, e a outra ponta não consegue mais enviar: encerre só o envio, com "
    "shutdown(socket.SHUT_WR), e leia até b'' antes do close"
)


@exercicio(
    dicas=[
        "quem fecha primeiro vai por FIN_WAIT1, FIN_WAIT2, CLOSING ou TIME_WAIT; quem fecha depois, por CLOSE_WAIT e LAST_ACK",
        "faça um conjunto com os estados de quem fecha primeiro, e veja que pontas estão nele",
        "nenhuma das pontas: ninguém; uma: ela; as duas: os dois",
    ],
    solucao="""
    def quem_fechou(do_cliente, do_servidor):
        primeiros = {"FIN_WAIT1", "FIN_WAIT2", "CLOSING", "TIME_WAIT"}
        if do_cliente in primeiros and do_servidor in primeiros:
            return "os dois"
        if do_cliente in primeiros:
            return "cliente"
        if do_servidor in primeiros:
            return "servidor"
        return "ninguém"
    """,
)
def quem_fechou(aluno):
    """Pelo estado das duas pontas, quem fechou primeiro: cliente, servidor, os dois ou ninguém."""
    for (do_cliente, do_servidor), certo in PARES.items():
        veio = aluno(do_cliente, do_servidor)
        onde = f"com o cliente em {do_cliente} e o servidor em {do_servidor}"
        if veio is None:
            raise Errou(f"{onde}, a função não devolveu nada: falta um return para este caso")
        if not isinstance(veio, str):
            raise Errou(f"{onde}, devolva um texto, como 'cliente'; veio {veio!r}")
        if veio != certo and veio.strip().lower() == certo:
            raise Errou(f"{onde}, o texto é {certo!r}, assim mesmo; veio {veio!r}")
        if veio == "ninguem":
            raise Errou(f"{onde}, falta o acento de {certo!r}")
        if veio != certo:
            raise Errou(f"{onde}, esperava {certo!r}, e veio {veio!r}: {_por_que(do_cliente, do_servidor, certo)}")


def _por_que(do_cliente, do_servidor, certo):
    if "CLOSING" in (do_cliente, do_servidor) or do_cliente == do_servidor:
        return {
            "os dois": "só há este par quando os dois FIN se cruzam",
            "ninguém": "ninguém mandou FIN ainda",
        }[certo]
    if "LAST_ACK" in (do_cliente, do_servidor) or "CLOSE_WAIT" in (do_cliente, do_servidor):
        return "CLOSE_WAIT e LAST_ACK são de quem recebeu o FIN antes de mandar o seu"
    if "TIME_WAIT" in (do_cliente, do_servidor):
        return "a guarda fica com quem fechou primeiro"
    return "quem está em FIN_WAIT1 mandou o seu FIN; o do outro não chegou"


@exercicio(
    dicas=[
        "três passos, nesta ordem: shutdown(socket.SHUT_WR), ler até b'', close",
        "settimeout(1) antes do laço; o recv que passa do prazo provoca TimeoutError, um OSError: pegue-o com except",
        "o close tem de acontecer em todos os caminhos: depois do try, ou com o with",
    ],
    solucao="""
    def fechar_bem(sock):
        with sock:
            sock.settimeout(1)
            try:
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(1024):
                    pass
            except OSError:
                pass  # a outra ponta se calou, ou já tinha caído
    """,
)
def fechar_bem(aluno):
    """Encerra o envio, lê até b'' ou 1 s de silêncio, e fecha, sem provocar erro."""
    _com_quem_se_despede(aluno)
    _com_quem_se_cala(aluno)


def _com_quem_se_despede(aluno):
    dele, nosso = par_vigiado()
    with dele, nosso:
        nosso.sendall(b"x" * 3000)  # mais do que um recv(1024)
        tarefa = aluno.comecar(dele)
        try:
            fim = nosso.recv(1)
        except ConnectionResetError:
            raise Errou(FECHOU_CEDO) from None
        except TimeoutError:
            tarefa.cobrar("o FIN não chegou à outra ponta: falta o shutdown(socket.SHUT_WR), antes do laço")
        if fim:
            raise Errou(f"não envie mais nada: a outra ponta recebeu {fim!r}")
        if "close" in _chamadas(dele):
            raise Errou(FECHOU_CEDO)
        try:
            nosso.sendall(b"ainda")
        except OSError:
            raise Errou(FECHOU_CEDO) from None
        nosso.shutdown(socket.SHUT_WR)
        tarefa.esperar(causas={PARADO: "O fim do envio da outra ponta é um recv que devolve b'': saia do laço"})
        _conferir_que_fechou(dele)
        if sum(len(dados or b"") for nome, dados in dele.chamadas if nome == "recv") < 3005:
            raise Errou("o close veio com bytes por ler: um recv só não basta, leia até b'' antes dele")


def _com_quem_se_cala(aluno):
    dele, nosso = par_vigiado()
    with dele, nosso:
        comeco = time.monotonic()
        tarefa = aluno.comecar(dele)
        causas = {PARADO: "A outra ponta se calou: falta o prazo, settimeout(1)"}
        causas[OSError] = "Uma outra ponta calada não é um erro: pegue o OSError com except, e feche"
        tarefa.esperar(2 * PRAZO, causas=causas)
        if time.monotonic() - comeco < 0.5:
            raise Errou("com a outra ponta calada, a função não esperou: dê a ela 1 segundo")
        _conferir_que_fechou(dele)


def _conferir_que_fechou(dele):
    if dele.fileno() != -1:
        raise Errou("o socket ficou aberto: falta o close, em todos os caminhos")


def _chamadas(dele):
    return [nome for nome, _ in dele.chamadas]
