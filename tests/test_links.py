"""Os links entre os textos: o arquivo apontado existe, e o título também."""

import json
import re

import pytest
from apoio import RAIZ

PASTAS = ("docs", "hub", "notebooks")
TEXTOS = [
    *(RAIZ / nome for nome in ("README.md", "CONTRIBUTING.md")),
    *(c for pasta in PASTAS for c in sorted((RAIZ / pasta).rglob("*.md"))),
    *sorted((RAIZ / "notebooks").glob("*.ipynb")),
]
LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:href|src)=\"([^\"]+)\"")
DE_FORA = re.compile(r"[a-z]+:")  # https:, mailto:


def prosa(caminho):
    """O texto do arquivo, sem o código: de um notebook, as células de texto."""
    texto = caminho.read_text(encoding="utf-8")
    if caminho.suffix == ".ipynb":
        celulas = [c for c in json.loads(texto)["cells"] if c["cell_type"] == "markdown"]
        texto = "\n\n".join("".join(c["source"]) for c in celulas)
    return re.sub(r"```.*?```", "", texto, flags=re.S)


def ancoras(caminho):
    """Os nomes que o GitHub dá aos títulos: minúsculas, sem pontuação, com hífens; o repetido ganha um número."""
    vistas = {}
    for titulo in re.findall(r"^#+ (.+)$", prosa(caminho), re.M):
        titulo = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", titulo.strip())
        nome = re.sub(r"[^\w\- ]", "", titulo.lower()).replace(" ", "-")
        vistas[nome] = vistas.get(nome, -1) + 1
        yield f"{nome}-{vistas[nome]}" if vistas[nome] else nome


def quebrados(caminho):
    """Os links relativos deste arquivo que não levam a lugar nenhum."""
    for achado in LINK.finditer(re.sub(r"`[^`\n]*`", "", prosa(caminho))):
        alvo = achado[1] or achado[2]
        if DE_FORA.match(alvo):
            continue
        arquivo, _, titulo = alvo.partition("#")
        destino = (caminho.parent / arquivo).resolve() if arquivo else caminho
        if not destino.is_relative_to(RAIZ) or not destino.exists() or titulo and titulo not in ancoras(destino):
            yield alvo


@pytest.mark.parametrize("caminho", TEXTOS, ids=lambda c: c.relative_to(RAIZ).as_posix())
def test_todo_link_leva_a_algum_lugar(caminho):
    """O arquivo está no repositório, e o título depois do `#`, nele."""
    assert list(quebrados(caminho)) == []


def test_um_link_quebrado_e_acusado(tmp_path, monkeypatch):
    """O arquivo que falta, o título que mudou e o que sai da pasta; o código e o que é de fora não contam."""
    monkeypatch.setitem(globals(), "RAIZ", tmp_path)
    (tmp_path / "um.md").write_text("# Olá, você!\n\n## Fim\n\n## Fim\n", encoding="utf-8")
    dois = tmp_path / "dois.md"
    certos = "[a](um.md) [b](um.md#olá-você) [c](um.md#fim-1) [d](#aqui) [e](https://x.y/z) `[f](nada)`\n\n# Aqui\n"
    dois.write_text(certos + "[g](nada.md) [h](um.md#fim-2) [i](../fora.md) ![j](k.png)", encoding="utf-8")
    assert list(quebrados(dois)) == ["nada.md", "um.md#fim-2", "../fora.md", "k.png"]
