"""A turma examinada: acha as entregas, julga uma cópia de cada uma, e uma entrega ruim não para as outras.

Duas entregas que usam a mesma porta esperam uma pela outra; as demais são examinadas ao mesmo tempo. Cada resultado é
gravado assim que sai: um Ctrl-C, ou um corte de luz, só perde o que estava sendo julgado.
"""

import contextlib
import pathlib
import shutil
import tempfile
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

from parimpar.erros import ErroDeUso
from parimpar.texto import visivel

from ..exame_cliente import ExameDeCliente
from ..exame_servidor import ExameDeServidor
from ..portas import portas_no_codigo
from ..processo import Programa
from . import tabela
from .achar import MANIFESTO, achar_programas
from .devolucao import gravar
from .envios import achar_envios
from .fontes import ler_fontes
from .resultado import Julgado, Resultado, nome_de_arquivo
from .semelhantes import impressao

TAMANHOS = {2**n for n in range(10, 16)}  # recv(1024), recv(4096)…: tamanhos, e quase nunca portas
ALVOS = {"servidor": ExameDeServidor, "cliente": ExameDeCliente}
PARALELAS = 2  # entregas ao mesmo tempo: com mais, os programas atrasam uns aos outros e os prazos perdem o sentido
PREPARO = 120.0  # segundos para compilar: o `make` de um trabalho leva poucos


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

    Raises:
        ErroDeUso: a origem não existe ou não tem entregas.
    """

    def __init__(
        self, origem, paralelas=PARALELAS, progresso=lambda feitos, total, titulo: None, opcoes=None, *,
        guardar=None, retomar=False, refazer=(), manifestos=None,
    ):  # fmt: skip
        self.paralelas, self.progresso, self._opcoes = paralelas, progresso, opcoes or {}
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
        copia = self._trabalho / f"{i:03}"
        try:
            resultado = self._avaliar_envio(envio, copia)
        except BaseException:  # interrompido: nenhuma outra entrega começa
            self._desistir.set()
            raise
        finally:
            shutil.rmtree(copia, ignore_errors=True)
        if self._guardar:
            resultado.gravar(self._guardar, nome)
        return resultado

    def _avaliar_envio(self, envio, copia):
        avaliacoes, avisos, impressoes = {}, {}, {}
        try:
            envio.copiar(copia)
            proprio = self._manifestos and self._manifestos / f"{envio.nome}.toml"
            programas = achar_programas(copia, proprio if proprio and proprio.is_file() else None)
            impressoes = {f.relativo: impressao(f.codigo, f.arquivo.suffix.lower()) for f in ler_fontes(copia)}
        except Exception as erro:  # o que houver numa entrega fica nela
            programas, avisos = {}, {"entrega": str(erro) or type(erro).__name__}
        if envio.avisos and "entrega" not in avisos:
            avisos["entrega"] = "; ".join(envio.avisos)
        for alvo in ALVOS:
            if self._desistir.is_set():
                raise KeyboardInterrupt
            if alvo in programas:
                try:
                    avaliacoes[alvo] = Julgado.de(self._examinar(envio.nome, alvo, programas[alvo]), programas[alvo])
                except Exception as erro:
                    avisos[alvo] = str(erro) or type(erro).__name__
            elif "entrega" not in avisos or envio.avisos:
                avisos[alvo] = f"não se achou o {alvo}: ponha um {MANIFESTO} na entrega, ou ao lado dela"
            self._feitos += 1
        pasta = envio.pasta_do_moodle
        return Resultado(envio.nome, avaliacoes, avisos, envio.identificador, pasta, impressoes)

    def _examinar(self, nome, alvo, programa):
        comando, pasta, porta = list(programa.comando), programa.pasta, programa.porta

        def progresso(feitos, total, titulo):
            if self._desistir.is_set():
                raise KeyboardInterrupt
            quem = f"{visivel(nome, 30, aspas=False)}, {alvo}"
            self.progresso(self._feitos, len(self.envios) * len(ALVOS), f"{quem}: {titulo}")

        if programa.falta:
            raise ErroDeUso(f"não deu para julgar: {programa.falta}")
        _preparar(programa)
        achadas = set(portas_no_codigo(comando, pasta))
        portas = {porta} if porta else achadas - TAMANHOS or achadas
        with self._portas.reservar(portas):
            # Um cliente é procurado só nas portas dele: nas outras pode estar outra entrega.
            procura = {"candidatas": sorted(portas)} if alvo == "cliente" and portas else {}
            return ALVOS[alvo](comando, porta, pasta, progresso, **procura, **self._opcoes.get(alvo, {})).avaliar()

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


def _preparar(programa):
    """Compila, se é preciso, com os mesmos limites de um exame.

    Raises:
        ErroDeUso: não compilou; diz a última linha do que o compilador escreveu.
    """
    for comando in programa.preparo:
        with Programa(list(comando), programa.pasta) as compilador:
            if not compilador.terminou(PREPARO):
                raise ErroDeUso(f"não compilou em {PREPARO:.0f} s: {visivel(' '.join(comando), 80, aspas=False)}")
            if compilador.codigo:
                linha = visivel(compilador.ultima_linha(), 200, aspas=False)
                raise ErroDeUso(f"não compila ({visivel(comando[0], 40, aspas=False)}): {linha}")


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
