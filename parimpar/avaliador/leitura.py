"""Como se lê o que um programa de aluno responde: o essencial primeiro, a grafia depois."""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Leitura:
    """Uma resposta lida.

    texto: sem espaços e quebras nas bordas.
    paridade: "PAR", "ÍMPAR", "as duas" ou None.
    exata: é exatamente o que a especificação manda, byte por byte?
    diferencas: o que difere da grafia do enunciado, em frases.
    """

    texto: str
    paridade: str | None
    exata: bool
    diferencas: tuple = ()


def ler(dados, em_linha=False):
    """Lê os bytes de uma resposta; nunca falha."""
    diferencas = []
    try:
        inteiro = dados.decode("utf-8")
    except UnicodeDecodeError:
        inteiro = dados.decode("latin-1")
        diferencas.append("não está em UTF-8")
    texto = inteiro.strip().strip("\"'").strip()
    palavras = re.findall(r"\b(?:IM)?PAR\b", _sem_acento(texto).upper())
    colada = re.fullmatch(r"(?:PAR|IMPAR){2,}", _sem_acento(texto).upper())
    if colada or len(set(palavras)) > 1:
        return Leitura(texto, "as duas", False, ("vêm as duas palavras",))
    paridade = {"PAR": "PAR", "IMPAR": "ÍMPAR"}.get(palavras[0]) if palavras else None
    exata = bool(paridade) and inteiro == paridade + ("\n" if em_linha else "") and not diferencas
    if paridade and not exata:
        if texto != inteiro.removesuffix("\n") and texto != inteiro:
            diferencas.append("há espaços ou aspas em volta")
        elif inteiro.endswith("\n") and not em_linha:
            diferencas.append("termina em \\n")
        elif em_linha and not inteiro.endswith("\n"):
            diferencas.append("não termina em \\n")
        if _sem_acento(texto).upper() != _sem_acento(paridade):
            diferencas.append("há outro texto em volta")
        else:
            if texto.upper() != texto:
                diferencas.append("não está em maiúsculas")
            if paridade == "ÍMPAR" and _sem_acento(texto) == texto:
                diferencas.append("falta o acento")
    return Leitura(texto, paridade, exata, tuple(diferencas))


def _sem_acento(texto):
    return "".join(c for c in unicodedata.normalize("NFD", texto) if not unicodedata.combining(c))
