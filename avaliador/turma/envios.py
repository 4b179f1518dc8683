"""Acha as entregas de uma turma: a pasta ou o zip que o Moodle dá, ou uma pasta com uma subpasta por aluno.

O Moodle põe cada aluno numa pasta `Nome Sobrenome_123456_assignsubmission_file_`, com ou sem o `_` do fim, ou
espalha os arquivos com esse prefixo no nome; num trabalho em grupo, o nome vem depois de `Grupo-`; quem escreveu no
navegador fica em `…_onlinetext_`. Nada se perde em silêncio: o que não se entende vira também uma entrega, com o aviso.
"""

import html
import os
import pathlib
import re
import shutil
from dataclasses import dataclass, field

from parimpar.erros import ErroDeUso
from parimpar.texto import visivel

from .extrair import Limite, abrir_os_de_dentro, compactado, extrair

DO_MOODLE = re.compile(
    r"(?P<nome>.+?)_(?P<id>\d+)_assignsubmission_(?P<tipo>[a-z]+)(?:_(?P<resto>.*))?", re.DOTALL | re.IGNORECASE
)
LIMITE_DO_ZIP = 2 * 1024**3  # bytes do zip da turma inteira, depois de aberto
ARQUIVOS_DO_ZIP = 100_000
SOLTOS = "arquivos soltos"  # o nome da entrega dos que ninguém assinou


@dataclass
class Envio:
    """O que um aluno, ou um grupo, entregou.

    nome: como o Moodle, ou a pasta, o chama.
    pasta_do_moodle: o nome da pasta no zip do Moodle, com que se devolve o comentário; "" fora dele.
    identificador: o número do participante no Moodle, ou "".
    origens: os arquivos e pastas que são dele, no lugar em que estão.
    avisos: o que ficou de fora, e por quê.
    """

    nome: str
    pasta_do_moodle: str = ""
    identificador: str = ""
    origens: list = field(default_factory=list)
    avisos: list = field(default_factory=list)

    def copiar(self, destino):
        """Copia a entrega para a pasta, já com os compactados abertos; links ficam de fora.

        Returns:
            A pasta em que ela ficou.
        """
        destino = pathlib.Path(destino)
        destino.mkdir(parents=True, exist_ok=True)
        limite = Limite(avisos=self.avisos)
        for origem, relativo in self.origens:
            if compactado(relativo):
                alvo = destino / pathlib.Path(relativo).name.split(".")[0] if len(self.origens) > 1 else destino
                extrair(origem, alvo, limite)
            elif origem.is_dir():
                _copiar_pasta(origem, destino, limite)
            else:
                _copiar_arquivo(origem, destino / relativo, limite)
        abrir_os_de_dentro(destino, limite)
        for pagina in destino.rglob("onlinetext.html"):
            _texto_do_navegador(pagina)
        return destino


def achar_envios(origem, trabalho):
    """As entregas de uma pasta ou de um zip, em ordem alfabética.

    Args:
        origem: a pasta, ou o .zip que o Moodle dá.
        trabalho: pasta vazia em que abrir o zip.

    Raises:
        ErroDeUso: não existe, não abre, ou não tem entregas.
    """
    origem = pathlib.Path(origem)
    avisos = []
    if origem.is_file() and compactado(origem.name):
        avisos = extrair(origem, trabalho, Limite(LIMITE_DO_ZIP, ARQUIVOS_DO_ZIP))
        origem = pathlib.Path(trabalho)
        if not any(origem.iterdir()):
            raise ErroDeUso(
                f"esperava um zip com as entregas, e dele não saiu nada: {'; '.join(avisos) or 'está vazio'}"
            )
    elif not origem.is_dir():
        raise ErroDeUso(
            f"{visivel(str(origem))} não existe, ou não é uma pasta nem um zip: diga a pasta que tem uma subpasta por "
            "entrega, ou o zip que o Moodle dá"
        )
    envios = _de_uma_pasta(_sem_embrulho(origem))
    if not envios:
        raise ErroDeUso(
            f"não há entregas em {visivel(str(origem))}: cada uma fica numa subpasta, ou vem num zip do Moodle"
        )
    if avisos:
        envios.append(Envio("o zip da turma", avisos=avisos))
    return envios


def _visiveis(pasta):
    """As entradas da pasta, em ordem; nem as escondidas, nem a do macOS, nem as do próprio avaliador."""
    entradas = [pathlib.Path(e.path) for e in os.scandir(pasta) if not e.name.startswith((".", "__"))]
    return sorted((e for e in entradas if not e.is_symlink()), key=lambda e: os.fsencode(e.name))


def _sem_embrulho(pasta):
    """Um zip costuma trazer uma pasta só, com todas as outras dentro."""
    while True:
        entradas = _visiveis(pasta)
        if len(entradas) != 1 or not entradas[0].is_dir() or DO_MOODLE.fullmatch(entradas[0].name):
            return pasta
        dentro = _visiveis(entradas[0])
        so_pastas = len(dentro) > 1 and all(e.is_dir() or compactado(e.name) for e in dentro)
        if not so_pastas and not any(DO_MOODLE.fullmatch(e.name) for e in dentro):
            return pasta
        pasta = entradas[0]


def _de_uma_pasta(pasta):
    envios, soltos = {}, Envio(SOLTOS)
    for entrada in _visiveis(pasta):
        moodle = DO_MOODLE.fullmatch(entrada.name)
        if moodle:
            envio = envios.setdefault((moodle["nome"], moodle["id"]), Envio(moodle["nome"], identificador=moodle["id"]))
            if entrada.is_dir():
                envio.pasta_do_moodle = envio.pasta_do_moodle or entrada.name
                envio.origens.append((entrada, entrada.name))
            else:
                resto = moodle["resto"] or entrada.name
                prefixo = entrada.name[: len(entrada.name) - len(resto)]
                envio.pasta_do_moodle = envio.pasta_do_moodle or prefixo
                envio.origens.append((entrada, resto))
        elif entrada.is_dir():
            envios[entrada.name] = Envio(entrada.name, origens=[(entrada, entrada.name)])
        elif compactado(entrada.name):
            envios[entrada.name] = Envio(_sem_fim(entrada.name), origens=[(entrada, entrada.name)])
        elif entrada.suffix.lower() in (".py", ".java", ".js", ".c", ".ipynb", ".cs", ".mjs", ".rb", ".cpp"):
            soltos.origens.append((entrada, entrada.name))
    if soltos.origens:
        nomes = ", ".join(visivel(nome, 40, aspas=False) for _, nome in soltos.origens[:5])
        soltos.avisos.append(f"não estão na pasta de ninguém: {nomes}")
        envios[SOLTOS] = soltos
    return sorted(envios.values(), key=lambda e: (e.nome.casefold(), e.identificador))


def _sem_fim(nome):
    return re.sub(r"(\.tar)?\.[^.]+$", "", nome) or nome


def _copiar_pasta(origem, destino, limite):
    for pasta, subpastas, nomes in os.walk(origem):
        subpastas[:] = [s for s in subpastas if not (ignorada(s) or pathlib.Path(pasta, s).is_symlink())]
        for nome in nomes:
            caminho = pathlib.Path(pasta, nome)
            _copiar_arquivo(caminho, destino / caminho.relative_to(origem), limite)


def _copiar_arquivo(origem, destino, limite):
    if origem.is_symlink() or not origem.is_file():
        limite.avisar(f"{visivel(origem.name)} é um link, ou um arquivo especial: ficou de fora")
        return
    limite.bytes -= origem.stat().st_blocks * 512 if hasattr(origem.stat(), "st_blocks") else origem.stat().st_size
    limite.arquivos -= 1
    if limite.bytes < 0 or limite.arquivos < 0 or origem.stat().st_size > Limite().bytes:
        limite.avisar(f"{visivel(origem.name)} passa do tamanho que uma entrega pode ter: ficou de fora")
        return
    destino.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(origem, destino)


def ignorada(pasta):
    """Uma pasta com este nome não é trabalho do aluno: é do editor, do sistema ou das bibliotecas."""
    return pasta.startswith((".", "__")) or pasta.lower() in {
        "venv", "env", "node_modules", "site-packages", "virtualenv", "obj",
    }  # fmt: skip


def _texto_do_navegador(pagina):
    """O código que o aluno colou na caixa de texto do Moodle, sem as marcas do HTML."""
    texto = pagina.read_text(encoding="utf-8", errors="replace")
    texto = re.sub(r"<(br|/p|/div|/pre|/li)\b[^>]*>", "\n", texto, flags=re.I)
    texto = html.unescape(re.sub(r"<[^>]+>", "", texto)).replace("\xa0", " ")
    pagina.with_name("onlinetext.py").write_text(texto, encoding="utf-8")
