"""O relatório de uma avaliação: em texto, para o terminal, e em HTML, para o notebook."""

import html
import sys
from collections import Counter

from .veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, NAO_SE_APLICA, OK, TOLERADO

MARCAS = {OK: "✓", TOLERADO: "~", FALHOU: "✗", NAO_SE_APLICA: "·", NAO_DEU: "?"}
_CORES = {OK: "#00664b", TOLERADO: "#7a5200", FALHOU: "#B3261E", NAO_SE_APLICA: "#555", NAO_DEU: "#555"}
REPETIDOS = 4  # casos não julgados pelo mesmo motivo: daí em diante uma linha conta todos
TITULOS = {
    ENUNCIADO: "O enunciado: o que o texto do trabalho pede",
    ESPECIFICACAO: "A especificação: o que o uso de verdade cobra",
}


def em_texto(avaliacao):
    """O relatório inteiro, em linhas que cabem num terminal."""
    linhas = [f"Avaliação do {avaliacao.alvo}: {' '.join(avaliacao.comando)}"]
    linhas += [f"  {frase}" for frase in avaliacao.perfil]
    for regua, titulo in _reguas(avaliacao).items():
        linhas += ["", titulo]
        for marca, primeira, *resto in _entradas(avaliacao, regua):
            linhas += [f"  {MARCAS[marca]} {primeira}", *(f"  {linha}" for linha in resto)]
    return "\n".join([*linhas, "", *_notas(avaliacao)])


def _entradas(avaliacao, regua):
    """(situação, linhas…) de cada veredito; os que não se julgaram, todos pelo mesmo motivo, numa só."""
    vereditos = [v for v in avaliacao.vereditos if v.regua == regua]
    motivos = Counter(v.explicacao for v in vereditos if v.situacao == NAO_DEU)
    for v in vereditos:
        if v.situacao != NAO_DEU or motivos[v.explicacao] < REPETIDOS:
            yield v.situacao, *str(v).splitlines()
    for motivo, quantos in motivos.items():
        if quantos >= REPETIDOS:
            yield NAO_DEU, f"[{NAO_DEU}] {quantos} casos: {motivo}"


def _notas(avaliacao):
    for regua in _reguas(avaliacao):
        passaram, valem = avaliacao.placar(regua)
        nota = avaliacao.nota(regua)
        if nota is None:
            yield f"{regua}: nada pôde ser julgado"
        else:
            yield f"{regua}: {passaram} de {valem}, nota {nota:.1f}".replace(".", ",")
    if ENUNCIADO not in _reguas(avaliacao):
        return
    duvida = any(v.regua == ENUNCIADO and v.situacao == NAO_DEU for v in avaliacao.vereditos)
    sim = "Cumpre o que se pôde julgar do enunciado." if duvida else "Cumpre o enunciado."
    sim = "Passou no que se examinou do enunciado." if avaliacao.parcial else sim
    yield sim if avaliacao.aprovado else "Ainda não cumpre o enunciado: veja os ✗ da primeira parte."


def _reguas(avaliacao):
    """As réguas que se usaram, e os seus títulos."""
    return {r: titulo for r, titulo in TITULOS.items() if any(v.regua == r for v in avaliacao.vereditos)}


def em_html(avaliacao):
    """O relatório para o notebook; tudo o que veio do programa é escapado."""
    partes = [f"<p>{html.escape('. '.join(_maiuscula(f) for f in avaliacao.perfil))}.</p>"]
    for regua, titulo in _reguas(avaliacao).items():
        itens = "".join(_item(*entrada) for entrada in _entradas(avaliacao, regua))
        partes.append(f'<h4 style="margin:8px 0 2px">{html.escape(titulo)}</h4>{itens}')
    notas = "<br>".join(html.escape(linha) for linha in _notas(avaliacao))
    return f'<div style="line-height:1.45">{"".join(partes)}<p><b>{notas}</b></p></div>'


def _item(situacao, cabeca, *resto):
    marca = f'<b style="color:{_CORES[situacao]}">{MARCAS[situacao]}</b> {html.escape(cabeca)}'
    if not resto:
        return f'<div style="margin-left:1.2em">{marca}</div>'
    corpo = html.escape("\n".join(linha.removeprefix("    ") for linha in resto))
    aberto = " open" if situacao == FALHOU else ""
    return (
        f'<details{aberto} style="margin-left:1.2em"><summary>{marca}</summary><pre style="margin:2px 0 6px 1.6em;'
        f'white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere">{corpo}</pre></details>'
    )


def _maiuscula(frase):
    return frase[:1].upper() + frase[1:]


class Barra:
    """Uma barra de progresso no terminal; fora dele (num arquivo, num teste) não escreve nada."""

    LARGURA = 24  # caracteres

    def __init__(self, saida=sys.stderr):
        self._saida = saida if saida.isatty() else None

    def __call__(self, feitos, total, titulo):
        """Redesenha a barra; serve de `progresso` para um exame."""
        if self._saida is None:
            return
        cheios = self.LARGURA * feitos // total if total else self.LARGURA
        linha = f"[{'#' * cheios}{'.' * (self.LARGURA - cheios)}] {feitos}/{total} {titulo[:44]}"
        self._saida.write(f"\r{linha:<90}" if feitos < total else f"\r{'':<90}\r")
        self._saida.flush()
