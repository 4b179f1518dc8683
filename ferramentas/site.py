"""Faz o site em _site/.

Uso: python iniciar.py site [pasta]
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from parimpar.folha import escuras

from .publicar.fontes import RAIZ, preparar

CONFIGURACAO = pathlib.Path(__file__).with_name("publicar")  # onde está o conf.py

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
    destino = pathlib.Path(destino).resolve()
    shutil.rmtree(destino, ignore_errors=True)
    with tempfile.TemporaryDirectory() as pasta:
        fontes, avisos = pathlib.Path(pasta) / "fontes", pathlib.Path(pasta) / "avisos.txt"
        preparar(fontes, livro)
        construtor, arvores = "singlehtml" if livro else "html", f"{pasta}/arvores"
        # Num processo à parte: o Sphinx muda o locale e os registros de quem o chama.
        feito = subprocess.run(
            [sys.executable, "-m", "sphinx", "-q", "-b", construtor, "-c", str(CONFIGURACAO), "-d", arvores,
             "-w", str(avisos), str(fontes), str(destino)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        )  # fmt: skip
        if feito.returncode:
            raise SystemExit(f"o Sphinx não terminou:\n{feito.stdout}")
        with open(destino / "_static" / "parimpar.css", "a", encoding="utf-8") as estilo:
            estilo.write(f'html[data-theme="dark"] {{ {escuras()} }}\n')
        for pagina in destino.rglob("*.html"):
            pagina.write_text(_traduzir(pagina.read_text(encoding="utf-8")), encoding="utf-8")
        for sobra in ("objects.inv", ".buildinfo", "_sources"):
            alvo = destino / sobra
            shutil.rmtree(alvo) if alvo.is_dir() else alvo.unlink(missing_ok=True)
        for molde in (destino / "_static").glob("*macros.html"):  # do tema, e não uma página
            molde.unlink()
        return avisos.read_text(encoding="utf-8")


def _traduzir(pagina):
    for ingles, portugues in EM_INGLES.items():
        pagina = pagina.replace(ingles, portugues)
    # O índice das aulas é uma região da página, que o tema não nomeia para o leitor de tela.
    barra = 'class="bd-sidebar-primary bd-sidebar"'
    pagina = pagina.replace(barra, f'{barra} role="navigation" aria-label="Aulas"')
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
