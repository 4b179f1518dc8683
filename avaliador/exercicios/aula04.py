"""Exercícios da aula 04: um clique que não trava, e um sorteio em que PAR e ÍMPAR acontecem."""

import queue
import threading

from .aluno import PRAZO, Errou
from .exercicio import exercicio

SORTEIOS = 300


@exercicio(
    dicas=[
        "o que demora, perguntar(numero), tem de estar dentro de uma função, e é a thread que a chama",
        "threading.Thread(target=trabalhar, daemon=True).start(): target recebe a função sem os parênteses, e falta o start se nada acontece",
        "o try vai dentro da função da thread: except OSError as erro, e respostas.put(f'sem resposta: {type(erro).__name__}')",
    ],
    solucao="""
    def perguntar_sem_travar(perguntar, numero, respostas):
        def trabalhar():
            try:
                respostas.put(perguntar(numero))
            except OSError as erro:
                respostas.put(f"sem resposta: {type(erro).__name__}")

        threading.Thread(target=trabalhar, daemon=True).start()
    """,
)
def perguntar_sem_travar(aluno):
    """Volta logo; numa thread, põe em respostas o que perguntar(numero) devolver, ou "sem resposta: NomeDoErro"."""
    pode_responder, chamada, respostas = threading.Event(), threading.Event(), queue.Queue()
    recebidos = []

    def perguntar(*numero):
        recebidos.append(numero)
        chamada.set()
        pode_responder.wait(4 * PRAZO)
        return "ÍMPAR FIM"

    tarefa = aluno.comecar(perguntar, "12345", respostas)
    tarefa.aguardar(PRAZO)
    if not tarefa.acabou:
        tarefa.cobrar("a função ficou esperando a resposta; quem chama perguntar, e espera, é a thread")
    if not chamada.wait(PRAZO):
        tarefa.cobrar("perguntar não foi chamada: falta o start() da thread?")
    if recebidos != [("12345",)]:
        raise Errou(f"perguntar tem de receber um argumento, '12345', e recebeu {len(recebidos[0])}: {recebidos[0]!r}; "
                    "numa tupla de um só a vírgula é obrigatória, args=(numero,)")  # fmt: skip
    if not respostas.empty():
        raise Errou(
            f"a resposta ainda não chegou, e já há algo na fila: {respostas.get()!r}; o put é da thread, depois de perguntar"
        )
    pode_responder.set()
    _conferir_a_fila(
        respostas, "ÍMPAR FIM", tarefa, "perguntar respondeu, e nada entrou na fila: falta o put, dentro da thread"
    )
    for erro in (TimeoutError(), ConnectionRefusedError()):
        nome = type(erro).__name__

        def falhar(numero, erro=erro):
            raise erro

        tarefa = aluno.comecar(falhar, "7", respostas)
        tarefa.aguardar(PRAZO)
        _conferir_a_fila(respostas, f"sem resposta: {nome}", tarefa,
                         f"perguntar provocou {nome}, e nada entrou na fila: o try vai dentro da função da thread")  # fmt: skip


def _conferir_a_fila(respostas, esperado, tarefa, se_nada):
    try:
        veio = respostas.get(timeout=PRAZO)
    except queue.Empty:
        tarefa.cobrar(se_nada)
    if veio != esperado:
        raise Errou(f"na fila, esperava {esperado!r}, e veio {veio!r}")


@exercicio(
    dicas=[
        "sorteie primeiro quantas casas o número tem: random.randint(1, 30)",
        "depois os algarismos; o primeiro não pode ser 0 quando há mais de uma casa",
        "com `casas` casas, o menor número é 10 ** (casas - 1) e o maior, 10 ** casas - 1 (para uma casa, comece em 0)",
    ],
    solucao="""
    def sortear():
        casas = random.randint(1, 30)
        menor = 10 ** (casas - 1) if casas > 1 else 0
        return str(random.randint(menor, 10**casas - 1))
    """,
)
def sortear(aluno):
    """Um número em texto, com 1 a 30 casas, todas as quantidades igualmente prováveis."""
    sorteados = [aluno() for _ in range(SORTEIOS)]
    for numero in sorteados:
        if numero is None:
            raise Errou("a função não devolveu nada: falta o return")
        if isinstance(numero, list):
            raise Errou(f"veio uma lista, {numero!r}: ''.join(…) junta os algarismos num texto só")
        if not isinstance(numero, str):
            raise Errou(f"devolva um texto, como '123'; veio {numero!r}: use str(...)")
        if not (numero.isascii() and numero.isdigit()):
            raise Errou(f"só algarismos, e ao menos um; veio {numero!r}")
        if len(numero) > 30:
            raise Errou(f"{numero} tem {len(numero)} casas, e o limite é 30")
        if len(numero) > 1 and numero[0] == "0":
            raise Errou(f"{numero!r} começa com zero: com mais de uma casa, o primeiro algarismo vai de 1 a 9")
    if len(set(sorteados)) == 1:
        raise Errou(f"{SORTEIOS} vezes o mesmo número, {sorteados[0]!r}: sorteie a cada chamada")
    curtos = sum(len(numero) <= 10 for numero in sorteados)
    if curtos < SORTEIOS / 6:  # o esperado é um terço; um sexto está a seis desvios
        raise Errou(f"em {SORTEIOS} sorteios, só {curtos} com até 10 casas: PAR e ÍMPAR quase não acontecem")
    if curtos > SORTEIOS / 2:
        raise Errou(f"em {SORTEIOS} sorteios, {curtos} com até 10 casas: as letras quase não acontecem")
    faltam = [casas for casas in range(1, 31) if all(len(numero) != casas for numero in sorteados)]
    if len(faltam) > 3:
        raise Errou(f"em {SORTEIOS} sorteios nenhum número teve {', '.join(map(str, faltam[:6]))} casas")
