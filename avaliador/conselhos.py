"""Os conselhos, na linguagem do aluno: a cura numa frase, e como ela se escreve em Python, Java, JavaScript ou C."""

import contextlib
import pathlib
import re

LINGUAGENS = ("python", "java", "js", "c")
INTERPRETES = {
    "py": "python",
    "pypy": "python",
    "java": "java",
    "node": "js",
    "deno": "js",
    "bun": "js",
    "ts-node": "js",
}
FONTES = {
    ".py": "python", ".java": "java", ".jar": "java", ".class": "java", ".js": "js", ".mjs": "js", ".cjs": "js",
    ".ts": "js", ".c": "c", ".cpp": "c", ".cc": "c", ".h": "c",
}  # fmt: skip

EXECUTAVEL = 256 * 1024  # bytes do começo de um executável, onde se vê se foi feito em C
DE_OUTRAS = re.compile(rb"rustc|Go build|haskell|python", re.I)  # linguagens que também usam a biblioteca do C

# De cada exceção, o que quase sempre é: (o que a linha dela traz, a cura).
EXCECOES = (
    (
        r"^NameError|^ReferenceError",
        "O nome que o erro diz não existe ali: confira a grafia dele, e se falta um import.",
    ),
    (
        r"^TypeError:\s.*bytes-like|^TypeError:\s.*(not\sstr|not\s'str')",
        "A rede leva bytes: codifique o texto com .encode() antes de enviar.",
    ),
    (
        r"^TypeError:\s.*(bytes\sto\sstr|\"bytes\"|not\sbytes)",
        "O recv traz bytes: decodifique-os com .decode() antes de usá-los como texto.",
    ),
    (r"^UnicodeDecodeError:\s'ascii'", "O Í não existe em ASCII: decodifique em UTF-8, recv(...).decode('utf-8')."),
    (r"^UnicodeDecodeError", "Os bytes de uma letra podem chegar partidos: junte a resposta inteira antes do decode."),
    (r"^UnicodeEncodeError:\s'ascii'", "O Í não existe em ASCII: codifique em UTF-8, texto.encode('utf-8')."),
    (
        r"^ValueError:\sinvalid\sliteral\sfor\sint|^NumberFormatException",
        "O texto que chegou não é um número: a resposta é texto, e não se converte.",
    ),
    (
        r"^ConnectionRefusedError|ECONNREFUSED|Connection\srefused",
        "Ninguém escutava na porta: trate o erro do connect, avise e tente de novo.",
    ),
    (
        r"^BrokenPipeError|^ConnectionResetError|EPIPE|ECONNRESET|^SocketException|^SIGPIPE",
        "A outra ponta já tinha fechado: trate o erro e siga para a próxima volta.",
    ),
    (
        r"^TimeoutError|^socket\.timeout|^SocketTimeoutException",
        "O prazo acabou sem resposta: trate o erro, avise e tente de novo na próxima volta.",
    ),
    (r"^(IndentationError|TabError|SyntaxError)", "O programa nem começa: corrija a escrita da linha que o erro diz."),
    (
        r"^NullPointerException",
        "Algo que se usou não existe: quando o servidor fecha, o readLine não devolve um texto; confira antes de usar.",
    ),
    (r"^AttributeError", "O objeto não tem esse nome: confira a grafia, e de que tipo ele é."),
    (
        r"^(IndexError|ArrayIndexOutOfBoundsException|StringIndexOutOfBoundsException)",
        "A posição não existe: confira o tamanho antes; uma resposta vazia quer dizer que a conexão acabou.",
    ),
    (
        r"^SIG(SEGV|BUS)",
        "O programa usou memória que não é dele: confira o tamanho dos vetores, e termine o texto lido com 0.",
    ),
)  # fmt: skip


def da_excecao(excecao):
    """O que quase sempre é esta exceção, e a cura; "" se não se sabe.

    Args:
        excecao: como em `Programa.excecao()`: o nome, a mensagem e a linha.
    """
    return next((cura for padrao, cura in EXCECOES if re.search(padrao, excecao)), "")


class Conselho:
    """Uma cura: o que fazer, e o código que o faz.

    Args:
        frase: o que fazer, em qualquer linguagem; sem o ponto final.
        codigos: python, java, js, c: o código, em cada uma; onde falta, fica só a frase.
    """

    def __init__(self, frase, **codigos):
        self.frase, self._codigos = frase, codigos
        if estranhas := set(codigos) - set(LINGUAGENS):
            raise ValueError(f"esperava uma destas linguagens: {', '.join(LINGUAGENS)}; veio {estranhas.pop()}")

    def em(self, lingua):
        """O conselho na linguagem pedida; None, ou uma que ele não conhece, dá só a frase."""
        codigo = self._codigos.get(lingua, "")
        return f"{self.frase}: {codigo}" if codigo else f"{self.frase}."


def lingua_de(comando, pasta=None):
    """Em que linguagem está o programa deste comando, uma das `LINGUAGENS`; None se não se sabe, ou é outra.

    Vê o nome do interpretador, depois a extensão dos arquivos do comando; a de um executável, pelo fonte ao lado dele.
    """
    interprete = re.match(r"[a-z-]*", pathlib.Path(comando[0]).name.lower())[0].removesuffix("w")
    for comeco, lingua in INTERPRETES.items():
        if interprete.startswith(comeco) if comeco == "py" else interprete == comeco:
            return lingua
    for argumento in comando:
        caminho = pathlib.Path(pasta or ".") / argumento
        if caminho.suffix in FONTES:
            return FONTES[caminho.suffix]
        if any(caminho.with_suffix(fim).is_file() for fim in (".c", ".cpp", ".cc")):
            return "c"
    with contextlib.suppress(OSError, ValueError), open(pathlib.Path(pasta or ".") / comando[0], "rb") as executavel:
        comeco = executavel.read(EXECUTAVEL)
        if comeco.startswith(b"\x7fELF") and b"libc.so" in comeco and not DE_OUTRAS.search(comeco):
            return "c"
    return None
