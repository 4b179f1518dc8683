"""Exercício da aula 04: um sorteio em que PAR e ÍMPAR acontecem."""

from .aluno import Errou
from .exercicio import exercicio

SORTEIOS = 300


@exercicio(
    dicas=[
        "sorteie primeiro quantas casas o número tem: random.randint(1, 30)",
        "depois os algarismos; o primeiro não pode ser 0 quando há mais de uma casa",
        "com `casas` casas, o menor número é 10 ** (casas - 1) e o maior, 10 ** casas - 1 (para uma casa, comece em 0)",
    ],
    solucao="""
    def sortear():
        casas = random.randint(1, 30)
        menor = 10 ** (casas - 1) if casas > 1 else 0
        return str(random.randint(menor, 10**casas - 1))
    """,
)
def sortear(aluno):
    """Um número em texto, com 1 a 30 casas, todas as quantidades igualmente prováveis."""
    sorteados = [aluno() for _ in range(SORTEIOS)]
    for numero in sorteados:
        if not isinstance(numero, str):
            raise Errou(f"devolva um texto, como '123'; veio {numero!r}: use str(...)")
        if not (numero.isascii() and numero.isdigit()):
            raise Errou(f"só algarismos; veio {numero!r}")
        if len(numero) > 30:
            raise Errou(f"{numero} tem {len(numero)} casas, e o limite é 30")
        if len(numero) > 1 and numero[0] == "0":
            raise Errou(f"{numero!r} começa com zero")
    curtos = sum(len(numero) <= 10 for numero in sorteados)
    if curtos < SORTEIOS / 6:  # o esperado é um terço; um sexto está a seis desvios
        raise Errou(f"em {SORTEIOS} sorteios, só {curtos} com até 10 casas: PAR e ÍMPAR quase não acontecem")
    if curtos > SORTEIOS / 2:
        raise Errou(f"em {SORTEIOS} sorteios, {curtos} com até 10 casas: as letras quase não acontecem")
    faltam = [casas for casas in range(1, 31) if all(len(numero) != casas for numero in sorteados)]
    if len(faltam) > 3:
        raise Errou(f"em {SORTEIOS} sorteios nenhum número teve {', '.join(map(str, faltam[:6]))} casas")
