"""Exercícios da aula 01: as chamadas, com as próprias mãos."""

from .aluno import Errou, Escuta, fechou, ler
from .exercicio import exercicio


@exercicio(
    dicas=[
        "são cinco chamadas do dicionário, na ordem: socket, connect, send, recv, close",
        "os bytes saem de texto.encode() e voltam a ser texto com .decode()",
        "com `with socket.socket(...) as client_socket:` o close acontece sozinho, também quando há erro",
    ],
    solucao="""
    def perguntar(endereco, texto):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client_socket:
            client_socket.connect(endereco)
            client_socket.sendall(texto.encode())
            return client_socket.recv(100).decode()
    """,
)
def perguntar(aluno):
    """Conecta-se, envia o texto, recebe a resposta, fecha e devolve a resposta como texto."""
    for texto, resposta in (("7", "ÍMPAR"), ("123456789012", "AbCdEfGhIjKl")):
        with Escuta() as escuta:
            tarefa = aluno.comecar(escuta.endereco, texto)
            with escuta.aceitar(tarefa) as conexao:
                veio = ler(conexao, len(texto), tarefa, f"os bytes {texto!r}")
                if veio != texto.encode():
                    raise Errou("os bytes enviados não são os do texto", texto, veio)
                conexao.sendall(resposta.encode())
                devolveu = tarefa.esperar()
                _conferir_texto(devolveu, resposta)
                if not fechou(conexao):
                    raise Errou("a resposta está certa, mas o socket ficou aberto: falta o close, ou o with")


@exercicio(
    dicas=[
        "um recv devolve o que houver na fila, até o máximo: às vezes é preciso outro",
        "repita enquanto faltarem bytes, pedindo só os que faltam: sock.recv(quantos - len(dados))",
        "b'' quer dizer que a outra ponta encerrou o envio: não virá mais nada, e o laço tem de acabar",
    ],
    solucao="""
    def receber_tudo(sock, quantos):
        dados = b""
        while len(dados) < quantos:
            parte = sock.recv(quantos - len(dados))
            if parte == b"":
                break
            dados += parte
        return dados
    """,
)
def receber_tudo(aluno):
    """Lê exatamente `quantos` bytes; menos, só se a outra ponta encerrar o envio antes."""
    import socket

    for pedacos, quantos, esperado in (
        ((b"3536803",), 7, b"3536803"),
        ((b"3536", b"803"), 7, b"3536803"),
        ((b"12345678",), 5, b"12345"),
        ((b"12", None), 5, b"12"),
    ):
        dele, nosso = socket.socketpair()
        with dele, nosso:
            tarefa = None
            for pedaco in pedacos:
                if pedaco is None:
                    nosso.shutdown(socket.SHUT_WR)
                else:
                    nosso.sendall(pedaco)
                tarefa = tarefa or aluno.comecar(dele, quantos)
                _esperar_que_leia(dele, tarefa)
            devolveu = tarefa.esperar()
        if not isinstance(devolveu, bytes):
            raise Errou(f"devolva os bytes lidos; veio {devolveu!r}")
        if devolveu != esperado:
            como = " em dois pedaços" if len(pedacos) > 1 and None not in pedacos else ""
            if None in pedacos:
                raise Errou("a outra ponta encerrou o envio: devolva o que chegou", esperado.decode(), devolveu)
            causa = (
                "um recv não basta" if len(devolveu) < len(esperado) else "o que passa do pedido é da mensagem seguinte"
            )
            raise Errou(f"pedidos {quantos} bytes, que chegaram{como}: {causa}", esperado.decode(), devolveu)


def _esperar_que_leia(sock, tarefa):
    """Espera, até um décimo de segundo, a fila esvaziar: o próximo pedaço chega a quem já leu o anterior."""
    import select
    import time

    limite = time.monotonic() + 0.1
    while time.monotonic() < limite and not tarefa.acabou and select.select([sock], [], [], 0)[0]:
        time.sleep(0.001)


def _conferir_texto(devolveu, esperado):
    if isinstance(devolveu, bytes):
        raise Errou(f"devolva um texto, e não bytes: falta o decode; veio {devolveu!r}")
    if not isinstance(devolveu, str):
        raise Errou(f"devolva a resposta do servidor; veio {devolveu!r}: falta o return?")
    if devolveu != esperado:
        raise Errou("o texto devolvido não é o que o servidor enviou", esperado, devolveu.encode())
