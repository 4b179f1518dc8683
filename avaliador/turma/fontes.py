"""O código que há numa entrega, lido uma vez: também o que está nas células de um caderno do Jupyter."""

import json
import pathlib
import re
from dataclasses import dataclass

from .envios import ignorada

MAXIMO = 1024**2  # bytes de um arquivo de código que se lê
FINAIS = (".py", ".ipynb", ".js", ".mjs", ".cjs", ".java", ".c", ".cs", ".rb")


@dataclass(frozen=True)
class Fonte:
    """Um arquivo de código: o caminho, o caminho a partir da entrega, e o texto."""

    arquivo: pathlib.Path
    relativo: str
    codigo: str


def ler_fontes(pasta):
    """As fontes de uma entrega, da mais rasa à mais funda; as das bibliotecas e as grandes demais não contam."""
    return [fonte for fonte in (_ler(a, pasta) for a in arquivos_de_codigo(pasta)) if fonte]


def arquivos_de_codigo(pasta):
    """Os caminhos dos arquivos de código de uma pasta, dos mais rasos aos mais fundos."""
    arquivos = [a for a in pasta.rglob("*") if a.suffix.lower() in FINAIS and a.is_file() and not a.is_symlink()]
    arquivos = [a for a in arquivos if not any(map(ignorada, a.relative_to(pasta).parts[:-1])) and a.name[0] != "."]
    return sorted(arquivos, key=lambda a: (len(a.parts), str(a).casefold()))


def _ler(arquivo, pasta):
    if arquivo.stat().st_size > MAXIMO:
        return None
    dados = arquivo.read_bytes()
    marcas = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb": "utf-8-sig"}
    codigo = dados.decode(marcas.get(dados[:2], "utf-8"), "replace")
    relativo = arquivo.relative_to(pasta).as_posix()
    if arquivo.suffix.lower() == ".ipynb":
        codigo = _do_caderno(codigo)
    return Fonte(arquivo, relativo, codigo)


def _do_caderno(texto):
    """As células de código de um caderno, sem os comandos do Jupyter, que só ele entende."""
    try:
        celulas = json.loads(texto).get("cells", [])
        codigo = ["".join(c.get("source", "")) for c in celulas if c.get("cell_type") == "code"]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return ""
    linhas = "\n\n".join(c for c in codigo if not c.lstrip().startswith("%%")).splitlines()
    return "\n".join(linha for linha in linhas if not re.match(r"\s*[%!?]", linha)) + "\n"
