"""O andamento de um exame, no terminal."""

import sys


class Barra:
    """Uma barra de progresso no terminal; fora dele (num arquivo, num teste) não escreve nada."""

    LARGURA = 24  # caracteres

    def __init__(self, saida=sys.stderr):
        self._saida = saida if saida.isatty() else None

    def __call__(self, feitos, total, titulo):
        """Redesenha a barra; serve de `progresso` para um exame."""
        if self._saida is None:
            return
        cheios = self.LARGURA * feitos // total if total else self.LARGURA
        linha = f"[{'#' * cheios}{'.' * (self.LARGURA - cheios)}] {feitos}/{total} {titulo[:44]}"
        self._saida.write(f"\r{linha:<90}" if feitos < total else f"\r{'':<90}\r")
        self._saida.flush()
