"""O exame de um cliente: o avaliador faz o papel do servidor, com um processo novo do cliente em cada caso.

Escuta na porta que o cliente procura ou, se ninguém disse qual é, em todas as prováveis de uma vez.
Só atende a própria máquina.
"""

import contextlib
import pathlib
import re
import selectors
import socket
import sys
import time
from dataclasses import dataclass

from ..diario import visivel
from ..erros import PortaOcupada, segundos
from .casos_cliente import (
    CASOS, FINAIS, SemPedido, codificar, devolvida, intervalo, ler_pedido, mostrada, tem_rastro,
)  # fmt: skip
from .ligacao import Ligacao
from .processo import Programa
from .veredito import FALHOU, NAO_DEU, NAO_SE_APLICA, Avaliacao, Passo, Veredito

PRAZO_DE_INICIO = 13.0  # segundos para se conectar na primeira vez: há clientes que esperam 10 s antes
ORCAMENTO = 75.0  # segundos; um programa que demora para se conectar, ou que não reage, não prende o exame
LENTO = 4.0  # segundos até se conectar: daqui em diante vale o orçamento
CALMA_DO_PEDIDO = 0.3  # segundos sem nada novo que encerram um pedido sem \n
TOLERANCIA = 0.06  # segundos que um pedaço da resposta ainda espera por quem não leu o anterior
INSISTENCIA = 2.0  # segundos à espera de uma porta que acabou de se fechar
OLHADA = 0.05  # segundos entre dois olhares para a tela do programa e para o processo
PASSOS_GUARDADOS = 200  # por processo; um cliente que inunda não enche o relatório
MAXIMO_DO_PEDIDO = 8 * 1024  # bytes
MAXIMO_DE_FONTE = 1024**2  # bytes de um arquivo em que se procuram portas
MAXIMO_DE_PORTAS = 100
PORTAS_DE_COSTUME = (
    60000, 12345, 5000, 5050, 8080, 8888, 9999, 65432, 1234, 4444, 50000, 12000, 8000, 9000, 3000, 4000,
    5555, 6000, 6789, 7777, 8081, 9090, 10000, 20000, 54321, 55555, 65000,
)  # fmt: skip


def portas_no_codigo(comando, pasta=None):
    """Os inteiros de 1024 a 65535 nos argumentos e nos arquivos de texto que eles nomeiam, sem repetir."""
    raiz = pathlib.Path(pasta or ".")
    textos = [" ".join(comando[1:])]
    for argumento in comando:
        caminho = argumento.replace(".", "/")  # um módulo do Python, ou uma classe do Java num pacote
        nomes = [argumento, *(f"{argumento}{fim}" for fim in (".java", ".js", ".mjs", ".py"))]
        nomes += [f"{caminho}.py", f"{caminho}/__main__.py", f"{caminho}.java"]
        for nome in dict.fromkeys(nomes):
            with contextlib.suppress(OSError, ValueError):
                arquivo = raiz / nome
                if arquivo.is_file() and arquivo.stat().st_size <= MAXIMO_DE_FONTE:
                    dados = arquivo.read_bytes()
                    textos += [] if b"\0" in dados else [dados.decode("utf-8", "replace")]
    numeros = [int(n.replace("_", "")) for t in textos for n in re.findall(r"(?<![\w.])\d[\d_]{3,5}(?!\w|\.\d)", t)]
    return [n for n in dict.fromkeys(numeros) if 1024 <= n <= 65535]


def _enderecos():
    """Por onde um programa desta máquina se conecta a ela: 127.0.0.1, ::1 e o nome da máquina."""
    familias = [(socket.AF_INET, "127.0.0.1")] + ([(socket.AF_INET6, "::1")] if socket.has_ipv6 else [])
    with contextlib.suppress(OSError):
        familias.append((socket.AF_INET, socket.gethostbyname(socket.gethostname())))
    return list(dict.fromkeys(familias))


class Escuta:
    """Os sockets de escuta do avaliador.

    Args:
        portas: em quais escutar; as ocupadas ficam em `ocupadas`.
    """

    def __init__(self, portas):
        self.ocupadas, self.sockets, self.aberta = [], [], True
        self.datagramas = []  # há quem faça o trabalho por UDP: é bom poder dizer
        self._enderecos = _enderecos()
        abrir = self._insistir if len(portas) == 1 else self._abrir
        self.ocupadas = [porta for porta in portas if not abrir(porta)]
        for porta in {s.getsockname()[1] for s in self.sockets}:
            with contextlib.suppress(OSError):
                self.datagramas.append(_ligado(socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1", porta))

    def _abrir(self, porta, escutar=True):
        for familia, host in self._enderecos:
            try:
                sock = _ligado(familia, socket.SOCK_STREAM, host, porta)
            except OSError:
                if host == "127.0.0.1":
                    return False
                continue  # sem IPv6, ou o nome da máquina não é dela: basta o 127.0.0.1
            self.sockets.append(sock)
            try:
                if escutar:
                    sock.listen()
            except OSError:
                self._fechar([s for s in self.sockets if s.getsockname()[1] == porta])
                return False
        return True

    def manter(self, porta):
        """Fica só com esta porta."""
        self._fechar([s for s in self.sockets + self.datagramas if s.getsockname()[1] != porta] + self.datagramas)

    def reservar(self):
        """Deixa de escutar e continua dona da porta: quem se conectar é recusado. Diz se conseguiu."""
        porta = self.sockets[0].getsockname()[1]
        self._fechar(self.sockets[:])
        self.aberta = False
        return self._insistir(porta, escutar=False)

    def _insistir(self, porta, escutar=True):
        # Um processo que está nascendo ainda segura, por um instante, uma cópia do socket que se fechou.
        limite = time.monotonic() + INSISTENCIA
        while not (conseguiu := self._abrir(porta, escutar)) and time.monotonic() < limite:
            time.sleep(OLHADA)
        return conseguiu

    def reabrir(self, porta):
        """Volta a escutar, se não escutava. Diz se conseguiu."""
        if not self.aberta:
            try:
                for sock in self.sockets:
                    sock.listen()
                self.aberta = bool(self.sockets) or self._insistir(porta)
            except OSError:
                self._fechar(self.sockets[:])
        return self.aberta

    def esvaziar(self):
        """Derruba quem ficou na fila, de um processo que já acabou."""
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                while self.aberta:
                    with sock.accept()[0] as esquecido:
                        Ligacao(esquecido, [], 0).fechar()

    def fechar(self):
        """Fecha tudo."""
        self._fechar(self.sockets + self.datagramas)

    def _fechar(self, sockets):
        for sock in sockets:
            sock.close()
        self.sockets = [s for s in self.sockets if s.fileno() != -1]
        self.datagramas = [s for s in self.datagramas if s.fileno() != -1]


def _ligado(familia, tipo, host, porta):
    sock = socket.socket(familia, tipo)
    try:
        if familia == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        elif tipo == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, porta))
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


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
    atraso: segundos, o maior tempo entre dois pedaços da resposta.
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
        self.esperar(lambda: self.mostra(volta) or self.devolve(volta), self.exame.folga)

    def escrito(self, volta):
        """O que o programa escreveu na tela desde a resposta."""
        return self.programa.saida[volta.tela :]

    def mostra(self, volta):
        """A tela mostra a resposta?"""
        return volta.resposta is not None and mostrada(volta.resposta, self.escrito(volta))

    def devolve(self, volta):
        """O cliente já enviou de volta a resposta, com ou sem FIM?"""
        return bool(volta.depois) and devolvida(volta.resposta, volta.depois) is not None

    def enviar(self, volta, *pedacos, espera=0.0, terminador=None):
        """Responde na forma que o cliente entende: com \\n, sem ele, ou encerrando o envio.

        Args:
            pedacos: bytes; o texto inteiro é a soma deles.
            espera: segundos entre os pedaços; um pouco mais, se o cliente ainda não leu o anterior.
            terminador: bytes no lugar do \\n, ou do nada.
        """
        em_linha = volta.pedido.endswith(b"\n") or self.exame.como_le == "linha"
        terminador = (b"\n" if em_linha else b"") if terminador is None else terminador
        volta.resposta = b"".join(pedacos).decode()
        inicio, resto = codificar(ler_pedido(volta.pedido).forma, b"".join(pedacos), terminador)
        *antes, ultimo = pedacos
        volta.tela, anterior = len(self.programa.saida), time.monotonic()
        for i, pedaco in enumerate([*antes, ultimo + resto]):
            if i:
                time.sleep(espera)
                while not (lido := _ja_leu(volta.sock)) and time.monotonic() - anterior < espera + TOLERANCIA:
                    time.sleep(0.005)
                volta.colados |= not lido
                volta.atraso = max(volta.atraso, time.monotonic() - anterior)
            anterior = time.monotonic()
            fim = self.exame.como_le == "fim" and i == len(antes)
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


def _ja_leu(sock):
    """O programa já tirou da fila tudo o que lhe enviamos? Só o Linux conta; nos outros sistemas supõe-se que sim."""
    with contextlib.suppress(OSError):
        ele, nos = (f":{endereco[1]:04X}" for endereco in (sock.getpeername(), sock.getsockname()))
        for tabela in ("/proc/net/tcp", "/proc/net/tcp6"):
            for linha in pathlib.Path(tabela).read_text().splitlines()[1:]:
                campos = linha.split()
                if campos[1].endswith(ele) and campos[2].endswith(nos):
                    return int(campos[4].partition(":")[2], 16) == 0
    return True


def _e_outro_pedido(volta, dados):
    anterior, novo = ler_pedido(volta.pedido), ler_pedido(dados)
    return novo.valor is not None and novo.forma == anterior.forma


def ultima_linha(programa):
    """A última linha que nomeia um erro ou, sem nenhuma, a última."""
    ultima = programa.ultima_linha()
    linhas = [x for x in programa.saida.splitlines() if re.search(r"(Error|Exception)\b", x) and not x.startswith(" ")]
    return visivel(linhas[-1] if linhas else ultima, 120, aspas=False) or "não escreveu nada"


class ExameDeCliente:
    """Examina um cliente.

    Args:
        comando: lista de argumentos que inicia o cliente.
        porta: a que ele se conecta; por padrão, procura-se.
        pasta: onde executá-lo.
        progresso: chamada com (quantos casos já foram, quantos são, título) antes de cada um.
        intervalo_esperado: segundos entre duas voltas; o enunciado pede 10.
        amostras: quantos números se quer ver, ao menos, para falar do sorteio.

    Raises:
        PortaOcupada: outro programa escuta na porta pedida.
        ErroDeUso: o comando não existe.
    """

    def __init__(
        self, comando, porta=None, pasta=None, progresso=lambda feitos, total, titulo: None, *,
        intervalo_esperado=10.0, amostras=24,
    ):  # fmt: skip
        self.comando, self.porta, self.pasta, self.progresso = tuple(comando), porta or None, pasta, progresso
        self.intervalo, self.amostras = intervalo_esperado, amostras
        self.perfil, self.falha_de_inicio = [], ""
        self.numeros = []  # (é o primeiro do processo?, Pedido) de todos os que se viram
        self.como_le = None  # "crua", "linha" ou "fim": o que o faz perceber a resposta; None se nada faz
        self.inicio = 0.0  # segundos que levou para se conectar
        self.sossego = 1.0  # segundos de calma depois de reagir, em quem não fecha
        self.escuta = self.longa = None
        self.guardadas = {}  # trocas que servem a mais de um caso

    @property
    def prazo_de_conexao(self):
        """Segundos para se conectar e pedir."""
        return max(5.0, 4 * self.inicio)

    @property
    def prazo_da_reacao(self):
        """Segundos para reagir à resposta."""
        if self.longa and self.como_le is None:
            return 1.0  # não reagiu a nenhuma, por muito que se esperasse
        return max(3.0, min(6 * self.inicio, 6.0))

    @property
    def folga(self):
        """Segundos para o que foi feito aparecer: a última linha na tela, o fim do processo."""
        return max(0.7, min(3 * self.inicio, 3.0))

    def avaliar(self):
        """Roda todos os casos e devolve a `Avaliacao`."""
        self.comeco = time.monotonic()
        no_codigo = portas_no_codigo(self.comando, self.pasta)
        candidatas = [self.porta] if self.porta else [*no_codigo, *PORTAS_DE_COSTUME]
        self.escuta = Escuta(list(dict.fromkeys(candidatas))[:MAXIMO_DE_PORTAS])
        try:
            if not self.escuta.sockets:
                raise PortaOcupada(
                    f"outro programa escuta na porta {candidatas[0]}, e o avaliador precisa dela para fazer o papel "
                    "do servidor: feche esse programa, ou o servidor que ficou aberto em outro terminal"
                )
            self.progresso(0, len(CASOS), "esperar duas voltas do cliente")
            self._descobrir(no_codigo)
            vereditos, ultimos = {}, [c for nome in FINAIS for c in CASOS if c.nome == nome]
            for i, caso in enumerate([c for c in CASOS if c not in ultimos] + ultimos):
                self.progresso(i, len(CASOS), caso.titulo)
                vereditos[caso] = self._julgar(caso)
        finally:
            self.escuta.fechar()
        self.progresso(len(CASOS), len(CASOS), "pronto")
        em_ordem = tuple(vereditos[caso] for caso in CASOS)
        return Avaliacao("cliente", self.comando, tuple(self.perfil), em_ordem, time.monotonic() - self.comeco)

    @contextlib.contextmanager
    def mesa(self, responder=None):
        """Um processo novo do cliente; ao sair do `with`, nada dele resta.

        Raises:
            SemPedido: o programa é lento, e o tempo do exame acabou.
        """
        lento = self.inicio > LENTO or (self.longa and self.como_le is None)
        if lento and time.monotonic() - self.comeco > ORCAMENTO:
            porque = f"leva {segundos(round(self.inicio))} para se conectar" if self.inicio > LENTO else "não reage"
            raise SemPedido(f"o programa {porque}: faltou tempo")
        programa = Programa(self.comando, self.pasta)
        mesa = None
        try:
            mesa = Mesa(self, programa, responder)
            yield mesa
        finally:
            (mesa or programa).encerrar()

    def _descobrir(self, no_codigo):
        """A execução longa: da primeira conexão à segunda, anotando tudo o que dá para ver."""
        with self.mesa(lambda mesa, volta: mesa.enviar(volta, b"PAR")) as mesa:
            mesa.esperar(lambda: mesa.conexoes or mesa.udp, PRAZO_DE_INICIO)
            if not mesa.conexoes:
                self.falha_de_inicio = self._por_que_nao_conectou(mesa, no_codigo)
                self.perfil.append(self.falha_de_inicio)
                return
            aberta = (mesa.voltas + mesa._vazias)[0]
            self.inicio = aberta.instante - mesa.programa.comeco
            self.porta = aberta.sock.getsockname()[1]
            mesa.manter(self.porta)
            self.perfil.append(f"conecta-se à porta {self.porta}")
            try:
                volta = mesa.primeira()
            except SemPedido as erro:
                como = mesa.queda() or f"em {segundos(round(self.prazo_de_conexao, 1))}"
                self.falha_de_inicio = f"{erro} ({como})"
                self.perfil.append(self.falha_de_inicio)
                return
            self.perfil.append(f"envia {ler_pedido(volta.pedido).descricao}")
            self._como_le(mesa, volta)
            ja_foi = time.monotonic() - volta.instante if self.como_le is None else 0
            mesa.esperar(lambda: len(mesa.pedidos) > 1, 3.3 * self.intervalo - ja_foi)
            self.longa = mesa
            if len(mesa.pedidos) > 1:
                self.perfil.append(
                    f"volta a cada {intervalo(mesa.pedidos)}" + (", na mesma conexão" if mesa.pedidos[1].mesma else "")
                )
            else:
                self.perfil.append("faz um pedido só")

    def _como_le(self, mesa, volta):
        """Insiste até o cliente perceber a resposta, e anota o que foi preciso."""

        def reagiu():
            return volta.fim or volta.depois or mesa.mostra(volta) or len(mesa.pedidos) > 1

        em_linha = volta.pedido.endswith(b"\n")
        for jeito in ("crua", "linha", "fim"):
            if jeito == "linha" and not em_linha:
                volta.ligacao.enviar(b"\n")
            elif jeito == "fim":
                volta.ligacao.despedir()
            if not (jeito == "linha" and em_linha) and mesa.esperar(reagiu, self.prazo_da_reacao):
                self.como_le = jeito
                break
            if mesa.acabou():
                break
        frase = {
            "linha": "só percebe a resposta se ela termina em \\n",
            "fim": "só percebe a resposta quando o servidor encerra o envio",
        }
        if self.como_le in frase:
            self.perfil.append(frase[self.como_le])
        if self.como_le is None and not mesa.acabou():
            self.perfil.append("não dá sinal de perceber a resposta, nem na tela nem na rede")
        if volta.depois and volta.fim is None:  # quem devolve devagar e não fecha: espera-se por ele também depois
            self.sossego = max(self.sossego, min(1.5 * (volta.ultimo - volta.respondida), 2.5))

    def _por_que_nao_conectou(self, mesa, no_codigo):
        programa = mesa.programa
        if mesa.udp:
            return f"o programa fala UDP (na porta {mesa.udp}); este exame é do cliente TCP, que se conecta"
        linha = programa.ultima_linha()
        ultima = f"; a última linha que escreveu: {ultima_linha(programa)}" if linha else ""
        if not programa.vivo:
            return f"o programa terminou sozinho (código {programa.codigo}) sem se conectar{ultima}"
        if programa.escutas():
            return f"o programa escuta na porta {programa.escutas()[0][1]}: parece um servidor, e não um cliente"
        onde = f"à porta {self.porta}" if self.porta else "a nenhuma porta conhecida"
        outras = [str(n) for n in no_codigo if n != self.porta]
        dica = f"; no código e no comando aparecem {', '.join(outras[:5])}" if self.porta and outras else ""
        if self.escuta.ocupadas and not self.porta:
            dica += f"; outro programa já escuta em {', '.join(map(str, self.escuta.ocupadas[:5]))}"
        return f"o programa não se conectou {onde} em {segundos(PRAZO_DE_INICIO)}{dica}{ultima}"

    def _julgar(self, caso):
        def veredito(situacao, explicacao="", **provas):
            return Veredito(caso.nome, caso.codigo, caso.regua, situacao, caso.titulo, explicacao, **provas)

        if self.falha_de_inicio:
            if caso.nome == "conecta":
                causa = "Confira o host e a porta do connect(), e se o programa não espera algo do teclado antes dele."
                return veredito(FALHOU, self.falha_de_inicio, causa=causa)
            return veredito(NAO_DEU, "o cliente não chegou a enviar um pedido")
        if caso.so_texto and self.numeros[0][1].em_binario:
            return veredito(NAO_SE_APLICA, f"o cliente {self.perfil[1]}; a especificação pede texto")
        try:
            if not self.escuta.reabrir(self.porta):
                return veredito(NAO_DEU, f"outro programa tomou a porta {self.porta} durante o exame")
            situacao, explicacao, provas = caso.funcao(self)
        except SemPedido as erro:
            return veredito(NAO_DEU, str(erro))
        return veredito(situacao, explicacao, **provas)
