"""O pedido de um cliente, lido: em que forma veio o número, e qual é; e a resposta, escrita na mesma forma."""

import pickle
import pickletools
import re
from dataclasses import dataclass

from parimpar.texto import visivel

from .conselhos import Conselho

MAXIMO_DE_CASAS = 4000  # algarismos que se convertem em número: o Python não converte mais de 4300
MAIOR_BINARIO = 13  # bytes: 10³⁰ cabe em 13
DO_NUMERO = (
    "INT",
    "LONG",
    "UNICODE",
    "STRING",
    "BYTES",
)  # pedaços dos nomes das operações do pickle que trazem valores

ALGARISMOS = Conselho(
    "Envie o texto do número, só com os algarismos de 0 a 9",
    python="str(numero).encode()", java="numero.toString().getBytes()", js="socket.write(String(numero))",
    c="send(s, numero, strlen(numero), 0);",
)  # fmt: skip


@dataclass(frozen=True)
class Forma:
    """Um jeito de mandar o número.

    nome: curto, sempre o mesmo.
    descricao: em que consiste, numa frase.
    ler: função dos bytes que devolve o número em texto, ou None se eles não estão nesta forma.
    envolver: função da resposta, em texto, que devolve (o que vai antes, ela, o que vai depois), em bytes.
    desenvolver: função dos bytes de uma mensagem que devolve o texto dela, em UTF-8.
    binaria: os bytes do número não são o texto dele.
    solta: quaisquer bytes, deste tamanho, podem ser um número: só se pensa nela se algum pedido não for texto.
    causa: como mandar só os algarismos, para quem usa esta forma.
    """

    nome: str
    descricao: str
    ler: object
    envolver: object = lambda texto: (b"", texto.encode(), b"")
    desenvolver: object = lambda dados: dados
    binaria: bool = False
    solta: bool = False
    causa: object = ALGARISMOS

    @property
    def marcada(self):
        """A própria forma diz onde o texto acaba, sem fim de linha?"""
        antes, _, depois = self.envolver("PAR")
        return bool(antes or depois)


@dataclass(frozen=True)
class PedidoLido:
    """O que o cliente enviou, lido.

    forma: o nome da `Forma`; "outra" se não se reconhece nenhuma.
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
        return self.forma in FORMAS and FORMAS[self.forma].binaria

    @property
    def casas(self):
        """Quantos algarismos tem."""
        return len(self.texto.lstrip("+-"))

    @property
    def descricao(self):
        """A forma, numa frase."""
        if self.forma in FORMAS:
            return FORMAS[self.forma].descricao
        return f"algo que não é um inteiro: {visivel(self.dados)}"


def ler_pedido(dados, forma=None):
    """Lê os bytes de um pedido; nunca falha.

    Args:
        forma: o nome daquela em que se sabe que o programa fala; por padrão, a primeira que serve a estes bytes.
    """
    for candidata in [FORMAS[forma]] if forma in FORMAS else []:
        if (texto := candidata.ler(dados)) is not None:
            return _lido(candidata, texto, dados)
    soltas = _solto(dados)
    servem = [(f, texto) for f in FORMAS.values() if soltas >= f.solta and (texto := f.ler(dados)) is not None]
    if not servem:
        return PedidoLido("outra", dados.decode("utf-8", "backslashreplace").strip(), None, dados)
    # Um inteiro de 4 bytes lê-se nas duas ordens: sem saber mais, vale a que dá o menor número.
    mesmas = [par for par in servem if _familia(par[0]) == _familia(servem[0][0])]
    return _lido(*min(mesmas, key=lambda par: len(par[1].lstrip("+-"))), dados)


def forma_comum(vistos):
    """O nome da forma que lê todos estes pedidos; None se nenhuma os lê a todos.

    Um pedido só pode enganar: 7 seguido de um zero tanto é texto do C como UTF-16. Entre duas ordens dos bytes, vale a
    que dá os números que o programa mostrou na tela e, se ele não mostrou nenhum, a que dá os menores.

    Args:
        vistos: pares (bytes do pedido, o que o programa escreveu na tela).
    """
    soltas = any(_solto(dados) for dados, _ in vistos)
    servem = [f for f in FORMAS.values() if soltas >= f.solta and all(f.ler(dados) is not None for dados, _ in vistos)]
    if not servem:
        return None

    def pontos(forma):
        textos = [(forma.ler(dados), tela) for dados, tela in vistos]
        return -sum(texto in tela for texto, tela in textos), sum(len(texto.lstrip("+-")) for texto, _ in textos)

    return min([f for f in servem if _familia(f) == _familia(servem[0])], key=pontos).nome


def _familia(forma):
    return forma.nome.partition(",")[0]


def _lido(forma, texto, dados):
    if forma.nome == "exponencial":
        mantissa, expoente = re.split("[eE]", texto)
        inteira, _, fracao = mantissa.partition(".")
        return PedidoLido(forma.nome, texto, int(inteira + fracao.ljust(int(expoente), "0")), dados)
    return PedidoLido(forma.nome, texto, int(texto) if _algarismos(texto) else None, dados)


def _algarismos(texto):
    """O texto, sem as bordas, se é um inteiro em algarismos ASCII; senão, None."""
    texto = texto.strip(" \t\r\n")
    return texto if re.fullmatch(rf"[+-]?[0-9]{{1,{MAXIMO_DE_CASAS}}}", texto) else None


def _cru(dados):
    return None if dados.endswith(b"\n") else _algarismos(dados.decode("latin-1"))


def _em_linha(dados):
    return _algarismos(dados.decode("latin-1")) if dados.endswith(b"\n") else None


def _exponencial(dados):
    texto = dados.decode("latin-1").strip()
    return texto if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?[eE]\+?[0-9]{1,3}", texto) else None


def _com_tamanho(dados):
    """O writeUTF do Java: dois bytes com o tamanho, e o texto."""
    if len(dados) < 3 or int.from_bytes(dados[:2], "big") != len(dados) - 2:
        return None
    return _algarismos(dados[2:].decode("latin-1"))


def _com_marca(dados):
    return _algarismos(dados[3:].decode("latin-1")) if dados.startswith(b"\xef\xbb\xbf") else None


def _utf_16(ordem):
    def ler(dados):
        marca = {"le": b"\xff\xfe", "be": b"\xfe\xff"}[ordem]
        try:
            return _algarismos(dados.removeprefix(marca).decode(f"utf-16-{ordem}"))
        except UnicodeDecodeError:
            return None

    return ler


def _com_zero(dados):
    """O texto do C, com o \\0 que o termina, e às vezes o resto do vetor em que ele estava."""
    texto, zero, resto = dados.partition(b"\0")
    inteiro = not resto.strip(b"\0") or len(dados) > MAIOR_BINARIO
    return _algarismos(texto.decode("latin-1")) if zero and inteiro else None


def _conservado(dados):
    """O pickle do Python: o primeiro valor que ele traz, sem executar nada do que ele manda."""
    if dados[:1] != b"\x80" or not dados.endswith(b"."):
        return None
    try:
        for operacao, valor, _ in pickletools.genops(dados):
            if any(parte in operacao.name for parte in DO_NUMERO) and valor is not None:
                return valor.decode("latin-1") if isinstance(valor, bytes) else str(valor)
    except Exception:  # o pickletools levanta de tudo com bytes que não são de um pickle
        return None
    return ""


def _objeto(dados):
    """O ObjectOutputStream do Java: o texto, se o objeto é um."""
    if not dados.startswith(b"\xac\xed"):
        return None
    texto = dados[7:].decode("latin-1")
    return texto if dados[4:5] == b"t" and _algarismos(texto) else ""


def _de_bytes(tamanho, ordem):
    def ler(dados):
        return str(int.from_bytes(dados, ordem, signed=True)) if len(dados) == tamanho else None

    return ler


def _binario(ordem):
    def ler(dados):
        return str(int.from_bytes(dados, ordem)) if 0 < len(dados) <= MAIOR_BINARIO else None

    return ler


def _solto(dados):
    """São bytes soltos, e não texto (nem letras acentuadas ou algarismos Unicode, em UTF-8)?"""
    try:
        return not (re.fullmatch(rb"[\t\r\n -~]+", dados) or dados.decode("utf-8").strip().isprintable())
    except UnicodeDecodeError:
        return True


def _em_utf_16(ordem):
    def envolver(texto):
        return b"", texto.encode(f"utf-16-{ordem}"), b""

    def desenvolver(dados):
        return dados.decode(f"utf-16-{ordem}", "replace").encode()

    return envolver, desenvolver


def _no_pickle(texto):
    antes, depois = pickle.dumps(texto, 4).split(texto.encode())
    return antes, texto.encode(), depois


def _do_pickle(dados):
    return (_conservado(dados) or "").encode() or dados


EM_UTF_16 = "Use UTF-8, em que cada algarismo é um byte só: o enunciado e os outros servidores não esperam UTF-16."
ALTO, BAIXO = ", o byte alto primeiro", ", o byte baixo primeiro"


def _tamanho_antes(texto):
    return len(texto.encode()).to_bytes(2, "big")


def _inteiro(bits, ordem):
    nome, bytes_ = f"inteiro de {bits} bits", bits // 8
    if ordem == "little":
        return Forma(
            f"{nome}{BAIXO}", f"um inteiro binário de {bytes_} bytes{BAIXO}", _de_bytes(bytes_, ordem), binaria=True,
            solta=True,
        )  # fmt: skip
    return Forma(nome, f"um inteiro binário de {bytes_} bytes", _de_bytes(bytes_, ordem), binaria=True, solta=True)


FORMAS = {
    forma.nome: forma
    for forma in (
        Forma("crua", "algarismos sem terminador, como no enunciado", _cru),
        Forma("linha", "algarismos terminados em \\n", _em_linha),
        Forma("exponencial", "um número em notação exponencial", _exponencial),
        Forma(
            "UTF do Java", "o texto precedido do tamanho, como writeUTF", _com_tamanho,
            lambda texto: (_tamanho_antes(texto), texto.encode(), b""), lambda dados: dados[2:], binaria=True,
            causa="O writeUTF põe dois bytes antes do texto: use getOutputStream().write(numero.getBytes()).",
        ),
        Forma(
            "com BOM", "algarismos com a marca ef bb bf (BOM) antes deles", _com_marca,
            causa="Os 3 bytes ef bb bf antes do número são a marca do UTF-8: no C#, use new UTF8Encoding(false).",
        ),
        Forma(
            "UTF-16", "algarismos em UTF-16, dois bytes cada um", _utf_16("le"), *_em_utf_16("le"), binaria=True,
            causa=EM_UTF_16,
        ),
        Forma(
            f"UTF-16{ALTO}", f"algarismos em UTF-16, dois bytes cada um{ALTO}", _utf_16("be"), *_em_utf_16("be"),
            binaria=True, causa=EM_UTF_16,
        ),
        Forma(
            "com NUL", "algarismos terminados em \\0, o fim dos textos do C", _com_zero,
            lambda texto: (b"", texto.encode(), b"\0"), lambda dados: dados.rstrip(b"\0"),
            causa="O \\0 que termina o texto no C não é do número: envie strlen(texto) bytes, e não strlen(texto) + 1.",
        ),
        Forma(
            "pickle", "um objeto serializado do Python (pickle)", _conservado, _no_pickle, _do_pickle, binaria=True,
            causa="Só um programa em Python lê um pickle: envie o texto do número, str(numero).encode().",
        ),
        Forma(
            "objeto do Java", "um objeto serializado do Java (ObjectOutputStream)", _objeto,
            lambda texto: (b"\xac\xed\0\x05t" + _tamanho_antes(texto), texto.encode(), b""),
            lambda dados: dados.removeprefix(b"\xac\xed\0\x05")[3:], binaria=True,
            causa="Só um programa em Java lê um objeto serializado: use getOutputStream().write(numero.getBytes()).",
        ),
        *(_inteiro(bits, ordem) for bits in (32, 64) for ordem in ("big", "little")),
        Forma(
            "binária", "o número em binário, o byte mais alto primeiro", _binario("big"), binaria=True, solta=True,
        ),
        Forma(f"binária{BAIXO}", f"o número em binário{BAIXO}", _binario("little"), binaria=True, solta=True),
    )
}  # fmt: skip
