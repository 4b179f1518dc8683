"""Quanto demora um exame, e quantos exames por minuto faz uma turma, de duas em duas entregas."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ALUNOS = pathlib.Path(__file__).parents[1] / "tests" / "alunos" / "servidores"
PROGRAMAS = ("simples", "threads", "eco", "um_cliente", "sem_reuse", "latin1")
AVALIAR = [sys.executable, "-m", "parimpar", "avaliar"]


def cronometrar(*argumentos):
    inicio = time.monotonic()
    subprocess.run([*AVALIAR, *argumentos], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - inicio


def relatar(rapido):
    programas = PROGRAMAS[:2] if rapido else PROGRAMAS
    um_a_um = [cronometrar("servidor", "--", sys.executable, str(ALUNOS / f"{nome}.py")) for nome in programas]
    with tempfile.TemporaryDirectory() as pasta:
        for nome in programas:
            (pathlib.Path(pasta) / nome).mkdir()
            shutil.copy(ALUNOS / f"{nome}.py", pathlib.Path(pasta) / nome / "servidor.py")
        turma = cronometrar("turma", pasta, "--paralelas", "2")
    for nome, segundos in zip(programas, um_a_um, strict=True):
        print(f"exame de {nome}.py: {segundos:.1f} s")
    por_minuto = 60 * len(programas) / turma
    print(f"turma de {len(programas)}, duas entregas de cada vez: {turma:.1f} s, {por_minuto:.1f} exames por minuto")
    razao = sum(um_a_um) / turma
    return [("a turma, de duas em duas, ≥ 1,5× um exame depois do outro", f"{razao:.2f}×", razao >= 1.5)]
