"""A paleta e as tabelas, as mesmas em todo o projeto: no notebook, com cabeçalhos; em qualquer outro lugar, o mesmo em texto.

O HTML segue o tema do Jupyter: texto, fundos e bordas são os dele (`--jp-…`), e o que é nosso tem uma
cor para cada tema. Quem monta HTML usa `cor(nome)` e põe `ESTILO` uma vez no começo.
"""

import html

# {nome: (no tema claro, no escuro)}. Distinguíveis por daltônicos, e com contraste de 4,5:1 ou mais com o fundo.
TEMA = {
    "cliente": ("#0072B2", "#7CC4F0"),
    "servidor": ("#B34700", "#FF9D4D"),
    "rede": ("#616161", "#BDBDBD"),
    "erro": ("#B3261E", "#FF9E94"),
    "certo": ("#00664B", "#4FD1A5"),
    "tolerado": ("#7A5200", "#E5B85C"),
    "realce": ("#FFF3C4", "#4A4112"),  # um fundo, e não um texto
}
FORMAS = {"cliente": "●", "servidor": "■"}  # nada depende só da cor

# As do matplotlib, que desenha no tema claro; quem mostra a figura as troca pelas do tema.
AZUL, LARANJA, CINZA = "#0072B2", "#D55E00", "#616161"  # cliente, servidor, rede
CORES = {"cliente": AZUL, "servidor": LARANJA}
LETRAS = {"cliente": AZUL, "servidor": "#B34700"}  # em letra miúda, o laranja das formas contrastaria pouco

BORDA = "1px solid var(--jp-border-color1, #9e9e9e)"
_CELULA = f"text-align:left;padding:3px 10px 3px 0;border-bottom:{BORDA}"
# Onde falta largura, quebram-se os valores; os títulos, não, e um nome só se for comprido.
_VALOR = f"{_CELULA};overflow-wrap:anywhere"
_NOME = f"{_VALOR};min-width:6em;font-weight:normal"


def cor(nome):
    """A cor de um dos nomes de `TEMA`, em CSS: a do tema claro, que `ESTILO` troca no escuro."""
    return f"var(--parimpar-{nome}, {TEMA[nome][0]})"


def escuras():
    """As variáveis do tema escuro, em CSS."""
    return "".join(f"--parimpar-{nome}:{escura};" for nome, (_, escura) in TEMA.items())


ESTILO = f"<style>:is([data-jp-theme-light=false],.vscode-dark){{{escuras()}}}</style>"


class Tabela:
    """Linhas com nome, lado a lado.

    Args:
        colunas: o título de cada coluna.
        linhas: {nome da linha: um valor por coluna}.
    """

    def __init__(self, colunas, linhas):
        self.linhas = [("", *map(str, colunas)), *((nome, *map(str, valores)) for nome, valores in linhas.items())]

    def __str__(self):
        larguras = [max(map(len, coluna)) for coluna in zip(*self.linhas, strict=True)]
        return "\n".join(
            "  ".join(c.ljust(n) for c, n in zip(linha, larguras, strict=True)).rstrip() for linha in self.linhas
        )

    __repr__ = __str__

    def _repr_html_(self):
        titulos, *linhas = [[html.escape(celula) for celula in linha] for linha in self.linhas]
        cabeca = "".join(f'<th scope="col" style="{_CELULA}">{titulo}</th>' for titulo in titulos[1:])
        corpo = "".join(
            f'<tr><th scope="row" style="{_NOME}">{nome}</th>'
            + "".join(f'<td style="{_VALOR}">{valor and f"<code>{valor}</code>"}</td>' for valor in valores)
            + "</tr>"
            for nome, *valores in linhas
        )
        return (
            f'{ESTILO}<table><thead><tr><td style="{_CELULA}"></td>{cabeca}</tr></thead><tbody>{corpo}</tbody></table>'
        )
