"""Os casos do enunciado no exame de um servidor, na ordem em que rodam.

Cada função recebe o exame e uma mesa (um processo novo, já escutando), conversa com ele e devolve
(situação, explicação, provas); as provas são campos do `Veredito`.
"""

from parimpar.protocolo import MAXIMO_DA_RESPOSTA
from parimpar.texto import visivel

from ..caso import Casos
from ..leitura import ler
from ..ligacao import CALMA
from ..veredito import ENUNCIADO, FALHOU, NAO_DEU, OK, TOLERADO

DEZ, ONZE, TRINTA = "1234567890", "12345678901", "123456789012345678901234567890"
PRAZO = 2.0  # segundos até o primeiro byte de uma resposta

LIMIAR = "A regra é mais de 10 casas: compare len(algarismos) > 10, e não >= 10 nem o valor do número."
PARIDADE = "Veja o resto da divisão por 2: 0 é PAR, 1 é ÍMPAR."
SORTEIO = "Sorteie cada letra a cada pedido: ''.join(random.choices(string.ascii_letters, k=casas))."
LACO = "Falta um laço em volta do accept: depois de um cliente, volte a aceitar o próximo."
TRATE = "O erro na conversa com um cliente derruba o servidor: ponha-a num try/except e volte ao accept."

caso = Casos(ENUNCIADO)


def paridade(mesa, numero, certa, causa=PARIDADE):
    """O veredito de um pedido que devia receber a paridade `certa`."""
    dados = mesa.pedir(numero)
    leitura = ler(dados, mesa.forma == "linha")
    causa = PARIDADE if causa == LIMIAR and leitura.paridade else causa
    provas = {"esperado": certa, "recebido": dados.rstrip(b"\r\n"), "causa": causa}
    if leitura.paridade == certa:
        if leitura.exata:
            return OK, "", {}
        mais = "com um \\n no fim" if mesa.forma == "linha" else "sem mais nada"
        grafia = f"Envie '{certa}'.encode(): assim mesmo, em UTF-8 e {mais}."
        return TOLERADO, f"respondeu {certa}, mas {'; '.join(leitura.diferencas)}", provas | {"causa": grafia}
    if not dados:
        caiu = f"; o programa escreveu: {ultima_linha(mesa)}" if not mesa.programa.vivo else ""
        return FALHOU, f"não respondeu a {numero}{caiu}", provas
    if leitura.paridade == "as duas":
        return FALHOU, "respondeu as duas palavras", provas | {"causa": "Falta um else: os dois if são executados."}
    return FALHOU, f"esperava {certa} para {numero}", provas


def ultima_linha(mesa):
    """A última linha que o programa escreveu, para um veredito."""
    return visivel(mesa.programa.ultima_linha(), 120, aspas=False) or "nada"


@caso("PI-03", "7 recebe ÍMPAR")
def impar(exame, mesa):
    return paridade(mesa, "7", "ÍMPAR")


@caso("PI-03", "8 recebe PAR")
def par(exame, mesa):
    return paridade(mesa, "8", "PAR")


@caso("PI-03", "0 recebe PAR")
def zero(exame, mesa):
    return paridade(mesa, "0", "PAR", "Zero é par: 0 % 2 == 0.")


@caso("PI-03", "987654321, de 9 casas, recebe ÍMPAR")
def nove_casas(exame, mesa):
    return paridade(mesa, "987654321", "ÍMPAR", LIMIAR)


def longa(mesa, numero):
    """(texto da resposta, provas, motivo de falha ou "")."""
    dados = mesa.pedir(numero)
    texto = ler(dados).texto
    provas = {"esperado": f"<{len(numero)} letras sorteadas>", "recebido": dados.rstrip(b"\r\n")}
    if len(dados) > MAXIMO_DA_RESPOSTA:
        return texto, provas, "enviou uma enxurrada de bytes, e não uma resposta"
    return texto, provas, "" if dados else f"não respondeu a um número de {len(numero)} casas"


def tamanho(mesa, numero):
    """O veredito de um pedido que devia receber uma string de tantas letras quantas são as casas."""
    texto, provas, falha = longa(mesa, numero)
    if falha:
        return FALHOU, falha, provas | {"causa": LIMIAR}
    if len(texto) == len(numero):
        return OK, "", {}
    if texto.upper().endswith("FIM") and len(texto.upper().removesuffix("FIM").strip()) == len(numero):
        causa = "O FIM é do cliente: o servidor envia só a resposta."
        return FALHOU, "a string vem seguida de FIM", provas | {"causa": causa}
    causa = "Gere tantas letras quantos são os algarismos recebidos, sem contar o \\n nem espaços."
    if ler(texto.encode()).paridade:
        causa = "Falta o caso de mais de 10 casas: if len(numero) > 10."
    return (
        FALHOU,
        f"a resposta tem {len(texto)} caracteres e o número tem {len(numero)} casas",
        provas | {"causa": causa},
    )


@caso("PI-04", "11 casas recebem uma string do mesmo tamanho")
def onze_casas(exame, mesa):
    return tamanho(mesa, ONZE)


@caso("PI-04", "30 casas recebem uma string do mesmo tamanho")
def trinta_casas(exame, mesa):
    return tamanho(mesa, TRINTA)


@caso("PI-04", "a string não é o próprio número de volta")
def sem_eco(exame, mesa):
    texto, provas, falha = longa(mesa, ONZE)
    if falha:
        return NAO_DEU, falha, provas
    if ONZE in texto or texto == ONZE[::-1]:
        return FALHOU, "devolveu o número que recebeu", provas | {"causa": SORTEIO}
    return OK, "", {}


@caso("PI-04", "a string é sorteada, e não sempre a mesma")
def sorteio(exame, mesa):
    primeiro, _, falha = longa(mesa, ONZE)
    if falha:
        return NAO_DEU, falha, {}
    textos, passos = [primeiro], list(mesa.passos)
    try:
        no_mesmo_processo = longa(mesa, ONZE)[0]
    except ConnectionError:
        no_mesmo_processo = ""  # atende um cliente só
    mesa.encerrar()  # a porta é uma só: um processo de cada vez
    for _ in range(2):
        with exame.mesa() as outra:
            if outra is not None:
                textos.append(longa(outra, ONZE)[0])
                passos += outra.passos
    provas = {"passos": tuple(passos), "causa": SORTEIO}
    if not all(textos) or len(textos) < 3:
        return NAO_DEU, "não respondeu aos três pedidos iguais", {}
    if ONZE in textos[0]:
        return FALHOU, "devolve o próprio número: não há sorteio", provas
    if len(set(textos)) > 1:
        return OK, "", {}
    provas |= {"esperado": "<outras 11 letras>", "recebido": textos[0].encode()}
    if no_mesmo_processo not in ("", textos[0]):
        return TOLERADO, "a sequência sorteada se repete a cada execução: falta semear o gerador", provas
    return FALHOU, "três pedidos iguais, em três execuções, receberam a mesma string", provas


@caso("enunciado", "depois de um cliente, atende o próximo")
def segundo_cliente(exame, mesa):
    primeira = mesa.ligar()
    mesa.pedir("7", primeira)
    primeira.despedir()
    mesa.programa.terminou(0.5)  # quem atende um só termina agora: o próximo não pode chegar no meio disso
    if mesa.ainda_atende():
        return OK, "", {}
    exame.um_cliente_so = True
    if excecao := mesa.programa.excecao():
        return FALHOU, f"depois do primeiro cliente, caiu: {visivel(excecao, 120, aspas=False)}", {"causa": TRATE}
    fim = "; depois do primeiro, terminou" if mesa.programa.terminou(1) else ""
    return FALHOU, f"é um servidor de um cliente só{fim}", {"causa": LACO}


@caso("PI-05", "recebe a resposta devolvida com FIM sem cair nem responder de novo")
def devolucao(exame, mesa):
    ligacao = mesa.ligar()
    resposta = ler(mesa.pedir("7", ligacao)).texto
    if not resposta:
        return NAO_DEU, "não respondeu ao pedido", {}
    ligacao.receber(CALMA)  # dá tempo de ver se ele fecha
    if mesa.forma == "fim" or ligacao.acabou:
        return TOLERADO, "fecha a conexão antes de ler a devolução", {}
    fim = "\n" if mesa.forma == "linha" else ""
    ligacao.enviar(f"{resposta} FIM{fim}".encode())
    outra = ligacao.receber(0.6)
    ligacao.despedir()
    causa = "Depois de responder, leia a devolução e só a registre; ela não é outro número."
    if outra:
        return (
            FALHOU,
            "respondeu à devolução como se fosse um número",
            {"recebido": outra, "esperado": "", "causa": causa},
        )
    if exame.um_cliente_so:
        if mesa.programa.terminou(0.5) and (excecao := mesa.programa.excecao()):
            return FALHOU, f"caiu ao ler a devolução: {visivel(excecao, 120, aspas=False)}", {"causa": causa}
    elif not mesa.ainda_atende():
        return FALHOU, f"parou de atender; a última linha que escreveu: {ultima_linha(mesa)}", {"causa": causa}
    return OK, "", {}


@caso("enunciado", "mostra na tela as mensagens trocadas")
def tela(exame, mesa):
    resposta = ler(mesa.pedir("4321")).texto
    mostra = [mesa.programa.esperar_saida(trecho, 1.0) for trecho in ("4321", resposta or "?")]
    if all(mostra):
        return OK, "", {}
    causa = "Falta um print do que chegou e outro do que foi enviado."
    if not mesa.programa.saida:
        if mesa.programa.escreve_na_hora:
            return FALHOU, "não mostrou nada na tela", {"causa": causa}
        return NAO_DEU, "não se viu nada na tela; alguns programas só escrevem quando terminam", {}
    faltou = " e ".join(nome for nome, viu in zip(("o número recebido", "a resposta"), mostra, strict=True) if not viu)
    return TOLERADO, f"a tela não mostra {faltou}", {"causa": causa}
