"""O mural da turma no notebook: quem ensina projeta, e cada cliente de cada aluno aparece quando fala.

O servidor é o do curso, e nada muda nos programas dos alunos. O mural só lê o diário, e só ele desenha: nada fica
guardado quando se fecha.
"""

import threading
import time

import ipywidgets as widgets

from ..folha import Tabela
from . import mural_tela
from .ao_vivo import com_reserva, convite
from .controles import dobra
from .diario_do_mural import DiarioDoMural
from .enderecos import enderecos_da_rede
from .mural_servidor import ServidorDoMural
from .placar import RONDA, Placar

SOSSEGO = 2.0  # segundos que se esperam os que estão indo embora


class Mural(widgets.VBox):
    """Um servidor aberto à rede, e o placar de quem se conecta a ele.

    Abrir outro mural fecha o anterior.

    Args:
        host: onde escutar; por padrão, na rede inteira.
        porta: por padrão, 60000; 0 deixa o sistema escolher.
        anonimo: mostra números no lugar dos nomes.
        semente: torna repetíveis as letras sorteadas.
    """

    _aberto = None

    def __init__(self, host="0.0.0.0", porta=60000, *, anonimo=False, semente=None):
        if Mural._aberto is not None:
            Mural._aberto.fechar()
        diario = DiarioDoMural()
        self.placar = Placar(diario)
        self.servidor = ServidorDoMural(host, porta, diario, semente)
        self._locais = enderecos_da_rede() if host == "0.0.0.0" else [self.servidor.endereco[0]]
        self._vez, self._fechado = threading.Lock(), threading.Event()
        self.botao_anonimo = widgets.ToggleButton(
            value=anonimo, description="Mostrar os nomes" if anonimo else "Modo anônimo", icon="user-secret",
            tooltip="números no lugar dos nomes",
        )  # fmt: skip
        self.botao_anonimo.add_class("parimpar-anonimo")
        self.botao_anonimo.observe(self._ao_mudar_o_modo, "value")
        self.tela, self.numeros = widgets.HTML(), widgets.HTML()
        self.tela.add_class("parimpar-mural-tela")
        self.numeros.add_class("parimpar-numeros")
        super().__init__(children=[self.tela, self.botao_anonimo, dobra("A turma, em números", self.numeros)])
        self.add_class("parimpar-mural")
        Mural._aberto = self
        self.redesenhar()
        self._thread = threading.Thread(target=self._acompanhar, name="mural-parimpar", daemon=True)
        self._thread.start()

    def __repr__(self):
        return convite("Aqui fica o mural da turma: para onde se conectar, e um cartão por aluno.")

    def _repr_mimebundle_(self, **opcoes):
        return com_reserva(self, repr(self), f"<p>{repr(self)}</p>")

    @property
    def endereco(self):
        """(host, porta) em que o mural atende."""
        return self.servidor.endereco

    def _ao_mudar_o_modo(self, mudanca):
        # O botão do ipywidgets não diz ao leitor de tela se está apertado: o nome dele diz o que o próximo clique faz.
        self.botao_anonimo.description = "Mostrar os nomes" if mudanca["new"] else "Modo anônimo"
        self.redesenhar()

    def redesenhar(self):
        """Lê o que há de novo e redesenha."""
        with self._vez:
            self.placar.atualizar()
            agora, anonimo = time.monotonic(), self.botao_anonimo.value
            topo = mural_tela.cabecalho(self._locais, self.servidor.porta)
            cartoes = mural_tela.cartoes(self.placar, agora, anonimo)
            self.tela.value = f"{mural_tela.ESTILO}{topo}{cartoes}{mural_tela.legenda(self.placar)}"
            self.numeros.value = mural_tela.tabela(self.placar, agora, anonimo)

    def resumo(self):
        """A turma numa tabela, depois de anotado tudo o que fizeram os que já foram embora."""
        self._assentar()
        rotulos, tipos = self.placar.rotulos(self.botao_anonimo.value), ("PAR", "ÍMPAR", "letras", "ERRO")
        linhas = {
            rotulos[a]: (len(a.missoes), a.pedidos, *(a.respostas[t] for t in tipos), a.devolucoes, a.defeito)
            for a in self.placar.alunos.values()
        }
        return Tabela(("missões", "pedidos", *tipos, "FIM", "o que se viu"), linhas)

    def nomes(self):
        """Como o mural chama cada um, na ordem de chegada."""
        self._assentar()
        return list(self.placar.rotulos(self.botao_anonimo.value).values())

    def _assentar(self):
        """Espera as conexões se fecharem, ou o prazo, se alguém continua conectado."""
        limite = time.monotonic() + SOSSEGO
        while True:
            cursor = self.placar.diario.cursor
            self.redesenhar()
            if not self.placar.conexoes_abertas or time.monotonic() > limite:
                return
            self.placar.diario.esperar(lambda evento: True, 0.1, cursor)

    def _acompanhar(self):
        while not self._fechado.wait(RONDA):
            try:
                self.redesenhar()
            except Exception as erro:  # o que der errado num desenho não para os outros
                self.placar.diario.registrar("servidor", "erro", detalhe=f"o mural não se desenhou: {erro!r}")

    def fechar(self):
        """Para o servidor e o mural; pode ser repetido."""
        if Mural._aberto is self:
            Mural._aberto = None
        self._fechado.set()
        self.servidor.parar()
        if threading.current_thread() is not self._thread:
            self._thread.join(2)
        self.redesenhar()
