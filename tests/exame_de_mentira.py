"""Um exame que não executa nada: lê no código se ele é dos errados.

As máquinas do Dask também o carregam, nos testes: nelas, é dele o exame que se pede sem isolamento; os outros são de verdade.
"""

import time

from avaliador.caixa import NENHUM
from avaliador.relatorio import Avaliacao
from avaliador.turma import entrega
from avaliador.veredito import ENUNCIADO, FALHOU, OK, Veredito

DE_VERDADE = dict(entrega.ALVOS)
DEMORA = 0.05  # segundos de um exame numa máquina: dá tempo de ela cair no meio da turma


class ExameDeMentira:
    """Um caso só, que falha se o código diz `# ERRADO servidor` ou `# ERRADO cliente`."""

    feitos = []

    def __init__(self, alvo, comando, pasta):
        self.alvo, self.comando, self.pasta = alvo, comando, pasta

    @property
    def codigo(self):
        """Tudo o que há em Python na pasta."""
        return "\n".join(arquivo.read_text(encoding="utf-8") for arquivo in sorted(self.pasta.glob("*.py")))

    def avaliar(self):
        """A avaliação, sem demora."""
        self.feitos.append(self.alvo)
        situacao = FALHOU if f"# ERRADO {self.alvo}" in self.codigo else OK
        veredito = Veredito("par", "PI-03", ENUNCIADO, situacao, "8 recebe PAR", "o que se viu")
        return Avaliacao(self.alvo, tuple(self.comando), ("p",), (veredito,), 1.0)


def todos():
    """{alvo: o que faz o exame}: nenhum executa nada."""
    return {alvo: lambda *a, alvo=alvo, **_: ExameDeMentira(alvo, a[0], a[2]) for alvo in DE_VERDADE}


def _numa_maquina(alvo):
    def exame(comando, porta, pasta, progresso, **opcoes):
        if opcoes["isolamento"] != NENHUM:
            return DE_VERDADE[alvo](comando, porta, pasta, progresso, **opcoes)
        time.sleep(DEMORA)
        return ExameDeMentira(alvo, comando, pasta)

    return exame


def dask_setup(worker):
    """O Dask a chama em cada máquina, quando esta começa."""
    entrega.ALVOS = {alvo: _numa_maquina(alvo) for alvo in DE_VERDADE}
