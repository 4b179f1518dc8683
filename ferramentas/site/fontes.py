"""Prepara, numa pasta à parte, o que o Sphinx vai ler: as aulas e a documentação, com as saídas guardadas.

Nada é executado. As perguntas ficam sem a resposta, que não está no notebook; no lugar de um controle, que só vive com
um kernel, fica uma figura dele e como rodá-lo.
"""

import json
import pathlib
import re
import shutil

from ..indice import AULAS

RAIZ = pathlib.Path(__file__).parents[2]
PASTAS = ("notebooks", "docs")
GRAVADA = (
    "**Execução gravada.** Aqui fica um controle ao vivo, que só funciona com o Python por trás. "
    "Para usá-lo, [instale o curso](../index.md#comecar) e rode esta célula."
)
# Que figura mostrar no lugar de cada controle: um trecho do código da célula, a figura e o que ela mostra.
FIGURAS = (
    ("Painel(", "painel.png", "O painel: à esquerda, o cliente; à direita, o servidor; embaixo, a conversa desenhada."),
    ("Mural(", "mural.png", "O mural da turma: para onde se conectar, e um cartão por aluno, com as missões dele."),
)


def preparar(destino):
    """Copia para `destino` tudo o que o Sphinx lê.

    Returns:
        Os nomes das aulas, na ordem.
    """
    destino = pathlib.Path(destino)
    shutil.copytree(RAIZ / "docs", destino / "docs", ignore=shutil.ignore_patterns("*.sh", "*.yml", "*.py", "*.yaml"))
    (destino / "notebooks").mkdir(parents=True)
    for aula in AULAS:
        texto = json.dumps(_notebook(RAIZ / "notebooks" / aula.arquivo), ensure_ascii=False)
        (destino / "notebooks" / aula.arquivo).write_text(texto, encoding="utf-8")
    for pagina in [*(destino / "docs").rglob("*.md")]:
        pagina.write_text(_sem_saidas_do_site(pagina.read_text(encoding="utf-8"), pagina, destino), encoding="utf-8")
    (destino / "index.md").write_text(_capa(), encoding="utf-8")
    shutil.copytree(pathlib.Path(__file__).parent / "_static", destino / "_static")
    return [aula.arquivo for aula in AULAS]


def _notebook(caminho):
    notebook = json.loads(caminho.read_text(encoding="utf-8"))
    celulas = []
    for celula in notebook["cells"]:
        fonte = "".join(celula["source"])
        if celula["cell_type"] == "markdown":
            celula["source"] = re.sub(r"\.\./README\.md#as-aulas", "../index.md#as-aulas", fonte)
            celula["source"] = re.sub(r"\[([^\]]+)\]\((?:dados|\.\./(?!index|docs))[^)]*\)", r"\1", celula["source"])
            celulas.append(celula)
            continue
        marcas = celula["metadata"].setdefault("tags", [])
        if fonte.startswith("Preveja("):
            marcas.append("remove-input")
        elif celula["metadata"].get("jupyter", {}).get("source_hidden"):
            marcas.append("hide-input")
        celulas.append(celula)
        if _ao_vivo(celula):
            celula["outputs"] = []
            celulas.append({"cell_type": "markdown", "metadata": {}, "id": f"{celula['id']}-gravada"[:64],
                            "source": _no_lugar(fonte)})  # fmt: skip
    notebook["cells"] = celulas
    return notebook


def _ao_vivo(celula):
    """A saída é a frase que um controle deixa quando não há kernel?"""
    if "".join(celula["source"]).startswith("Preveja("):
        return False
    textos = ["".join(s.get("data", {}).get("text/plain", "")) for s in celula.get("outputs", [])]
    return any("rode esta célula" in texto for texto in textos)


def _no_lugar(fonte):
    figura = next((f"\n\n![{alt}](../docs/{nome})" for trecho, nome, alt in FIGURAS if trecho in fonte), "")
    return f":::{{note}}\n{GRAVADA}{figura}\n:::"


def _sem_saidas_do_site(texto, pagina, destino):
    """Um link para um arquivo que não está no site vira só o texto dele."""

    def trocar(m):
        alvo = m[2].partition("#")[0]
        fica = not alvo or re.match(r"[a-z]+:", alvo) or (pagina.parent / alvo).resolve().is_file()
        if not fica and alvo.endswith("README.md"):
            return f"[{m[1]}]({'../' * len(pagina.relative_to(destino).parts[:-1])}index.md)"
        return m[0] if fica else m[1]

    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", trocar, texto)


def _capa():
    """O README, menos o que só serve a quem tem a pasta, e com o índice do site."""
    texto = (RAIZ / "README.md").read_text(encoding="utf-8")
    texto = re.sub(r"^## In English\n.*", "", texto, flags=re.S | re.M)
    texto = re.sub(r"\]\((LICENSE[^)]*)\)", "]", texto).replace("](docs/painel.png)", "](docs/painel.png)")
    texto = re.sub(r"\[([^\]]+)\]\(((?!https?:|notebooks/|docs/|#)[^)]+)\)", r"\1", texto)
    texto = texto.replace("## Começar", "(comecar)=\n## Começar").replace("## As aulas", "(as-aulas)=\n## As aulas")
    aulas = "\n".join(f"{aula} <notebooks/{aula.arquivo}>" for aula in AULAS)
    docs = "\n".join(p.relative_to(RAIZ).as_posix() for p in sorted((RAIZ / "docs").rglob("*.md")))
    indice = "```{{toctree}}\n:hidden:\n:caption: {}\n\n{}\n```\n"
    return f"{texto}\n\n{indice.format('As aulas', aulas)}\n{indice.format('Mais', docs)}"
