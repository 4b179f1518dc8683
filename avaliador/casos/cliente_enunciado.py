"""Os casos do enunciado no exame de um cliente, na ordem do relatório.

Cada função recebe o exame, pergunta-lhe os fatos de que precisa e devolve um `Desfecho`; não devolver nada é OK.
"""

import itertools
import math
import operator
import re
import statistics

from parimpar.texto import segundos, visivel

from ..caso import Casos
from ..conselhos import da_excecao
from ..leitura import palavras
from ..pedido import FORMAS
from ..veredito import ENUNCIADO, Falhou, NaoDeu, Tolerado
from .cliente_conselhos import (
    COMO_TEXTO,
    DEVOLVA,
    FECHE,
    IMPRIMA,
    MOSTRE,
    NA_TELA,
    NAO_CALCULE,
    SORTEIE,
    da_queda,
    repita,
)

CASAS = 30  # o enunciado: um inteiro com até 30 casas
SATURADOS = {2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**64 - 1}
PRESSA = 0.9  # do intervalo pedido: quem volta antes disso volta cedo demais
METADE = 0.5  # da nota do caso: o que ele pede só foi cumprido em parte


caso = Casos(ENUNCIADO)


@caso("enunciado", "conecta-se ao servidor e envia um pedido")
def conecta(exame):
    exame.estreia  # noqa: B018 — ela falha se ele não se conecta, ou não pede


@caso("PI-01", "envia um inteiro de até 30 casas")
def numero(exame):
    pedidos = exame.pedidos
    ruins = [p for p in pedidos if not p.inteiro]
    if ruins:
        forma = FORMAS.get(ruins[0].forma)
        causa = forma.causa if forma and forma.binaria else COMO_TEXTO
        explicacao = f"enviou {ruins[0].descricao}{de_quantos(ruins, pedidos)}"
        return Falhou(explicacao, esperado="<um inteiro>", recebido=ruins[0].dados, causa=causa)
    longos = [p for p in pedidos if p.casas > CASAS]
    if longos:
        causa = (
            "10³⁰ já tem 31 casas: sorteie até 10³⁰ - 1. Se você completa com zeros ou junta algarismos, pare em 30."
        )
        explicacao = f"enviou um número de {longos[0].casas} casas{de_quantos(longos, pedidos)}"
        return Falhou(explicacao, recebido=longos[0].dados, causa=causa)
    saturados = [p for p in pedidos if p.valor in SATURADOS]
    if saturados:
        return Tolerado(f"enviou {saturados[0].texto}, o limite de um inteiro de 32 ou 64 bits", causa=COMO_TEXTO)
    if pedidos[0].em_binario:
        causa = FORMAS[pedidos[0].forma].causa
        return Tolerado(f"envia {pedidos[0].descricao}, que só um servidor igual entende", causa=causa)
    if any(zero_na_frente(p) for p in pedidos):
        return Tolerado("há números com zero à esquerda", causa=SORTEIE)


def de_quantos(alguns, todos):
    """Quantos de quantos, para o fim de uma frase."""
    return f" em {len(alguns)} de {len(todos)} pedidos" if len(todos) > 1 else ""


def zero_na_frente(pedido):
    """O número tem zero à esquerda?"""
    return pedido.inteiro and re.match(r"[+-]?0[0-9]", pedido.texto) is not None


@caso("PI-41", "mostra na tela o que o servidor respondeu, seguido de FIM")
def mostra(exame):
    rodadas = [r for r in exame.rodadas if not r.mentira]
    falhas = [r for r in rodadas if not r.mostrou]
    if falhas:
        return nao_mostrou(exame, falhas[0])
    if nos_erros := [r for r in rodadas if r.so_nos_erros]:
        explicacao = "mostra a resposta na saída de erros (stderr), e não na comum"
        return Tolerado(explicacao, passos=nos_erros[0].passos, causa=NA_TELA)
    sem_fim = [r for r in rodadas if not re.search(r"PAR.{0,60}?FIM", r.na_tela, re.S | re.I)]
    if sem_fim:
        return Tolerado("mostra a resposta sem FIM depois dela", passos=sem_fim[0].passos, causa=MOSTRE)


def nao_mostrou(exame, rodada, causa=MOSTRE):
    """O desfecho de uma rodada em que a resposta não apareceu na tela."""
    if rodada.queda:
        return caiu(f"depois de receber {rodada.resposta}, {rodada.queda}", rodada)
    if not any(r.saida.strip() for r in (rodada, *exame.rodadas)):
        if exame.escreve_na_hora:
            return Falhou("não mostrou nada na tela", passos=rodada.passos, causa=causa)
        return NaoDeu("não se viu nada na tela; alguns programas só escrevem quando terminam", passageiro=False)
    escrito = visivel(rodada.na_tela.strip(), 80, aspas=False)
    escreveu = f"escreveu: {escrito}" if escrito else "não escreveu nada depois disso"
    escreveu += f"; na saída de erros, {rodada.excecao}" if rodada.excecao else ""
    explicacao = f"o servidor respondeu {rodada.resposta} e a tela não o mostra; {escreveu}"
    return Falhou(explicacao, passos=rodada.passos, causa=da_excecao(rodada.excecao) or causa)


def caiu(explicacao, rodada):
    """O desfecho de quem caiu: a causa é a da exceção."""
    return Falhou(explicacao, passos=rodada.passos, causa=da_queda(rodada.excecao))


@caso("PI-41", "mostra o que o servidor disse, mesmo que ele minta")
def mente(exame):
    falhas = [r for r in exame.rodadas if r.mentira and not r.mostrou]
    if not any(r.mentira for r in exame.rodadas):
        return NaoDeu("o cliente não deu ocasião de mentir")
    if not falhas:
        return None
    falha = falhas[0]
    if palavras(falha.na_tela) and not falha.queda:
        return Falhou(
            f"a {falha.pedido.texto} o servidor respondeu {falha.resposta} e a tela mostra "
            f"{palavras(falha.na_tela)[0]}: o cliente calcula a paridade por conta própria",
            passos=falha.passos, causa=NAO_CALCULE,
        )  # fmt: skip
    return nao_mostrou(exame, falha, NAO_CALCULE)


@caso("enunciado", "mostra na tela o número que enviou")
def tela(exame):
    rodadas = exame.rodadas
    if all(r.pedido.texto in r.saida for r in rodadas):
        return None
    if not any(r.saida.strip() for r in rodadas):
        if exame.escreve_na_hora:
            return Falhou("não mostrou nada na tela", causa=IMPRIMA)
        return NaoDeu("não se viu nada na tela; alguns programas só escrevem quando terminam", passageiro=False)
    if not any(r.mostrou or r.pedido.texto in r.saida for r in rodadas):
        return Falhou("a tela não mostra nem o número enviado nem a resposta", causa=IMPRIMA)
    return Tolerado("a tela não mostra o número enviado", causa=IMPRIMA, vale=METADE)


@caso("PI-05", "devolve ao servidor a resposta seguida de FIM")
def devolve(exame):
    vistas = [(r.como_devolveu, r) for r in exame.rodadas if not r.mentira]
    for como, o_que in (
        (None, "não devolveu nada"),
        ("outra coisa", "devolveu outra coisa"),
        ("só FIM", "devolveu FIM sem a resposta"),
        ("sem FIM", "devolveu a resposta sem FIM"),
    ):
        rodada = next((r for c, r in vistas if c == como), None)
        if rodada is None:
            continue
        causa = DEVOLVA
        if como is None and rodada.calou:
            o_que += ": encerrou o envio antes de receber a resposta"
        elif como is None and rodada.queda:
            o_que, causa = f"{o_que}: {rodada.queda}", da_queda(rodada.excecao)
        elif como is None and "FIM" in rodada.na_tela.upper():
            o_que += ": só mostrou na tela"
        elif como is None and rodada.excecao:
            o_que, causa = f"{o_que}; na saída de erros, {rodada.excecao}", da_excecao(rodada.excecao) or DEVOLVA
        return Falhou(o_que, **_provas(rodada), causa=causa, passos=rodada.passos)
    for como, rodada in vistas:
        if como == "tolerada":
            return Tolerado(
                "a resposta e FIM vêm, mas com algo entre eles ou em volta", **_provas(rodada), causa=DEVOLVA,
                passos=rodada.passos,
            )  # fmt: skip


def _provas(rodada):
    return {"esperado": f"{rodada.resposta} FIM", "recebido": rodada.texto_devolvido.rstrip(b"\r\n")}


@caso("PI-44", "fecha a conexão depois de cada pedido")
def fecha(exame):
    longa = exame.longa
    volta, *outras = longa.pedidos
    ultimo = max(volta.lida or volta.respondida, volta.ultimo if volta.depois else 0)
    demora = None if volta.fim is None else max(volta.fim - ultimo, 0)
    provas = {"passos": tuple(longa.passos), "causa": FECHE}
    if demora is not None:
        seguinte = outras[0].instante if outras else math.inf
        # Mais perto da resposta que da volta seguinte; de quem volta logo, uma máquina ocupada vê o fim com atraso.
        if demora <= max(seguinte - volta.fim, 0.5, (seguinte - volta.instante) / 3):
            return None
    if outras and outras[0].mesma:
        return Falhou("usa uma conexão só para todos os pedidos", **provas)
    if demora is not None and volta.fim <= outras[0].instante + 1:
        return Tolerado("a conexão fica aberta durante a espera, e só se fecha quando abre a próxima", **provas)
    if outras:
        return Falhou("abre outra conexão sem fechar a primeira", **provas)
    return Falhou("a conexão ficou aberta", **provas)


@caso("PI-43", "repete a cada 10 s, com nova conexão")
def repete(exame):
    longa, esperado = exame.longa, exame.intervalo
    volta, *outras = longa.pedidos
    causa = repita(esperado)
    passos = tuple(longa.passos)
    if not outras and longa.acabou():
        como = f"; {longa.queda()}" if longa.queda() else ""
        causa = da_queda(longa.excecao()) if longa.queda() else causa
        return Falhou(f"rodou uma vez só e terminou{como}", causa=causa, passos=passos)
    if not outras:
        quanto = segundos(round(exame.paciencia, 1))
        return Falhou(f"depois do primeiro pedido, não fez outro em {quanto}", causa=causa, passos=passos)
    diferencas, minimo = [], PRESSA * esperado
    inteiro, pausa = intervalos(longa.pedidos)
    if not any(minimo <= tempo <= esperado + 2 + 2 * longa.atraso for tempo in (inteiro, pausa)):
        diferencas.append(f"repete a cada {intervalo(longa.pedidos)}, e não a cada {segundos(esperado)}")
    if outras[0].mesma:
        diferencas.append("repete na mesma conexão")
    if longa.acabou():
        como = f": {longa.queda()}" if longa.queda() else ", por bem"
        diferencas.append(f"depois de {len(longa.pedidos)} voltas, terminou{como}")
    if diferencas:
        return Tolerado("; ".join(diferencas), causa=causa, passos=passos)
    trocas = _trocas(longa.pedidos)
    if pausa + min(trocas) < minimo:  # só se chega ao mínimo com o que as trocas demoraram a mais
        return NaoDeu(
            f"as voltas levam {segundos(round(inteiro, 1))}, mas as trocas demoraram até "
            f"{segundos(round(max(trocas), 1))}, e a mais rápida, {segundos(round(min(trocas), 1))}: "
            "a máquina está ocupada demais para se saber de quanto em quanto tempo ele repete",
            passos=passos,
        )
    return None


def intervalos(voltas):
    """Os segundos de uma volta à outra: de começo a começo, e do fim de uma ao começo da outra.

    De mais de duas voltas, a mediana: um setInterval que a máquina atrasou na primeira vez encurta a segunda.
    """
    inteiros = [segunda.instante - primeira.instante for primeira, segunda in itertools.pairwise(voltas)]
    return statistics.median(inteiros), statistics.median(map(operator.sub, inteiros, _trocas(voltas)))


def _trocas(voltas):
    """Os segundos que durou cada volta que teve outra depois."""
    return [(volta.fim or volta.respondida or volta.instante) - volta.instante for volta in voltas[:-1]]


def intervalo(voltas):
    """O intervalo que o programa deve ter escolhido: dos dois, o mais redondo; se só fecha ao voltar, o primeiro."""
    inteiro, pausa = intervalos(voltas)
    escolhido = inteiro if pausa < inteiro / 2 else min(inteiro, pausa, key=lambda tempo: abs(tempo - round(tempo)))
    return segundos(round(escolhido, 1))
