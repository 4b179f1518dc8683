"""As perguntas de prever, fora dos notebooks: quem abre uma aula não lê a resposta no código dela.

Cada arquivo `.toml` desta pasta tem as perguntas de uma aula, na ordem em que ela as faz:

    [so-bind]
    pergunta = "O servidor fez `bind`, e mais nada. O que acontece com um cliente que tenta se conectar?"
    certa = "A conexão é recusada"
    [so-bind.opcoes]
    "A conexão é aceita" = "Ter um endereço não é o mesmo que atender nele."
    "A conexão é recusada" = "Isso: a porta tem dono, mas o dono não está atendendo."

O nome entre colchetes é o que a célula diz, `Preveja("so-bind")`. Ele é um só em todas as aulas: uma
pergunta pode mudar de arquivo, e um arquivo de nome, sem mexer em notebook nenhum. Cada opção traz o
que se diz a quem a escolhe; trechos entre crases aparecem como código.
"""

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from ...erros import ErroDeUso

PASTA = Path(__file__).parent


@dataclass(frozen=True)
class Pergunta:
    """Uma pergunta, o que se diz de cada opção, e qual delas é a certa."""

    pergunta: str
    opcoes: dict
    certa: str

    def __post_init__(self):
        if self.certa not in self.opcoes:
            raise ErroDeUso(f"a opção certa, {self.certa!r}, deve ser uma destas: {', '.join(self.opcoes)}")


@cache
def todas():
    """{nome: Pergunta} de todos os arquivos."""
    perguntas = {}
    for arquivo in sorted(PASTA.glob("*.toml")):
        for nome, campos in tomllib.loads(arquivo.read_text(encoding="utf-8")).items():
            if nome in perguntas:
                raise ErroDeUso(f"há duas perguntas com o nome {nome!r}; a segunda está em {arquivo.name}")
            try:
                perguntas[nome] = Pergunta(**campos)
            except (TypeError, ErroDeUso) as erro:
                raise ErroDeUso(f"{arquivo.name}, [{nome}]: {erro}") from None
    return perguntas


def achar(nome):
    """A pergunta com esse nome; se não há, o erro diz os nomes parecidos."""
    perguntas = todas()
    if nome not in perguntas:
        parecidos = get_close_matches(str(nome), perguntas) or sorted(perguntas)
        raise ErroDeUso(f"não há pergunta com o nome {nome!r}; há: {', '.join(parecidos)}")
    return perguntas[nome]
