"""Perguntas de prever antes de rodar: escolhe-se uma opção e lê-se por que ela está certa ou errada.

    Preveja("so-bind")

O texto, as opções e a resposta estão em `perguntas/`, onde se escreve uma nova. Sem controles (no dia
seguinte, no GitHub, numa cópia em papel) aparece o mesmo em texto, sem a resposta: ela vem da célula seguinte,
quando o aluno a roda.
"""

import html
import re
from string import ascii_lowercase

import ipywidgets as widgets

from .ao_vivo import COMO_RODAR, com_reserva
from .perguntas import Pergunta, achar

DEPOIS = "(rode as próximas células e compare)"


class Preveja(widgets.VBox):
    """Uma pergunta com um botão por opção.

    Args:
        pergunta: o nome dela em `perguntas/`, ou uma `Pergunta`.
    """

    def __init__(self, pergunta):
        if not isinstance(pergunta, Pergunta):
            pergunta = achar(pergunta)
        self.pergunta, self.opcoes, self.certa = pergunta.pergunta, dict(pergunta.opcoes), pergunta.certa
        self.botoes = [
            widgets.Button(description=_sem_crases(opcao), layout=widgets.Layout(width="auto", margin="2px 8px 2px 0"))
            for opcao in self.opcoes
        ]
        for botao, opcao in zip(self.botoes, self.opcoes, strict=True):
            botao.add_class("parimpar-opcao")
            botao.on_click(lambda _, opcao=opcao: self.responder(opcao))
        self.retorno = widgets.HTML()
        self.retorno.add_class("parimpar-retorno")
        enunciado = widgets.HTML(f'<div style="line-height:1.4"><b>Preveja:</b> {_formatar(self.pergunta)}</div>')
        linha = widgets.HBox(self.botoes, layout=widgets.Layout(flex_flow="row wrap"))
        super().__init__(
            [enunciado, linha, self.retorno],
            layout=widgets.Layout(border_left="6px solid #6b6b6b", padding="4px 12px"),
        )
        self.add_class("parimpar-preveja")

    def responder(self, opcao):
        """Mostra se a opção está certa, e por quê; pode-se escolher de novo."""
        marca, cor = ("✓ Certo.", "#00664b") if opcao == self.certa else ("✗ Ainda não.", "#B3261E")
        self.retorno.value = (
            f'<div role="status" aria-live="polite" style="line-height:1.4"><b style="color:{cor}">{marca}</b> '
            f"<i>{_formatar(opcao)}</i>: {_formatar(self.opcoes[opcao])}</div>"
        )

    def __repr__(self):
        opcoes = zip(ascii_lowercase, self.opcoes, strict=False)
        linhas = [f"  {letra}) {_sem_crases(opcao)}" for letra, opcao in opcoes]
        return "\n".join([f"Preveja: {_sem_crases(self.pergunta)}", *linhas, DEPOIS])

    def _repr_mimebundle_(self, **opcoes):
        itens = "".join(f"<li>{_formatar(opcao)}</li>" for opcao in self.opcoes)
        pagina = (
            f'<p><b>Preveja:</b> {_formatar(self.pergunta)}</p><ol type="a">{itens}</ol>'
            f"<p>Para responder com um clique, rode esta célula: {COMO_RODAR}.</p>"
        )
        return com_reserva(self, repr(self), pagina)


def _formatar(texto):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(texto))


def _sem_crases(texto):
    return texto.replace("`", "")
