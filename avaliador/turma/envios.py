"""Acha as entregas de uma turma: a pasta ou o zip que o Moodle dá, ou uma pasta com uma subpasta por aluno.

O Moodle põe cada aluno numa pasta `Nome Sobrenome_123456_assignsubmission_file_`, com ou sem o `_` do fim, ou
espalha os arquivos com esse prefixo no nome; num trabalho em grupo, o nome vem depois de `Grupo-`; quem escreveu no
navegador fica em `…_onlinetext_`. Nada se perde em silêncio: o que não se entende vira também uma entrega, com o aviso.
"""

import contextlib
import hashlib
import html
import os
import pathlib
import re
import shutil
from dataclasses import dataclass, field

from parimpar.erros import ErroDeUso
from parimpar.texto import motivo, visivel

from ..leitura import sem_acentos
from .extrair import Limite, abrir_os_de_dentro, compactado, extrair
from .nomes import legivel, nome_de_arquivo

DO_MOODLE = re.compile(
    r"(?P<nome>.+?)_(?P<id>\d+)_assignsubmission_(?P<tipo>[a-z]+)(?:_(?P<resto>.*))?", re.DOTALL | re.IGNORECASE
)
LIMITE_DO_ZIP = 2 * 1024**3  # bytes do zip da turma inteira, depois de aberto
ARQUIVOS_DO_ZIP = 100_000
DO_SISTEMA = ("__MACOSX", "__pycache__")
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

    @property
    def chave(self):
        """Um nome de arquivo que é só desta entrega, e não muda quando chegam outras: `Ana-Sa-1f0c33a2`."""
        tudo = repr((self.nome, self.identificador, [relativo for _, relativo in self.origens[:1]]))
        return f"{nome_de_arquivo(self.nome)}-{hashlib.sha256(tudo.encode()).hexdigest()[:8]}".lstrip("-")

    def impressao(self, manifesto=None):
        """A impressão digital do que foi entregue, e do manifesto que vale para ele: muda se um dos dois muda."""
        conta = hashlib.sha256()
        for origem, relativo in [*self.origens, *([(manifesto, "manifesto")] if manifesto else [])]:
            for arquivo in sorted(_arquivos(origem), key=os.fsencode):
                conta.update(repr((relativo, str(arquivo.relative_to(origem)))).encode())
                with contextlib.suppress(OSError):  # o que não se lê também não se julga
                    if arquivo.is_symlink() or not arquivo.is_file() or arquivo.stat().st_size > Limite().bytes:
                        continue  # nem se copia
                    with arquivo.open("rb") as aberto:
                        conta.update(hashlib.file_digest(aberto, "sha256").digest())
        return conta.hexdigest()[:16]

    def copiar(self, destino):
        """Copia a entrega para a pasta, já com os compactados abertos; links ficam de fora.

        Returns:
            A pasta em que ela ficou.
        """
        destino = pathlib.Path(destino)
        destino.mkdir(parents=True, exist_ok=True)
        limite = Limite(avisos=self.avisos)
        for origem, relativo in self.origens:
            if origem.is_file() and compactado(relativo):
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
    """As entradas da pasta, em ordem; nem as escondidas, nem as que o macOS e o Python fazem."""
    nomes = [nome for nome in os.listdir(pasta) if not nome.startswith(".") and nome not in DO_SISTEMA]
    return [pathlib.Path(pasta, nome) for nome in sorted(nomes, key=os.fsencode)]


def _sem_embrulho(pasta):
    """Um zip costuma trazer uma pasta só, com todas as outras dentro."""
    while True:
        entradas = _visiveis(pasta)
        if len(entradas) != 1 or not _pasta_de_verdade(entradas[0]) or DO_MOODLE.fullmatch(entradas[0].name):
            return pasta
        dentro = _visiveis(entradas[0])
        so_pastas = len(dentro) > 1 and all(e.is_dir() or compactado(e.name) for e in dentro)
        if not so_pastas and not any(DO_MOODLE.fullmatch(e.name) for e in dentro):
            return pasta
        pasta = entradas[0]


def _pasta_de_verdade(entrada):
    return entrada.is_dir() and not entrada.is_symlink()


def _de_uma_pasta(pasta):
    envios, soltos = {}, Envio(SOLTOS)
    for entrada in _visiveis(pasta):
        moodle, nome = DO_MOODLE.fullmatch(entrada.name), legivel(entrada.name)
        if entrada.is_symlink():  # pode levar à pasta de outra pessoa
            envios[entrada.name] = Envio(nome, avisos=["é um link, e não uma pasta: não se abre"])
        elif moodle:
            chave = moodle["nome"], moodle["id"]
            envio = envios.setdefault(chave, Envio(legivel(moodle["nome"]), identificador=moodle["id"]))
            if entrada.is_dir():
                envio.pasta_do_moodle = envio.pasta_do_moodle or entrada.name
                envio.origens.append((entrada, entrada.name))
            else:
                resto = moodle["resto"] or entrada.name
                prefixo = entrada.name[: len(entrada.name) - len(resto)]
                envio.pasta_do_moodle = envio.pasta_do_moodle or prefixo
                envio.origens.append((entrada, resto))
        elif entrada.is_dir():
            envios[entrada.name] = Envio(nome, origens=[(entrada, entrada.name)])
        elif compactado(entrada.name) and entrada.is_file():
            envios[entrada.name] = Envio(_sem_fim(nome), origens=[(entrada, entrada.name)])
        elif entrada.suffix.lower() in (".py", ".java", ".js", ".c", ".ipynb", ".cs", ".mjs", ".rb", ".cpp"):
            soltos.origens.append((entrada, entrada.name))
    if soltos.origens:
        nomes = ", ".join(visivel(nome, 40, aspas=False) for _, nome in soltos.origens[:5])
        soltos.avisos.append(f"não estão na pasta de ninguém: {nomes}")
        envios[SOLTOS] = soltos
    return sorted(envios.values(), key=lambda e: na_chamada(e.nome, e.identificador))


def na_chamada(nome, identificador=""):
    """A chave com que se ordena uma lista de chamada: Érica vem antes de Fábio."""
    return sem_acentos(nome.casefold()), identificador


def _sem_fim(nome):
    return re.sub(r"(\.tar)?\.[^.]+$", "", nome) or nome


def _arquivos(origem, nao_abre=lambda erro: None):
    """Os arquivos de uma pasta, menos os das bibliotecas; ou o próprio arquivo.

    Args:
        nao_abre: chamada com o erro de cada subpasta que não se consegue ler.
    """
    if not origem.is_dir():
        yield origem
    for pasta, subpastas, nomes in os.walk(origem, onerror=nao_abre):
        subpastas[:] = [s for s in subpastas if not (ignorada(s) or os.path.islink(os.path.join(pasta, s)))]
        yield from (pathlib.Path(pasta, nome) for nome in nomes)


def _copiar_pasta(origem, destino, limite):
    def nao_abre(erro):
        limite.avisar(f"uma pasta ficou de fora: {motivo(erro)}")

    for caminho in _arquivos(origem, nao_abre):
        _copiar_arquivo(caminho, destino / caminho.relative_to(origem), limite)


def _copiar_arquivo(origem, destino, limite):
    try:
        if origem.is_symlink() or not origem.is_file():
            limite.avisar(f"{visivel(origem.name)} é um link, ou um arquivo especial: ficou de fora")
            return
        estado = origem.stat()
        limite.bytes -= estado.st_blocks * 512 if hasattr(estado, "st_blocks") else estado.st_size
        limite.arquivos -= 1
        if limite.bytes < 0 or limite.arquivos < 0 or estado.st_size > Limite().bytes:
            limite.avisar(f"{visivel(origem.name)} passa do tamanho que uma entrega pode ter: ficou de fora")
            return
        destino.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origem, destino)
    except OSError as erro:  # um caminho longo demais, um arquivo que não se lê: os outros vêm
        limite.avisar(f"{visivel(origem.name)} ficou de fora: {motivo(erro)}")


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
