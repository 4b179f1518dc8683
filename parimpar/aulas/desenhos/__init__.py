"""Desenhos feitos do que aconteceu: cada um se mostra, com texto alternativo, e escreve o seu equivalente em texto.

Os de matplotlib aceitam também um `ax`, e então só desenham nele e devolvem os artistas. Nenhum desenho
depende só da cor, e nenhum texto é fórmula nem marcação. Importar este pacote não carrega o matplotlib.
"""

from ...folha import Tabela
from .conversa import conversa, conversa_em_svg, resumir
from .curvas import curvas, descrever_curvas
from .envelopes import descrever_envelopes, envelopes
from .evidencia import barras_de_defeitos, descrever_defeitos
from .exibir import mostrar
from .fluxo import descrever_fatias, fatias
from .histograma import descrever_casas, histograma_de_casas
from .tcp import descrever_estados, descrever_segmentos, espaco_tempo, maquina_de_estados
from .troca import descrever, em_ordem, ultima_troca
from .turma import descrever_missoes, descrever_respostas, missoes_da_turma, respostas_no_tempo

__all__ = [
    "barras_de_defeitos",
    "conversa",
    "conversa_em_svg",
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
    "maquina_de_estados",
    "missoes_da_turma",
    "mostrar",
    "respostas_no_tempo",
    "resumir",
    "Tabela",
    "ultima_troca",
]
