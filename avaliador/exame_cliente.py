"""O exame de um cliente: o avaliador faz o papel do servidor, com um processo novo do cliente em cada caso."""

import contextlib
import time

from parimpar.erros import PortaOcupada
from parimpar.texto import segundos

from .bancada import Mesa, SemPedido, ultima_linha
from .caso import escolher
from .casos import cliente_enunciado, cliente_especificacao
from .casos.cliente_enunciado import CAIU, intervalo
from .escuta import PORTAS_DE_COSTUME, Escuta, portas_no_codigo
from .pedido import ler_pedido
from .processo import Programa
from .relatorio import Avaliacao
from .veredito import FALHOU, NAO_DEU, NAO_SE_APLICA, Veredito

CASOS = cliente_enunciado.caso + cliente_especificacao.caso
FINAIS = ("casas", "numero", "algarismos", "zeros", "sorteio")  # julgados depois dos outros, com tudo o que se viu
LONGOS = ("fecha", "repete", "fechado", "fora-do-ar")  # precisam ver duas voltas seguidas
PRAZO_DE_INICIO = 13.0  # segundos para se conectar na primeira vez: há clientes que esperam 10 s antes
ORCAMENTO = 75.0  # segundos; um programa que demora para se conectar, ou que não reage, não prende o exame
LENTO = 4.0  # segundos até se conectar: daqui em diante vale o orçamento
MAXIMO_DE_PORTAS = 100
CONFIRA = "Confira o host e a porta do connect(), e se o programa não espera algo do teclado antes dele."
PECA = "Depois do connect, envie o número: client_socket.sendall(numero.encode())."


class ExameDeCliente:
    """Examina um cliente.

    Args:
        comando: lista de argumentos que inicia o cliente.
        porta: a que ele se conecta; por padrão, procura-se.
        pasta: onde executá-lo.
        so: uma régua, ou nomes de casos; por padrão, todos.
        progresso: chamada com (quantos casos já foram, quantos são, título) antes de cada um.
        intervalo_esperado: segundos entre duas voltas; o enunciado pede 10.
        candidatas: as portas em que procurá-lo, em vez das que aparecem no código e das de costume.
        amostras: quantos números se quer ver, ao menos, para falar do sorteio.

    Raises:
        PortaOcupada: outro programa escuta na porta pedida.
        ErroDeUso: o comando não existe.
    """

    def __init__(
        self, comando, porta=None, pasta=None, progresso=lambda feitos, total, titulo: None, so=None, *,
        intervalo_esperado=10.0, candidatas=(), amostras=24,
    ):  # fmt: skip
        self.casos = escolher(CASOS, so)
        self.comando, self.porta, self.pasta, self.progresso = tuple(comando), porta or None, pasta, progresso
        self.intervalo, self.candidatas, self.amostras = intervalo_esperado, list(candidatas), amostras
        self.perfil, self.falha_de_inicio, self.causa = [], "", CONFIRA
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
        """Segundos para o que foi feito aparecer: a última linha na tela, o fim do processo.

        Numa máquina lenta espera-se mais, mas nunca até a volta seguinte: o que ela mostra já é outra história.
        """
        pedidos = self.longa.pedidos if self.longa else ()
        volta = pedidos[1].instante - pedidos[0].instante if len(pedidos) > 1 else self.intervalo
        return min(max(0.7, min(3 * self.inicio, 3.0)), max(0.4, volta / 2))

    def avaliar(self):
        """Roda todos os casos e devolve a `Avaliacao`."""
        self.comeco = time.monotonic()
        no_codigo = portas_no_codigo(self.comando, self.pasta)
        candidatas = [self.porta] if self.porta else self.candidatas or [*no_codigo, *PORTAS_DE_COSTUME]
        self.escuta = Escuta(list(dict.fromkeys(candidatas))[:MAXIMO_DE_PORTAS])
        try:
            if not self.escuta.sockets:
                raise PortaOcupada(
                    f"outro programa escuta na porta {candidatas[0]}, e o avaliador precisa dela para fazer o papel "
                    "do servidor: feche esse programa, ou o servidor que ficou aberto em outro terminal"
                )
            self.progresso(0, len(self.casos), "esperar duas voltas do cliente")
            self._descobrir(no_codigo)
            vereditos, ultimos = {}, [c for nome in FINAIS for c in self.casos if c.nome == nome]
            for i, caso in enumerate([c for c in self.casos if c not in ultimos] + ultimos):
                self.progresso(i, len(self.casos), caso.titulo)
                vereditos[caso] = self._julgar(caso)
        finally:
            self.escuta.fechar()
        self.progresso(len(self.casos), len(self.casos), "pronto")
        em_ordem = tuple(vereditos[caso] for caso in self.casos)
        return Avaliacao(
            "cliente", self.comando, tuple(self.perfil), em_ordem, time.monotonic() - self.comeco,
            parcial=len(self.casos) < len(CASOS),
        )  # fmt: skip

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
                self.falha_de_inicio, self.causa = f"{erro} ({como})", CAIU if mesa.queda() else PECA
                self.perfil.append(self.falha_de_inicio)
                return
            self.perfil.append(f"envia {ler_pedido(volta.pedido).descricao}")
            self._como_le(mesa, volta)
            self.longa = mesa
            if not any(caso.nome in LONGOS for caso in self.casos):
                return
            ja_foi = time.monotonic() - volta.instante if self.como_le is None else 0
            mesa.esperar(lambda: len(mesa.pedidos) > 1, 3.3 * self.intervalo - ja_foi)
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
            self.causa = CAIU if mesa.queda() else CONFIRA
            return f"o programa terminou sozinho (código {programa.codigo}) sem se conectar{ultima}"
        if programa.escutas():
            return f"o programa escuta na porta {programa.escutas()[0][1]}: parece um servidor, e não um cliente"
        onde = f"à porta {self.porta}" if self.porta else "a nenhuma porta conhecida"
        outras = [str(n) for n in no_codigo if n != self.porta]
        dica = f"; no código e no comando aparecem {', '.join(outras[:5])}" if self.porta and outras else ""
        if self.escuta.ocupadas and not self.porta:
            self.causa = "Feche o servidor que ficou aberto em outro terminal: o avaliador precisa da porta dele."
            dica += f"; outro programa já escuta em {', '.join(map(str, self.escuta.ocupadas[:5]))}"
        return f"o programa não se conectou {onde} em {segundos(PRAZO_DE_INICIO)}{dica}{ultima}"

    def _julgar(self, caso):
        def veredito(situacao, explicacao="", **provas):
            return Veredito(caso.nome, caso.codigo, caso.regua, situacao, caso.titulo, explicacao, **provas)

        if self.falha_de_inicio:
            if caso is self.casos[0]:
                return veredito(FALHOU, self.falha_de_inicio, causa=self.causa)
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
