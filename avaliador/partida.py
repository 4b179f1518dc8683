"""Iniciar um servidor até ele escutar; e, se ele não escuta, saber de quem é a culpa."""

import contextlib
import difflib
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass

import psutil

from parimpar.texto import segundos, visivel

from .caixa import NENHUM
from .processo import Programa
from .veredito import Falhou, NaoDeu

PRAZO = 15.0  # segundos para escutar na primeira vez: a JVM numa máquina ocupada demora
ESTICA = 2  # quantas vezes o prazo, no máximo, de um programa que não para de trabalhar
CARGA = 1.5  # processos à espera, por processador: daqui em diante a máquina está ocupada
UDP_SOZINHO = 1.0  # segundos com um socket UDP aberto e nenhum TCP: é um servidor UDP
OUTRA_PORTA = 3.0  # segundos para abrir a porta pedida, depois de ter aberto outra
TIME_WAIT = 65.0  # segundos que uma porta pode ficar presa por uma conexão que acabou (60 s no Linux)
OUTRA_CONEXAO = 10.0  # segundos que se espera uma conexão de outro programa, que o sistema pôs nesta porta, acabar
OLHADA = 0.02  # segundos entre duas perguntas ao sistema
OCUPADA = re.compile(  # como o sistema o diz, nas línguas em que o diz
    r"EADDRINUSE|address\salready\sin\suse|endereço\sjá\s(?:está\s)?(?:em\suso|sendo\susado)|BindException|WinError\s10048", re.I
)
TALVEZ_OCUPADA = re.compile(r"\bin\suse\b|\bem\suso\b", re.I)  # como o aluno o diria; só se alguém usa mesmo a porta
SEM_TELA = re.compile(
    r"no\sdisplay\sname|cannot\sopen\sdisplay|could(?:\snot|n't)\sconnect\sto\sdisplay|HeadlessException|no\s\$DISPLAY"
    r"|no\savailable\svideo\sdevice",
    re.I,
)
SEM_MODULO = re.compile(
    r"(?:No\smodule\snamed|Cannot\sfind\smodule|ClassNotFoundException:?|load\smain\sclass) ['\"]?([\w./@-]+)"
)
SAIRAM = {"asyncore", "imp", "spwd"}  # da biblioteca até o Python 3.11 ou o 3.12, com nomes parecidos com os de outros
USO = re.compile(r"^\s*(?:uso|usage|modo de usar?|use)\s*:", re.I | re.M)

TECLADO = (
    "No exame não há teclado: deixe o host e a porta no código, ou dê as respostas com --entrada, uma por linha "
    "(--entrada '127.0.0.1\\n60000')."
)
DUAS_VEZES = "Faça o socket, o bind e o listen uma vez só, antes do laço; dentro dele, só o accept."


@dataclass(frozen=True)
class Partida:
    """Como o servidor começou.

    endereco: (host, porta) em que escuta.
    udp: é um servidor UDP?
    demora: segundos até escutar.
    comando: o que foi executado, se foi preciso uma tela virtual.
    """

    endereco: tuple
    udp: bool
    demora: float
    comando: tuple


class PortaPresa(Exception):
    """O programa não pôde ligar-se à porta, que uma conexão já encerrada ainda prende, ou que acaba de se soltar.

    Args:
        desfecho: o que dizer, se não houver remédio.
    """

    def __init__(self, desfecho):
        super().__init__(desfecho.explicacao)
        self.desfecho = desfecho


def partir(
    comando, pasta, pedida=None, preferida=None, entrada="", prazo=PRAZO, suspeita=None, isolamento=NENHUM
):  # fmt: skip
    """Inicia o programa e espera que escute.

    Args:
        pedida: a porta que se pediu; por ela se espera mais, se o programa abre outra.
        preferida: a que se escolhe, se ele abre várias.
        prazo: segundos, sem contar aqueles em que o programa trabalha.
        suspeita: a porta que deve estar ocupada, se o programa diz que uma está.
        isolamento: o da caixa em que executa.

    Returns:
        (`Programa` em execução, `Partida`).

    Raises:
        Falhou: o programa terminou, ou nunca escuta.
        NaoDeu: a culpa não é dele: porta ocupada, módulo que falta, máquina sem tela, teclado que não há.
        PortaPresa: vale a pena iniciá-lo de novo daqui a pouco.
    """
    programa = Programa(comando, pasta, entrada, isolamento)
    try:
        achado = _esperar(programa, pedida, preferida, prazo)
        if achado:
            return programa, Partida(*achado, time.monotonic() - programa.comeco, tuple(comando))
        programa.ultima_linha()  # se está terminando, espera a saída toda
        if SEM_TELA.search(programa.saida) and (com_tela := numa_tela_virtual(comando)):
            programa.encerrar()
            return partir(com_tela, pasta, pedida, preferida, entrada, prazo, suspeita, isolamento)
        raise por_que(programa, suspeita, prazo)
    except BaseException:  # até um Ctrl-C: nada fica para trás
        programa.encerrar()
        raise


def _esperar(programa, pedida, preferida, prazo):
    """((host, porta), é UDP?) de onde ele escuta; None se o prazo acaba ou ele termina antes."""
    corrido, antes, comeco, viu_udp, viu_outra = 0.0, time.monotonic(), time.monotonic(), None, None
    while corrido < prazo and time.monotonic() - comeco < ESTICA * prazo and (programa.vivo or programa.familia()):
        escutas = programa.escutas()
        for achado in sorted(escutas, key=lambda achado: achado[1] != preferida):
            if pedida in (None, achado[1]):
                return achado, False
        agora = time.monotonic()
        viu_outra = (viu_outra or agora) if escutas else None
        if viu_outra and agora - viu_outra > OUTRA_PORTA:
            return escutas[0], False
        datagramas = [] if escutas else programa.escutas("udp")
        viu_udp = (viu_udp or agora) if datagramas else None
        if viu_udp and agora - viu_udp > UDP_SOZINHO:
            return next((d for d in datagramas if d[1] in (pedida, preferida)), datagramas[0]), True
        passou, antes = agora - antes, agora
        if not programa.trabalhando():
            corrido += min(passou, 5 * OLHADA)  # se foi o avaliador que se atrasou, o prazo não corre
        time.sleep(OLHADA)
    return None


def numa_tela_virtual(comando):
    """O comando que o executa numa tela que ninguém vê; None se já é um desses, ou se não há com que fazê-la."""
    if comando[0] == "xvfb-run" or not all(map(shutil.which, ("xvfb-run", "xauth"))):
        return None
    return ("xvfb-run", "-a", *comando)


def por_que(programa, porta, prazo):
    """O `Desfecho` de um programa que não escuta."""
    caiu = programa.excecao()
    queixa, excecao = caiu or programa.saida, visivel(caiu, 160, aspas=False)
    linha = visivel(programa.ultima_linha(), 120, aspas=False)
    ultima = f": {excecao}" if excecao else f"; a última linha que escreveu: {linha}" if linha else ""
    if programa.excesso:
        return Falhou(f"o programa foi {programa.excesso}")
    if OCUPADA.search(queixa) or (TALVEZ_OCUPADA.search(queixa) and porta and quem_segura(porta)):
        return _ocupada(porta)
    if SEM_TELA.search(queixa):
        return NaoDeu("o programa abre uma janela, e esta máquina não tem tela; instale o xvfb", passageiro=False)
    if programa.quis_teclado():
        return NaoDeu(
            f"o programa pergunta algo no teclado, e no exame não há teclado ({excecao})",
            causa=TECLADO,
            passageiro=False,
        )
    if programa.vivo:
        if programa.trabalhando() and ocupada():
            return NaoDeu(
                f"o programa ainda estava começando depois de {segundos(ESTICA * prazo)}, e a máquina está ocupada"
            )
        return Falhou(f"o programa não escutou em nenhuma porta em {segundos(prazo)}{ultima}", causa=ESCUTE)
    if (falta := SEM_MODULO.search(queixa)) and not parecido(falta[1]):
        return NaoDeu(
            f"falta nesta máquina o módulo {visivel(falta[1], 60)}: instale-o e repita o exame", passageiro=False
        )
    if quer_argumentos(programa):
        causa = (
            "Ponha no comando, depois de --, os argumentos que o programa pede: a porta, ou o papel dele (servidor)."
        )
        return NaoDeu(
            f"o programa terminou sem escutar, à falta de um argumento{ultima}", causa=causa, passageiro=False
        )
    return Falhou(f"o programa terminou sozinho (código {programa.codigo}) sem escutar{ultima}", causa=CAIU)


ESCUTE = "Depois do bind chame o listen, e então o accept, num laço."
CAIU = "Conserte primeiro esse erro: execute o programa num terminal e veja a linha que ele aponta."


def quer_argumentos(programa):
    """Terminou à falta de um argumento: disse como se usa, ou caiu ao lê-lo."""
    return programa.quis_argumento() if programa.excecao() else USO.search(programa.saida) is not None


def ocupada():
    """A máquina está ocupada, medido no último minuto?"""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > CARGA * (os.cpu_count() or 1)


def parecido(modulo):
    """O nome do módulo é o de um da biblioteca, mal escrito? Então o erro é do programa."""
    nome = modulo.split(".")[0]
    if nome in sys.stdlib_module_names | SAIRAM:  # bem escrito: este Python é que não o tem
        return False
    return bool(difflib.get_close_matches(nome, sys.stdlib_module_names, 1, cutoff=0.8)) and "/" not in modulo


def _ocupada(porta):
    quem = quem_segura(porta) if porta else ""
    if quem:
        fim = NaoDeu(f"a porta {porta} está ocupada: {quem}")
        return fim if "escuta" in quem else PortaPresa(fim)
    if porta:
        return PortaPresa(Falhou("o programa diz que a porta está ocupada, e mais ninguém a usa", causa=DUAS_VEZES))
    return NaoDeu(
        "a porta dele já está em uso, por outro programa ou por ele mesmo: diga com --porta qual é, para saber por quem",
        causa=DUAS_VEZES,
    )


def quem_segura(porta):
    """Quem segura uma porta desta máquina, numa frase; "" se ninguém."""
    presa = ""
    for conexao in _conexoes():
        if not conexao.laddr or conexao.laddr.port != porta:
            continue
        if conexao.status == psutil.CONN_LISTEN or conexao.type == 2:
            with contextlib.suppress(psutil.Error):
                nome = visivel(psutil.Process(conexao.pid).name(), 30) if conexao.pid else "outro programa"
                return f"{nome} (processo {conexao.pid or '?'}) já escuta nela; feche-o"
            return "outro programa já escuta nela; feche-o"
        presa = f"uma conexão a prende ({conexao.status}); espere um minuto"
    return presa


def esperar_livre(porta):
    """Espera a porta deixar de estar presa por uma conexão, que acabou (TIME_WAIT) ou não; diz se ficou livre."""
    comeco = time.monotonic()
    while estados := {c.status for c in _conexoes() if c.laddr and c.laddr.port == porta}:
        if time.monotonic() - comeco > (TIME_WAIT if psutil.CONN_TIME_WAIT in estados else OUTRA_CONEXAO):
            return False
        time.sleep(0.5)
    return True


def _conexoes():
    with contextlib.suppress(psutil.Error, OSError):
        return psutil.net_connections(kind="inet")
    return []
