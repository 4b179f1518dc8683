"""Os casos do enunciado no exame de um cliente, na ordem do relatório.

Cada função recebe o exame, que sabe iniciar o cliente e fazer de servidor para ele, e devolve
(situação, explicação, provas); as provas são campos do `Veredito`.
"""

import re

from parimpar.texto import segundos, visivel

from ..caso import Casos
from ..leitura import devolvida, palavras
from ..troca import paridades
from ..veredito import ENUNCIADO, FALHOU, NAO_DEU, OK, TOLERADO

CASAS = 30  # o enunciado: um inteiro com até 30 casas
SATURADOS = {2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**64 - 1}

DEVOLVA = "Depois de mostrar, envie de volta: client_socket.sendall((resposta + ' FIM').encode())."
MOSTRE = "Mostre o que o recv trouxe, decodificado, seguido de FIM: print(resposta, 'FIM')."
FECHE = "Feche o socket ao fim de cada volta: with socket.create_connection(...) as client_socket."
SORTEIE = "Sorteie primeiro quantas casas, randint(1, 30), e depois os algarismos, o primeiro deles diferente de 0."

CAIU = "O programa caiu: conserte primeiro esse erro."
IMPRIMA = "Falta um print do que foi enviado e outro do que chegou."

caso = Casos(ENUNCIADO)


@caso("enunciado", "conecta-se ao servidor e envia um pedido")
def conecta(exame):
    return OK, "", {}


@caso("PI-01", "envia um inteiro de até 30 casas")
def numero(exame):
    pedidos = [p for _, p in exame.numeros]
    ruins = [p for p in pedidos if not p.inteiro]
    if ruins:
        causa = (
            "Guarde o número como texto, algarismo por algarismo, ou em BigInt/BigInteger: um double não tem 30 casas."
        )
        provas = {"esperado": "<um inteiro>", "recebido": ruins[0].dados, "causa": causa}
        return FALHOU, f"enviou {ruins[0].descricao}{de_quantos(ruins, pedidos)}", provas
    longos = [p for p in pedidos if p.casas > CASAS]
    if longos:
        causa = "10³⁰ já tem 31 casas: sorteie até 10**30 - 1. Se você usa zfill ou junta algarismos, pare em 30."
        provas = {"recebido": longos[0].dados, "causa": causa}
        return FALHOU, f"enviou um número de {longos[0].casas} casas{de_quantos(longos, pedidos)}", provas
    saturados = [p for p in pedidos if p.valor in SATURADOS]
    if saturados:
        causa = "Um número de 30 casas não cabe em 64 bits: use texto, ou um inteiro sem limite (BigInteger, BigInt)."
        return TOLERADO, f"enviou {saturados[0].texto}, o limite de um inteiro de 32 ou 64 bits", {"causa": causa}
    if pedidos[0].em_binario:
        causa = "Envie o texto do número: str(numero).encode()."
        return TOLERADO, f"envia {pedidos[0].descricao}, que só um servidor igual entende", {"causa": causa}
    if any(zero_na_frente(p) for p in pedidos):
        return TOLERADO, "há números com zero à esquerda", {"causa": SORTEIE}
    return OK, "", {}


def de_quantos(alguns, todos):
    """Quantos de quantos, para o fim de uma frase."""
    return f" em {len(alguns)} de {len(todos)} pedidos" if len(todos) > 1 else ""


def zero_na_frente(pedido):
    """O número tem zero à esquerda?"""
    return pedido.inteiro and re.match(r"[+-]?0[0-9]", pedido.texto) is not None


@caso("PI-41", "mostra na tela o que o servidor respondeu, seguido de FIM")
def mostra(exame):
    trocas = paridades(exame, mentir=False)
    falhas = [t for t in trocas if not t.mostrou]
    if falhas:
        return nao_mostrou(exame, falhas[0])
    sem_fim = [t for t in trocas if not re.search(r"PAR.{0,60}?FIM", t.tela, re.S | re.I)]
    if sem_fim:
        return TOLERADO, "mostra a resposta sem FIM depois dela", {"passos": sem_fim[0].passos, "causa": MOSTRE}
    return OK, "", {}


def nao_mostrou(exame, troca):
    """O veredito de uma troca em que a resposta não apareceu na tela."""
    provas = {"passos": troca.passos, "causa": MOSTRE}
    if troca.queda:
        return FALHOU, f"depois de receber {troca.resposta}, {troca.queda}", provas
    if not troca.saida.strip() and not exame.longa.programa.saida.strip():
        if exame.longa.programa.escreve_na_hora:
            return FALHOU, "não mostrou nada na tela", provas
        return NAO_DEU, "não se viu nada na tela; alguns programas só escrevem quando terminam", {}
    escrito = visivel(troca.tela.strip(), 80, aspas=False)
    escreveu = f"escreveu: {escrito}" if escrito else "não escreveu nada depois disso"
    return FALHOU, f"o servidor respondeu {troca.resposta} e a tela não o mostra; {escreveu}", provas


@caso("PI-41", "mostra o que o servidor disse, mesmo que ele minta")
def mente(exame):
    falhas = [t for t in paridades(exame, mentir=True) if not t.mostrou]
    if not falhas:
        return OK, "", {}
    situacao, explicacao, provas = nao_mostrou(exame, falhas[0])
    if situacao == FALHOU and not falhas[0].queda:
        causa = "Quem julga é o servidor: mostre a resposta que chegou, em vez de ver o resto da divisão por 2."
        provas["causa"] = causa
        if palavras(falhas[0].tela):
            troca = falhas[0]
            explicacao = (
                f"a {troca.pedido.texto} o servidor respondeu {troca.resposta} e a tela mostra "
                f"{palavras(troca.tela)[0]}: o cliente calcula a paridade por conta própria"
            )
    return situacao, explicacao, provas


@caso("enunciado", "mostra na tela o número que enviou")
def tela(exame):
    trocas = paridades(exame, mentir=False)
    if all(t.pedido.texto in t.saida for t in trocas):
        return OK, "", {}
    if not any(t.saida.strip() for t in trocas):
        if exame.longa.programa.escreve_na_hora:
            return FALHOU, "não mostrou nada na tela", {"causa": IMPRIMA}
        return NAO_DEU, "não se viu nada na tela; alguns programas só escrevem quando terminam", {}
    return TOLERADO, "a tela não mostra o número enviado", {"causa": IMPRIMA}


@caso("PI-05", "devolve ao servidor a resposta seguida de FIM")
def devolve(exame):
    trocas, vistas = paridades(exame, mentir=False), []
    for troca in trocas:
        vistas.append((devolvida(troca.resposta, troca.depois), troca))
    for como, o_que in (
        (None, "não devolveu nada"),
        ("outra coisa", "devolveu outra coisa"),
        ("só FIM", "devolveu FIM sem a resposta"),
        ("sem FIM", "devolveu a resposta sem FIM"),
    ):
        troca = next((t for c, t in vistas if c == como), None)
        if troca is None:
            continue
        if como is None and troca.calou:
            o_que += ": encerrou o envio antes de receber a resposta"
        elif como is None and troca.queda:
            o_que += f": {troca.queda}"
        elif como is None and "FIM" in troca.tela.upper():
            o_que += ": só mostrou na tela"
        provas = {"esperado": f"{troca.resposta} FIM", "recebido": troca.depois.rstrip(b"\r\n"), "causa": DEVOLVA}
        if como is None and troca.queda:
            provas["causa"] = CAIU
        return FALHOU, o_que, provas | {"passos": troca.passos}
    for como, troca in vistas:
        if como == "tolerada":
            provas = {"esperado": f"{troca.resposta} FIM", "recebido": troca.depois.rstrip(b"\r\n"), "causa": DEVOLVA}
            return TOLERADO, "a resposta e FIM vêm, mas com algo entre eles ou em volta", provas
    return OK, "", {}


@caso("PI-44", "fecha a conexão depois de cada pedido")
def fecha(exame):
    mesa = exame.longa
    volta, *outras = mesa.pedidos
    ultimo = max(volta.respondida, volta.ultimo if volta.depois else 0)
    demora = None if volta.fim is None else max(volta.fim - ultimo, 0)
    provas = {"passos": tuple(mesa.passos), "causa": FECHE}
    if demora is not None and (not outras or demora <= max(outras[0].instante - volta.fim, 0.5)):
        return OK, "", {}  # mais perto da resposta que da volta seguinte
    if outras and outras[0].mesma:
        return FALHOU, "usa uma conexão só para todos os pedidos", provas
    if demora is not None and volta.fim <= outras[0].instante + 1:
        return TOLERADO, "a conexão fica aberta durante a espera, e só se fecha quando abre a próxima", provas
    if outras:
        return FALHOU, "abre outra conexão sem fechar a primeira", provas
    return FALHOU, "a conexão ficou aberta", provas


@caso("PI-43", "repete a cada 10 s, com nova conexão")
def repete(exame):
    mesa, esperado = exame.longa, exame.intervalo
    volta, *outras = mesa.pedidos
    causa = f"Ponha tudo num laço, do connect ao close, com time.sleep({esperado:g}) no fim."
    provas = {"passos": tuple(mesa.passos), "causa": causa}
    if not outras:
        if mesa.acabou():
            provas["causa"] = CAIU if mesa.queda() else causa
            return FALHOU, f"rodou uma vez só e terminou{caiu(mesa)}", provas
        return FALHOU, f"depois do primeiro pedido, não fez outro em {segundos(round(3.3 * esperado, 1))}", provas
    diferencas = []
    if not any(0.9 * esperado <= tempo <= esperado + 2 for tempo in intervalos(mesa.pedidos)):
        diferencas.append(f"repete a cada {intervalo(mesa.pedidos)}, e não a cada {segundos(esperado)}")
    if outras[0].mesma:
        diferencas.append("repete na mesma conexão")
    return (TOLERADO, "; ".join(diferencas), provas) if diferencas else (OK, "", {})


def intervalos(voltas):
    """Os segundos de uma volta à outra: de começo a começo, e do fim de uma ao começo da outra."""
    primeira, segunda = voltas[:2]
    return segunda.instante - primeira.instante, segunda.instante - (primeira.fim or primeira.respondida)


def intervalo(voltas):
    """O intervalo que o programa deve ter escolhido: dos dois, o mais redondo; se só fecha ao voltar, o primeiro."""
    inteiro, pausa = intervalos(voltas)
    escolhido = inteiro if pausa < inteiro / 2 else min(inteiro, pausa, key=lambda tempo: abs(tempo - round(tempo)))
    return segundos(round(escolhido, 1))


def caiu(mesa):
    """Como o programa caiu, para o fim de uma frase; "" se não caiu."""
    return f"; {mesa.queda()}" if mesa.queda() else ""
