"""Executa de novo todos os notebooks, cada um num kernel limpo, e grava as saídas.

Uso: python tests/reexecutar.py [notebook …]
"""

import pathlib
import sys

import nbformat
from nbclient import NotebookClient

PASTA = pathlib.Path(__file__).parent.parent / "notebooks"


def reexecutar(caminho):
    notebook = nbformat.read(caminho, as_version=4)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(caminho.parent)}}).execute()
    # O estado dos controles não se guarda: envelhece, e sem ele o repositório não muda à toa.
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for i, celula in enumerate(notebook.cells):
        celula.id = f"celula-{i:02d}"
        celula.metadata.pop("execution", None)
        if celula.source.startswith("Preveja("):
            celula.metadata["jupyter"] = {"source_hidden": True}  # o código traz a resposta
        for saida in celula.get("outputs", []):
            # Sem isto, um notebook aberto e não executado mostra um erro no lugar do controle.
            saida.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    nbformat.validate(notebook)
    nbformat.write(notebook, caminho)
    print(f"{caminho.name}: {len(notebook.cells)} células")


if __name__ == "__main__":
    for caminho in map(pathlib.Path, sys.argv[1:]) if sys.argv[1:] else sorted(PASTA.glob("*.ipynb")):
        reexecutar(caminho.resolve())
