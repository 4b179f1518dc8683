"""A turma numa tabela: para o terminal, em CSV para a planilha, e em HTML para o notebook."""

import csv
import html
import io

from parimpar.folha import BORDA
from parimpar.texto import visivel

from ..caixa import DESCRICAO
from ..veredito import ENUNCIADO, ESPECIFICACAO
from .resultado import ALVOS
from .semelhantes import semelhantes

REGUAS = (ENUNCIADO, ESPECIFICACAO)
COLUNAS = (
    "entrega", "identificador", "nota", "conferir", "parecida_com",
    *(f"{alvo}{c}" for alvo in ALVOS for c in ("", "_enunciado", "_especificacao", "_falhas", "_rivais")),
    "isolamento",
)  # fmt: skip
LARGURA = 100  # colunas do terminal


def linhas(resultados):
    """Uma lista de textos por entrega, na ordem de `COLUNAS`."""
    iguais = semelhantes(resultados)
    feitas = []
    for r in resultados:
        celulas = [
            visivel(r.entrega, 200, aspas=False), r.identificador,
            "" if r.nota is None else f"{r.nota:.2f}".replace(".", ","), "sim" if r.conferir else "",
            ", ".join(visivel(nome, 60, aspas=False) for nome in iguais.get(r.entrega, ())),
        ]  # fmt: skip
        for alvo in ALVOS:
            j = r.avaliacoes.get(alvo)
            if j is None:
                aviso = r.avisos.get(alvo) or r.avisos.get("entrega", "")
                celulas += [visivel(aviso, 300, aspas=False), "–", "–", "", ""]
                continue
            celulas += [visivel(j.arquivo, 200, aspas=False) or j.porque, *(j.nota_escrita(regua) for regua in REGUAS)]
            celulas += [
                visivel(", ".join(j.falhas()), 300, aspas=False),
                visivel(", ".join(j.rivais), 300, aspas=False),
            ]
        feitas.append([*celulas, ", ".join(_isolamentos([r]))])
    return feitas


def _isolamentos(resultados):
    """Os isolamentos com que se executou algum programa."""
    return sorted({j.dado.get("isolamento") or "" for r in resultados for j in r.avaliacoes.values()} - {""})


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
    tabela = [cabecas]
    for r in resultados:
        notas = [
            r.avaliacoes[alvo].nota_escrita(regua) if alvo in r.avaliacoes else "–"
            for alvo in ALVOS
            for regua in REGUAS
        ]
        nota = "conferir" if r.nota is None else f"{r.nota:.1f}".replace(".", ",")
        tabela.append((visivel(r.entrega, 24, aspas=False), *notas, nota, resumo(r)))
    larguras = [max(map(len, coluna)) for coluna in zip(*tabela, strict=True)][:-1]
    feitas = []
    for *celulas, fim in tabela:
        linha = "  ".join([*(c.ljust(n) for c, n in zip(celulas, larguras, strict=True)), fim]).rstrip()
        feitas.append(linha if len(linha) <= LARGURA else linha[: LARGURA - 1] + "…")
    return "\n".join([*feitas, *(f"Programas: {DESCRICAO[nome]}" for nome in _isolamentos(resultados))])


def _notas(resultado):
    """As quatro notas, e a da entrega, como se escrevem."""
    julgados = [resultado.avaliacoes.get(alvo) for alvo in ALVOS]
    notas = [j.nota_escrita(regua) if j else "–" for j in julgados for regua in REGUAS]
    return [*notas, "conferir" if resultado.nota is None else f"{resultado.nota:.1f}".replace(".", ",")]


def resumo(resultado):
    """O que falhou no enunciado, e os avisos, numa linha."""
    partes = []
    for alvo, j in resultado.avaliacoes.items():
        falhas = j.falhas((ENUNCIADO,))
        partes += [visivel(f"{alvo}: {', '.join(falhas)}", 120, aspas=False)] if falhas else []
    partes += [visivel(aviso, 100, aspas=False) for aviso in resultado.avisos.values()]
    return "; ".join(partes)


def em_html(resultados):
    """Para o notebook: com os relatórios recolhidos; tudo o que veio dos alunos é escapado."""
    estilo = f'style="text-align:left;vertical-align:top;padding:2px 10px 2px 0;border-bottom:{BORDA}"'
    cabecas = ("entrega", *(f"{alvo}: {regua}" for alvo in ALVOS for regua in REGUAS), "nota", "falhas e avisos")
    partes = ["<tr>" + "".join(f'<th scope="col" {estilo}>{cabeca}</th>' for cabeca in cabecas) + "</tr>"]
    for r in resultados:
        notas = [
            r.avaliacoes[alvo].nota_escrita(regua) if alvo in r.avaliacoes else "–"
            for alvo in ALVOS
            for regua in REGUAS
        ]
        notas.append("conferir" if r.nota is None else f"{r.nota:.1f}".replace(".", ","))
        celulas = "".join(f"<td {estilo}>{html.escape(texto)}</td>" for texto in notas)
        inteiros = "".join(
            f"<details><summary>relatório do {alvo}</summary>{j.pagina}</details>" for alvo, j in r.avaliacoes.items()
        )
        partes.append(
            f'<tr><th scope="row" {estilo}>{html.escape(visivel(r.entrega, 80, aspas=False))}</th>{celulas}'
            f"<td {estilo}>{html.escape(resumo(r))}{inteiros}</td></tr>"
        )
    como = "".join(f". Programas: {html.escape(DESCRICAO[nome])}" for nome in _isolamentos(resultados))
    return f"<table><caption>A turma{como}</caption>{''.join(partes)}</table>"
