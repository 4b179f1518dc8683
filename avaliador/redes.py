"""Os casos de um servidor ao mesmo tempo: alguns processos do avaliador, cada um com uma rede própria.

A porta do programa é uma só; mas em cada rede há outra com o mesmo número, e por isso dois casos não se atrapalham. O que
se sabe do programa descobre-se antes, uma vez só, e cada processo o recebe ao nascer.
"""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import time
import warnings

from parimpar.erros import ErroParimpar

from . import rede
from .isolamento import acabar_com_quem_iniciou

FOLGA = 30.0  # segundos, depois do prazo do exame, para acabar um caso que já tinha começado


def julgar(exame, processos):
    """{caso: `Veredito`} dos que algum processo julgou; quem chama julga os que faltam, se um processo caiu ou não acabou a tempo.

    Args:
        exame: com os fatos já descobertos; nenhum programa pode estar em execução.
        processos: quantos.
    """
    fila, fim = os.pipe()
    os.write(fim, bytes(range(len(exame.casos))))  # cada processo tira daqui o número de um caso, quando fica livre
    os.close(fim)
    contexto, vereditos, filhos, canais = multiprocessing.get_context("fork"), {}, [], []
    try:
        for _ in range(processos):
            canal, dele = contexto.Pipe(duplex=False)
            filhos.append(contexto.Process(target=_trabalhar, args=(exame, fila, dele), daemon=True))
            canais.append(canal)
            with warnings.catch_warnings():  # o Python 3.12 avisa se há outra thread: a dela nada tranca que o filho use
                warnings.simplefilter("ignore", DeprecationWarning)
                filhos[-1].start()
            dele.close()
        while abertos := [canal for canal in canais if not canal.closed]:
            falta = exame.comeco + exame.prazo + FOLGA - time.monotonic()
            if not (prontos := multiprocessing.connection.wait(abertos, max(falta, 0))):
                break  # um caso não acaba: o exame não espera por ele
            for canal in prontos:
                try:
                    numero, veredito = canal.recv()
                except EOFError:
                    canal.close()
                    continue
                vereditos[exame.casos[numero]] = veredito
                exame.progresso(len(vereditos), len(exame.casos), veredito.titulo)
    finally:  # com o processo acabam os programas dele: o guardião de cada um dá por isso
        for filho in filhos:
            filho.kill()
            filho.join()
            filho.close()
        for canal in canais:
            canal.close()
        os.close(fila)
    return vereditos


def _trabalhar(exame, fila, canal):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # um Ctrl-C é com quem o iniciou
    acabar_com_quem_iniciou()
    if rede.entrar():
        with contextlib.suppress(BrokenPipeError, ErroParimpar):  # quem o iniciou julga o que faltar, e dá com o erro
            while numero := os.read(fila, 1):
                canal.send((numero[0], exame.julgar(exame.casos[numero[0]])))
