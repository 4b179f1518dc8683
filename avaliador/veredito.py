"""O que o avaliador conclui: vereditos, com as provas, e a nota em cada régua.

Duas réguas, sempre separadas: `enunciado`, o que o texto do trabalho pede, e `especificação`, a
robustez que o docs/protocolo.md exige. Um programa certo pelo enunciado não é reprovado pelo que o
enunciado nunca disse.
"""

import enum
from dataclasses import asdict, dataclass, field

from parimpar.texto import contar, visivel

ENUNCIADO, ESPECIFICACAO = "enunciado", "especificação"


class Situacao(enum.StrEnum):
    """Como um caso acaba; o valor é o nome público, o do JSON."""

    OK = "OK"
    TOLERADO = "tolerado"
    FALHOU = "falhou"
    NAO_SE_APLICA = "não se aplica"
    NAO_DEU = "não deu para julgar"

    @property
    def marca(self):
        """O sinal que se põe antes da linha."""
        return dict(zip(Situacao, "✓~✗·?", strict=True))[self]

    @property
    def rotulo(self):
        """O nome, como se mostra a uma pessoa."""
        return self.value


OK, TOLERADO, FALHOU, NAO_SE_APLICA, NAO_DEU = Situacao


class Desfecho(Exception):
    """Como um caso acaba, quando não é um OK sem mais nada: devolve-se ou levanta-se; não devolver nada é OK.

    Use as subclasses: `Passou`, `Tolerado`, `Falhou`, `NaoSeAplica` e `NaoDeu`.

    Args:
        explicacao: o que se viu.
        esperado, recebido, causa: como no `Veredito`.
        passos: outros que não os do caso, que o motor do exame junta sozinho.
        vale: de 0 a 1, quanto o caso vale na nota, se passou.
    """

    situacao = None

    def __init__(self, explicacao="", *, esperado=None, recebido=None, causa="", passos=None, vale=1.0):
        super().__init__(explicacao)
        self.explicacao, self.esperado, self.recebido = explicacao, esperado, recebido
        self.causa, self.passos, self.vale = causa, passos, vale


class Passou(Desfecho):
    """Está certo, e há algo a dizer: quantos números se viram, por exemplo."""

    situacao = OK


class Tolerado(Desfecho):
    """Passa, com um reparo."""

    situacao = TOLERADO


class Falhou(Desfecho):
    """Viu-se o programa errar."""

    situacao = FALHOU


class NaoSeAplica(Desfecho):
    """O que o caso verifica não existe neste programa."""

    situacao = NAO_SE_APLICA


class NaoDeu(Desfecho):
    """Não se sabe, e não por culpa do programa: porta ocupada, máquina lenta demais, falta do interpretador.

    Args:
        motivo: por que não deu.
        passageiro: pode dar daqui a pouco; o motor do exame tenta o caso de novo.
    """

    situacao = NAO_DEU

    def __init__(self, motivo, *, passageiro=True, **provas):
        super().__init__(motivo, **provas)
        self.passageiro = passageiro


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
    situacao: uma `Situacao`.
    titulo: o que o caso verifica, em uma frase.
    explicacao: o que se viu, e por que o veredito é este.
    esperado, recebido: textos comparáveis, quando o caso compara bytes.
    causa: a causa mais comum e a cura, em uma frase.
    passos: o que passou pela rede.
    vale: de 0 a 1, quanto conta na nota, se passou.
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
    vale: float = 1.0

    @property
    def comparacao(self):
        """Esperado e recebido, um sobre o outro, com uma marca no primeiro byte diferente."""
        return "" if self.esperado is None or self.recebido is None else comparar(self.esperado, self.recebido)

    def __str__(self):
        nome = "" if self.situacao == OK else f" ({self.caso})"  # com ele se pede o exame deste caso só
        linhas = [f"[{self.situacao.rotulo}] {self.codigo}: {self.titulo}{nome}"]
        linhas += [numa_linha(self.explicacao)] if self.explicacao else []
        if self.situacao in (FALHOU, TOLERADO, NAO_DEU):
            linhas += [str(passo) for passo in self.passos] + self.comparacao.splitlines()
            linhas += [f"Causa e cura: {numa_linha(self.causa)}"] if self.causa else []
        return "\n    ".join(linhas)

    def como_dado(self):
        """Um dicionário que vira JSON."""
        dado = asdict(self) | {"passos": [str(p) for p in self.passos], "comparacao": self.comparacao}
        dado["recebido"] = None if self.recebido is None else visivel(self.recebido, 1000, aspas=False)
        return dado


def numa_linha(frase, limite=600):
    """A frase sem o que o terminal obedeceria, numa linha só: o texto de um programa não pode escrever no relatório."""
    frase = "".join(c if c.isprintable() else repr(c)[1:-1] for c in frase[: limite + 1])
    return frase if len(frase) <= limite else frase[:limite] + "…"


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
