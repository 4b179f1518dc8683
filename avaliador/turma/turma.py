"""A turma examinada: acha as entregas, julga uma cópia de cada uma, e uma entrega ruim não para as outras.

Com isolamento, cada entrega é julgada num processo à parte, com a sua rede. Sem ele, duas que usam a mesma porta esperam
uma pela outra, e as demais são examinadas ao mesmo tempo. Cada resultado é gravado assim que sai: um Ctrl-C, ou um corte de
luz, só perde o que estava sendo julgado.
"""

import contextlib
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
from . import tabela
from .devolucao import gravar
from .entrega import ALVOS, Pedido, julgar, julgar_a_parte
from .envios import achar_envios
from .resultado import Resultado, nome_de_arquivo

PARALELAS = 2  # entregas ao mesmo tempo: com mais, os programas atrasam uns aos outros e os prazos perdem o sentido


class Turma:
    """As entregas de uma turma e, depois de `avaliar()`, os resultados; mostra-se como tabela, também no notebook.

    Args:
        origem: a pasta, com uma subpasta por entrega, ou o zip que o Moodle dá.
        paralelas: quantas entregas examinar ao mesmo tempo.
        progresso: chamada com (quantos programas já foram, quantos são, o que está sendo feito).
        opcoes: {"servidor": {…}, "cliente": {…}}, argumentos a mais para cada exame.
        guardar: pasta em que gravar cada resultado; por padrão, não se grava.
        retomar: aproveita os que já estão gravados ali.
        refazer: nomes de entregas que se julgam de novo, mesmo gravadas.
        manifestos: pasta com um `NOME.toml` de quem ensina para cada entrega que o precise.
        isolamento: o das caixas em que os programas executam (caixa.py); por padrão, o melhor que a máquina dá.

    Raises:
        ErroDeUso: a origem não existe ou não tem entregas.
    """

    def __init__(
        self, origem, paralelas=PARALELAS, progresso=lambda feitos, total, titulo: None, opcoes=None, *,
        guardar=None, retomar=False, refazer=(), manifestos=None, isolamento=None,
    ):  # fmt: skip
        self.paralelas, self.progresso, self._opcoes = paralelas, progresso, opcoes or {}
        self.isolamento = isolamento or disponivel()
        self._guardar = pathlib.Path(guardar) if guardar else None
        self._retomar, self._manifestos = retomar, pathlib.Path(manifestos) if manifestos else None
        self._trabalho = pathlib.Path(tempfile.mkdtemp(prefix="turma-"))
        weakref.finalize(self, shutil.rmtree, self._trabalho, ignore_errors=True)
        self.envios = achar_envios(origem, self._trabalho / "zip")
        self.nomes = [envio.nome for envio in self.envios]
        if desconhecidos := sorted(set(refazer) - set(self.nomes)):
            raise ErroDeUso(
                f"não há uma entrega chamada {visivel(desconhecidos[0])}; há: "
                f"{', '.join(visivel(nome, 40, aspas=False) for nome in self.nomes[:40])}"
            )
        self._refazer, self.resultados = set(refazer), []
        self._portas, self._feitos, self._desistir = _Portas(), 0, threading.Event()

    @property
    def completa(self):
        """Todas as entregas foram julgadas?"""
        return len(self.resultados) == len(self.envios)

    def avaliar(self):
        """Examina todas as entregas e devolve a própria turma; o resultado de cada uma não depende das outras."""
        self._feitos, total = 0, len(self.envios) * len(ALVOS)
        if self._guardar:
            self._guardar.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(self.paralelas) as executor:
            try:
                self.resultados = list(executor.map(self._julgar, range(len(self.envios))))
            except BaseException:  # um Ctrl-C: cada exame para no fim do caso em que está
                self._desistir.set()
                executor.shutdown(cancel_futures=True)
                raise
        self.progresso(total, total, "pronto")
        return self

    def _julgar(self, i):
        envio, nome = self.envios[i], nome_de_arquivo(self.envios[i].nome, i + 1)
        if self._guardar and self._retomar and envio.nome not in self._refazer:
            guardado = Resultado.ler(self._guardar, nome)
            if guardado and (guardado.entrega, guardado.identificador) == (envio.nome, envio.identificador):
                self._feitos += len(ALVOS)
                return guardado
        try:
            resultado = self._avaliar_envio(envio, self._trabalho / f"{i:03}")
        except BaseException:  # interrompido: nenhuma outra entrega começa
            self._desistir.set()
            raise
        self._feitos += len(ALVOS)
        if self._guardar:
            resultado.gravar(self._guardar, nome)
        return resultado

    def _avaliar_envio(self, envio, copia):
        proprio = self._manifestos and self._manifestos / f"{envio.nome}.toml"
        manifesto = str(proprio.absolute()) if proprio and proprio.is_file() else None
        origens = [(pathlib.Path(origem).absolute(), relativo) for origem, relativo in envio.origens]
        pedido = Pedido(replace(envio, origens=origens), manifesto, self._opcoes, self.isolamento)

        def progresso(alvo, titulo):
            if self._desistir.is_set():
                raise KeyboardInterrupt
            quem = f"{visivel(envio.nome, 30, aspas=False)}, {alvo}"
            feitos = self._feitos + list(ALVOS).index(alvo)
            self.progresso(feitos, len(self.envios) * len(ALVOS), f"{quem}: {titulo}")

        if self.isolamento == BWRAP:
            return julgar_a_parte(pedido, progresso, self._desistir.is_set)
        try:
            return julgar(pedido, copia, progresso, self._portas.reservar)
        finally:
            shutil.rmtree(copia, ignore_errors=True)

    def em_csv(self):
        """A tabela em CSV, para uma planilha."""
        return tabela.em_csv(self.resultados)

    def gravar_relatorios(self, pasta):
        """Grava a página de cada entrega, para devolver ao aluno."""
        gravar(self.resultados, pasta)

    def __str__(self):
        return tabela.em_texto(self.resultados)

    def _repr_html_(self):
        return tabela.em_html(self.resultados)


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
