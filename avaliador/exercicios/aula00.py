"""Exercícios da aula 00: textos que viram bytes."""

from parimpar.texto import contar

from .aluno import Errou
from .exercicio import exercicio


@exercicio(
    dicas=[
        "texto.encode() dá os bytes do texto",
        "len conta o que há numa sequência: os caracteres de um texto, ou os bytes de uns bytes",
        "não se esqueça do return, nem dos parênteses de encode()",
    ],
    solucao="""
    def quantos_bytes(texto):
        return len(texto.encode())
    """,
)
def quantos_bytes(aluno):
    """Quantos bytes o texto ocupa em UTF-8."""
    for texto in ("7", "PAR", "ÍMPAR", "ÍMPAR FIM", "ação", "", "🙂"):
        certo, veio = len(texto.encode()), aluno(texto)
        if veio is None:
            raise Errou(f"para {texto!r}, a função não devolveu nada: falta o return")
        if isinstance(veio, bytes | list | tuple):
            raise Errou(f"para {texto!r}, vieram os próprios bytes, {veio!r}: devolva quantos são, com len(…)")
        if isinstance(veio, bool) or not isinstance(veio, int):
            raise Errou(f"para {texto!r}, devolva um número inteiro; veio {veio!r}")
        if veio != certo and veio == len(texto):
            raise Errou(f"{texto!r} tem {contar(veio, 'caractere', 'caracteres')}, que ocupam {certo} bytes: conte "
                        "os de texto.encode()")  # fmt: skip
        if veio != certo:
            raise Errou(f"para {texto!r}, esperava {certo}, e veio {veio}")


@exercicio(
    dicas=[
        "primeiro o texto inteiro, com a quebra de linha no fim; depois o encode",
        "a quebra de linha se escreve '\\n', com uma barra só, e é um caractere",
        "numero + '\\n' junta dois textos; (numero + '\\n').encode() os leva a bytes",
    ],
    solucao="""
    def montar_pedido(numero):
        return (numero + "\\n").encode()
    """,
)
def montar_pedido(aluno):
    """Os bytes de um pedido em linha: os algarismos e a quebra de linha."""
    for numero in ("7", "1234567890", "12345678901"):
        certo, veio = numero + "\n", aluno(numero)
        if veio is None:
            raise Errou(f"para {numero!r}, a função não devolveu nada: falta o return")
        if isinstance(veio, str):
            raise Errou(f"para {numero!r}, devolva bytes; veio o texto {veio!r}: falta o .encode()")
        if not isinstance(veio, bytes):
            raise Errou(f"para {numero!r}, devolva bytes; veio {veio!r}")
        if veio != certo.encode():
            raise Errou(f"para {numero!r}, {_o_que_ha_de_errado(numero, veio)}", certo, veio)


def _o_que_ha_de_errado(numero, veio):
    if veio == numero.encode():
        return "falta a quebra de linha no fim"
    if b"\\n" in veio:
        return "a quebra de linha é '\\n', com uma barra só: com duas são dois caracteres"
    if b"numero" in veio:
        return "entre aspas vai a palavra numero, e não o que ela guarda: tire-a das aspas, ou ponha o f na frente"
    if veio.startswith(b"\n"):
        return "a quebra de linha vem no fim"
    if veio.endswith(b"\r\n"):
        return "só a quebra de linha, sem \\r"
    if numero.encode() not in veio:
        return "cada algarismo é um caractere, e vira um byte: use numero.encode(), e não bytes(…)"
    return "os bytes não são os algarismos e uma quebra de linha"
