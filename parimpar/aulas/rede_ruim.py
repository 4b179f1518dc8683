"""Uma rede ruim de propósito: fica entre o cliente e o servidor e estraga a entrega como se pedir.

    with RedeRuim(servidor.endereco, fragmento=1) as rede:
        Cliente(*rede.endereco).perguntar("7")  # cada byte chega sozinho
        rede.ajustar(fragmento=None, atraso=0.3)  # muda na hora

Os bytes passam por sockets de verdade. Há uma rede para TCP (`RedeRuim`), que nunca perde nem
troca bytes, porque o TCP não deixa, e outra para UDP (`RedeRuimUDP`), que perde, atrasa e repete
datagramas inteiros. "Ida" é do cliente para o servidor; "volta", o contrário.
"""

import contextlib
import heapq
import itertools
import random
import selectors
import socket
import struct
import sys
import threading
import time
from collections import Counter, OrderedDict

from ..erros import ErroDeUso

OLHADA = 0.05  # segundos: de quanto em quanto tempo uma espera olha se é hora de parar
PRAZO_DE_PARADA = 2.0  # segundos para as threads terminarem
MAXIMO = 65_536  # bytes lidos de uma vez; um datagrama nunca é maior
PONTAS_ABERTAS = 256  # clientes por UDP que se atendem ao mesmo tempo; com mais um, o mais antigo é esquecido
_ESCOLHAS = {"sentido": ("ida", "volta", None), "no_corte": ("silencio", "meio_fecho", "reinicio")}


class _Rede:
    """O que as duas redes têm em comum: ajustes que mudam na hora, ligar e parar."""

    tipo = None  # SOCK_STREAM ou SOCK_DGRAM
    padroes = {}  # ajuste: valor quando não se pede nada

    def __init__(self, destino, **ajustes):
        self.ajustes = dict(self.padroes)
        self.ajustar(**ajustes)
        self.destino = tuple(destino)
        self.contagem = Counter()  # quantos pedaços ou datagramas passaram em cada sentido, e o que se perdeu
        self._falha = None
        self._parando = threading.Event()
        self._escuta = socket.socket(socket.AF_INET, self.tipo)
        self._escuta.bind(("127.0.0.1", 0))
        self.endereco = self._escuta.getsockname()
        self._threads = []

    def ajustar(self, **ajustes):
        """Muda os ajustes dados e deixa os outros como estão.

        Raises:
            ErroDeUso: o ajuste não existe, ou o valor não serve.
        """
        for nome, valor in ajustes.items():
            if nome not in self.padroes:
                raise ErroDeUso(f"não existe o ajuste {nome!r}; existem: {', '.join(self.padroes)}")
            if nome in _ESCOLHAS:
                serve, o_que = valor in _ESCOLHAS[nome], "um destes: " + ", ".join(map(repr, _ESCOLHAS[nome]))
            elif nome in ("fragmento", "corte"):
                serve = valor is None or isinstance(valor, int) and valor >= (nome == "fragmento")
                o_que = f"um número de bytes, a partir de {int(nome == 'fragmento')}, ou None"
            else:
                maximo = 1 if nome in ("perda", "repeticao") else 60
                serve = isinstance(valor, (int, float)) and 0 <= valor <= maximo
                o_que = f"um número de 0 a {maximo}"
            if not serve:
                raise ErroDeUso(f"{nome} deve ser {o_que}; veio {valor!r}")
        self.ajustes |= ajustes

    def iniciar(self):
        """Começa a levar e trazer; se já começou, não faz nada.

        Raises:
            ErroDeUso: a rede já parou, e a porta dela foi solta.
        """
        if self._parando.is_set():
            raise ErroDeUso("esta rede já parou, e a porta dela foi solta: crie outra")
        if not self._threads:
            self._threads = [self._em_fundo(self._trabalhar)]
        return self

    def parar(self):
        """Fecha tudo e espera as threads; se uma tinha morrido por um erro, ele é lançado aqui."""
        self._parando.set()
        for thread in self._threads[:1]:  # depois que a primeira para, ninguém mais cria outras
            thread.join(PRAZO_DE_PARADA)
        for thread in self._threads[1:]:
            thread.join(PRAZO_DE_PARADA)
        self._escuta.close()
        falha, self._falha = self._falha, None
        if falha:
            raise falha

    def __enter__(self):
        return self.iniciar()

    def __exit__(self, *exc):
        self.parar()

    def __repr__(self):
        mudados = [f"{nome}={valor!r}" for nome, valor in self.ajustes.items() if valor != self.padroes[nome]]
        return f"<{type(self).__name__} {', '.join(mudados) or 'sem defeitos'}>"

    def _valer(self, sentido):
        """Os ajustes que valem agora para um sentido."""
        return self.ajustes if self.ajustes["sentido"] in (sentido, None) else self.padroes

    def _em_fundo(self, fazer, *args):
        def protegida():
            try:
                fazer(*args)
            except Exception as erro:  # guardado: `parar` o entrega a quem chamou
                self._falha = erro

        thread = threading.Thread(target=protegida, name="rede-ruim", daemon=True)
        thread.start()
        return thread


class RedeRuim(_Rede):
    """Uma rede ruim para TCP.

    Args:
        destino: (host, porta) do servidor.
        fragmento: parte o que chega em pedaços de até tantos bytes.
        pausa: segundos entre dois pedaços, para cada um chegar sozinho.
        cola: junta o que chegar até passarem tantos segundos sem nada, e entrega tudo de uma vez.
        atraso: segundos que cada pedaço demora a mais.
        corte: depois de tantos bytes num sentido, acontece o que `no_corte` diz.
        no_corte: "silencio" (não passa mais nada), "meio_fecho" (encerra o envio para a outra ponta)
            ou "reinicio" (as duas pontas recebem um RST).
        sentido: "ida", "volta" ou None, para os ajustes valerem nos dois.
    """

    tipo = socket.SOCK_STREAM
    padroes = {
        "fragmento": None, "pausa": 0.05, "cola": 0.0, "atraso": 0.0,
        "corte": None, "no_corte": "silencio", "sentido": None,
    }  # fmt: skip

    def __init__(self, destino, **ajustes):
        super().__init__(destino, **ajustes)
        self._escuta.listen()
        self._escuta.settimeout(OLHADA)

    def _trabalhar(self):
        while not self._parando.is_set():
            try:
                cliente, _ = self._escuta.accept()
            except OSError as erro:
                if not isinstance(erro, (TimeoutError, ConnectionError)):  # faltam descritores: a fila do kernel segura
                    self._parando.wait(OLHADA)
                continue
            try:
                servidor = socket.create_connection(self.destino, timeout=PRAZO_DE_PARADA)
            except OSError:  # sem servidor do outro lado, o cliente vê a conexão cair
                _fechar_com_rst(cliente)
                cliente.close()
                continue
            vivas = [thread for thread in self._threads if thread.is_alive()]
            self._threads = [*vivas, self._em_fundo(self._levar_e_trazer, cliente, servidor)]

    def _levar_e_trazer(self, cliente, servidor):
        acabou = threading.Event()  # só esta thread fecha os sockets, quando os dois sentidos terminam
        with cliente, servidor:
            for sock in (cliente, servidor):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # cada pedaço é um segmento
                sock.settimeout(OLHADA)
            volta = self._em_fundo(self._levar, servidor, cliente, "volta", acabou)
            try:
                self._levar(cliente, servidor, "ida", acabou)
            finally:
                volta.join()

    def _levar(self, de, para, sentido, acabou):
        passaram, ultimo = 0, float("-inf")  # bytes até agora; o instante em que o último pedaço saiu
        try:
            while dados := self._receber(de, acabou):
                ajustes = self._valer(sentido)
                while ajustes["cola"] and (mais := self._receber(de, acabou, ajustes["cola"])):
                    dados += mais
                corte = ajustes["corte"]
                if corte is not None:
                    dados = dados[: max(corte - passaram, 0)]
                passaram += len(dados)
                for pedaco in _fatias(dados, ajustes["fragmento"]):
                    pausa = ultimo + ajustes["pausa"] - time.monotonic() if ajustes["fragmento"] else 0
                    self._descansar(ajustes["atraso"] + max(pausa, 0), acabou)
                    self._enviar(para, pedaco, acabou)
                    ultimo = time.monotonic()
                    self.contagem[sentido] += 1
                if corte is not None and passaram >= corte:
                    return self._cortar(de, para, ajustes["no_corte"], acabou)
            if not acabou.is_set():  # se o outro sentido já marcou um RST, um FIN antes dele o esconderia
                para.shutdown(socket.SHUT_WR)
        except OSError:  # uma ponta caiu: a outra vê o mesmo
            for sock in (de, para):
                _fechar_com_rst(sock)
            acabou.set()
        except BaseException:  # um erro deste arquivo: a conexão acaba, e `parar` o entrega
            acabou.set()
            raise

    def _cortar(self, de, para, no_corte, acabou):
        if no_corte == "reinicio":
            raise ConnectionResetError
        if no_corte == "meio_fecho":
            para.shutdown(socket.SHUT_WR)
        while self._receber(de, acabou):
            pass  # o que ainda vier é lido e jogado fora

    def _receber(self, de, acabou, prazo=float("inf")):
        """Os próximos bytes; b"" no fim do envio, na hora de parar, ou depois de `prazo` segundos."""
        limite = time.monotonic() + prazo
        while not (acabou.is_set() or self._parando.is_set()):
            try:
                return de.recv(MAXIMO)
            except TimeoutError:
                if time.monotonic() > limite:
                    break
        return b""

    def _descansar(self, quanto, acabou):
        """Espera tantos segundos, ou até a hora de parar."""
        limite = time.monotonic() + quanto
        while (falta := limite - time.monotonic()) > 0 and not self._parando.is_set():
            if acabou.wait(min(falta, OLHADA)):
                return

    def _enviar(self, para, dados, acabou):
        while dados and not (acabou.is_set() or self._parando.is_set()):
            try:
                dados = dados[para.send(dados) :]
            except TimeoutError:
                pass  # quem recebe não está lendo: espera-se por ele


class RedeRuimUDP(_Rede):
    """Uma rede ruim para UDP.

    Args:
        destino: (host, porta) do servidor.
        perda: probabilidade, de 0 a 1, de um datagrama se perder.
        repeticao: probabilidade de um datagrama chegar duas vezes.
        atraso: segundos que um datagrama demora a mais; vale o do instante em que ele passa, e por
            isso um datagrama pode ultrapassar outro.
        sentido: "ida", "volta" ou None, para os ajustes valerem nos dois.
        semente: torna os sorteios repetíveis.
    """

    tipo = socket.SOCK_DGRAM
    padroes = {"perda": 0.0, "repeticao": 0.0, "atraso": 0.0, "sentido": None}

    def __init__(self, destino, *, semente=None, **ajustes):
        super().__init__(destino, **ajustes)
        self._sorteio = random.Random(semente)
        self._ordem = itertools.count()
        self._escuta.setblocking(False)
        self._a_entregar = []  # (instante, ordem, datagrama, socket por onde sai, destino)

    def _trabalhar(self):
        pontas = OrderedDict()  # endereço do cliente: o socket que fala com o servidor por ele
        with selectors.DefaultSelector() as seletor:
            seletor.register(self._escuta, selectors.EVENT_READ)
            try:
                while not self._parando.is_set():
                    for chave, _ in seletor.select(self._quanto_esperar()):
                        self._receber(chave.fileobj, chave.data, pontas, seletor)
                    self._entregar()
            finally:
                for ponta in pontas.values():
                    ponta.close()

    def _receber(self, sock, cliente, pontas, seletor):
        try:
            dados, de = sock.recvfrom(MAXIMO)
        except OSError:  # o outro lado avisou que ninguém escuta lá: na rede real o aviso pode se perder
            return
        if cliente is not None:
            self._passar("volta", dados, self._escuta, cliente)
            return
        if de not in pontas:
            if len(pontas) >= PONTAS_ABERTAS:
                _, antiga = pontas.popitem(last=False)
                seletor.unregister(antiga)
                antiga.close()
            pontas[de] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            pontas[de].setblocking(False)
            seletor.register(pontas[de], selectors.EVENT_READ, de)
        pontas.move_to_end(de)
        self._passar("ida", dados, pontas[de], self.destino)

    def _passar(self, sentido, dados, por, para):
        ajustes = self._valer(sentido)
        if self._sorteio.random() < ajustes["perda"]:
            self.contagem[f"{sentido}: perdidos"] += 1
            return
        for _ in range(2 if self._sorteio.random() < ajustes["repeticao"] else 1):
            self.contagem[sentido] += 1
            quando = time.monotonic() + ajustes["atraso"]
            heapq.heappush(self._a_entregar, (quando, next(self._ordem), dados, por, para))

    def _entregar(self):
        while self._a_entregar and self._a_entregar[0][0] <= time.monotonic():
            _, _, dados, por, para = heapq.heappop(self._a_entregar)
            try:
                por.sendto(dados, para)
            except OSError:
                pass  # ninguém lá: um datagrama sem destino se perde em silêncio

    def _quanto_esperar(self):
        if not self._a_entregar:
            return OLHADA
        return min(max(self._a_entregar[0][0] - time.monotonic(), 0), OLHADA)


def _fatias(dados, tamanho):
    return [dados[i : i + tamanho] for i in range(0, len(dados), tamanho)] if tamanho else [dados] if dados else []


def _fechar_com_rst(sock):
    """Faz o próximo close mandar um RST em vez de um FIN (SO_LINGER com espera zero, man 7 socket)."""
    espera_zero = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
    with contextlib.suppress(OSError):  # o macOS recusa opções numa conexão que já caiu: não há mais o que reiniciar
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, espera_zero)
