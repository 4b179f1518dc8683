"""O comando `avaliar`: julga um servidor, um cliente ou uma turma."""

import argparse
import json
import pathlib
import sys

from parimpar.erros import ErroDeUso
from parimpar.terminal import Analisador, arquivo, executar, numero_entre, porta

_paralelas = numero_entre(1, 64, int, "um inteiro de 1 a 64")


def main(argumentos=None):
    """Interpreta os argumentos e devolve o código de saída."""
    return executar(_analisador(), argumentos)


def _analisador():
    avaliar = Analisador(
        prog="python -m parimpar avaliar", description="Julga o programa de um aluno, com tráfego de verdade."
    )
    alvos = avaliar.add_subparsers(dest="alvo", required=True, metavar="servidor | cliente | turma")
    comum = argparse.ArgumentParser(add_help=False)
    comum.add_argument("--so", metavar="CASOS", help="só uma régua (enunciado, especificação) ou alguns casos: par,abc")
    comum.add_argument("--json", type=arquivo, metavar="ARQUIVO", help="grava o relatório em JSON (- é a tela)")
    comum.add_argument(
        "--formato", choices=("gradescope", "junit", "vpl"), help="escreve o relatório na forma de outro corretor"
    )
    comum.add_argument("programa", nargs="+", metavar="COMANDO", help="o que executa o programa, depois de --")
    uso = "%(prog)s [opções] -- COMANDO…"
    exame = alvos.add_parser("servidor", parents=[comum], help="inicia um servidor e o examina", usage=uso)
    exame.add_argument("--porta", type=porta, help="a porta onde ele escuta (padrão: descobrir)")
    exame.set_defaults(executar=_avaliar)
    ajuda = "inicia um cliente e o examina, no papel do servidor"
    exame = alvos.add_parser("cliente", parents=[comum], help=ajuda, usage=uso)
    exame.add_argument("--porta", type=porta, help="a porta a que ele se conecta (padrão: descobrir)")
    exame.set_defaults(executar=_avaliar)
    turma = alvos.add_parser("turma", help="examina os programas de uma turma inteira")
    turma.add_argument("pasta", metavar="PASTA", help="a pasta com uma subpasta por entrega")
    turma.add_argument("--csv", type=arquivo, metavar="ARQUIVO", help="grava a tabela em CSV")
    turma.add_argument("--relatorios", metavar="PASTA", help="grava ali o relatório de cada entrega")
    turma.add_argument(
        "--paralelas", type=_paralelas, default=2, metavar="N", help="quantas ao mesmo tempo (padrão: 2)"
    )
    turma.set_defaults(executar=_avaliar_turma)
    return avaliar


def _avaliar(opcoes):
    _exigir_psutil()
    from . import relatorio
    from .barra import Barra
    from .exame_cliente import ExameDeCliente
    from .exame_servidor import ExameDeServidor

    exame = {"servidor": ExameDeServidor, "cliente": ExameDeCliente}[opcoes.alvo]
    so = opcoes.so and opcoes.so.split(",")
    avaliacao = exame(opcoes.programa, opcoes.porta, progresso=Barra(), so=so).avaliar()
    em_json = json.dumps(avaliacao.como_dado(), ensure_ascii=False, indent=2)
    if opcoes.formato:
        from .turma.formatos.corretor import FORMATOS

        print(FORMATOS[opcoes.formato](avaliacao.como_dado()), end="")
    elif opcoes.json == "-":
        print(em_json)
    else:
        print(relatorio.em_texto(avaliacao))
    if opcoes.json not in (None, "-"):
        pathlib.Path(opcoes.json).write_text(em_json + "\n", encoding="utf-8")
    return 0 if avaliacao.aprovado else 1


def _avaliar_turma(opcoes):
    _exigir_psutil()
    from .barra import Barra
    from .turma.turma import Turma

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


if __name__ == "__main__":
    sys.exit(main())
