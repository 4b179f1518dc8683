"""O exame de um cliente: o avaliador faz o papel do servidor, com um processo novo do cliente em cada conversa.

Quase todo o tempo de um cliente é espera (10 s entre duas voltas), e por isso as conversas correm ao mesmo tempo,
algumas de cada vez; a portaria sabe de que processo é cada conexão.
"""

import contextlib
import dataclasses
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from parimpar.texto import segundos

from .bancada import Bancada
from .casos import cliente_enunciado, cliente_especificacao
from .casos.cliente_enunciado import PRESSA, intervalo, intervalos
from .escuta import PontosDeEscuta
from .estreia import estrear
from .exame import Exame, fato
from .pedido import forma_comum, ler_pedido
from .portaria import Portaria
from .portas import PORTAS_DE_COSTUME, portas_no_codigo
from .processo import Programa, escreve_na_hora
from .rodada import as_duas_palavras, dizer_par
from .veredito import Falhou, NaoDeu
from .volta import LENTO

INSISTENCIA = 5.0  # segundos à espera de que a porta pedida fique livre
MAXIMO_DE_PORTAS = 100
AO_MESMO_TEMPO = 4  # processos do cliente; mais que isto, numa máquina pequena, atrasa uns aos outros
DORMINHOCOS = 8  # dos que passam o tempo a dormir
OLHAR_AS_VAGAS = 0.2  # segundos entre duas conferências do prazo, à espera de uma vaga
AMOSTRAS = 48  # números: sem nenhum zero na frente, de um sorteio que os põe em 1 de cada 10, só uma vez em 200
POUCAS_AMOSTRAS = 24
CONCLUSIVAS = 32  # números sem nenhum de até 10 casas: num sorteio justo, (2/3)^32, um caso em 400 mil
TEXTO_CURTO = 4  # bytes de um pedido que pode ser uma coisa ou outra
SONDAS_DA_FORMA = 4  # processos, além do primeiro, que dizem em que forma ele fala
INTERVALOS = 3  # de quem parece ter pressa: na mediana deles não pesa um só que a máquina encurtou
VOLTAS_DE_UM_LACO, FIM_DO_LACO = 20, 12.0  # voltas e segundos com quem volta depressa, para ver se o laço tem fim


class ExameDeCliente(Exame):
    """Examina um cliente.

    Args:
        intervalo_esperado: segundos entre duas voltas; o enunciado pede 10.
        candidatas: as portas em que procurá-lo, em vez das que aparecem no código e das de costume.
        amostras: quantos números se quer ver, ao menos, para falar do sorteio.

    Os outros argumentos são os do `Exame`; sem `porta`, procura-se aquela a que ele se conecta.
    """

    ALVO, CASOS = "cliente", cliente_enunciado.caso + cliente_especificacao.caso

    def __init__(self, *args, intervalo_esperado=10.0, candidatas=(), amostras=AMOSTRAS, **opcoes):
        self._da_thread = threading.local()  # os passos são do caso que está sendo julgado nesta thread
        super().__init__(*args, **opcoes)
        self.intervalo, self.candidatas, self._amostras = intervalo_esperado, list(candidatas), amostras
        self.portaria, self._vagas, self._desistir = None, threading.Semaphore(AO_MESMO_TEMPO), threading.Event()
        self.portas_no_codigo = []

    @property
    def passos(self):
        """Os passos do caso que está sendo julgado nesta thread."""
        return getattr(self._da_thread, "passos", [])

    @passos.setter
    def passos(self, passos):
        self._da_thread.passos = passos

    def resta(self, quantos):
        """O menor entre `quantos` segundos e o que falta do prazo do exame."""
        if self._desistir.is_set():
            raise NaoDeu("o exame foi interrompido", passageiro=False)
        return super().resta(quantos)

    def preparar(self):
        """Escuta na porta pedida, ou em todas as prováveis."""
        self.portas_no_codigo = portas_no_codigo(self.comando, self.pasta)
        procuradas = [self.porta_pedida] if self.porta_pedida else self.candidatas
        procuradas = list(dict.fromkeys(procuradas or [*self.portas_no_codigo, *PORTAS_DE_COSTUME]))[:MAXIMO_DE_PORTAS]
        limite = time.monotonic() + INSISTENCIA
        while not (escuta := PontosDeEscuta(procuradas)).sockets and time.monotonic() < limite:
            escuta.fechar()
        self.portaria = Portaria(escuta, self.resta)

    def recolher(self):
        """Fecha a escuta, e não deixa nenhum TIME_WAIT na porta."""
        if self.portaria:
            self.portaria.escuta.reabrir()
            self.portaria.escuta.desfazer_esperas(self.portaria.esperas)
            self.portaria.escuta.fechar()

    def julgar_todos(self):
        """Os vereditos, na ordem dos casos; quem precisa da porta fechada vai primeiro, e os outros ao mesmo tempo."""
        total = len(self.casos)
        self.progresso(0, total, "esperar o cliente se conectar")
        with contextlib.suppress(Falhou, NaoDeu):
            self.estreia  # noqa: B018 — antes dela não há o que julgar
        with ThreadPoolExecutor(total) as executor:
            try:
                futuros = {}
                for caso in sorted(self.casos, key=lambda caso: caso.nome != "fora-do-ar"):
                    futuros[executor.submit(self.julgar, caso)] = caso
                    while caso.nome == "fora-do-ar" and not next(iter(futuros)).done():
                        if self.portaria.reaberta.wait(OLHAR_AS_VAGAS):
                            break
                for i, _ in enumerate(as_completed(futuros)):
                    faltam = [caso.titulo for futuro, caso in futuros.items() if not futuro.done()]
                    self.progresso(min(i + 1, total - 1), total, faltam[0] if faltam else "pronto")
            except BaseException:
                self._desistir.set()
                raise
        vereditos = {caso: futuro.result() for futuro, caso in futuros.items()}
        return [vereditos[caso] for caso in self.casos]

    def iniciar(self, comando):
        """Um processo novo do cliente."""
        return Programa(comando, self.pasta, self.entrada, self.isolamento)

    @contextlib.contextmanager
    def bancada(self, responder=None, ritmo=None, espera=False, **como):
        """Uma `Bancada`, quando houver vaga; ao sair do `with`, nada do processo resta.

        Args:
            responder, como: os da `Bancada`.
            ritmo: o `Ritmo` dele; por padrão, o medido.
            espera: quase todo o tempo é espera, e não precisa de vaga.

        Raises:
            NaoDeu: o tempo do exame acabou, ou outro programa tomou a porta.
        """
        ritmo = ritmo or self.ritmo
        while not espera and not self._vagas.acquire(timeout=self.resta(OLHAR_AS_VAGAS)):
            pass
        try:
            with Bancada(self, ritmo, responder, **como) as bancada:
                yield bancada
        finally:
            if not espera:
                self._vagas.release()

    def em_paralelo(self, fazer, vezes, basta=lambda: False):
        """Faz `fazer()` até `vezes` vezes, algumas ao mesmo tempo, ou até `basta()`; devolve a lista do que fez.

        Raises:
            Desfecho: o que `fazer` levantou, depois de todas terminarem.
        """

        def uma():
            return None if basta() else fazer()

        with ThreadPoolExecutor(min(vezes, DORMINHOCOS if self.estreia.ocioso else AO_MESMO_TEMPO)) as executor:
            futuros = [executor.submit(uma) for _ in range(vezes)]
        return [feito for futuro in futuros if (feito := futuro.result()) is not None]

    @property
    def escreve_na_hora(self):
        """O que o programa imprime aparece logo?"""
        return escreve_na_hora(self.comando, self.pasta)

    @property
    def porta(self):
        """A porta a que o cliente se conecta."""
        return self.estreia.porta

    @property
    def paciencia(self):
        """Segundos que se espera pela segunda volta."""
        return 3.3 * self.intervalo + self.estreia.ritmo.parado

    @fato
    def estreia(self):
        """A `Estreia`: o primeiro processo do cliente.

        Raises:
            Falhou: ele não se conecta, ou não pede nada.
            NaoDeu: não é culpa dele.
        """
        if not self.portaria.escuta.sockets:
            raise NaoDeu(
                f"outro programa escuta na porta {self.portaria.escuta.ocupadas[0]}, e o avaliador precisa dela para "
                "fazer o papel do servidor: feche esse programa, ou o servidor que ficou aberto em outro terminal",
                passageiro=False,
            )
        estreia = estrear(self, self.comando)
        self.portaria.uma_por_vez |= estreia.apressado
        for _ in range(DORMINHOCOS - AO_MESMO_TEMPO if estreia.ocioso else 0):
            self._vagas.release()
        return estreia

    @fato
    def ritmo(self):
        """Como o cliente reage, e em que forma fala."""
        return dataclasses.replace(self.estreia.ritmo, forma=forma_comum(self._primeiros))

    @fato
    def _primeiros(self):
        """(pedido, tela) de alguns processos, quando um só pode enganar sobre a forma em que o cliente fala."""
        estreia = self.estreia
        vistos = [(estreia.pedido, estreia.saida)]
        if len(estreia.pedido.strip()) >= TEXTO_CURTO and re.fullmatch(rb"[+-]?\d+\s*", estreia.pedido):
            return vistos
        return vistos + self.em_paralelo(lambda: self._um_numero(estreia.ritmo), SONDAS_DA_FORMA)

    def _um_numero(self, ritmo):
        """(os bytes do primeiro pedido de um processo novo, a tela dele)."""
        with self.bancada(None, ritmo) as bancada:
            volta = bancada.primeira()
        return volta.pedido, bancada.programa.saida

    @property
    def primeiro(self):
        """O primeiro pedido do primeiro processo, lido."""
        return ler_pedido(self.estreia.pedido, self.ritmo.forma)

    @fato
    def rodadas(self):
        """As `Rodada` em que o servidor diz PAR e ÍMPAR, com verdade e mentindo."""
        return as_duas_palavras(self)

    @property
    def com_impar(self):
        """Uma `Rodada` em que o servidor disse ÍMPAR."""
        for rodada in sorted(self.rodadas, key=lambda r: r.mentira):
            if rodada.resposta == "ÍMPAR":
                return rodada
        raise NaoDeu("o cliente não deu ocasião de dizer ÍMPAR", passageiro=False)

    @fato
    def pedidos(self):
        """O primeiro pedido de cada um de vários processos, lidos."""
        estreia, forma = self.estreia, self.ritmo.forma
        vistos = [ler_pedido(dados, forma) for dados, _ in self._primeiros] + [r.pedido for r in self.rodadas]
        devagar = estreia.apressado or estreia.ritmo.parado > LENTO  # um processo de cada vez, ou cada um demora
        quantos = min(self._amostras, POUCAS_AMOSTRAS) if devagar else self._amostras
        novos = []

        def basta():
            casas = [p.casas for p in (*vistos, *novos)]
            return len(casas) >= quantos and (
                any(n <= 10 for n in casas) == any(n > 10 for n in casas) or len(casas) >= 32
            )

        def um():
            novos.append(ler_pedido(self._um_numero(self.ritmo)[0], forma))

        self.em_paralelo(um, max(quantos, POUCAS_AMOSTRAS if devagar else CONCLUSIVAS) - len(vistos), basta)
        return tuple(vistos + novos)

    @fato
    def longa(self):
        """A `Bancada`, já encerrada, de um processo visto da primeira conexão à segunda volta, ou até mais longe."""
        with self.bancada(dizer_par, espera=True) as bancada:

            def volta_antes(de):
                return len(bancada.pedidos) > 1 and intervalos(bancada.pedidos)[0] < de

            bancada.primeira()
            bancada.esperar(lambda: len(bancada.pedidos) > 1, self.paciencia)
            if volta_antes(PRESSA * self.intervalo):
                # Num setInterval, é o que se vê quando só a primeira volta atrasou: as seguintes o dizem.
                bancada.esperar(lambda: len(bancada.pedidos) > INTERVALOS, INTERVALOS * self.intervalo)
            if volta_antes(self.intervalo / 2):  # dá para ver se o laço tem fim
                bancada.esperar(lambda: len(bancada.pedidos) > VOLTAS_DE_UM_LACO, FIM_DO_LACO)
        return bancada

    @property
    def seguintes(self):
        """Os pedidos de um mesmo processo depois do primeiro, lidos."""
        return [ler_pedido(volta.pedido, self.ritmo.forma) for volta in self.longa.pedidos[1:]]

    def perfil(self):
        """O que se descobriu do cliente, em frases."""
        estreia, ritmo = self.sabido("estreia"), self.sabido("ritmo")
        if estreia is None:
            falha = self.fatos.get("estreia", (None, None))[1]
            return [falha.explicacao] if falha else []
        forma = ritmo.forma if ritmo else None
        frases = [f"conecta-se à porta {estreia.porta}", f"envia {ler_pedido(estreia.pedido, forma).descricao}"]
        frases.append({
            "linha": "só percebe a resposta se ela termina em \\n",
            "fim": "só percebe a resposta quando o servidor encerra o envio",
            None: "não dá sinal de perceber a resposta, nem na tela nem na rede",
        }.get(estreia.ritmo.como_le, ""))  # fmt: skip
        if estreia.ritmo.parado > LENTO:
            frases.append(f"é lento: leva {segundos(round(estreia.ritmo.parado))} para pedir e reagir à resposta")
        if longa := self.sabido("longa"):
            volta = f"volta a cada {intervalo(longa.pedidos)}" if len(longa.pedidos) > 1 else "faz um pedido só"
            frases.append(f"{volta}{', na mesma conexão' * (len(longa.pedidos) > 1 and longa.pedidos[1].mesma)}")
        if estreia.comando != self.comando:
            frases.append("abre uma janela: foi executado com uma tela virtual")
        return [frase for frase in frases if frase]
