"""Como se lê o que um programa de aluno responde: o essencial primeiro, a grafia depois."""

import pickletools
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


def decodificar(dados):
    """(texto, diferenças) dos bytes de uma mensagem: nunca falha, e tira o que não é do texto, dizendo o que era."""
    if len(dados) > 2 and int.from_bytes(dados[:2], "big") == len(dados) - 2:
        return decodificar(dados[2:])[0], ["vem precedida do tamanho, como no writeUTF do Java"]
    if dados[:5] == b"\xac\xed\0\x05t" and int.from_bytes(dados[5:7], "big") == len(dados) - 7:
        return decodificar(dados[7:])[0], ["é um objeto serializado do Java"]
    if dados[:1] == b"\x80" and dados[1:2] in b"\2\3\4\5" and (texto := _do_pickle(dados)) is not None:
        return texto, ["é um objeto serializado do Python (pickle)"]
    if dados[:2] in (b"\xff\xfe", b"\xfe\xff") and len(dados) % 2 == 0:
        return dados.decode("utf-16", "replace"), ["está em UTF-16"]
    for ordem, zeros in (("le", dados[1::2]), ("be", dados[::2])):
        if len(dados) >= 4 and len(dados) % 2 == 0 and not any(zeros):
            return dados.decode(f"utf-16-{ordem}", "replace"), ["está em UTF-16"]
    diferencas = []
    if dados.startswith(b"\xef\xbb\xbf"):
        dados = dados[3:]
        diferencas.append("começa com a marca do UTF-8 (BOM)")
    if dados.endswith(b"\0"):
        dados = dados.rstrip(b"\0")
        diferencas.append("termina no byte \\0, como uma string do C")
    try:
        return dados.decode("utf-8"), diferencas
    except UnicodeDecodeError:
        return dados.decode("latin-1"), [*diferencas, "não está em UTF-8"]


def _do_pickle(dados):
    """O texto, ou os bytes, de um pickle que só traz isso; None se traz outra coisa. Nada dele é executado."""
    try:
        valores = [valor for _, valor, _ in pickletools.genops(dados) if isinstance(valor, (str, bytes))]
    except Exception:  # bytes quaisquer, que só começam como um pickle
        return None
    return (valores[0] if isinstance(valores[0], str) else decodificar(valores[0])[0]) if len(valores) == 1 else None


def ler(dados, em_linha=False):
    """Lê os bytes de uma resposta; nunca falha."""
    inteiro, diferencas = decodificar(dados)
    texto = inteiro.strip().strip("\"'").strip()
    palavras = re.findall(r"\b(?:IM)?PAR\b", sem_acentos(texto).upper())
    colada = re.fullmatch(r"(?:PAR|IMPAR){2,}", sem_acentos(texto).upper())
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
        if sem_acentos(texto).upper() != sem_acentos(paridade):
            diferencas.append("há outro texto em volta")
        else:
            if texto.upper() != texto:
                diferencas.append("não está em maiúsculas")
            if paridade == "ÍMPAR" and sem_acentos(texto) == texto:
                diferencas.append("falta o acento")
    return Leitura(texto, paridade, exata, tuple(diferencas))


def sem_acentos(texto):
    """O texto sem os acentos das letras: "Érica" é "Erica"."""
    return "".join(c for c in unicodedata.normalize("NFD", texto) if not unicodedata.combining(c))


def palavras(tela):
    """As palavras PAR e ÍMPAR de um texto, mesmo com o Í trocado, coladas em FIM ou dentro de um b'…'."""
    achadas = re.findall(r"(.?)PAR(?=FIM|[^A-ZÀ-Ý]|$)", tela.upper())
    return ["ÍMPAR" if antes == "M" else "PAR" for antes in achadas if antes == "M" or not antes.isalpha()]


def mostrada(resposta, tela):
    """A tela traz esta resposta?"""
    if resposta in ("PAR", "ÍMPAR"):
        return resposta in palavras(tela)
    return resposta in tela


def devolvida(resposta, dados):
    """Como a resposta voltou: "exata", "tolerada", "sem FIM", "só FIM", "outra coisa", ou None se não voltou.

    O acento trocado não conta aqui: é de outro caso.
    """
    if not dados or resposta is None:
        return None
    texto = decodificar(dados)[0].strip()
    if re.fullmatch(re.escape(resposta) + " ?FIM", texto):
        return "exata"
    tem = mostrada(resposta, texto)
    if tem and re.search(r"FIM\W*$", texto, re.I):
        return "exata" if re.fullmatch(r"\S{0,3}MPAR ?FIM", texto) and resposta == "ÍMPAR" else "tolerada"
    if tem:
        return "sem FIM"
    return "só FIM" if re.fullmatch(r"\W*FIM\W*", texto, re.I) else "outra coisa"
