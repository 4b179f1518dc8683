"""A turma numa tabela: para o terminal, e em CSV para a planilha."""

import csv
import io
import unicodedata

from parimpar.texto import visivel

from ..caixa import DESCRICAO
from ..veredito import ENUNCIADO, ESPECIFICACAO
from .resultado import ALVOS
from .semelhantes import semelhantes

REGUAS = (ENUNCIADO, ESPECIFICACAO)
COLUNAS = (
    "entrega", "identificador", "nota", "conferir", "avisos", "parecida_com",
    *(f"{alvo}{c}" for alvo in ALVOS for c in ("", "_enunciado", "_especificacao", "_falhas", "_porque", "_rivais")),
    "isolamento",
)  # fmt: skip
LARGURA = 100  # colunas do terminal
DO_NOME = 24  # delas, as do nome


def linhas(resultados):
    """Uma lista de textos por entrega, na ordem de `COLUNAS`."""
    feitas = []
    for r, iguais in zip(resultados, semelhantes(resultados), strict=True):
        celulas = [
            visivel(r.entrega, 260, aspas=False), r.identificador,
            "" if r.nota is None else f"{r.nota:.2f}".replace(".", ","), "sim" if r.conferir else "",
            "; ".join(visivel(aviso, 300, aspas=False) for aviso in r.ditos),
            alguns(iguais),
        ]  # fmt: skip
        for alvo in ALVOS:
            j = r.avaliacoes.get(alvo)
            if j is None:
                celulas += ["", "–", "–", "", "", ""]
                continue
            celulas += [visivel(j.arquivo, 260, aspas=False), *(j.nota_escrita(regua) for regua in REGUAS)]
            celulas += [
                visivel(texto, 300, aspas=False) for texto in (", ".join(j.falhas()), j.porque, ", ".join(j.rivais))
            ]
        feitas.append([*celulas, ", ".join(isolamentos([r]))])
    return feitas


def isolamentos(resultados):
    """Os isolamentos com que se executou algum programa."""
    return sorted({j.dado.get("isolamento") or "" for r in resultados for j in r.avaliacoes.values()} - {""})


def alguns(nomes, quantos=10):
    """Os primeiros nomes, e quantos mais há."""
    escritos = [visivel(nome, 60, aspas=False) for nome in nomes[:quantos]]
    return ", ".join([*escritos, *([f"e mais {len(nomes) - quantos}"] if len(nomes) > quantos else [])])


def em_csv(resultados):
    """Com ponto e vírgula e vírgula decimal, como as planilhas em português a esperam; e nada que elas executem."""
    saida = io.StringIO()
    escritor = csv.writer(saida, delimiter=";", lineterminator="\n")
    escritor.writerow(COLUNAS)
    escritor.writerows([inofensivo(celula) for celula in linha] for linha in linhas(resultados))
    return saida.getvalue()


def inofensivo(celula):
    """Uma planilha executa o que começa com = + - @: o texto do aluno não pode começar assim."""
    return "'" + celula if celula.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")) else celula


def em_texto(resultados):
    """Para o terminal: cabe em 100 colunas."""
    cabecas = ("entrega", "servidor", "espec.", "cliente", "espec.", "nota", "o que falhou no enunciado, e avisos")
    tabela = [cabecas, *((visivel(r.entrega, 260, aspas=False), *notas(r), resumo(r)) for r in resultados)]
    tabela = [(_ate(nome, DO_NOME), *resto) for nome, *resto in tabela]
    larguras = [max(map(_colunas, coluna)) for coluna in zip(*tabela, strict=True)][:-1]
    feitas = []
    for *celulas, fim in tabela:
        cheias = [c + " " * (n - _colunas(c)) for c, n in zip(celulas, larguras, strict=True)]
        feitas.append(_ate("  ".join([*cheias, fim]).rstrip(), LARGURA))
    return "\n".join([*feitas, *(f"Programas: {DESCRICAO[nome]}" for nome in isolamentos(resultados))])


def _colunas(texto):
    """Quantas colunas do terminal o texto ocupa: os ideogramas ocupam duas; um acento solto, nenhuma."""
    return sum((unicodedata.east_asian_width(c) in "WF") + (not unicodedata.combining(c)) for c in texto)


def _ate(texto, colunas):
    """O texto, cortado se não cabe."""
    if _colunas(texto) <= colunas:
        return texto
    while _colunas(texto) >= colunas:
        texto = texto[:-1]
    return texto + "…"


def notas(resultado):
    """As quatro notas, e a da entrega, como se escrevem."""
    julgados = [resultado.avaliacoes.get(alvo) for alvo in ALVOS]
    escritas = [j.nota_escrita(regua) if j else "–" for j in julgados for regua in REGUAS]
    return [*escritas, "conferir" if resultado.nota is None else f"{resultado.nota:.1f}".replace(".", ",")]


def resumo(resultado):
    """O que falhou no enunciado, os avisos, e os outros arquivos que podiam ser, numa linha."""
    partes = []
    for alvo, j in resultado.avaliacoes.items():
        falhas = j.falhas((ENUNCIADO,))
        partes += [visivel(f"{alvo}: {', '.join(falhas)}", 120, aspas=False)] if falhas else []
    partes += [visivel(aviso, 100, aspas=False) for aviso in resultado.ditos]
    rivais = sorted({rival for j in resultado.avaliacoes.values() for rival in j.rivais})
    return "; ".join([*partes, *([f"havia também {alguns(rivais)}"] if rivais else [])])
