"""Os controles do painel e onde cada um fica: o que se vê e se toca, sem nada do que acontece.

A ordem em que se criam é a do teclado: cliente, servidor, conversa. O que uma folha de estilo não dá e o
ipywidgets não deixa pôr, como os atributos de um leitor de tela, vem de controles do próprio HTML:
uma caixa de marcar, um `<details>`.
"""

import ipywidgets as widgets
from traitlets import CUnicode

from ..erros import ErroDeUso
from ..texto import visivel
from . import telas

MINIMO, MAXIMO = 0.1, 3600  # segundos entre duas voltas


class CampoDeSegundos(widgets.Text):
    """Um tempo em segundos, escrito com vírgula, como em português, ou com ponto."""

    value = CUnicode().tag(sync=True)  # aceita também um número: campo.value = 0.5

    def segundos(self):
        """O valor do campo, em segundos."""
        try:
            segundos = float(self.value.replace(",", "."))
        except ValueError:
            segundos = 0
        if not MINIMO <= segundos <= MAXIMO:
            esperado = f"{MINIMO} a {MAXIMO}".replace(".", ",")
            raise ErroDeUso(f"esperava de {esperado} segundos, e veio {visivel(self.value, 20)}; corrija o número")
        return segundos


class Controles(widgets.VBox):
    """Um painel parado: todos os controles, na ordem e no lugar certos."""

    def __init__(self):
        auto = {"layout": widgets.Layout(width="auto")}
        self.numero = _controle(
            "numero", widgets.Text, description="Número", placeholder="digite ou sorteie", **auto,
            # O valor vem de uma vez, logo antes do clique: tecla a tecla, o ipywidgets guarda as últimas enquanto o
            # kernel não dá conta da primeira, e o clique as ultrapassaria.
            continuous_update=False,
        )  # fmt: skip
        self.botao_sortear = _controle("sortear", widgets.Button, description="Sortear", icon="random", **auto)
        self.botao_enviar = _controle("enviar", widgets.Button, description="Enviar", icon="paper-plane", **auto)
        self.resposta = _controle("resposta", widgets.HTML, telas.resposta(None, 0))
        self.botao_repetir = _controle(
            "repetir", widgets.Checkbox, description="Repetir", indent=False, **auto,
            tooltip="sorteia e envia um número a cada tantos segundos",
        )  # fmt: skip
        self.intervalo = _controle(
            "intervalo", CampoDeSegundos, "10", description="a cada (s)", continuous_update=False,
            style={"description_width": "initial"},
        )  # fmt: skip
        self.aviso_do_intervalo = _controle("aviso", widgets.HTML)
        self.situacao_do_cliente = _controle("situacao-do-cliente", widgets.HTML)
        self.botao_servidor = _controle("ligar", widgets.Button, **auto)
        self.situacao = _controle("situacao", widgets.HTML)
        self.figura = _controle("figura", widgets.HTML)
        self.texto = _controle("texto", widgets.HTML)
        self.eventos = _controle("eventos", widgets.HTML)
        self.historico = _controle("historico", widgets.HTML)

        pontas = [
            widgets.HTML(telas.titulo("cliente")),
            self.numero,
            _linha(self.botao_enviar, self.botao_sortear),
            self.resposta,
            _linha(self.botao_repetir, self.intervalo, self.aviso_do_intervalo),
            self.situacao_do_cliente,
            _controle("titulo", widgets.HBox, [widgets.HTML(telas.titulo("servidor")), self.botao_servidor]),
            self.situacao,
        ]
        mesa = _controle("mesa", widgets.Box, [widgets.VBox(pontas), self.figura])
        dobras = [
            dobra("A mesma conversa, em texto", self.texto),
            dobra("Histórico", self.historico),
            dobra("Últimos eventos do servidor", self.eventos),
        ]
        super().__init__([widgets.HTML(telas.ESTILO), mesa, *dobras])
        self.add_class("parimpar-painel")
        for controle in (self.numero, self.botao_enviar, self.botao_sortear, self.botao_repetir, self.intervalo,
                         self.botao_servidor):  # fmt: skip
            _atender_na_ordem(controle)


def _atender_na_ordem(controle):
    """Faz o kernel atender este controle na thread a que o navegador o endereça, que é a mesma para todos.

    O ipykernel 7.4 entrega cada controle à thread que por último o mudou: com o campo numa e o botão noutra, o
    clique ultrapassaria o que se digitou, e só seria atendido depois da célula que estivesse rodando.
    """
    if hasattr(controle.comm, "_reply_subshell_for"):
        controle.comm._reply_subshell_for = lambda dados, do_navegador: do_navegador


def _controle(classe, tipo, *args, **opcoes):
    feito = tipo(*args, **opcoes)
    feito.add_class(f"parimpar-{classe}")  # o gancho da folha de estilo, e o dos testes no navegador
    return feito


def _linha(*controles):
    return _controle("linha", widgets.HBox, controles)


def dobra(titulo, conteudo):
    """O conteúdo, escondido até que se abra o título; o `<details>` é outro controle, que não se redesenha."""
    return _controle("dobra", widgets.VBox, [widgets.HTML(telas.dobra(titulo)), conteudo])
