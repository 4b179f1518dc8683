"""O painel: um servidor e um cliente de verdade, com botões, dentro do notebook.

Só mostra: quem conversa são o `Servidor` e a `rodada`, quem anota é o `Diario`. Nenhum botão
bloqueia o kernel do Jupyter: o clique só abre uma thread, que faz o trabalho e muda os controles; outra
redesenha a tela quando o diário tem novidade. Todo texto da rede é escapado antes de virar HTML.
"""

import asyncio
import contextlib
import queue
import random
import threading
import time
from collections import Counter, deque

from ..cliente import rodada, sortear_numero
from ..erros import ErroDeUso, ErroParimpar
from ..servidor import Servidor
from . import telas
from .ao_vivo import com_reserva, convite
from .controles import Controles
from .desenhos import ultima_troca
from .volta import ServidorDeOutro, Troca, servidor_de_fora

TROCAS_NA_TABELA = 8
EVENTOS_LIDOS = 200  # bastam para a última troca e para a lista
INSTANTE = 0.02  # segundos: o máximo que um clique ocupa o kernel
CHEGADAS = 15  # instantes que o que se digitou pode levar para chegar depois do Enter
KERNEL_OCUPADO = 3.0  # segundos que o kernel pode passar fazendo outra coisa enquanto isso
CALMA = 0.05  # segundos de uma novidade até o desenho dela: a resposta aparece antes da figura
DESCANSO = 0.2  # segundos entre dois desenhos, para mil trocas seguidas não travarem a tela


class Painel(Controles):
    """Servidor e cliente do PAR/ÍMPAR com botões.

    Abrir outro painel com o mesmo nome fecha o anterior: rodar a célula de novo não deixa
    servidores nem threads para trás.

    Args:
        servidor: um `Servidor` seu, que o painel observa, liga e desliga, ou o endereço `(host, porta)` de
            um que outra pessoa ligou; por padrão o painel cria um, numa porta livre, e o para ao fechar.
        host, porta: o mesmo endereço, dito por extenso; sem a porta, é a 60000 do trabalho e do mural.
        semente: torna repetíveis os números sorteados e, se o servidor é do painel, as letras dele.
        prazo: segundos que o cliente espera por uma resposta.
        nome: para ter mais de um painel aberto ao mesmo tempo.
    """

    _abertos = {}

    def __init__(self, servidor=None, *, host=None, porta=None, semente=None, prazo=5.0, nome="painel"):
        servidor = servidor_de_fora(servidor, host, porta)
        anterior = Painel._abertos.pop(nome, None)
        if anterior is not None:
            anterior.fechar()
        self._meu_servidor = servidor is None
        self.servidor = Servidor(sorteio=random.Random(semente)) if self._meu_servidor else servidor
        self.diario, self.prazo = self.servidor.diario, prazo
        self.trocas, self.contagem = deque(maxlen=TROCAS_NA_TABELA), Counter()
        self.quantas = 0  # trocas desde que o painel abriu; a contagem pode ser zerada
        self._sorteio = random.Random(semente)
        self._vez_do_cliente, self._vez_da_tela = threading.RLock(), threading.Lock()
        self._vez_do_servidor = threading.Lock()
        self._fechado, self._parar_de_repetir = threading.Event(), threading.Event()
        self._respondido, self._digitado = threading.Event(), threading.Event()
        self._pedidos, self._ultimo_pedido = queue.SimpleQueue(), None
        self._ocupado = None  # desde quando se está numa troca
        self._aviso = ""  # por que o servidor não ligou, até que se tente de novo
        self._segundos = 10.0  # entre duas voltas: o último valor que se entendeu
        super().__init__()
        self.botao_servidor.on_click(lambda _: self._em_fundo(self._alternar))
        self.botao_sortear.on_click(lambda _: self.sortear())
        self.botao_enviar.on_click(lambda _: self._pedir(self.numero.value))
        self.numero.observe(lambda _: self._digitado.set(), "value")
        self.numero.on_msg(lambda _, conteudo, __: conteudo.get("event") == "submit" and self._ao_teclar_enter())
        self.botao_repetir.observe(self._ao_repetir, "value")
        self.intervalo.observe(self._ao_mudar_o_intervalo, "value")
        if isinstance(self.servidor, ServidorDeOutro):
            self.botao_servidor.layout.display = "none"
        Painel._abertos[nome] = self
        self.ligar()
        self._threads = [self._em_fundo(self._acompanhar), self._em_fundo(self._atender_pedidos)]

    # O que se faz com o painel, pelos botões ou por uma célula.

    def ligar(self):
        """Liga o servidor; se não der, o motivo aparece no painel."""
        self._aviso = ""
        try:
            if not isinstance(self.servidor, ServidorDeOutro):
                self.servidor.iniciar()
        except ErroParimpar as erro:
            self._aviso = str(erro)
        self.atualizar()

    def desligar(self):
        """Desliga o servidor, se não é de outra pessoa."""
        if not isinstance(self.servidor, ServidorDeOutro):
            self.servidor.parar()
        self._aviso = ""
        self.atualizar()

    def _alternar(self):
        with self._vez_do_servidor:  # muitos cliques seguidos valem um de cada vez
            if not self._fechado.is_set():
                (self.desligar if self.servidor.ligado else self.ligar)()

    def sortear(self):
        """Sorteia um número, põe no campo e o devolve."""
        self.numero.value = sortear_numero(self._sorteio)
        return self.numero.value

    def enviar(self, numero=None):
        """Faz uma volta completa do cliente e devolve a `Troca`; sem número, envia o do campo."""
        with self._vez_do_cliente:
            if numero is not None:
                self.numero.value = str(numero)
            return self._dar_uma_volta(self.numero.value)

    def _dar_uma_volta(self, numero):
        with self._vez_do_cliente:
            self._ocupado = time.monotonic()  # se durar, o acompanhante desabilita o botão
            try:
                troca = self._trocar(numero, time.perf_counter())
            finally:
                self._ocupado = None
                self.botao_enviar.disabled = False
            self.trocas.appendleft(troca)
            self.contagem[troca.tipo] += 1
            self.quantas += 1
            return troca

    def ultima_troca(self, prazo=2.0):
        """Os eventos da última conexão, das duas pontas; espera até `prazo` segundos ela se fechar."""
        inicio = self.diario.cursor - EVENTOS_LIDOS
        fim = time.monotonic() + prazo
        while True:
            cursor = self.diario.cursor
            troca = ultima_troca(self.diario.desde(inicio)[0])
            pontas = 1 if isinstance(self.servidor, ServidorDeOutro) else 2
            fechou = sum(evento.tipo == "fecha" for evento in troca) == pontas or not self.servidor.ligado
            if fechou or not self.diario.esperar(lambda _: True, fim - time.monotonic(), cursor):
                return troca

    def _trocar(self, numero, inicio):
        recebida = []

        def mostrar(resposta, erro=None):
            recebida.append(Troca(numero, resposta, erro, time.perf_counter() - inicio))
            self._por(self.resposta, telas.resposta, recebida[0], self.quantas + 1)
            self._respondido.set()

        try:
            rodada(numero, *self.servidor.endereco, prazo=self.prazo, diario=self.diario, mostrar=mostrar)
        except ErroParimpar as erro:
            if not recebida:
                mostrar(None, str(erro))
        return recebida[0]

    def _ao_repetir(self, mudanca):
        if mudanca["new"]:
            self._parar_de_repetir = threading.Event()
            self._em_fundo(self._repetir, self._parar_de_repetir)
        else:
            self._parar_de_repetir.set()

    def _repetir(self, parar):
        while True:
            with self._vez_do_cliente:
                if parar.is_set() or self._fechado.is_set():  # pode ter mudado enquanto se esperava a vez
                    return
                self.sortear()
                self.enviar()
            parar.wait(self._segundos)

    def _ao_mudar_o_intervalo(self, _):
        try:
            self._segundos, aviso = self.intervalo.segundos(), ""
        except ErroDeUso as erro:
            aviso = telas.alerta(str(erro))
        self.aviso_do_intervalo.value = aviso

    def _ao_teclar_enter(self):
        # O navegador avisa do Enter antes de mandar o que se digitou.
        self._digitado.clear()
        try:
            laco = asyncio.get_running_loop()
        except RuntimeError:  # fora de um kernel
            laco = None
        self._em_fundo(self._pedir_o_digitado, laco)

    def _pedir_o_digitado(self, laco):
        limite = time.monotonic() + KERNEL_OCUPADO
        for _ in range(CHEGADAS):
            if self._digitado.wait(INSTANTE) or time.monotonic() > limite:
                break
            if laco is not None:  # só conta o tempo em que o kernel pôde receber o que se digitou
                livre = threading.Event()
                with contextlib.suppress(RuntimeError):  # o kernel está terminando
                    laco.call_soon_threadsafe(livre.set)
                    livre.wait(limite - time.monotonic())
        self._pedir(self.numero.value)

    def _pedir(self, numero):
        # Um clique repetido enquanto há outro à espera não conta; outro número, sim: é um Enter de quem digitou depressa.
        if self._pedidos.empty() or numero != self._ultimo_pedido:
            self._ultimo_pedido = numero
            self._respondido.clear()
            self._pedidos.put(numero)
            # Um instante de espera passa a vez à thread do cliente; sem ele, o kernel termina antes tudo o
            # que faz depois de um clique, e a resposta sai milissegundos mais tarde.
            self._respondido.wait(INSTANTE)

    def _atender_pedidos(self):
        # Uma thread já pronta responde mais depressa ao clique do que uma nova por clique.
        while (numero := self._pedidos.get()) is not None:
            self._protegido(self._dar_uma_volta, numero)

    def _em_fundo(self, fazer, *args):
        thread = threading.Thread(target=self._protegido, args=(fazer, *args), name="painel", daemon=True)
        thread.start()
        return thread

    def _protegido(self, fazer, *args):
        try:
            fazer(*args)
        except Exception as erro:  # numa thread ninguém mais o veria
            self._por(self.situacao, telas.situacao, self.servidor, f"erro inesperado: {erro!r}")

    # O que o painel mostra.

    def _acompanhar(self):
        # O diário se olha de tempos em tempos: uma thread que acordasse a cada evento tomaria a vez da troca.
        cursor = self.diario.cursor
        while not self._fechado.wait(CALMA):
            if self.diario.cursor != cursor and not self._fechado.wait(CALMA):
                cursor = self.diario.cursor
                self._protegido(self.atualizar)
                self._fechado.wait(DESCANSO)
            elif (desde := self._ocupado) and time.monotonic() - desde > DESCANSO:
                self.botao_enviar.disabled = True
                if not self._ocupado:  # terminou neste meio-tempo
                    self.botao_enviar.disabled = False

    def atualizar(self):
        """Redesenha tudo o que depende do diário."""
        with self._vez_da_tela:
            if self._fechado.is_set():
                return
            # Tudo se copia antes de desenhar, que demora: outra thread pode estar acrescentando trocas.
            trocas, contagem, quantas = tuple(self.trocas), self.contagem.copy(), self.quantas
            eventos, _ = self.diario.desde(self.diario.cursor - EVENTOS_LIDOS)
            ligado = self.servidor.ligado
            self.botao_servidor.description = "Desligar servidor" if ligado else "Ligar servidor"
            self.botao_servidor.icon = "stop" if ligado else "play"
            troca = ultima_troca(eventos)
            self._por(self.situacao, telas.situacao, self.servidor, self._aviso)
            self._por(self.situacao_do_cliente, telas.situacao_do_cliente, troca)
            self._por(self.figura, telas.figura, troca)
            self._por(self.texto, telas.texto, troca)
            self._por(self.eventos, telas.eventos, [e for e in eventos if e.quem == "servidor"])
            self._por(self.historico, telas.historico, trocas, contagem, quantas)

    def _por(self, controle, tela, *dados):
        """Põe uma tela no seu controle; a que falha diz o que houve, e não impede as outras."""
        try:
            controle.value = tela(*dados)
        except Exception as erro:
            controle.value = telas.alerta(f"não deu para mostrar esta parte: {erro!r}")

    def fechar(self):
        """Encerra as threads, desliga o servidor (se é do painel) e desfaz os controles."""
        if self._fechado.is_set():
            return
        self._parar_de_repetir.set()
        self._fechado.set()
        self._pedidos.put(None)
        for thread in self._threads:
            thread.join(2)
        if self._meu_servidor:
            with self._vez_do_servidor:
                self.servidor.parar()
        for controle in [*_descendentes(self), self]:
            for parte in (controle, controle.layout, getattr(controle, "style", None)):
                if parte is not None:
                    parte.close()

    def __repr__(self):
        situacao = "ligado" if self.servidor.ligado else "desligado"
        return f"<Painel: servidor {situacao}, trocas: {self.quantas}>"

    def _repr_mimebundle_(self, **opcoes):
        return com_reserva(self, repr(self), f"<p>{convite('Aqui fica o painel.')}</p>")


def _descendentes(caixa):
    for filho in getattr(caixa, "children", ()):
        yield from _descendentes(filho)
        yield filho
