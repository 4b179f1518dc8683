"""O que se vê no lugar de um controle quando não há kernel por trás dele.

Um botão só vive enquanto vive o kernel que o criou. No dia seguinte, no GitHub ou numa cópia em HTML,
resta o que a saída da célula leva ao lado do controle: este texto, que diz o que havia ali e que célula rodar.
"""

import html

from ipywidgets import Widget

COMO_RODAR = "clique nela e tecle Shift+Enter"


class AoVivo:
    """Um controle que, sem kernel, deixa uma frase no seu lugar.

    AoVivo(meu_painel, "Aqui fica o painel que você montou.")

    Args:
        controle: o que mostrar enquanto o kernel vive.
        frase: o que havia ali; o convite a rodar a célula vem depois dela.
    """

    def __init__(self, controle, frase):
        self.controle, self.frase = controle, frase

    def __repr__(self):
        return convite(self.frase)

    def _repr_mimebundle_(self, **opcoes):
        return com_reserva(self.controle, repr(self), f"<p>{html.escape(repr(self))}</p>")


def convite(frase):
    """A frase, e o que fazer para ter de volta o que ela descreve."""
    return f"{frase} Para usá-lo, rode esta célula: {COMO_RODAR}."


def com_reserva(controle, texto, pagina):
    """A saída do controle, com o que se lê dela onde ele não vive: em texto e em HTML."""
    # A do ipywidgets, e não a do controle: a de um `Painel` ou de um `Preveja` é esta mesma.
    return Widget._repr_mimebundle_(controle) | {"text/plain": texto, "text/html": pagina}
