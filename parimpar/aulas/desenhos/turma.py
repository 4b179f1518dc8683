"""A turma no mural: quantos já cumpriram cada missão, e as respostas que o servidor deu, no tempo."""

from ...folha import AZUL, CINZA
from ..aluno import MISSOES
from ..placar import FATIA
from .exibir import ao_pe_da_letra, sozinho


def missoes_da_turma(placar, ax=None):
    """Desenha, para cada missão, quantos alunos a cumpriram.

    Args:
        placar: um `Placar` já atualizado.
        ax: onde desenhar; sem ele, mostra a figura e o mesmo em texto.

    Returns:
        A coleção de barras.
    """
    if ax is None:
        alt = "Barras: quantos alunos cumpriram cada missão do mural; o texto abaixo traz os números."
        with sozinho(9, 4, alt, descrever_missoes(placar)) as ax:
            missoes_da_turma(placar, ax)
        return None
    quantos = _quantos(placar)
    nomes = [MISSOES[missao] for missao in quantos][::-1]
    valores = list(quantos.values())[::-1]
    barras = ax.barh(nomes, valores, color=AZUL)
    ax.bar_label(barras, padding=3)
    ax.axvline(len(placar.alunos), color=CINZA, linestyle="--")
    ax.text(len(placar.alunos), 1.01, "a turma", ha="center", transform=ax.get_xaxis_transform(), color=CINZA)
    ax.set(xlabel="alunos", xlim=(0, max(len(placar.alunos), 1) * 1.1))
    ao_pe_da_letra(ax)
    return barras


def _quantos(placar):
    return {missao: sum(missao in aluno.missoes for aluno in placar.alunos.values()) for missao in MISSOES}


def descrever_missoes(placar):
    """O mesmo em texto: uma linha por missão."""
    largura = max(map(len, MISSOES.values()))
    de = len(placar.alunos)
    return "\n".join(f"{MISSOES[m]:<{largura}}  {quantos:>3} de {de}" for m, quantos in _quantos(placar).items())


def respostas_no_tempo(placar, ax=None):
    """Desenha quantas respostas por minuto o servidor deu, desde que o mural abriu.

    Args:
        placar: um `Placar` já atualizado.
        ax: onde desenhar; sem ele, mostra a figura e o mesmo em texto.

    Returns:
        A lista das linhas criadas.
    """
    if ax is None:
        alt = "Linha: respostas por minuto desde que o mural abriu; o texto abaixo a resume."
        with sozinho(9, 3.2, alt, descrever_respostas(placar)) as ax:
            respostas_no_tempo(placar, ax)
        return None
    fatias = _fatias(placar)
    minutos, por_minuto = [i * FATIA / 60 for i in fatias], [q * 60 / FATIA for q in fatias.values()]
    linhas = ax.step(minutos, por_minuto, color=AZUL, where="post")
    ax.set(xlabel="minutos desde o começo", ylabel="respostas por minuto", ylim=(0, None))
    ao_pe_da_letra(ax)
    return linhas


def _fatias(placar):
    fim = max(placar.por_fatia, default=0) + 1
    return {i: placar.por_fatia.get(i, 0) for i in range(fim + 1)}


def descrever_respostas(placar):
    """O mesmo em texto: o total e o ritmo mais alto."""
    total = sum(placar.por_fatia.values())
    maximo = max(placar.por_fatia.values(), default=0) * 60 // FATIA
    return f"respostas: {total} ao todo; no ritmo mais alto, {maximo} por minuto"
