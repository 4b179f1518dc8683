"""A turma examinada: cada subpasta é uma entrega, e uma entrega ruim não para as outras.

Duas entregas que usam a mesma porta esperam uma pela outra; as demais são examinadas ao mesmo tempo.
"""

import contextlib
import csv
import html
import io
import pathlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from parimpar.erros import ErroDeUso
from parimpar.texto import visivel

from .. import relatorio
from ..escuta import portas_no_codigo
from ..exame_cliente import ExameDeCliente
from ..exame_servidor import ExameDeServidor
from ..veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, OK, TOLERADO
from .achar import MANIFESTO, achar_programas

TAMANHOS = {2**n for n in range(10, 16)}  # recv(1024), recv(4096)…: tamanhos, e quase nunca portas
ALVOS = {"servidor": ExameDeServidor, "cliente": ExameDeCliente}
PARALELAS = 2  # entregas ao mesmo tempo: com mais, os programas atrasam uns aos outros e os prazos perdem o sentido
COLUNAS = ("entrega", *(f"{alvo}{c}" for alvo in ALVOS for c in ("", "_enunciado", "_especificacao", "_falhas")))


@dataclass(frozen=True)
class Resultado:
    """O que se concluiu de uma entrega.

    avaliacoes: {"servidor": `Avaliacao`, "cliente": `Avaliacao`}, só os que puderam ser examinados.
    avisos: {"servidor": por que não foi examinado, …}; a chave "entrega" vale para os dois.
    """

    entrega: str
    avaliacoes: dict
    avisos: dict

    @property
    def aprovada(self):
        """Os dois programas cumprem o enunciado?"""
        return len(self.avaliacoes) == len(ALVOS) and all(a.aprovado for a in self.avaliacoes.values())


class Turma:
    """As entregas de uma pasta e, depois de `avaliar()`, os resultados; mostra-se como tabela, também no notebook.

    Args:
        pasta: cada subpasta é uma entrega; as escondidas (.git, __MACOSX) não contam.
        paralelas: quantas entregas examinar ao mesmo tempo.
        progresso: chamada com (quantos programas já foram, quantos são, o que está sendo feito).
        opcoes: {"servidor": {…}, "cliente": {…}}, argumentos a mais para cada exame.

    Raises:
        ErroDeUso: a pasta não existe ou não tem subpastas.
    """

    def __init__(self, pasta, paralelas=PARALELAS, progresso=lambda feitos, total, titulo: None, opcoes=None):
        self.pasta, self.paralelas, self.progresso = pathlib.Path(pasta), paralelas, progresso
        if not self.pasta.is_dir():
            raise ErroDeUso(f"a pasta {visivel(str(pasta))} não existe: diga a que tem uma subpasta por entrega")
        self.nomes = sorted(p.name for p in self.pasta.iterdir() if p.is_dir() and not p.name.startswith((".", "__")))
        if not self.nomes:
            raise ErroDeUso(f"não há subpastas em {visivel(str(pasta))}: cada entrega fica na sua")
        self.resultados, self._opcoes = [], opcoes or {}
        self._portas, self._feitos, self._desistir = _Portas(), 0, threading.Event()

    def avaliar(self):
        """Examina todas as entregas e devolve a própria turma; o resultado de cada uma não depende das outras."""
        self._feitos, total = 0, len(self.nomes) * len(ALVOS)
        with ThreadPoolExecutor(self.paralelas) as executor:
            try:
                self.resultados = list(executor.map(self._avaliar_entrega, self.nomes))
            except BaseException:  # um Ctrl-C: cada exame para no fim do caso em que está
                self._desistir.set()
                executor.shutdown(cancel_futures=True)
                raise
        self.progresso(total, total, "pronto")
        return self

    def _avaliar_entrega(self, nome):
        avaliacoes, avisos = {}, {}
        try:
            programas = achar_programas(self.pasta / nome)
        except Exception as erro:  # o que houver numa entrega fica nela
            programas, avisos = {}, {"entrega": str(erro)}
        for alvo in ALVOS:
            if alvo in programas:
                try:
                    avaliacoes[alvo] = self._examinar(nome, alvo, programas[alvo])
                except Exception as erro:
                    avisos[alvo] = str(erro) or type(erro).__name__
            elif not avisos.get("entrega"):
                avisos[alvo] = f"não se achou o {alvo}: ponha um {MANIFESTO} na entrega"
            self._feitos += 1
        return Resultado(nome, avaliacoes, avisos)

    def _examinar(self, nome, alvo, programa):
        comando, pasta, porta = list(programa.comando), programa.pasta, programa.porta

        def progresso(feitos, total, titulo):
            if self._desistir.is_set():
                raise KeyboardInterrupt
            self.progresso(self._feitos, len(self.nomes) * len(ALVOS), f"{nome}, {alvo}: {titulo}")

        achadas = set(portas_no_codigo(comando, pasta))
        portas = {porta} if porta else achadas - TAMANHOS or achadas
        with self._portas.reservar(portas):
            # Um cliente é procurado só nas portas dele: nas outras pode estar outra entrega.
            procura = {"candidatas": sorted(portas)} if alvo == "cliente" and portas else {}
            return ALVOS[alvo](comando, porta, pasta, progresso, **procura, **self._opcoes.get(alvo, {})).avaliar()

    def linhas(self):
        """A tabela: uma lista de textos por entrega, na ordem de `COLUNAS`."""
        return [_linha(resultado) for resultado in self.resultados]

    def em_csv(self):
        """A tabela em CSV, com ponto e vírgula e vírgula decimal, como as planilhas em português a esperam."""
        saida = io.StringIO()
        escritor = csv.writer(saida, delimiter=";", lineterminator="\n")
        escritor.writerow(COLUNAS)
        escritor.writerows([_inofensivo(celula) for celula in linha] for linha in self.linhas())
        return saida.getvalue()

    def gravar_relatorios(self, pasta):
        """Grava o relatório de cada programa num arquivo de texto, para devolver ao aluno."""
        pasta = pathlib.Path(pasta)
        pasta.mkdir(parents=True, exist_ok=True)
        for resultado in self.resultados:
            partes = [f"{aviso}\n" for aviso in resultado.avisos.values()]
            partes += [relatorio.em_texto(avaliacao) + "\n" for avaliacao in resultado.avaliacoes.values()]
            (pasta / f"{resultado.entrega}.txt").write_text("\n".join(partes), encoding="utf-8")

    def __str__(self):
        cabecas = ("entrega", *(f"{alvo}: {o_que}" for alvo in ALVOS for o_que in ("enunciado", "espec.")), "falhas")
        tabela = [cabecas]
        for resultado in self.resultados:
            notas = [_nota(resultado.avaliacoes.get(alvo), regua) for alvo in ALVOS for regua in relatorio.TITULOS]
            tabela.append((visivel(resultado.entrega, 40, aspas=False), *notas, _resumo(resultado)))
        larguras = [max(map(len, coluna)) for coluna in zip(*tabela, strict=True)]
        return "\n".join(
            "  ".join(celula.ljust(largura) for celula, largura in zip(linha, larguras, strict=True)).rstrip()
            for linha in tabela
        )

    def _repr_html_(self):
        estilo = 'style="text-align:left;vertical-align:top;padding:2px 10px 2px 0"'
        cabecas = ("entrega", *(f"{alvo}: {regua}" for alvo in ALVOS for regua in relatorio.TITULOS), "falhas")
        partes = ["<tr>" + "".join(f'<th scope="col" {estilo}>{cabeca}</th>' for cabeca in cabecas) + "</tr>"]
        for resultado in self.resultados:
            notas = [_nota(resultado.avaliacoes.get(alvo), regua) for alvo in ALVOS for regua in relatorio.TITULOS]
            celulas = "".join(f"<td {estilo}>{html.escape(texto)}</td>" for texto in notas)
            inteiros = "".join(
                f"<details><summary>relatório do {alvo}</summary>{relatorio.em_html(avaliacao)}</details>"
                for alvo, avaliacao in resultado.avaliacoes.items()
            )
            partes.append(
                f'<tr><th scope="row" {estilo}>{html.escape(resultado.entrega)}</th>{celulas}'
                f"<td {estilo}>{html.escape(_resumo(resultado))}{inteiros}</td></tr>"
            )
        return f"<table><caption>A turma</caption>{''.join(partes)}</table>"


def _linha(resultado):
    celulas = [resultado.entrega]
    for alvo in ALVOS:
        avaliacao = resultado.avaliacoes.get(alvo)
        aviso = resultado.avisos.get(alvo) or resultado.avisos.get("entrega", "")
        celulas += [
            visivel(aviso, 300, aspas=False) if avaliacao is None else " ".join(avaliacao.comando),
            _nota(avaliacao, ENUNCIADO),
            _nota(avaliacao, ESPECIFICACAO),
            ", ".join(_falhas(avaliacao)),
        ]
    return celulas


def _nota(avaliacao, regua):
    return avaliacao.nota_escrita(regua) if avaliacao else "–"


def _falhas(avaliacao, reguas=(ENUNCIADO, ESPECIFICACAO)):
    """Os nomes dos casos que falharam; de um programa em que nada pôde ser julgado, por quê."""
    if avaliacao is None:
        return []
    if not any(v.situacao in (OK, TOLERADO) for v in avaliacao.vereditos):
        return [visivel(v.explicacao, 200, aspas=False) for v in avaliacao.vereditos if v.situacao == FALHOU][:1]
    return [v.caso for v in avaliacao.vereditos if v.situacao == FALHOU and v.regua in reguas]


def _resumo(resultado):
    partes = [visivel(aviso, 100, aspas=False) for aviso in resultado.avisos.values()]
    for alvo, avaliacao in resultado.avaliacoes.items():
        falhas = _falhas(avaliacao, (ENUNCIADO,))
        partes += [f"{alvo}: {', '.join(falhas)}"] if falhas else []
    return "; ".join(partes)


def _inofensivo(celula):
    """Uma planilha executa o que começa com = + - @: o texto do aluno não pode começar assim."""
    return "'" + celula if celula.startswith(("=", "+", "-", "@", "\t", "\r")) else celula


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
