"""Respostas erradas que se escrevem de verdade, um arquivo por aula: (exercício, código, situação, trecho da mensagem)."""
