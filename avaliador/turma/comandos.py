"""Como se compila e se executa um arquivo de código, em cada linguagem em que se costuma fazer o trabalho."""

import contextlib
import re
import shutil
import sys

from .fontes import MAXIMO, arquivos_de_codigo


def _pacote_java(fonte):
    achado = re.search(r"^\s*package\s+([\w.]+)\s*;", fonte.codigo, re.M)
    return achado[1] if achado else ""


def pasta_de(fonte):
    """Onde executar: a do arquivo; em Java, a raiz dos pacotes."""
    pasta = fonte.arquivo.parent
    if fonte.arquivo.suffix.lower() == ".java":
        for parte in reversed(_pacote_java(fonte).split(".")):
            if parte and pasta.name == parte:
                pasta = pasta.parent
    return pasta


def comando_de(fonte, argumentos=()):
    """(comando, preparo, o que falta na máquina) de um arquivo de código."""
    arquivo, final = fonte.arquivo, fonte.arquivo.suffix.lower()
    if final == ".py":
        return (sys.executable, arquivo.name, *argumentos), (), ""
    if final == ".ipynb":
        copia = arquivo.with_name(f"{arquivo.stem}_do_caderno.py")
        with contextlib.suppress(OSError):
            copia.write_text(fonte.codigo, encoding="utf-8")
        return (sys.executable, copia.name, *argumentos), (), ""
    if final in (".js", ".mjs", ".cjs"):
        return ("node", arquivo.name, *argumentos), (), _falta("node")
    if final == ".rb":
        return ("ruby", arquivo.name, *argumentos), (), _falta("ruby")
    if final == ".java":
        raiz, pacote = pasta_de(fonte), _pacote_java(fonte)
        classe = f"{pacote}.{arquivo.stem}" if pacote else arquivo.stem
        fontes = [str(f.relative_to(raiz)) for f in arquivos_de_codigo(raiz) if f.suffix.lower() == ".java"]
        preparo = (("javac", "-encoding", "UTF-8", "-d", ".classes", *fontes),)
        return ("java", "-cp", ".classes", classe, *argumentos), preparo, _falta("java") or _falta("javac")
    if final == ".cs":
        return ("dotnet", "run", "--", *argumentos), (), _falta("dotnet")
    if any((arquivo.parent / nome).is_file() for nome in ("Makefile", "makefile", "GNUmakefile")):
        return (f"./{_alvo_do_make(arquivo)}", *argumentos), (("make",),), _falta("make") or _falta("cc")
    return (f"./{arquivo.stem}.exe", *argumentos), (
        ("cc", "-o", f"{arquivo.stem}.exe", arquivo.name, "-lpthread", "-lm"),
    ), _falta("cc")  # fmt: skip


def _alvo_do_make(arquivo):
    """O nome do executável que o Makefile faz deste arquivo; sem nada que o diga, o do próprio arquivo."""
    for nome in ("Makefile", "makefile", "GNUmakefile"):
        caminho = arquivo.parent / nome
        if caminho.is_file():
            texto = caminho.read_text(encoding="utf-8", errors="replace")[:MAXIMO]
            for linha in texto.splitlines():
                achado = re.search(r"-o\s+(\S+)", linha)
                if achado and arquivo.name in linha and "$" not in achado[1]:
                    return achado[1]
    return arquivo.stem


def _falta(programa):
    return "" if shutil.which(programa) else f"nesta máquina não há o programa {programa}"
