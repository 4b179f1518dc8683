"""O que o interpretador escreve quando um programa cai, separado do que o programa diz.

Conhece os rastros de Python, Java, JavaScript, C#, Ruby e Go; o de uma linguagem desconhecida fica como está.
"""

import re
from dataclasses import dataclass

# O texto que pode vir antes do nome da exceção, e o nome, com ou sem pacote, e a mensagem.
CABECA = re.compile(
    r"(?:Uncaught\s|Unhandled\s[Ee]xception[.:]?\s|Exception\sin\sthread\s\S+ |Caused\sby:\s| ---> |\[\w+\] )*"
    r"(?P<nome>(?:[A-Za-z_]\w*[.$])*[A-Za-z_]\w*)(?: \[\w+\])?(?:: ?(?P<mensagem>.*))?$"
)
# Uma que se reconhece sozinha, mesmo sem nenhum quadro embaixo.
SOZINHA = re.compile(r"(?:Exception\sin\sthread\s\"|Unhandled\s[Ee]xception|Uncaught\s|panic:\s)")
QUADROS_PYTHON = re.compile(r'^[ |]*File "(?P<arquivo>.+)", line (?P<linha>\d+)')
QUADROS = (
    re.compile(r"^\s+at (?P<onde>.+\)) in (?P<arquivo>.+):line (?P<linha>\d+)$"),
    re.compile(r"^\s+at (?P<onde>[^\s(]+)\((?:(?P<arquivo>[^():]+\.\w+)(?::(?P<linha>\d+))?|Native Method|Unknown Source)\)"),
    re.compile(r"^\s+at (?P<onde>.*?)\(?(?P<arquivo>(?:file://|/|[A-Za-z]:\\|node:|<)[^()]*?)(?::(?P<linha>\d+))?(?::\d+)?\)?(?: \{)?$"),
    re.compile(r"^\s+at (?P<onde>[\w.<>$]+\(.*\))$"),
    re.compile(r"^\t(?P<arquivo>/\S+\.go):(?P<linha>\d+)(?: \+0x\w+)?$"),
    re.compile(r"^\tfrom (?P<arquivo>\S+\.rb):(?P<linha>\d+):in "),
)  # fmt: skip
RUBY = re.compile(r"^(?P<arquivo>[^\s:]+\.rb):(?P<linha>\d+):in .+: (?P<mensagem>.+) \((?P<nome>[\w:]+)\)$")
JAVAC = re.compile(r"^(?P<arquivo>[^\s:]+\.java):(?P<linha>\d+): (?:error|erro): (?P<mensagem>.+)$")
DA_LINGUAGEM = re.compile(
    r"^(?:java|javax|jdk|sun|System|Microsoft|node:|<anonymous>)|[/\\](?:python\d|site-packages|node_modules)"
)
CONTINUA = re.compile(
    r"^(?:[ \t].*|Emitted\s'\w+' event|\}|goroutine\s\d+ \[|[\w./]+\(.*\)$|Caused\sby:\s.*| ---> |created\sby\s)"
)
AVISO = re.compile(
    r"^.*\.py:\d+: \w*Warning: |^sys:1:\s\w*Warning|^\(node:\d+\) |^\(Use\s`node\s--trace|^Node\.js\sv\d|^Picked\sup\s\w*JAVA|"
    r"^OpenJDK\s.*\swarning|^WARNING:\sAn\sillegal|^(?:Note: )?[\w./\\-]+\.java\suses|^exit\sstatus\s\d+|^Fatal\sPython\serror|"
    r"^\d+ errors?$|^error:\scompilation\sfailed"
)
COR = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]")
ANTES_DO_NODE = 5  # linhas, antes da exceção, em que ele mostra onde foi


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


def ler_rastro(texto, e_dele=lambda arquivo: True):
    """O último `Rastro` de um texto; None se não há nenhum.

    Args:
        e_dele: diz se um arquivo é do programa: a linha que se aponta é do código dele, e não do interpretador.
    """
    rastro = None
    for _, _, cabeca, quadros, do_fim in _blocos(sem_cores(texto).splitlines()):
        rastro = _montar(cabeca, quadros, do_fim, e_dele)
    return rastro


def sem_rastros(texto):
    """O que o programa disse: o texto sem cores, sem rastros de exceção e sem avisos do interpretador."""
    linhas = sem_cores(texto).splitlines(keepends=True)
    fora = {i for comeco, fim, *_ in _blocos([x.rstrip("\r\n") for x in linhas]) for i in range(comeco, fim)}
    for i, linha in enumerate(linhas):
        if AVISO.match(linha):
            fora |= (
                {i, i + 1} if i + 1 < len(linhas) and linhas[i + 1].startswith("  ") else {i}
            )  # e o código de que avisa
    return "".join(linha for i, linha in enumerate(linhas) if i not in fora)


def _montar(cabeca, quadros, do_fim, e_dele):
    com_linha = [
        q for q in quadros if q.get("arquivo") and q.get("linha") and not DA_LINGUAGEM.search(q.get("onde") or "")
    ]
    dele = [q for q in com_linha if not DA_LINGUAGEM.search(q["arquivo"]) and e_dele(q["arquivo"])]
    onde = (dele[-1 if do_fim else 0]["arquivo"], int(dele[-1 if do_fim else 0]["linha"])) if dele else ("", 0)
    inteiro = cabeca["nome"]
    nome = re.split(r"[.$]|::", inteiro)[-1]
    nome = inteiro if nome in ("error", "timeout", "gaierror", "herror") else nome  # socket.timeout, struct.error
    return Rastro(nome, (cabeca["mensagem"] or "").strip(), *onde)


def _blocos(linhas):
    """(começo, fim, cabeça, quadros, o quadro mais fundo é o último?) de cada rastro, na ordem."""
    i = 0
    while i < len(linhas):
        ler = next((ler for ler in (_de_python, _de_uma_linha, _dos_outros) if (bloco := ler(linhas, i))), None)
        if ler is None:
            i += 1
            continue
        yield bloco
        i = max(bloco[1], i + 1)


def _de_python(linhas, i):
    """Do `Traceback (most recent call last):`, ou do `File` de um erro de sintaxe, até a linha da exceção."""
    anuncia = re.match(
        r"^(?:[ +|]*)(?:Exception\sGroup\s)?Traceback\s\(most\srecent\scall\slast\):|^Exception\s(?:in\sthread\s(?!\")|ignored)",
        linhas[i],
    )
    if not anuncia and not QUADROS_PYTHON.match(linhas[i]):
        return None
    quadros, cabeca, fim = [], None, i + 1
    comeco = i
    for fim in range(i, len(linhas) + 1):
        nua = re.sub(r"^[ +|-]*\| ?", "", linhas[fim]) if fim < len(linhas) else None
        if nua is None:
            break
        if quadro := QUADROS_PYTHON.match(nua):
            quadros.append(quadro.groupdict())
        elif (
            fim > i
            and nua.strip()
            and not nua.startswith((" ", "\t"))
            and not re.match(r"(?:Exception\sGroup\s)?Traceback\s\(", nua)
        ):
            cabeca = CABECA.match(nua)
            break
    if cabeca is None:
        # Um rastro ainda pela metade: nada dele é do programa, e ainda não se sabe a exceção.
        return (comeco, fim, {"nome": "exceção", "mensagem": ""}, quadros, True) if anuncia else None
    fim += 1
    while fim < len(linhas) and re.match(r"^ +[+|]", linhas[fim]):  # o resto de um grupo de exceções
        fim += 1
    if (
        fim + 1 < len(linhas)
        and not linhas[fim]
        and re.match(r"During\shandling\sof|The\sabove\sexception", linhas[fim + 1])
    ):
        fim = min(fim + 3, len(linhas))
    return comeco, fim, cabeca.groupdict(), quadros, True


def _de_uma_linha(linhas, i):
    if re.match(r"Node\.js v\d", linhas[i]) and i > 2:  # throw de algo que não é um Error: sem quadros
        ultimo = max(
            (j for j in range(max(i - ANTES_DO_NODE, 0), i) if linhas[j] and linhas[j][0] not in " ("), default=i
        )
        comeco, antes = _antes_do_node(linhas, ultimo)
        if antes:
            return comeco, i + 1, {"nome": "exceção", "mensagem": linhas[ultimo]}, antes, True
    if achou := RUBY.match(linhas[i]):
        return i, i + 1, achou.groupdict(), [achou.groupdict() | {"onde": ""}], True
    if achou := JAVAC.match(linhas[i]):
        fim = i + 1
        while fim < len(linhas) and not linhas[fim - 1].strip() == "^":
            fim += 1
        return i, fim, {"nome": "erro de compilação", "mensagem": achou["mensagem"]}, [achou.groupdict()], True
    return None


def _dos_outros(linhas, i):
    """Da exceção, que vem primeiro, até o último quadro."""
    seguinte = linhas[i + 1] if i + 1 < len(linhas) else ""
    cabeca = CABECA.match(linhas[i])
    if not cabeca or linhas[i].startswith((" ", "\t")) or not (SOZINHA.match(linhas[i]) or _quadro(seguinte)):
        return None
    quadros, fim = [], i + 1
    while fim < len(linhas) and (CONTINUA.match(linhas[fim]) or not linhas[fim]):
        if quadro := _quadro(linhas[fim]):
            quadros.append(quadro.groupdict())
        elif re.match(r"Caused\sby:\s|\s--->\s", linhas[fim]) and (outra := CABECA.match(linhas[fim])):
            cabeca, de_antes = outra, quadros
            quadros = []
            proximos = [q for q in map(_quadro, linhas[fim + 1 :][:3]) if q]
            quadros = [] if any(q.groupdict().get("linha") for q in proximos) else de_antes
        fim += 1
    comeco, antes = _antes_do_node(linhas, i)
    return comeco, fim, cabeca.groupdict(), [*quadros, *antes], False


def _antes_do_node(linhas, i):
    """O Node mostra antes da exceção o arquivo e a linha, o código e um ^: onde isso começa, e o quadro."""
    for antes in range(max(i - ANTES_DO_NODE, 0), i):
        onde = re.match(r"^(?P<arquivo>\S.*):(?P<linha>\d+)$", linhas[antes])
        if onde and any(x.strip().startswith("^") or not x for x in linhas[antes + 1 : i]):
            return antes, [onde.groupdict()]
    return i, []


def _quadro(linha):
    return next((achado for padrao in QUADROS if (achado := padrao.match(linha))), None)
