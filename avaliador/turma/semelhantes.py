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
    """Para cada resultado, os nomes das outras entregas que têm um arquivo com o mesmo código."""
    donos = defaultdict(set)
    for i, resultado in enumerate(resultados):
        for digital in filter(None, resultado.impressoes.values()):
            donos[digital].add(i)
    iguais = [set() for _ in resultados]
    for de_um_codigo in donos.values():
        for i in de_um_codigo:
            iguais[i] |= de_um_codigo - {i}
    return [sorted(resultados[i].entrega for i in outros) for outros in iguais]
