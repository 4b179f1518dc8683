"""O veredito esperado de cada programa de tests/alunos, num arquivo legível por programa: tests/alunos/esperado/ALVO/NOME.txt.

Com `--regravar` os arquivos são escritos de novo com o que se viu: leia a diferença antes de guardá-la. O que vem depois de
# é só para quem lê: o que o avaliador explicou.
"""

import random
import re

from apoio import RAIZ, dispensar, o_que_falta
from lotes import Lotes

from avaliador import exame_cliente, exame_servidor, relatorio
from avaliador.partida import ocupada
from avaliador.veredito import NAO_DEU, Situacao

PASTA = RAIZ / "tests" / "alunos" / "esperado"
LARGURA = max(map(len, Situacao))
SEMENTE = None  # a dos sorteios dos exames, a mesma para todos; quem a escolhe é o conftest
REPETICOES = 2  # de um caso que a máquina ocupada não deixou julgar


def arquivo(alvo, programa):
    """Onde fica o esperado de um programa."""
    return PASTA / alvo / f"{programa}.txt"


def ler(alvo, programa):
    """{caso: situação} que se espera de um programa."""
    linhas = [x.partition("#")[0].split() for x in arquivo(alvo, programa).read_text(encoding="utf-8").splitlines()]
    return {caso: Situacao(" ".join(situacao)) for caso, *situacao in filter(None, linhas)}


def escrever(alvo, programa, avaliacao):
    """Grava o que se viu como o esperado, na ordem dos casos."""
    ordem = [c.nome for c in {"servidores": exame_servidor, "clientes": exame_cliente}[alvo].CASOS]
    vereditos = sorted(avaliacao.vereditos, key=lambda v: ordem.index(v.caso))
    nome = max(map(len, ordem))
    linhas = [f"# {programa}: {'; '.join(map(_sem_sorteios, avaliacao.perfil))}"]
    for regua in relatorio.TITULOS:
        if any(v.regua == regua for v in vereditos):
            linhas += ["", f"# {regua}: {avaliacao.nota_escrita(regua)}"]
        anterior = None
        for v in (v for v in vereditos if v.regua == regua):
            dita = _sem_sorteios(v.explicacao)
            explicacao = f"  # {'idem' if dita == anterior else dita}" if dita else ""
            anterior = dita
            linhas.append(f"{v.caso:<{nome}}  {v.situacao.value:<{LARGURA}}{explicacao}".rstrip())
    arquivo(alvo, programa).parent.mkdir(parents=True, exist_ok=True)
    arquivo(alvo, programa).write_text("\n".join(linhas) + "\n", encoding="utf-8")


def conferir(alvo, programa, avaliacao, avaliar, regravar=False, so=None):
    """Cada caso tem o veredito esperado.

    Só numa máquina ocupada se aceita que um não tenha dado para julgar, e então tem de dar quando se repete: um caso que nunca
    se julga é um defeito do avaliador.

    Args:
        avaliar: função de (programa, [casos]) que os examina de novo.
    """
    if regravar:
        escrever(alvo, programa, avaliacao)
    esperado = {c: situacao for c, situacao in ler(alvo, programa).items() if so is None or c in so}
    vistos = {v.caso: v.situacao for v in avaliacao.vereditos}
    for _ in range(REPETICOES if ocupada() else 0):
        if em_duvida := [c for c, situacao in vistos.items() if situacao == NAO_DEU != esperado.get(c)]:
            vistos |= {v.caso: v.situacao for v in avaliar(programa, em_duvida).vereditos}
    diferentes = {c: (esperado.get(c), vistos.get(c)) for c in esperado | vistos if esperado.get(c) != vistos.get(c)}
    assert not diferentes, f"{diferentes}\n{relatorio.em_texto(avaliacao)}"


def sozinhos(pedido, alvo, nomes, semente, avaliar):
    """{programa: [(caso, a avaliação só dele)]}: um caso sorteado de cada programa; com `--sozinhos`, todos.

    Args:
        pedido: o `request` do pytest.
        avaliar: função de (programa, [caso]).
    """
    todos = pedido.config.getoption("--sozinhos")

    def examinar(nome):
        casos = sorted(ler(alvo, nome))
        escolhidos = casos if todos else [random.Random(f"{semente} {nome}").choice(casos)]
        return [(caso, avaliar(nome, [caso])) for caso in escolhidos]

    return Lotes(pedido, nomes, examinar)


def veredito(avaliacoes, nome, caso):
    """O `Veredito` de um caso de um programa; pula o teste se falta com que executá-lo."""
    return next(v for v in avaliacao(avaliacoes, nome).vereditos if v.caso == caso)


def avaliacao(avaliacoes, nome):
    """A `Avaliacao` de um programa; pula o teste se falta com que executá-lo."""
    if nome not in avaliacoes:
        dispensar(f"sem {o_que_falta(nome)} nesta máquina")
    return avaliacoes[nome]


def _sem_sorteios(frase):
    """A frase sem o que muda de um exame para outro: números e textos citados."""
    frase = relatorio.numa_linha(frase)
    return re.sub(r"0x\w+|\d+(,\d+)?", "N", re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", frase))[:150]
