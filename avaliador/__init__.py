"""O avaliador: julga o servidor ou o cliente de um aluno, em qualquer linguagem, com tráfego de verdade.

O programa é executado de verdade, com os direitos de quem avalia: leia processo.py antes de avaliar
o que não se conhece.
"""
