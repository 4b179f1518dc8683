"""O papel do servidor, que o avaliador faz para um processo do cliente: lê o pedido, responde e anota o que ele faz."""

import collections
import contextlib
import re
import selectors
import socket
import time

from parimpar.texto import visivel

from .leitura import devolvida, mostrada
from .ligacao import Ligacao
from .outra_ponta import e_de
from .pedido import FORMAS, ler_pedido
from .portaria import Confusao, endereco_de
from .rastro import sem_rastros
from .veredito import NaoDeu, Passo
from .volta import Volta

CALMA_DO_PEDIDO = 0.3  # segundos sem nada novo que encerram um pedido sem \n
ACABAR_O_NUMERO = 8.0  # segundos a mais para acabar o número que já começou: 30 casas, uma a cada 0,2 s
OLHAR_A_TELA = 0.05  # segundos entre dois olhares para a tela do programa e para o processo
PASSOS_GUARDADOS = 200  # por processo; um cliente que inunda não enche o relatório
CANAIS = ("stdout", "stderr")  # na ordem de `Programa.quanto_escreveu`
MAXIMO_DO_PEDIDO = 8 * 1024  # bytes


class SemPedido(NaoDeu):
    """O cliente não veio, ou veio e não pediu."""


class Bancada:
    """Um processo novo do cliente examinado, e o servidor que o avaliador faz para ele; use com `with`.

    Args:
        exame: inicia o programa, dá a portaria, e diz quanto ainda se pode esperar.
        ritmo: o `Ritmo` do programa.
        responder: chamada com (bancada, volta) a cada pedido completo; por padrão, ninguém responde.
        sozinha: espera que não haja outro processo em execução, e não deixa entrar nenhum.
        fechada: sozinha, e com a porta fechada até `abrir`.
        comando: o que executa o programa; por padrão, o que serviu na estreia.
    """

    def __init__(self, exame, ritmo, responder=None, sozinha=False, fechada=False, comando=None):
        self.comando = comando or exame.estreia.comando
        self.ritmo, self._responder, self._exame = ritmo, responder, exame
        self._resta, self._portaria = exame.resta, exame.portaria
        self._sozinha, self._fechada = sozinha or fechada, fechada
        self.programa = None
        self.passos, self.comeco, self.voltas = [], time.monotonic(), []
        self.atraso = 0.0  # segundos que a máquina, ocupada, acrescentou às esperas
        self.udp = None  # a porta em que chegou um datagrama
        self._vazias = []  # conexões sem pedido
        self._chegadas, self._confusa = collections.deque(), False
        self._fim = None  # (acabou(), queda(), excecao()) de antes de o avaliador o encerrar
        self._seletor = selectors.DefaultSelector()
        self._despertador, self._campainha = socket.socketpair()

    def __enter__(self):
        for ponta in (self._despertador, self._campainha):
            ponta.setblocking(False)
        self._seletor.register(self._despertador, selectors.EVENT_READ)
        try:
            self._portaria.entrar(self, self._sozinha)
            escuta = self._portaria.escuta
            if not (escuta.reservar() if self._fechada else escuta.reabrir()):
                raise NaoDeu("outro programa tomou a porta durante o exame")
            self.comeco = time.monotonic()
            self.programa = self._exame.iniciar(self.comando)
            self.vigiar_escuta()
            self._portaria.aceitar()  # pode ter-se conectado antes de se saber qual é o seu processo
        except BaseException:
            self._recolher()
            raise
        return self

    def __exit__(self, *exc):
        try:
            self._fim = (self.acabou(), self.queda(), self.excecao())
        finally:
            self._recolher()

    def _recolher(self):
        """Termina o programa e fecha as conexões com ele; depois disto, o que ele fez ainda se lê."""
        try:
            if self.programa:
                self.programa.encerrar()
        finally:
            self._portaria.sair(self)
            self._seletor.close()
            self._despertador.close()
            self._campainha.close()
            for volta in self.voltas + self._vazias:
                volta.ligacao.fechar()
            while self._chegadas:
                self._chegadas.popleft()[0].close()

    def vigiar_escuta(self):
        """Passa a olhar os sockets de escuta que houver."""
        escuta = self._portaria.escuta
        for sock in [*escuta.datagramas, *(escuta.sockets if escuta.aberta else ())]:
            self._seletor.register(sock, selectors.EVENT_READ)

    def abrir(self):
        """Passa a escutar na porta que só estava reservada, e dá lugar às outras bancadas; diz se conseguiu."""
        if not self._portaria.escuta.reabrir():
            return False
        self._anotar("avaliador", "passa a escutar")
        self.vigiar_escuta()
        self._portaria.dar_lugar()
        return True

    def manter(self, porta):
        """Deixa de escutar nas outras portas."""
        for sock in self._portaria.escuta.sockets + self._portaria.escuta.datagramas:
            self._esquecer(sock)
        self._portaria.escuta.manter(porta)
        self.vigiar_escuta()

    def receber(self, sock, instante):
        """Uma conexão deste programa, que a portaria aceitou; pode vir de outra thread."""
        self._chegadas.append((sock, instante))
        with contextlib.suppress(OSError):
            self._campainha.send(b"\0")

    def confundir(self):
        """Alguma conexão pode ter-se perdido: não se conclui nada deste processo; pode vir de outra thread."""
        self._confusa = True

    def e_dona(self, sock, procurar=False):
        """Foi o programa, ou um descendente, quem abriu esta conexão?

        Args:
            procurar: olha também os descendentes que ainda não se viram.
        """
        if self.programa is None:
            return False
        pids = {processo.pid for processo in self.programa.familia()} if procurar else self.programa.conhecidos()
        return e_de(sock, pids)

    @property
    def conexoes(self):
        """Quantas conexões o cliente já abriu."""
        return len(self._vazias) + sum(not v.mesma for v in self.voltas)

    @property
    def primeira_conexao(self):
        """A `Volta` da primeira conexão, tenha ou não trazido um pedido; None se não houve."""
        return min([*self.voltas, *self._vazias], key=lambda v: v.instante, default=None)

    @property
    def pedidos(self):
        """As voltas com um pedido completo."""
        return [v for v in self.voltas if v.completa is not None and not v.devolucao]

    def acabou(self):
        """O programa e os descendentes terminaram? Depois de encerrar: já tinham terminado?"""
        return self._fim[0] if self._fim else not self.programa.vivo and not self.programa.familia()

    def esperar(self, ate, prazo):
        """Atende o cliente até `ate()` valer, o prazo acabar, ou o programa terminar e nada mais chegar.

        Raises:
            NaoDeu: o tempo do exame acabou, ou não se sabe de quem são as conexões.
        """
        limite = time.monotonic() + prazo
        while not ate():
            self._resta(0)
            if self._confusa:
                raise Confusao("não se soube de qual processo do cliente era uma conexão")
            falta = limite - time.monotonic()
            acabou = self.acabou()
            houve = self._atender(max(min(falta, OLHAR_A_TELA), 0))
            if acabou and not houve and not self._incompletas():
                self.programa.ultima_linha()  # espera a saída toda
                return bool(ate())
            if falta <= 0:
                return bool(ate())
        return True

    def primeira(self, prazo=None):
        """Espera o primeiro pedido e o devolve.

        Raises:
            SemPedido: o cliente não veio, ou veio e não pediu.
        """
        self.esperar(lambda: self.pedidos, prazo or self.ritmo.prazo_de_conexao)
        if self.voltas:
            self.esperar(lambda: self.pedidos, ACABAR_O_NUMERO)
        if self.pedidos:
            return self.pedidos[0]
        if self.voltas:
            raise SemPedido("começou a enviar um número, e não acabou")
        raise SemPedido("conectou-se e não enviou nada" if self.conexoes else "não se conectou desta vez")

    def esperar_reacao(self, volta, ate, prazo=None):
        """Espera o que o cliente faz com a resposta; o prazo só corre depois de ele a ler.

        Args:
            prazo: segundos; por padrão, o do ritmo dele.
        """
        prazo = self.ritmo.prazo_da_reacao if prazo is None else prazo

        def basta():
            if volta.lida is None and volta.respondida is not None and volta.ligacao.leu():
                volta.lida = time.monotonic()
            return ate() or (volta.lida is not None and time.monotonic() - volta.lida > prazo)

        self.esperar(basta, prazo + self.ritmo.prazo_de_leitura)
        return bool(ate())

    def assentar(self, volta):
        """Espera o que o cliente faz com a resposta: até ele fechar, ou sossegar depois de reagir a ela."""

        def outra():
            return self.pedidos[-1] is not volta

        def pronto():
            agora = time.monotonic()
            if volta.vista is None and (volta.depois or self.mostra(volta)):
                volta.vista = agora
            calmo = volta.vista and agora - max(volta.vista, volta.ultimo) >= self.ritmo.sossego
            return volta.fim is not None or calmo or outra()

        self.esperar_reacao(volta, pronto)
        # O que se mostra pode chegar à tela em pedaços: a resposta, e um instante depois o FIM.
        self.esperar(lambda: outra() or (self.mostra(volta) and "FIM" in self.na_tela(volta).upper()), self.ritmo.folga)

    def _ate_a_seguinte(self, volta, canal):
        depois = self.voltas[self.voltas.index(volta) + 1 :]
        fim = next((v.tela[canal] for v in depois if v.resposta is not None), None)
        return volta.tela[canal], fim

    def cru(self, volta):
        """O que o programa escreveu nos dois canais desde a resposta, até a seguinte, tal como veio."""
        return "".join(
            self.programa.trecho(nome, *self._ate_a_seguinte(volta, canal)) for canal, nome in enumerate(CANAIS)
        )

    def escrito(self, volta):
        """O que o programa disse na tela desde a resposta, até a seguinte."""
        return sem_rastros(self.programa.trecho("stdout", *self._ate_a_seguinte(volta, 0)))

    def reclamado(self, volta):
        """O mesmo, da saída de erros."""
        return sem_rastros(self.programa.trecho("stderr", *self._ate_a_seguinte(volta, 1)))

    def na_tela(self, volta):
        """O que disse na tela e o que reclamou, desde a resposta."""
        return self.escrito(volta) + sem_caminhos(self.reclamado(volta))

    def mostra(self, volta):
        """A tela mostra a resposta, mesmo que seja na saída de erros?"""
        if volta.resposta is None:
            return False
        return mostrada(volta.resposta, self.na_tela(volta))

    def em_linha(self, volta):
        """O pedido acabou em fim de linha? Num número em binário, o último byte pode ser igual ao do \\n."""
        return volta.pedido.rstrip(b"\0").endswith(b"\n") and not self._forma(volta).solta

    def _forma(self, volta):
        return FORMAS.get(ler_pedido(volta.pedido, self.ritmo.forma).forma, FORMAS["crua"])

    def enviar(self, volta, texto, cortes=(), terminador=None, encerrar=False):
        """Responde na forma que o cliente entende: com \\n, sem ele, ou encerrando o envio.

        Args:
            cortes: em que bytes do texto ele se parte; cada pedaço só sai depois de o anterior ser lido.
            terminador: texto no lugar do \\n, ou do nada.
            encerrar: o fim do envio vai junto com o último pedaço.
        """
        if terminador is None:
            terminador = "\n" if self.em_linha(volta) or self.ritmo.como_le == "linha" else ""
        forma = self._forma(volta)
        antes, corpo, depois = forma.envolver(texto + terminador)
        volta.resposta, volta.tela = texto, self.programa.quanto_escreveu()
        # Na forma do cliente o texto pode ter outro tamanho (UTF-16): os cortes ficam no mesmo lugar dele.
        escala = len(corpo) / max(len((texto + terminador).encode()), 1)
        inteira, lugares = antes + corpo + depois, [len(antes) + round(corte * escala) for corte in cortes]
        for i, (de, ate) in enumerate(zip([0, *lugares], [*lugares, len(inteira)], strict=True)):
            if i:
                leu, atraso = volta.ligacao.esperar_leitura(self._resta(max(2.0, 1.5 * self.ritmo.leitura)))
                volta.colados |= not leu
                volta.atraso = max(volta.atraso, atraso)
            fim = (encerrar or self.ritmo.como_le == "fim") and ate == len(inteira)
            if fim:
                self._vai_encerrar(volta)
            volta.ligacao.enviar(inteira[de:ate], encerrar=fim)
        volta.respondida = time.monotonic()
        if volta.fim is not None:  # ele já encerrou o envio: um servidor que acaba de responder também encerra
            self._despedir(volta)

    def encerrar_envio(self, volta):
        """Encerra o envio, como quem não tem mais nada a dizer."""
        self._vai_encerrar(volta)
        volta.ligacao.despedir()

    def fechar(self, volta):
        """Fecha a conexão como um servidor comum, com FIN."""
        self._anotar("avaliador", "fecha")
        self._esquecer(volta.sock)
        self._vai_encerrar(volta)
        volta.sock.close()

    def _vai_encerrar(self, volta):
        """Anota que este lado pode ser o primeiro a encerrar, e ficar em TIME_WAIT."""
        if volta.fim is None and (enderecos := endereco_de(volta.sock)):
            self._portaria.esperas.append(enderecos)

    def _despedir(self, volta):
        """Encerra também deste lado: há quem espere por isso para terminar a volta."""
        if volta.sock.fileno() != -1:
            self._anotar("avaliador", "fecha")
            volta.sock.close()

    def queda(self):
        """Como ele caiu, numa frase; "" se ainda executa, ou se terminou por bem."""
        if self._fim:
            return self._fim[1]
        if self.programa.vivo or (self.programa.codigo == 0 and not self.programa.excecao()):
            return ""
        return f"o programa caiu: {ultima_linha(self.programa)}"

    def excecao(self):
        """A exceção que ele mostrou, tenha ou não caído por ela; "" se nenhuma."""
        if self._fim:
            return self._fim[2]
        if self.programa.vivo and not self.programa.quanto_escreveu()[1]:
            return ""  # está vivo, e não reclamou de nada
        return self.programa.queixa(200)

    def _anotar(self, quem, o_que, dados=b""):
        self.passos.append(Passo(time.monotonic() - self.comeco, quem, o_que, dados))

    def _incompletas(self):
        return [v for v in self.voltas if v.completa is None]

    def _atender(self, espera):
        antes = time.monotonic()
        prontos = self._seletor.select(espera)
        self.atraso += 0 if prontos else max(time.monotonic() - antes - espera, 0)
        for chave, _ in prontos:
            if chave.data is not None:
                self._ler(chave.data)
            elif chave.fileobj is self._despertador:
                with contextlib.suppress(OSError):
                    chave.fileobj.recv(4096)
            elif chave.fileobj.type == socket.SOCK_DGRAM:
                with contextlib.suppress(OSError):
                    self._anotar("programa", "envia um datagrama UDP", chave.fileobj.recv(4096))
                    self.udp = chave.fileobj.getsockname()[1]
            else:
                self._portaria.aceitar()
        while self._chegadas:
            self._abrir_conexao(*self._chegadas.popleft())
        for volta in self._incompletas():
            calado = time.monotonic() - volta.ultimo >= CALMA_DO_PEDIDO or len(volta.pedido) >= MAXIMO_DO_PEDIDO
            if volta.pedido.endswith(b"\n") or volta.fim is not None or calado:
                self._completar(volta)
        del self.passos[PASSOS_GUARDADOS:]
        return bool(prontos)

    def _abrir_conexao(self, sock, instante):
        self._anotar("programa", f"conecta-se à porta {sock.getsockname()[1]}")
        try:
            vazia = Volta(
                Ligacao(sock, self.passos, self.comeco), sock, instante, ultimo=instante, porta=sock.getsockname()[1]
            )
        except OSError:  # já tinha desistido
            sock.close()
            return
        self._vazias.append(vazia)
        self._seletor.register(sock, selectors.EVENT_READ, vazia)

    def _ler(self, volta):
        dados = volta.ligacao.receber(1, ate=bool)
        agora = time.monotonic()
        if volta.ligacao.acabou:
            self._esquecer(volta.sock)
            for outra in self.voltas:
                if outra.sock is volta.sock:
                    outra.fim = agora
            volta.fim = agora
            if volta.respondida is not None:
                self._despedir(volta)
        if dados and volta in self._vazias:
            self._vazias.remove(volta)
            self.voltas.append(volta)
        elif dados and volta.completa is not None and _e_outro_pedido(volta, dados):
            volta = Volta(volta.ligacao, volta.sock, agora, mesma=True, fim=volta.fim)
            self.voltas.append(volta)
            if volta.fim is None:
                self._seletor.modify(volta.sock, selectors.EVENT_READ, volta)
        if not dados:
            return
        volta.ultimo = agora
        if volta.completa is None:
            volta.pedido += dados
        elif len(volta.depois) < MAXIMO_DO_PEDIDO:
            volta.depois += dados

    def _completar(self, volta):
        volta.completa = time.monotonic()
        anteriores = [v for v in self.voltas if v is not volta and v.resposta is not None]
        if anteriores and devolvida(anteriores[-1].resposta, volta.pedido) in ("exata", "tolerada"):
            volta.devolucao, anteriores[-1].depois = True, anteriores[-1].depois or volta.pedido
            return
        if self._responder:
            self._responder(self, volta)

    def _esquecer(self, sock):
        with contextlib.suppress(KeyError, ValueError):
            self._seletor.unregister(sock)


def sem_caminhos(texto):
    """O texto sem as linhas que trazem o caminho de um arquivo: um deles pode conter a palavra que se procura."""
    return "".join(linha for linha in texto.splitlines(keepends=True) if not re.search(r"[/\\]", linha))


def _e_outro_pedido(volta, dados):
    anterior, novo = ler_pedido(volta.pedido), ler_pedido(dados)
    return novo.valor is not None and novo.forma == anterior.forma


def ultima_linha(programa):
    """A exceção com que ele caiu e a linha dela; sem nenhuma, a última linha que nomeia um erro ou, enfim, a última."""
    ultima = programa.ultima_linha()
    linhas = [x for x in programa.saida.splitlines() if re.search(r"(Error|Exception)\b", x) and not x.startswith(" ")]
    return programa.queixa(160) or visivel(linhas[-1] if linhas else ultima, 160, aspas=False) or "não escreveu nada"
