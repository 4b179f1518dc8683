"""Exercícios da aula 13: apresentar-se sem quebrar o que já existe, e o endereço que serve na rede."""

import socket
import threading

from .aluno import PRAZO, Errou
from .exercicio import exercicio
from .resultado import PARADO


@exercicio(
    dicas=[
        "o servidor novo não responde ao NOME; o antigo responde ERRO: a diferença está na primeira linha que chega",
        "envie as duas linhas, NOME e o número, e leia uma linha; se ela começa com ERRO, leia mais uma",
        "sock.makefile(encoding='utf-8').readline() lê uma linha inteira; tire dela o \\n com .strip()",
    ],
    solucao="""
    def perguntar_com_nome(client_socket, nome, numero):
        client_socket.sendall(f"NOME {nome}\\n{numero}\\n".encode())
        arquivo = client_socket.makefile(encoding="utf-8")
        resposta = arquivo.readline().strip()
        if resposta.startswith("ERRO"):
            resposta = arquivo.readline().strip()
        return resposta
    """,
)
def perguntar_com_nome(aluno):
    """Apresenta-se e pergunta; devolve a resposta ao número, seja o servidor novo ou antigo."""
    for quando, antigo in (("com o servidor novo, que não responde ao NOME", False),
                           ("com um servidor antigo, que responde ERRO ao NOME", True)):  # fmt: skip
        for numero, certa in (("7", "ÍMPAR"), ("88", "PAR")):
            with _Servidor(antigo) as servidor:
                causas = {PARADO: _por_que_parou(antigo)}
                veio = aluno.comecar(servidor.dele, "Ana", numero).esperar(causas=causas)
                recebido = servidor.recebido(numero)
            _conferir_pedido(recebido, numero, quando)
            if veio != certa:
                raise Errou(f"{quando}: {_por_que(veio, certa)}", certa, str(veio).encode())


def _por_que_parou(antigo):
    if antigo:
        return "O servidor antigo já respondeu às duas linhas: leia no máximo duas respostas"
    return "O servidor novo não responde ao NOME: dele vem uma linha só, e só depois de uma linha com o número"


def _conferir_pedido(recebido, numero, quando):
    linhas = recebido.decode("utf-8", "replace").split("\n")
    if not linhas[0].startswith("NOME "):
        causa = "a primeira linha deve ser NOME, um espaço e o nome"
    elif linhas[0] != "NOME Ana":
        causa = "o nome não foi o que se pediu, ou faltou o \\n depois dele"
    elif len(linhas) < 2 or linhas[1] != numero:
        causa = "depois da apresentação vem o número, numa linha"
    elif len(linhas) < 3:
        causa = "falta o \\n depois do número: sem ele a linha não acabou"
    elif linhas[2]:
        causa = "foi mandado mais do que o nome e o número"
    else:
        return
    raise Errou(f"{quando}: {causa}", f"NOME Ana\n{numero}\n", recebido)


def _por_que(veio, certa):
    if veio is None:
        return "a função não devolveu nada: falta o return?"
    if isinstance(veio, bytes):
        return "vieram bytes: falta o decode"
    if not isinstance(veio, str):
        return f"esperava um texto e veio {veio!r}"
    if veio.startswith("ERRO"):
        return "esta é a resposta ao NOME, que o servidor não conhece; a do número vem na linha seguinte"
    if veio.strip() == certa:
        return "falta tirar o \\n do fim"
    if certa in veio:
        return "veio mais do que a resposta: leia uma linha de cada vez"
    return "não é a resposta ao número"


class _Servidor:
    """Responde a um cliente só; o antigo não conhece NOME."""

    def __init__(self, antigo):
        self.dele, self._meu = socket.socketpair()
        self._antigo, self._dados, self._leu = antigo, b"", threading.Condition()
        self._meu.settimeout(PRAZO)
        self._thread = threading.Thread(target=self._atender, daemon=True)
        self._thread.start()

    def _atender(self):
        feitas = 0
        while True:
            try:
                parte = self._meu.recv(1024)
            except OSError:
                return
            if not parte:
                return
            with self._leu:
                self._dados += parte
                linhas = self._dados.split(b"\n")[:-1]
                self._leu.notify_all()
            for linha in linhas[feitas:]:
                if resposta := self._resposta(linha.strip()):
                    try:
                        self._meu.sendall(resposta.encode() + b"\n")
                    except OSError:
                        return
            feitas = len(linhas)

    def _resposta(self, linha):
        if linha.isdigit():
            return "PAR" if linha[-1] in b"02468" else "ÍMPAR"
        if not self._antigo and linha.startswith(b"NOME "):
            return ""
        return "ERRO esperava um número"

    def recebido(self, numero):
        """Os bytes que chegaram; espera a linha do número, se ainda não veio."""
        with self._leu:
            self._leu.wait_for(lambda: f"\n{numero}\n".encode() in self._dados, 0.2)
            return self._dados

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for sock in (self.dele, self._meu):
            sock.close()
        self._thread.join(PRAZO)


@exercicio(
    dicas=[
        "ipaddress.ip_address(texto) sabe dizer is_loopback, is_unspecified e is_link_local",
        "127.0.0.1 é o próprio computador de quem digita; 0.0.0.0 não é endereço de ninguém; 169.254.x.y não sai do cabo",
        "[e for e in candidatos if not (…)] guarda os que servem, na ordem",
    ],
    solucao="""
    def que_servem(candidatos):
        servem = []
        for texto in candidatos:
            ip = ipaddress.ip_address(texto)
            if not (ip.is_loopback or ip.is_unspecified or ip.is_link_local):
                servem.append(texto)
        return servem
    """,
)
def que_servem(aluno):
    """Dos endereços de um computador, os que outro computador da sala pode digitar, na mesma ordem."""
    casos = (
        (["127.0.0.1", "192.168.0.10"], ["192.168.0.10"], "127.0.0.1 é o próprio computador de quem digita"),
        (["127.0.1.1", "10.0.0.5"], ["10.0.0.5"], "tudo o que começa com 127 é de loopback, e não só o 127.0.0.1"),
        (["0.0.0.0", "172.16.4.4"], ["172.16.4.4"], "0.0.0.0 serve no bind; ninguém se conecta a ele"),
        (["169.254.7.7", "10.1.2.3"], ["10.1.2.3"], "169.254.x.y é o de quem não conseguiu endereço"),
        (["10.0.0.9", "192.168.0.2"], ["10.0.0.9", "192.168.0.2"], "estes dois servem, na ordem em que vieram"),
        (["127.0.0.1"], [], "se nenhum serve, a lista é vazia"),
    )
    for candidatos, certos, causa in casos:
        veio = aluno(list(candidatos))
        if veio is None:
            raise Errou(f"para {candidatos}, a função não devolveu nada: falta o return?")
        if not isinstance(veio, (list, tuple)):
            raise Errou(f"para {candidatos}, esperava uma lista e veio {veio!r}")
        if [str(e) for e in veio] != certos:
            raise Errou(f"para {candidatos}, esperava {certos} e veio {list(veio)!r}: {causa}")
        if any(not isinstance(e, str) for e in veio):
            raise Errou(f"para {candidatos}, os textos devem ser os mesmos que vieram, e não {type(veio[0]).__name__}")
