"""O mural de uma turma de 200, como se projeta: quanto custa ler e desenhar, quanto se atrasa, e quanta memória pede."""

import asyncio
import itertools
import os
import subprocess
import sys
import time

from parimpar.aulas.mural import Mural

from .processos import abrir_descritores

ALUNOS = 200
ENTRE_VOLTAS = 1.15  # segundos: cada volta são 6 eventos, e 200 alunos fazem mais de 1.000 por segundo
ATRASO = 0.5  # segundos: o máximo que o mural pode estar atrasado
CPU = 0.2  # de um processador
CRESCIMENTO = 32 << 20  # bytes: o diário cheio, e pouco mais
AQUECIMENTO = 0.25  # da medida: o que se carrega e se enche uma vez não é crescimento


class MuralMedido(Mural):
    """Um mural que mede a si mesmo.

    gasto: segundos de processador que a leitura e o desenho levaram.
    atraso: o máximo que algo pode ter levado para aparecer; o que chega logo depois de uma leitura só se vê no fim
        do desenho seguinte.
    """

    gasto = atraso = comecou = 0.0

    def redesenhar(self):
        """Lê, desenha e mede."""
        comeco, antes = time.monotonic(), time.thread_time()
        super().redesenhar()
        self.gasto += time.thread_time() - antes
        if self.comecou:
            self.atraso = max(self.atraso, time.monotonic() - self.comecou)
        self.comecou = comeco


def memoria():
    """Bytes residentes deste processo."""
    with open("/proc/self/statm") as arquivo:
        return int(arquivo.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def medir(segundos):
    """Um dicionário com o que se mediu: por segundo, o processador; e o maior atraso, os eventos, a memória."""
    abrir_descritores()
    mural = MuralMedido("127.0.0.1", 0)
    try:
        with subprocess.Popen([sys.executable, "-m", "bench.mural", str(mural.servidor.porta), str(segundos)]) as turma:
            time.sleep(segundos * AQUECIMENTO)
            cpu, gasto, comeco, antes = time.process_time(), mural.gasto, time.monotonic(), memoria()
            eventos = mural.placar.diario.cursor
            turma.wait()
        durou = time.monotonic() - comeco
        gasto, cpu = (mural.gasto - gasto) / durou, (time.process_time() - cpu) / durou
        return {
            "mural": gasto, "servidor": cpu - gasto, "atraso": mural.atraso, "cresceu": memoria() - antes,
            "eventos": (mural.placar.diario.cursor - eventos) / durou, "alunos": len(mural.placar.alunos),
            "perdidos": mural.placar.perdidos, "memoria": memoria(),
        }  # fmt: skip
    finally:
        mural.fechar()


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


def relatar(rapido, segundos=None):
    """Escreve o que se mediu e devolve [(meta, valor, atende)].

    Args:
        segundos: quanto tempo a turma conversa; por padrão, um minuto.
    """
    segundos = segundos or (5 if rapido else 60)
    visto = medir(segundos)
    print(
        f"{visto['alunos']} alunos durante {segundos:.0f} s, {visto['eventos']:.0f} eventos/s: o mural gasta "
        f"{visto['mural']:.1%} de um processador, e o servidor, {visto['servidor']:.1%}; o processo ocupa "
        f"{visto['memoria'] / 2**20:.0f} MiB"
    )
    return [
        (f"ler e desenhar {ALUNOS} alunos ≤ {CPU:.0%} de um processador", f"{visto['mural']:.1%}", visto["mural"] <= CPU),
        (f"mural atrasado no máximo {ATRASO} s".replace(".", ","), f"{visto['atraso']:.2f} s", visto["atraso"] <= ATRASO),
        ("nenhum evento perdido", str(visto["perdidos"]), not visto["perdidos"]),
        (
            f"depois do aquecimento, a memória cresce ≤ {CRESCIMENTO >> 20} MiB", f"{visto['cresceu'] / 2**20:.1f} MiB",
            visto["cresceu"] <= CRESCIMENTO,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    asyncio.run(turma(int(sys.argv[1]), float(sys.argv[2])))
