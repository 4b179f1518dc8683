"""Escreve um notebook como texto, para o git mostrar diferenças legíveis: veja docs/manutencao.md.

Uso: python -m ferramentas.ler_notebook NOTEBOOK
"""

import json
import pathlib
import sys

LINHAS = 40  # de cada saída; uma lista comprida não esconde o que mudou


def em_texto(notebook):
    """As células, com o identificador e as saídas em texto; sem figuras, contagens nem metadados."""
    linhas = []
    for celula in notebook["cells"]:
        marcas = " ".join(celula["metadata"].get("tags", ()))
        linhas += [f"── {celula['cell_type']} {celula.get('id', '')} {marcas}".rstrip(), *_texto(celula["source"])]
        for saida in celula.get("outputs", ()):
            linhas += [f"   │ {linha}" for linha in _da_saida(saida)[:LINHAS]]
    return "\n".join(linhas)


def _da_saida(saida):
    if saida["output_type"] == "error":
        return [f"{saida['ename']}: {saida['evalue']}"]
    return _texto(saida.get("text") or saida.get("data", {}).get("text/plain", ""))


def _texto(pedacos):
    return "".join(pedacos).splitlines()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    print(em_texto(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))))
