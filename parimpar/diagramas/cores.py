"""As cores dos dois papéis, as mesmas em todo o projeto e distinguíveis por daltônicos, e a dos erros."""

AZUL, LARANJA, CINZA = "#0072B2", "#D55E00", "#6b6b6b"  # cliente, servidor, rede
VERMELHO = "#B3261E"
CORES = {"cliente": AZUL, "servidor": LARANJA}
LETRAS = {"cliente": AZUL, "servidor": "#B34700"}  # em letra miúda, o laranja das formas contrastaria pouco
