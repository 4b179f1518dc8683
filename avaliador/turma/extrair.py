"""Abre um arquivo compactado que veio de um aluno, sem confiar nele.

Só saem dele arquivos comuns, dentro da pasta de destino e até um limite de bytes escritos de fato: caminhos
absolutos, `..`, links e bombas de compressão ficam de fora, e cada um é dito.
"""

import bz2
import contextlib
import gzip
import lzma
import os
import pathlib
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field

from parimpar.texto import contar, visivel

BYTES = 64 * 1024**2  # de uma entrega, depois de aberta; o maior trabalho que se viu tinha 3 MiB
ARQUIVOS = 5_000  # de uma entrega: quem manda a pasta inteira de um venv passa disso, e ela é ignorada
MEMBROS = 2 * ARQUIVOS  # de um tar, com as pastas e os links: cada um que se lê fica na memória
FOLGA = 16 * 1024**2  # bytes de um tar que não são de arquivos: cabeçalhos e enchimento
PEDACO = 64 * 1024  # bytes lidos de cada vez
COMPRESSOES = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
ENVELOPES = 3  # um zip dentro de um zip dentro de um zip; daí em diante não se abre
COMO_TER = "rode  python iniciar.py instalar compactados"
FINAIS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")


@dataclass
class Limite:
    """Quanto ainda se pode escrever, e o que ficou de fora."""

    bytes: int = BYTES
    arquivos: int = ARQUIVOS
    avisos: list = field(default_factory=list)

    def avisar(self, frase):
        """Anota o que não saiu do arquivo; as frases repetidas contam uma vez, e só as primeiras vinte ficam."""
        if frase not in self.avisos and len(self.avisos) < 20:
            self.avisos.append(frase)


def compactado(nome):
    """O nome é o de um arquivo compactado que se sabe, ou se poderia, abrir?"""
    return str(nome).lower().endswith(FINAIS)


def extrair(arquivo, destino, limite=None):
    """Abre o arquivo na pasta de destino e devolve os avisos do que ficou de fora; nunca levanta por causa do conteúdo.

    Args:
        arquivo: caminho de um .zip, .tar(.gz/.bz2/.xz), .7z ou .rar.
        destino: pasta, criada se preciso.
        limite: um `Limite`, quando vários arquivos o dividem.
    """
    limite, destino = limite or Limite(), pathlib.Path(destino)
    destino.mkdir(parents=True, exist_ok=True)
    nome = visivel(pathlib.Path(arquivo).name, 60)
    minusculo = str(arquivo).lower()
    abrir = _sete_z if minusculo.endswith(".7z") else _rar if minusculo.endswith(".rar") else _zip_ou_tar
    try:
        abrir(arquivo, destino, limite)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RuntimeError,
            NotImplementedError) as erro:  # fmt: skip
        # RuntimeError é o do zip com senha; NotImplementedError, o de uma compressão que não se conhece.
        limite.avisar(f"{nome} não abre por inteiro: {_por_que(erro)}")
    if not any(destino.iterdir()):
        limite.avisar(f"de {nome} não saiu nada")
    return limite.avisos


def _por_que(erro):
    if isinstance(erro, RuntimeError) and "password" in str(erro):
        return "tem senha"
    if isinstance(erro, NotImplementedError):
        return "usa uma compressão que o Python não conhece"
    return "está cortado ou estragado" if not isinstance(erro, OSError) else visivel(str(erro), 80, aspas=False)


def _zip_ou_tar(arquivo, destino, limite):
    if zipfile.is_zipfile(arquivo):
        with zipfile.ZipFile(arquivo) as pacote:
            for membro in pacote.infolist():
                modo = membro.external_attr >> 16
                if membro.is_dir():
                    continue
                if stat.S_ISLNK(modo):
                    limite.avisar(f"{visivel(membro.filename)} é um link: ficou de fora")
                    continue
                if not _escrever(_nome_no_zip(membro), destino, limite, lambda m=membro: pacote.open(m)):
                    return
        return
    # Como fluxo, e contado: um cabeçalho que se diz de 10 GiB seria lido inteiro para a memória.
    with _descomprimido(arquivo) as fluxo, tarfile.open(fileobj=fluxo, mode="r|") as pacote:
        for quantos, membro in enumerate(pacote):
            if quantos > MEMBROS:
                limite.avisar(f"tem mais de {MEMBROS} pastas, links e arquivos: o resto ficou de fora")
                return
            if membro.isdir():
                continue
            if not membro.isfile():
                limite.avisar(f"{visivel(membro.name)} é um link, ou um arquivo especial: ficou de fora")
                continue
            if not _escrever(membro.name, destino, limite, lambda m=membro: pacote.extractfile(m)):
                return


class _Contado:
    """Um fluxo que acaba, com erro, depois de tantos bytes."""

    def __init__(self, fluxo, bytes):
        self._fluxo, self._restam = fluxo, bytes

    def read(self, quantos):
        """Os próximos bytes."""
        dados = self._fluxo.read(min(quantos, self._restam + 1))
        self._restam -= len(dados)
        if self._restam < 0:
            raise tarfile.ReadError("passa do tamanho que uma entrega pode ter")
        return dados


@contextlib.contextmanager
def _descomprimido(arquivo):
    """O tar que há dentro de um .gz, .bz2 ou .xz, ou ele mesmo, lido até onde uma entrega pode ir."""
    with open(arquivo, "rb") as cru:
        comeco = cru.read(6)
        cru.seek(0)
        abrir = next((abrir for marca, abrir in COMPRESSOES.items() if comeco.startswith(marca)), None)
        with abrir(cru) if abrir else contextlib.nullcontext(cru) as fluxo:
            yield _Contado(fluxo, BYTES + FOLGA)


def _nome_no_zip(membro):
    """O nome como quem compactou o escreveu: sem a marca de UTF-8, o Python o lê como o do DOS."""
    if membro.flag_bits & 0x800:
        return membro.filename
    try:
        bruto = membro.filename.encode("cp437")
    except UnicodeEncodeError:
        return membro.filename
    try:
        return bruto.decode("utf-8")
    except UnicodeDecodeError:
        return bruto.decode("cp1252", "replace")


def caminho_seguro(nome):
    """As partes de um caminho relativo que não sai da pasta; None se ele sai, ou se não diz nada."""
    partes = [p for p in nome.replace("\\", "/").split("/") if p not in ("", ".")]
    absoluto = nome.startswith(("/", "\\")) or (len(nome) > 1 and nome[1] == ":")
    if absoluto or ".." in partes or not partes or any("\0" in p for p in partes):
        return None
    return [p.encode("utf-8", "surrogateescape")[:255].decode("utf-8", "ignore") or "_" for p in partes]


def _escrever(nome, destino, limite, abrir):
    """Copia um membro, contando os bytes que saem de fato; diz se ainda há espaço para outros."""
    partes = caminho_seguro(nome)
    if partes is None:
        limite.avisar(f"{visivel(nome)} sairia da pasta: ficou de fora")
        return True
    if limite.arquivos <= 0:
        limite.avisar(f"tem mais de {contar(ARQUIVOS, 'arquivo', 'arquivos')}: o resto ficou de fora")
        return False
    limite.arquivos -= 1
    caminho = destino.joinpath(*partes)
    try:
        caminho.parent.mkdir(parents=True, exist_ok=True)
        with abrir() as origem, open(caminho, "xb") as copia:
            while dados := origem.read(PEDACO):
                limite.bytes -= len(dados)
                if limite.bytes < 0:
                    limite.avisar(f"passa de {BYTES // 1024**2} MiB depois de aberto: o resto ficou de fora")
                    break
                copia.write(dados)
    except FileExistsError:
        limite.avisar(f"{visivel(nome)} aparece duas vezes: vale o primeiro")
        return True
    if limite.bytes < 0:
        caminho.unlink()
        return False
    return True


def _de_uma_pasta(origem, destino, limite):
    """Passa pela mesma peneira o que uma ferramenta de fora extraiu numa pasta só dela."""
    for pasta, _, nomes in os.walk(origem):
        for nome in nomes:
            caminho = pathlib.Path(pasta, nome)
            relativo = caminho.relative_to(origem).as_posix()
            if not stat.S_ISREG(caminho.lstat().st_mode):
                limite.avisar(f"{visivel(relativo)} é um link, ou um arquivo especial: ficou de fora")
            elif not _escrever(relativo, destino, limite, lambda c=caminho: open(c, "rb")):
                return


def _sete_z(arquivo, destino, limite):
    try:
        import py7zr
    except ImportError:
        limite.avisar(f"é um .7z, e para abri-lo falta a biblioteca py7zr: {COMO_TER}")
        return
    try:
        with py7zr.SevenZipFile(arquivo) as pacote, tempfile.TemporaryDirectory() as pasta:
            if pacote.archiveinfo().uncompressed > limite.bytes:
                limite.avisar(f"passa de {BYTES // 1024**2} MiB depois de aberto: ficou fechado")
                return
            pacote.extractall(pasta)
            _de_uma_pasta(pathlib.Path(pasta), destino, limite)
    except py7zr.exceptions.ArchiveError as erro:
        raise ValueError(str(erro)) from erro


def _rar(arquivo, destino, limite):
    try:
        import rarfile
    except ImportError:
        limite.avisar(f"é um .rar, e para abri-lo falta a biblioteca rarfile: {COMO_TER}, e instale o programa unrar")
        return
    try:
        with rarfile.RarFile(arquivo) as pacote:
            for membro in pacote.infolist():
                if membro.is_symlink():
                    limite.avisar(f"{visivel(membro.filename)} é um link: ficou de fora")
                elif membro.is_file() and not _escrever(
                    membro.filename, destino, limite, lambda m=membro: pacote.open(m)
                ):
                    return
    except rarfile.RarCannotExec:
        limite.avisar("é um .rar, e para abri-lo falta o programa unrar, unar ou bsdtar")
    except rarfile.Error as erro:
        raise ValueError(str(erro)) from erro


def _ate_200_bytes(nome):
    """O começo de um nome: com o que se lhe acrescenta, não passa dos 255 bytes que um sistema aceita."""
    return os.fsencode(nome)[:200].decode("utf-8", "ignore") or "_"


def abrir_os_de_dentro(pasta, limite, envelopes=ENVELOPES):
    """Abre, cada um na sua pasta, os compactados que estiverem dentro desta; depois os que estiverem dentro deles."""
    for arquivo in sorted(p for p in pathlib.Path(pasta).rglob("*") if compactado(p.name) and p.is_file()):
        if "__MACOSX" in arquivo.parts:
            continue
        if not envelopes:
            limite.avisar(f"{visivel(arquivo.name)} está dentro de envelopes demais: ficou fechado")
            continue
        destino = arquivo.with_name(f"{_ate_200_bytes(arquivo.name)}.aberto")
        extrair(arquivo, destino, limite)
        arquivo.unlink()
        abrir_os_de_dentro(destino, limite, envelopes - 1)
        with contextlib.suppress(OSError):  # fica onde estava quem o compactou, se o lugar está vago
            final = arquivo.with_name(arquivo.name.split(".")[0] or "_")
            if not final.exists():
                shutil.move(destino, final)
