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

PORTA_PADRAO = 60000
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
    comum.add_argument("--host", default="127.0.0.1", help="endereço do servidor (padrão: %(default)s)")
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
        narrador = _Narrador(servidor.diario, calado=opcoes.silencioso)
        aviso = "" if servidor.so_desta_maquina else " Aceita clientes da rede inteira."
        onde = f"{endereco(servidor.endereco)} ({transporte})"
        try:
            print(f"Servidor PAR/ÍMPAR pronto em {onde}.{aviso} Para encerrar: Ctrl-C.")
            while servidor.ligado:
                narrador.narrar(prazo=0.2)
        except KeyboardInterrupt:
            pass
    desistir = threading.Timer(ADEUS, os._exit, (0,))  # se ninguém lê a saída, escrever esperaria para sempre
    desistir.daemon = True
    desistir.start()
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


def _mural(opcoes):
    from .aulas import mural_terminal  # só ele precisa: os outros comandos abrem mais depressa

    mural_terminal.mostrar(opcoes.host, opcoes.porta, opcoes.json)
    return 0


class _Narrador:
    """Imprime, na thread principal, o que o diário registrou desde a última vez."""

    def __init__(self, diario, calado=False):
        self._diario, self._calado, self._cursor = diario, calado, 0
        self._desvio = time.time() - time.monotonic()

    def narrar(self, prazo=0, menos=("inicia",)):
        """Espera até `prazo` segundos por uma novidade e imprime todas as que houver."""
        if prazo:
            self._diario.esperar(lambda evento: True, prazo, self._cursor)
        antes = self._cursor
        eventos, self._cursor = self._diario.desde(antes)
        if not self._calado and (perdidos := self._cursor - antes - len(eventos)):
            sys.stdout.write(f"… {perdidos} eventos não mostrados: chegaram mais depressa do que a tela escreve\n")
        for evento in eventos:
            if not self._calado and evento.tipo not in menos:
                quando = self._desvio + evento.instante
                hora = time.strftime("%H:%M:%S", time.localtime(quando))
                # Uma escrita por linha: com dois programas no mesmo terminal, as linhas não se misturam.
                sys.stdout.write(f"{hora}.{int(quando % 1 * 1000):03d}  {evento}\n")


if __name__ == "__main__":
    sys.exit(main())
