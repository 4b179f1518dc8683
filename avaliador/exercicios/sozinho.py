"""O processo à parte em que a resposta do aluno é executada; quem o inicia é exercicio.py.

Lê pedido.json da pasta dada e deixa nela resultado.json, com o segredo que recebeu pelo teclado antes de executar a
resposta: um resultado que ela mesma escreva não o tem.
"""

import importlib
import ipaddress
import json
import linecache
import os
import pathlib
import random
import selectors
import socket
import string
import struct
import sys
import threading
import time

from .aluno import ARQUIVO, Aluno, resumir, vigiar
from .resultado import CERTO, Resultado

BIBLIOTECAS = (ipaddress, random, selectors, socket, string, struct, threading, time)


def main():
    """Executa a resposta, prova-a e grava o resultado."""
    pasta, segredo = pathlib.Path(sys.argv[1]), sys.stdin.read()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # quem voltasse ao começo do teclado o leria
    pedido = json.loads((pasta / "pedido.json").read_text(encoding="utf-8"))
    vigiar()
    resultado = provar(**pedido)
    temporario = pasta / "resultado.tmp"
    temporario.write_text(json.dumps(_dados(resultado) | {"segredo": segredo}), encoding="utf-8")
    temporario.replace(pasta / "resultado.json")
    sys.stdout.flush()
    os._exit(0)  # uma thread do aluno pode estar parada para sempre


def provar(aula, exercicio, funcao, codigo, linha):
    """O `Resultado` da resposta."""
    linhas = [""] * (linha - 1) + codigo.splitlines()
    linecache.cache[ARQUIVO] = (len(codigo), None, [x + "\n" for x in linhas], ARQUIVO)
    espaco = {"__name__": "resposta", **{b.__name__: b for b in BIBLIOTECAS}}
    try:
        exec(compile("\n" * (linha - 1) + codigo, ARQUIVO, "exec"), espaco)
    except Exception as erro:
        return resumir(erro, linhas)
    escolhido = getattr(importlib.import_module(f"avaliador.exercicios.{aula}"), exercicio)
    try:
        escolhido.provar(Aluno(espaco[funcao], linhas))
    except Exception as fim:
        if not hasattr(fim, "resultado"):
            raise
        return fim.resultado
    return Resultado(CERTO, "a resposta passou em todas as provas")


def _dados(resultado):
    return {"situacao": resultado.situacao, "mensagem": resultado.mensagem, "detalhe": resultado.detalhe}
