"""Exercícios da aula 02: ler o que falta, e uma conversa inteira."""

from .aluno import Errou
from .exercicio import exercicio
from .fatiado import Fatiado
from .ponta import Escuta, fechou, ler


@exercicio(
    dicas=[
        "um recv devolve o que houver no buffer, até o máximo: às vezes é preciso outro",
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
    for pedacos, quantos, esperado in (
        ((b"3536803",), 7, b"3536803"),
        ((b"3536", b"803"), 7, b"3536803"),
        ((b"12345678",), 5, b"12345"),
        ((b"12", None), 5, b"12"),
    ):
        chegam = [pedaco for pedaco in pedacos if pedaco]
        with Fatiado(chegam, encerra=None in pedacos) as dele:
            devolveu = aluno.comecar(dele, quantos).esperar()
        _conferir_bytes(devolveu, esperado, quantos, pedacos)


def _conferir_bytes(devolveu, esperado, quantos, pedacos):
    if devolveu is None:
        raise Errou("a função não devolveu nada: falta o return")
    if isinstance(devolveu, str):
        raise Errou(f"devolva os bytes, e não um texto: tire o decode; veio {devolveu!r}")
    if not isinstance(devolveu, bytes):
        raise Errou(f"devolva os bytes lidos; veio {devolveu!r}")
    if devolveu == esperado:
        return
    if None in pedacos:
        raise Errou("a outra ponta encerrou o envio: devolva o que chegou", esperado.decode(), devolveu)
    if esperado.endswith(devolveu) and devolveu:
        causa = "o segundo pedaço apagou o primeiro: junte com +=, e não com ="
    elif len(devolveu) < len(esperado):
        causa = "um recv não basta"
    else:
        causa = "o que passa do pedido é da mensagem seguinte: peça só o que falta"
    como = " em dois pedaços" if len(pedacos) > 1 else ""
    raise Errou(f"pedidos {quantos} bytes, que chegaram{como}: {causa}", esperado.decode(), devolveu)


@exercicio(
    dicas=[
        "são cinco chamadas do dicionário, na ordem: socket, connect, send, recv, close",
        "o endereço já vem em tupla: connect(endereco)",
        "guarde a resposta numa variável, feche, e só então return; ou ponha tudo num with, que fecha ao sair",
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
                _conferir_texto(tarefa.esperar(), resposta)
                if not fechou(conexao):
                    raise Errou(
                        "a resposta está certa, mas o socket ficou aberto: falta o close, antes do return (o que vem "
                        "depois do return não é executado), ou o with"
                    )


def _conferir_texto(devolveu, esperado):
    if isinstance(devolveu, bytes):
        raise Errou(f"devolva um texto, e não bytes: falta o decode; veio {devolveu!r}")
    if devolveu is None:
        raise Errou("a função não devolveu nada: falta o return da resposta")
    if not isinstance(devolveu, str):
        raise Errou(f"devolva a resposta do servidor, em texto; veio {devolveu!r}")
    if devolveu == f"{esperado} FIM":
        raise Errou(f"devolva só a resposta, sem o FIM; veio {devolveu!r}")
    if devolveu != esperado:
        raise Errou("o texto devolvido não é o que o servidor enviou", esperado, devolveu.encode())
