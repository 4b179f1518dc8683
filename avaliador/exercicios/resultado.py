"""O que se diz ao aluno depois de conferir: legível no terminal e no Jupyter."""

import html
import json
import os
import secrets
import stat
from dataclasses import dataclass

from parimpar.folha import ESTILO, cor

NAO_TENTADO, CERTO, ERRADO = "ainda não tentado", "certo", "errado"
QUEBROU, PARADO = "parou com um erro", "não terminou"
MAXIMO = 1024**2  # caracteres de um resultado
MARCAS = {NAO_TENTADO: "○", CERTO: "✓", ERRADO: "✗", QUEBROU: "✗", PARADO: "✗"}
_CORES = {NAO_TENTADO: "rede", CERTO: "certo"}


@dataclass(frozen=True)
class Resultado:
    """Como foi a resposta.

    situacao: `NAO_TENTADO`, `CERTO`, `ERRADO`, `QUEBROU` ou `PARADO`.
    mensagem: o que se viu e o que fazer.
    detalhe: linhas de código, ou esperado e recebido um sobre o outro.
    tela: o que a resposta imprimiu.
    """

    situacao: str
    mensagem: str
    detalhe: str = ""
    tela: str = ""

    def __str__(self):
        linhas = [f"{MARCAS[self.situacao]} {self.situacao}: {self.mensagem}"]
        linhas += [f"    {linha}" for linha in self.detalhe.splitlines()]
        linhas += ["  a sua função imprimiu:", *(f"    {x}" for x in self.tela.splitlines())] if self.tela else []
        return "\n".join(linhas)

    __repr__ = __str__

    def _repr_html_(self):
        tinta = cor(_CORES.get(self.situacao, "erro"))
        partes = [
            f'<b style="color:{tinta}">{MARCAS[self.situacao]} {self.situacao}</b>: {html.escape(self.mensagem)}',
            _bloco(self.detalhe),
            f"a sua função imprimiu:{_bloco(self.tela)}" if self.tela else "",
        ]
        return f'{ESTILO}<div style="border-left:4px solid {tinta};padding:2px 10px">{"".join(partes)}</div>'


def ler_resultado(arquivo, segredo):
    """O `Resultado` que o processo à parte deixou; None se não deixou um, ou se não foi ele quem o escreveu.

    Args:
        segredo: o que só ele conhece. A resposta do aluno pode pôr qualquer coisa no lugar do arquivo, e nada se levanta.
    """
    try:
        with open(os.open(arquivo, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), encoding="utf-8") as aberto:
            dado = json.loads(aberto.read(MAXIMO)) if stat.S_ISREG(os.fstat(aberto.fileno()).st_mode) else None
        if not isinstance(dado, dict) or not secrets.compare_digest(str(dado.pop("segredo", "")), segredo):
            return None
        return Resultado(**dado)
    except (OSError, ValueError, TypeError, RecursionError):
        return None


@dataclass(frozen=True)
class Texto:
    """Uma dica ou uma solução, com o código, se há."""

    titulo: str
    codigo: str = ""

    def __str__(self):
        return "\n".join([self.titulo, *(f"    {linha}" for linha in self.codigo.splitlines())])

    __repr__ = __str__

    def _repr_html_(self):
        return f"<div>{html.escape(self.titulo)}{_bloco(self.codigo)}</div>"


def _bloco(texto):
    return f'<pre style="margin:4px 0;white-space:pre-wrap">{html.escape(texto)}</pre>' if texto else ""
