"""Quantas entregas se julgam ao mesmo tempo: as que a máquina aguenta sem que uns programas atrasem os outros.

Quase todo o exame é espera, e por isso cabem mais entregas do que processadores; mas um programa que não tem a vez de
executar demora, e parece que não responde. Por isso, além de uma por processador, cada entrega só começa quando sobra um, medido agora: a carga
que o sistema dá é a do último minuto, e inclui o que os outros programas da máquina gastam.
"""

import contextlib
import os
import threading
import time

import psutil

POR_PROCESSADOR = 6  # entregas ao mesmo tempo, no máximo: daqui em diante a memória é que faltaria
OCUPADO = 0.7  # do tempo dos processadores: daqui em diante não começa mais nenhuma
MEDIDA = 2.0  # segundos em que se mede, depois de cada começo, que também gasta
OLHADA = 0.1  # segundos entre duas perguntas


class Folego:
    """Dá a vez às entregas.

    Args:
        quantas: quantas ao mesmo tempo; por padrão, as que a máquina aguentar.
        desistir: diz se já não se quer começar nenhuma.
    """

    def __init__(self, quantas=None, desistir=lambda: False):
        processadores = os.cpu_count() or 1
        self._desistir, self.maximo = desistir, quantas or POR_PROCESSADOR * processadores
        self._sem_medir = quantas or processadores  # numa máquina sempre ocupada, não se pode parar
        self._andando, self._tranca, self._antes = 0, threading.Lock(), None

    @contextlib.contextmanager
    def vez(self):
        """Espera a vez, que acaba com o `with`.

        Raises:
            KeyboardInterrupt: desistiu-se.
        """
        while not self._entrar():
            if self._desistir():
                raise KeyboardInterrupt
            time.sleep(OLHADA)
        try:
            yield
        finally:
            with self._tranca:
                self._andando -= 1

    def _entrar(self):
        with self._tranca:
            if self._andando >= self.maximo or (self._andando >= self._sem_medir and not self._sobra()):
                return False
            self._andando, self._antes = self._andando + 1, None
            return True

    def _sobra(self):
        """Sobra processador, medido desde o último começo? Enquanto não se mediu, não."""
        agora, tempos = time.monotonic(), psutil.cpu_times()
        total, parado = sum(tempos), tempos.idle + getattr(tempos, "iowait", 0)
        if self._antes is None:
            self._antes = agora, total, parado
        instante, antes, parado_antes = self._antes
        if agora - instante < MEDIDA:
            return False
        self._antes = agora, total, parado
        return 1 - (parado - parado_antes) / max(total - antes, 0.01) < OCUPADO
