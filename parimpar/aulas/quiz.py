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
CERTO, AINDA_NAO = "✓", "✗"

# As cores são as do tema. As letras ficam sempre na cor do texto: nenhum verde nem vermelho dele contrasta 4,5:1 nos
# dois fundos; nas bordas bastam 3:1.
_ESTILO = """<style>
.parimpar-preveja {border-left: 6px solid var(--jp-border-color0, #767676); padding: 2px 14px; max-width: 100%}
.parimpar-preveja p {margin: 4px 0; line-height: 1.5; font-size: var(--jp-content-font-size1, 14px); white-space: normal}
.parimpar-preveja code {font-size: inherit}
button.parimpar-opcao {width: auto; max-width: 100%; height: auto; min-height: 2.2em; margin: 3px 0; padding: 4px 12px;
  font-size: var(--jp-content-font-size1, 14px); line-height: 1.4; text-align: left; white-space: normal;
  overflow-wrap: anywhere; color: var(--jp-content-font-color1, #212121); border: 2px solid transparent}
.parimpar-preveja button.parimpar-opcao:focus-visible {outline: 3px solid var(--jp-content-font-color1, #212121); outline-offset: 1px}
button.parimpar-certa {border-color: var(--jp-success-color1, #388e3c)}
button.parimpar-errada {border-color: var(--jp-error-color1, #d32f2f); border-style: dashed}
</style>"""


class Preveja(widgets.VBox):
    """Uma pergunta com um botão por opção; o que se escolhe fica marcado, e diz-se por que está certo ou errado.

    Args:
        pergunta: o nome dela em `perguntas/`, ou uma `Pergunta`.
    """

    def __init__(self, pergunta):
        if not isinstance(pergunta, Pergunta):
            pergunta = achar(pergunta)
        self.pergunta, self.opcoes, self.certa = pergunta.pergunta, dict(pergunta.opcoes), pergunta.certa
        self._rotulos = {
            opcao: f"{letra}) {_sem_crases(opcao)}" for letra, opcao in zip(ascii_lowercase, self.opcoes, strict=False)
        }
        self.botoes = {opcao: widgets.Button(description=rotulo) for opcao, rotulo in self._rotulos.items()}
        for opcao, botao in self.botoes.items():
            botao.add_class("parimpar-opcao")
            botao.on_click(lambda _, opcao=opcao: self.responder(opcao))
        self.retorno = widgets.HTML()
        self.retorno.add_class("parimpar-retorno")
        enunciado = widgets.HTML(f"{_ESTILO}<p><b>Preveja:</b> {_formatar(self.pergunta)}</p>")
        coluna = widgets.VBox(list(self.botoes.values()), layout=widgets.Layout(align_items="flex-start"))
        super().__init__([enunciado, coluna, self.retorno])
        self.add_class("parimpar-preveja")

    def responder(self, opcao):
        """Marca a opção e mostra se está certa, e por quê; pode-se escolher de novo."""
        if opcao == self.certa:
            sinal, veredito, classe = CERTO, "Certo.", "parimpar-certa"
        else:
            sinal, veredito, classe = AINDA_NAO, "Ainda não.", "parimpar-errada"
        for outra, botao in self.botoes.items():
            botao.description = f"{sinal} {self._rotulos[outra]}" if outra == opcao else self._rotulos[outra]
            botao.remove_class("parimpar-certa").remove_class("parimpar-errada")
        self.botoes[opcao].add_class(classe)
        self.retorno.value = (
            f'<p role="status" aria-live="polite"><b>{sinal} {veredito}</b> '
            f"<i>{_formatar(opcao)}</i>: {_formatar(self.opcoes[opcao])}</p>"
        )

    def __repr__(self):
        linhas = [f"  {rotulo}" for rotulo in self._rotulos.values()]
        return "\n".join([f"Preveja: {_sem_crases(self.pergunta)}", *linhas, DEPOIS])

    def _repr_mimebundle_(self, **opcoes):
        # As letras vão no texto: o JupyterLab tira de uma lista o `type="a"`.
        letras = zip(ascii_lowercase, map(_formatar, self.opcoes), strict=False)
        pagina = (
            f"<p><b>Preveja:</b> {_formatar(self.pergunta)}</p>"
            f"<p>{'<br>'.join(f'{letra}) {opcao}' for letra, opcao in letras)}</p>"
            f"<p>Para responder com um clique, rode esta célula: {COMO_RODAR}.</p>"
        )
        return com_reserva(self, repr(self), pagina)


def _formatar(texto):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(texto))


def _sem_crases(texto):
    return texto.replace("`", "")
