"""O relatório de uma avaliação: a nota em cada régua, em texto, para o terminal, e em HTML, para o notebook."""

import html
import json
import re
from collections import Counter
from dataclasses import dataclass, field

from parimpar.folha import ESTILO, cor
from parimpar.texto import contar, visivel

from .caixa import DESCRICAO
from .veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, NAO_SE_APLICA, OK, TOLERADO, numa_linha

_CORES = {OK: "certo", TOLERADO: "tolerado", FALHOU: "erro", NAO_SE_APLICA: "rede", NAO_DEU: "rede"}
REPETIDOS = 4  # casos com a mesma explicação: daí em diante uma entrada conta todos
MINIMO = 0.5  # da régua: se menos casos que isso se aplicam ao programa, não se dá nota
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
    isolamento: o da caixa em que o programa executou (caixa.py); None se não se escolheu nenhum.
    """

    alvo: str
    comando: tuple
    perfil: tuple
    vereditos: tuple
    segundos: float = field(default=0.0, compare=False)
    parcial: bool = False
    semente: int | None = None
    isolamento: str | None = None

    def _da(self, regua, *situacoes):
        return [v for v in self.vereditos if v.regua == regua and v.situacao in situacoes]

    def placar(self, regua):
        """(quanto passou, quantos valem) numa régua; "não se aplica" e "não deu para julgar" não valem."""
        passaram = sum(v.vale for v in self._da(regua, OK, TOLERADO))
        return passaram, len(self._da(regua, OK, TOLERADO, FALHOU))

    def intervalo(self, regua):
        """(a menor nota possível, a maior): as duas só diferem se algum caso não deu para julgar; None se nenhum vale."""
        passaram, valem = self.placar(regua)
        duvidas = len(self._da(regua, NAO_DEU))
        if not valem + duvidas or self._poucos(regua):
            return None
        return tuple(round(10 * quantos / (valem + duvidas), 1) for quantos in (passaram, passaram + duvidas))

    def _poucos(self, regua):
        """Quase nenhum caso da régua se aplica a este programa: uma nota de tão poucos enganaria."""
        todos = [v for v in self.vereditos if v.regua == regua]
        return sum(v.situacao != NAO_SE_APLICA for v in todos) < MINIMO * len(todos)

    def nota(self, regua):
        """De 0 a 10, com uma casa; None se ficou em dúvida, ou se os casos que se aplicam não dão uma nota."""
        minimo, maximo = self.intervalo(regua) or (None, ...)
        return minimo if minimo == maximo else None

    def nota_escrita(self, regua):
        """A nota como se lê: "8,2", "entre 6,9 e 8,2", "4 de 4" se poucos casos se aplicam, "–" se nenhum."""
        if intervalo := self.intervalo(regua):
            minimo, maximo = (f"{nota:.1f}".replace(".", ",") for nota in intervalo)
            return minimo if minimo == maximo else f"entre {minimo} e {maximo}"
        passaram, valem = self.placar(regua)
        return f"{_numero(passaram)} de {valem}" if valem else "–"

    @property
    def indeciso(self):
        """Nada do que decide se viu falhar, mas algum caso não deu para julgar?"""
        regua = self._que_decide()
        return not self._da(regua, FALHOU) and bool(self._da(regua, NAO_DEU))

    @property
    def aprovado(self):
        """Cumpre o enunciado inteiro? Se só se examinou a especificação, o que se examinou dela."""
        regua = self._que_decide()
        return bool(self._da(regua, OK, TOLERADO)) and not self._da(regua, FALHOU, NAO_DEU)

    def _que_decide(self):
        return ENUNCIADO if any(v.regua == ENUNCIADO for v in self.vereditos) else ESPECIFICACAO

    def __str__(self):
        return em_texto(self)

    __repr__ = __str__

    def _repr_html_(self):
        return em_html(self)

    def como_dado(self):
        """Um dicionário que vira JSON."""
        reguas = (ENUNCIADO, ESPECIFICACAO)
        return {
            "alvo": self.alvo,
            "comando": list(self.comando),
            "perfil": list(self.perfil),
            "aprovado": self.aprovado,
            "notas": {regua: self.nota(regua) for regua in reguas}
            | {
                nome: {regua: (self.intervalo(regua) or (None, None))[i] for regua in reguas}
                for i, nome in enumerate(("minimo", "maximo"))
            },
            "parcial": self.parcial,
            "semente": self.semente,
            "isolamento": self.isolamento,
            "segundos": round(self.segundos, 1),
            "vereditos": [v.como_dado() for v in self.vereditos],
        }


def em_texto(avaliacao):
    """O relatório inteiro, em linhas que cabem num terminal; nada do que veio do programa abre uma linha, nem a comanda."""
    linhas = [f"Avaliação do {avaliacao.alvo}: {comando_escrito(avaliacao.comando)}"]
    linhas += [f"  {numa_linha(frase)}" for frase in avaliacao.perfil]
    if avaliacao.semente is not None:
        linhas.append(
            f"  números sorteados com a semente {avaliacao.semente} (--semente {avaliacao.semente} repete o exame)"
        )
    linhas += [f"  {DESCRICAO[avaliacao.isolamento]}"] if avaliacao.isolamento else []
    for regua, titulo in _reguas(avaliacao).items():
        linhas += ["", titulo]
        for marca, primeira, *resto in _entradas(avaliacao, regua):
            linhas += [f"  {marca.marca} {primeira}", *(f"  {linha}" for linha in resto)]
    return "\n".join([*linhas, "", *_notas(avaliacao)])


def em_json(avaliacao):
    """O JSON público, em que se leem os acentos, e o que um terminal obedeceria vai como um código de JSON."""
    texto = json.dumps(avaliacao.como_dado(), ensure_ascii=False, indent=2)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in texto)


def comando_escrito(comando):
    """O comando como se lê, sem as pastas: um nome de arquivo não pode escrever no relatório."""
    partes = [visivel(re.split(r"[/\\]", parte)[-1], 60) for parte in comando]
    return " ".join(parte if " " in parte or "\\" in parte else parte[1:-1] for parte in partes)


def _entradas(avaliacao, regua):
    """(situação, linhas…) de cada veredito; os que têm todos a mesma explicação, numa entrada só."""
    vereditos = [v for v in avaliacao.vereditos if v.regua == regua]
    iguais = Counter(_motivo(v) for v in vereditos if v.situacao in (NAO_DEU, FALHOU, NAO_SE_APLICA))
    for v in vereditos:
        quantos = iguais[_motivo(v)]
        if quantos < REPETIDOS:
            yield v.situacao, *str(v).splitlines()
        elif v.situacao in (NAO_DEU, FALHOU, NAO_SE_APLICA):
            primeiro = next(x for x in vereditos if _motivo(x) == _motivo(v))
            if v is primeiro:
                nomes = ", ".join(x.caso for x in vereditos if _motivo(x) == _motivo(v))
                causa = [f"    Causa e cura: {numa_linha(v.causa)}"] if v.causa and v.situacao != NAO_SE_APLICA else []
                yield (
                    v.situacao,
                    f"[{v.situacao.rotulo}] {quantos} casos ({nomes})",
                    f"    {numa_linha(v.explicacao)}",
                    *causa,
                )


def _motivo(veredito):
    return veredito.situacao, veredito.explicacao, veredito.causa


def _numero(quanto):
    return f"{quanto:g}".replace(".", ",")


def _notas(avaliacao):
    for regua in _reguas(avaliacao):
        passaram, valem = avaliacao.placar(regua)
        duvidas = sum(v.regua == regua and v.situacao == NAO_DEU for v in avaliacao.vereditos)
        intervalo, todos = avaliacao.intervalo(regua), sum(v.regua == regua for v in avaliacao.vereditos)
        de_quantos = f"{_numero(passaram)} de {valem}"
        if intervalo is None:
            nada = f"{regua}: {de_quantos}; dos {todos} casos, só esses se aplicam, e não dão uma nota"
            yield nada if valem else f"{regua}: nada pôde ser julgado"
        elif duvidas:
            nota = f"nota {avaliacao.nota_escrita(regua)}" if valem else "sem nota"
            yield f"{regua}: {de_quantos}, {nota}: {contar(duvidas, 'caso não pôde ser julgado', 'casos não puderam ser julgados')}"
        else:
            yield f"{regua}: {de_quantos}, nota {avaliacao.nota_escrita(regua)}"
    if ENUNCIADO not in _reguas(avaliacao):
        return
    if avaliacao.aprovado:
        yield "Passou no que se examinou do enunciado." if avaliacao.parcial else "Cumpre o enunciado."
    elif avaliacao.indeciso:
        algum = any(avaliacao.placar(ENUNCIADO))
        yield (
            "Cumpre o que se pôde julgar do enunciado; falta julgar o resto."
            if algum
            else "Não deu para julgar: não é uma nota."
        )
    else:
        yield "Ainda não cumpre o enunciado: veja os ✗ da primeira parte."


def _reguas(avaliacao):
    """As réguas que se usaram, e os seus títulos."""
    return {r: titulo for r, titulo in TITULOS.items() if any(v.regua == r for v in avaliacao.vereditos)}


def em_html(avaliacao):
    """O relatório para o notebook; tudo o que veio do programa é escapado."""
    frases = [*avaliacao.perfil, *([DESCRICAO[avaliacao.isolamento]] if avaliacao.isolamento else [])]
    notas = "<br>".join(html.escape(linha) for linha in _notas(avaliacao))  # no alto: o resto pode encher a tela
    partes = [f"<p><b>{notas}</b></p>", f"<p>{html.escape('. '.join(_maiuscula(numa_linha(f)) for f in frases))}.</p>"]
    for regua, titulo in _reguas(avaliacao).items():
        itens = "".join(_item(*entrada) for entrada in _entradas(avaliacao, regua))
        partes.append(f'<p style="margin:8px 0 2px;font-weight:700">{html.escape(titulo)}</p>{itens}')
    return f'{ESTILO}<div style="line-height:1.45">{"".join(partes)}</div>'


def _item(situacao, cabeca, *resto):
    marca = f'<b style="color:{cor(_CORES[situacao])}">{situacao.marca}</b> {html.escape(cabeca)}'
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
