"""Um socket que anota cada chamada que faz: o que se pediu, os bytes que passaram e quanto esperou.

É um `socket.socket` de verdade, com as mesmas chamadas e os mesmos erros; só acrescenta a anotação
no diário e, depois do close, a lembrança de que conexão era a sua.

    server_socket = observar(socket.socket(socket.AF_INET, socket.SOCK_STREAM), "servidor", diario)
"""

import socket
import time

from ..diario import Diario
from ..erros import ErroDeUso
from ..texto import motivo

# Que evento do diário cada chamada deixa, quando dá certo.
_TIPOS = {
    "bind": "chama", "listen": "inicia", "accept": "conecta", "connect": "conecta", "shutdown": "chama",
    "send": "envia", "sendall": "envia", "sendto": "envia", "recv": "recebe", "recvfrom": "recebe", "close": "fecha",
}  # fmt: skip
_DIRECOES = {socket.SHUT_RD: "SHUT_RD", socket.SHUT_WR: "SHUT_WR", socket.SHUT_RDWR: "SHUT_RDWR"}


def observar(sock, quem="cliente", diario=None):
    """Devolve um socket observado no lugar de `sock`, que deixa de valer.

    Args:
        sock: um socket recém-criado ou já conectado; o descritor dele passa para o observado.
        quem: "servidor" ou "cliente", a ponta a que ele pertence.
        diario: onde anotar; por padrão um novo, que fica em `.diario`.

    Raises:
        ErroDeUso: o socket já foi fechado.
    """
    if sock.fileno() == -1:
        raise ErroDeUso("esperava um socket aberto, e este já foi fechado; crie outro com socket.socket(…)")
    prazo = sock.gettimeout()
    observado = SocketObservado(sock.family, sock.type, sock.proto, sock.detach())
    observado.settimeout(prazo)
    observado.quem, observado.diario = quem, Diario() if diario is None else diario
    observado.enderecos = (None, None)
    observado._lembrar()
    return observado


class SocketObservado(socket.socket):
    """Um `socket.socket` que anota as suas chamadas; é o que `observar` devolve.

    quem: a ponta a que pertence.
    diario: onde anota.
    enderecos: (local, remoto), que continuam aqui depois do close.
    """

    __slots__ = ("quem", "diario", "enderecos")

    def bind(self, endereco):
        return self._chamar("bind", f"bind({endereco!r})", endereco)

    def listen(self, *fila):
        return self._chamar("listen", f"listen({', '.join(map(str, fila))})", *fila)

    def connect(self, endereco):
        remoto = endereco if isinstance(endereco, tuple) else None
        return self._chamar("connect", f"connect({endereco!r})", endereco, remoto=remoto)

    def accept(self):
        """Como `socket.accept`; o socket da conexão também vem observado."""
        conexao, remoto = self._chamar("accept", "accept()")
        return observar(conexao, self.quem, self.diario), remoto

    def dup(self):
        """Como `socket.dup`; a cópia do descritor também vem observada."""
        copia = super().dup()
        copia.quem, copia.diario, copia.enderecos = self.quem, self.diario, self.enderecos
        return copia

    def send(self, dados, *opcoes):
        return self._chamar("send", f"send({_quantos(dados)})", dados, *opcoes, enviando=dados)

    def sendall(self, dados, *opcoes):
        return self._chamar("sendall", f"sendall({_quantos(dados)})", dados, *opcoes, enviando=dados)

    def sendto(self, dados, *destino):
        remoto = destino[-1] if destino else None
        chamada = f"sendto({_quantos(dados)}, {remoto!r})"
        return self._chamar("sendto", chamada, dados, *destino, enviando=dados, remoto=remoto)

    def recv(self, maximo, *opcoes):
        return self._chamar("recv", f"recv({maximo})", maximo, *opcoes)

    def recvfrom(self, maximo, *opcoes):
        return self._chamar("recvfrom", f"recvfrom({maximo})", maximo, *opcoes)

    def shutdown(self, direcao):
        return self._chamar("shutdown", f"shutdown({_DIRECOES.get(direcao, direcao)})", direcao)

    def close(self):
        if self._closed:  # fechar de novo não é outra chamada; mas é assim que um `makefile` solta o socket
            super().close()
        else:
            self._lembrar()  # depois não há mais a quem perguntar
            self._chamar("close", "close()")

    def _chamar(self, nome, chamada, *argumentos, enviando=b"", remoto=None):
        """Faz a chamada de verdade e a anota; o erro é anotado e segue para quem chamou."""
        antes = time.monotonic()
        try:
            resultado = getattr(socket.socket, nome)(self, *argumentos)
        except OSError as erro:
            self._anotar("erro", chamada, antes, detalhe=f"{chamada}: {motivo(erro)}", remoto=remoto)
            raise
        self._lembrar()
        dados, detalhe = _bytes(enviando)[: resultado if nome in ("send", "sendto") else None], ""
        if nome == "accept":
            remoto = resultado[1]
        elif nome == "recvfrom":
            dados, remoto = resultado
        elif nome == "recv":
            dados = resultado
            if not dados and argumentos[0] and self.type == socket.SOCK_STREAM:
                detalhe = "a outra ponta encerrou o envio"
        self._anotar(_TIPOS[nome], chamada, antes, dados, detalhe, remoto)
        return resultado

    def _anotar(self, tipo, chamada, antes, dados=b"", detalhe="", remoto=None):
        local, conectado = self.enderecos
        depois = time.monotonic()
        # Como em todo o diário: a chegada vale quando acaba, o resto quando começa.
        instante = depois if tipo == "recebe" or chamada == "accept()" else antes
        self.diario.registrar(
            self.quem, tipo, chamada, local, conectado or remoto, dados, detalhe, instante, depois - antes
        )

    def _lembrar(self):
        if self.fileno() == -1:
            return
        self.enderecos = (_endereco(self.getsockname), _endereco(self.getpeername) or self.enderecos[1])


def _endereco(perguntar):
    try:
        return perguntar() or None
    except OSError:  # ainda não foi ligado (bind) ou não tem outra ponta
        return None


def _bytes(dados):
    """Os bytes do que se envia, sem copiar; do que não serve, nenhum: quem reclama é a chamada de verdade."""
    try:
        return memoryview(dados).cast("B")
    except TypeError:
        return b""


def _quantos(dados):
    quantos = len(_bytes(dados))
    return f"{quantos} {'byte' if quantos == 1 else 'bytes'}"
