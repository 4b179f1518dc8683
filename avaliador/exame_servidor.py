"""O exame de um servidor: cada caso num processo novo, com tráfego de verdade e prazo."""

import contextlib
import time
from dataclasses import dataclass

from parimpar.texto import segundos

from . import redes
from .bancada_servidor import BancadaDeServidor
from .caixa import BWRAP
from .casos import servidor_enunciado, servidor_especificacao
from .casos.servidor_conselhos import da_excecao
from .descoberta import MUITAS, demora_de_muitas, descobrir
from .exame import Exame, fato
from .formas import LINHA
from .partida import PRAZO as PRAZO_DE_INICIO
from .partida import PortaPresa, esperar_livre, partir, quem_segura
from .portas import portas_no_codigo
from .veredito import Desfecho, Falhou, NaoDeu, NaoSeAplica

CASOS = servidor_enunciado.caso + servidor_especificacao.caso
PRAZO = 2.0  # segundos até o primeiro byte de uma resposta, para quem responde na hora
PROXIMO = 13.0  # segundos que o cliente seguinte pode ter de esperar: há servidores que aceitam um a cada 10 s
DEVAGAR = 0.7  # segundos: daqui em diante se diz que o servidor demora
POUCOS = 8  # casos que não vale a pena repartir
VEZES = 3  # quantas se inicia o programa, se a porta dele está presa
POR_DEMORA = 50  # segundos a mais no prazo do exame, por segundo que o servidor demora para responder
POR_ESPERA = 25  # idem, por segundo que o cliente seguinte espera


@dataclass(frozen=True)
class Proximo:
    """O que acontece com o cliente que vem depois do primeiro.

    atendido: recebeu resposta.
    demora: segundos que esperou por ela.
    terminou: o programa tinha terminado.
    escuta: o programa, se não o atendeu, ainda escutava na porta.
    queda: a exceção que escreveu, se não o atendeu.
    passos: o que passou pela rede.
    """

    atendido: bool
    demora: float
    terminou: bool
    escuta: bool
    queda: str
    passos: tuple


class ExameDeServidor(Exame):
    """Examina um servidor.

    Args:
        processos: quantos casos ao mesmo tempo, cada um na sua rede (redes.py); só com o isolamento que as dá.

    Os outros argumentos são os de `Exame`, e a porta é aquela em que ele escuta.
    """

    ALVO, CASOS = "servidor", CASOS

    def __init__(self, *args, processos=1, **opcoes):
        super().__init__(*args, **opcoes)
        self._processos = processos if self.isolamento == BWRAP else 1
        self._aberta = None  # a bancada em uso: a porta do programa é uma só
        self._esperado = 0.0  # segundos gastos à espera de uma porta que outro deixou presa

    def julgar_todos(self):
        """Os vereditos, na ordem dos casos; muitos casos, alguns ao mesmo tempo."""
        if self._processos == 1 or len(self.casos) < POUCOS:
            return super().julgar_todos()
        self.progresso(0, len(self.casos), "descobrir como o servidor responde")
        with contextlib.suppress(Desfecho):
            self.proximo  # noqa: B018 — antes dele descobrem-se os outros fatos
        vereditos = redes.julgar(self, self._processos)
        return [vereditos.get(caso) or self.julgar(caso) for caso in self.casos]

    @fato
    def partida(self):
        """A `Partida`: onde escuta, por que protocolo, quanto demora para começar."""
        programa, partida = self._partir(self.comando, PRAZO_DE_INICIO)
        programa.encerrar()
        return partida

    @fato
    def descoberta(self):
        """A `Descoberta`: em que forma quer o pedido, e quanto demora para responder."""
        return descobrir(self)

    @fato
    def demora(self):
        """Segundos até a resposta mais lenta das primeiras: a um algarismo e a um número de muitas casas."""
        return max(self.descoberta.demora, demora_de_muitas(self, self.forma))

    @fato
    def proximo(self):
        """O `Proximo`: se atende um segundo cliente, depois do primeiro."""
        with self.bancada() as bancada:
            primeira = bancada.ligar()
            bancada.pedir(self.impar("o primeiro", 1), primeira)
            primeira.despedir()
            bancada.programa.terminou(0.5)  # quem atende um só termina agora: o próximo não pode chegar no meio disso
            comeco = time.monotonic()
            atendido = bancada.ainda_atende(self.resta(max(PROXIMO, self.prazo_da_resposta)))
            demora = time.monotonic() - comeco
            terminou = not atendido and bancada.programa.terminou(1)
            escuta = atendido or bancada.escuta()
            queda = "" if atendido else bancada.queda()
            return Proximo(atendido, demora, terminou, escuta, queda, tuple(bancada.passos))

    @property
    def forma(self):
        """A `Forma` em que quer o pedido."""
        return self.descoberta.forma

    @property
    def um_cliente_so(self):
        """Depois do primeiro cliente, ninguém mais é atendido?"""
        return not self.proximo.atendido

    @property
    def prazo_da_resposta(self):
        """Segundos até o primeiro byte de uma resposta, medidos nas primeiras que ele deu; um caso sabe-os já ao abrir a bancada."""
        return PRAZO + 2 * max((self.sabido("demora") or 0) - 0.1, 0)

    @property
    def prazo_do_proximo(self):
        """Segundos até a resposta a um cliente que vem depois de outro."""
        espera = self.proximo.demora if self.proximo.atendido else 0
        return max(self.prazo_da_resposta, 1.3 * espera + 1)

    @property
    def silencio(self):
        """Segundos sem nada que bastam para dizer que ele não respondeu ao que não pede resposta."""
        return max(0.6, 1.3 * self.demora + 0.3)

    @property
    def prazo(self):
        """Segundos para o exame inteiro: quem responde devagar tem mais."""
        demora, proximo = self.sabido("demora") or 0, self.sabido("proximo")
        espera = proximo.demora if proximo and proximo.atendido else 0
        return (
            super().prazo
            + self._esperado
            + POR_DEMORA * (demora > DEVAGAR) * demora
            + POR_ESPERA * (espera > DEVAGAR) * espera
        )

    def impar(self, nome, casas):
        """Um número ímpar sorteado para este caso, em texto."""
        return self._sortear(nome, casas, "13579")

    def par(self, nome, casas):
        """Um número par sorteado para este caso, em texto, diferente de zero."""
        return self._sortear(nome, casas, "02468" if casas > 1 else "2468")

    def _sortear(self, nome, casas, ultimos):
        sorteio = self.sorteio(f"{nome} {casas}")
        inicio = [sorteio.choice("123456789")] if casas > 1 else []
        return "".join(inicio + sorteio.choices("0123456789", k=max(casas - 2, 0)) + [sorteio.choice(ultimos)])

    @contextlib.contextmanager
    def bancada(self, forma=None):
        """Um processo novo, já escutando; ao sair do `with`, nada dele resta.

        Os fatos que o caso usa têm de ser perguntados antes: cada um inicia o programa por sua conta, e a porta é uma só. A
        um `Falhou` que sai do `with` se acrescenta como o programa caiu, se caiu.
        """
        partida = self.partida
        if forma is None:  # um caso, ou uma sonda que espera respostas: a demora delas também se sabe antes
            forma, _ = self.forma, self.demora
        if self._aberta and self._aberta.programa.vivo:
            raise RuntimeError("uma bancada já está aberta: pergunte os fatos antes de abri-la")
        programa, esta = self._partir(partida.comando, max(5.0, 4 * partida.demora), partida.endereco[1])
        de_antes, bancada = self._aberta, BancadaDeServidor(self, programa, esta, forma)
        self._aberta = bancada
        try:
            yield bancada
        except Falhou as fim:
            self._dizer_como_caiu(fim, bancada)
            raise
        finally:
            self._aberta = de_antes
            bancada.encerrar()

    def volta(self, porta):
        """Inicia o programa de novo, com a porta ainda presa por uma conexão; diz se conseguiu escutar nela.

        Raises:
            NaoDeu: escolhe outra porta a cada vez.
        """
        partida = self.partida
        try:
            programa, esta = partir(partida.comando, self.pasta, None, porta, self.entrada, suspeita=porta, isolamento=self.isolamento)
        except PortaPresa:
            return False
        programa.encerrar()
        if esta.endereco[1] != porta:
            raise NaoDeu("escolhe outra porta a cada vez", passageiro=False)
        return True

    def _dizer_como_caiu(self, fim, bancada):
        if fim.recebido:
            return  # respondeu: o que errou foi a resposta
        queda, programa = bancada.queda(), bancada.programa
        if queda and queda not in fim.explicacao:
            fim.explicacao += f"; {bancada.quem_caiu()}: {queda}"
        elif programa.excesso:
            fim.explicacao += f"; o programa foi {programa.excesso}"
        elif not programa.vivo and not programa.encerrado and not queda and "terminou" not in fim.explicacao:
            fim.explicacao += f"; o programa terminou (código {programa.codigo})"
        fim.causa = self.cura(queda) or fim.causa

    def cura(self, queda):
        """O conselho para uma exceção; "" se não há um melhor que o do caso."""
        return da_excecao(queda)

    def _partir(self, comando, prazo, preferida=None):
        """Inicia o programa; se a porta está presa por uma conexão que já acabou, espera que se solte."""
        pedida = None if preferida else self.porta_pedida
        porta = preferida or pedida or self._porta_ocupada()
        for vez in range(VEZES):
            try:
                return partir(comando, self.pasta, pedida, preferida, self.entrada, prazo, porta, self.isolamento)
            except PortaPresa as fim:
                comeco = time.monotonic()
                if vez == VEZES - 1 or not esperar_livre(porta):
                    raise fim.desfecho from None
                self._esperado += time.monotonic() - comeco  # não foi o programa quem gastou este tempo

    def _porta_ocupada(self):
        """Das portas que aparecem no código, a primeira que outro programa já usa."""
        return next((porta for porta in portas_no_codigo(self.comando, self.pasta) if quem_segura(porta)), None)

    def admitir(self, caso):
        """Um caso que não se aplica a este programa nem começa."""
        if caso.so_tcp and self.partida.udp:
            raise NaoSeAplica("o servidor fala UDP: não há conexão")
        if caso.so_texto and not self.forma.texto:
            raise NaoSeAplica(f"o servidor entende o pedido como {self.forma.descricao}; a especificação pede texto")

    def perfil(self):
        """O que se descobriu, em frases."""
        return tuple(self._frases())

    def _frases(self):
        partida, descoberta, demora, proximo = map(self.sabido, ("partida", "descoberta", "demora", "proximo"))
        if partida:
            if self.porta_pedida not in (None, partida.endereco[1]):
                yield f"escuta na porta {partida.endereco[1]}, e não na {self.porta_pedida} que se pediu"
            if partida.endereco[0] == "::1":
                yield "só aceita conexões por IPv6 (::1)"
            if partida.udp:
                yield "fala UDP, e é julgado pelo que responde: o que só existe numa conexão TCP não se aplica"
            if self.comando != partida.comando:
                yield "abre uma janela: foi executado com uma tela virtual"
        for nome in ("partida", "descoberta"):
            if fim := self.fatos.get(nome, (None, None))[1]:
                yield fim.explicacao
                return
        if partida is None or descoberta is None:
            return
        yield f"entende o pedido como {descoberta.forma.descricao}"
        if descoberta.forma is LINHA:
            yield "sem \\n não responde: não atende um cliente que segue o enunciado à risca"
        if descoberta.demora > DEVAGAR:
            yield f"demora {segundos(round(descoberta.demora, 1))} para responder"
        elif demora and demora > DEVAGAR:
            yield f"demora {segundos(round(demora, 1))} para responder a um número de {descoberta.forma.casas or MUITAS} casas"
        if proximo and proximo.atendido and proximo.demora - descoberta.demora > DEVAGAR:
            yield f"o cliente seguinte esperou {segundos(round(proximo.demora, 1))} para ser atendido"
