"""Um exame que não executa nada: lê no código se ele é dos errados. Também é o que as máquinas do Dask carregam nos testes.

Só vale para os programas que trazem a marca `DE MENTIRA`, se ela é exigida; os outros são examinados de verdade.
"""

import time

from avaliador.relatorio import Avaliacao
from avaliador.turma import entrega
from avaliador.veredito import ENUNCIADO, FALHOU, OK, Veredito

DE_VERDADE = dict(entrega.ALVOS)
MARCA = "# DE MENTIRA"
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
        de_mentira = ExameDeMentira(alvo, comando, pasta)
        if MARCA not in de_mentira.codigo:
            return DE_VERDADE[alvo](comando, porta, pasta, progresso, **opcoes)
        time.sleep(DEMORA)
        return de_mentira

    return exame


def dask_setup(worker):
    """O Dask a chama em cada máquina, quando esta começa."""
    entrega.ALVOS = {alvo: _numa_maquina(alvo) for alvo in DE_VERDADE}
