"""Um aluno no placar da turma: o que o servidor viu dele, e as missões que já cumpriu."""

import statistics
from collections import Counter, deque
from dataclasses import dataclass, field

MISSOES = {
    "conectou": "conectou-se",
    "perguntou": "fez um pedido",
    "paridade": "recebeu PAR ou ÍMPAR",
    "letras": "perguntou com mais de 10 casas",
    "devolveu": "devolveu a resposta com FIM",
    "pedacos": "mandou um número em dois pedaços",
    "dois": "fez dois pedidos numa conexão",
    "erro": "recebeu um ERRO e continuou",
    "udp": "perguntou por UDP",
}
INTERVALOS = 15  # os últimos, para a mediana


@dataclass(eq=False)
class Aluno:
    """Uma linha do placar.

    nome: o da apresentação, ou "" de quem não se apresentou.
    ip: de onde ele se conecta.
    numero: a ordem de chegada, a partir de 1.
    pedidos: quantos fez, contando os que receberam ERRO.
    respostas: {"PAR", "ÍMPAR", "letras", "ERRO"}: quantas recebeu de cada.
    devolucoes, divergentes: quantas devoluções conferem com a resposta, e quantas não.
    abertas: conexões abertas agora.
    forma: "linha", "crua" ou "", se ainda não se sabe.
    defeito: o último que se viu, em palavras; "" se nenhum.
    ultimo: o instante do último sinal, no relógio monotônico.
    missoes: {nome: instante em que a cumpriu}.
    """

    nome: str
    ip: str
    numero: int
    pedidos: int = 0
    respostas: Counter = field(default_factory=Counter)
    devolucoes: int = 0
    divergentes: int = 0
    abertas: int = 0
    forma: str = ""
    defeito: str = ""
    ultimo: float = 0.0
    missoes: dict = field(default_factory=dict)
    _pediu: float = 0.0
    _intervalos: deque = field(default_factory=lambda: deque(maxlen=INTERVALOS))
    _errou: bool = False

    @property
    def intervalo(self):
        """Segundos entre um pedido e o seguinte: a mediana dos últimos; None enquanto não há dois."""
        return statistics.median(self._intervalos) if self._intervalos else None

    def cumprir(self, missao, instante):
        """Anota a missão, se ainda não a tinha cumprido."""
        self.missoes.setdefault(missao, instante)

    def pedir(self, instante):
        """Anota mais um pedido."""
        self.pedidos += 1
        if self._pediu:
            self._intervalos.append(instante - self._pediu)
        self._pediu = instante
        self.cumprir("perguntou", instante)

    def receber(self, tipo, instante):
        """Anota uma resposta que o servidor enviou a ele."""
        self.respostas[tipo] += 1
        if tipo == "ERRO":
            self._errou = True
            return
        self.cumprir("letras" if tipo == "letras" else "paridade", instante)
        if self._errou:
            self.cumprir("erro", instante)
