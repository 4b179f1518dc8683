"""O andamento de um exame, ou de uma turma, no terminal."""

import sys
import time


class Barra:
    """Uma barra de progresso no terminal; fora dele (num arquivo, num teste) não escreve nada.

    Args:
        saida: onde escrever.
        sempre: escreve mesmo que não seja um terminal; o notebook também sabe voltar ao começo da linha.
        quanto_falta: estima o tempo pelo que já passou; numa turma, os exames se parecem; num exame, os casos não.
    """

    LARGURA = 24  # caracteres
    LINHA = 96  # colunas: cabe num terminal de 100
    POUCOS = 4  # programas: com menos, ainda não se sabe quanto demoram, e um servidor demora menos que um cliente

    def __init__(self, saida=None, quanto_falta=False, sempre=False):
        saida = saida or (sys.stdout if sempre else sys.stderr)
        self._saida, self._quanto_falta = saida if sempre or saida.isatty() else None, quanto_falta
        self._comeco, self._primeiros, self._mais = None, 0, 0

    def __call__(self, feitos, total, titulo):
        """Redesenha a barra; serve de `progresso` para um exame."""
        if self._saida is None:
            return
        if self._comeco is None:  # o que se retomou já estava feito
            self._comeco, self._primeiros = time.monotonic(), feitos
        self._mais = feitos = max(feitos, self._mais)  # de duas entregas ao mesmo tempo, uma vai na frente
        cheios = self.LARGURA * feitos // total if total else self.LARGURA
        linha = f"[{'#' * cheios}{'.' * (self.LARGURA - cheios)}] {feitos}/{total} {self._falta(feitos, total)}{titulo}"
        linha = linha if len(linha) <= self.LINHA else linha[: self.LINHA - 1] + "…"
        vazia = " " * self.LINHA
        self._saida.write(f"\r{linha:<{self.LINHA}}" if total and feitos < total else f"\r{vazia}\r")
        self._saida.flush()

    def _falta(self, feitos, total):
        """Quanto tempo falta, se já se sabe: `faltam 3 min · `."""
        novos = feitos - self._primeiros
        if not self._quanto_falta or novos < self.POUCOS:
            return ""
        segundos = (time.monotonic() - self._comeco) / novos * (total - feitos)
        return f"faltam {_arredondado(segundos)} · "


def _arredondado(segundos):
    """Um tempo com a precisão que uma estimativa tem: 40 s, 3 min, 1 h 20 min."""
    if segundos < 55:
        return f"{max(round(segundos / 10), 1) * 10} s"
    minutos = max(round(segundos / 60), 1)
    return f"{minutos} min" if minutos < 60 else f"{minutos // 60} h {minutos % 60} min"
