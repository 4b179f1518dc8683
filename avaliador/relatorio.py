"""O relatório de uma avaliação: a nota em cada régua, em texto, para o terminal, e em HTML, para o notebook."""

import html
from collections import Counter
from dataclasses import dataclass, field

from .veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, NAO_SE_APLICA, OK, TOLERADO

_CORES = {OK: "#00664b", TOLERADO: "#7a5200", FALHOU: "#B3261E", NAO_SE_APLICA: "#555", NAO_DEU: "#555"}
REPETIDOS = 4  # casos não julgados pelo mesmo motivo: daí em diante uma linha conta todos
TITULOS = {
    ENUNCIADO: "O enunciado: o que o texto do trabalho pede",
    ESPECIFICACAO: "A especificação: o que o uso de verdade cobra",
}


@dataclass(frozen=True, repr=False)
class Avaliacao:
    """Todos os vereditos de um programa.

    alvo: "servidor" ou "cliente".
    comando: o que foi executado.
    perfil: o que se descobriu do programa, em frases: como quer o pedido, como responde, que tipo é.
    vereditos: na ordem dos casos.
    segundos: quanto levou.
    parcial: só se examinaram alguns casos?
    semente: a dos sorteios do exame; com ela, ele se repete.
    """

    alvo: str
    comando: tuple
    perfil: tuple
    vereditos: tuple
    segundos: float = field(default=0.0, compare=False)
    parcial: bool = False
    semente: int | None = None

    def placar(self, regua):
        """(quantos passaram, quantos valem) numa régua; "não se aplica" e "não deu para julgar" não valem."""
        valem = [v for v in self.vereditos if v.regua == regua and v.situacao in (OK, TOLERADO, FALHOU)]
        return sum(v.situacao != FALHOU for v in valem), len(valem)

    def nota(self, regua):
        """De 0 a 10, com uma casa; None se nada pôde ser julgado."""
        passaram, valem = self.placar(regua)
        return round(10 * passaram / valem, 1) if valem else None

    @property
    def aprovado(self):
        """Cumpre o enunciado inteiro? Se só se examinou a especificação, o que se examinou dela."""
        regua = ENUNCIADO if any(v.regua == ENUNCIADO for v in self.vereditos) else ESPECIFICACAO
        passaram, valem = self.placar(regua)
        return bool(valem) and passaram == valem

    def __str__(self):
        return em_texto(self)

    __repr__ = __str__

    def _repr_html_(self):
        return em_html(self)

    def como_dado(self):
        """Um dicionário que vira JSON."""
        return {
            "alvo": self.alvo,
            "comando": list(self.comando),
            "perfil": list(self.perfil),
            "aprovado": self.aprovado,
            "notas": {regua: self.nota(regua) for regua in (ENUNCIADO, ESPECIFICACAO)},
            "parcial": self.parcial,
            "semente": self.semente,
            "segundos": round(self.segundos, 1),
            "vereditos": [v.como_dado() for v in self.vereditos],
        }


def em_texto(avaliacao):
    """O relatório inteiro, em linhas que cabem num terminal."""
    linhas = [f"Avaliação do {avaliacao.alvo}: {' '.join(avaliacao.comando)}"]
    linhas += [f"  {frase}" for frase in avaliacao.perfil]
    if avaliacao.semente is not None:
        linhas.append(
            f"  números sorteados com a semente {avaliacao.semente}: --semente {avaliacao.semente} repete o exame"
        )
    for regua, titulo in _reguas(avaliacao).items():
        linhas += ["", titulo]
        for marca, primeira, *resto in _entradas(avaliacao, regua):
            linhas += [f"  {marca.marca} {primeira}", *(f"  {linha}" for linha in resto)]
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
    marca = f'<b style="color:{_CORES[situacao]}">{situacao.marca}</b> {html.escape(cabeca)}'
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
