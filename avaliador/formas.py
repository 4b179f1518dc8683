"""As formas em que um servidor pode querer o número, além da do enunciado."""

import pickle
from dataclasses import dataclass


@dataclass(frozen=True)
class Forma:
    """Uma forma de enviar o número.

    nome: curto, sempre o mesmo.
    descricao: "entende o pedido como …".
    codificar: do texto do número aos bytes.
    texto: o que vai são os algarismos, e não outra representação do número?
    casas: o maior número de algarismos que cabe; None se não há limite.
    fim: o pedido só acaba com o fim do envio.
    """

    nome: str
    descricao: str
    codificar: object
    texto: bool = False
    casas: int | None = None
    fim: bool = False


def _inteiro(bits, ordem):
    return lambda n: int(n).to_bytes(bits // 8, ordem, signed=True)


def _binaria(n):
    return int(n).to_bytes(max((int(n).bit_length() + 7) // 8, 1), "big")


CRUA = Forma("crua", "algarismos sem terminador, como no enunciado", lambda n: n.encode(), texto=True)
LINHA = Forma("linha", "algarismos terminados em \\n", lambda n: f"{n}\n".encode(), texto=True)
NULA = Forma("nula", "algarismos terminados no byte \\0, como uma string do C", lambda n: f"{n}\0".encode(), texto=True)
FIM = Forma("fim", "algarismos seguidos do fim do envio", lambda n: n.encode(), texto=True, fim=True)
BINARIA = Forma("binária", "o número em binário, o byte mais alto primeiro", _binaria)
UTF_DO_JAVA = Forma(
    "UTF do Java", "o texto precedido do tamanho, como writeUTF", lambda n: len(n).to_bytes(2, "big") + n.encode()
)
UTF_16 = Forma("UTF-16", "algarismos em UTF-16, dois bytes cada um", lambda n: n.encode("utf-16-le"))
PICKLE = Forma("pickle", "um objeto serializado do Python (pickle)", lambda n: pickle.dumps(n, 4))
CURTO = Forma("inteiro de 32 bits", "um inteiro binário de 4 bytes", _inteiro(32, "big"), casas=9)
CURTO_INVERTIDO = Forma(
    "inteiro de 32 bits, o byte baixo primeiro",
    "um inteiro binário de 4 bytes, o byte baixo primeiro (a ordem da máquina, e não a da rede)",
    _inteiro(32, "little"), casas=9,
)  # fmt: skip
LONGO = Forma("inteiro de 64 bits", "um inteiro binário de 8 bytes", _inteiro(64, "big"), casas=18)
LONGO_INVERTIDO = Forma(
    "inteiro de 64 bits, o byte baixo primeiro",
    "um inteiro binário de 8 bytes, o byte baixo primeiro (a ordem da máquina, e não a da rede)",
    _inteiro(64, "little"), casas=18,
)  # fmt: skip

INVERTIDAS = {CURTO: CURTO_INVERTIDO, LONGO: LONGO_INVERTIDO}
# As que se experimentam quando os algarismos não bastam; das mais curtas às mais longas, porque quem lê 4 bytes responderia
# aos 4 primeiros de um pickle.
OUTRAS = (UTF_DO_JAVA, UTF_16, CURTO, LONGO, PICKLE)
