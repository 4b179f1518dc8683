"""O que se guarda de um notebook: nada que só viva com o kernel.

Um controle guardado no arquivo é um endereço dentro de um kernel que amanhã não existe: ao reabrir, no lugar
dele haveria um erro em inglês. Sem o endereço, o Jupyter mostra o que a mesma saída traz em texto.
"""

CONTROLE = "application/vnd.jupyter.widget-view+json"


def sem_controles(notebook):
    """Tira do notebook (um dicionário, como no arquivo) os controles vivos e o estado deles."""
    notebook["metadata"].pop("widgets", None)
    for celula in notebook["cells"]:
        for saida in celula.get("outputs", ()):
            saida.get("data", {}).pop(CONTROLE, None)


def antes_de_gravar(model, path, contents_manager):
    """O Jupyter chama esta função antes de gravar cada arquivo."""
    if model["type"] == "notebook" and model.get("content"):
        sem_controles(model["content"])
