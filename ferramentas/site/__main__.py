"""Faz o site em _site/.

Uso: python -m ferramentas.site [pasta]
"""

import pathlib
import re
import shutil
import sys
import tempfile

from parimpar.folha import escuras

from .fontes import RAIZ, preparar

# O que o tema e o myst-nb escrevem em inglês, e a tradução que lhes falta não alcança.
EM_INGLES = {
    "Show code cell source": "Mostrar o código",
    "Hide code cell source": "Esconder o código",
    "Show code cell content": "Mostrar a célula",
    "Hide code cell content": "Esconder a célula",
    "Show code cell output": "Mostrar a saída",
    "Hide code cell output": "Esconder a saída",
    "Toggle hidden content": "Mostrar ou esconder o código",
    "Skip to main content": "Ir para o conteúdo",
    "Back to top": "Voltar ao começo",
    "Search...": "Buscar…",
    "Toggle primary sidebar": "Mostrar ou esconder o índice das aulas",
    "Toggle secondary sidebar": "Mostrar ou esconder o índice da página",
    "System Settings": "Como no sistema",
    ">Light<": ">Claro<",
    ">Dark<": ">Escuro<",
    '"Light"': '"Claro"',
    '"Dark"': '"Escuro"',
    "Color mode": "Tema",
    "Version warning": "Aviso de versão",
    "Site navigation": "Navegação do site",
    "On this page": "Nesta página",
    'aria-label="Main"': 'aria-label="Índice"',
    'aria-label="Page"': 'aria-label="Página"',
}


def construir(destino, livro=False):
    """Faz o site na pasta e devolve os avisos do Sphinx, um por linha.

    Args:
        destino: pasta de saída; o que houver nela é apagado.
        livro: numa página só, para o PDF.
    """
    from sphinx.cmd.build import main as sphinx

    destino = pathlib.Path(destino).resolve()
    shutil.rmtree(destino, ignore_errors=True)
    with tempfile.TemporaryDirectory() as pasta:
        fontes, avisos = pathlib.Path(pasta) / "fontes", pathlib.Path(pasta) / "avisos.txt"
        preparar(fontes, livro)
        argumentos = [
            "-q",
            "-b",
            "singlehtml" if livro else "html",
            "-c",
            str(pathlib.Path(__file__).parent),
            "-d",
            f"{pasta}/doctrees",
        ]
        argumentos += ["-w", str(avisos), str(fontes), str(destino)]
        if sphinx(argumentos):
            raise SystemExit(f"o Sphinx não terminou:\n{avisos.read_text(encoding='utf-8')}")
        with open(destino / "_static" / "parimpar.css", "a", encoding="utf-8") as estilo:
            estilo.write(f'html[data-theme="dark"] {{ {escuras()} }}\n')
        for pagina in destino.rglob("*.html"):
            pagina.write_text(_traduzir(pagina.read_text(encoding="utf-8")), encoding="utf-8")
        for sobra in ("objects.inv", ".buildinfo", "_sources"):
            alvo = destino / sobra
            shutil.rmtree(alvo) if alvo.is_dir() else alvo.unlink(missing_ok=True)
        return avisos.read_text(encoding="utf-8")


def _traduzir(pagina):
    for ingles, portugues in EM_INGLES.items():
        pagina = pagina.replace(ingles, portugues)
    return re.sub(r'<html lang="pt"', '<html lang="pt-BR"', pagina)


def main(argumentos):
    """Faz o site na pasta pedida, ou em _site."""
    destino = pathlib.Path(argumentos[0] if argumentos else RAIZ / "_site")
    avisos = construir(destino)
    if avisos:
        print(avisos, file=sys.stderr)
    print(f"site em {destino / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
