"""Os casos da especificação no exame de um servidor, na ordem do relatório.

Cada função recebe o exame: pergunta primeiro os fatos de que precisa, depois abre uma bancada (um processo novo, já
escutando), conversa com ele e levanta o `Desfecho`; se não levanta nada, é OK.
"""

import re

from ..caso import Casos
from ..leitura import ler
from ..ligacao import ATRASO, CALMA, TENTATIVAS
from ..veredito import ESPECIFICACAO, Falhou, NaoDeu, Tolerado
from . import servidor_conselhos as conselhos
from .servidor_enunciado import longa, paridade, tamanho

TERMINADORES = {"linha": b"\n", "nula": b"\0"}
SILENCIO_CRU = 0.4  # segundos sem nada novo que encerram a resposta a um pedido partido: dois julgamentos viriam antes

caso = Casos(ESPECIFICACAO, so_texto=True)


@caso("PI-03", "a grafia é exatamente PAR e ÍMPAR, em UTF-8")
def grafia(exame):
    with exame.bancada() as bancada:
        paridade(bancada, exame.impar("grafia", 1), "ÍMPAR")


@caso("PI-03", "exatamente 10 casas ainda recebem a paridade")
def dez_casas(exame):
    with exame.bancada() as bancada:
        paridade(bancada, exame.par("dez-casas", 10), "PAR", conselhos.LIMIAR)


@caso("PI-02", "zeros à esquerda contam como casas")
def zeros(exame):
    with exame.bancada() as bancada:
        tamanho(bancada, "0" * 10 + exame.impar("zeros", 1))


@caso("PI-04", "a string só tem letras ASCII")
def letras(exame):
    with exame.bancada() as bancada:
        texto, provas = longa(bancada, exame.impar("letras", 11))
    provas["causa"] = conselhos.SO_LETRAS
    if not re.search("[A-Za-z]", texto):
        raise Falhou("não há nenhuma letra na string", **provas)
    if not re.fullmatch("[A-Za-z]+", texto):
        raise Tolerado("há outros caracteres além de letras", **provas)


@caso("PI-01", "o sinal é aceito e não conta como casa")
def sinal(exame):
    reparo = None
    try:
        with exame.bancada() as bancada:
            paridade(bancada, "-" + exame.impar("sinal", 1), "ÍMPAR")
    except Tolerado as fim:
        reparo = fim
    with exame.bancada() as bancada:
        paridade(bancada, "+" + exame.par("sinal", 10), "PAR", conselhos.SEM_SINAL)
    if reparo:
        raise reparo


@caso("PI-01", "espaços em volta do número são ignorados")
def espacos(exame):
    with exame.bancada() as bancada:
        paridade(bancada, f" {exame.impar('espacos', 1)} ", "ÍMPAR", conselhos.SEM_BORDAS)


def exigir_o_proximo(exame):
    """Só se pode ver se sobrevive quem atende mais de um cliente."""
    if exame.um_cliente_so:
        queda = f": {exame.proximo.queda}" if exame.proximo.queda else ""
        explicacao = f"nem depois de um cliente comum ele atende outro (veja segundo-cliente){queda}"
        raise Falhou(explicacao, causa=conselhos.LACO, passos=exame.proximo.passos)


def _lixo(exame, dados, causa=conselhos.SEM_TRY):
    exigir_o_proximo(exame)
    with exame.bancada() as bancada:
        ligacao = bancada.ligar()
        ligacao.enviar(dados + TERMINADORES.get(bancada.forma.nome, b""), encerrar=bancada.forma.fim)
        resposta = ligacao.receber(exame.prazo_da_resposta)
        ligacao.despedir()
        if ligacao.acabou:
            bancada.programa.terminou(0.5)  # se está caindo, que caia antes de chegar o próximo
        provas = {"esperado": "ERRO <motivo>", "recebido": resposta.rstrip(b"\r\n"), "causa": causa}
        if not bancada.ainda_atende():
            raise Falhou("depois disso, não atende mais ninguém", **provas)
        if resposta.upper().startswith(b"ERRO"):
            return
        como = "sem responder nada" if not resposta else "respondendo outra coisa"
        dito = f"continuou atendendo, {como} em vez de ERRO"
        if queda := bancada.queda():
            raise Tolerado(f"{dito}; {bancada.quem_caiu()}: {queda}", **provas | {"causa": exame.cura(queda) or causa})
        raise Tolerado(dito, **provas | {"causa": conselhos.FALTA_O_ERRO})


@caso("PI-06", "um texto que não é número recebe ERRO e o servidor continua")
def abc(exame):
    _lixo(exame, "".join(exame.sorteio("abc").choices("bcdghjklqvwxz", k=3)).encode())


@caso("PI-06", "bytes que não são UTF-8 recebem ERRO e o servidor continua")
def nao_utf8(exame):
    _lixo(exame, bytes(exame.sorteio("nao-utf8").choices(range(0xF8, 0x100), k=3)), conselhos.SEM_ERROR)


@caso("PI-01", "um número em notação exponencial não é um inteiro e recebe ERRO")
def exponencial(exame):
    _lixo(exame, f"{exame.impar('mantissa', 1)}.{exame.impar('fração', 1)}e+{exame.impar('expoente', 2)}".encode())


@caso("PI-10", "um pedido em linha recebe uma resposta em linha")
def linha(exame):
    numero = exame.impar("linha", 1)
    with exame.bancada() as bancada:
        ligacao = bancada.ligar()
        ligacao.enviar(f"{numero}\n".encode())
        dados = ligacao.receber(exame.prazo_da_resposta)
        leitura = ler(dados, em_linha=True)
        provas = {"esperado": "ÍMPAR\n", "recebido": dados, "causa": conselhos.TERMINE}
        if leitura.exata:
            return
        if leitura.paridade == "ÍMPAR":
            raise Tolerado(f"respondeu, mas {'; '.join(leitura.diferencas)}", **provas)
        raise Falhou(f"não respondeu ÍMPAR a {numero}\\n", **provas)


@caso("PI-02", "o \\n não conta como casa: 10 algarismos e \\n são 10 casas")
def linha_dez_casas(exame):
    with exame.bancada() as bancada:
        ligacao = bancada.ligar()
        ligacao.enviar(f"{exame.par('linha-dez-casas', 10)}\n".encode())
        dados = ligacao.receber(exame.prazo_da_resposta)
        if ler(dados).paridade == "PAR":
            return
        provas = {"esperado": "PAR", "recebido": dados.rstrip(b"\r\n"), "causa": conselhos.TIRE_O_FIM}
        contou = len(ler(dados).texto) in (10, 11)
        raise Falhou("contou o \\n como uma casa" if contou else "não respondeu PAR", **provas)


def _partido(exame, nome, fim, causa):
    """Os pedaços chegam um a um; se a máquina atrasou o segundo, a culpa não é do servidor: tenta-se de novo."""
    numero = exame.impar(nome, 11).encode()
    for _ in range(TENTATIVAS):
        with exame.bancada() as bancada:
            ligacao = bancada.ligar()
            ligacao.enviar(numero[:10])
            _, atraso = ligacao.esperar_leitura()
            ligacao.enviar(numero[10:] + fim)
            dados = ligacao.receber(exame.prazo_da_resposta, calma=SILENCIO_CRU)
            if len(ler(dados).texto) == 11 and ler(dados).paridade is None:
                return
            if atraso <= ATRASO:
                o_que = "foi julgado como se fossem dois" if dados else "não teve resposta"
                provas = {"esperado": "<11 letras sorteadas>", "recebido": dados.rstrip(b"\r\n"), "causa": causa}
                raise Falhou(f"um número que chega em dois segmentos {o_que}", **provas)
    raise NaoDeu("a máquina está ocupada demais: o segundo pedaço atrasou")


@caso("PI-12", "um número em linha que chega em dois segmentos é um só", so_tcp=True)
def partido_em_linha(exame):
    _partido(exame, "partido-em-linha", b"\n", conselhos.UM_RECV)


@caso("PI-11", "um número cru que chega em dois segmentos é um só", so_tcp=True)
def partido_cru(exame):
    _partido(exame, "partido-cru", b"", conselhos.SO_O_SILENCIO)


@caso("PI-12", "dois pedidos colados num segmento recebem duas respostas", so_tcp=True)
def colados(exame):
    pedidos = f"{exame.impar('colados', 1)}\n{exame.par('colados', 1)}\n".encode()
    with exame.bancada() as bancada:
        ligacao = bancada.ligar()
        ligacao.enviar(pedidos)
        dados = ligacao.receber(exame.prazo_da_resposta, ate=lambda d: d.count(b"\n") >= 2)
        if [ler(parte).paridade for parte in dados.split(b"\n") if parte] != ["ÍMPAR", "PAR"]:
            provas = {"esperado": "ÍMPAR\nPAR\n", "recebido": dados, "causa": conselhos.SEPARE}
            raise Falhou("esperava ÍMPAR e PAR, nesta ordem", **provas)


@caso("PI-14", "aceita vários pedidos na mesma conexão", so_tcp=True)
def varios(exame):
    numeros, lidas = [exame.impar("varios", 1), exame.par("varios", 1), exame.impar("varios", 2)], []
    with exame.bancada() as bancada:
        ligacao = bancada.ligar()
        for numero in numeros:
            ligacao.enviar(f"{numero}\n".encode())
            lidas.append(ler(ligacao.receber(exame.prazo_da_resposta)).paridade)
            if lidas[-1] is None:
                break
        if lidas == ["ÍMPAR", "PAR", "ÍMPAR"]:
            return
        if lidas[:1] == ["ÍMPAR"] and ligacao.acabou:
            raise Tolerado("fecha a conexão depois da primeira resposta, como o enunciado permite")
        quantas = sum(lida is not None for lida in lidas)
        raise Falhou(f"respondeu a {quantas} de 3 pedidos", causa=conselhos.OUTRO_PEDIDO)


@caso("PI-21", "responde ao que ficou pendente quando o cliente encerra o envio", so_tcp=True)
def meio_fecho(exame):
    numero = exame.impar("meio-fecho", 1)
    with exame.bancada() as bancada:
        ligacao = bancada.ligar()
        ligacao.enviar(numero.encode(), encerrar=True)
        dados = ligacao.receber(exame.prazo_da_resposta)
        if ler(dados).paridade != "ÍMPAR":
            provas = {"esperado": "ÍMPAR", "recebido": dados, "causa": conselhos.FIM_DO_ENVIO}
            raise Falhou(f"não respondeu a {numero} seguido do fim do envio", **provas)


@caso("PI-13", "um pedido sem fim recebe ERRO e a conexão se encerra")
def longo(exame):
    exigir_o_proximo(exame)
    with exame.bancada() as bancada:
        ligacao = bancada.ligar()
        ligacao.enviar(b"x" * 3000)
        dados = ligacao.receber(exame.prazo_da_resposta)
        if not bancada.ainda_atende():
            raise Falhou("depois disso, não atende mais ninguém", causa=conselhos.SEM_TRY)
        ligacao.receber(0.5)
        if not (dados.upper().startswith(b"ERRO") and (ligacao.acabou or ligacao.udp)):
            dito = "continuou atendendo os outros, mas não recusou o pedido longo com ERRO"
            queda = bancada.queda()
            raise Tolerado(f"{dito}; {bancada.quem_caiu()}: {queda}" if queda else dito)


def _sobrevive(exame, fazer, o_que, causa):
    exigir_o_proximo(exame)
    with exame.bancada() as bancada:
        fazer(bancada.ligar())
        if not bancada.ainda_atende():
            raise Falhou(f"depois de {o_que}, não atende mais ninguém", causa=causa)
        queda = bancada.queda()
        if queda and bancada.thread_caiu:  # o erro que o programa tratou, e só mostra, não conta
            raise Tolerado(f"continua atendendo os outros; {bancada.quem_caiu()}: {queda}", causa=causa)


@caso("PI-20", "um cliente que conecta e fecha sem enviar nada não o derruba", so_texto=False, so_tcp=True)
def vazia(exame):
    _sobrevive(exame, lambda ligacao: ligacao.despedir(), "uma conexão vazia", conselhos.CONEXAO_VAZIA)


@caso("PI-24", "um cliente que reinicia a conexão (RST) não o derruba", so_texto=False, so_tcp=True)
def rst(exame):
    _sobrevive(exame, lambda ligacao: ligacao.derrubar(), "um RST", conselhos.REINICIADA)


@caso("PI-22", "atende um cliente com outro parado", so_texto=False, so_tcp=True)
def parado(exame):
    prazo = exame.prazo_do_proximo
    with exame.bancada() as bancada:
        bancada.ligar()
        if not bancada.ainda_atende(prazo):
            raise Falhou("com um cliente conectado e calado, outro não é atendido", causa=conselhos.UM_POR_VEZ)


@caso("PI-05", "a devolução em linha não tem resposta, e o pedido seguinte tem", so_tcp=True)
def devolucao_em_linha(exame):
    with exame.bancada() as bancada:
        ligacao = bancada.ligar()
        ligacao.enviar(f"{exame.impar('devolucao-em-linha', 1)}\n".encode())
        dados = ligacao.receber(exame.prazo_da_resposta)
        if ler(dados).paridade != "ÍMPAR":
            raise Falhou(
                "não respondeu ÍMPAR ao pedido em linha", esperado="ÍMPAR\n", recebido=dados, causa=conselhos.UM_RECV
            )
        ligacao.receber(CALMA)
        if ligacao.acabou:
            raise Tolerado("fecha a conexão antes de ler a devolução")
        devolvida = dados.rstrip(b"\r\n") + b" FIM\n"  # a resposta tal como veio (PI-05)
        ligacao.enviar(devolvida + f"{exame.par('devolucao-em-linha', 1)}\n".encode())
        dados = ligacao.receber(exame.prazo_da_resposta)
        if ler(dados).paridade == "PAR":
            return
        if ligacao.acabou and not dados and bancada.programa.vivo and not bancada.queda():
            raise Tolerado("leu a devolução e fechou: um pedido por conexão, como o enunciado permite")
        causa = conselhos.UM_RECV if ler(dados).texto.startswith("ERRO") else conselhos.SO_REGISTRE
        provas = {"esperado": "PAR\n", "recebido": dados, "causa": causa}
        raise Falhou("esperava só a resposta ao segundo pedido", **provas)


@caso("PI-26", "volta à mesma porta logo depois de parar", so_texto=False, so_tcp=True)
def reinicio(exame):
    with exame.bancada() as bancada:
        ligacao = bancada.ligar()
        bancada.pedir(exame.par("reinicio", 1), ligacao)
        porta = bancada.partida.endereco[1]
        # Com a conexão aberta: é o servidor quem a fecha. Enquanto não se responde ao FIN dele, ela prende a porta como o
        # TIME_WAIT, e um RST a solta: o TIME_WAIT ficaria para o exame seguinte.
        bancada.programa.encerrar()
        if not exame.volta(porta):
            explicacao = f"não conseguiu escutar de novo na porta {porta}: uma conexão da vez anterior ainda a prende"
            raise Falhou(explicacao, causa=conselhos.REUSE)
