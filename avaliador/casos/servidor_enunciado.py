"""Os casos do enunciado no exame de um servidor, na ordem do relatório.

Cada função recebe o exame: pergunta primeiro os fatos de que precisa, depois abre uma bancada (um processo novo, já
escutando), conversa com ele e levanta o `Desfecho`; se não levanta nada, é OK.
"""

import re

from parimpar.protocolo import MAXIMO_DA_RESPOSTA
from parimpar.texto import segundos

from ..bancada_servidor import SemConexao
from ..caso import Casos
from ..leitura import ler, mostrada
from ..ligacao import CALMA
from ..processo import escreve_na_hora
from ..veredito import ENUNCIADO, Falhou, NaoDeu, NaoSeAplica, Tolerado
from . import servidor_conselhos as conselhos

caso = Casos(ENUNCIADO)


def em_linha(bancada):
    """A resposta deve vir em linha?"""
    return bancada.forma.nome == "linha"


def paridade(bancada, numero, certa, causa=conselhos.PARIDADE):
    """Faz um pedido que deve receber a paridade `certa`."""
    dados = bancada.pedir(numero)
    leitura = ler(dados, em_linha(bancada))
    if leitura.paridade and causa is conselhos.LIMIAR:
        causa = conselhos.PARIDADE
    elif not leitura.paridade and len(leitura.texto) == len(numero) and causa is conselhos.PARIDADE:
        causa = conselhos.LIMIAR  # deu letras no lugar da paridade
    elif leitura.texto.startswith("ERRO") and numero[0] in "+-":
        causa = conselhos.ACEITE_O_SINAL
    provas = {"esperado": certa, "recebido": dados.rstrip(b"\r\n"), "causa": causa}
    if leitura.paridade == certa:
        if leitura.exata:
            return
        mais = "com um \\n no fim" if em_linha(bancada) else "sem mais nada"
        grafia = f"Envie {certa} assim mesmo, em UTF-8 e {mais}."
        raise Tolerado(f"respondeu {certa}, mas {'; '.join(leitura.diferencas)}", **provas | {"causa": grafia})
    if not dados:
        raise Falhou(f"não respondeu a {numero}", **provas)
    if leitura.paridade == "as duas":
        raise Falhou("respondeu as duas palavras", **provas | {"causa": conselhos.FALTA_O_ELSE})
    raise Falhou(f"esperava {certa} para {numero}", **provas)


@caso("PI-03", "um número ímpar recebe ÍMPAR")
def impar(exame):
    with exame.bancada() as bancada:
        paridade(bancada, exame.impar("impar", 1), "ÍMPAR")


@caso("PI-03", "um número par recebe PAR")
def par(exame):
    with exame.bancada() as bancada:
        paridade(bancada, exame.par("par", 1), "PAR")


@caso("PI-03", "0 recebe PAR")
def zero(exame):
    with exame.bancada() as bancada:
        paridade(bancada, "0", "PAR", conselhos.ZERO)


@caso("PI-03", "um ímpar de 9 casas recebe ÍMPAR")
def nove_casas(exame):
    with exame.bancada() as bancada:
        paridade(bancada, exame.impar("nove-casas", 9), "ÍMPAR", conselhos.LIMIAR)


def cabem(exame, casas):
    """Um número de tantas casas cabe na forma que o servidor lê?"""
    return exame.forma.casas is None or casas <= exame.forma.casas


def longa(bancada, numero):
    """(texto da resposta, provas) de um pedido longo."""
    dados = bancada.pedir(numero)
    provas = {"esperado": f"<{len(numero)} letras sorteadas>", "recebido": dados.rstrip(b"\r\n")}
    if len(dados) > MAXIMO_DA_RESPOSTA:
        raise Falhou("enviou uma enxurrada de bytes, e não uma resposta", **provas, causa=conselhos.ENXURRADA)
    if not dados:
        estourou = re.match("NumberFormatException|FormatException|OverflowException|InputMismatch", bancada.queda())
        causa = conselhos.NAO_CABE if estourou else conselhos.LIMIAR
        raise Falhou(f"não respondeu a um número de {len(numero)} casas", **provas, causa=causa)
    return ler(dados).texto, provas


def tamanho(bancada, numero):
    """Faz um pedido que deve receber uma string de tantas letras quantas são as casas."""
    texto, provas = longa(bancada, numero)
    if len(texto) == len(numero):
        return
    if texto.upper().endswith("FIM") and len(texto.upper().removesuffix("FIM").strip()) == len(numero):
        raise Falhou("a string vem seguida de FIM", **provas, causa=conselhos.SEM_FIM)
    causa = conselhos.MAIS_DE_DEZ if ler(texto.encode()).paridade else conselhos.TAMANHO
    explicacao = f"a resposta tem {len(texto)} caracteres e o número tem {len(numero)} casas"
    raise Falhou(explicacao, **provas, causa=causa)


def _tamanho(exame, nome, casas):
    if not cabem(exame, casas):
        raise Falhou(f"lê {exame.forma.descricao}: um número de {casas} casas não cabe nele", causa=conselhos.TEXTO)
    with exame.bancada() as bancada:
        tamanho(bancada, exame.impar(nome, casas))


@caso("PI-04", "11 casas recebem uma string do mesmo tamanho")
def onze_casas(exame):
    _tamanho(exame, "onze-casas", 11)


@caso("PI-04", "30 casas recebem uma string do mesmo tamanho")
def trinta_casas(exame):
    _tamanho(exame, "trinta-casas", 30)


def _so_se_couber(exame):
    if not cabem(exame, 11):
        raise NaoSeAplica(f"lê {exame.forma.descricao}: um número de 11 casas não cabe nele")


@caso("PI-04", "a string não é o próprio número de volta")
def sem_eco(exame):
    _so_se_couber(exame)
    numero = exame.impar("sem-eco", 11)
    with exame.bancada() as bancada:
        texto, provas = longa(bancada, numero)
        if numero in texto or texto == numero[::-1]:
            raise Falhou("devolveu o número que recebeu", **provas, causa=conselhos.SORTEIO)


@caso("PI-04", "a string é sorteada, e não sempre a mesma")
def sorteio(exame):
    _so_se_couber(exame)
    numero, textos, no_mesmo_processo = exame.impar("sorteio", 11), [], ""
    for vez in range(3):
        with exame.bancada() as bancada:
            texto, provas = longa(bancada, numero)
            textos.append(texto)
            if vez == 0:
                try:
                    no_mesmo_processo = ler(bancada.pedir(numero)).texto
                except SemConexao:
                    pass  # atende um cliente só
    if numero in textos[0]:
        raise Falhou("devolve o próprio número: não há sorteio", **provas, causa=conselhos.SORTEIO)
    if len(set(textos)) > 1:
        return
    provas["esperado"] = "<outras 11 letras>"
    if no_mesmo_processo not in ("", textos[0]):
        raise Tolerado("a sequência sorteada se repete a cada execução", **provas, causa=conselhos.SEMEIE)
    causa = conselhos.MAIS_DE_DEZ if ler(textos[0].encode()).paridade else conselhos.SORTEIO
    raise Falhou("três pedidos iguais, em três execuções, receberam a mesma string", **provas, causa=causa)


@caso("enunciado", "depois de um cliente, atende o próximo")
def segundo_cliente(exame):
    proximo = exame.proximo
    if proximo.atendido:
        return
    provas = {"passos": proximo.passos, "causa": exame.cura(proximo.queda) or conselhos.TRATE}
    if proximo.queda:
        raise Falhou(f"depois do primeiro cliente, caiu: {proximo.queda}", **provas)
    if proximo.terminou:
        raise Falhou(
            "é um servidor de um cliente só: depois do primeiro, terminou", **provas | {"causa": conselhos.LACO}
        )
    if not proximo.escuta:
        explicacao = f"depois do primeiro cliente, ninguém mais escuta na porta: insistiu-se por {segundos(round(proximo.demora))}"
        raise Falhou(explicacao, **provas | {"causa": conselhos.NAO_ESCUTA_MAIS})
    explicacao = f"depois do primeiro cliente, o seguinte ficou {segundos(round(proximo.demora))} sem resposta"
    raise Falhou(explicacao, **provas | {"causa": conselhos.FICOU_NO_PRIMEIRO})


@caso("PI-05", "recebe a resposta devolvida com FIM sem cair nem responder de novo")
def devolucao(exame):
    um_so, silencio = exame.um_cliente_so, exame.silencio
    with exame.bancada() as bancada:
        ligacao = bancada.ligar()
        resposta = ler(bancada.pedir(exame.impar("devolucao", 1), ligacao)).texto
        if not resposta:
            raise Falhou("não respondeu ao pedido, e não há o que devolver", causa=conselhos.PARIDADE)
        ligacao.receber(CALMA)  # dá tempo de ver se ele fecha
        if bancada.forma.fim or ligacao.acabou:
            raise Tolerado("fecha a conexão antes de ler a devolução")
        ligacao.enviar(f"{resposta} FIM{chr(10) if em_linha(bancada) else ''}".encode())
        outra = ligacao.receber(silencio)
        ligacao.despedir()
        causa = conselhos.SO_REGISTRE
        if outra:
            raise Falhou("respondeu à devolução como se fosse um número", esperado="", recebido=outra, causa=causa)
        if not um_so and not bancada.ainda_atende():
            raise Falhou("depois da devolução, não atende mais ninguém", causa=causa)
        queda, morreu = bancada.queda(), not bancada.programa.vivo or bancada.thread_caiu
        if queda and um_so and morreu:  # com o processo, ou com a thread, foi-se o único que atendia
            raise Falhou("não sobreviveu à devolução", causa=causa)
        if queda:
            raise Tolerado(f"sobreviveu à devolução; {bancada.quem_caiu()}: {queda}", causa=causa)


@caso("enunciado", "mostra na tela as mensagens trocadas")
def tela(exame):
    numero = exame.impar("tela", 7)  # comprido: não se confunde com uma porta
    with exame.bancada() as bancada:
        resposta, programa = ler(bancada.pedir(numero)).texto, bancada.programa
        if not resposta:
            raise Falhou("não respondeu ao pedido: não houve troca de mensagens", causa=conselhos.PARIDADE)

        def faltam():
            escrito = programa.dito + "\n" + programa.reclamado  # há quem mostre com logging, que vai para o stderr
            viu = {"o número recebido": numero in escrito, "a resposta": mostrada(resposta, escrito)}
            return [nome for nome, apareceu in viu.items() if not apareceu]

        programa.esperar_que(lambda: not faltam(), 1.0)
        faltou, calado = faltam(), not (programa.dito + programa.reclamado).strip()
        if not faltou:
            return
        if calado and not escreve_na_hora(programa.comando, programa.pasta):
            raise NaoDeu("não se viu nada na tela; alguns programas só escrevem quando terminam", passageiro=False)
        if calado:
            raise Falhou("não mostrou nada na tela", causa=conselhos.MOSTRE)
        vale = 0.5 if len(faltou) == 1 else 0.25
        raise Tolerado(f"a tela não mostra {' nem '.join(faltou)}", causa=conselhos.MOSTRE, vale=vale)
