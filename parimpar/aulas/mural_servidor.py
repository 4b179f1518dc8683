"""Os servidores do mural: o TCP e o UDP na mesma porta, anotando no mesmo diário."""

import random

from ..erros import ErroParimpar
from ..servidor import Servidor
from ..udp import ServidorUDP

POR_ENDERECO = 256  # conexões ao mesmo tempo de um endereço só: um JupyterHub inteiro cabe, uma enxurrada não


class ServidorDoMural:
    """Liga os dois; se outro programa usa a porta por UDP, fica só o TCP.

    Args:
        host, porta: onde escutar; a porta 0 deixa o sistema escolher.
        diario: onde os dois anotam.
        semente: torna repetíveis as letras sorteadas.

    Raises:
        PortaOcupada: outro programa usa a porta.
    """

    def __init__(self, host, porta, diario, semente=None):
        sorteio = random.Random(semente)
        self._tcp = Servidor(host, porta, max_por_endereco=POR_ENDERECO, diario=diario, sorteio=sorteio)
        self._tcp.iniciar()
        self.endereco, self.porta = self._tcp.endereco, self._tcp.porta
        self._udp = ServidorUDP(host, self.porta, diario=diario, sorteio=sorteio)
        try:
            self._udp.iniciar()
        except ErroParimpar:
            self._udp = None

    @property
    def ligado(self):
        """O servidor TCP ainda atende?"""
        return self._tcp.ligado

    def parar(self):
        """Para os dois; pode ser repetido."""
        for servidor in filter(None, (self._udp, self._tcp)):
            servidor.parar()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.parar()
