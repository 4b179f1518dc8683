"""Onde procurar o cliente quando ninguém disse a porta: nos números do código dele, e nas de costume."""

import contextlib
import pathlib
import re

MAXIMO_DE_FONTE = 1024**2  # bytes de um arquivo em que se procuram portas
MAXIMO_DE_VIZINHOS = 30  # arquivos que o programa nomeia, e os que estes nomeiam
MAXIMO_NA_PASTA = 500  # arquivos da pasta entre os quais se procuram os vizinhos
PORTAS_DE_COSTUME = (
    60000, 12345, 5000, 5050, 8080, 8888, 9999, 65432, 1234, 4444, 50000, 12000, 8000, 9000, 3000, 4000,
    5555, 6000, 6789, 7777, 8081, 9090, 10000, 20000, 54321, 55555, 65000,
)  # fmt: skip
FONTES = {
    ".py", ".java", ".js", ".mjs", ".cjs", ".ts", ".c", ".h", ".cpp", ".hpp", ".cs", ".go", ".rb", ".rs", ".kt", ".php",
    ".json", ".toml", ".ini", ".cfg", ".env", ".properties", ".yaml", ".yml",
}  # fmt: skip


def portas_no_codigo(comando, pasta=None):
    """Os inteiros de 1024 a 65535 nos argumentos, nos arquivos que eles nomeiam e nos vizinhos que estes usam.

    Sem repetir, e na ordem em que se acham: primeiro os do comando, por fim os dos vizinhos.
    """
    raiz = pathlib.Path(pasta or ".")
    textos, lidos = [" ".join(comando[1:])], {}
    for argumento in comando:
        for caminho in _arquivos_de(argumento):
            with contextlib.suppress(OSError, ValueError):
                _ler(raiz / caminho, lidos)
    nomeados = list(lidos)
    for arquivo in nomeados:  # a lista cresce com os vizinhos dos vizinhos
        for vizinho in _vizinhos(arquivo, lidos[arquivo]):
            if len(lidos) < MAXIMO_DE_VIZINHOS and vizinho not in lidos and _ler(vizinho, lidos):
                nomeados.append(vizinho)
    textos += lidos.values()
    numeros = [int(n.replace("_", "")) for t in textos for n in re.findall(r"(?<![\w.])\d[\d_]{3,5}(?!\w|\.\d)", t)]
    return [n for n in dict.fromkeys(numeros) if 1024 <= n <= 65535]


def _arquivos_de(argumento):
    """Os caminhos que um argumento pode querer dizer: um arquivo, um módulo do Python, uma classe do Java."""
    caminho = argumento.replace(".", "/")
    nomes = [argumento, *(f"{argumento}{fim}" for fim in (".java", ".js", ".mjs", ".py", ".c"))]
    return dict.fromkeys([*nomes, f"{caminho}.py", f"{caminho}/__main__.py", f"{caminho}.java"])


def _ler(arquivo, lidos):
    """Guarda em `lidos` o texto do arquivo; diz se é um texto, e não grande demais."""
    with contextlib.suppress(OSError, ValueError):
        if arquivo.is_file() and arquivo.stat().st_size <= MAXIMO_DE_FONTE:
            dados = arquivo.read_bytes()
            if b"\0" not in dados:
                lidos[arquivo] = dados.decode("utf-8", "replace")
                return True
    return False


def _vizinhos(arquivo, texto):
    """Os arquivos da pasta, e das pastas dela, cujo nome sem extensão aparece no código: `from config import …`."""
    palavras = set(re.findall(r"[\w-]+", texto)) | {"", arquivo.stem}
    achados = []
    with contextlib.suppress(OSError):
        daqui = sorted(arquivo.parent.iterdir())[:MAXIMO_NA_PASTA]
        pastas = [p for p in daqui if p.name in palavras and p.is_dir() and not p.is_symlink()]
        for vizinho in [*daqui, *(filho for p in pastas for filho in sorted(p.iterdir())[:MAXIMO_NA_PASTA])]:
            nome = vizinho.stem.lstrip(".") if vizinho.suffix else vizinho.name.lstrip(".")
            fim = vizinho.suffix or f".{nome}"  # um .env não tem nome, só fim
            if fim in FONTES and (nome in palavras or vizinho.name == ".env") and vizinho != arquivo:
                achados.append(vizinho)
    return achados
