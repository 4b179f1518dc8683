"""Um exercício: confere a resposta num processo à parte, dá dicas aos poucos e mostra a solução."""

import ast
import dataclasses
import inspect
import json
import pathlib
import secrets
import sys
import tempfile
import textwrap

from parimpar.erros import ErroDeUso
from parimpar.texto import visivel

from ..processo import Programa
from .resultado import CERTO, NAO_TENTADO, PARADO, QUEBROU, Resultado, Texto, ler_resultado

PRAZO = 30.0  # segundos para o processo inteiro; cada espera dentro dele tem um prazo menor
RAIZ = str(pathlib.Path(__file__).parents[2])
CRIANCA = f"import sys; sys.path.insert(0, {RAIZ!r}); from avaliador.exercicios import sozinho; sozinho.main()"
TELA = 2000  # caracteres do que a resposta imprime


class Exercicio:
    """Um exercício de uma aula.

    Args:
        provar: função de um `Aluno`; levanta `Errou` se a resposta está errada. O nome dela é o do exercício
            e o da função que se pede, e o módulo dela é o da aula.
        dicas: da mais vaga à mais precisa.
        solucao: o código de uma resposta certa.
    """

    def __init__(self, provar, dicas, solucao):
        self.provar, self.dicas = provar, tuple(dicas)
        self.nome, self.aula = provar.__name__, provar.__module__.rpartition(".")[2]
        self.codigo = textwrap.dedent(solucao).strip()
        self._mostradas = 0

    def conferir(self, resposta):
        """Executa a resposta num processo à parte, com prazo, e diz como foi.

        Args:
            resposta: a função que você escreveu; ela tem de bastar a si mesma.

        Returns:
            Um `Resultado`.

        Raises:
            ErroDeUso: não é uma função feita com def.
        """
        codigo, linha = codigo_de(resposta)
        if intocado(codigo):
            return Resultado(NAO_TENTADO, f"escreva {self.nome} no lugar dos três pontos e execute a célula de novo")
        segredo = secrets.token_hex()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as pasta:
            pedido = {"aula": self.aula, "exercicio": self.nome, "funcao": resposta.__name__}
            pedido |= {"codigo": codigo, "linha": linha}
            (pathlib.Path(pasta) / "pedido.json").write_text(json.dumps(pedido), encoding="utf-8")
            with Programa([sys.executable, "-X", "utf8", "-c", CRIANCA, pasta], pasta, segredo) as crianca:
                terminou = crianca.terminou(PRAZO)
                tela, ultima, codigo_de_saida = crianca.saida, crianca.ultima_linha(), crianca.codigo
            tela = "\n".join(visivel(x, 200, aspas=False) for x in tela[:TELA].splitlines())
            resultado = ler_resultado(pathlib.Path(pasta) / "resultado.json", segredo)
        if resultado is None:
            if not terminou:
                return Resultado(PARADO, f"a função ainda estava em execução depois de {PRAZO:g} s", tela=tela)
            mensagem = crianca.excesso or f"o processo terminou no meio (código {codigo_de_saida}): {ultima}"
            return Resultado(QUEBROU, visivel(mensagem, 300, aspas=False))
        return resultado if resultado.situacao == CERTO else dataclasses.replace(resultado, tela=tela)

    def dica(self):
        """A próxima dica; depois da última, ela de novo."""
        self._mostradas = min(self._mostradas + 1, len(self.dicas))
        return Texto(f"Dica {self._mostradas} de {len(self.dicas)}: {self.dicas[self._mostradas - 1]}")

    def solucao(self):
        """Uma resposta certa; há outras."""
        return Texto("Uma solução (há outras):", self.codigo)

    def __repr__(self):
        return f"<exercício {self.nome}, da {self.aula}: conferir({self.nome}), dica(), solucao()>"


def exercicio(dicas, solucao):
    """Decorador: a função que prova a resposta vira um `Exercicio`."""
    return lambda provar: Exercicio(provar, dicas, solucao)


def codigo_de(resposta):
    """O código de uma função, sem o recuo, e a linha da célula em que ela começa.

    Raises:
        ErroDeUso: não é uma função feita com def, ou o código dela não está disponível.
    """
    if not inspect.isfunction(resposta) or resposta.__name__ == "<lambda>":
        raise ErroDeUso(f"esperava uma função feita com def, e veio {visivel(repr(resposta), 60, aspas=False)}")
    try:
        linhas, linha = inspect.getsourcelines(resposta)
    except OSError as erro:
        raise ErroDeUso(f"não achei o código de {resposta.__name__}: defina a função numa célula do notebook") from erro
    return textwrap.dedent("".join(linhas)), linha


def intocado(codigo):
    """A função ainda só tem os três pontos?"""
    corpo = ast.parse(codigo).body[0].body
    return all(
        isinstance(no, ast.Pass) or (isinstance(no, ast.Expr) and isinstance(no.value, ast.Constant)) for no in corpo
    )
