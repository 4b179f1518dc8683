"""Desenhos feitos do que aconteceu, com matplotlib: recebem `ax` e devolvem os artistas; só `mostrar` mostra.

Cada desenho tem um equivalente em texto, e nenhum depende só da cor. Importar este pacote não
carrega o matplotlib: quem chama é que cria os eixos.
"""

from .cores import AZUL, CINZA, CORES, LARANJA
from .exibir import mostrar
from .tcp import descrever_estados, descrever_segmentos, espaco_tempo, maquina_de_estados
from .troca import MAXIMO_DE_LINHAS, conversa, descrever, ultima_troca

__all__ = [
    "AZUL",
    "CINZA",
    "CORES",
    "LARANJA",
    "MAXIMO_DE_LINHAS",
    "conversa",
    "descrever",
    "descrever_estados",
    "descrever_segmentos",
    "espaco_tempo",
    "maquina_de_estados",
    "mostrar",
    "ultima_troca",
]
