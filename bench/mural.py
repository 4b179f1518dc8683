"""O placar de uma turma de 200: quanto custa e quanto se atrasa, ao lado do servidor que enche o diário."""

import asyncio
import itertools
import subprocess
import sys
import time

from parimpar import Diario, Servidor
from parimpar.aulas.placar import Placar

from .processos import abrir_descritores

ALUNOS = 200
ENTRE_VOLTAS = 1.2  # segundos: cada volta são 6 eventos, e 200 alunos fazem 1.000 por segundo
ENTRE_LEITURAS = 0.4  # segundos, como no mural do notebook
ATRASO = 0.5  # segundos: o máximo que o placar pode estar atrasado


def medir(segundos):
    """(CPU do placar por segundo, CPU do servidor por segundo, maior atraso, eventos por segundo, linhas do placar)."""
    abrir_descritores()
    with Servidor(diario=Diario()) as servidor:
        placar, lido, atraso = Placar(servidor.diario), 0.0, 0.0
        with subprocess.Popen([sys.executable, "-m", "bench.mural", str(servidor.porta), str(segundos)]) as turma:
            cpu, inicio, anterior = time.process_time(), time.monotonic(), time.monotonic()
            while turma.poll() is None:
                time.sleep(ENTRE_LEITURAS)
                antes = time.thread_time()
                placar.atualizar()
                lido += time.thread_time() - antes
                atraso, anterior = max(atraso, time.monotonic() - anterior), time.monotonic()
        durou, total = time.monotonic() - inicio, time.process_time() - cpu
        return lido / durou, (total - lido) / durou, atraso, servidor.diario.cursor / durou, len(placar.alunos)


async def aluno(numero, porta, fim):
    origem = f"127.0.{2 + numero // 250}.{1 + numero % 250}"
    await asyncio.sleep(ENTRE_VOLTAS * numero / ALUNOS)
    for pedido in itertools.cycle(["7", "8", "12345678901"]):
        if time.monotonic() > fim:
            return
        leitor, escritor = await asyncio.open_connection("127.0.0.1", porta, local_addr=(origem, 0))
        escritor.write(f"{pedido}\n".encode())
        resposta = await leitor.readline()
        escritor.write(resposta.strip() + b" FIM\n")
        escritor.close()
        await escritor.wait_closed()
        await asyncio.sleep(ENTRE_VOLTAS)


async def turma(porta, segundos):
    fim = time.monotonic() + segundos
    await asyncio.gather(*(aluno(numero, porta, fim) for numero in range(ALUNOS)))


def relatar(rapido):
    do_placar, do_servidor, atraso, eventos, linhas = medir(5 if rapido else 60)
    print(
        f"{linhas} alunos, {eventos:.0f} eventos/s: o placar gasta {do_placar:.1%} de um processador, "
        f"e o servidor, {do_servidor:.1%}"
    )
    return [
        (f"placar de {ALUNOS} alunos ≤ 20% de um processador", f"{do_placar:.1%}", do_placar <= 0.2),
        ("placar atrasado no máximo 0,5 s", f"{atraso:.2f} s", atraso <= ATRASO),
    ]


if __name__ == "__main__":
    asyncio.run(turma(int(sys.argv[1]), float(sys.argv[2])))
