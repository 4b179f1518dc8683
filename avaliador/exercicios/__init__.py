"""Os exercícios das aulas: `conferir(resposta)`, `dica()` e `solucao()`.

Cada aula tem um arquivo, e cada exercício, o nome da função que se pede:

    from avaliador.exercicios import aula01
    aula01.receber_tudo.conferir(receber_tudo)
"""
