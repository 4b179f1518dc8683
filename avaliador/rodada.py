"""Uma rodada com um cliente: um processo novo, um pedido, uma resposta, e o que ele fez dela."""

import threading
from dataclasses import dataclass

from .bancada import sem_caminhos
from .leitura import devolvida, mostrada, palavras
from .pedido import FORMAS, PedidoLido, ler_pedido

SEMENTES = 5  # processos que começam pelo mesmo número: não é sorteio
MAXIMO_DE_RODADAS = 16  # até ter dito as duas palavras, com verdade e sem ela: com um sorteio, quase sempre bastam 5
SEM_REACAO = 2  # rodadas com quem não reage: mais não diriam nada


@dataclass(frozen=True)
class Rodada:
    """O que se viu de um processo do cliente: um pedido, a resposta e o que ele fez dela.

    mentira: a resposta não era a paridade do número.
    tela, erros: o que escreveu desde a resposta, no stdout e no stderr, sem rastros e sem cores.
    crua: o mesmo, tal como veio.
    saida: tudo o que escreveu.
    queda: como caiu, ou "".
    excecao: a exceção que mostrou, tenha ou não caído por ela, ou "".
    calou: encerrou o envio antes de receber a resposta.
    atraso, colados: o tempo entre a leitura de um pedaço e a chegada do seguinte; se algum chegou antes dessa leitura.
    """

    pedido: PedidoLido
    resposta: str
    mentira: bool
    tela: str
    erros: str
    crua: str
    saida: str
    depois: bytes
    queda: str
    excecao: str
    calou: bool
    atraso: float
    colados: bool
    passos: tuple

    @property
    def mostrou(self):
        """A resposta está na tela, mesmo que seja na saída de erros?"""
        return mostrada(self.resposta, self.na_tela)

    @property
    def so_nos_erros(self):
        """A resposta só está na saída de erros (stderr)?"""
        return self.mostrou and not mostrada(self.resposta, self.tela)

    @property
    def na_tela(self):
        """O que escreveu desde a resposta, no stdout e no stderr."""
        return self.tela + sem_caminhos(self.erros)

    @property
    def texto_devolvido(self):
        """O que o cliente enviou depois do pedido, em UTF-8, seja qual for a forma em que fala."""
        return FORMAS.get(self.pedido.forma, FORMAS["crua"]).desenvolver(self.depois)

    @property
    def como_devolveu(self):
        """Como a resposta voltou; veja `devolvida`."""
        return devolvida(self.resposta, self.texto_devolvido)

    @property
    def percebeu(self):
        """A resposta está na tela, ou voltou inteira?"""
        return self.mostrou or self.como_devolveu in ("exata", "tolerada", "sem FIM")


def rodar(exame, responder):
    """Um processo novo, um pedido, a resposta de `responder(bancada, volta)`: devolve a `Rodada`."""
    with exame.bancada(responder) as bancada:
        volta = bancada.primeira()
        bancada.assentar(volta)
        if not bancada.mostra(volta):
            bancada.esperar(bancada.acabou, bancada.ritmo.folga)  # pode estar caindo
        calou = volta.fim is not None and volta.fim <= volta.respondida
        pedido = ler_pedido(volta.pedido, bancada.ritmo.forma)
        return Rodada(
            pedido, volta.resposta, volta.resposta != verdade(pedido), bancada.escrito(volta), bancada.reclamado(volta),
            bancada.cru(volta), bancada.programa.dito + sem_caminhos(bancada.programa.reclamado), volta.depois,
            bancada.queda(), bancada.excecao(), calou, volta.atraso, volta.colados, tuple(bancada.passos),
        )  # fmt: skip


def verdade(pedido):
    """A palavra que um servidor certo diria, sem olhar quantas casas o número tem."""
    return "PAR" if (pedido.valor or 0) % 2 == 0 else "ÍMPAR"


def dizer_par(bancada, volta):
    """Responde PAR a qualquer número: o que se vê não depende do que o cliente sorteou, nem de ele saber ler o Í."""
    bancada.enviar(volta, "PAR")


def as_duas_palavras(exame):
    """Rodadas em que o servidor diz PAR e ÍMPAR, com verdade e mentindo, até ter feito as quatro coisas.

    Cada processo do cliente sorteia um número e, dele, só se podem fazer duas: a verdade é dita primeiro.
    """
    feitas, rodadas, tranca = set(), [], threading.Lock()

    def dizer(bancada, volta):
        certa = verdade(ler_pedido(volta.pedido, bancada.ritmo.forma))
        errada = "ÍMPAR" if certa == "PAR" else "PAR"
        if volta is not bancada.pedidos[0]:  # só da primeira se faz uma rodada
            bancada.enviar(volta, certa)
            return
        with tranca:
            dita = certa if (certa, False) not in feitas or (errada, True) in feitas else errada
            feitas.add((dita, dita != certa))
        bancada.enviar(volta, dita)

    def basta():
        sempre_o_mesmo = len(rodadas) >= SEMENTES and len({r.pedido.valor for r in rodadas}) == 1
        return len(feitas) == 4 or sempre_o_mesmo

    def uma():
        rodadas.append(rodar(exame, dizer))

    exame.em_paralelo(uma, MAXIMO_DE_RODADAS if exame.ritmo.como_le else SEM_REACAO, basta)
    return tuple(rodadas)


def ignora(exame):
    """O cliente não mostra nem devolve o que o servidor diz, mesmo sem cair?"""
    # Quem recebeu ÍMPAR e não o mostrou pode só ter tropeçado no acento; se mostrou PAR, ignorou a resposta.
    claras = [r for r in exame.rodadas if r.resposta == "PAR" or set(palavras(r.na_tela)) == {"PAR"}]
    return exame.ritmo.como_le is None or any(not r.percebeu and not r.queda for r in claras)
