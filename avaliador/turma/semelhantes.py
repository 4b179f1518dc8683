"""Entregas com o mesmo código, para quem ensina olhar: não é acusação, e o enunciado que se copia é de todos."""

import hashlib
import io
import re
import tokenize
from collections import defaultdict

MINIMO = 200  # caracteres de código: um arquivo menor do que isto se parece com qualquer outro


def impressao(codigo, final):
    """A impressão digital de um código sem comentários, espaços nem nomes de arquivo; "" se ele é pequeno demais.

    Args:
        final: a extensão, como ".py".
    """
    simples = _do_python(codigo) if final in (".py", ".ipynb") else re.sub(r"//.*|/\*.*?\*/", "", codigo, flags=re.S)
    simples = re.sub(r"\s+", "", simples)
    return hashlib.sha256(simples.encode("utf-8", "replace")).hexdigest()[:16] if len(simples) >= MINIMO else ""


def _do_python(codigo):
    try:
        pecas = list(tokenize.generate_tokens(io.StringIO(codigo).readline))
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        return re.sub(r"#.*", "", codigo)
    return " ".join(peca.string for peca in pecas if peca.type not in (tokenize.COMMENT, tokenize.NL))


def semelhantes(resultados):
    """{entrega: [as outras que têm um arquivo com o mesmo código]}, só as que têm alguma."""
    donos = defaultdict(set)
    for resultado in resultados:
        for digital in filter(None, resultado.impressoes.values()):
            donos[digital].add(resultado.entrega)
    iguais = defaultdict(set)
    for nomes in donos.values():
        for nome in nomes if len(nomes) > 1 else ():
            iguais[nome] |= nomes - {nome}
    return {nome: sorted(outros) for nome, outros in iguais.items()}
