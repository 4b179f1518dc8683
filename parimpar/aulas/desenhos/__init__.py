"""Desenhos feitos do que aconteceu, com matplotlib: recebem `ax` e devolvem os artistas; só `mostrar` mostra.

Cada desenho tem um equivalente em texto, e nenhum depende só da cor. Importar este pacote não
carrega o matplotlib: quem chama é que cria os eixos.
"""

from ...folha import AZUL, CINZA, CORES, LARANJA, LETRAS, VERMELHO, Tabela
from .conversa import conversa, conversa_em_svg, resumir
from .curvas import curvas, descrever_curvas
from .envelopes import descrever_envelopes, envelopes
from .evidencia import barras_de_defeitos, descrever_defeitos
from .exibir import mostrar
from .fluxo import descrever_fatias, fatias
from .histograma import descrever_casas, histograma_de_casas
from .tcp import descrever_estados, descrever_segmentos, espaco_tempo, maquina_de_estados
from .troca import MAXIMO_DE_LINHAS, MINIMO_DE_LINHAS, descrever, em_ordem, ultima_troca
from .turma import descrever_missoes, descrever_respostas, missoes_da_turma, respostas_no_tempo

__all__ = [
    "AZUL",
    "CINZA",
    "barras_de_defeitos",
    "conversa",
    "conversa_em_svg",
    "CORES",
    "curvas",
    "descrever",
    "descrever_casas",
    "descrever_curvas",
    "descrever_defeitos",
    "descrever_envelopes",
    "descrever_estados",
    "descrever_fatias",
    "descrever_missoes",
    "descrever_respostas",
    "descrever_segmentos",
    "em_ordem",
    "envelopes",
    "espaco_tempo",
    "fatias",
    "histograma_de_casas",
    "LARANJA",
    "LETRAS",
    "maquina_de_estados",
    "MAXIMO_DE_LINHAS",
    "MINIMO_DE_LINHAS",
    "missoes_da_turma",
    "mostrar",
    "respostas_no_tempo",
    "resumir",
    "Tabela",
    "ultima_troca",
    "VERMELHO",
]
