"""Descobrir em que forma um servidor quer o número, e quanto demora para responder."""

import time
from dataclasses import dataclass

from . import formas
from .bancada_servidor import SemConexao, SemFim
from .leitura import ler
from .veredito import Falhou

DEMORA_MAXIMA = 15.0  # segundos que uma resposta certa pode demorar
# Segundos à espera, depois de cada coisa que se envia na mesma conexão.
ESPERAS = ((formas.CRUA, 2.0), (formas.LINHA, 1.0), (formas.NULA, 0.5), (formas.FIM, 1.0))
DE_OUTRA = 4.0  # segundos à espera da resposta a uma forma que não é texto
MUITAS = 30  # casas do maior número que o enunciado pede
OLHADA = 1.0  # segundos entre duas perguntas sobre se ainda pode responder
DEPRESSA = 1.0  # segundos: uma resposta até aqui não precisa ser confirmada


@dataclass(frozen=True)
class Descoberta:
    """O que se descobriu de como o servidor responde.

    forma: a `Forma` dos pedidos.
    demora: segundos até o primeiro byte da resposta.
    """

    forma: formas.Forma
    demora: float


@dataclass(frozen=True)
class _Insistencia:
    dados: bytes
    forma: formas.Forma  # o que se tinha enviado quando a resposta veio
    demora: float  # segundos desde o primeiro envio
    queda: str
    desligou: bool  # fechou a conexão, ou terminou, sem responder


def descobrir(exame):
    """A `Descoberta`; levanta o `Desfecho` de quem não responde."""
    try:
        tentativa = _insistir(exame)
    except SemConexao as erro:
        raise Falhou("escuta, mas não aceita a conexão") from erro
    achado = _confirmar(exame, tentativa) if tentativa.dados else None
    if achado and achado.forma is formas.CRUA and _le_em_binario(exame, achado.demora):
        return Descoberta(formas.BINARIA, achado.demora)
    if achado and ler(tentativa.dados).paridade:
        return achado
    # Não respondeu, ou respondeu algo que não é paridade: pode ter lido outra coisa no lugar do número.
    queda = tentativa.queda
    for forma in formas.OUTRAS:
        outra = _experimentar(exame, forma, DE_OUTRA)
        if outra and ler(outra.dados).paridade:
            return _com_a_ordem_certa(exame, outra)
        queda = queda or (outra.queda if outra else "")
    if achado:
        return achado
    raise _nao_responde(exame, queda)


def demora_de_muitas(exame, forma):
    """Segundos até a resposta a um número de muitas casas: há quem a prepare letra a letra; 0 se não responde a ele."""
    with exame.bancada(forma) as bancada:
        try:
            ligacao = bancada.ligar()
        except SemConexao:
            return 0.0
        ligacao.enviar(forma.codificar(exame.impar("demora", forma.casas or MUITAS)), encerrar=forma.fim)
        limite = time.monotonic() + DEMORA_MAXIMA
        while ligacao.demora is None and time.monotonic() < limite:
            ligacao.receber(exame.resta(OLHADA))
            if ligacao.acabou or not bancada.programa.vivo or bancada.thread_caiu:
                break  # não há mais quem responda
        return ligacao.demora or 0.0


def _insistir(exame):
    """Envia um algarismo, e depois, na mesma conexão, um \\n, um \\0 e o fim, até vir uma resposta."""
    with exame.bancada(formas.CRUA) as bancada:
        ligacao, comeco = bancada.ligar(), time.monotonic()
        for forma, espera in ESPERAS:
            if forma is formas.CRUA:
                ligacao.enviar(formas.CRUA.codificar(exame.impar("forma", 1)))
            elif forma is formas.FIM:
                ligacao.despedir()
            else:
                ligacao.enviar(forma.codificar(""))
            dados = ligacao.receber(exame.resta(espera))
            if ligacao.sem_fim:
                raise SemFim(dados)
            if dados or ligacao.acabou or not bancada.programa.vivo:
                break
        else:
            dados = ligacao.receber(exame.resta(max(DEMORA_MAXIMA - (time.monotonic() - comeco), 0.1)))
        demora = (ligacao.primeiro or time.monotonic()) - comeco
        desligou = not dados and (ligacao.acabou or not bancada.programa.vivo)
        return _Insistencia(dados, forma, demora, "" if dados else bancada.queda(), desligou)


@dataclass(frozen=True)
class _Experiencia:
    dados: bytes
    demora: float
    queda: str
    forma: formas.Forma


def _experimentar(exame, forma, prazo, numero=None):
    """Um processo novo, um pedido nesta forma; None se ele não aceita a conexão."""
    with exame.bancada(forma) as bancada:
        try:
            ligacao = bancada.ligar()
        except SemConexao:
            return None
        dados = bancada.pedir(numero or exame.impar("forma", 1), ligacao, exame.resta(prazo))
        return _Experiencia(dados, ligacao.demora or prazo, "" if dados else bancada.queda(), forma)


def _confirmar(exame, tentativa):
    """O que provocou a resposta: a última coisa que se enviou, ou só o tempo, porque o servidor demora?"""
    if tentativa.forma is formas.CRUA and tentativa.demora < DEPRESSA:
        return Descoberta(formas.CRUA, tentativa.demora)
    if tentativa.forma is not formas.CRUA:
        so_esta = _experimentar(exame, tentativa.forma, tentativa.demora)
        if so_esta and so_esta.dados and so_esta.demora < tentativa.demora / 2:
            return Descoberta(tentativa.forma, so_esta.demora)
    prazo = min(1.3 * tentativa.demora + 1, DEMORA_MAXIMA + 1)
    for forma in (formas.CRUA, formas.LINHA, formas.NULA, formas.FIM):
        so_esta = _experimentar(exame, forma, prazo)
        if so_esta and so_esta.dados:
            return Descoberta(forma, so_esta.demora)
    return Descoberta(tentativa.forma, tentativa.demora)


def _le_em_binario(exame, demora):
    """Os bytes de 5 algarismos, lidos como um número, dão um de 12 casas: quem responde 12 letras leu em binário.

    Args:
        demora: segundos até a resposta que ele já deu.
    """
    outra = _experimentar(exame, formas.CRUA, DE_OUTRA * 2 + 1.3 * demora, exame.impar("binária", 5))
    if not outra or not outra.dados:
        return False
    leitura = ler(outra.dados)
    return leitura.paridade is None and len(leitura.texto) == 12


def _com_a_ordem_certa(exame, outra):
    """De um inteiro binário, qual byte vem primeiro: 256 é ímpar para quem lê os bytes ao contrário, e 1 é par."""
    invertida = formas.INVERTIDAS.get(outra.forma)
    if invertida:
        leituras = [
            _experimentar(exame, outra.forma, DE_OUTRA, numero)
            for numero in ("1", str(256 ** (3 if outra.forma is formas.CURTO else 7)))
        ]
        if [ler(e.dados).paridade if e else None for e in leituras] == ["PAR", "ÍMPAR"]:
            return Descoberta(invertida, outra.demora)
    return Descoberta(outra.forma, outra.demora)


def _nao_responde(exame, queda):
    if queda:
        return Falhou(f"deu um erro ao atender: {queda}", causa=exame.cura(queda))
    conhecidas = (
        "os algarismos sozinhos, com \\n, com \\0 ou com o fim do envio",
        "UTF-16",
        "writeUTF",
        "um inteiro binário de 4 ou 8 bytes",
        "um pickle",
    )
    numero = exame.impar("forma", 1)
    return Falhou(
        f"não responde a {numero} em nenhuma forma conhecida: {'; '.join(conhecidas)}",
        causa="O servidor espera mais bytes do que o cliente manda: responda ao que o recv já trouxe.",
    )
