"""A linha de comando: python -m parimpar servidor | cliente | avaliar."""

import argparse
import itertools
import json
import os
import pathlib
import signal
import sys
import threading
import time

from .cliente import rodada, sortear_numero
from .diario import Diario, endereco, visivel
from .erros import ErroDeUso, ErroParimpar, motivo, segundos
from .protocolo import MAXIMO_DA_RESPOSTA
from .servidor import Servidor
from .udp import ClienteUDP, ServidorUDP

PORTA_PADRAO = 60000
ADEUS = 2.0  # segundos para escrever as últimas linhas

# As frases do argparse que um aluno pode encontrar.
_TRADUCAO = {
    "usage: ": "uso: ",
    "options": "opções",
    "positional arguments": "argumentos",
    "show this help message and exit": "mostra esta ajuda e termina",
    "%(prog)s: error: %(message)s\n": "erro: %(message)s\n",
    "argument %(argument_name)s: %(message)s": "argumento %(argument_name)s: %(message)s",
    "the following arguments are required: %s": "falta dizer: %s",
    "unrecognized arguments: %s": "argumento desconhecido: %s",
    "expected one argument": "esperava um valor depois dele",
    "ignored explicit argument %r": "não esperava o valor %r",
    "invalid choice: %(value)r (choose from %(choices)s)": "não existe %(value)r; escolha entre %(choices)s",
    "not allowed with argument %s": "não combina com %s",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s é ambíguo: pode ser %(matches)s",
}
argparse._ = lambda frase: _TRADUCAO.get(frase, frase)


class _Analisador(argparse.ArgumentParser):
    """Um erro de argumento é uma linha só, e código de saída 2."""

    def error(self, message):
        _queixar(f"erro: {message} (veja {self.prog} --help)")
        sys.exit(2)


def main(argumentos=None):
    """Interpreta os argumentos e devolve o código de saída."""
    for saida in filter(None, (sys.stdout, sys.stderr)):  # um programa sem terminal pode não ter as duas
        saida.reconfigure(errors="backslashreplace", line_buffering=True)  # terminais do Windows sem "→"
    opcoes = _analisador().parse_args(argumentos)
    for sinal in (signal.SIGINT, signal.SIGTERM):  # um kill encerra tão bem quanto Ctrl-C
        signal.signal(sinal, _interromper)
    try:
        return opcoes.executar(opcoes)
    except KeyboardInterrupt:
        return 0
    except ErroParimpar as erro:
        _queixar(f"erro: {erro}")
        return 2
    except BrokenPipeError:  # quem lia a saída (um `head`, por exemplo) foi embora
        _calar_a_saida()
        return 0
    except OSError as erro:  # o disco encheu, por exemplo
        _calar_a_saida()
        _queixar(f"erro: não foi possível escrever {erro.filename or 'a saída'}: {motivo(erro)}")
        return 2
    finally:
        for sinal in (signal.SIGINT, signal.SIGTERM):  # ao terminar, o Python devolveria a cada sinal o poder de matar
            signal.signal(sinal, signal.SIG_IGN)


def _queixar(texto):
    """Escreve em stderr uma linha, sem os caracteres a que o terminal obedeceria."""
    print("".join(c if c.isprintable() else repr(c)[1:-1] for c in texto), file=sys.stderr)


def _calar_a_saida():
    """Joga fora o que ainda se escrever: ao terminar, o Python tentaria de novo e mostraria outro erro."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interromper(*_):
    for sinal in (signal.SIGINT, signal.SIGTERM):
        # Um segundo Ctrl-C não atrapalha o encerramento. Não é SIG_IGN: com ele, o Python avisa em stderr
        # de um sinal que já tinha chegado e que ninguém mais trata.
        signal.signal(sinal, lambda *_: None)
    raise KeyboardInterrupt


def _analisador():
    analisador = _Analisador(prog="python -m parimpar", description="O trabalho do PAR/ÍMPAR, em dois terminais.")
    comandos = analisador.add_subparsers(dest="comando", required=True, metavar="servidor | cliente | avaliar")
    comum = argparse.ArgumentParser(add_help=False)
    comum.add_argument("--host", default="127.0.0.1", help="endereço do servidor (padrão: %(default)s)")
    comum.add_argument("--udp", action="store_true", help="usa UDP em vez de TCP")
    comum.add_argument("--porta", type=_porta, default=PORTA_PADRAO, help="porta do servidor (padrão: %(default)s)")

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
    cliente.set_defaults(executar=_cliente)

    avaliar = comandos.add_parser("avaliar", help="julga o programa de um aluno, com tráfego de verdade")
    alvos = avaliar.add_subparsers(dest="alvo", required=True, metavar="servidor | cliente | turma")
    comum = argparse.ArgumentParser(add_help=False)
    comum.add_argument("--so", metavar="CASOS", help="só uma régua (enunciado, especificação) ou alguns casos: par,abc")
    comum.add_argument("--json", type=_arquivo, metavar="ARQUIVO", help="grava o relatório em JSON (- é a tela)")
    comum.add_argument("programa", nargs="+", metavar="COMANDO", help="o que executa o programa, depois de --")
    uso = "%(prog)s [opções] -- COMANDO…"
    exame = alvos.add_parser("servidor", parents=[comum], help="inicia um servidor e o examina", usage=uso)
    exame.add_argument("--porta", type=_porta, help="a porta onde ele escuta (padrão: descobrir)")
    exame.set_defaults(executar=_avaliar)
    ajuda = "inicia um cliente e o examina, no papel do servidor"
    exame = alvos.add_parser("cliente", parents=[comum], help=ajuda, usage=uso)
    exame.add_argument("--porta", type=_porta, help="a porta a que ele se conecta (padrão: descobrir)")
    exame.set_defaults(executar=_avaliar)
    turma = alvos.add_parser("turma", help="examina os programas de uma turma inteira")
    turma.add_argument("pasta", metavar="PASTA", help="a pasta com uma subpasta por entrega")
    turma.add_argument("--csv", type=_arquivo, metavar="ARQUIVO", help="grava a tabela em CSV")
    turma.add_argument("--relatorios", metavar="PASTA", help="grava ali o relatório de cada entrega")
    turma.add_argument(
        "--paralelas", type=_paralelas, default=2, metavar="N", help="quantas ao mesmo tempo (padrão: 2)"
    )
    turma.set_defaults(executar=_avaliar_turma)
    return analisador


def _numero_entre(minimo, maximo, tipo, o_que):
    def ler(texto):
        try:
            valor = tipo(texto)
        except ValueError:
            valor = None
        if valor is None or not minimo <= valor <= maximo:
            raise argparse.ArgumentTypeError(f"esperava {o_que} e veio {visivel(texto)}")
        return valor

    return ler


_porta = _numero_entre(0, 65535, int, "um inteiro de 0 a 65535")
_paralelas = _numero_entre(1, 64, int, "um inteiro de 1 a 64")
_vezes = _numero_entre(1, 10**9, int, "um inteiro a partir de 1")
_segundos = _numero_entre(0, 86400, float, "um número de segundos de 0 a 86400")


def _uma_linha(texto):
    if not texto or "\n" in texto:
        raise argparse.ArgumentTypeError(f"esperava um número, numa linha só, e veio {visivel(texto)}")
    return texto


def _arquivo(texto):
    caminho = pathlib.Path(texto)  # antes do exame, e não depois: ele demora
    if caminho.is_dir() or not caminho.parent.is_dir():
        raise argparse.ArgumentTypeError(f"esperava um arquivo numa pasta que existe e veio {visivel(texto)}")
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
    como = {"tipo": ClienteUDP} if opcoes.udp else {"crua": opcoes.crua}
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
            _queixar(f"aviso: {erro}{outra}")
        if ultima:
            return 0 if respondidas else 1
        if volta == 1:
            print(f"A próxima pergunta sai em {segundos(opcoes.intervalo)}. Para encerrar: Ctrl-C.")
        time.sleep(opcoes.intervalo)


def _avaliar(opcoes):
    _exigir_psutil()
    from .avaliador import relatorio
    from .avaliador.clientes import ExameDeCliente
    from .avaliador.servidores import ExameDeServidor

    exame = {"servidor": ExameDeServidor, "cliente": ExameDeCliente}[opcoes.alvo]
    so = opcoes.so and opcoes.so.split(",")
    avaliacao = exame(opcoes.programa, opcoes.porta, progresso=relatorio.Barra(), so=so).avaliar()
    em_json = json.dumps(avaliacao.como_dado(), ensure_ascii=False, indent=2)
    if opcoes.json == "-":
        print(em_json)
    else:
        print(relatorio.em_texto(avaliacao))
    if opcoes.json not in (None, "-"):
        pathlib.Path(opcoes.json).write_text(em_json + "\n", encoding="utf-8")
    return 0 if avaliacao.aprovado else 1


def _avaliar_turma(opcoes):
    _exigir_psutil()
    from .avaliador.relatorio import Barra
    from .avaliador.turma import Turma

    turma = Turma(opcoes.pasta, opcoes.paralelas, Barra()).avaliar()
    print(turma)
    if opcoes.csv:
        pathlib.Path(opcoes.csv).write_text(turma.em_csv(), encoding="utf-8-sig")  # com a marca, a planilha acerta
    if opcoes.relatorios:
        turma.gravar_relatorios(opcoes.relatorios)
    return 0 if all(resultado.aprovada for resultado in turma.resultados) else 1


def _exigir_psutil():
    try:
        import psutil  # noqa: F401
    except ImportError as erro:
        raise ErroDeUso(
            "para avaliar é preciso ter a biblioteca psutil: instale-a com  pip install psutil  ou, depois do "
            "iniciar.py, use o Python da pasta do projeto (.venv/bin/python; no Windows, .venv\\Scripts\\python)"
        ) from erro


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
