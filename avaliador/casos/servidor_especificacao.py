"""Os casos da especificação no exame de um servidor, na ordem em que rodam.

Cada função recebe o exame e uma mesa (um processo novo, já escutando), conversa com ele e devolve
(situação, explicação, provas); as provas são campos do `Veredito`.
"""

import re

from ..caso import Casos
from ..leitura import ler
from ..ligacao import ATRASO, CALMA, TENTATIVAS
from ..veredito import ESPECIFICACAO, FALHOU, NAO_DEU, OK, TOLERADO
from .servidor_enunciado import DEZ, LIMIAR, ONZE, PRAZO, longa, paridade, tamanho, ultima_linha

UM_RECV = "Um recv não é uma mensagem: junte os bytes até o \\n (ou até o fim do envio) antes de julgar."
SO_O_SILENCIO = (
    "Sem \\n, só o silêncio diz que o número acabou: depois do primeiro pedaço, settimeout(0.2), e junte os outros até "
    "dar TimeoutError (PI-11)."
)
SEM_TRY = "O int() levanta ValueError e derruba o servidor: trate o erro, responda ERRO e continue no laço."
SEM_ERROR = 'O decode() também pode falhar: use decode(errors="replace"), ou ponha-o dentro do mesmo try.'
FALTA_O_ERRO = "O servidor sobreviveu; falta responder ERRO, e o motivo, ao cliente."
SEPARE = "Um recv pode trazer dois pedidos: separe-os no \\n e responda a cada um."
UM_POR_VEZ = "O recv de um cliente parado bloqueia o laço: use uma thread por cliente, ou selectors (aula 07)."

caso = Casos(ESPECIFICACAO, so_texto=True)


@caso("PI-03", "a grafia é exatamente PAR e ÍMPAR, em UTF-8")
def grafia(exame, mesa):
    return paridade(mesa, "7", "ÍMPAR")


@caso("PI-03", "exatamente 10 casas ainda recebem a paridade")
def dez_casas(exame, mesa):
    return paridade(mesa, DEZ, "PAR", LIMIAR)


@caso("PI-02", "zeros à esquerda contam como casas")
def zeros(exame, mesa):
    return tamanho(mesa, "00000000007")


@caso("PI-04", "a string só tem letras ASCII")
def letras(exame, mesa):
    texto, provas, falha = longa(mesa, ONZE)
    if falha:
        return NAO_DEU, falha, provas
    if re.fullmatch("[A-Za-z]+", texto):
        return OK, "", {}
    provas["causa"] = "random.choices(string.ascii_letters, k=casas) só sorteia letras de A a Z."
    if not re.search("[A-Za-z]", texto):
        return FALHOU, "não há nenhuma letra na string", provas
    return TOLERADO, "há outros caracteres além de letras", provas


@caso("PI-01", "o sinal é aceito e não conta como casa")
def sinal(exame, mesa):
    situacao, explicacao, provas = paridade(mesa, "-3", "ÍMPAR")
    if situacao == FALHOU:
        return situacao, explicacao, provas
    mesa.encerrar()
    with exame.mesa() as outra:
        if outra is None:
            return NAO_DEU, exame.falha_de_inicio, {}
        causa = "Conte só os algarismos: tire o sinal antes do len()."
        situacao, explicacao, provas = paridade(outra, "+1234567890", "PAR", causa)
        return situacao, explicacao, provas | {"passos": tuple(outra.passos)}


@caso("PI-01", "espaços em volta do número são ignorados")
def espacos(exame, mesa):
    return paridade(mesa, " 7 ", "ÍMPAR", "Use .strip() no texto recebido.")


def _lixo(exame, mesa, dados, causa=SEM_TRY):
    ligacao = mesa.ligar()
    ligacao.enviar(dados, encerrar=mesa.forma == "fim")
    resposta = ligacao.receber(PRAZO if mesa.forma != "linha" or dados.endswith(b"\n") else 0.6)
    ligacao.despedir()
    provas = {"esperado": "ERRO <motivo>", "recebido": resposta.rstrip(b"\r\n"), "causa": causa}
    if exame.um_cliente_so:
        return NAO_DEU, "o servidor atende um cliente só: não há como saber se sobreviveu", {}
    if ligacao.acabou:
        mesa.programa.terminou(0.5)  # se está caindo, que caia antes de chegar o próximo
    if not mesa.ainda_atende():
        return FALHOU, f"não atende mais ninguém; a última linha que escreveu: {ultima_linha(mesa)}", provas
    if resposta.upper().startswith(b"ERRO"):
        return OK, "", {}
    como = "sem responder nada" if not resposta else "respondendo outra coisa"
    return TOLERADO, f"continuou atendendo, {como} em vez de ERRO", provas | {"causa": FALTA_O_ERRO}


@caso("PI-06", "abc recebe ERRO e o servidor continua")
def abc(exame, mesa):
    return _lixo(exame, mesa, b"abc\n" if mesa.forma == "linha" else b"abc")


@caso("PI-06", "bytes que não são UTF-8 recebem ERRO e o servidor continua")
def nao_utf8(exame, mesa):
    return _lixo(exame, mesa, b"\xff\xfe\xfd\n" if mesa.forma == "linha" else b"\xff\xfe\xfd", SEM_ERROR)


@caso("PI-01", "8.9e+29 não é um inteiro e recebe ERRO")
def exponencial(exame, mesa):
    return _lixo(exame, mesa, b"8.9e+29\n" if mesa.forma == "linha" else b"8.9e+29")


@caso("PI-10", "um pedido em linha recebe uma resposta em linha")
def linha(exame, mesa):
    ligacao = mesa.ligar()
    ligacao.enviar(b"7\n")
    dados = ligacao.receber(PRAZO)
    leitura = ler(dados, em_linha=True)
    provas = {
        "esperado": "ÍMPAR\n",
        "recebido": dados,
        "causa": "Termine a resposta em \\n quando o pedido termina em \\n.",
    }
    if leitura.exata:
        return OK, "", {}
    if leitura.paridade == "ÍMPAR":
        return TOLERADO, f"respondeu, mas {'; '.join(leitura.diferencas)}", provas
    return FALHOU, "não respondeu ÍMPAR a 7\\n", provas


@caso("PI-02", "o \\n não conta como casa: 1234567890\\n tem 10")
def linha_dez_casas(exame, mesa):
    ligacao = mesa.ligar()
    ligacao.enviar(f"{DEZ}\n".encode())
    dados = ligacao.receber(PRAZO)
    if ler(dados).paridade == "PAR":
        return OK, "", {}
    provas = {"esperado": "PAR", "recebido": dados.rstrip(b"\r\n"), "causa": "Tire o \\n com .strip() antes do len()."}
    return FALHOU, "contou o \\n como uma casa" if len(ler(dados).texto) in (10, 11) else "não respondeu PAR", provas


def _partido(mesa, pedacos, causa):
    """Os pedaços chegam um a um; se a máquina atrasou o segundo, a culpa não é do servidor: tenta-se de novo."""
    for _ in range(TENTATIVAS):
        ligacao = mesa.ligar()
        ligacao.enviar(pedacos[0])
        _, atraso = ligacao.esperar_leitura()
        ligacao.enviar(pedacos[1])
        dados = ligacao.receber(PRAZO, calma=0.4)
        if len(ler(dados).texto) == 11 and ler(dados).paridade is None:
            return OK, "", {}
        if atraso <= ATRASO:
            break
    else:
        return NAO_DEU, "a máquina está ocupada demais: o segundo pedaço atrasou", {}
    if not dados:
        falha = "não respondeu a um número que chegou em dois segmentos"
    else:
        falha = "um número que chega em dois segmentos foi julgado como se fossem dois"
    return FALHOU, falha, {"esperado": "<11 letras sorteadas>", "recebido": dados.rstrip(b"\r\n"), "causa": causa}


@caso("PI-12", "um número em linha que chega em dois segmentos é um só")
def partido_em_linha(exame, mesa):
    return _partido(mesa, [b"1234567890", b"1\n"], UM_RECV)


@caso("PI-11", "um número cru que chega em dois segmentos é um só")
def partido_cru(exame, mesa):
    return _partido(mesa, [b"1234567890", b"1"], SO_O_SILENCIO)


@caso("PI-12", "dois pedidos colados num segmento recebem duas respostas")
def colados(exame, mesa):
    ligacao = mesa.ligar()
    ligacao.enviar(b"7\n8\n")
    dados = ligacao.receber(PRAZO, ate=lambda d: d.count(b"\n") >= 2)
    if [ler(parte).paridade for parte in dados.split(b"\n") if parte] == ["ÍMPAR", "PAR"]:
        return OK, "", {}
    return (
        FALHOU,
        "esperava ÍMPAR e PAR, nesta ordem",
        {"esperado": "ÍMPAR\nPAR\n", "recebido": dados, "causa": SEPARE},
    )


@caso("PI-14", "aceita vários pedidos na mesma conexão")
def varios(exame, mesa):
    ligacao, lidas = mesa.ligar(), []
    for numero in ("7", "8", "9"):
        ligacao.enviar(f"{numero}\n".encode())
        lidas.append(ler(ligacao.receber(PRAZO)).paridade)
        if lidas[-1] is None:
            break
    if lidas == ["ÍMPAR", "PAR", "ÍMPAR"]:
        return OK, "", {}
    if lidas[:1] == ["ÍMPAR"] and ligacao.acabou:
        return TOLERADO, "fecha a conexão depois da primeira resposta, como o enunciado permite", {}
    causa = "Falta um laço em volta do recv: depois de responder, leia o próximo pedido até o fim do envio."
    return FALHOU, f"respondeu a {sum(x is not None for x in lidas)} de 3 pedidos", {"causa": causa}


@caso("PI-21", "responde ao que ficou pendente quando o cliente encerra o envio")
def meio_fecho(exame, mesa):
    ligacao = mesa.ligar()
    ligacao.enviar(b"7", encerrar=True)
    dados = ligacao.receber(PRAZO)
    if ler(dados).paridade == "ÍMPAR":
        return OK, "", {}
    causa = "Quando o recv devolve b'', o que já chegou ainda é um pedido: responda antes de fechar."
    return FALHOU, "não respondeu a 7 seguido do fim do envio", {"esperado": "ÍMPAR", "recebido": dados, "causa": causa}


@caso("PI-13", "um pedido sem fim recebe ERRO e a conexão se encerra")
def longo(exame, mesa):
    ligacao = mesa.ligar()
    ligacao.enviar(b"x" * 3000)
    dados = ligacao.receber(PRAZO)
    if not exame.um_cliente_so and not mesa.ainda_atende():
        return FALHOU, f"não atende mais ninguém; a última linha: {ultima_linha(mesa)}", {"causa": SEM_TRY}
    ligacao.receber(0.5)
    if dados.upper().startswith(b"ERRO") and ligacao.acabou:
        return OK, "", {}
    return TOLERADO, "continuou atendendo os outros, mas não recusou o pedido longo com ERRO", {}


def _sobrevive(exame, mesa, o_que, causa=SEM_TRY):
    if exame.um_cliente_so:
        return NAO_DEU, "o servidor atende um cliente só: não há como saber se sobreviveu", {}
    if mesa.ainda_atende():
        return OK, "", {}
    return (
        FALHOU,
        f"depois de {o_que}, não atende mais ninguém; a última linha: {ultima_linha(mesa)}",
        {"causa": causa},
    )


@caso("PI-20", "um cliente que conecta e fecha sem enviar nada não o derruba", so_texto=False)
def vazia(exame, mesa):
    mesa.ligar().despedir()
    causa = "O recv devolve b'' quando o cliente fecha: teste isso antes de converter, e volte ao accept."
    return _sobrevive(exame, mesa, "uma conexão vazia", causa)


@caso("PI-24", "um cliente que reinicia a conexão (RST) não o derruba", so_texto=False)
def rst(exame, mesa):
    mesa.ligar().derrubar()
    causa = "O recv levanta ConnectionResetError: trate o erro na conexão daquele cliente e continue."
    return _sobrevive(exame, mesa, "um RST", causa)


@caso("PI-22", "atende um cliente com outro parado", so_texto=False)
def parado(exame, mesa):
    mesa.ligar()
    if mesa.ainda_atende():
        return OK, "", {}
    return FALHOU, "com um cliente conectado e calado, outro não é atendido", {"causa": UM_POR_VEZ}


@caso("PI-05", "a devolução em linha não tem resposta, e o pedido seguinte tem")
def devolucao_em_linha(exame, mesa):
    ligacao = mesa.ligar()
    ligacao.enviar(b"7\n")
    if ler(ligacao.receber(PRAZO)).paridade != "ÍMPAR":
        return NAO_DEU, "não respondeu ao pedido em linha", {}
    ligacao.receber(CALMA)
    if ligacao.acabou:
        return TOLERADO, "fecha a conexão antes de ler a devolução", {}
    ligacao.enviar("ÍMPAR FIM\n8\n".encode())
    dados = ligacao.receber(PRAZO)
    if ler(dados).paridade == "PAR":
        return OK, "", {}
    if ligacao.acabou and not dados:
        return TOLERADO, "leu a devolução e fechou: um pedido por conexão, como o enunciado permite", {}
    causa = "A devolução termina em FIM: registre-a e não responda."
    return FALHOU, "esperava só a resposta a 8", {"esperado": "PAR\n", "recebido": dados, "causa": causa}


@caso("PI-26", "volta à mesma porta logo depois de parar", so_texto=False)
def reinicio(exame, mesa):
    ligacao = mesa.ligar()
    mesa.pedir("8", ligacao)
    porta = mesa.endereco[1]
    mesa.programa.encerrar()  # com a conexão aberta: é o servidor quem a fecha, e fica em TIME_WAIT
    ligacao.receber(1.0)
    ligacao.despedir()
    with exame.mesa() as outra:
        if outra is not None and outra.endereco[1] == porta:
            return OK, "", {}
        if outra is not None:
            return NAO_DEU, "escolhe outra porta a cada vez", {}
        motivo = exame.falha_de_inicio
        motivo = "uma conexão dela ainda está em TIME_WAIT" if "TIME_WAIT" in motivo else motivo
    causa = "Antes do bind: server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)."
    return FALHOU, f"não conseguiu escutar de novo na porta {porta}: {motivo}", {"causa": causa}
