"""A linha de comando: python -m parimpar servidor | cliente | mural | avaliar."""

import argparse
import itertools
import os
import sys
import threading
import time

from .cliente import rodada, sortear_numero
from .diario import Diario
from .erros import ErroDeUso, ErroParimpar
from .protocolo import MAXIMO_DA_RESPOSTA
from .servidor import Servidor
from .terminal import Analisador, arquivo, executar, numero_entre, porta, queixar
from .texto import endereco, segundos, visivel
from .udp import ClienteUDP, ServidorUDP

HOST_PADRAO, PORTA_PADRAO = "127.0.0.1", 60000
ENTRE_NARRACOES = 0.1  # segundos: quem olha a tela não percebe, e o servidor não é acordado a cada evento
LINHAS_POR_VEZ = 100  # mais do que isto em 0,1 s ninguém lê, e escrevê-las tiraria tempo de quem atende
ADEUS = 2.0  # segundos para escrever as últimas linhas


def main(argumentos=None):
    """Interpreta os argumentos e devolve o código de saída."""
    argumentos = sys.argv[1:] if argumentos is None else argumentos
    if argumentos[:1] == ["avaliar"]:
        from avaliador.__main__ import main as avaliar

        return avaliar(argumentos[1:])
    return executar(_analisador(), argumentos)


def _analisador():
    analisador = Analisador(prog="python -m parimpar", description="O trabalho do PAR/ÍMPAR, em dois terminais.")
    comandos = analisador.add_subparsers(dest="comando", required=True, metavar="servidor | cliente | mural | avaliar")
    comum = argparse.ArgumentParser(add_help=False)
    comum.add_argument("--host", default=HOST_PADRAO, help="endereço do servidor (padrão: %(default)s)")
    comum.add_argument("--udp", action="store_true", help="usa UDP em vez de TCP")
    comum.add_argument("--porta", type=porta, default=PORTA_PADRAO, help="porta do servidor (padrão: %(default)s)")

    servidor = comandos.add_parser("servidor", parents=[comum], help="responde PAR, ÍMPAR ou letras sorteadas")
    servidor.add_argument("--silencioso", action="store_true", help="não mostra as mensagens trocadas")
    servidor.set_defaults(executar=_servidor)

    cliente = comandos.add_parser("cliente", parents=[comum], help="sorteia um número, pergunta e devolve com FIM")
    cliente.add_argument("--vezes", type=_vezes, default=0, metavar="N", help="quantas voltas (padrão: sem parar)")
    cliente.add_argument(
        "--intervalo", type=_segundos, default=10, metavar="S", help="segundos entre as voltas (padrão: %(default)s)"
    )
    cliente.add_argument(
        "--numero", type=_uma_linha, metavar="N", help="o número a enviar (padrão: um sorteado a cada volta)"
    )
    cliente.add_argument("--crua", action="store_true", help="envia sem \\n, como no enunciado")
    cliente.add_argument("--nome", metavar="NOME", help="apresenta-se ao servidor com este nome, para o mural da turma")
    cliente.add_argument("--procurar", action="store_true", help="acha na rede o mural da turma (pede a zeroconf)")
    cliente.set_defaults(executar=_cliente)

    mural = comandos.add_parser("mural", help="mostra, ao vivo, o que os clientes da turma fazem")
    mural.add_argument("--host", default="0.0.0.0", help="endereço onde escutar (padrão: %(default)s, a rede inteira)")
    mural.add_argument("--porta", type=porta, default=PORTA_PADRAO, help="porta onde escutar (padrão: %(default)s)")
    mural.add_argument("--json", type=arquivo, metavar="ARQUIVO", help="grava ali o placar (padrão: nada é gravado)")
    mural.set_defaults(executar=_mural)

    comandos.add_parser("avaliar", help="julga o programa de um aluno, com tráfego de verdade")
    return analisador


_vezes = numero_entre(1, 10**9, int, "um inteiro a partir de 1")
_segundos = numero_entre(0, 86400, float, "um número de segundos de 0 a 86400")


def _uma_linha(texto):
    if not texto or "\n" in texto:
        raise argparse.ArgumentTypeError(f"esperava um número, numa linha só, e veio {visivel(texto)}")
    return texto


def _servidor(opcoes):
    tipo, transporte = (ServidorUDP, "UDP") if opcoes.udp else (Servidor, "TCP")
    with tipo(opcoes.host, opcoes.porta) as servidor:
        narrador = None if opcoes.silencioso else _Narrador(servidor.diario)
        aviso = "" if servidor.so_desta_maquina else " Aceita clientes da rede inteira."
        onde = f"{endereco(servidor.endereco)} ({transporte})"
        try:
            print(f"Servidor PAR/ÍMPAR pronto em {onde}.{aviso} Para encerrar: Ctrl-C.")
            while servidor.ligado:
                time.sleep(ENTRE_NARRACOES)
                if narrador:
                    narrador.narrar()
        except KeyboardInterrupt:
            pass
    desistir = threading.Timer(ADEUS, os._exit, (0,))  # se ninguém lê a saída, escrever esperaria para sempre
    desistir.daemon = True
    desistir.start()
    if narrador:
        narrador.narrar()
    print("Servidor encerrado.")
    desistir.cancel()
    return 0


def _cliente(opcoes):
    diario = Diario()
    if opcoes.udp and opcoes.crua:
        raise ErroDeUso("--udp não combina com --crua: cada datagrama já é um pedido inteiro")
    if opcoes.udp and opcoes.nome is not None:
        raise ErroDeUso("--udp não combina com --nome: sem conexão, não há o que guarde o nome")
    if opcoes.crua and opcoes.nome is not None:
        raise ErroDeUso("--nome não combina com --crua: a apresentação é uma linha, e depois dela só há linhas")
    if opcoes.procurar:
        opcoes.host, opcoes.porta = _achar_o_mural(opcoes)
    como = {"tipo": ClienteUDP} if opcoes.udp else {"crua": opcoes.crua, "nome": opcoes.nome}
    narrador = _Narrador(diario)

    def mostrar(resposta):
        narrador.narrar()
        print(f"{visivel(resposta, MAXIMO_DA_RESPOSTA, aspas=False)} FIM")

    respondidas = 0
    for volta in itertools.count(1):
        numero = sortear_numero() if opcoes.numero is None else opcoes.numero
        ultima = volta == opcoes.vezes
        try:
            rodada(numero, opcoes.host, opcoes.porta, **como, diario=diario, mostrar=mostrar)
            respondidas += 1
            narrador.narrar()
        except ErroDeUso:
            raise
        except ErroParimpar as erro:
            narrador.narrar(menos={"erro"})
            outra = "" if ultima else f". Nova tentativa em {segundos(opcoes.intervalo)}"
            queixar(f"aviso: {erro}{outra}")
        if ultima:
            return 0 if respondidas else 1
        if volta == 1:
            print(f"A próxima pergunta sai em {segundos(opcoes.intervalo)}. Para encerrar: Ctrl-C.")
        time.sleep(opcoes.intervalo)


def _achar_o_mural(opcoes):
    from .aulas.descoberta import procurar

    if opcoes.host != HOST_PADRAO:
        raise ErroDeUso("--procurar não combina com --host: diga o endereço, ou deixe procurar")
    achado = procurar()
    print(f"Mural achado em {endereco(achado)}.")
    return achado


def _mural(opcoes):
    from .aulas import mural_terminal  # só ele precisa: os outros comandos abrem mais depressa

    mural_terminal.mostrar(opcoes.host, opcoes.porta, opcoes.json)
    return 0


class _Narrador:
    """Imprime, na thread principal, o que o diário registrou desde a última vez."""

    def __init__(self, diario):
        self._diario, self._cursor = diario, 0
        self._desvio = time.time() - time.monotonic()

    def narrar(self, menos=("inicia",)):
        """Imprime as novidades de uma vez; se são demais, as mais recentes, e diz quantas ficaram de fora."""
        eventos, cursor = self._diario.desde(max(self._cursor, self._diario.cursor - LINHAS_POR_VEZ))
        perdidos = cursor - self._cursor - len(eventos)
        linhas = [self._linha(evento) for evento in eventos if evento.tipo not in menos]
        if perdidos:
            linhas.insert(0, f"… {perdidos} eventos não mostrados: chegaram mais depressa do que a tela escreve\n")
        self._cursor = cursor  # só agora: um Ctrl-C enquanto se montavam as linhas não as perde
        sys.stdout.write("".join(linhas))  # com dois programas no mesmo terminal, as linhas não se misturam

    def _linha(self, evento):
        quando = self._desvio + evento.instante
        hora = time.strftime("%H:%M:%S", time.localtime(quando))
        return f"{hora}.{int(quando % 1 * 1000):03d}  {evento}\n"


if __name__ == "__main__":
    sys.exit(main())
