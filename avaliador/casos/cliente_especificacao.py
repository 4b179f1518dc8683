"""Os casos da especificação no exame de um cliente: o que o enunciado não diz, e o uso de verdade cobra."""

import re

from parimpar.texto import segundos, visivel

from ..bancada import SemPedido
from ..caso import Casos
from ..ligacao import ATRASO, TENTATIVAS
from ..processo import tem_rastro
from ..troca import SEMENTES, ignora, trocar
from ..veredito import ESPECIFICACAO, FALHOU, NAO_DEU, NAO_SE_APLICA, OK, TOLERADO
from .cliente_enunciado import MOSTRE, SORTEIE, caiu, de_quantos, nao_mostrou, zero_na_frente

LETRAS = "QWERTYUIOPasdfghjklzXCVBNMqwer"  # uma resposta longa, de 30 letras
CONCLUSIVAS = 24  # números sem nenhum de até 10 casas: num sorteio justo, (2/3)^24, um caso em 17 mil
INUNDACAO = 10  # conexões ou pedidos por segundo

UM_RECV = (
    "Um recv não é uma mensagem: se você envia com \\n, junte os bytes até o \\n; se envia sem \\n, junte-os até o fim ou "
    "um silêncio de 0,2 s (settimeout). Só então faça o decode."
)
SEM_FIM = (
    "Sem \\n, a resposta acaba no fim do envio ou num silêncio: depois do primeiro pedaço, settimeout(0.2), e no "
    "TimeoutError use o que já chegou."
)
TENTE = "Ponha o connect num try/except OSError dentro do laço: avise e tente de novo na próxima volta."

IGNORA = (NAO_DEU, "o cliente não mostra nem devolve o que o servidor responde", {})

caso = Casos(ESPECIFICACAO)


@caso("PI-01", "o pedido é um inteiro em algarismos ASCII")
def algarismos(exame):
    ruins = [p for _, p in exame.numeros if p.forma not in ("crua", "linha")]
    if not ruins:
        return OK, "", {}
    causa = "Envie o texto do número, só com os algarismos de 0 a 9: str(numero).encode()."
    return (
        FALHOU,
        f"enviou {ruins[0].descricao}",
        {"esperado": "<algarismos>", "recebido": ruins[0].dados, "causa": causa},
    )


def _perceber(exame, troca, causa):
    """O veredito de quem não percebeu a resposta; None se percebeu."""
    if not troca.queda and ignora(exame):  # o que se visse na tela seria coincidência
        return IGNORA
    if troca.percebeu:
        return None
    situacao, explicacao, provas = nao_mostrou(exame, troca)
    return situacao, explicacao, provas | {"causa": causa}


@caso("PI-03", "mostra e devolve ÍMPAR com o acento, em UTF-8")
def acento(exame):
    if exame.como_le is None:
        return IGNORA
    troca = trocar(exame, lambda mesa, volta: mesa.enviar(volta, "ÍMPAR".encode()))
    causa = "Use UTF-8 nas duas pontas: recv(...).decode('utf-8') e sendall(texto.encode('utf-8'))."
    if falha := _perceber(exame, troca, causa):
        return falha
    exame.guardadas["grafia"] = _grafia(troca)
    provas = {"passos": troca.passos, "causa": causa}
    if troca.mostrou and "ÍMPAR" not in troca.tela.upper():
        return TOLERADO, "o Í aparece trocado na tela", provas
    if b"PAR" in troca.depois and "ÍMPAR".encode() not in troca.depois:
        return TOLERADO, "o Í volta trocado ao servidor", provas | {"esperado": "ÍMPAR FIM", "recebido": troca.depois}
    return OK, "", {}


def _grafia(troca):
    """As maneiras como a tela escreve ÍMPAR."""
    return set(re.findall(r"(?:\\X..)+MPAR|\S?MPAR", troca.tela.upper()))


def _em_pedacos(exame, *pedacos):
    """Responde em pedaços; se a máquina os atrasou ou os juntou, tenta de novo."""
    if exame.como_le is None:
        return IGNORA
    for _ in range(TENTATIVAS):
        troca = trocar(exame, lambda mesa, volta: mesa.enviar(volta, *pedacos))
        if ignora(exame) or (not troca.colados if troca.percebeu else troca.atraso <= ATRASO):
            break
    else:
        return NAO_DEU, "não se conseguiu que o cliente lesse um pedaço antes de o seguinte chegar", {}
    falha = _perceber(exame, troca, UM_RECV)
    inteira = exame.guardadas.get("grafia")
    if not falha and troca.resposta == "ÍMPAR" and inteira and not inteira & _grafia(troca):
        escrito = visivel(troca.tela.strip(), 80, aspas=False)
        return FALHOU, f"decodificou meio Í de cada vez: {escrito}", {"passos": troca.passos, "causa": UM_RECV}
    comeco = pedacos[0].decode("latin-1")
    if falha and falha[0] == FALHOU and not troca.queda and (comeco in troca.tela or pedacos[0] in troca.depois):
        provas = {"esperado": troca.resposta, "recebido": pedacos[0], "causa": UM_RECV, "passos": troca.passos}
        return FALHOU, "tomou o primeiro pedaço pela resposta inteira", provas
    return falha or (OK, "", {})


@caso("PI-12", "entende ÍMPAR com o Í partido entre dois segmentos")
def partido(exame):
    inteiro = "ÍMPAR".encode()
    return _em_pedacos(exame, inteiro[:1], inteiro[1:])


@caso("PI-12", "junta uma resposta de 30 letras que chega em três segmentos")
def pedacos(exame):
    inteiro = LETRAS.encode()
    return _em_pedacos(exame, inteiro[:10], inteiro[10:20], inteiro[20:])


@caso("PI-11", "ao pedir sem \\n, entende a resposta sem \\n de quem deixa a conexão aberta")
def resposta_crua(exame):
    if ignora(exame):
        return IGNORA
    if exame.como_le == "crua" or exame.numeros[0][1].forma == "linha":
        return OK, "", {}
    espera = {"linha": "um \\n", "fim": "o servidor fechar"}[exame.como_le]
    return FALHOU, f"pediu sem \\n e ficou esperando {espera}", {"causa": SEM_FIM, "passos": exame.longa.passos[:8]}


@caso("PI-10", "o fim de linha depois da resposta não faz parte dela")
def fim_de_linha(exame):
    def responder(mesa, volta):
        mesa.enviar(volta, b"PAR", terminador=b"\r\n" if volta.pedido.endswith(b"\n") else b"\n")

    if exame.numeros[0][1].forma == "UTF do Java":
        return NAO_SE_APLICA, "com writeUTF, o tamanho vem antes do texto", {}
    if exame.como_le is None:
        return IGNORA
    troca = trocar(exame, responder)
    causa = "Tire o fim de linha com .strip() antes de mostrar e de devolver."
    if falha := _perceber(exame, troca, causa):
        return falha
    if re.search(rb"PAR\r?\n *FIM", troca.depois) or re.search(r"PAR\r?\n *FIM", troca.tela):
        return TOLERADO, "o fim de linha ficou entre a resposta e FIM", {"passos": troca.passos, "causa": causa}
    return OK, "", {}


@caso("PI-42", "um servidor que fecha logo depois de responder não o derruba")
def fechado(exame):
    def responder(mesa, volta):
        mesa.enviar(volta, b"PAR", encerrar=True)  # se o FIN fosse depois, a devolução poderia chegar antes dele
        mesa.fechar(volta)

    with exame.mesa(responder) as mesa:
        volta = mesa.primeira()
        mesa.esperar(lambda: mesa.mostra(volta), exame.prazo_da_reacao)
        mesa.esperar(mesa.acabou, exame.folga)
        provas = {"passos": tuple(mesa.passos)}
        if mesa.queda():
            causa = "O sendall da devolução pode levantar BrokenPipeError: ponha-o num try/except OSError."
            return FALHOU, mesa.queda(), provas | {"causa": causa}
        if not mesa.mostra(volta) and mesa.programa.saida.strip() and not ignora(exame):
            return FALHOU, "não mostrou a resposta que veio antes do fim da conexão", provas | {"causa": MOSTRE}
        if mesa.acabou() and len(exame.longa.pedidos) > 1:
            causa = "O fim da conexão encerra só aquela volta: continue no laço."
            return TOLERADO, "terminou por bem, em vez de esperar a próxima volta", provas | {"causa": causa}
    return OK, "", {}


@caso("PI-43", "com o servidor fora do ar, avisa e tenta de novo")
def fora_do_ar(exame):
    de_sempre = _sem_numeros(exame.longa.programa.saida)
    if not exame.escuta.reservar():
        return NAO_DEU, f"outro programa tomou a porta {exame.porta} durante o exame", {}
    with exame.mesa(lambda mesa, volta: mesa.enviar(volta, b"PAR")) as mesa:

        def avisos():
            return [x for x in mesa.programa.saida.splitlines() if not _sem_numeros(x) <= de_sempre]

        mesa.esperar(avisos, max(3.0, min(6 * exame.inicio, 8.0)))
        mesa.esperar(mesa.acabou, exame.folga)
        provas = {"passos": tuple(mesa.passos), "causa": TENTE}
        if mesa.acabou():
            if mesa.queda() and tem_rastro(mesa.programa.saida):
                return FALHOU, mesa.queda(), provas
            if not avisos():
                return FALHOU, f"terminou calado (código {mesa.programa.codigo})", provas
            return TOLERADO, f"avisou e terminou, sem tentar de novo: {visivel(avisos()[-1], 80, aspas=False)}", provas
        aviso, rastro = avisos(), tem_rastro(mesa.programa.saida)
        if not mesa.abrir():
            return NAO_DEU, f"outro programa tomou a porta {exame.porta} durante o exame", {}
        prazo = exame.intervalo + 4
        try:
            mesa.primeira(prazo)
        except SemPedido:
            provas["passos"] = tuple(mesa.passos)
            if mesa.acabou():
                return FALHOU, f"não tentou de novo, e terminou{caiu(mesa)}", provas
            voltas = exame.longa.pedidos
            if len(voltas) > 1 and voltas[1].instante - voltas[0].instante > prazo - 2:
                return NAO_DEU, "as voltas dele são longas demais para se ver a nova tentativa", provas
            return FALHOU, f"não tentou de novo em {segundos(prazo)}", provas
        provas["passos"] = tuple(mesa.passos)
    if rastro:
        return TOLERADO, "tentou de novo, mas mostra o rastro da exceção em vez de um aviso", provas
    if not aviso:
        return TOLERADO, "tentou de novo, mas não avisou que o servidor estava fora do ar", provas
    return OK, "", {}


def _sem_numeros(texto):
    return {re.sub(r"[\d.:]+", "#", linha).strip() for linha in texto.splitlines()}


@caso("PI-43", "com um servidor que não responde, espera ou desiste, sem inundá-lo")
def mudo(exame):
    with exame.mesa() as mesa:
        mesa.primeira()
        espera = max(1.0, 0.4 * exame.intervalo)
        maximo = INUNDACAO * espera
        mesa.esperar(lambda: mesa.acabou() or mesa.conexoes > maximo or len(mesa.pedidos) > maximo, espera)
        provas = {"passos": tuple(mesa.passos[:20])}
        if mesa.conexoes > maximo or len(mesa.pedidos) > maximo:
            causa = "Espere entre uma volta e outra mesmo quando algo dá errado: o sleep fica fora do try."
            return FALHOU, "faz um pedido atrás do outro, sem pausa", provas | {"causa": causa}
        if mesa.queda():
            return TOLERADO, f"desistiu, mas {mesa.queda()}", provas | {"causa": TENTE}
    return OK, "", {}


@caso("PI-41", "caracteres de controle na resposta não comandam o terminal")
def controle(exame):
    if ignora(exame):
        return IGNORA
    troca = trocar(exame, lambda mesa, volta: mesa.enviar(volta, b"\x1b[31mPAR\x07"))
    causa = "Mostre com repr(resposta), ou troque o que não é imprimível: um ESC pode apagar ou colorir a tela."
    if troca.queda:
        return TOLERADO, troca.queda, {"passos": troca.passos, "causa": causa}
    if "\x1b" in troca.tela:
        return TOLERADO, "a tela recebeu o ESC tal como veio", {"causa": causa}
    if "PAR" not in troca.tela.upper():
        return NAO_DEU, "não mostra esta resposta", {}
    return OK, "", {}


@caso("PI-40", "não começa o número com zero")
def zeros(exame):
    inteiros = [p for _, p in exame.numeros if p.inteiro]
    com_zero = [p for p in inteiros if zero_na_frente(p)]
    if not inteiros:
        return NAO_SE_APLICA, "não envia inteiros", {}
    if com_zero:
        explicacao = f"{com_zero[0].texto} começa com zero{de_quantos(com_zero, inteiros)}"
        return FALHOU, explicacao, {"recebido": com_zero[0].dados, "causa": SORTEIE}
    return OK, f"nenhum dos {len(inteiros)} números que se viram", {}


def _repetido(exame):
    """Todos os processos começaram pelo mesmo número?"""
    primeiros = [p.texto for primeiro, p in exame.numeros if primeiro]
    return len(primeiros) >= SEMENTES and len(set(primeiros)) == 1


@caso("PI-40", "sorteia outro número a cada vez")
def sorteio(exame):
    if not _repetido(exame):
        return OK, "", {}
    textos = dict.fromkeys(p.texto for _, p in exame.numeros)
    if len(textos) == 1:
        return FALHOU, f"envia sempre o mesmo número, {next(iter(textos))}", {"causa": SORTEIE}
    causa = "Não fixe a semente (random.seed) nem use uma lista pronta: cada execução deve sortear de novo."
    return TOLERADO, f"toda execução começa por {next(iter(textos))}: a sequência se repete", {"causa": causa}


@caso("PI-40", "sorteia números de até 10 casas e de mais de 10")
def casas(exame):
    def contar():
        inteiros = [p.casas for _, p in exame.numeros if p.inteiro]
        return sum(n <= 10 for n in inteiros), sum(n > 10 for n in inteiros)

    def bastam():
        vistos = len(exame.numeros)
        return vistos >= exame.amostras and (all(contar()) or vistos >= CONCLUSIVAS)

    if not all(p.inteiro for _, p in exame.numeros):
        return NAO_SE_APLICA, "não envia inteiros", {}
    while not bastam() and not _repetido(exame):
        try:
            with exame.mesa() as mesa:
                mesa.primeira()
        except SemPedido:
            break
    curtos, longos = contar()
    if _repetido(exame):
        if len({p.texto for _, p in exame.numeros}) == 1:
            return FALHOU, f"envia sempre o mesmo número, de {exame.numeros[0][1].casas} casas", {"causa": SORTEIE}
        return NAO_DEU, "a sequência se repete a cada execução: há poucos números diferentes para julgar", {}
    if curtos and longos:
        return OK, f"{curtos} de até 10 casas e {longos} de mais de 10", {}
    if curtos + longos < CONCLUSIVAS:
        return NAO_DEU, f"só se viram {curtos + longos} números", {}
    if not curtos:
        vistas = [p.casas for _, p in exame.numeros]
        faixa = f"de {min(vistas)} a {max(vistas)}" if min(vistas) < max(vistas) else f"sempre {min(vistas)}"
        return (
            FALHOU,
            f"nenhum dos {longos} números tem até 10 casas ({faixa}): PAR e ÍMPAR não acontecem",
            {"causa": SORTEIE},
        )
    return FALHOU, f"nenhum dos {curtos} números tem mais de 10 casas: a string não acontece", {"causa": SORTEIE}
