"""O índice das aulas: daqui saem a navegação e o tempo de cada notebook."""

import pathlib
from typing import NamedTuple

PASTA = pathlib.Path(__file__).parent.parent / "notebooks"
TODAS = "[Todas as aulas](../README.md#as-aulas)"


class Aula(NamedTuple):
    """Uma linha do índice.

    numero: dois algarismos, os primeiros do nome do arquivo.
    titulo: o que aparece na navegação.
    arquivo: em notebooks/.
    minutos: o tempo que a aula pede.
    de: num apêndice, o número da aula a que ele volta.
    """

    numero: str
    titulo: str
    arquivo: str
    minutos: int
    de: str | None = None

    def __str__(self):
        return f"{self.numero} {self.titulo}"


AULAS = [
    Aula("00", "Comece aqui", "00-comece-aqui.ipynb", 70),
    Aula("01", "O dicionário", "01-o-dicionario.ipynb", 65),
    Aula("02", "Conversar e fechar", "02-conversar-e-fechar.ipynb", 70),
    Aula("03", "O servidor e o cliente", "03-o-servidor-e-o-cliente.ipynb", 80),
    Aula("04", "O painel", "04-o-painel.ipynb", 60),
    Aula("05", "Um fluxo de bytes", "05-um-fluxo-de-bytes.ipynb", 65),
    Aula("06", "Onde a mensagem termina", "06-onde-a-mensagem-termina.ipynb", 70),
    Aula("07", "Vários clientes", "07-varios-clientes.ipynb", 75),
    Aula("08", "TCP × UDP", "08-tcp-e-udp.ipynb", 70),
    Aula("09", "Os segmentos", "09-os-segmentos.ipynb", 65),
    Aula("10", "Os estados", "10-os-estados.ipynb", 60),
    Aula("11", "Quando dá errado", "11-quando-da-errado.ipynb", 75),
    Aula("12", "Sua vez", "12-sua-vez.ipynb", 100),
    Aula("13", "A turma", "13-a-turma.ipynb", 70),
    Aula("90", "Apêndice: o painel por dentro", "90-apendice-o-painel-por-dentro.ipynb", 25, de="04"),
    Aula("91", "Apêndice: estados congelados", "91-apendice-estados-congelados.ipynb", 25, de="10"),
]


def navegacao(aula):
    """A linha que leva à aula anterior e à seguinte; de um apêndice, à aula dele."""
    em_ordem = [a for a in AULAS if not a.de]
    if aula.de:
        antes, depois = [a for a in em_ordem if a.numero == aula.de], []
    else:
        i = em_ordem.index(aula)
        antes, depois = em_ordem[max(i - 1, 0) : i], em_ordem[i + 1 : i + 2]
    voltar = [f"[← {a}]({a.arquivo})" for a in antes]
    seguir = [f"[{a} →]({a.arquivo})" for a in depois]
    return " · ".join([TODAS, *voltar, f"**{aula}**", *seguir])
