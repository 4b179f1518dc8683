"""A paleta e as tabelas, as mesmas em todo o projeto: no notebook, com cabeçalhos; em qualquer outro lugar, o mesmo em texto."""

import html

# As cores dos dois papéis, distinguíveis por daltônicos, e a dos erros.
AZUL, LARANJA, CINZA = "#0072B2", "#D55E00", "#6b6b6b"  # cliente, servidor, rede
VERMELHO = "#B3261E"
CORES = {"cliente": AZUL, "servidor": LARANJA}
LETRAS = {"cliente": AZUL, "servidor": "#B34700"}  # em letra miúda, o laranja das formas contrastaria pouco

_CELULA = "text-align:left;padding:3px 18px 3px 0;border-bottom:1px solid var(--jp-border-color2, #ccc)"


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
            f'<tr><th scope="row" style="{_CELULA};font-weight:normal">{nome}</th>'
            + "".join(f'<td style="{_CELULA}"><code>{valor}</code></td>' for valor in valores)
            + "</tr>"
            for nome, *valores in linhas
        )
        return f'<table><thead><tr><td style="{_CELULA}"></td>{cabeca}</tr></thead><tbody>{corpo}</tbody></table>'
