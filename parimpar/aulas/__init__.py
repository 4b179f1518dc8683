"""O que as aulas usam, por uma porta só:

    from parimpar.aulas import Preveja, Vista, desenhos

Nada daqui faz falta a um programa seu: é o que mostra, desenha e pergunta. Cada nome só é carregado
quando é usado.
"""

from importlib import import_module

_ONDE = {
    "AoVivo": ".ao_vivo",
    "Mural": ".mural",
    "Painel": ".painel",
    "Preveja": ".quiz",
    "RedeRuim": ".rede_ruim",
    "RedeRuimUDP": ".rede_ruim",
    "Roteiro": ".roteiro",
    "Terminal": ".terminais",
    "Vista": ".vista",
    "captura": ".captura",
    "conexoes": "..kernel",
    "desenhos": ".desenhos",
    "AlunoDeMentira": ".turma",
    "em_repouso": "..kernel",
    "enderecos_da_rede": ".enderecos",
    "erros_curtos": ".excecoes",
    "observar": ".observado",
    "turma_de_mentira": ".turma",
    "visivel": "..texto",
}

__all__ = list(_ONDE)


def __getattr__(nome):
    if nome not in _ONDE:
        raise AttributeError(f"as aulas não têm {nome!r}; têm: {', '.join(__all__)}")
    modulo = import_module(_ONDE[nome], __name__)
    return modulo if _ONDE[nome] == f".{nome}" else getattr(modulo, nome)


def __dir__():
    return [*globals(), *__all__]
