"""A linha do código em que um programa caiu: se ela lê um argumento do comando, ou o teclado."""

import contextlib
import pathlib
import re

CODIGO = 256 * 1024  # bytes do começo do arquivo do aluno; nenhum trabalho tem tanto
SEM_POSICAO = re.compile(
    r"^(?:IndexError|ValueError: not\senough\svalues|ArrayIndexOutOfBounds|IndexOutOfRangeException)"
)
SEM_CODIGO = re.compile(r"^ArrayIndexOutOfBoundsException: (?:\d+$|Index\s\d+\sout\sof\sbounds\sfor\slength\s0)")
# Os nomes que recebem os argumentos: args = sys.argv[1:], main(String[] args).
DOS_ARGUMENTOS = re.compile(r"(\w+)\s*=\s*(?:sys\.)?argv\b|\bmain\s*\([^)]*?string\s*(?:\[\]|\.\.\.)\s*(\w+)", re.I)
DO_TECLADO = re.compile(r"(\w+)\s*=\s*new\s+Scanner\s*\(\s*System\.in\b|(new\s+Scanner\s*\(\s*System\.in\b)")


def ler_codigo(pastas, arquivo):
    """O texto de um arquivo que um rastro aponta, procurado nestas pastas; "" se não está em nenhuma."""
    for caminho in [pathlib.Path(pasta, arquivo) for pasta in pastas if arquivo]:
        with contextlib.suppress(OSError, ValueError):
            if caminho.is_file():  # um rastro forjado pode apontar um `FIFO`, que prenderia quem o abrisse
                with caminho.open("rb") as aberto:
                    return aberto.read(CODIGO).decode("utf-8", "replace")
    return ""


def faltou_argumento(rastro, codigo):
    """Caiu ao ler um argumento que não veio?"""
    if not SEM_POSICAO.match(f"{rastro.nome}: {rastro.mensagem}"):
        return False
    if not codigo:  # só se entregou o `.class`: a posição de um vetor vazio deve ser a de um argumento
        return SEM_CODIGO.match(f"{rastro.nome}: {rastro.mensagem}") is not None
    return _usa(_linha(codigo, rastro), {"argv", *_nomes(DOS_ARGUMENTOS, codigo)})


def faltou_teclado(rastro, codigo):
    """Caiu porque o teclado acabou? Um `Scanner` também pode ler da rede: só o que lê de `System.in` conta."""
    if rastro.nome == "EOFError":  # o pickle também a levanta, com outra mensagem
        return re.match(r"EOF\swhen\sreading", rastro.mensagem) is not None
    return rastro.nome == "NoSuchElementException" and _usa(_linha(codigo, rastro), _nomes(DO_TECLADO, codigo))


def _linha(codigo, rastro):
    linhas = codigo.splitlines()
    return linhas[rastro.linha - 1] if 0 < rastro.linha <= len(linhas) else ""


def _nomes(padrao, codigo):
    return {nome for achado in padrao.findall(codigo) for nome in achado if nome}


def _usa(linha, nomes):
    return any(re.search(rf"\b{re.escape(nome)}(?!\w)", linha) for nome in nomes)
