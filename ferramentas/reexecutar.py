"""Executa de novo os notebooks, cada um num kernel limpo, e grava as saídas, a navegação e o tempo do índice.

Uso: python -m ferramentas.reexecutar [--sem-executar] [notebook …]
"""

import argparse
import pathlib
import re

import nbformat
from nbclient import NotebookClient

from parimpar.jupyter.gravar import sem_controles

from .indice import AULAS, PASTA, TODAS, navegacao

METADADOS = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def reexecutar(notebook, pasta):
    """Executa, e tira das saídas o que muda a cada vez ou não serve a quem só lê."""
    NotebookClient(notebook, timeout=60, coalesce_streams=True, resources={"metadata": {"path": str(pasta)}}).execute()
    sem_controles(notebook)
    notebook.metadata = nbformat.from_dict(METADADOS)
    for celula in notebook.cells:
        celula.metadata.pop("execution", None)
        if celula.source.startswith("Preveja("):
            celula.metadata["jupyter"] = {"source_hidden": True}  # quem lê a aula quer a pergunta, não o código


def navegar(notebook, aula):
    """Escreve a navegação no começo e no fim, e o tempo, como estão no índice."""
    textos = [c for c in notebook.cells if c.cell_type == "markdown"]
    linha = re.compile(rf"^{re.escape(TODAS)}.*$", re.M)
    for celula in (textos[0], textos[-1]):
        celula.source = linha.sub(lambda _: navegacao(aula), celula.source)
    textos[0].source = re.sub(r"(\*\*Tempo:\*\*) \d+ minutos", rf"\1 {aula.minutos} minutos", textos[0].source)


def main():
    """Trata os notebooks pedidos, ou todos."""
    pedido = argparse.ArgumentParser(prog="python -m ferramentas.reexecutar", description=__doc__.partition("\n")[0])
    pedido.add_argument("notebooks", nargs="*", type=pathlib.Path)
    pedido.add_argument("--sem-executar", action="store_true", help="só a navegação e o tempo")
    opcoes = pedido.parse_args()
    for caminho in opcoes.notebooks or sorted(PASTA.glob("*.ipynb")):
        notebook = nbformat.read(caminho, as_version=4)
        for aula in AULAS:
            if aula.arquivo == caminho.name:
                navegar(notebook, aula)
        if not opcoes.sem_executar:
            reexecutar(notebook, caminho.resolve().parent)
        nbformat.validate(notebook)  # acusa identificadores repetidos
        nbformat.write(notebook, caminho)
        print(f"{caminho.name}: {len(notebook.cells)} células")


if __name__ == "__main__":
    main()
