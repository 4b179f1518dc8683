"""Acha, entre os arquivos de uma entrega, o servidor e o cliente, e diz por que escolheu estes.

Um arquivo ganha pontos pelo nome e pelas chamadas que faz; perde se parece um rascunho. O par que mora na mesma pasta
vale mais do que dois arquivos soltos. Os rivais não somem: vão para a linha da entrega. Um `parimpar.toml`, na
entrega ou ao lado dela, manda mais do que tudo isto:

    servidor = ["java", "-cp", "bin", "Servidor"]
    cliente = ["python", "cliente.py"]
    porta = 60000                                   # se o avaliador não a descobrir sozinho
"""

import pathlib
import re
import sys
import tomllib
from dataclasses import dataclass

from parimpar.erros import ErroDeUso
from parimpar.texto import visivel

from .comandos import comando_de, pasta_de
from .fontes import ler_fontes

MANIFESTO = "parimpar.toml"
ALVOS = ("servidor", "cliente")
NOMES = {
    "servidor": re.compile(r"(?<!ob)serv", re.I),
    "cliente": re.compile(r"clie|cli(?![a-z])", re.I),
}
# O que só um servidor, ou só um cliente, chama; nas linguagens em que se costuma fazer o trabalho.
CHAMADAS = {
    "servidor": re.compile(
        r"\.accept\(|\baccept\s*\(|ServerSocket|createServer|TCPServer|UDPServer|start_server|create_server|TcpListener"
        r"|\.bind\("
    ),
    "cliente": re.compile(
        r"\.connect(_ex)?\s*\(|\bconnect\s*\(|create_connection|open_connection|new Socket\(|createConnection"
        r"|TcpClient\("
    ),
}
RASCUNHO = re.compile(
    r"rascunho|antig|velh|\bold|_old|backup|bkp|c[oó]pia|copy|teste?s?(?![a-z])|exemplo|draft|observador|aula", re.I
)
VERSAO = re.compile(r"(?:(?<![a-z])v|vers[aã]o|final)[ _-]*(\d*)$|(\d+)$", re.I)
PARIDADE = re.compile(r"[ií]mpar|%\s*2\b", re.I)
CANDIDATOS = 100  # de cada lado, dos quais se escolhe o par: cinco mil arquivos fariam milhões de pares


@dataclass(frozen=True)
class Programa:
    """Um programa achado numa entrega.

    comando: como executá-lo, na pasta dele.
    preparo: comandos que o compilam, na mesma pasta; vazio se não é preciso.
    porta: a do manifesto, ou None.
    arquivo: o que foi escolhido, relativo à entrega.
    porque: uma frase.
    rivais: os outros arquivos que podiam ser, relativos à entrega.
    falta: o que falta na máquina para executá-lo; "" se nada.
    """

    comando: tuple
    pasta: pathlib.Path
    porta: int | None = None
    preparo: tuple = ()
    arquivo: str = ""
    porque: str = ""
    rivais: tuple = ()
    falta: str = ""


def achar_programas(pasta, manifesto=None):
    """Acha o servidor e o cliente de uma entrega.

    Args:
        pasta: a da entrega, já copiada: os cadernos (.ipynb) viram nela arquivos .py.
        manifesto: um `parimpar.toml` de quem ensina, que manda mais do que o da entrega.

    Returns:
        {"servidor": `Programa`, "cliente": `Programa`}, só os que existem.

    Raises:
        ErroDeUso: o manifesto não se entende.
    """
    pasta = pathlib.Path(pasta)
    manifestos = [m for m in [manifesto, *sorted(pasta.rglob(MANIFESTO), key=lambda m: len(m.parts))] if m]
    for achado in manifestos:
        achado = pathlib.Path(achado)
        if achado.is_file():
            ditos = _do_manifesto(achado, achado.parent if pasta in achado.parents else pasta)
            return ditos if len(ditos) == len(ALVOS) else _escolher(ler_fontes(pasta)) | ditos
    return _escolher(ler_fontes(pasta))


def _pontos(alvo, fonte):
    """Quanto este arquivo parece ser o servidor, ou o cliente; 0 se não parece."""
    outro = ALVOS[1 - ALVOS.index(alvo)]
    arquivo, relativo, codigo = fonte.arquivo, fonte.relativo, fonte.codigo
    no_nome, chama = NOMES[alvo].search(arquivo.stem), CHAMADAS[alvo].search(codigo)
    if not no_nome and not chama:
        return 0
    if not chama and not re.search(r"socket|net\b|Socket", codigo):
        return 0  # tem o nome, mas não fala com a rede
    pontos = (5 if no_nome else 0) + (4 if chama else 0)
    if CHAMADAS[outro].search(codigo) and alvo == "cliente" and not no_nome:
        pontos -= 3  # quem aceita conexões é o servidor, mesmo que também se conecte
    if NOMES[outro].search(arquivo.stem) and not no_nome:
        pontos -= 6
    pontos += 2 if PARIDADE.search(codigo) and alvo == "servidor" else 0
    pontos += 1 if re.search(r"\bFIM\b", codigo) else 0
    pontos -= 4 if RASCUNHO.search(relativo) else 0
    versao = VERSAO.search(arquivo.stem)
    pontos += min(int((versao[1] or versao[2] or "9")[:2]), 9) / 10 if versao else 0
    return max(pontos - relativo.count("/") * 0.3, 0.1)


def _escolher(fontes):
    pontos = {(alvo, f): _pontos(alvo, f) for alvo in ALVOS for f in fontes}
    candidatos = {
        alvo: sorted((f for f in fontes if pontos[alvo, f]), key=lambda f, a=alvo: -pontos[a, f]) for alvo in ALVOS
    }
    melhor = None
    for servidor in [*candidatos["servidor"][:CANDIDATOS], None]:
        for cliente in [*candidatos["cliente"][:CANDIDATOS], None]:
            if servidor is cliente and (servidor is None or not _papel_no_argumento(servidor)):
                continue
            soma = sum(pontos[alvo, f] for f, alvo in ((servidor, "servidor"), (cliente, "cliente")) if f)
            juntos = servidor and cliente and servidor.arquivo.parent == cliente.arquivo.parent
            soma += 3 if juntos else 0
            if melhor is None or soma > melhor[0]:
                melhor = (soma, {"servidor": servidor, "cliente": cliente}, juntos)
    if melhor is None:
        return {}
    _, escolhidos, juntos = melhor
    programas = {}
    for alvo, fonte in escolhidos.items():
        if fonte is None:
            continue
        rivais = tuple(f.relativo for f in candidatos[alvo] if f is not fonte and f not in escolhidos.values())
        porque = [p for p, sim in (("pelo nome", NOMES[alvo].search(fonte.arquivo.stem)),
                                   ("pelas chamadas que faz", CHAMADAS[alvo].search(fonte.codigo)),
                                   ("ao lado do seu par", juntos)) if sim]  # fmt: skip
        argumentos = _papel_no_argumento(fonte).get(alvo, ()) if escolhidos["servidor"] is escolhidos["cliente"] else ()
        comando, preparo, falta = comando_de(fonte, argumentos)
        programas[alvo] = Programa(
            comando,
            pasta_de(fonte),
            None,
            preparo,
            fonte.relativo,
            "escolhido " + " e ".join(porque[:2]),
            rivais,
            falta,
        )
    return programas


def _papel_no_argumento(fonte):
    """Num arquivo que é os dois, o argumento que faz dele cada um; {} se não se vê."""
    if not re.search(r"argv|argparse|args\b", fonte.codigo):
        return {}
    achados = {}
    for alvo, nomes in (("servidor", ("servidor", "server", "-s", "--servidor")),
                        ("cliente", ("cliente", "client", "-c", "--cliente"))):  # fmt: skip
        nome = next((n for n in nomes if f'"{n}"' in fonte.codigo or f"'{n}'" in fonte.codigo), None)
        if nome:
            achados[alvo] = (nome,)
    return achados if len(achados) == 2 else {}


def _do_manifesto(manifesto, pasta):
    try:
        dados = tomllib.loads(manifesto.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as erro:
        raise ErroDeUso(f"{MANIFESTO} não se entende: {visivel(str(erro), 200, aspas=False)}") from erro
    porta = dados.get("porta")
    if porta is not None and not (type(porta) is int and 0 < porta < 65536):
        raise ErroDeUso(f"{MANIFESTO}: esperava em porta um inteiro de 1 a 65535, e veio {visivel(repr(porta))}")
    programas = {}
    for alvo in ALVOS:
        comando = dados.get(alvo)
        if comando is None:
            continue
        if not (isinstance(comando, list) and comando and all(isinstance(parte, str) for parte in comando)):
            raise ErroDeUso(
                f'{MANIFESTO}: esperava em {alvo} uma lista de textos, como ["python", "x.py"], e veio '
                f"{visivel(repr(comando))}"
            )
        comando = (sys.executable, *comando[1:]) if comando[0] in ("python", "python3") else tuple(comando)
        programas[alvo] = Programa(comando, pasta, porta, porque=f"é o que diz o {MANIFESTO}")
    return programas
