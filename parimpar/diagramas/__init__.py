"""Desenhos feitos do que aconteceu, com matplotlib: recebem `ax`, devolvem os artistas, e não mostram nada; quem mostra é `mostrar`.

Cada desenho tem um equivalente em texto, e nenhum depende só da cor. Importar este pacote não
carrega o matplotlib: quem chama é que cria os eixos.
"""

from .cores import AZUL, CINZA, CORES, LARANJA
from .exibir import mostrar
from .troca import MAXIMO_DE_LINHAS, conversa, descrever, ultima_troca

__all__ = ["AZUL", "CINZA", "CORES", "LARANJA", "MAXIMO_DE_LINHAS", "conversa", "descrever", "mostrar", "ultima_troca"]
