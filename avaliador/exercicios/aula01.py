"""Exercícios da aula 01: um socket que escuta, e outro que se conecta."""

import socket

from .aluno import Errou, abertos
from .exercicio import exercicio
from .ponta import PRAZO_DA_RECUSA


@exercicio(
    dicas=[
        "são três chamadas, na ordem: socket.socket, bind e listen; e no fim o return",
        "bind recebe um argumento só, a tupla (endereço, porta): bind(('127.0.0.1', porta))",
        "devolva o próprio server_socket, aberto: sem with, e sem accept",
    ],
    solucao="""
    def abrir_servidor(porta):
        server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server_socket.bind(("127.0.0.1", porta))
        server_socket.listen()
        return server_socket
    """,
)
def abrir_servidor(aluno):
    """Um socket que escuta em 127.0.0.1, na porta pedida (0: a que o sistema escolher)."""
    with socket.create_server(("127.0.0.1", 0)) as emprestada:
        livre = emprestada.getsockname()[1]
    for porta in (0, livre):
        server_socket = aluno(porta)
        if server_socket is None:
            raise Errou("veio None: falta o return do socket (bind e listen não devolvem nada)")
        if not isinstance(server_socket, socket.socket):
            raise Errou(f"devolva o server_socket; veio {server_socket!r}")
        if server_socket.fileno() == -1:
            raise Errou("o socket veio fechado: o with fecha ao sair, e aqui quem fecha é quem o recebe")
        with server_socket:
            _conferir_a_escuta(server_socket, porta)


def _conferir_a_escuta(server_socket, porta):
    if server_socket.type != socket.SOCK_STREAM:
        raise Errou("o socket não é de fluxo: o segundo argumento é socket.SOCK_STREAM")
    host, onde = server_socket.getsockname()[:2]
    if not onde:
        raise Errou("o socket não tem endereço: falta o bind")
    if host != "127.0.0.1":
        falta = "falta o bind" if porta and onde != porta else "o endereço do bind é '127.0.0.1'"
        raise Errou(f"o socket escuta em {host}, que são todos os endereços da máquina: {falta}")
    if porta and onde != porta:
        raise Errou(f"pediu-se a porta {porta}, e o socket está na {onde}: use o argumento porta no bind")
    try:
        socket.create_connection((host, onde), timeout=PRAZO_DA_RECUSA).close()
    except OSError:
        raise Errou("o endereço está certo, mas a conexão foi recusada: falta o listen") from None


@exercicio(
    dicas=[
        "tente conectar: se der certo, alguém escuta; se vier ConnectionRefusedError, não",
        "try, com o connect e o return True; except ConnectionRefusedError, com o return False",
        "feche o socket nos dois casos: um with em volta de tudo faz isso",
    ],
    solucao="""
    def alguem_escuta(endereco):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client_socket:
            try:
                client_socket.connect(endereco)
                return True
            except ConnectionRefusedError:
                return False
    """,
)
def alguem_escuta(aluno):
    """True se um connect a esse endereço dá certo, False se é recusado; e o socket fechado nos dois casos."""
    with socket.socket() as escuta, socket.socket() as so_bind, socket.create_server(("127.0.0.1", 0)) as outra:
        for sock in (escuta, so_bind):
            sock.bind(("127.0.0.1", 0))
        escuta.listen()
        vaga = outra.getsockname()
        outra.close()
        for endereco, certo, situacao in (
            (escuta.getsockname(), True, "um servidor que escuta, mesmo sem ter chamado accept"),
            (so_bind.getsockname(), False, "um servidor que fez bind, e não listen"),
            (vaga, False, "uma porta sem ninguém"),
        ):
            veio = aluno.comecar(endereco).esperar(PRAZO_DA_RECUSA)
            if veio is None:
                raise Errou(f"com {situacao}, a função não devolveu nada: falta o return {certo}")
            if veio is not True and veio is not False:
                raise Errou(f"com {situacao}, devolva True ou False; veio {veio!r}")
            if veio is not certo:
                causa = "escutar é mais do que ter o endereço: experimente conectar" if veio else "a conexão é possível"
                raise Errou(f"com {situacao}, esperava {certo}, e veio {veio}: {causa}")
            if abertos():
                raise Errou(
                    f"com {situacao}, a resposta está certa, mas o socket ficou aberto: falta o close, ou o with"
                )
