"""Um servidor no seu processo: quanto gastou de processador e de memória, visto de fora."""

import os
import pathlib
import re
import subprocess
import tempfile
import time

ESPERA = 10.0  # segundos para o servidor dizer a porta


def abrir_descritores():
    """Sobe o limite de descritores deste processo, e dos filhos, até onde o sistema deixa; devolve o limite."""
    import resource

    _, maximo = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (maximo, maximo))
    return maximo if maximo != resource.RLIM_INFINITY else 10**9


class Processo:
    """Um servidor que diz a porta na primeira linha, no último processador; o gerador de carga fica no primeiro.

    O que ele escreve vai para um arquivo, como o de quem digita `… > registro.txt`.
    """

    def __init__(self, comando):
        todos = os.sched_getaffinity(0)
        self._saida = tempfile.NamedTemporaryFile("r", encoding="utf-8")
        os.sched_setaffinity(0, sorted(todos)[-1:])  # o filho herda
        try:
            with open(self._saida.name, "w") as saida:
                self.popen = subprocess.Popen(comando, stdout=saida, stderr=subprocess.DEVNULL)
        finally:
            os.sched_setaffinity(0, todos)
        self._relogio = ~self.popen.pid << 3 | 2  # o relógio de processador de outro processo: clock_getcpuclockid(3)
        limite = time.monotonic() + ESPERA
        while not (porta := re.search(r"(?:^|:)(\d+)\b.*\n", pathlib.Path(self._saida.name).read_text("utf-8"))):
            if time.monotonic() > limite or self.popen.poll() is not None:
                raise RuntimeError(f"não iniciou: {' '.join(comando)}")
            time.sleep(0.02)
        self.porta = int(porta[1])

    def cpu(self):
        """Segundos de processador até aqui."""
        return time.clock_gettime(self._relogio)

    def memoria(self):
        """Bytes de memória residente."""
        with open(f"/proc/{self.popen.pid}/statm") as arquivo:
            return int(arquivo.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.popen.kill()
        self.popen.wait()
        self._saida.close()


class so_o_primeiro:
    """O gerador de carga no primeiro processador enquanto mede; o servidor ficou no último."""

    def __enter__(self):
        self.todos = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(self.todos)[:1])

    def __exit__(self, *exc):
        os.sched_setaffinity(0, self.todos)


def ocupado():
    """Segundos de processador gastos por todos os programas da máquina."""
    with open("/proc/stat") as arquivo:
        usuario, nice, sistema, _, _, irq, softirq, *_ = map(int, arquivo.readline().split()[1:])
    return (usuario + nice + sistema + irq + softirq) / os.sysconf("SC_CLK_TCK")
