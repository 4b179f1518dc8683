"""O que o avaliador conclui: vereditos, com as provas, e a nota em cada régua.

Duas réguas, sempre separadas: `enunciado`, o que o texto do trabalho pede, e `especificação`, a
robustez que o docs/protocolo.md exige. Um programa certo pelo enunciado não é reprovado pelo que o
enunciado nunca disse.
"""

from dataclasses import asdict, dataclass, field

from ..diario import visivel

ENUNCIADO, ESPECIFICACAO = "enunciado", "especificação"
OK, TOLERADO, FALHOU = "OK", "tolerado", "falhou"
NAO_SE_APLICA, NAO_DEU = "não se aplica", "não deu para julgar"
SITUACOES = (OK, TOLERADO, FALHOU, NAO_SE_APLICA, NAO_DEU)


@dataclass(frozen=True)
class Passo:
    """Algo que passou entre o avaliador e o programa.

    instante: segundos desde o começo do caso.
    quem: "avaliador" ou "programa".
    o_que: "envia", "encerra o envio", "fecha", "reinicia a conexão (RST)", "não envia nada em 2 s"…
    dados: os bytes, se os há.
    """

    instante: float
    quem: str
    o_que: str
    dados: bytes = b""

    def __str__(self):
        bytes_ = f" {visivel(self.dados)} ({len(self.dados)} {'byte' if len(self.dados) == 1 else 'bytes'})"
        return f"{self.instante:6.2f} s  {self.quem} {self.o_que}{bytes_ if self.dados else ''}".replace(".", ",", 1)


@dataclass(frozen=True)
class Veredito:
    """O resultado de um caso.

    caso: o nome curto, sempre o mesmo.
    codigo: o requisito, como "PI-03".
    regua: `ENUNCIADO` ou `ESPECIFICACAO`.
    situacao: uma das `SITUACOES`.
    titulo: o que o caso verifica, em uma frase.
    explicacao: o que se viu, e por que o veredito é este.
    esperado, recebido: textos comparáveis, quando o caso compara bytes.
    causa: a causa mais comum e a cura, em uma frase.
    passos: o que passou pela rede.
    """

    caso: str
    codigo: str
    regua: str
    situacao: str
    titulo: str
    explicacao: str = ""
    esperado: str | None = None
    recebido: bytes | None = None
    causa: str = ""
    passos: tuple = field(default=(), compare=False)

    @property
    def comparacao(self):
        """Esperado e recebido, um sobre o outro, com uma marca no primeiro byte diferente."""
        return "" if self.esperado is None or self.recebido is None else comparar(self.esperado, self.recebido)

    def __str__(self):
        nome = "" if self.situacao == OK else f" ({self.caso})"  # com ele se pede o exame deste caso só
        linhas = [f"[{self.situacao}] {self.codigo}: {self.titulo}{nome}"]
        linhas += [self.explicacao] if self.explicacao else []
        if self.situacao in (FALHOU, TOLERADO, NAO_DEU):
            linhas += [str(passo) for passo in self.passos] + self.comparacao.splitlines()
            linhas += [f"Causa e cura: {self.causa}"] if self.causa else []
        return "\n    ".join(linhas)

    def como_dado(self):
        """Um dicionário que vira JSON."""
        dado = asdict(self) | {"passos": [str(p) for p in self.passos], "comparacao": self.comparacao}
        dado["recebido"] = None if self.recebido is None else visivel(self.recebido, 1000, aspas=False)
        return dado


def comparar(esperado, recebido):
    """Um texto e os bytes que vieram no lugar dele, um sobre o outro, com uma marca no primeiro byte diferente.

    Um `esperado` entre < e > só descreve o que se esperava, e não é comparado.
    """
    esperado = esperado.encode()
    diferente = next(
        (i for i, (a, b) in enumerate(zip(esperado, recebido, strict=False)) if a != b),
        min(len(esperado), len(recebido)),
    )
    antes = visivel(recebido[:diferente], aspas=False)
    linhas = [f"esperado: {visivel(esperado, aspas=False)}", f"recebido: {visivel(recebido, aspas=False)}"]
    if not recebido:
        return f"{linhas[0]}\nrecebido: (nada)"
    if esperado != recebido and not esperado.startswith(b"<"):  # <11 letras> descreve, não é o texto
        linhas.append(" " * (len("recebido: ") + len(antes)) + f"^ byte {diferente + 1}")
    return "\n".join(linhas)


@dataclass(frozen=True, repr=False)
class Avaliacao:
    """Todos os vereditos de um programa.

    alvo: "servidor" ou "cliente".
    comando: o que foi executado.
    perfil: o que se descobriu do programa, em frases: como quer o pedido, como responde, que tipo é.
    vereditos: na ordem dos casos.
    segundos: quanto levou.
    parcial: só se examinaram alguns casos?
    """

    alvo: str
    comando: tuple
    perfil: tuple
    vereditos: tuple
    segundos: float = field(default=0.0, compare=False)
    parcial: bool = False

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
        from .relatorio import em_texto

        return em_texto(self)

    __repr__ = __str__

    def _repr_html_(self):
        from .relatorio import em_html

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
            "segundos": round(self.segundos, 1),
            "vereditos": [v.como_dado() for v in self.vereditos],
        }
