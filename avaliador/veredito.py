"""O que o avaliador conclui: vereditos, com as provas, e a nota em cada régua.

Duas réguas, sempre separadas: `enunciado`, o que o texto do trabalho pede, e `especificação`, a
robustez que o docs/protocolo.md exige. Um programa certo pelo enunciado não é reprovado pelo que o
enunciado nunca disse.
"""

from dataclasses import asdict, dataclass, field

from parimpar.texto import contar, visivel

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
        bytes_ = f" {visivel(self.dados)} ({contar(len(self.dados))})"
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
