"""O veredito esperado de cada programa de tests/alunos, num arquivo legível por programa: tests/alunos/esperado/ALVO/NOME.txt.

Com `--regravar` os arquivos são escritos de novo com o que se viu: leia a diferença antes de guardá-la. O que vem depois de
# é só para quem lê: o que o avaliador explicou.
"""

import os
import re

from apoio import RAIZ

from avaliador import relatorio
from avaliador.veredito import NAO_DEU, Situacao

PASTA = RAIZ / "tests" / "alunos" / "esperado"
CARGA = 1.5  # processos à espera, por processador: daqui em diante a máquina está ocupada, e uma abstenção é honesta
LARGURA = max(map(len, Situacao))


def arquivo(alvo, programa):
    """Onde fica o esperado de um programa."""
    return PASTA / alvo / f"{programa}.txt"


def ler(alvo, programa):
    """{caso: situação} que se espera de um programa."""
    linhas = [x.partition("#")[0].split() for x in arquivo(alvo, programa).read_text(encoding="utf-8").splitlines()]
    return {caso: Situacao(" ".join(situacao)) for caso, *situacao in filter(None, linhas)}


def escrever(alvo, programa, avaliacao):
    """Grava o que se viu como o esperado."""
    nome = max(len(v.caso) for v in avaliacao.vereditos)
    linhas = [f"# {programa}: {'; '.join(map(_sem_sorteios, avaliacao.perfil))}"]
    for regua in relatorio.TITULOS:
        linhas += ["", f"# {regua}: {avaliacao.nota_escrita(regua)}"]
        anterior = None
        for v in (v for v in avaliacao.vereditos if v.regua == regua):
            dita, anterior = "idem" if v.explicacao == anterior else _sem_sorteios(v.explicacao), v.explicacao
            explicacao = f"  # {dita}" if v.explicacao else ""
            linhas.append(f"{v.caso:<{nome}}  {v.situacao.value:<{LARGURA}}{explicacao}".rstrip())
    arquivo(alvo, programa).parent.mkdir(parents=True, exist_ok=True)
    arquivo(alvo, programa).write_text("\n".join(linhas) + "\n", encoding="utf-8")


def conferir(alvo, programa, avaliacao, regravar=False, so=None):
    """Cada caso tem o veredito esperado; só numa máquina ocupada se aceita que um não tenha dado para julgar."""
    if regravar:
        escrever(alvo, programa, avaliacao)
    esperado = {c: situacao for c, situacao in ler(alvo, programa).items() if so is None or c in so}
    vistos = {v.caso: v.situacao for v in avaliacao.vereditos}
    if ocupada():
        vistos = {c: esperado.get(c) if situacao == NAO_DEU else situacao for c, situacao in vistos.items()}
    diferentes = {c: (esperado.get(c), vistos.get(c)) for c in esperado | vistos if esperado.get(c) != vistos.get(c)}
    assert not diferentes, f"{diferentes}\n{relatorio.em_texto(avaliacao)}"


def ocupada():
    """A máquina está ocupada, medido agora?"""
    return os.name == "posix" and os.getloadavg()[0] > CARGA * (os.cpu_count() or 1)


def _sem_sorteios(frase):
    """A frase sem o que muda de um exame para outro: números e textos citados."""
    frase = relatorio.numa_linha(frase)
    return re.sub(r"\d+(,\d+)?", "N", re.sub(r"'[^']*'", "'…'", frase))[:150]
