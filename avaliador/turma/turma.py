"""A turma examinada: acha as entregas, julga uma cópia de cada uma, e uma entrega ruim não para as outras.

Com isolamento, cada entrega é julgada num processo à parte, com a sua rede. Sem ele, duas que usam a mesma porta esperam
uma pela outra, e as demais são examinadas ao mesmo tempo. Cada resultado é gravado assim que sai: um Ctrl-C, ou um corte de
luz, só perde o que estava sendo julgado.
"""

import contextlib
import os
import pathlib
import shutil
import tempfile
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from parimpar.erros import ErroDeUso
from parimpar.texto import visivel

from ..caixa import BWRAP, disponivel
from ..veredito import ENUNCIADO
from . import figura, tabela, vista
from .devolucao import gravar
from .entrega import ALVOS, Pedido, julgar, julgar_a_parte
from .envios import achar_envios
from .folego import Folego
from .maquinas import Maquinas
from .resultado import Resultado

SEM_REDE = 2  # entregas ao mesmo tempo sem uma rede para cada: esperam pelas portas umas das outras


class Turma:
    """As entregas de uma turma e, depois de `avaliar()`, os resultados; mostra-se como tabela, também no notebook.

    Args:
        origem: a pasta, com uma subpasta por entrega, ou o zip que o Moodle dá.
        paralelas: quantas entregas examinar ao mesmo tempo; por padrão, as que a máquina aguenta (folego.py).
        progresso: chamada com (quantos programas já foram, quantos são, o que está sendo feito).
        opcoes: {"servidor": {…}, "cliente": {…}}, argumentos a mais para cada exame.
        guardar: pasta em que gravar cada resultado; por padrão, não se grava.
        retomar: aproveita os que já estão gravados ali.
        refazer: nomes, ou números de participante, das entregas que se julgam de novo, mesmo gravadas.
        manifestos: pasta com um `NOME.toml` de quem ensina para cada entrega que o precise.
        isolamento: o das caixas em que os programas executam (caixa.py); por padrão, o melhor que a máquina dá.
        maquinas: o endereço de um escalonador do Dask; por padrão, julga-se aqui.

    Raises:
        ErroDeUso: a origem não existe ou não tem entregas.
    """

    def __init__(
        self, origem, paralelas=None, progresso=lambda feitos, total, titulo: None, opcoes=None, *,
        guardar=None, retomar=False, refazer=(), manifestos=None, isolamento=None, maquinas=None,
    ):  # fmt: skip
        self.progresso, self._opcoes = progresso, opcoes or {}
        self._isolamento_pedido, self.isolamento = isolamento, isolamento or disponivel()
        self.paralelas = paralelas or (None if self.isolamento == BWRAP else SEM_REDE)
        self._guardar = pathlib.Path(guardar) if guardar else None
        self._retomar, self._manifestos = retomar, pathlib.Path(manifestos) if manifestos else None
        self._trabalho = pathlib.Path(tempfile.mkdtemp(prefix="turma-"))
        weakref.finalize(self, shutil.rmtree, self._trabalho, ignore_errors=True)
        self.envios = achar_envios(origem, self._trabalho / "zip")
        self.nomes = [envio.nome for envio in self.envios]
        if desconhecidos := sorted(set(refazer) - {nome for e in self.envios for nome in (e.nome, e.identificador)}):
            raise ErroDeUso(
                f"não há uma entrega chamada {visivel(desconhecidos[0])}; há: "
                f"{', '.join(visivel(nome, 40, aspas=False) for nome in self.nomes[:40])}"
            )
        self._refazer, self.resultados = set(refazer), []
        self._endereco, self._maquinas, self._falha = maquinas, None, None
        self._portas, self._feitos, self._desistir = _Portas(), 0, threading.Event()

    @property
    def completa(self):
        """Todas as entregas foram julgadas?"""
        return len(self.resultados) == len(self.envios)

    def avaliar(self):
        """Examina todas as entregas e devolve a própria turma; o resultado de cada uma não depende das outras."""
        total = len(self.envios) * len(ALVOS)
        if self._guardar:
            self._guardar.mkdir(parents=True, exist_ok=True)
        prontos = [self._guardado(envio) for envio in self.envios]
        self._feitos = sum(pronto is not None for pronto in prontos) * len(ALVOS)
        with contextlib.ExitStack() as pilha:
            if self._endereco:
                self._maquinas = pilha.enter_context(Maquinas(self._endereco))
                self.paralelas = 2 * self._maquinas.lugares  # enquanto uma é julgada, a seguinte já está a caminho
            self._folego = Folego(self.paralelas, self._desistir.is_set)
            executor = pilha.enter_context(ThreadPoolExecutor(self._folego.maximo))
            try:
                self.resultados = list(executor.map(lambda i: prontos[i] or self._julgar(i), range(len(prontos))))
                # Quem ficou em dúvida é julgado mais uma vez: a porta dele, ou a máquina, podia estar ocupada.
                duvidosos = [i for i, resultado in enumerate(self.resultados) if resultado.duvida]
                self._feitos -= len(duvidosos) * len(ALVOS)
                for i, resultado in zip(duvidosos, executor.map(self._julgar, duvidosos), strict=True):
                    self.resultados[i] = resultado
            except BaseException:  # um Ctrl-C: cada exame para no fim do caso em que está
                self._desistir.set()
                executor.shutdown(cancel_futures=True)
                raise self._falha or KeyboardInterrupt from None  # a primeira, e não a de quem parou por causa dela
        self.progresso(total, total, "pronto")
        return self

    def _guardado(self, envio):
        """O resultado que já estava gravado, se se retoma e ele ainda vale: quem entregou de novo é julgado de novo."""
        if not (self._guardar and self._retomar) or {envio.nome, envio.identificador} & self._refazer:
            return None
        guardado = Resultado.ler(self._guardar, envio.chave)
        return guardado if guardado and guardado.conteudo == envio.impressao(self._manifesto(envio)) else None

    def _julgar(self, i):
        envio = self.envios[i]
        try:
            with self._folego.vez():
                resultado = self._avaliar_envio(envio, self._trabalho / f"{i:03}")
        except BaseException as erro:  # interrompido: nenhuma outra entrega começa
            self._falha = self._falha or erro
            self._desistir.set()
            raise
        self._feitos += len(ALVOS)
        if self._guardar:
            resultado.gravar(self._guardar, envio.chave)
        return resultado

    def _manifesto(self, envio):
        """O que quem ensina escreveu para esta entrega, com o nome ou o número do participante; None se nada."""
        for nome in filter(None, (envio.nome, envio.identificador) if self._manifestos else ()):
            proprio = self._manifestos / f"{nome}.toml"
            if os.path.isfile(proprio):  # o `is_file` falha com um nome longo demais
                return proprio
        return None

    def _avaliar_envio(self, envio, copia):
        manifesto = self._manifesto(envio)
        origens = [(pathlib.Path(origem).absolute(), relativo) for origem, relativo in envio.origens]
        pedido = Pedido(
            replace(envio, origens=origens), manifesto and str(manifesto.absolute()), self._opcoes, self.isolamento
        )

        def progresso(alvo, titulo):
            if self._desistir.is_set():
                raise KeyboardInterrupt
            quem = f"{visivel(envio.nome, 30, aspas=False)}, {alvo}"
            feitos = self._feitos + list(ALVOS).index(alvo)
            self.progresso(feitos, len(self.envios) * len(ALVOS), f"{quem}: {titulo}")

        try:
            if self._maquinas:
                resultado = self._maquinas.julgar(replace(pedido, isolamento=self._isolamento_pedido), copia, progresso)
            elif self.isolamento == BWRAP:
                resultado = julgar_a_parte(pedido, progresso, self._desistir.is_set)
            else:
                resultado = julgar(pedido, copia, progresso, self._portas.reservar)
        finally:
            shutil.rmtree(copia, ignore_errors=True)
        return replace(resultado, conteudo=envio.impressao(manifesto))

    def em_csv(self):
        """A tabela em CSV, para uma planilha."""
        return tabela.em_csv(self.resultados)

    def gravar_relatorios(self, pasta):
        """Grava a página de cada entrega, para devolver ao aluno."""
        gravar(self.resultados, pasta)

    def __str__(self):
        return tabela.em_texto(self.resultados)

    def _repr_html_(self):
        return vista.em_html(self.resultados) + figura.em_html(self.resultados)

    def figura(self, regua=ENUNCIADO):
        """A figura do matplotlib que diz que exigências da régua a turma mais deixa de cumprir."""
        return figura.figura(self.resultados, regua)


class _Portas:
    """As portas em uso pelos exames em andamento."""

    def __init__(self):
        self._em_uso, self._mudou = [], threading.Condition()

    @contextlib.contextmanager
    def reservar(self, portas):
        """Espera até nenhum outro exame usar estas portas; um conjunto vazio quer dizer "não se sabe": todas."""

        def livres():
            return not any(not portas or not outras or portas & outras for outras in self._em_uso)

        with self._mudou:
            self._mudou.wait_for(livres)
            self._em_uso.append(portas)
        try:
            yield
        finally:
            with self._mudou:
                self._em_uso.remove(portas)
                self._mudou.notify_all()
