"""O pedido de um cliente, lido: em que forma veio o número, e qual é."""

import re
from dataclasses import dataclass

from parimpar.texto import visivel


@dataclass(frozen=True)
class Pedido:
    """O que o cliente enviou, lido.

    forma: "crua", "linha", "UTF do Java", "binária", "inteiro de 32 bits", "exponencial"…; "outra" se não se reconhece.
    texto: os algarismos, ou o que veio, sem as bordas.
    valor: o número; None se não é um.
    """

    forma: str
    texto: str
    valor: int | None
    dados: bytes

    @property
    def inteiro(self):
        """É um inteiro, em texto ou em binário?"""
        return self.valor is not None and self.forma != "exponencial"

    @property
    def em_binario(self):
        """O número veio em bytes que não são o texto dele?"""
        return self.forma in ("binária", "inteiro de 32 bits", "inteiro de 64 bits", "UTF do Java")

    @property
    def casas(self):
        """Quantos algarismos tem."""
        return len(self.texto.lstrip("+-"))

    @property
    def descricao(self):
        """A forma, numa frase."""
        return {
            "crua": "algarismos sem terminador, como no enunciado",
            "linha": "algarismos terminados em \\n",
            "UTF do Java": "o texto precedido do tamanho, como writeUTF",
            "binária": "o número em binário, o byte mais alto primeiro",
            "inteiro de 32 bits": "um inteiro binário de 4 bytes",
            "inteiro de 64 bits": "um inteiro binário de 8 bytes",
            "exponencial": "um número em notação exponencial",
            "objeto do Java": "um objeto serializado do Java (ObjectOutputStream)",
            "pickle": "um objeto serializado do Python (pickle)",
        }.get(self.forma, f"algo que não é um inteiro: {visivel(self.dados)}")


def ler_pedido(dados):
    """Lê os bytes de um pedido; nunca falha."""
    texto = dados.decode("latin-1").strip(" \t\r\n")
    if re.fullmatch(r"[+-]?[0-9]{1,4000}", texto):
        return Pedido("linha" if dados.endswith(b"\n") else "crua", texto, int(texto), dados)
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?[eE]\+?[0-9]{1,3}", texto):
        mantissa, expoente = re.split("[eE]", texto)
        inteira, _, fracao = mantissa.partition(".")
        return Pedido("exponencial", texto, int(inteira + fracao.ljust(int(expoente), "0")), dados)
    if len(dados) > 2 and int.from_bytes(dados[:2], "big") == len(dados) - 2 and re.fullmatch(rb"[+-]?\d+", dados[2:]):
        return Pedido("UTF do Java", dados[2:].decode(), int(dados[2:]), dados)
    for comeco, forma in ((b"\xac\xed", "objeto do Java"), (b"\x80\x03", "pickle"), (b"\x80\x04", "pickle")):
        if dados.startswith(comeco) and len(dados) > 8:
            return Pedido(forma, texto, None, dados)
    if dados and len(dados) <= 13 and not re.fullmatch(rb"[\t\r\n -~]+", dados) and not _e_texto(dados):
        valor = int.from_bytes(dados, "big")
        tamanhos = {4: "inteiro de 32 bits", 8: "inteiro de 64 bits"}
        return Pedido(tamanhos.get(len(dados), "binária"), str(valor), valor, dados)
    return Pedido("outra", dados.decode("utf-8", "backslashreplace").strip(), None, dados)


def _e_texto(dados):
    """São letras acentuadas ou algarismos Unicode em UTF-8, e não bytes soltos?"""
    try:
        return dados.decode("utf-8").strip().isprintable()
    except UnicodeDecodeError:
        return False


def codificar(forma, texto, terminador):
    """(o que vai antes, o que vai depois) da resposta, na forma em que o cliente fala."""
    if forma == "UTF do Java":
        return len(texto).to_bytes(2, "big"), b""
    return b"", terminador
