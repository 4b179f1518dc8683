"""Exercícios da aula 05: mensagens num fluxo de bytes."""

from .aluno import Errou
from .exercicio import exercicio
from .fatiado import Fatiado
from .resultado import PARADO

MEIO_CARACTERE = "Um pedaço pode trazer meio Í: junte os bytes e só faça o decode da mensagem inteira"


@exercicio(
    dicas=[
        "guarde o que já chegou e repita o recv enquanto b'\\n' não estiver nos bytes guardados",
        "recv que devolve b'' quer dizer que não virá mais nada: saia do laço com o que houver",
        "dados.partition(b'\\n')[0] é o que vem antes do \\n, ou tudo, se não há \\n; o decode fica para o fim",
    ],
    solucao="""
    def ler_linha(sock):
        dados = b""
        while b"\\n" not in dados:
            parte = sock.recv(1024)
            if not parte:
                break
            dados += parte
        return dados.partition(b"\\n")[0].decode()
    """,
)
def ler_linha(aluno):
    """Lê até o \\n e devolve o texto da linha, sem ele; se o envio acaba antes, o que veio."""
    for como, pedacos, certa in (
        ("a linha inteira num pedaço", [b"88\n"], "88"),
        ("a linha em dois pedaços", [b"1234", b"567\n"], "1234567"),
        ("o Í partido em dois", [b"\xc3", b"\x8dMPAR\n"], "ÍMPAR"),
        ("a linha e o começo da seguinte no mesmo pedaço", [b"7\n8"], "7"),
        ("o envio encerrado antes do \\n", [b"9", b"9"], "99"),
    ):
        encerra = certa == "99"
        parado = (
            "Depois do fim do envio o recv devolve b'' na hora, para sempre: saia do laço"
            if encerra
            else "O \\n já tinha chegado: procure-o em todos os bytes guardados, e não só no fim nem só no último pedaço"
        )
        with Fatiado(pedacos, encerra) as dele:
            veio = aluno.comecar(dele).esperar(causas={UnicodeDecodeError: MEIO_CARACTERE, PARADO: parado})
        if veio != certa:
            raise Errou(f"{como}: esperava {certa!r} e veio {veio!r}. {_por_que(veio, certa)}")


def _por_que(veio, certa):
    if veio is None:
        return "Falta o return?"
    if isinstance(veio, bytes):
        return "São bytes: falta o decode"
    if not isinstance(veio, str):
        return "Devolva um texto"
    if veio.strip() == certa:
        return "Falta tirar o \\n do fim"
    if certa.startswith(veio):
        return "Um recv traz o que houver na fila: repita até aparecer o \\n, guardando o que já veio"
    if certa.endswith(veio.strip()):
        return "Cada volta apagou o que já tinha vindo: acrescente, com +="
    return "Veio também o que está depois do \\n: fique só com o que vem antes"


@exercicio(
    dicas=[
        "guarde o que chegou e ainda não tem \\n; o próximo pedaço continua dali",
        "bytes.partition(b'\\n') separa a primeira linha do resto; repita enquanto houver \\n",
        "só faça o decode de uma linha inteira: meio Í não é UTF-8",
    ],
    solucao="""
    def separar_linhas(pedacos):
        linhas, resto = [], b""
        for pedaco in pedacos:
            resto += pedaco
            while b"\\n" in resto:
                linha, _, resto = resto.partition(b"\\n")
                linhas.append(linha.decode())
        return linhas
    """,
)
def separar_linhas(aluno):
    """De pedaços de bytes em qualquer fatiamento, os textos das linhas completas, sem o \\n."""
    fluxo = "7\nÍMPAR FIM\n\n88\n".encode()
    certas = ["7", "ÍMPAR FIM", "", "88"]
    for como, pedacos in (
        ("tudo num pedaço só", [fluxo]),
        ("uma linha em dois pedaços", [fluxo[:6], fluxo[6:]]),
        ("byte a byte", [fluxo[i : i + 1] for i in range(len(fluxo))]),
        ("com um começo de linha no fim", [fluxo + b"12"]),
    ):
        veio = aluno.comecar(list(pedacos)).esperar(
            causas={
                UnicodeDecodeError: MEIO_CARACTERE,
                PARADO: "A cada volta, o resto tem de ficar sem a linha que já saiu",
            }
        )
        if list(veio) != certas if isinstance(veio, (list, tuple)) else True:
            raise Errou(f"{como}: esperava {certas} e veio {veio!r}. {_por_que_nao_as_linhas(veio, certas)}")


def _por_que_nao_as_linhas(veio, certas):
    if veio is None:
        return "Falta o return?"
    if not isinstance(veio, (list, tuple)):
        return "Devolva uma lista de textos"
    if veio and all(isinstance(linha, bytes) for linha in veio):
        return "São bytes: falta o decode de cada linha"
    if any("\n" in str(linha) for linha in veio):
        return "Um pedaço pode trazer várias linhas, e o \\n não faz parte delas: separe em cada \\n"
    if list(veio[:-1]) == certas:
        return "O que sobra depois do último \\n, ainda que vazio, não é uma linha completa"
    if list(veio) == [linha for linha in certas if linha]:
        return "Uma linha vazia também conta: é o que há entre dois \\n seguidos"
    if len(veio) < len(certas):
        return "Faltam linhas: um pedaço pode trazer várias, e o que sobra de um continua no seguinte"
    return "Um pedaço não é uma linha: guarde o que ainda não tem \\n e continue no próximo"
