"""O papel do servidor, que o avaliador faz para um cliente: aceita, lê o pedido, responde e anota o que ele faz."""

import contextlib
import itertools
import re
import selectors
import socket
import time
from dataclasses import dataclass

from parimpar.texto import visivel

from .leitura import devolvida, mostrada
from .ligacao import Ligacao
from .pedido import codificar, ler_pedido
from .processo import tem_rastro
from .veredito import Passo

CALMA_DO_PEDIDO = 0.3  # segundos sem nada novo que encerram um pedido sem \n
OLHADA = 0.05  # segundos entre dois olhares para a tela do programa e para o processo
PASSOS_GUARDADOS = 200  # por processo; um cliente que inunda não enche o relatório
MAXIMO_DO_PEDIDO = 8 * 1024  # bytes


class SemPedido(Exception):
    """O cliente não veio, ou veio e não pediu."""


@dataclass(eq=False)
class Volta:
    """Um pedido do cliente e o que se seguiu a ele, na mesma conexão; os instantes são do relógio monotônico.

    mesma: veio pela conexão do pedido anterior.
    completa, respondida, fim: quando o pedido acabou, quando a resposta foi, quando o cliente fechou.
    ultimo: quando chegou o último byte.
    resposta: o texto enviado, sem terminador.
    tela: quanto o programa já tinha escrito na tela quando a resposta foi enviada.
    depois: o que o cliente enviou depois do pedido.
    devolucao: esta conexão só trouxe a devolução da volta anterior.
    atraso: segundos, o maior tempo que um pedaço da resposta pode ter demorado depois de o anterior ser lido.
    colados: um pedaço da resposta chegou antes de o anterior ser lido.
    """

    ligacao: Ligacao
    sock: socket.socket
    instante: float
    mesma: bool = False
    pedido: bytes = b""
    depois: bytes = b""
    resposta: str | None = None
    ultimo: float = 0.0
    completa: float | None = None
    respondida: float | None = None
    fim: float | None = None
    vista: float | None = None
    tela: int = 0
    devolucao: bool = False
    atraso: float = 0.0
    colados: bool = False


class Mesa:
    """Um processo novo do cliente examinado, e o servidor que o avaliador faz para ele.

    Args:
        responder: chamada com (mesa, volta) a cada pedido completo; por padrão, ninguém responde.
    """

    def __init__(self, exame, programa, responder=None):
        self.exame, self.programa, self._responder = exame, programa, responder
        self.passos, self.comeco, self.voltas = [], time.monotonic(), []
        self._em_pedacos = False  # alguma resposta foi enviada em pedaços
        self.udp = None  # a porta em que chegou um datagrama
        self._vazias = []  # conexões sem pedido
        self._final = None  # (acabou(), queda()) de antes de o avaliador o encerrar
        self._seletor = selectors.DefaultSelector()
        for sock in exame.escuta.datagramas:
            self._seletor.register(sock, selectors.EVENT_READ)
        if exame.escuta.aberta:
            self._registrar_escuta()

    def _registrar_escuta(self):
        for sock in self.exame.escuta.sockets:
            self._seletor.register(sock, selectors.EVENT_READ)

    def abrir(self):
        """Passa a escutar na porta que só estava reservada; diz se conseguiu."""
        if not self.exame.escuta.reabrir(self.exame.porta):
            return False
        self._anotar("avaliador", "passa a escutar")
        self._registrar_escuta()
        return True

    def manter(self, porta):
        """Deixa de escutar nas outras portas."""
        for sock in self.exame.escuta.sockets + self.exame.escuta.datagramas:
            self._esquecer(sock)
        self.exame.escuta.manter(porta)
        self._registrar_escuta()

    @property
    def conexoes(self):
        """Quantas conexões o cliente já abriu."""
        return len(self._vazias) + sum(not v.mesma for v in self.voltas)

    @property
    def pedidos(self):
        """As voltas com um pedido completo."""
        return [v for v in self.voltas if v.completa is not None and not v.devolucao]

    def acabou(self):
        """O programa e os descendentes terminaram? Depois de encerrar: já tinham terminado?"""
        return self._final[0] if self._final else not self.programa.vivo and not self.programa.familia()

    def esperar(self, ate, prazo):
        """Atende o cliente até `ate()` valer, o prazo acabar, ou o programa terminar e nada mais chegar."""
        limite = time.monotonic() + prazo
        while not ate():
            falta = limite - time.monotonic()
            acabou = self.acabou()
            houve = self._atender(max(min(falta, OLHADA), 0))
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
        if not self.esperar(lambda: self.pedidos, prazo or self.exame.prazo_de_conexao):
            raise SemPedido("conectou-se e não enviou nada" if self.conexoes else "não se conectou desta vez")
        return self.pedidos[0]

    def assentar(self, volta):
        """Espera o que o cliente faz com a resposta: até ele fechar, ou sossegar depois de reagir a ela."""

        def pronto():
            agora = time.monotonic()
            if volta.vista is None and (volta.depois or self.mostra(volta)):
                volta.vista = agora
            calmo = volta.vista and agora - max(volta.vista, volta.ultimo) >= self.exame.sossego
            return volta.fim is not None or calmo or self.pedidos[-1] is not volta

        self.esperar(pronto, self.exame.prazo_da_reacao)
        # O que se mostra pode chegar à tela em pedaços: a resposta, e um instante depois o FIM.
        self.esperar(lambda: self.mostra(volta) and "FIM" in self.escrito(volta).upper(), self.exame.folga)

    def escrito(self, volta):
        """O que o programa escreveu na tela desde a resposta, até a seguinte."""
        depois = itertools.islice(self.voltas, self.voltas.index(volta) + 1, None)
        fim = next((v.tela for v in depois if v.resposta is not None), None)
        return self.programa.saida[volta.tela : fim]

    def mostra(self, volta):
        """A tela mostra a resposta?"""
        return volta.resposta is not None and mostrada(volta.resposta, self.escrito(volta))

    def enviar(self, volta, *pedacos, terminador=None, encerrar=False):
        """Responde na forma que o cliente entende: com \\n, sem ele, ou encerrando o envio.

        Args:
            pedacos: bytes; o texto inteiro é a soma deles, e cada um só sai depois de o anterior ser lido.
            terminador: bytes no lugar do \\n, ou do nada.
            encerrar: o fim do envio vai junto com o último pedaço.
        """
        em_linha = volta.pedido.endswith(b"\n") or self.exame.como_le == "linha"
        terminador = (b"\n" if em_linha else b"") if terminador is None else terminador
        volta.resposta = b"".join(pedacos).decode()
        self._em_pedacos |= len(pedacos) > 1
        inicio, resto = codificar(ler_pedido(volta.pedido).forma, b"".join(pedacos), terminador)
        *antes, ultimo = pedacos
        volta.tela = len(self.programa.saida)
        for i, pedaco in enumerate([*antes, ultimo + resto]):
            if i:
                leu, atraso = volta.ligacao.esperar_leitura()
                volta.colados |= not leu
                volta.atraso = max(volta.atraso, atraso)
            fim = (encerrar or self.exame.como_le == "fim") and i == len(antes)
            volta.ligacao.enviar((b"" if i else inicio) + pedaco, encerrar=fim)
        volta.respondida = time.monotonic()

    def fechar(self, volta):
        """Fecha a conexão como um servidor comum, com FIN."""
        self._anotar("avaliador", "fecha")
        self._esquecer(volta.sock)
        volta.sock.close()

    def queda(self):
        """O que ele escreveu ao cair; "" se ainda executa, ou se terminou por bem."""
        if self._final:
            return self._final[1]
        if self.programa.vivo or (self.programa.codigo == 0 and not tem_rastro(self.programa.saida)):
            return ""
        return f"o programa caiu: {ultima_linha(self.programa)}"

    def _anotar(self, quem, o_que, dados=b""):
        self.passos.append(Passo(time.monotonic() - self.comeco, quem, o_que, dados))

    def _incompletas(self):
        return [v for v in self.voltas if v.completa is None]

    def _atender(self, espera):
        prontos = self._seletor.select(espera)
        for chave, _ in prontos:
            if chave.data is not None:
                self._ler(chave.data)
            elif chave.fileobj.type == socket.SOCK_DGRAM:
                with contextlib.suppress(OSError):
                    self._anotar("programa", "envia um datagrama UDP", chave.fileobj.recv(4096))
                    self.udp = chave.fileobj.getsockname()[1]
            else:
                self._aceitar(chave.fileobj)
        for volta in self._incompletas():
            calado = time.monotonic() - volta.ultimo >= CALMA_DO_PEDIDO or len(volta.pedido) >= MAXIMO_DO_PEDIDO
            if volta.pedido.endswith(b"\n") or volta.fim is not None or calado:
                self._completar(volta)
        del self.passos[PASSOS_GUARDADOS:]
        return bool(prontos)

    def _aceitar(self, escuta):
        try:
            sock, remoto = escuta.accept()
        except OSError:
            return
        if not remoto[0].startswith("127.") and remoto[0] != sock.getsockname()[0]:
            sock.close()  # de outra máquina
            return
        self._anotar("programa", f"conecta-se à porta {sock.getsockname()[1]}")
        agora = time.monotonic()
        try:
            vazia = Volta(Ligacao(sock, self.passos, self.comeco), sock, agora, ultimo=agora)
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
        if not (volta.mesma and self._em_pedacos):  # quem tomou um pedaço por resposta lê os outros junto com o pedido
            self.exame.numeros.append((len(self.pedidos) == 1, ler_pedido(volta.pedido)))
        if self._responder:
            self._responder(self, volta)

    def _esquecer(self, sock):
        with contextlib.suppress(KeyError, ValueError):
            self._seletor.unregister(sock)

    def encerrar(self):
        """Termina o programa e fecha as conexões com ele."""
        try:
            self._final = (self.acabou(), self.queda())
        finally:
            self._encerrar()

    def _encerrar(self):
        try:
            self.programa.encerrar()
        finally:
            self._seletor.close()
            for volta in self.voltas + self._vazias:
                volta.ligacao.fechar()
            self.exame.escuta.esvaziar()


def _e_outro_pedido(volta, dados):
    anterior, novo = ler_pedido(volta.pedido), ler_pedido(dados)
    return novo.valor is not None and novo.forma == anterior.forma


def ultima_linha(programa):
    """A última linha que nomeia um erro ou, sem nenhuma, a última."""
    ultima = programa.ultima_linha()
    linhas = [x for x in programa.saida.splitlines() if re.search(r"(Error|Exception)\b", x) and not x.startswith(" ")]
    return visivel(linhas[-1] if linhas else ultima, 120, aspas=False) or "não escreveu nada"
