"""Mostra uma figura pronta no notebook, com texto alternativo para quem não a vê."""


def mostrar(fig, alt):
    """Mostra a figura uma só vez e a fecha.

    Args:
        alt: o que a figura mostra, em uma ou duas frases; é o que um leitor de tela lê.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    display(fig, metadata={"image/png": {"alt": alt}})
    plt.close(fig)  # sem isto, o notebook a mostraria de novo, sem o texto, no fim da célula
