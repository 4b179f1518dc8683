"""Uma troca com um cliente: um processo novo, um pedido, uma resposta, e o que ele fez dela."""

from dataclasses import dataclass

from .leitura import devolvida, mostrada, palavras
from .pedido import Pedido, ler_pedido

SEMENTES = 5  # processos que começam pelo mesmo número: não é sorteio


@dataclass(frozen=True)
class Troca:
    """O que se viu de um processo do cliente: um pedido, a resposta e o que ele fez dela.

    tela: o que escreveu desde a resposta.
    saida: tudo o que escreveu.
    queda: o que escreveu ao cair, ou "".
    calou: encerrou o envio antes de receber a resposta.
    atraso, colados: o tempo entre a leitura de um pedaço e a chegada do seguinte; se algum chegou antes dessa leitura.
    """

    pedido: Pedido
    resposta: str
    tela: str
    saida: str
    depois: bytes
    queda: str
    calou: bool
    atraso: float
    colados: bool
    passos: tuple

    @property
    def mostrou(self):
        """A resposta está na tela?"""
        return mostrada(self.resposta, self.tela)

    @property
    def percebeu(self):
        """A resposta está na tela, ou voltou inteira?"""
        return self.mostrou or devolvida(self.resposta, self.depois) in ("exata", "tolerada", "sem FIM")


def trocar(exame, responder):
    """Um processo novo, um pedido, a resposta de `responder(mesa, volta)`: devolve a `Troca`."""
    with exame.mesa(responder) as mesa:
        volta = mesa.primeira()
        mesa.assentar(volta)
        if not mesa.mostra(volta):
            mesa.esperar(mesa.acabou, exame.folga)  # pode estar caindo
        calou = volta.fim is not None and volta.fim <= volta.respondida
        return Troca(
            ler_pedido(volta.pedido), volta.resposta, mesa.escrito(volta), mesa.programa.saida, volta.depois,
            mesa.queda(), calou, volta.atraso, volta.colados, tuple(mesa.passos),
        )  # fmt: skip


def paridades(exame, mentir):
    """Trocas em que o servidor diz a paridade, verdadeira ou falsa, até ter dito as duas palavras."""
    if mentir not in exame.guardadas:
        trocas = []

        def dizer(mesa, volta):
            valor = ler_pedido(volta.pedido).valor or 0
            mesa.enviar(volta, ("PAR" if (valor % 2 == 0) != mentir else "ÍMPAR").encode())

        maximo = 8 if exame.como_le else 2
        while len(trocas) < maximo and len({t.resposta for t in trocas}) < 2:
            trocas.append(trocar(exame, dizer))
            if len(trocas) == SEMENTES and len({t.pedido.valor for t in trocas}) == 1:
                break  # é sempre o mesmo número
        exame.guardadas[mentir] = trocas
    return exame.guardadas[mentir]


def ignora(exame):
    """O cliente não mostra nem devolve o que o servidor diz, mesmo sem cair?"""
    trocas = paridades(exame, mentir=False) + paridades(exame, mentir=True)
    # Quem recebeu ÍMPAR e não o mostrou pode só ter tropeçado no acento; se mostrou PAR, ignorou a resposta.
    claras = [t for t in trocas if t.resposta == "PAR" or set(palavras(t.tela)) == {"PAR"}]
    return exame.como_le is None or any(not t.percebeu and not t.queda for t in claras)
