"""Os conselhos, na linguagem do aluno: a cura numa frase, e como ela se escreve em Python, Java, JavaScript ou C."""

import pathlib
import re

LINGUAGENS = ("python", "java", "js", "c")
INTERPRETES = {"py": "python", "pypy": "python", "java": "java", "node": "js", "deno": "js", "bun": "js", "ts-node": "js"}
FONTES = {
    ".py": "python", ".java": "java", ".jar": "java", ".class": "java", ".js": "js", ".mjs": "js", ".cjs": "js",
    ".ts": "js", ".c": "c", ".cpp": "c", ".cc": "c", ".h": "c",
}  # fmt: skip


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
        for fim in (".c", ".cpp", ".cc"):
            if caminho.with_suffix(fim).is_file():
                return "c"
    return None
