"""O que o interpretador escreve quando um programa cai, separado do que o programa diz: Python, Java, JavaScript, C#, Ruby, Go."""

import re
from dataclasses import dataclass

# A primeira linha de um rastro: "NameError: …", "java.lang.NumberFormatException: …", "Unhandled exception. System.…: …".
CABECA = re.compile(
    r"(?:Uncaught |Unhandled [Ee]xception[.:]? |Exception in thread .*?[\"')] |Caused by: |Exception in thread .*?: )?"
    r"(?P<nome>(?:[A-Za-z_]\w*[.$])*[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Failure|Warning)|panic|socket\.timeout|"
    r"socket\.gaierror|struct\.error|socket\.error|(?:[a-z_]\w*\.)+[a-z]\w*error)(?: \[\w+\])?(?:: ?(?P<mensagem>.*))?$"
)
# As que dizem onde: em Python, em Java, em JavaScript, em C#, em Go.
QUADROS = (
    re.compile(r'^\s*(?:\| +)?File "(?P<arquivo>.+)", line (?P<linha>\d+)'),
    re.compile(r"^\s+at (?P<onde>[^\s(]+)\((?:(?P<arquivo>[^():]+\.\w+)(?::(?P<linha>\d+))?|Native Method|Unknown Source)\)"),
    re.compile(r"^\s+at (?P<onde>.*\()?(?P<arquivo>(?:file://|[/\\]|[A-Za-z]:\\|node:)[^()]*?):(?P<linha>\d+):\d+\)?$"),
    re.compile(r"^\s+at (?P<onde>.+) in (?P<arquivo>.+):line (?P<linha>\d+)$"),
    re.compile(r"^\t(?P<arquivo>/\S+\.go):(?P<linha>\d+)(?: \+0x\w+)?$"),
)  # fmt: skip
RUBY = re.compile(r"^(?P<arquivo>[^\s:]+\.rb):(?P<linha>\d+):in .+: (?P<mensagem>.+) \((?P<nome>[\w:]+)\)$")
DA_LINGUAGEM = re.compile(
    r"^(?:java|javax|jdk|sun|com\.sun|System|Microsoft|node:)\b|[/\\](?:python\d|site-packages|node_modules)"
)
COR = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]")
# Um rastro: da primeira linha que o anuncia até a da exceção (Python), ou da exceção até o último quadro (as outras).
_ABRE_PYTHON = re.compile(
    r"^(?: +[+|] )?(?:Exception Group )?Traceback \(most recent call last\):|^Exception (?:in thread|ignored)"
)
_AVISO = re.compile(
    r"^.*\.py:\d+: \w*Warning: |^\(node:\d+\) |^\(Use `node --trace|^Node\.js v\d|^Picked up \w*JAVA|^OpenJDK .* warning|"
    r"^During handling of the above|^The above exception was|^WARNING: An illegal|^sys:1: \w*Warning|^[\w./\\:-]+\.java:\d+: |"
    r"^(?:Note: )?[\w./\\-]+\.java uses|^goroutine \d+ \[|^exit status \d+|^\s*\.\.\. \d+ (?:common frames|more)|^Fatal Python error"
)


@dataclass(frozen=True)
class Rastro:
    """A exceção com que um programa caiu.

    nome: "NameError", "NumberFormatException"…, sem o pacote.
    mensagem: o resto da linha dela.
    arquivo, linha: onde foi, no código do aluno; "" e 0 se o rastro não diz.
    """

    nome: str
    mensagem: str
    arquivo: str = ""
    linha: int = 0

    def __str__(self):
        onde = f" (linha {self.linha})" if self.linha else ""
        return f"{self.nome}{': ' * bool(self.mensagem)}{self.mensagem}{onde}"


def sem_cores(texto):
    """O texto sem as sequências que colorem o terminal."""
    return COR.sub("", texto)


def _quadro(linha):
    return next((achado for padrao in QUADROS if (achado := padrao.match(linha))), None)


def ler_rastro(texto, e_dele=lambda arquivo: True):
    """O último `Rastro` de um texto; None se não há nenhum.

    Args:
        e_dele: diz se um arquivo é do programa; a linha que se aponta é a do último quadro em que isso vale.
    """
    linhas, achado = sem_cores(texto).splitlines(), None
    quadros, cabeca = [], None  # cabeca: a exceção do rastro que se está lendo
    em_python = False

    def fechar(cabeca, quadros, do_fim):
        dele = [q for q in quadros if q.group("arquivo") and q.group("linha") and e_dele(q.group("arquivo"))]
        dele = [q for q in dele if not DA_LINGUAGEM.search(q.groupdict().get("onde") or q.group("arquivo"))] or dele
        q = dele and dele[-1 if do_fim else 0]
        onde = (q.group("arquivo"), int(q.group("linha"))) if q else ("", 0)
        nome = re.split(r"[.$]", cabeca.group("nome"))[-1]
        nome = cabeca.group("nome") if nome in ("error", "timeout", "gaierror") else nome
        return Rastro(nome, (cabeca.group("mensagem") or "").strip(), *onde)

    for linha in [*linhas, ""]:
        if _ABRE_PYTHON.match(linha) and "Traceback" in linha:
            em_python, quadros, cabeca = True, [], None
        elif quadro := _quadro(linha):
            quadros.append(quadro)
            if cabeca:
                achado = fechar(cabeca, quadros, do_fim=False)
            elif "File" in linha[:12]:
                em_python = True
        elif achou := CABECA.match(linha.strip() if em_python else linha):
            if em_python and quadros and not linha.startswith((" ", "\t")):
                achado, em_python, cabeca, quadros = fechar(achou, quadros, do_fim=True), False, None, []
            elif not em_python:
                cabeca, quadros = achou, []
                if re.match(r"Exception in thread|Unhandled|Uncaught|panic", linha):
                    achado = fechar(cabeca, [], do_fim=False)
        elif achou := RUBY.match(linha):
            achado = Rastro(achou["nome"], achou["mensagem"], achou["arquivo"], int(achou["linha"]))
        elif not linha.startswith((" ", "\t", "goroutine", "main.")) and linha:
            if (
                em_python
                and quadros
                and (achou := re.match(r"(?P<nome>[A-Za-z_][\w.]*)(?:: (?P<mensagem>.*))?$", linha))
            ):
                achado = fechar(achou, quadros, do_fim=True)  # uma exceção do próprio aluno, de qualquer nome
            em_python, cabeca, quadros = False, None, []
    return achado


def sem_rastros(texto):
    """O que o programa disse: o texto sem cores, sem rastros de exceção e sem avisos do interpretador."""
    ditas, em_python, tirando = [], False, False
    for linha in sem_cores(texto).splitlines(keepends=True):
        nua = linha.rstrip("\r\n")
        if _ABRE_PYTHON.match(nua):
            em_python = True
        elif em_python:
            em_python = nua.startswith((" ", "\t")) or not nua
        elif _quadro(nua):
            if not tirando and ditas and CABECA.match(ditas[-1].rstrip("\r\n")):
                ditas.pop()  # a exceção, que vem antes dos quadros
            tirando = True
        elif not (_AVISO.match(nua) or re.match(r"(?:Uncaught |Unhandled exception|Caused by: |panic: )", nua)):
            if not (tirando and not nua):
                ditas.append(linha)
            tirando = False
    return "".join(ditas)
