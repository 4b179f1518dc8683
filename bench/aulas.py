"""Quanto demora conferir todas as aulas com o nbval, ao lado de outros tantos notebooks vazios."""

import pathlib
import subprocess
import sys
import tempfile
import time

import nbformat

RAIZ = pathlib.Path(__file__).parents[1]


def conferir(*o_que):
    """Segundos que o pytest leva para executar estes notebooks, um depois do outro."""
    inicio = time.monotonic()
    comando = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", *map(str, o_que)]
    subprocess.run(comando, cwd=RAIZ, stdout=subprocess.DEVNULL, check=False)
    return time.monotonic() - inicio


def medir():
    """(segundos das aulas, segundos dos vazios, quantos são)."""
    aulas = sorted((RAIZ / "notebooks").glob("*.ipynb"))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    vazio = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("pass")], metadata=kernel)
    with tempfile.TemporaryDirectory(dir=RAIZ) as pasta:
        vazios = [pathlib.Path(pasta) / f"{aula.stem}.ipynb" for aula in aulas]
        for caminho in vazios:
            nbformat.write(vazio, caminho)
        return conferir(*aulas), conferir(*vazios), len(aulas)


def relatar(rapido):
    das_aulas, dos_vazios, quantas = medir()
    print(f"{quantas} aulas conferidas em {das_aulas:.0f} s; outros tantos notebooks vazios, em {dos_vazios:.0f} s")
    razao = das_aulas / dos_vazios
    return [("todas as aulas no nbval ≤ 3× outros tantos notebooks vazios", f"{razao:.2f}×", razao <= 3)]
