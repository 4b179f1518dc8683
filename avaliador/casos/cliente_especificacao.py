"""Os casos da especificação no exame de um cliente: o que o enunciado não diz, e o uso de verdade cobra."""

import re
import string
import time
from dataclasses import dataclass

from parimpar.texto import contar, segundos, visivel

from ..bancada import SemPedido
from ..caso import Casos
from ..conselhos import da_excecao
from ..ligacao import ATRASO
from ..pedido import FORMAS
from ..processo import tem_rastro
from ..rodada import SEMENTES, dizer_par, ignora, rodar
from ..veredito import ESPECIFICACAO, Falhou, NaoDeu, NaoSeAplica, Passou, Tolerado
from .cliente_conselhos import (
    ESCAPE,
    MOSTRE,
    PAUSE,
    PROTEJA,
    SEM_FIM,
    SEM_FIM_DE_LINHA,
    SORTEIE,
    TENTE,
    UM_RECV,
    UTF_8,
    da_queda,
)
from .cliente_enunciado import de_quantos, nao_mostrou, zero_na_frente

MINIMO = 24  # números de que se conclui que faltam os curtos, ou os longos
LISTA = 3  # de uma lista pronta cada número aparece, em média, mais vezes que isto; num sorteio, quase sempre uma
INUNDACAO = 10  # conexões, pedidos ou avisos por segundo
SEGMENTOS = 3  # em que se parte a resposta longa
LETRAS = 30  # da resposta longa
TENTATIVAS_DE_PARTIR = 4  # a máquina ocupada pode atrasar ou juntar os pedaços


caso = Casos(ESPECIFICACAO)


@caso("PI-01", "o pedido é um inteiro em algarismos ASCII")
def algarismos(exame):
    ruins = [p for p in exame.pedidos if p.forma not in ("crua", "linha")]
    if ruins:
        causa = FORMAS[ruins[0].forma if ruins[0].forma in FORMAS else "crua"].causa
        return Falhou(f"enviou {ruins[0].descricao}", esperado="<algarismos>", recebido=ruins[0].dados, causa=causa)


def _exigir_que_ouca(exame):
    """Levanta `NaoDeu` se o cliente não mostra nem devolve o que o servidor diz: o que se visse seria coincidência."""
    if ignora(exame):
        raise NaoDeu("o cliente não mostra nem devolve o que o servidor responde", passageiro=False)


def _exigir_que_perceba(exame, rodada, causa):
    """Levanta o desfecho de quem não percebeu esta resposta."""
    if not rodada.queda:
        _exigir_que_ouca(exame)
    if not rodada.percebeu:
        raise nao_mostrou(exame, rodada, causa)


@caso("PI-03", "mostra e devolve ÍMPAR com o acento, em UTF-8")
def acento(exame):
    rodada = exame.com_impar
    _exigir_que_perceba(exame, rodada, UTF_8)
    if rodada.mostrou and "ÍMPAR" not in rodada.na_tela.upper():
        return Tolerado("o Í aparece trocado na tela", passos=rodada.passos, causa=UTF_8)
    volta = rodada.texto_devolvido
    if b"PAR" in volta and "ÍMPAR".encode() not in volta:
        return Tolerado(
            "o Í volta trocado ao servidor", esperado="ÍMPAR FIM", recebido=volta, passos=rodada.passos, causa=UTF_8
        )


def _grafias(rodada):
    """As maneiras como a tela escreve ÍMPAR."""
    return set(re.findall(r"(?:\\X..)+MPAR|\S?MPAR", rodada.na_tela.upper()))


def _em_pedacos(exame, texto, *cortes):
    """Responde em pedaços; se a máquina os atrasou ou os juntou, tenta de novo."""
    if exame.ritmo.como_le is None:
        _exigir_que_ouca(exame)
    inteira = exame.com_impar  # os fatos, antes da conversa
    mudo = ignora(exame)

    def partir(bancada, volta):
        bancada.enviar(volta, texto, cortes if volta is bancada.pedidos[0] else ())

    for _ in range(TENTATIVAS_DE_PARTIR):
        rodada = rodar(exame, partir)
        if mudo or (not rodada.colados if rodada.percebeu else rodada.atraso <= ATRASO):
            break
    else:
        return NaoDeu("não se conseguiu que o cliente lesse um pedaço antes de o seguinte chegar")
    pedaco = texto.encode()[: cortes[0]]
    try:
        _exigir_que_perceba(exame, rodada, UM_RECV)
    except Falhou:
        if not rodada.queda and (pedaco.decode("latin-1") in rodada.na_tela or pedaco in rodada.depois):
            return Falhou(
                "tomou o primeiro pedaço pela resposta inteira", esperado=texto, recebido=pedaco, passos=rodada.passos,
                causa=UM_RECV,
            )  # fmt: skip
        raise
    if texto == "ÍMPAR" and _grafias(inteira) and not _grafias(inteira) & _grafias(rodada):
        escrito = visivel(rodada.na_tela.strip(), 80, aspas=False)
        return Falhou(f"decodificou meio Í de cada vez: {escrito}", passos=rodada.passos, causa=UM_RECV)


@caso("PI-12", "entende ÍMPAR com o Í partido entre dois segmentos")
def partido(exame):
    return _em_pedacos(exame, "ÍMPAR", 1)


@caso("PI-12", "junta uma resposta de 30 letras que chega em três segmentos")
def pedacos(exame):
    texto = "".join(exame.sorteio("pedacos").choices(string.ascii_letters, k=LETRAS))
    return _em_pedacos(exame, texto, *(i * LETRAS // SEGMENTOS for i in range(1, SEGMENTOS)))


@caso("PI-11", "ao pedir sem \\n, entende a resposta sem \\n de quem deixa a conexão aberta")
def resposta_crua(exame):
    _exigir_que_ouca(exame)
    como = exame.ritmo.como_le
    if como == "crua" or exame.primeiro.forma == "linha":
        return None
    espera = {"linha": "um \\n", "fim": "o servidor fechar"}[como]
    return Falhou(f"pediu sem \\n e ficou esperando {espera}", causa=SEM_FIM, passos=exame.estreia.passos)


@caso("PI-10", "o fim de linha depois da resposta não faz parte dela")
def fim_de_linha(exame):
    def responder(bancada, volta):
        bancada.enviar(volta, "PAR", terminador="\r\n" if bancada.em_linha(volta) else "\n")

    if FORMAS.get(exame.primeiro.forma, FORMAS["crua"]).marcada:
        return NaoSeAplica(f"o cliente envia {exame.primeiro.descricao}, e não texto em linha")
    if exame.ritmo.como_le is None:
        _exigir_que_ouca(exame)
    rodada = rodar(exame, responder)
    _exigir_que_perceba(exame, rodada, SEM_FIM_DE_LINHA)
    if re.search(rb"PAR\r?\n *FIM", rodada.texto_devolvido) or re.search(r"PAR\r?\n *FIM", rodada.na_tela):
        explicacao = "o fim de linha ficou entre a resposta e FIM"
        return Tolerado(explicacao, passos=rodada.passos, causa=SEM_FIM_DE_LINHA)


@caso("PI-42", "um servidor que fecha logo depois de responder não o derruba")
def fechado(exame):
    def responder(bancada, volta):
        bancada.enviar(volta, "PAR", encerrar=True)  # se o FIN fosse depois, a devolução poderia chegar antes dele
        bancada.fechar(volta)

    costuma_mostrar = not ignora(exame) and all(r.mostrou for r in exame.rodadas)
    ritmo, voltas = exame.ritmo, exame.longa.pedidos
    # Quem pede sempre na mesma conexão só sente a falta dela na volta seguinte.
    espera = voltas[1].instante - voltas[0].instante if len(voltas) > 1 and voltas[1].mesma else 0
    with exame.bancada(responder) as bancada:
        volta = bancada.primeira()
        bancada.esperar(lambda: bancada.mostra(volta), ritmo.prazo_da_reacao + 1.5 * ritmo.leitura)
        bancada.esperar(bancada.acabou, espera + ritmo.folga)
    passos = tuple(bancada.passos)
    if bancada.queda():
        causa = (
            PROTEJA
            if re.search("EPIPE|ECONN|Pipe|Connection|SIGPIPE", bancada.queda())
            else da_queda(bancada.excecao())
        )
        return Falhou(bancada.queda(), causa=causa, passos=passos)
    if not bancada.mostra(volta) and costuma_mostrar:
        return Falhou("não mostrou a resposta que veio antes do fim da conexão", causa=MOSTRE, passos=passos)
    if bancada.acabou() and len(voltas) > 1:
        causa = "O fim da conexão encerra só aquela volta: continue no laço."
        return Tolerado("terminou por bem, em vez de esperar a próxima volta", causa=causa, passos=passos)


@caso("PI-43", "com o servidor fora do ar, avisa e tenta de novo")
def fora_do_ar(exame):
    prazo = exame.intervalo + 4 + exame.ritmo.inicio
    visto = _com_a_porta_fechada(exame, prazo)
    if visto.desistiu:
        return _desistiu(visto.bancada, visto.avisos)
    if not visto.bancada.pedidos and not visto.bancada.acabou():
        voltas = exame.longa.pedidos
        if len(voltas) > 1 and (volta := voltas[1].instante - voltas[0].instante) > prazo - 2:
            visto = _com_a_porta_fechada(exame, 1.3 * volta + 4)  # as voltas dele são longas
    bancada = visto.bancada
    passos = tuple(bancada.passos)
    if not bancada.pedidos and bancada.acabou():
        como = f"; {bancada.queda()}" if bancada.queda() else ""
        causa = da_queda(bancada.excecao()) if bancada.queda() else TENTE
        return Falhou(f"não tentou de novo, e terminou{como}", causa=causa, passos=passos)
    if not bancada.pedidos:
        erro = f"; na tela, {bancada.excecao()}" if bancada.excecao() else ""
        return Falhou(f"não tentou de novo em {segundos(round(visto.prazo, 1))}{erro}", causa=TENTE, passos=passos)
    if visto.por_segundo > INUNDACAO:
        explicacao = f"tenta de novo sem nenhuma pausa: uns {visto.por_segundo:.0f} avisos por segundo"
        return Tolerado(explicacao, causa=PAUSE, passos=passos)
    if visto.rastro:
        return Tolerado("tentou de novo, mas mostra o rastro da exceção em vez de um aviso", causa=TENTE, passos=passos)
    if not visto.avisos:
        return Tolerado("tentou de novo, mas não avisou que o servidor estava fora do ar", causa=TENTE, passos=passos)


@dataclass(frozen=True)
class _Fechada:
    """O que um processo do cliente fez com a porta fechada, e depois de ela se abrir.

    bancada: a dele, já encerrada.
    avisos: as linhas que só escreveu com a porta fechada.
    por_segundo: quantas linhas escreveu por segundo com ela fechada.
    rastro: mostrou o de uma exceção.
    desistiu: terminou antes de ela se abrir.
    prazo: segundos que se esperou por um pedido, depois.
    """

    bancada: object
    avisos: list
    por_segundo: float
    rastro: bool
    desistiu: bool
    prazo: float


def _com_a_porta_fechada(exame, prazo):
    de_sempre, inicio = _sem_numeros(exame.estreia.saida), exame.ritmo.inicio
    with exame.bancada(dizer_par, espera=True, fechada=True) as bancada:

        def avisos():
            linhas = bancada.programa.saida.splitlines()
            return [x for x in linhas if x.strip() and not _sem_numeros(x) <= de_sempre]

        bancada.esperar(avisos, max(3.0, min(6 * inicio, 8.0)))
        antes, comeco = bancada.programa.linhas, time.monotonic()
        bancada.esperar(bancada.acabou, bancada.ritmo.folga)
        # Quem não faz pausa enche num instante o que se guarda da tela: contam-se todas as linhas.
        por_segundo = (bancada.programa.linhas - antes) / max(time.monotonic() - comeco, 0.1)
        visto = _Fechada(bancada, avisos(), por_segundo, tem_rastro(bancada.programa.saida), bancada.acabou(), prazo)
        if not visto.desistiu:
            if not bancada.abrir():
                raise NaoDeu("outro programa tomou a porta durante o exame")
            with _sem_pedido_e_falta():
                bancada.primeira(prazo)
    return visto


class _sem_pedido_e_falta:  # noqa: N801
    """O pedido que não veio é o que se queria saber, e não um tropeço da máquina."""

    def __enter__(self):
        return self

    def __exit__(self, tipo, erro, rastro):
        return isinstance(erro, SemPedido)


def _desistiu(bancada, avisos):
    """O desfecho de quem terminou sem que o servidor voltasse."""
    passos, codigo = tuple(bancada.passos), bancada.programa.codigo
    if bancada.queda() and bancada.excecao():
        return Falhou(bancada.queda(), causa=TENTE, passos=passos)
    if not avisos:
        return Falhou(f"terminou calado (código {codigo})", causa=TENTE, passos=passos)
    ultimo, iguais = (
        visivel(avisos[-1], 80, aspas=False),
        [x for x in avisos if _sem_numeros(x) == _sem_numeros(avisos[-1])],
    )
    if len(iguais) > 1:
        quantas = contar(len(iguais), "vez", "vezes")
        return Tolerado(
            f"tentou {quantas}, sem esperar o servidor voltar, e terminou: {ultimo}", causa=PAUSE, passos=passos
        )
    return Tolerado(f"avisou e terminou, sem tentar de novo: {ultimo}", causa=TENTE, passos=passos)


def _sem_numeros(texto):
    return {re.sub(r"[\d.:]+", "#", linha).strip() for linha in texto.splitlines()}


@caso("PI-43", "com um servidor que não responde, espera ou desiste, sem inundá-lo")
def mudo(exame):
    with exame.bancada(espera=True) as bancada:
        bancada.primeira()
        espera = max(1.0, 0.4 * exame.intervalo)
        maximo = INUNDACAO * espera

        def inundou():
            return bancada.conexoes > maximo or len(bancada.pedidos) > maximo

        bancada.esperar(lambda: bancada.acabou() or inundou(), espera)
    passos = tuple(bancada.passos[:20])
    if inundou():
        return Falhou("faz um pedido atrás do outro, sem pausa", causa=PAUSE, passos=passos)
    if bancada.queda():
        return Tolerado(f"desistiu, mas {bancada.queda()}", causa=TENTE, passos=passos)


@caso("PI-41", "caracteres de controle na resposta não comandam o terminal")
def controle(exame):
    _exigir_que_ouca(exame)
    rodada = rodar(exame, lambda bancada, volta: bancada.enviar(volta, "\x1b[31mPAR\x07"))
    if rodada.queda:
        return Tolerado(rodada.queda, passos=rodada.passos, causa=da_excecao(rodada.excecao) or ESCAPE)
    if "\x1b[31mPAR" in rodada.crua:
        return Tolerado("a tela recebeu o ESC tal como veio", causa=ESCAPE)
    if "PAR" not in rodada.na_tela.upper():
        return NaoDeu("não mostra esta resposta", passageiro=False)


@caso("PI-40", "não começa o número com zero")
def zeros(exame):
    inteiros = [p for p in exame.pedidos if p.inteiro]
    com_zero = [p for p in inteiros if zero_na_frente(p)]
    if not inteiros:
        return NaoSeAplica("não envia inteiros")
    if com_zero:
        explicacao = f"{com_zero[0].texto} começa com zero{de_quantos(com_zero, inteiros)}"
        return Falhou(explicacao, recebido=com_zero[0].dados, causa=SORTEIE)
    return Passou(f"nenhum dos {len(inteiros)} números que se viram")


def _repetido(exame):
    """Todos os processos começaram pelo mesmo número?"""
    primeiros = [p.texto for p in exame.pedidos]
    return len(primeiros) >= SEMENTES and len(set(primeiros)) == 1


def _de_uma_lista(exame):
    """Os números vêm de uma lista curta: vários processos, e poucos números diferentes entre eles."""
    primeiros = [p.texto for p in exame.pedidos]
    return len(set(primeiros)) * LISTA <= len(primeiros)


@caso("PI-40", "sorteia outro número a cada vez")
def sorteio(exame):
    textos = list(dict.fromkeys(p.texto for p in exame.pedidos))
    if not _repetido(exame):
        if _de_uma_lista(exame):
            explicacao = (
                f"só se viram {len(textos)} números diferentes em {len(exame.pedidos)} pedidos: vêm de uma lista"
            )
            return Falhou(explicacao, causa=SORTEIE)
        return None
    seguintes = {p.texto for p in exame.seguintes}
    if seguintes <= set(textos):
        return Falhou(f"envia sempre o mesmo número, {visivel(textos[0], 40, aspas=False)}", causa=SORTEIE)
    causa = "Não fixe a semente do sorteio nem use uma lista pronta: cada execução deve sortear de novo."
    explicacao = f"toda execução começa por {visivel(textos[0], 40, aspas=False)}: a sequência se repete"
    return Tolerado(explicacao, causa=causa)


@caso("PI-40", "sorteia números de até 10 casas e de mais de 10")
def casas(exame):
    if not all(p.inteiro for p in exame.pedidos):
        return NaoSeAplica("não envia inteiros")
    if _repetido(exame):
        if {p.texto for p in exame.seguintes} <= {exame.pedidos[0].texto}:
            explicacao = f"envia sempre o mesmo número, de {contar(exame.pedidos[0].casas, 'casa', 'casas')}"
            return Falhou(explicacao, causa=SORTEIE)
        motivo = "a sequência se repete a cada execução: há poucos números diferentes para julgar"
        return NaoDeu(motivo, passageiro=False)
    vistas = [p.casas for p in exame.pedidos]
    curtos, longos = sum(n <= 10 for n in vistas), sum(n > 10 for n in vistas)
    if curtos and longos:
        return Passou(f"{curtos} de até 10 casas e {longos} de mais de 10")
    if len(vistas) < MINIMO and not _de_uma_lista(exame):
        return NaoDeu(f"só se viram {len(vistas)} números", passageiro=False)
    if not curtos:
        faixa = f"de {min(vistas)} a {max(vistas)}" if min(vistas) < max(vistas) else f"sempre {min(vistas)}"
        return Falhou(
            f"nenhum dos {longos} números tem até 10 casas ({faixa}): PAR e ÍMPAR não acontecem", causa=SORTEIE
        )
    return Falhou(f"nenhum dos {curtos} números tem mais de 10 casas: a string não acontece", causa=SORTEIE)
