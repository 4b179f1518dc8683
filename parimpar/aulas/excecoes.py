"""Mensagens de erro de uma linha, para as aulas em que o erro é a lição."""


def erros_curtos():
    """Mostra de cada erro só o nome e a mensagem, sem o caminho até ele.

    É o que faz `%xmode Minimal`, sem a confirmação em inglês. Num programa seu não use: o caminho diz onde o erro nasceu.
    """
    from IPython import get_ipython

    terminal = get_ipython()
    if terminal is not None:  # fora do Jupyter não há o que encurtar
        terminal.InteractiveTB.set_mode(mode="Minimal")
