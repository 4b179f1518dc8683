"""Os casos do exame de um cliente, na ordem do relatório.

Cada função recebe o exame, que sabe iniciar o cliente e fazer de servidor para ele, e devolve
(situação, explicação, provas); as provas são campos do `Veredito`.
"""

import re
from dataclasses import dataclass

from ..diario import visivel
from ..erros import segundos
from .casos_servidor import Caso
from .veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, NAO_SE_APLICA, OK, TOLERADO

CASAS = 30  # o enunciado: um inteiro com até 30 casas
LETRAS = "QWERTYUIOPasdfghjklzXCVBNMqwer"  # uma resposta longa, de 30 letras
ENTRE_PEDACOS = 0.06  # segundos; quem encerra a resposta com 200 ms de silêncio (PI-11) ainda espera
NO_MEIO_DO_I = 0.1  # segundos; meio caractere não pode ser o fim de nada
ATRASO = 0.15  # segundos: se um pedaço atrasou mais do que isto, a culpa pode ser da máquina
TENTATIVAS = 4
CONCLUSIVAS = 24  # números sem nenhum de até 10 casas: num sorteio justo, (2/3)^24, um caso em 17 mil
SEMENTES = 5  # processos que começam pelo mesmo número: não é sorteio
INUNDACAO = 10  # conexões ou pedidos por segundo
SATURADOS = {2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**64 - 1}

DEVOLVA = "Depois de mostrar, envie de volta: client_socket.sendall((resposta + ' FIM').encode())."
MOSTRE = "Mostre o que o recv trouxe, decodificado, seguido de FIM: print(resposta, 'FIM')."
UM_RECV = "Um recv não é uma mensagem: junte os bytes até o \\n ou o fim, e só então faça o decode."
TENTE = "Ponha o connect num try/except OSError dentro do laço: avise e tente de novo na próxima volta."
FECHE = "Feche o socket ao fim de cada volta: with socket.create_connection(...) as client_socket."
SORTEIE = "Sorteie primeiro quantas casas, randint(1, 30), e depois os algarismos, o primeiro deles diferente de 0."


class SemPedido(Exception):
    """O cliente não veio, ou veio e não pediu."""


@dataclass(frozen=True)
class Pedido:
    """O que o cliente enviou, lido.

    forma: "crua", "linha", "UTF do Java", "binária", "inteiro de 32 bits", "exponencial"…; "outra" se não se reconhece.
    texto: os algarismos, ou o que veio, sem as bordas.
    valor: o número; None se não é um.
    """

    forma: str
    texto: str
    valor: int | None
    dados: bytes

    @property
    def inteiro(self):
        """É um inteiro, em texto ou em binário?"""
        return self.valor is not None and self.forma != "exponencial"

    @property
    def em_binario(self):
        """O número veio em bytes que não são o texto dele?"""
        return self.forma in ("binária", "inteiro de 32 bits", "inteiro de 64 bits", "UTF do Java")

    @property
    def casas(self):
        """Quantos algarismos tem."""
        return len(self.texto.lstrip("+-"))

    @property
    def descricao(self):
        """A forma, numa frase."""
        return {
            "crua": "algarismos sem terminador, como no enunciado",
            "linha": "algarismos terminados em \\n",
            "UTF do Java": "o texto precedido do tamanho, como writeUTF",
            "binária": "o número em binário, o byte mais alto primeiro",
            "inteiro de 32 bits": "um inteiro binário de 4 bytes",
            "inteiro de 64 bits": "um inteiro binário de 8 bytes",
            "exponencial": "um número em notação exponencial",
            "objeto do Java": "um objeto serializado do Java (ObjectOutputStream)",
            "pickle": "um objeto serializado do Python (pickle)",
        }.get(self.forma, f"algo que não é um inteiro: {visivel(self.dados)}")


def ler_pedido(dados):
    """Lê os bytes de um pedido; nunca falha."""
    texto = dados.decode("latin-1").strip(" \t\r\n")
    if re.fullmatch(r"[+-]?[0-9]{1,4000}", texto):
        return Pedido("linha" if dados.endswith(b"\n") else "crua", texto, int(texto), dados)
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?[eE]\+?[0-9]{1,3}", texto):
        mantissa, expoente = re.split("[eE]", texto)
        inteira, _, fracao = mantissa.partition(".")
        return Pedido("exponencial", texto, int(inteira + fracao.ljust(int(expoente), "0")), dados)
    if len(dados) > 2 and int.from_bytes(dados[:2], "big") == len(dados) - 2 and re.fullmatch(rb"[+-]?\d+", dados[2:]):
        return Pedido("UTF do Java", dados[2:].decode(), int(dados[2:]), dados)
    for comeco, forma in ((b"\xac\xed", "objeto do Java"), (b"\x80\x03", "pickle"), (b"\x80\x04", "pickle")):
        if dados.startswith(comeco) and len(dados) > 8:
            return Pedido(forma, texto, None, dados)
    if dados and len(dados) <= 13 and not re.fullmatch(rb"[\t\r\n -~]+", dados) and not _e_texto(dados):
        valor = int.from_bytes(dados, "big")
        tamanhos = {4: "inteiro de 32 bits", 8: "inteiro de 64 bits"}
        return Pedido(tamanhos.get(len(dados), "binária"), str(valor), valor, dados)
    return Pedido("outra", dados.decode("utf-8", "backslashreplace").strip(), None, dados)


def _e_texto(dados):
    """São letras acentuadas ou algarismos Unicode em UTF-8, e não bytes soltos?"""
    try:
        return dados.decode("utf-8").strip().isprintable()
    except UnicodeDecodeError:
        return False


def codificar(forma, texto, terminador):
    """(o que vai antes, o que vai depois) da resposta, na forma em que o cliente fala."""
    if forma == "UTF do Java":
        return len(texto).to_bytes(2, "big"), b""
    return b"", terminador


def palavras(tela):
    """As palavras PAR e ÍMPAR de um texto, mesmo com o Í trocado, coladas em FIM ou dentro de um b'…'."""
    achadas = re.findall(r"(.?)PAR(?=FIM|[^A-ZÀ-Ý]|$)", tela.upper())
    return ["ÍMPAR" if antes == "M" else "PAR" for antes in achadas if antes == "M" or not antes.isalpha()]


def mostrada(resposta, tela):
    """A tela traz esta resposta?"""
    if resposta in ("PAR", "ÍMPAR"):
        return resposta in palavras(tela)
    return resposta in tela


def devolvida(resposta, dados):
    """Como a resposta voltou: "exata", "tolerada", "sem FIM", "só FIM", "outra coisa", ou None se não voltou.

    O acento trocado não conta aqui: é de outro caso.
    """
    if not dados or resposta is None:
        return None
    if len(dados) > 2 and int.from_bytes(dados[:2], "big") == len(dados) - 2:
        dados = dados[2:]  # writeUTF
    try:
        texto = dados.decode("utf-8")
    except UnicodeDecodeError:
        texto = dados.decode("latin-1")
    texto = texto.strip()
    if re.fullmatch(re.escape(resposta) + " ?FIM", texto):
        return "exata"
    tem = mostrada(resposta, texto)
    if tem and re.search(r"FIM\W*$", texto, re.I):
        return "exata" if re.fullmatch(r"\S{0,3}MPAR ?FIM", texto) and resposta == "ÍMPAR" else "tolerada"
    if tem:
        return "sem FIM"
    return "só FIM" if re.fullmatch(r"\W*FIM\W*", texto, re.I) else "outra coisa"


@dataclass(frozen=True)
class Troca:
    """O que se viu de um processo do cliente: um pedido, a resposta e o que ele fez dela.

    tela: o que escreveu desde a resposta.
    saida: tudo o que escreveu.
    queda: o que escreveu ao cair, ou "".
    calou: encerrou o envio antes de receber a resposta.
    atraso, colados: o maior tempo entre dois pedaços da resposta, e se algum chegou antes de o anterior ser lido.
    """

    pedido: Pedido
    resposta: str
    tela: str
    saida: str
    depois: bytes
    queda: str
    calou: bool
    atraso: float
    colados: bool
    passos: tuple

    @property
    def mostrou(self):
        """A resposta está na tela?"""
        return mostrada(self.resposta, self.tela)

    @property
    def percebeu(self):
        """A resposta está na tela, ou voltou inteira?"""
        return self.mostrou or devolvida(self.resposta, self.depois) in ("exata", "tolerada", "sem FIM")


def trocar(exame, responder):
    """Um processo novo, um pedido, a resposta de `responder(mesa, volta)`: devolve a `Troca`."""
    with exame.mesa(responder) as mesa:
        volta = mesa.primeira()
        mesa.assentar(volta)
        if not mesa.mostra(volta):
            mesa.esperar(mesa.acabou, exame.folga)  # pode estar caindo
        calou = volta.fim is not None and volta.fim <= volta.respondida
        return Troca(
            ler_pedido(volta.pedido), volta.resposta, mesa.escrito(volta), mesa.programa.saida, volta.depois,
            mesa.queda(), calou, volta.atraso, volta.colados, tuple(mesa.passos),
        )  # fmt: skip


def _paridades(exame, mentir):
    """Trocas em que o servidor diz a paridade, verdadeira ou falsa, até ter dito as duas palavras."""
    if mentir not in exame.guardadas:
        trocas = []

        def dizer(mesa, volta):
            valor = ler_pedido(volta.pedido).valor or 0
            mesa.enviar(volta, ("PAR" if (valor % 2 == 0) != mentir else "ÍMPAR").encode())

        maximo = 8 if exame.como_le else 2
        while len(trocas) < maximo and len({t.resposta for t in trocas}) < 2:
            trocas.append(trocar(exame, dizer))
            if len(trocas) == SEMENTES and len({t.pedido.valor for t in trocas}) == 1:
                break  # é sempre o mesmo número
        exame.guardadas[mentir] = trocas
    return exame.guardadas[mentir]


def _ignora(exame):
    """O cliente não mostra nem devolve o que o servidor diz, e nem por isso cai?"""
    trocas = _paridades(exame, mentir=False) + _paridades(exame, mentir=True)
    return exame.como_le is None or any(not t.percebeu and not t.queda for t in trocas if t.resposta == "PAR")


IGNORA = (NAO_DEU, "o cliente não mostra nem devolve o que o servidor responde", {})


CASOS = []
FINAIS = ("casas", "numero", "algarismos", "zeros", "sorteio")  # julgados depois dos outros, com tudo o que se viu


def caso(codigo, regua, titulo, so_texto=False):
    """Registra a função como um caso; o nome dela é o nome do caso."""

    def registrar(funcao):
        CASOS.append(Caso(funcao.__name__.replace("_", "-"), codigo, regua, titulo, so_texto, funcao))
        return funcao

    return registrar


@caso("enunciado", ENUNCIADO, "conecta-se ao servidor e envia um pedido")
def conecta(exame):
    return OK, "", {}


@caso("PI-01", ENUNCIADO, "envia um inteiro de até 30 casas")
def numero(exame):
    pedidos = [p for _, p in exame.numeros]
    ruins = [p for p in pedidos if not p.inteiro]
    if ruins:
        causa = (
            "Guarde o número como texto, algarismo por algarismo, ou em BigInt/BigInteger: um double não tem 30 casas."
        )
        provas = {"esperado": "<um inteiro>", "recebido": ruins[0].dados, "causa": causa}
        return FALHOU, f"enviou {ruins[0].descricao}{_de_quantos(ruins, pedidos)}", provas
    longos = [p for p in pedidos if p.casas > CASAS]
    if longos:
        causa = "Em 0…10³⁰ cabem 30 casas, mas 10³⁰ tem 31; zfill e uma string maior também passam do limite."
        provas = {"recebido": longos[0].dados, "causa": causa}
        return FALHOU, f"enviou um número de {longos[0].casas} casas{_de_quantos(longos, pedidos)}", provas
    saturados = [p for p in pedidos if p.valor in SATURADOS]
    if saturados:
        causa = "Um número de 30 casas não cabe em 64 bits: use texto, ou um inteiro sem limite (BigInteger, BigInt)."
        return TOLERADO, f"enviou {saturados[0].texto}, um inteiro saturado", {"causa": causa}
    if pedidos[0].em_binario:
        causa = "Envie o texto do número: str(numero).encode()."
        return TOLERADO, f"envia {pedidos[0].descricao}, que só um servidor igual entende", {"causa": causa}
    if any(_zero_na_frente(p) for p in pedidos):
        return TOLERADO, "há números com zero à esquerda", {"causa": SORTEIE}
    return OK, "", {}


def _de_quantos(alguns, todos):
    return f" em {len(alguns)} de {len(todos)} pedidos" if len(todos) > 1 else ""


def _zero_na_frente(pedido):
    return pedido.inteiro and re.match(r"[+-]?0[0-9]", pedido.texto) is not None


@caso("PI-41", ENUNCIADO, "mostra na tela o que o servidor respondeu, seguido de FIM")
def mostra(exame):
    trocas = _paridades(exame, mentir=False)
    falhas = [t for t in trocas if not t.mostrou]
    if falhas:
        return _nao_mostrou(exame, falhas[0])
    sem_fim = [t for t in trocas if not re.search(r"PAR.{0,60}?FIM", t.tela, re.S | re.I)]
    if sem_fim:
        return TOLERADO, "mostra a resposta sem FIM depois dela", {"passos": sem_fim[0].passos, "causa": MOSTRE}
    return OK, "", {}


def _nao_mostrou(exame, troca):
    provas = {"passos": troca.passos, "causa": MOSTRE}
    if troca.queda:
        return FALHOU, f"depois de receber {troca.resposta}, {troca.queda}", provas
    if not troca.saida.strip() and not exame.longa.programa.saida.strip():
        return NAO_DEU, "não se viu nada na tela; alguns programas só escrevem quando terminam", {}
    escrito = visivel(troca.tela.strip(), 80, aspas=False)
    escreveu = f"escreveu: {escrito}" if escrito else "não escreveu nada depois disso"
    return FALHOU, f"o servidor respondeu {troca.resposta} e a tela não o mostra; {escreveu}", provas


@caso("PI-41", ENUNCIADO, "mostra o que o servidor disse, mesmo que ele minta")
def mente(exame):
    falhas = [t for t in _paridades(exame, mentir=True) if not t.mostrou]
    if not falhas:
        return OK, "", {}
    situacao, explicacao, provas = _nao_mostrou(exame, falhas[0])
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


@caso("enunciado", ENUNCIADO, "mostra na tela o número que enviou")
def tela(exame):
    trocas = _paridades(exame, mentir=False)
    if all(t.pedido.texto in t.saida for t in trocas):
        return OK, "", {}
    if not any(t.saida.strip() for t in trocas):
        return NAO_DEU, "não se viu nada na tela; alguns programas só escrevem quando terminam", {}
    return TOLERADO, "a tela não mostra o número enviado", {"causa": "As duas pontas mostram as mensagens trocadas."}


@caso("PI-05", ENUNCIADO, "devolve ao servidor a resposta seguida de FIM")
def devolve(exame):
    trocas, vistas = _paridades(exame, mentir=False), []
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
            o_que += ": fechou o envio antes de receber a resposta"
        elif como is None and troca.queda:
            o_que += f": {troca.queda}"
        elif como is None and "FIM" in troca.tela.upper():
            o_que += ", só o mostrou na tela"
        provas = {"esperado": f"{troca.resposta} FIM", "recebido": troca.depois.rstrip(b"\r\n"), "causa": DEVOLVA}
        return FALHOU, o_que, provas | {"passos": troca.passos}
    for como, troca in vistas:
        if como == "tolerada":
            provas = {"esperado": f"{troca.resposta} FIM", "recebido": troca.depois.rstrip(b"\r\n"), "causa": DEVOLVA}
            return TOLERADO, "a resposta e FIM vêm, mas com algo entre eles ou em volta", provas
    return OK, "", {}


@caso("PI-44", ENUNCIADO, "fecha a conexão depois de cada pedido")
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


@caso("PI-43", ENUNCIADO, "repete a cada 10 s, com nova conexão")
def repete(exame):
    mesa, esperado = exame.longa, exame.intervalo
    volta, *outras = mesa.pedidos
    causa = f"Ponha tudo num laço, do connect ao close, com time.sleep({esperado:g}) no fim."
    provas = {"passos": tuple(mesa.passos), "causa": causa}
    if not outras:
        if mesa.acabou():
            return FALHOU, f"rodou uma vez só e terminou{_caiu(mesa)}", provas
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


def _caiu(mesa):
    return f"; {mesa.queda()}" if mesa.queda() else ""


# Daqui em diante, a especificação: o que o enunciado não diz, e o uso de verdade cobra.


@caso("PI-01", ESPECIFICACAO, "o pedido é um inteiro em algarismos ASCII")
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
    if not troca.queda and _ignora(exame):  # o que se visse na tela seria coincidência
        return IGNORA
    if troca.percebeu:
        return None
    situacao, explicacao, provas = _nao_mostrou(exame, troca)
    return situacao, explicacao, provas | {"causa": causa}


@caso("PI-03", ESPECIFICACAO, "mostra e devolve ÍMPAR com o acento, em UTF-8")
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


def _em_pedacos(exame, espera, *pedacos):
    """Responde aos pedaços; se a máquina os atrasou ou os juntou, tenta de novo."""
    if exame.como_le is None:
        return IGNORA
    for _ in range(TENTATIVAS):
        troca = trocar(exame, lambda mesa, volta: mesa.enviar(volta, *pedacos, espera=espera))
        if _ignora(exame) or (not troca.colados if troca.percebeu else troca.atraso <= ATRASO):
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


@caso("PI-12", ESPECIFICACAO, "entende ÍMPAR com o Í partido entre dois segmentos")
def partido(exame):
    inteiro = "ÍMPAR".encode()
    return _em_pedacos(exame, NO_MEIO_DO_I, inteiro[:1], inteiro[1:])


@caso("PI-12", ESPECIFICACAO, "junta uma resposta de 30 letras que chega em três segmentos")
def pedacos(exame):
    inteiro = LETRAS.encode()
    return _em_pedacos(exame, ENTRE_PEDACOS, inteiro[:10], inteiro[10:20], inteiro[20:])


@caso("PI-10", ESPECIFICACAO, "o fim de linha depois da resposta não faz parte dela")
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


@caso("PI-42", ESPECIFICACAO, "um servidor que fecha logo depois de responder não o derruba")
def fechado(exame):
    def responder(mesa, volta):
        mesa.enviar(volta, b"PAR")
        mesa.fechar(volta)

    with exame.mesa(responder) as mesa:
        volta = mesa.primeira()
        mesa.esperar(lambda: mesa.mostra(volta), exame.prazo_da_reacao)
        mesa.esperar(mesa.acabou, max(1.0, exame.folga))
        provas = {"passos": tuple(mesa.passos)}
        if mesa.queda():
            causa = "O sendall da devolução pode levantar BrokenPipeError: ponha-o num try/except OSError."
            return FALHOU, mesa.queda(), provas | {"causa": causa}
        if not mesa.mostra(volta) and mesa.programa.saida.strip() and not _ignora(exame):
            return FALHOU, "não mostrou a resposta que veio antes do fim da conexão", provas | {"causa": MOSTRE}
        if mesa.acabou() and len(exame.longa.pedidos) > 1:
            causa = "O fim da conexão encerra só aquela volta: continue no laço."
            return TOLERADO, "terminou por bem, em vez de esperar a próxima volta", provas | {"causa": causa}
    return OK, "", {}


@caso("PI-43", ESPECIFICACAO, "com o servidor fora do ar, avisa e tenta de novo")
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
                return FALHOU, f"não tentou de novo, e terminou{_caiu(mesa)}", provas
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


def tem_rastro(texto):
    """Há na tela o rastro de uma exceção?"""
    return bool(re.search(r"^Traceback \(most recent|^\s+at .+[:(]|^Exception in thread|^Unhandled", texto, re.M))


@caso("PI-43", ESPECIFICACAO, "com um servidor que não responde, espera ou desiste, sem inundá-lo")
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


@caso("PI-41", ESPECIFICACAO, "caracteres de controle na resposta não comandam o terminal")
def controle(exame):
    if _ignora(exame):
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


@caso("PI-40", ESPECIFICACAO, "não começa o número com zero")
def zeros(exame):
    inteiros = [p for _, p in exame.numeros if p.inteiro]
    com_zero = [p for p in inteiros if _zero_na_frente(p)]
    if not inteiros:
        return NAO_SE_APLICA, "não envia inteiros", {}
    if com_zero:
        explicacao = f"{com_zero[0].texto} começa com zero{_de_quantos(com_zero, inteiros)}"
        return FALHOU, explicacao, {"recebido": com_zero[0].dados, "causa": SORTEIE}
    return OK, f"nenhum dos {len(inteiros)} números que se viram", {}


def _repetido(exame):
    """Todos os processos começaram pelo mesmo número?"""
    primeiros = [p.texto for primeiro, p in exame.numeros if primeiro]
    return len(primeiros) >= SEMENTES and len(set(primeiros)) == 1


@caso("PI-40", ESPECIFICACAO, "sorteia outro número a cada vez")
def sorteio(exame):
    if not _repetido(exame):
        return OK, "", {}
    textos = dict.fromkeys(p.texto for _, p in exame.numeros)
    if len(textos) == 1:
        return FALHOU, f"envia sempre o mesmo número, {next(iter(textos))}", {"causa": SORTEIE}
    causa = "Não fixe a semente (random.seed) nem use uma lista pronta: cada execução deve sortear de novo."
    return TOLERADO, f"toda execução começa por {next(iter(textos))}: a sequência se repete", {"causa": causa}


@caso("PI-40", ESPECIFICACAO, "sorteia números de até 10 casas e de mais de 10")
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
        if not (curtos and longos):
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
