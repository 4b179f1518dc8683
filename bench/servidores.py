"""O servidor que se digita, ao lado dos pares mais simples: vazão, conexões paradas e uma enchente de linhas."""

import selectors
import socket
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, suppress

from .carga import PRAZO, Travou, abrir_paradas, compilado, fechar, medir
from .processos import Processo, abrir_descritores, ocupado, so_o_primeiro

DIGITADO = [sys.executable, "-m", "parimpar", "servidor", "--porta", "0"]
COMANDOS = {
    "parimpar": [*DIGITADO, "--silencioso"],
    "parimpar que narra": DIGITADO,
    "C, com epoll": None,  # só se há gcc
    "asyncio": [sys.executable, "-m", "bench.pares", "asyncio"],
    "threads": [sys.executable, "-m", "bench.pares", "threads"],
}
CENARIOS = {
    "uma por conexão": {"uma_por_conexao": True},
    "persistente": {},
    "em grupos de 16": {"grupo": 16},
}
# (cenário, par, quantas vezes os pedidos por segundo do par o parimpar deve atender)
METAS = (
    ("uma por conexão", "asyncio", 2), ("uma por conexão", "threads", 4), ("uma por conexão", "C, com epoll", 0.7),
    ("persistente", "asyncio", 1.3), ("persistente", "threads", 1.2), ("persistente", "C, com epoll", 0.35),
    ("em grupos de 16", "asyncio", 5), ("em grupos de 16", "threads", 5), ("em grupos de 16", "C, com epoll", 0.2),
    *((cenario, "parimpar que narra", 1 / 1.3) for cenario in CENARIOS),
)  # fmt: skip
PARADAS = (1_000, 9_000)  # conexões; o servidor digitado aceita 10.000
QUEM_DESPEJA = 64  # clientes que só enviam linhas vazias
FOLGA = 500  # descritores para tudo o que não é conexão parada


def comando(nome):
    return COMANDOS[nome] or [compilado("par")]


def vazao(nomes, rodadas, segundos):
    """{(cenário, nome): (pedidos/s, p99, CPU por pedido, gerador)}, medianas de rodadas alternadas; e a CPU alheia."""
    medidas, alheio = {}, []
    for rodada in range(rodadas):
        vez = rodada % len(nomes)  # cada rodada começa por um: ninguém fica sempre ao lado do mesmo
        for nome in nomes[vez:] + nomes[:vez]:
            with Processo(comando(nome)) as processo, so_o_primeiro():
                for cenario, opcoes in CENARIOS.items():
                    medir(processo.porta, segundos / 5, **opcoes)  # aquecimento
                    antes, total = processo.cpu(), ocupado()
                    medida = medir(processo.porta, segundos, **opcoes)
                    time.sleep(0.05)  # o servidor termina de fechar
                    cpu = processo.cpu() - antes
                    alheio.append((ocupado() - total - cpu) / segundos - medida.gerador)
                    numeros = medida.por_segundo, medida.p99, cpu / medida.pedidos, medida.gerador
                    medidas.setdefault((cenario, nome), []).append(numeros)
    medianas = {chave: tuple(map(statistics.median, zip(*lista, strict=True))) for chave, lista in medidas.items()}
    return medianas, max(statistics.mean(alheio), 0)


def paradas(quantas, fatias, segundos):
    """(bytes por conexão parada, p99 sem nenhuma, p99 com elas) do parimpar, em fatias alternadas de dois processos."""
    with ExitStack() as pilha:
        vazio, cheio = (pilha.enter_context(Processo(comando("parimpar"))) for _ in range(2))
        pilha.enter_context(so_o_primeiro())
        fechar(abrir_paradas(cheio.porta, 1))  # o que só se carrega no primeiro pedido não é da conexão
        antes = cheio.memoria()
        sockets = abrir_paradas(cheio.porta, quantas)
        pilha.callback(fechar, sockets)
        memoria = (cheio.memoria() - antes) / quantas
        p99 = [[medir(processo.porta, segundos, clientes=1).p99 for processo in (vazio, cheio)] for _ in range(fatias)]
        return memoria, *map(statistics.median, zip(*p99, strict=True))


def enchente(segundos):
    """(mediana, pior) segundos que um cliente honesto espera enquanto 64 despejam linhas vazias sem parar."""
    with Processo(comando("parimpar")) as processo, so_o_primeiro():
        despejo = [sys.executable, "-m", "bench.servidores", str(processo.porta)]
        with subprocess.Popen(despejo) as despejador:
            try:
                time.sleep(0.5)
                esperas, fim = [], time.monotonic() + segundos
                while time.monotonic() < fim:
                    antes = time.monotonic()
                    with socket.create_connection(("127.0.0.1", processo.porta), PRAZO) as sock:
                        sock.sendall(b"7\n")
                        if not sock.recv(100):
                            raise Travou("fechou sem responder")
                    esperas.append(time.monotonic() - antes)
            finally:
                despejador.kill()
    return statistics.median(esperas), max(esperas)


def despejar(porta):
    seletor = selectors.DefaultSelector()
    for _ in range(QUEM_DESPEJA):
        sock = socket.create_connection(("127.0.0.1", porta))
        sock.setblocking(False)
        seletor.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
    while True:
        for chave, o_que in seletor.select():
            with suppress(BlockingIOError):
                if o_que & selectors.EVENT_READ:
                    chave.fileobj.recv(1 << 20)
                chave.fileobj.send(b"\n" * 65536)


def relatar(rapido):
    """Escreve as tabelas e devolve [(meta, valor, atende)]."""
    if compilado("carga") is None:
        print("Sem gcc: o gerador de carga é em C, e os servidores ficam de fora (apt-get install gcc).")
        return []
    descritores, nomes = abrir_descritores(), list(COMANDOS)
    medianas, alheio = vazao(nomes, *((3, 0.4) if rapido else (7, 0.7)))
    print(f"{'64 clientes':17}{'servidor':20}{'pedidos/s':>10}{'p99':>11}{'CPU/pedido':>12}{'gerador':>9}   parimpar é")
    for cenario in CENARIOS:
        nossa = medianas[cenario, "parimpar"]
        for nome in nomes:
            por_segundo, p99, cpu, gerador = medianas[cenario, nome]
            razoes = f"{nossa[0] / por_segundo:5.2f}× em pedidos/s, {cpu / nossa[2]:5.2f}× em CPU"
            print(
                f"{cenario if nome == nomes[0] else '':17}{nome:20}{por_segundo:10.0f}{p99 * 1e3:8.2f} ms"
                f"{cpu * 1e6:9.2f} µs{gerador:9.0%}   {'' if nome == nomes[0] else razoes}"
            )
    if alheio > 0.1:
        print(f"Cuidado: outros programas usaram {alheio:.0%} de um processador; a coluna CPU/pedido engana menos.")
    metas = []
    for cenario, par, meta in METAS:
        nossa, dele = medianas[cenario, "parimpar"], medianas[cenario, par]
        if par == "parimpar que narra":  # aqui é o outro que se mede
            nossa, dele = dele, nossa
            par = "o silencioso, narrando"
        valor = nossa[0] / dele[0], dele[2] / nossa[2]
        texto = "{:.2f}× em pedidos/s, {:.2f}× em CPU".format(*valor)
        metas.append((f"{cenario}: ≥ {meta:.2g}× {par}", texto, valor[0] >= meta))
    for quantas in PARADAS if descritores > max(PARADAS) + FOLGA else ():
        memoria, sem, com = paradas(quantas, *((3, 0.15) if rapido else (9, 0.25)))
        metas.append((f"≤ 4 KiB por conexão parada, com {quantas}", f"{memoria / 1024:.2f} KiB", memoria <= 4096))
        metas.append((f"p99 com {quantas} paradas ≤ 1,5× o p99 sem elas", f"{com / sem:.2f}×", com <= 1.5 * sem))
    mediana, pior = enchente(3 if rapido else 10)
    texto = f"pior {pior * 1e3:.0f} ms, mediana {mediana * 1e3:.0f} ms"
    metas.append((f"com {QUEM_DESPEJA} clientes despejando linhas, ninguém espera 0,5 s", texto, pior <= 0.5))
    return metas


if __name__ == "__main__":
    despejar(int(sys.argv[1]))
