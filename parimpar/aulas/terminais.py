"""Um programa do pacote em execução à parte, como num terminal ao lado do notebook.

servidor = Terminal("servidor --porta 0")
cliente = Terminal(f"cliente --porta {servidor.porta} --vezes 1 --numero 7")
print(cliente.esperar())
print(servidor.encerrar())
"""

import os
import re
import shlex
import subprocess
import sys
import weakref

PRAZO = 20  # segundos para um programa terminar, numa máquina ocupada
_HORA = re.compile(r"^\d\d:\d\d:\d\d[.,]?\d*  ", re.M)  # com que cada linha começa; muda a cada vez


class Terminal:
    """Inicia `python -m parimpar COMANDO`; o que ele escreve espera por `esperar` ou `encerrar`.

    Args:
        comando: como se digita, a partir da palavra servidor ou cliente.
    """

    def __init__(self, comando):
        self._programa = subprocess.Popen(
            [sys.executable, "-m", "parimpar", *shlex.split(comando)],
            stdout=subprocess.PIPE, encoding="utf-8", env=os.environ | {"PYTHONUTF8": "1"},
        )  # fmt: skip
        self._pronto = ""
        # Rodar a célula de novo não deixa o programa anterior para trás.
        self._fim = weakref.finalize(self, _matar, self._programa)

    @property
    def porta(self):
        """A porta em que o servidor escuta; espera ele dizê-la."""
        if not self._pronto:
            self._pronto = self._programa.stdout.readline()
        return int(re.search(r":(\d+) ", self._pronto)[1])

    def esperar(self, prazo=PRAZO):
        """Espera o programa terminar e devolve o que ele escreveu, sem a hora de cada linha."""
        escreveu = self._pronto + self._programa.communicate(timeout=prazo)[0]
        self._fim.detach()
        return _HORA.sub("", escreveu).strip()

    def encerrar(self):
        """Encerra o programa, como um *Ctrl-C*, e devolve o que ele escreveu; no Windows, sem a despedida."""
        self._programa.terminate()
        return self.esperar()


def _matar(programa):
    programa.kill()
    programa.communicate()
