"""Prepara, numa pasta à parte, o que o Sphinx vai ler: as aulas e a documentação, com as saídas guardadas.

Nada é executado. As perguntas ficam sem a resposta, que não está no notebook; no lugar de um controle, que só vive com
um kernel, fica uma figura dele e como rodá-lo.
"""

import html
import json
import pathlib
import re
import shutil

from ..indice import AULAS

RAIZ = pathlib.Path(__file__).parents[2]
GRAVADA = (
    "**Execução gravada.** Aqui fica um controle ao vivo, que só funciona com o Python por trás. "
    "Para usá-lo, [instale o curso](../index.md#comecar) e rode esta célula."
)
# Que figura mostrar no lugar de cada controle: um trecho do código da célula, a figura e o que ela mostra.
FIGURAS = (
    (
        "Painel(",
        "painel.png",
        "O painel: à esquerda, o cliente e, embaixo dele, o servidor; à direita, a conversa desenhada.",
    ),
    ("Mural(", "mural.png", "O mural da turma: para onde se conectar, e um cartão por aluno, com as missões dele."),
)


def preparar(destino, livro=False):
    """Copia para `destino` tudo o que o Sphinx lê.

    Args:
        livro: a capa é a do PDF, sem o que só serve a quem tem a pasta.
    """
    destino = pathlib.Path(destino)
    shutil.copytree(RAIZ / "docs", destino / "docs", ignore=shutil.ignore_patterns("*.sh", "*.yml", "*.py", "*.yaml", "*.ipynb"))
    (destino / "notebooks").mkdir(parents=True)
    for aula in AULAS:
        notebook = json.loads((RAIZ / "notebooks" / aula.arquivo).read_text(encoding="utf-8"))
        texto = json.dumps(no_site(notebook), ensure_ascii=False)
        (destino / "notebooks" / aula.arquivo).write_text(texto, encoding="utf-8")
    for pagina in [*(destino / "docs").rglob("*.md")]:
        pagina.write_text(_sem_saidas_do_site(pagina.read_text(encoding="utf-8"), pagina, destino), encoding="utf-8")
    (destino / "notebooks" / "dados").mkdir()
    shutil.copy(RAIZ / "notebooks" / "dados" / "LEIA-ME.md", destino / "notebooks" / "dados")
    (destino / "index.md").write_text(_capa_do_livro() if livro else _capa(), encoding="utf-8")
    shutil.copytree(pathlib.Path(__file__).parent / "_static", destino / "_static")


def no_site(notebook):
    """O notebook fora do Jupyter: sem o código das perguntas, e com uma figura no lugar de cada controle."""
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
    docs = [p.relative_to(RAIZ).as_posix() for p in sorted((RAIZ / "docs").rglob("*.md"))]
    return f"{texto}\n\n{_indice('As aulas', _AULAS)}\n{_indice('Mais', [*docs, 'notebooks/dados/LEIA-ME.md'])}"


def _capa_do_livro():
    texto = (RAIZ / "README.md").read_text(encoding="utf-8")
    apresentacao = texto.partition("\n## ")[0].partition("![")[0]
    creditos = re.sub(r"\]\([^)]*\)", "]", re.search(r"^## Créditos\n(.*?)(?=^## |\Z)", texto, re.S | re.M)[1])
    itens = "".join(
        f'<li><a href="#document-notebooks/{aula.arquivo.removesuffix(".ipynb")}">{html.escape(str(aula))}</a></li>'
        for aula in AULAS
    )
    return (
        f'{apresentacao}\n\n<div class="parimpar-indice"><h2>Conteúdo</h2><ul>{itens}<li><a href="#document-docs/'
        f'protocolo">O protocolo PAR/ÍMPAR</a></li></ul></div>\n\n{creditos}\n(comecar)=\n(as-aulas)=\n\n'
        f"{_indice('As aulas', _AULAS)}\n{_indice('Mais', ['docs/protocolo.md'])}"
    )


_AULAS = [f"{aula} <notebooks/{aula.arquivo}>" for aula in AULAS]


def _indice(titulo, entradas):
    linhas = "\n".join(entradas)
    return f"```{{toctree}}\n:hidden:\n:caption: {titulo}\n\n{linhas}\n```\n"
