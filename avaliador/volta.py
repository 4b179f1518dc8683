"""Uma volta do cliente, do pedido à devolução, e o ritmo em que ele as dá."""

import socket
from dataclasses import dataclass

from .ligacao import Ligacao

LENTO = 1.5  # segundos parado, antes de pedir e de reagir, de quem se diz que é lento
PRAZO_DE_LEITURA = 15.0  # segundos para o cliente ler a resposta: há quem durma 10 s antes do recv


@dataclass(frozen=True)
class Ritmo:
    """Como este cliente reage, medido no primeiro processo dele; antes disso, o que se supõe.

    inicio: segundos que levou para se conectar e pedir.
    demora: segundos da resposta lida até a reação.
    leitura: segundos da resposta enviada até ele a ler.
    sossego: segundos de calma depois de reagir, em quem não fecha.
    como_le: "crua", "linha" ou "fim": o que o faz perceber a resposta; None se nada faz.
    forma: o nome da `Forma` em que ele fala; None se não há uma só.
    """

    inicio: float = 0.0
    demora: float = 0.0
    leitura: float = 0.0
    sossego: float = 1.0
    como_le: str | None = "crua"
    forma: str | None = None

    @property
    def prazo_de_conexao(self):
        """Segundos para se conectar e pedir."""
        return max(5.0, 4 * self.inicio)

    @property
    def prazo_da_reacao(self):
        """Segundos para reagir à resposta, depois de a ler."""
        if self.como_le is None:
            return 1.0  # não reagiu a nenhuma, por muito que se esperasse
        return max(3.0, 2 * self.demora, min(6 * self.inicio, 6.0))

    @property
    def prazo_de_leitura(self):
        """Segundos para ler a resposta."""
        return max(2.0, 1.5 * self.leitura) if self.como_le is None else PRAZO_DE_LEITURA

    @property
    def folga(self):
        """Segundos para o que foi feito aparecer: a última linha na tela, o fim do processo."""
        return max(0.7, min(3 * self.inicio, 3.0))

    @property
    def parado(self):
        """Segundos que um processo passa sem fazer nada, antes de pedir e antes de reagir."""
        return self.inicio + self.leitura + self.demora


@dataclass(eq=False)
class Volta:
    """Um pedido do cliente e o que se seguiu a ele, na mesma conexão; os instantes são do relógio monotônico.

    porta: a que o cliente se conectou.
    mesma: veio pela conexão do pedido anterior.
    completa, respondida, lida, fim: quando o pedido acabou, a resposta foi, o cliente a leu, e ele fechou.
    ultimo: quando chegou o último byte.
    resposta: o texto enviado, sem terminador.
    tela: quantos bytes o programa já tinha escrito no stdout e no stderr quando a resposta foi enviada.
    depois: o que o cliente enviou depois do pedido.
    devolucao: esta conexão só trouxe a devolução da volta anterior.
    atraso: segundos, o maior tempo que um pedaço da resposta pode ter demorado depois de o anterior ser lido.
    colados: um pedaço da resposta chegou antes de o anterior ser lido.
    """

    ligacao: Ligacao
    sock: socket.socket
    instante: float
    mesma: bool = False
    pedido: bytes = b""
    depois: bytes = b""
    resposta: str | None = None
    ultimo: float = 0.0
    completa: float | None = None
    respondida: float | None = None
    lida: float | None = None
    fim: float | None = None
    vista: float | None = None
    tela: tuple = (0, 0)
    porta: int = 0
    devolucao: bool = False
    atraso: float = 0.0
    colados: bool = False
