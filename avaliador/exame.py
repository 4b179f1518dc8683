"""O que o exame de um servidor e o de um cliente têm em comum: os fatos, os sorteios, os prazos e o motor dos casos."""

import os
import pathlib
import random
import threading
import time
import traceback

from parimpar.erros import ErroParimpar

from .caixa import NENHUM
from .caso import escolher
from .conselhos import Conselho, lingua_de
from .partida import TECLADO
from .processo import MARCA_DO_TECLADO
from .relatorio import Avaliacao
from .veredito import Desfecho, Falhou, NaoDeu, Passou, Tolerado, Veredito

PRAZO = 85.0  # segundos para o exame inteiro de um programa que não responde, ou que trava: o relatório sai assim mesmo
CARGA_MAXIMA = 3.0  # processos à espera, por processador: até aqui o prazo cresce com eles
TENTATIVAS = 3  # de um caso que não deu para julgar por um motivo passageiro
PAUSA = 0.5  # segundos entre elas
SEMENTES = 10**6  # quantas há, para ser fácil repetir uma


class fato:  # noqa: N801
    """Um fato do programa: descobre-se na primeira vez que alguém pergunta, com uma sonda própria, e não muda mais.

    Usa-se como decorador de um método do exame, e lê-se como um atributo. O `Desfecho` que a sonda levanta também é
    guardado, e levantado de novo a quem perguntar; o `NaoDeu` passageiro, só depois de algumas tentativas. Os passos da
    sonda não se misturam aos do caso que perguntou.
    """

    def __init__(self, sonda):
        self._sonda, self.__doc__ = sonda, sonda.__doc__

    def __set_name__(self, dono, nome):
        self._nome = nome

    def __get__(self, exame, dono=None):
        if exame is None:
            return self
        with exame.trancas.setdefault(self._nome, threading.RLock()):  # dois casos ao mesmo tempo: um espera pelo outro
            if self._nome not in exame.fatos:
                do_caso, exame.passos = exame.passos, []
                try:
                    exame.fatos[self._nome] = (self._sonda(exame), None)
                except Desfecho as fim:
                    fim.passos = tuple(exame.passos) if fim.passos is None else fim.passos
                    exame.tropecos[self._nome] = exame.tropecos.get(self._nome, 0) + 1
                    if isinstance(fim, NaoDeu) and fim.passageiro and exame.tropecos[self._nome] < TENTATIVAS:
                        raise
                    exame.fatos[self._nome] = (None, fim)
                finally:
                    exame.passos = do_caso
        valor, fim = exame.fatos[self._nome]
        if fim is not None:
            raise fim.with_traceback(None)
        return valor

    def __set__(self, exame, valor):
        raise AttributeError(f"{self._nome} é um fato: descobre-se, e não se escreve")


class Exame:
    """Examina um programa; as subclasses dizem os casos e os fatos.

    Um caso é uma função do exame. Ele pergunta primeiro os fatos de que precisa (`exame.forma`), depois conversa com o
    programa, e devolve ou levanta um `Desfecho`; não devolver nada é OK. Nenhum caso escreve no exame, e por isso o veredito
    é o mesmo com o caso sozinho, no exame inteiro e em qualquer ordem.

    Args:
        comando: lista de argumentos que inicia o programa.
        porta: a dele; por padrão, descobre-se.
        pasta: onde executá-lo.
        progresso: chamada com (quantos casos já foram, quantos são, título) antes de cada um.
        so: uma régua, ou nomes de casos; por padrão, todos.
        semente: a dos sorteios; por padrão, outra a cada exame.
        entrada: o texto que o programa lê do teclado.
        isolamento: o da caixa em que executa (caixa.py), e o relatório o diz; por padrão, nenhum, e não o diz.
    """

    ALVO, CASOS = "", ()

    def __init__(
        self, comando, porta=None, pasta=None, progresso=lambda feitos, total, titulo: None, so=None, *,
        semente=None, entrada="", isolamento=None,
    ):  # fmt: skip
        self.casos = escolher(self.CASOS, so)
        self.comando, self.pasta, self.progresso = tuple(comando), pasta, progresso
        self.porta_pedida, self.entrada = porta or None, entrada
        self.isolamento, self._dizer_isolamento = isolamento or NENHUM, isolamento
        self.semente = random.randrange(SEMENTES) if semente is None else semente
        self.fatos, self.trancas, self.tropecos = {}, {}, {}  # só a classe fato mexe aqui
        self.passos = []  # os do caso que está sendo julgado; só o motor os troca
        self.comeco = time.monotonic()

    def sorteio(self, nome):
        """Um gerador só deste caso, ou desta sonda: o que ele sorteia depende da semente e do nome, e não da ordem."""
        return random.Random(f"{self.semente} {nome}")

    @property
    def prazo(self):
        """Segundos para o exame inteiro; numa máquina ocupada tudo demora mais, e não é culpa do programa."""
        carga = os.getloadavg()[0] / (os.cpu_count() or 1) if hasattr(os, "getloadavg") else 1
        return PRAZO * min(max(carga, 1), CARGA_MAXIMA)

    def resta(self, segundos):
        """O menor entre `segundos` e o que falta do prazo do exame.

        Raises:
            NaoDeu: o prazo já acabou.
        """
        falta = self.comeco + self.prazo - time.monotonic()
        if falta <= 0:
            raise NaoDeu("o tempo do exame acabou antes do fim deste caso", passageiro=False)
        return min(segundos, falta)

    def sabido(self, nome):
        """Um fato que já se descobriu, sem perguntá-lo; None se ainda não, ou se não deu."""
        return self.fatos.get(nome, (None, None))[0]

    def admitir(self, caso):
        """Levanta `NaoSeAplica` se o caso não se aplica a este programa."""

    def perfil(self):
        """O que se sabe do programa, em frases; só conta o que já se descobriu."""
        return ()

    def preparar(self):
        """O que se faz antes do primeiro caso."""

    def recolher(self):
        """O que se faz no fim, haja o que houver."""

    def avaliar(self):
        """Roda todos os casos e devolve a `Avaliacao`."""
        self.comeco = time.monotonic()
        try:
            self.preparar()
            vereditos = self.julgar_todos()
        finally:
            self.recolher()
        self.progresso(len(self.casos), len(self.casos), "pronto")
        return Avaliacao(
            self.ALVO, self.comando, tuple(map(_sem_marca, self.perfil())), tuple(vereditos),
            time.monotonic() - self.comeco, parcial=len(self.casos) < len(self.CASOS), semente=self.semente,
            isolamento=self._dizer_isolamento,
        )  # fmt: skip

    def julgar_todos(self):
        """Os `Veredito` dos casos pedidos, na ordem deles."""
        vereditos = []
        for i, caso in enumerate(self.casos):
            self.progresso(i, len(self.casos), caso.titulo)
            vereditos.append(self.julgar(caso))
        return vereditos

    def julgar(self, caso):
        """O `Veredito` de um caso; o que não deu por um motivo passageiro é tentado de novo."""
        for vez in range(TENTATIVAS):
            self.passos = []
            fim = self._executar(caso)
            if not (isinstance(fim, NaoDeu) and fim.passageiro) or vez == TENTATIVAS - 1:
                break
            time.sleep(PAUSA)
        causa = fim.causa.em(lingua_de(self.comando, self.pasta)) if isinstance(fim.causa, Conselho) else fim.causa
        return Veredito(
            caso.nome, caso.codigo, caso.regua, fim.situacao, caso.titulo, _sem_marca(fim.explicacao),
            fim.esperado, fim.recebido, causa, tuple(self.passos if fim.passos is None else fim.passos), fim.vale,
        )  # fmt: skip

    def _executar(self, caso):
        try:
            self.resta(0)
            self.admitir(caso)
            return _sem_teclado(caso.funcao(self) or Passou())
        except Desfecho as fim:
            return _sem_teclado(fim)
        except (ErroParimpar, KeyboardInterrupt):
            raise
        except Exception as erro:  # um erro do avaliador não é do programa, e não impede o relatório
            onde = traceback.extract_tb(erro.__traceback__)[-1]
            lugar = f"{pathlib.Path(onde.filename).name}, linha {onde.lineno}"
            return NaoDeu(
                f"o avaliador errou neste caso ({type(erro).__name__}, {lugar}): avise quem o mantém", passageiro=False
            )


def _sem_marca(frase):
    """A frase própria para o relatório: a marca é só para o motor."""
    return frase.replace(MARCA_DO_TECLADO, "")


def _sem_teclado(fim):
    """O mesmo desfecho; mas de quem caiu porque perguntou algo no teclado, no meio do exame, não se sabe o que faria."""
    if not (isinstance(fim, (Falhou, Tolerado)) and MARCA_DO_TECLADO in fim.explicacao):
        return fim
    return NaoDeu(f"no exame não há teclado: {fim.explicacao}", causa=TECLADO, passageiro=False, passos=fim.passos)
