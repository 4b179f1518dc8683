"""Quem entra pela porta em que o avaliador faz o papel do servidor.

Vários processos do cliente podem estar em execução ao mesmo tempo, porque quase todo o exame é espera: cada conexão é
entregue à bancada do processo que a abriu. Quem precisa da porta fechada, ou de ninguém por perto, entra sozinho.
"""

import contextlib
import threading
import time

from .escuta import derrubar
from .veredito import NaoDeu

OLHADA_DA_VEZ = 0.2  # segundos entre duas conferências do prazo, na espera da vez


class Confusao(NaoDeu):
    """Não se soube de que processo era uma conexão: tenta-se de novo com um processo de cada vez."""


class Portaria:
    """A porta, e as bancadas que atendem por ela.

    Args:
        escuta: os `PontosDeEscuta`.
        resta: função que devolve quantos segundos ainda se pode esperar, ou levanta quem desiste.
    """

    def __init__(self, escuta, resta):
        self.escuta, self._resta = escuta, resta
        self._mudou = threading.Condition(threading.RLock())
        self._presentes, self._sozinha, self._a_vez = [], False, 0
        self._sem_dona = []  # (conexão, instante, já saiu?) de um programa que ainda está começando
        self.reaberta = threading.Event()  # quem precisava da porta fechada já não precisa
        self.uma_por_vez = False  # o cliente fecha depressa demais para se saber de quem é cada conexão
        self.esperas = []  # (este endereço, o dele) das conexões que se encerraram primeiro deste lado

    def entrar(self, bancada, sozinha=False):
        """Espera a vez e passa a entregar conexões à bancada.

        Args:
            sozinha: sem nenhuma outra presente.
        """
        with self._mudou:
            sozinha = sozinha or self.uma_por_vez
            self._a_vez += sozinha
            try:
                while self._sozinha or (self._presentes if sozinha else self._a_vez):
                    self._mudou.wait(self._resta(OLHADA_DA_VEZ))
            finally:
                self._a_vez -= sozinha
            self._presentes.append(bancada)
            self._sozinha = sozinha

    def dar_lugar(self):
        """A bancada que estava sozinha deixa as outras entrarem, se não for preciso uma por vez."""
        self.reaberta.set()
        with self._mudou:
            self._sozinha = self.uma_por_vez
            self._mudou.notify_all()

    def sair(self, bancada):
        """Deixa de entregar conexões à bancada, cujo programa já terminou; as que ele deixou na fila são derrubadas."""
        with self._mudou:
            if bancada in self._presentes:
                self.escuta.reabrir()
                self.aceitar(de_quem_saiu=True)
                self._presentes.remove(bancada)
                self._sozinha = False
                self._mudou.notify_all()

    def aceitar(self, de_quem_saiu=False):
        """Aceita quem está na fila e entrega cada conexão à bancada do processo que a abriu."""
        with self._mudou:
            sem_dona, self._sem_dona = self._sem_dona, []
            for sock, instante, saiu in sem_dona:
                self._entregar(sock, instante, saiu or de_quem_saiu)
            for escuta in self.escuta.sockets if self.escuta.aberta else ():
                with contextlib.suppress(BlockingIOError, ConnectionError):
                    while True:
                        sock, remoto = escuta.accept()
                        if remoto[0].startswith("127.") or remoto[0] == sock.getsockname()[0]:
                            self._entregar(sock, time.monotonic(), de_quem_saiu)
                        else:
                            sock.close()  # de outra máquina

    def _entregar(self, sock, instante, de_quem_saiu):
        if dona := self._dona(sock, de_quem_saiu):
            dona.receber(sock, instante)
        elif any(bancada.programa is None for bancada in self._presentes):
            self._sem_dona.append((sock, instante, de_quem_saiu))  # um programa está começando, e ainda não se sabe qual é
        else:
            derrubar(sock)
            if not de_quem_saiu:
                self.uma_por_vez = True
                for bancada in self._presentes:
                    bancada.confundir()

    def _dona(self, sock, de_quem_saiu):
        if len(self._presentes) == 1 and not de_quem_saiu:
            return self._presentes[0]
        achada = next((b for b in self._presentes if b.e_dona(sock)), None)
        if achada or any(b.programa is None for b in self._presentes):
            return achada
        return next((b for b in self._presentes if b.e_dona(sock, procurar=True)), None)


def endereco_de(sock):
    """(host, porta) deste lado e do outro; None se o outro já se foi."""
    with contextlib.suppress(OSError):
        return sock.getsockname()[:2], sock.getpeername()[:2]
    return None
