"""A ortografia do que uma pessoa lê: aulas, README, documentação, docstrings, comentários e mensagens.

O dicionário é o pt-BR do hunspell; os termos da área e do projeto estão em palavras.txt, um por linha.
"""

import ast
import functools
import io
import json
import re
import shutil
import subprocess
import tokenize
import tomllib

import pytest
from apoio import RAIZ, dispensar

PALAVRAS = RAIZ / "tests" / "palavras.txt"
TEXTOS = [
    *sorted(RAIZ.glob("*.md")),
    *sorted((RAIZ / "docs").glob("*.md")),
    *sorted((RAIZ / "notebooks").rglob("*.md")),
]
NOTEBOOKS = sorted((RAIZ / "notebooks").glob("*.ipynb"))
PROGRAMAS = [c for pasta in ("parimpar", "avaliador", "ferramentas") for c in sorted((RAIZ / pasta).rglob("*.py"))]
PROGRAMAS.append(RAIZ / "iniciar.py")
PERGUNTAS = sorted((RAIZ / "parimpar" / "aulas" / "perguntas").glob("*.toml"))
TRADUCAO = RAIZ / "parimpar" / "jupyter" / "idioma" / "pt_BR.json"
CAMINHOS = [TRADUCAO, *TEXTOS, *NOTEBOOKS, *PERGUNTAS, *PROGRAMAS]
COM_ERROS = "A conecção do socket não funssiona."


def prosa_de_markdown(texto):
    """O texto corrido: sem código, endereços, HTML nem o trecho em inglês do README."""
    texto = re.sub(r"^## In English\n.*?(?=^## |\Z)", " ", texto, flags=re.S | re.M)
    texto = re.sub(r"```.*?```|`[^`]*`|<[^>]+>|\]\([^)]*\)|https?://\S+", " ", texto, flags=re.S)
    texto = re.sub(
        r"%\(\w+\)\w|\w+[(=]\S*|\S*\w[._/]\w\S*|# fmt: .*|^\s*\w+ = .*$", " ", texto, flags=re.M
    )  # pedaços de código sem crases
    return re.sub(r"\*[^*\n]+\*", " ", texto.replace("**", ""))  # o itálico marca os termos em inglês


def prosa_de_python(fonte):
    """Comentários, docstrings e as cadeias que são frases, sem as de HTML."""
    pedacos = [t.string for t in tokenize.generate_tokens(io.StringIO(fonte).readline) if t.type == tokenize.COMMENT]
    nomes, chaves = set(), set()
    for no in ast.walk(ast.parse(fonte)):
        nomes |= {getattr(no, campo) for campo in ("id", "arg", "attr") if isinstance(getattr(no, campo, None), str)}
        chaves |= set(map(id, no.keys)) if isinstance(no, ast.Dict) else set()
        if isinstance(no, ast.Constant) and isinstance(no.value, str) and id(no) not in chaves:
            if re.search(r"^ *(def|import) \w|; from ", no.value, re.M):
                continue  # código numa cadeia, como a solução de um exercício
            nomes.add(no.value)
            marcacao = r"style=|</?\w|:[^ ]+;|px\b|-[a-z]+:|\w=\"|var\(--|serif|monospace"
            if re.search(r"\w \w|\w\.\s", no.value) and not re.search(marcacao, no.value):
                pedacos.append(no.value)

    def sem_rotulo(linha):  # "endereco, porta: (host, porta) do servidor": os nomes não são prosa
        rotulo, dois_pontos, resto = linha.partition(":")
        return resto if dois_pontos and set(re.findall(r"\w+", rotulo)) <= nomes else linha

    texto = "\n".join(pedacos)
    return prosa_de_markdown("\n".join(map(sem_rotulo, texto.splitlines())))


def prosa_de_notebook(caminho):
    celulas = json.loads(caminho.read_text(encoding="utf-8"))["cells"]
    markdown = [prosa_de_markdown("".join(c["source"])) for c in celulas if c["cell_type"] == "markdown"]
    codigo = [re.sub(r"^[%!].*$", "", "".join(c["source"]), flags=re.M) for c in celulas if c["cell_type"] == "code"]
    return "\n".join(markdown + [prosa_de_python(fonte) for fonte in codigo])


def prosa_de_perguntas(perguntas):
    frases = [frase for p in perguntas.values() for frase in (p["pergunta"], *p["opcoes"], *p["opcoes"].values())]
    return prosa_de_markdown("\n".join(frases))


@functools.cache
def prosa(caminho):
    if caminho.suffix == ".ipynb":
        return prosa_de_notebook(caminho)
    texto = caminho.read_text(encoding="utf-8")
    if caminho == TRADUCAO:
        frases = [f for t in json.loads(texto).values() for f in (t if isinstance(t, list) else [t])]
        # O que está entre aspas é o que se escreve numa configuração, ou o nome de um arquivo.
        return prosa_de_markdown(re.sub(r"""(["'])[\w:-]+\1""", " ", "\n".join(frases)))
    if caminho.suffix == ".toml":
        return prosa_de_perguntas(tomllib.loads(texto))
    return prosa_de_python(texto) if caminho.suffix == ".py" else prosa_de_markdown(texto)


def palavras(texto):
    todas = set(re.findall(r"[A-Za-zÀ-ÿ]{3,}(?:-[A-Za-zÀ-ÿ]+)*", texto))
    return {p for p in todas if not re.search(r"[a-z][A-Z]", p)}  # sem as letras sorteadas e os nomes de classe


@functools.cache
def desconhecidas():
    """As palavras que nem o dicionário nem o projeto conhecem; o hunspell é lento para abrir, e se abre uma vez só."""
    todas = set().union(palavras(COM_ERROS), *(palavras(prosa(caminho)) for caminho in CAMINHOS))
    comando = ["hunspell", "-d", "pt_BR", "-i", "utf-8", "-l"]
    saida = subprocess.run(comando, input="\n".join(sorted(todas)), capture_output=True, encoding="utf-8", timeout=60)
    assert saida.returncode == 0, saida.stderr
    conhecidas = set(PALAVRAS.read_text(encoding="utf-8").lower().split())
    return {p for p in saida.stdout.split() if p.lower() not in conhecidas}


@pytest.fixture(scope="module", autouse=True)
def hunspell():
    if shutil.which("hunspell") is None:
        dispensar("sem o hunspell nesta máquina; no Debian e no Ubuntu: apt-get install hunspell hunspell-pt-br")


@pytest.mark.parametrize("caminho", CAMINHOS, ids=lambda c: str(c.relative_to(RAIZ)))
def test_ortografia(caminho):
    """Toda palavra está no dicionário ou na lista do projeto."""
    assert sorted(palavras(prosa(caminho)) & desconhecidas()) == []


def test_o_dicionario_acusa():
    """Um erro de ortografia reprova; um termo da lista, não."""
    assert palavras(COM_ERROS) & desconhecidas() == {"conecção", "funssiona"}
