"""O protocolo PAR/ÍMPAR: entram bytes, saem mensagens.

Este arquivo NÃO abre sockets, NÃO cria threads, NÃO lê o relógio e NÃO imprime. Quem faz isso
são o servidor e o cliente: eles entregam aqui os bytes que chegaram, na fatia em que chegaram,
e avisam quando a outra ponta encerrou o envio ou ficou em silêncio. Por isso tudo aqui se testa
sem rede, e o resultado não depende de como os bytes foram fatiados.

Os códigos PI-… são os requisitos de docs/protocolo.md.
"""

import codecs
import random
import string
from typing import NamedTuple

from .erros import ErroDeProtocolo

LIMITE_DE_CASAS = 10  # até aqui responde-se a paridade (PI-03); acima, uma string (PI-04)
MAXIMO_DE_CASAS = 1000  # PI-01
MAXIMO_DO_PEDIDO = 1024  # bytes sem terminador: cabe o maior número e ainda sobram espaços (PI-13)
MAXIMO_DO_NOME = 30  # caracteres: cabe numa linha do mural (PI-50)
MAXIMO_DA_RESPOSTA = 4096  # bytes; a maior resposta legítima tem 1000 letras
SILENCIO = 0.2  # segundos sem chegar nada que encerram um pedido cru (PI-11)


class Pedido(NamedTuple):
    """Um número bem formado e a resposta que ele merece (PI-03, PI-04)."""

    numero: str
    resposta: str

    def __str__(self):
        return f"pedido {self.numero} → {self.resposta}"


class Devolucao(NamedTuple):
    """A resposta + FIM que o cliente manda de volta; não se responde a ela (PI-05)."""

    texto: str
    confere: bool
    resposta: None = None

    def __str__(self):
        return f"devolução {self.texto!r} ({'confere' if self.confere else 'divergente'})"


class Apresentacao(NamedTuple):
    """O nome com que o cliente quer ser conhecido nesta conexão; não se responde a ela (PI-50)."""

    nome: str
    resposta: None = None

    def __str__(self):
        return f"apresentação de {self.nome!r}"


class Invalido(NamedTuple):
    """Algo que não é número, devolução nem apresentação; a resposta é `ERRO <motivo>` (PI-06)."""

    dados: bytes
    motivo: str

    @property
    def resposta(self):
        """O texto que o servidor envia."""
        return f"ERRO {self.motivo}"

    def __str__(self):
        return f"pedido inválido: {self.motivo}"


_montar = tuple.__new__  # o de um NamedTuple só o chama, com um passo a mais: há um Pedido por mensagem


def classificar(numero, sorteio=random):
    """Devolve o que o servidor responde a um número: PAR, ÍMPAR ou letras sorteadas.

    Args:
        numero: um int, ou o texto do número como o cliente o enviaria.
        sorteio: de onde vêm as letras; um `random.Random(semente)` torna o resultado repetível.

    Raises:
        ErroDeProtocolo: o texto não é um número do protocolo (PI-01).
    """
    try:
        dados = str(numero).encode("utf-8", "backslashreplace")
    except ValueError:  # o Python se recusa a escrever um int com mais de 4300 casas
        raise ErroDeProtocolo(f"o número tem casas demais; o máximo é {MAXIMO_DE_CASAS}") from None
    mensagem = interpretar(dados, (), sorteio)
    if isinstance(mensagem, Pedido):
        return mensagem.resposta
    raise ErroDeProtocolo(getattr(mensagem, "motivo", f"esperava um número e veio {numero!r}"))


def tipo_da_resposta(resposta):
    """Diz que tipo de resposta é: "PAR", "ÍMPAR", "letras", "ERRO" ou "outra"."""
    if resposta in ("PAR", "ÍMPAR"):
        return resposta
    if resposta.startswith("ERRO "):
        return "ERRO"
    letras = len(resposta) > LIMITE_DE_CASAS and resposta.isascii() and resposta.isalpha()
    return "letras" if letras else "outra"


def interpretar(dados, ultimas_respostas, sorteio):
    """Transforma os bytes de uma mensagem completa numa mensagem.

    Args:
        ultimas_respostas: as que uma devolução pode repetir (PI-05).
        sorteio: de onde vêm as letras.
    """
    algarismos = dados
    if not dados.isdigit():  # em bytes, isdigit só aceita de 0 a 9
        dados = dados.strip(b" ")
        algarismos = dados if dados.isdigit() else _sem_sinal(dados)
    if algarismos:
        casas = len(algarismos)  # sem o sinal, com os zeros à esquerda (PI-02)
        if casas <= LIMITE_DE_CASAS:
            # O último algarismo decide: mil casas custam o mesmo que uma.
            return _montar(Pedido, (dados.decode(), "PAR" if dados[-1] in b"02468" else "ÍMPAR"))
        if casas <= MAXIMO_DE_CASAS:
            return Pedido(dados.decode(), "".join(sorteio.choices(string.ascii_letters, k=casas)))
        return Invalido(dados, f"o número tem {casas} casas e o máximo é {MAXIMO_DE_CASAS}; envie um número menor")
    if dados == b"NOME" or dados.startswith(b"NOME "):  # antes da devolução: há nomes que terminam em FIM
        return _apresentar(dados)
    if dados.endswith(b"FIM"):
        texto = dados.decode("utf-8", "replace")
        confere = texto.removesuffix("FIM").removesuffix(" ") in ultimas_respostas
        return Devolucao(texto, confere)
    if not dados:
        return Invalido(dados, "esperava um número e veio uma mensagem vazia; envie de 1 a 1000 algarismos")
    esperava = "um inteiro (algarismos de 0 a 9, sinal opcional)"
    return Invalido(dados, f"esperava {esperava} e veio {_citar(dados)}; corrija e envie de novo")


def _sem_sinal(dados):
    """Os algarismos de um número com sinal; b"" se não é um."""
    return dados[1:] if dados[:1] in (b"+", b"-") and dados[1:].isdigit() else b""


def _apresentar(dados):
    # Os bytes que não são UTF-8 viram caracteres que não se podem mostrar, como os de controle.
    nome = dados.removeprefix(b"NOME").strip(b" ").decode("utf-8", "surrogateescape")
    if 1 <= len(nome) <= MAXIMO_DO_NOME and nome.isprintable():
        return Apresentacao(nome)
    esperava = f"NOME e de 1 a {MAXIMO_DO_NOME} caracteres visíveis, em UTF-8"
    return Invalido(dados, f"esperava {esperava}, e veio {_citar(dados)}; corrija e envie de novo")


def _citar(dados):
    veio = dados.decode("utf-8", "backslashreplace")
    return repr(veio) if len(veio) <= 30 else f"{veio[:30]!r}…"  # repr neutraliza caracteres de controle


class Conversa:
    """Uma conexão vista pelo servidor: recebe fatias de bytes, entrega mensagens.

    Args:
        sorteio: de onde vêm as letras das respostas longas; `random` ou um `random.Random`.
    """

    __slots__ = ("_sorteio", "_pendente", "_ultimas_respostas", "em_linha", "encerrada", "sobra")

    def __init__(self, sorteio=random):
        self._sorteio = sorteio
        self._pendente = b""
        self._ultimas_respostas = ()
        self.em_linha = False  # já se viu um \n: a conexão é de linha até o fim (PI-11)
        self.sobra = False  # há linhas inteiras que ficaram para a próxima chamada de `receber`
        self.encerrada = False  # um pedido estourou o limite: nada mais é lido (PI-13)

    def receber(self, dados, maximo=-1):
        """Entrega as mensagens que se completaram com a chegada de `dados`.

        Args:
            maximo: quantas entregar desta vez; se há mais, `sobra` fica verdadeira, e elas saem nas
                próximas chamadas, com b"". Por padrão, todas.
        """
        if self.encerrada:
            return []
        linhas = (self._pendente + dados).split(b"\n", maximo)
        pendente = linhas.pop()
        mensagens = []
        for linha in linhas:
            if len(linha) > MAXIMO_DO_PEDIDO:
                return [*mensagens, self._estourou(linha)]
            self.em_linha = True
            mensagem = interpretar(linha.removesuffix(b"\r"), self._ultimas_respostas, self._sorteio)
            resposta = mensagem.resposta
            if resposta is not None:
                self._ultimas_respostas = (resposta,)
            mensagens.append(mensagem)
        self.sobra = len(linhas) == maximo and b"\n" in pendente
        if len(pendente) > MAXIMO_DO_PEDIDO and not self.sobra:
            return [*mensagens, self._estourou(pendente)]
        self._pendente = pendente
        return mensagens

    def fim(self):
        """A outra ponta encerrou o envio: o que estava pendente é uma mensagem (PI-11, PI-21)."""
        pendente, self._pendente = self._pendente, b""
        return [self._completar(pendente)] if pendente else []

    def silencio(self):
        """Passou-se o tempo de silêncio: numa conexão crua, o pendente é uma mensagem (PI-11)."""
        return self.fim() if self.espera_silencio else []

    @property
    def espera_silencio(self):
        """Há bytes pendentes e nenhum \\n até agora: só o silêncio, ou o fim, os encerra."""
        return bool(self._pendente) and not self.em_linha

    def codificar(self, mensagens):
        """Os bytes a enviar em resposta a `mensagens`, na mesma ordem (PI-10, PI-11, PI-14)."""
        fim = "\n" if self.em_linha else ""
        respostas = ""
        for mensagem in mensagens:
            if mensagem.resposta is not None:
                respostas += mensagem.resposta + fim
        return respostas.encode()

    def _completar(self, dados):
        mensagem = interpretar(dados, self._ultimas_respostas, self._sorteio)
        if mensagem.resposta is not None:
            self._ultimas_respostas = (mensagem.resposta,)
        return mensagem

    def _estourou(self, dados):
        self.encerrada, self.sobra, self._pendente = True, False, b""
        return Invalido(dados, f"o pedido passou de {MAXIMO_DO_PEDIDO} bytes sem terminar; conexão encerrada")


class Respostas:
    """O que chega ao cliente: recebe fatias de bytes, entrega respostas inteiras, em texto."""

    __slots__ = ("_pendente",)

    def __init__(self):
        self._pendente = b""

    def receber(self, dados):
        """Entrega as respostas em linha que se completaram com a chegada de `dados`."""
        *linhas, self._pendente = (self._pendente + dados).split(b"\n")
        if len(self._pendente) > MAXIMO_DA_RESPOSTA:
            raise ErroDeProtocolo(
                f"esperava uma resposta de até {MAXIMO_DA_RESPOSTA} bytes e já vieram {len(self._pendente)} "
                "sem terminar; confira se este é mesmo um servidor PAR/ÍMPAR"
            )
        respostas = []
        for i, linha in enumerate(linhas):
            try:
                respostas.append(decodificar(linha.removesuffix(b"\r")))
            except ErroDeProtocolo:
                if not respostas:
                    raise
                # As que se leem são entregues, como se esta tivesse chegado depois.
                self._pendente = b"\n".join([*linhas[i:], self._pendente])
                break
        return respostas

    def fim(self):
        """A resposta crua que estava pendente, quando o servidor fecha ou silencia; ou None."""
        pendente, self._pendente = self._pendente, b""
        return decodificar(pendente) if pendente else None

    @property
    def cortada(self):
        """O que chegou até agora termina no meio de um caractere, como a metade de um Í (PI-12)."""
        try:
            return codecs.utf_8_decode(self._pendente)[1] < len(self._pendente)
        except UnicodeDecodeError:
            return False

    @property
    def pendente(self):
        """Os bytes que chegaram e ainda não formam uma resposta."""
        return self._pendente


def decodificar(dados):
    """O texto de uma resposta completa.

    Raises:
        ErroDeProtocolo: é longa demais ou não é UTF-8.
    """
    if len(dados) > MAXIMO_DA_RESPOSTA:
        raise ErroDeProtocolo(f"esperava uma resposta de até {MAXIMO_DA_RESPOSTA} bytes e veio uma de {len(dados)}")
    try:
        return dados.decode("utf-8")
    except UnicodeDecodeError as erro:
        raise ErroDeProtocolo(
            f"esperava uma resposta em UTF-8 e vieram os bytes {dados[:40]!r}; "
            "o servidor precisa enviar a resposta com .encode('utf-8')"
        ) from erro
