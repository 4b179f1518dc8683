"""O comando `avaliar`: julga um servidor, um cliente ou uma turma."""

import argparse
import os
import pathlib
import sys
import traceback

from parimpar.erros import ErroDeUso
from parimpar.terminal import Analisador, arquivo, executar, numero_entre, porta, queixar
from parimpar.texto import visivel

# Os códigos de saída, além de 0 (cumpre o enunciado), 1 (não cumpre) e 2 (erro de uso).
INDECISO = 3  # nada se viu falhar, mas algum caso não deu para julgar
DEFEITO = 70  # um erro do próprio avaliador; o número é o EX_SOFTWARE do sysexits.h
INTERROMPIDO = 130  # Ctrl-C ou kill: como faz o shell

SEM_ISOLAMENTO = "executa os programas com as suas permissões, mesmo onde é possível isolá-los"

_semente = numero_entre(0, 10**9, int, "um inteiro de 0 a 1000000000")
_paralelas = numero_entre(1, 64, int, "um inteiro de 1 a 64")


def main(argumentos=None):
    """Interpreta os argumentos e devolve o código de saída."""
    try:
        return executar(_analisador(), argumentos)
    except Exception as erro:  # um erro do avaliador: uma linha, que diz onde, e não um rastro
        quadro = traceback.extract_tb(erro.__traceback__)[-1]
        onde = f"{pathlib.Path(quadro.filename).name}, linha {quadro.lineno}"
        queixar(f"erro: o avaliador falhou ({type(erro).__name__}: {erro}, em {onde}); o programa não tem nota")
        return DEFEITO


def _analisador():
    avaliar = Analisador(
        prog="python -m parimpar avaliar",
        description="Julga o programa de um aluno, com tráfego de verdade.",
        epilog="Código de saída: 0, cumpre o enunciado (a turma: todas têm nota); 1, não cumpre; 2, erro de uso; "
        "3, não deu para julgar; 130, interrompido.",
    )
    alvos = avaliar.add_subparsers(dest="alvo", required=True, metavar="servidor | cliente | turma")
    comum = argparse.ArgumentParser(add_help=False)
    comum.add_argument("--so", metavar="CASOS", help="só uma régua (enunciado, especificação) ou alguns casos: par,abc")
    comum.add_argument("--json", type=arquivo, metavar="ARQUIVO", help="grava o relatório em JSON (- é a tela)")
    comum.add_argument(
        "--formato", choices=("gradescope", "junit", "vpl"), help="escreve o relatório na forma de outro corretor"
    )
    comum.add_argument("--semente", type=_semente, metavar="N", help="repete os sorteios de outro exame, que a disse")
    ajuda = "o que o programa lê do teclado; \\n separa as linhas"
    comum.add_argument("--entrada", default="", metavar="TEXTO", help=ajuda)
    comum.add_argument("--sem-isolamento", action="store_true", help=SEM_ISOLAMENTO)
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
    turma.add_argument("origem", metavar="PASTA|ZIP", help="a pasta com uma subpasta por entrega, ou o zip do Moodle")
    turma.add_argument("--csv", type=arquivo, metavar="ARQUIVO", help="grava a tabela em CSV")
    turma.add_argument("--relatorios", metavar="PASTA", help="grava ali a página de cada entrega")
    ajuda = "grava ali cada resultado, assim que sai (padrão: ao lado das entregas, NOME-resultados)"
    turma.add_argument("--guardar", metavar="PASTA", help=ajuda)
    turma.add_argument("--retomar", action="store_true", help="aproveita o que já está em --guardar")
    ajuda = "julga de novo só esta, pelo nome ou pelo número do participante, e aproveita as outras; repete-se"
    turma.add_argument("--refazer", action="append", default=[], metavar="NOME", help=ajuda)
    turma.add_argument("--manifestos", metavar="PASTA", help="onde há um NOME.toml que diz os programas de uma entrega")
    turma.add_argument("--planilha", metavar="CSV", help="a planilha de notas off-line que o Moodle deu")
    turma.add_argument(
        "--devolver", metavar="PASTA", help="grava ali o que o Moodle recebe: a planilha preenchida e os comentários"
    )
    turma.add_argument(
        "--paralelas", type=_paralelas, metavar="N", help="quantas ao mesmo tempo (padrão: as que a máquina aguenta)"
    )
    turma.add_argument("--sem-isolamento", action="store_true", help=SEM_ISOLAMENTO)
    turma.add_argument(
        "--maquinas", metavar="ENDEREÇO", help="julga em outras máquinas: o tcp:// de um escalonador do Dask"
    )
    turma.set_defaults(executar=_avaliar_turma)
    return avaliar


def _avaliar(opcoes):
    _exigir_psutil()
    from . import caixa, rede, relatorio
    from .barra import Barra
    from .exame_cliente import ExameDeCliente
    from .exame_servidor import ExameDeServidor

    exame = {"servidor": ExameDeServidor, "cliente": ExameDeCliente}[opcoes.alvo]
    entrada = opcoes.entrada.replace("\\n", "\n") + "\n" if opcoes.entrada else ""
    opcionais = {"semente": opcoes.semente, "entrada": entrada or None, "so": opcoes.so and opcoes.so.split(",")}
    if opcoes.alvo == "servidor":
        opcionais["processos"] = 1 + (os.cpu_count() or 1)  # quase tudo é espera
    opcionais = {nome: valor for nome, valor in opcionais.items() if valor is not None}
    isolamento = _isolamento(opcoes)
    if isolamento == caixa.BWRAP and not rede.entrar():
        isolamento = caixa.NA_REDE
    barra = Barra()
    try:
        avaliacao = exame(
            opcoes.programa, opcoes.porta, progresso=barra, isolamento=isolamento, **opcionais
        ).avaliar()  # fmt: skip
    except KeyboardInterrupt:
        return _interrompido(barra)
    if opcoes.formato:
        from .turma.formatos.corretor import FORMATOS

        print(FORMATOS[opcoes.formato](avaliacao.como_dado()), end="")
    elif opcoes.json == "-":
        print(relatorio.em_json(avaliacao))
    else:
        print(relatorio.em_texto(avaliacao))
    if opcoes.json not in (None, "-"):
        pathlib.Path(opcoes.json).write_text(relatorio.em_json(avaliacao) + "\n", encoding="utf-8")
    return 0 if avaliacao.aprovado else INDECISO if avaliacao.indeciso else 1


def _avaliar_turma(opcoes):
    _exigir_psutil()
    from .barra import Barra
    from .turma.devolucao import devolver
    from .turma.formatos.moodle import Planilha
    from .turma.turma import Turma

    if opcoes.planilha and not opcoes.devolver:
        raise ErroDeUso("--planilha precisa de --devolver: é ali que ela volta preenchida")
    planilha = Planilha(opcoes.planilha) if opcoes.planilha else None  # antes dos exames, que demoram
    origem = pathlib.Path(opcoes.origem).resolve()
    guardar = pathlib.Path(opcoes.guardar or origem.with_name(f"{origem.name.removesuffix('.zip')}-resultados"))
    _conferir_pastas(origem, guardar, opcoes.relatorios, opcoes.devolver)
    barra = Barra(quanto_falta=True)
    turma = Turma(
        opcoes.origem, opcoes.paralelas, barra, guardar=guardar, retomar=opcoes.retomar or opcoes.refazer,
        refazer=opcoes.refazer, manifestos=opcoes.manifestos, maquinas=opcoes.maquinas,
        isolamento=_isolamento(opcoes),
    )  # fmt: skip
    for pasta in filter(None, (opcoes.relatorios, opcoes.devolver)):
        pathlib.Path(pasta).mkdir(parents=True, exist_ok=True)  # se não der, que se saiba já
    try:
        turma.avaliar()
    except KeyboardInterrupt:
        onde = visivel(str(guardar), 200, aspas=False)
        return _interrompido(barra, f"o que já foi julgado está em {onde}: repita o comando com --retomar")
    print(turma)
    for frase in planilha.conferir(turma.resultados) if planilha else ():
        queixar(f"aviso: {frase}")
    if opcoes.csv:
        pathlib.Path(opcoes.csv).write_text(turma.em_csv(), encoding="utf-8-sig")  # com a marca, a planilha acerta
    if opcoes.relatorios:
        turma.gravar_relatorios(opcoes.relatorios)
    if opcoes.devolver:
        devolver(turma.resultados, opcoes.devolver, planilha)
    return INDECISO if any(resultado.nota is None for resultado in turma.resultados) else 0


def _conferir_pastas(origem, *pastas):
    """Uma pasta gravada entre as entregas seria tomada, da próxima vez, por uma delas."""
    for pasta in filter(None, pastas):
        if origem.is_dir() and origem in (pathlib.Path(pasta) / "x").resolve().parents:
            raise ErroDeUso(
                f"{visivel(str(pasta))} fica dentro da pasta das entregas, e seria tomada por uma: escolha um lugar fora"
            )


def _isolamento(opcoes):
    """O melhor que a máquina dá, com um aviso se não é o inteiro; nenhum, se se pediu; None, cada máquina dá o seu."""
    from . import caixa

    if getattr(opcoes, "maquinas", None) and not opcoes.sem_isolamento:
        return None
    isolamento = caixa.NENHUM if opcoes.sem_isolamento else caixa.disponivel()
    if isolamento in caixa.AVISO and not opcoes.sem_isolamento:
        queixar(caixa.AVISO[isolamento])
    return isolamento


def _interrompido(barra, e_agora="não há nota"):
    barra(0, 0, "")  # limpa a linha
    queixar(f"interrompido antes do fim: {e_agora}")
    return INTERROMPIDO


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
