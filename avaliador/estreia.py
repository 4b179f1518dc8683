"""O primeiro processo do cliente: onde se conecta, o que pede e como percebe a resposta; ou por que não pede."""

import contextlib
import re
import time
from dataclasses import dataclass

import psutil

from parimpar.texto import segundos, visivel

from .bancada import SemPedido, ultima_linha
from .casos.cliente_conselhos import CONFIRA, DIGA_A_PORTA, DIGA_O_PAPEL, PECA, USE_TCP, da_queda
from .partida import SEM_MODULO, SEM_TELA, TECLADO, numa_tela_virtual, parecido, quer_argumentos
from .rodada import dizer_par
from .veredito import Falhou, NaoDeu
from .volta import LENTO, Ritmo

PRAZO_DE_INICIO = 13.0  # segundos para se conectar na primeira vez: há clientes que esperam 10 s antes
PRAZO_DO_PEDIDO = 13.0  # segundos para pedir, depois de se conectar: há quem durma os seus 10 s no começo da volta
PRAZO_OCUPADO = 40.0  # segundos, se ele ainda trabalha: a JVM a começar, numa máquina ocupada
ESCUTANDO = 3.0  # segundos com uma porta aberta, sem se conectar a nenhuma, de quem se diz que é um servidor
FATIA = 0.5  # segundos entre duas conferências de que trabalha
PACIENCIA_DO_FIM = 12.0  # segundos para reagir ao fim do envio: pode só estar dormindo os seus 10 s
DUVIDA = 1.5  # segundos: quem demora mais a reagir a um \n ou ao fim pode estar reagindo ao que veio antes


@dataclass(frozen=True)
class Estreia:
    """O que se viu do primeiro processo do cliente.

    comando: o que foi executado, se foi preciso uma tela virtual.
    porta: a que se conecta.
    pedido, saida: os bytes do pedido, e o que escreveu na tela.
    ritmo: o `Ritmo` dele, menos a forma em que fala.
    apressado: fecha sem esperar resposta, e não se sabe de que processo é uma conexão já fechada.
    ocioso: passa o tempo dormindo, e não usando o processador.
    """

    comando: tuple
    porta: int
    pedido: bytes
    saida: str
    ritmo: Ritmo
    apressado: bool
    ocioso: bool
    passos: tuple


def estrear(exame, comando):
    """Executa o cliente, sozinho, e devolve a `Estreia` dele.

    Raises:
        Falhou: ele não se conecta, ou não pede nada.
        NaoDeu: não é culpa dele.
    """
    with exame.bancada(dizer_par, Ritmo(), sozinha=True, comando=comando) as bancada:
        if _conectou(bancada):
            estreia, duvida = _observar(bancada, comando)
        elif SEM_TELA.search(bancada.programa.saida) and (com_tela := numa_tela_virtual(comando)):
            estreia = duvida = None
        else:
            raise _por_que_nao_conectou(exame, bancada)
    if estreia is None:
        return estrear(exame, com_tela)
    return _tirar_a_duvida(exame, estreia, duvida) if duvida else estreia


def _conectou(bancada):
    """Espera o cliente se conectar; o prazo não corre enquanto ele trabalha."""
    corrido, ocupado, escutando = 0.0, bancada.comeco + PRAZO_OCUPADO, 0
    while not (bancada.conexoes or bancada.udp or bancada.acabou()) and corrido < PRAZO_DE_INICIO:
        antes = time.monotonic()
        escutando = escutando + 1 if bancada.programa.escutas() else 0
        if escutando * FATIA > ESCUTANDO:
            break  # é um servidor
        bancada.esperar(lambda: bancada.conexoes or bancada.udp, FATIA)
        if not bancada.programa.trabalhando() or antes > ocupado:
            corrido += min(time.monotonic() - antes, 2 * FATIA)  # se foi o avaliador que se atrasou, também não
    bancada.esperar(lambda: bancada.conexoes, 0)  # já terminou, e ainda pode estar na fila
    return bool(bancada.conexoes)


def _observar(bancada, comando):
    """(a `Estreia`, segundos até reagir se não se sabe bem a que reagiu)."""
    aberta = bancada.primeira_conexao
    bancada.manter(aberta.porta)
    try:
        volta = bancada.primeira(PRAZO_DO_PEDIDO)
    except SemPedido as erro:
        raise _por_que_nao_pediu(bancada, erro.explicacao, PECA) from None
    inicio, gasto = volta.ultimo - bancada.comeco, _processador(bancada.programa)
    como_le, desde = _como_le(bancada, volta)
    reagiu, lida = time.monotonic(), volta.lida or time.monotonic()
    if como_le:
        bancada.assentar(volta)
    sossego = max(1.0, min(1.5 * (volta.ultimo - lida), 2.5)) if volta.depois and volta.fim is None else 1.0
    demora = max(reagiu - lida, 0) if como_le == "crua" else 0.0
    ritmo = Ritmo(inicio, demora, max(lida - volta.respondida, 0), sossego, como_le)
    duvidoso = como_le in ("linha", "fim") and reagiu - desde > DUVIDA
    estreia = Estreia(
        comando, aberta.porta, volta.pedido, bancada.programa.saida, ritmo,
        apressado=volta.fim is not None and volta.fim <= volta.respondida,
        ocioso=ritmo.parado > LENTO and gasto < ritmo.parado / 4, passos=tuple(bancada.passos),
    )  # fmt: skip
    return estreia, reagiu - volta.respondida if duvidoso else None


def _reagiu(bancada, volta):
    return volta.fim or volta.depois or bancada.mostra(volta) or len(bancada.pedidos) > 1


def _como_le(bancada, volta):
    """Insiste até o cliente perceber a resposta: (o que foi preciso, desde quando), ou (None, desde quando)."""
    for jeito in ("crua", "linha", "fim"):
        desde = time.monotonic()
        if jeito == "linha" and bancada.em_linha(volta):
            continue
        if jeito == "linha":
            volta.ligacao.enviar(b"\n")
            volta.lida = None
        elif jeito == "fim":
            bancada.encerrar_envio(volta)
        prazo = PACIENCIA_DO_FIM if jeito == "fim" else None
        if bancada.esperar_reacao(volta, lambda: _reagiu(bancada, volta), prazo):
            return jeito, desde
        if bancada.acabou():
            break
    return None, desde


def _tirar_a_duvida(exame, estreia, levou):
    """Quem reagiu tarde a um \\n ou ao fim do envio pode só ser lento: outro processo, sem isso, e com mais paciência."""
    inicio = estreia.ritmo.inicio
    with exame.bancada(dizer_par, Ritmo(inicio, levou), sozinha=True, comando=estreia.comando) as bancada:
        volta = bancada.primeira()
        if not bancada.esperar_reacao(volta, lambda: _reagiu(bancada, volta), 1.2 * levou + 1):
            return estreia
        ritmo = Ritmo(inicio, time.monotonic() - volta.respondida)
    return Estreia(
        estreia.comando, estreia.porta, estreia.pedido, estreia.saida, ritmo, estreia.apressado, ritmo.parado > LENTO,
        tuple(bancada.passos),
    )  # fmt: skip


def _por_que_nao_conectou(exame, bancada):
    """O `Desfecho` de quem não se conectou."""
    programa = bancada.programa
    if bancada.udp:
        explicacao = f"o programa fala UDP (na porta {bancada.udp}); este exame é do cliente TCP, que se conecta"
        return Falhou(explicacao, causa=USE_TCP)
    ultima = f"; a última linha que escreveu: {ultima_linha(programa)}" if programa.ultima_linha() else ""
    causa = CONFIRA if exame.porta_pedida else DIGA_A_PORTA
    if not programa.vivo:
        explicacao = f"o programa terminou sozinho (código {programa.codigo}) sem se conectar"
        return _por_que_nao_pediu(bancada, explicacao + ultima * (not bancada.excecao()), causa)
    if escutas := programa.escutas():
        explicacao = f"o programa escuta na porta {escutas[0][1]}: parece um servidor, e não um cliente"
        return Falhou(explicacao, causa=DIGA_O_PAPEL)
    if longe := _tenta_longe(programa):
        explicacao = f"o programa tenta conectar-se a {longe}, e no exame o servidor está nesta máquina"
        return Falhou(explicacao, causa="O endereço do servidor nesta máquina é 127.0.0.1, ou localhost.")
    if (ocupadas := exame.portaria.escuta.ocupadas) and not exame.porta_pedida:
        return NaoDeu(
            f"o programa não se conectou a nenhuma porta livre, e outro programa já escuta em "
            f"{', '.join(map(str, ocupadas[:5]))}: feche o servidor que ficou aberto em outro terminal, ou diga com "
            "--porta a do cliente", passageiro=False,
        )  # fmt: skip
    if bancada.comando[0] == "xvfb-run":
        motivo = "o programa abre uma janela e espera que alguém a use: no exame não há quem aperte os botões"
        return NaoDeu(motivo, passageiro=False)
    if programa.trabalhando():
        return NaoDeu(f"o programa ainda estava começando depois de {segundos(PRAZO_OCUPADO)}")
    onde = f"à porta {exame.porta_pedida}" if exame.porta_pedida else "a nenhuma porta conhecida"
    outras = [str(n) for n in exame.portas_no_codigo if n != exame.porta_pedida]
    dica = f"; no código e no comando aparecem {', '.join(outras[:5])}" if exame.porta_pedida and outras else ""
    explicacao = f"o programa não se conectou {onde} em {segundos(PRAZO_DE_INICIO)}{dica}{ultima}"
    return _por_que_nao_pediu(bancada, explicacao, causa)


def _por_que_nao_pediu(bancada, explicacao, causa):
    """O `Desfecho` de quem não chegou a pedir: a culpa pode ser da máquina, do teclado que não há, ou de um erro."""
    programa, excecao = bancada.programa, bancada.excecao()
    queixa = excecao or programa.saida
    com_erro = f"{explicacao}: {excecao}" if excecao else explicacao
    if programa.quis_teclado():
        motivo = f"o programa pergunta algo no teclado, e no exame não há teclado ({excecao})"
        return NaoDeu(motivo, causa=TECLADO, passageiro=False)
    if SEM_TELA.search(queixa):
        motivo = "o programa abre uma janela, e esta máquina não tem tela; instale o xvfb"
        return NaoDeu(motivo, passageiro=False)
    if (falta := SEM_MODULO.search(queixa)) and not parecido(falta[1]):
        motivo = f"falta nesta máquina, ou na entrega, o módulo {visivel(falta[1], 60)}: {excecao}"
        return NaoDeu(motivo, passageiro=False)
    if not programa.vivo and quer_argumentos(programa):
        return NaoDeu(f"{com_erro}: falta um argumento", causa=DIGA_O_PAPEL, passageiro=False)
    if programa.excesso:
        return Falhou(f"{explicacao}: o programa foi {programa.excesso}")
    if excecao and not re.search("ECONNREFUSED|ConnectionRefused|Connection refused", excecao):
        return Falhou(com_erro, causa=da_queda(excecao))
    return Falhou(com_erro, causa=causa)


def _processador(programa):
    """Segundos de processador que a família já usou."""
    total = 0.0
    for processo in programa.familia():
        with contextlib.suppress(psutil.Error):
            total += sum(processo.cpu_times()[:2])
    return total


def _tenta_longe(programa):
    """O endereço de outra máquina a que o programa tenta conectar-se; "" se nenhum."""
    for processo in programa.familia():
        with contextlib.suppress(psutil.Error):
            for conexao in processo.net_connections(kind="tcp"):
                if conexao.status == psutil.CONN_SYN_SENT and conexao.raddr:
                    return f"{conexao.raddr.ip}:{conexao.raddr.port}"
    return ""
