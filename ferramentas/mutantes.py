"""Estraga o núcleo de propósito, uma coisinha por vez, e vê se algum teste percebe.

    python -m ferramentas.mutantes udp cliente            40 mutantes sorteados de cada arquivo
    python -m ferramentas.mutantes motor --quantos 100 --semente 7 --linhas 100-200

Cada mutante é uma cópia do projeto em que um só ponto do arquivo mudou: uma comparação, uma constante, uma chamada a
menos… Se todos os testes do arquivo passam, o mutante sobreviveu: falta um teste, ou a mudança não faz diferença
que se possa observar. O sorteio tem semente: o mesmo comando estraga sempre os mesmos pontos.
"""

import argparse
import ast
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

RAIZ = pathlib.Path(__file__).parent.parent
PRAZO = 180  # segundos: quem trava os testes também foi percebido
TESTES = {
    "protocolo": ["protocolo"],
    "diario": ["diario"],
    "kernel": ["kernel"],
    "seletor": ["seletor", "servidor"],
    "motor": ["servidor", "interoperabilidade"],
    "servidor": ["servidor", "udp"],
    "cliente": ["cliente"],
    "udp": ["udp"],
}
TROCAS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


def trocar(no):
    """(o que é, como fazer) de cada mudança possível neste nó da árvore."""

    def mudar(campo, valor):
        return lambda no: setattr(no, campo, valor)

    if isinstance(no, ast.Compare) and type(no.ops[0]) in TROCAS:
        yield "outra comparação", mudar("ops", [TROCAS[type(no.ops[0])](), *no.ops[1:]])
    elif isinstance(no, (ast.BoolOp, ast.BinOp, ast.AugAssign)) and type(no.op) in TROCAS:
        yield "outra operação", mudar("op", TROCAS[type(no.op)]())
    elif isinstance(no, (ast.If, ast.While, ast.IfExp)):
        yield "condição ao contrário", mudar("test", ast.UnaryOp(ast.Not(), no.test))
    elif isinstance(no, ast.Return) and no.value is not None:
        yield "devolve None", mudar("value", ast.Constant(None))
    elif isinstance(no, ast.Constant) and isinstance(no.value, bool):
        yield "o outro booleano", mudar("value", not no.value)
    elif isinstance(no, ast.Constant) and isinstance(no.value, (int, float)):
        yield "um a mais", mudar("value", no.value + 1)
    elif isinstance(no, ast.Constant) and isinstance(no.value, (str, bytes)) and no.value:
        yield "outro texto", mudar("value", no.value[:0] + no.value[1:])
    elif isinstance(no, ast.Call) and no.keywords and no.keywords[-1].arg:
        yield f"sem {no.keywords[-1].arg}=", mudar("keywords", no.keywords[:-1])


def sem(no):
    """A instrução pode dar lugar a um `pass`? As que só dão nome a algo, não: o erro seria óbvio."""
    chamada = isinstance(no, ast.Expr) and isinstance(no.value, (ast.Call, ast.Yield))
    guarda = isinstance(no, ast.Assign) and all(isinstance(alvo, ast.Attribute) for alvo in no.targets)
    return chamada or guarda or isinstance(no, (ast.Break, ast.Continue, ast.Delete, ast.Raise))


def mutantes(fonte):
    """[(linha, o que mudou, a fonte mudada)] de todos os pontos do arquivo."""
    arvore, feitos = ast.parse(fonte), []
    documentacao = {
        id(no.body[0].value)
        for no in ast.walk(arvore)
        if isinstance(no, (ast.Module, ast.ClassDef, ast.FunctionDef)) and isinstance(no.body[0], ast.Expr)
    }
    # Os números e textos que se decidem no topo do arquivo são escolhas, e as anotações não se executam.
    escolhas = [no.value for no in arvore.body if isinstance(no, ast.Assign)]
    anotacoes = [no.annotation for no in ast.walk(arvore) if isinstance(no, ast.AnnAssign)]
    fora = documentacao | {id(dentro) for no in escolhas + anotacoes for dentro in ast.walk(no)}

    def fazer(indice, acao):
        copia = ast.parse(fonte)
        acao(list(ast.walk(copia))[indice])
        return ast.unparse(ast.fix_missing_locations(copia))

    for indice, no in enumerate(ast.walk(arvore)):
        if id(no) in fora:
            continue
        for o_que, acao in trocar(no):
            feitos.append((no.lineno, o_que, fazer(indice, acao)))
        for campo in ("body", "orelse", "finalbody"):
            filhos = getattr(no, campo, None)
            for i, filho in enumerate(filhos if isinstance(filhos, list) else []):  # o corpo de um lambda não é lista
                if sem(filho):
                    tirar = lambda no, campo=campo, i=i: getattr(no, campo).__setitem__(i, ast.Pass())  # noqa: E731
                    feitos.append((filho.lineno, "sem a instrução", fazer(indice, tirar)))
    return sorted(feitos, key=lambda feito: feito[0])


def percebido(pasta, testes):
    """Algum teste falhou, ou não terminou, com o projeto desta pasta?"""
    # Sem os plugins, que demoram a carregar e que os testes do núcleo não usam.
    comando = [sys.executable, "-m", "pytest", "-q", "-x", "-o", "addopts=", "-p", "no:cacheprovider", *testes]
    ambiente = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with subprocess.Popen(
        comando, cwd=pasta, env=ambiente, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as processo:
        try:
            return processo.wait(PRAZO) != 0
        except subprocess.TimeoutExpired:
            os.killpg(processo.pid, 9)
            return True


def main():
    analisador = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    analisador.add_argument("arquivos", nargs="+", choices=TESTES, metavar="ARQUIVO", help=", ".join(TESTES))
    analisador.add_argument("--quantos", type=int, default=40, help="quantos sortear de cada um (padrão: %(default)s)")
    analisador.add_argument("--semente", type=int, default=1, help="do sorteio (padrão: %(default)s)")
    analisador.add_argument("--linhas", default="1-100000", help="só os pontos destas linhas, como 100-200")
    opcoes = analisador.parse_args()
    primeira, ultima = map(int, opcoes.linhas.split("-"))
    with tempfile.TemporaryDirectory() as pasta:
        pasta = pathlib.Path(pasta) / "projeto"
        shutil.copytree(RAIZ, pasta, ignore=shutil.ignore_patterns(".*", "notebooks", "capturas", "__pycache__"))
        for nome in opcoes.arquivos:
            arquivo, testes = pasta / f"parimpar/{nome}.py", [f"tests/test_{teste}.py" for teste in TESTES[nome]]
            fonte = arquivo.read_text("utf-8")
            if percebido(pasta, testes):
                sys.exit(f"{nome}: os testes já falham sem mudar nada")
            todos = [feito for feito in mutantes(fonte) if primeira <= feito[0] <= ultima]
            escolhidos = random.Random(opcoes.semente).sample(todos, min(opcoes.quantos, len(todos)))
            percebidos = 0
            for linha, o_que, mudada in sorted(escolhidos):
                arquivo.write_text(mudada, "utf-8")
                if percebido(pasta, testes):
                    percebidos += 1
                    continue
                print(f"{nome}.py:{linha}: {o_que}: ninguém percebeu\n    {fonte.splitlines()[linha - 1].strip()}")
                sys.stdout.flush()
            arquivo.write_text(fonte, "utf-8")
            print(
                f"{nome}: {percebidos} de {len(escolhidos)} percebidos (há {len(todos)} mutantes possíveis)", flush=True
            )


if __name__ == "__main__":
    main()
