"""A volta ao Moodle: a planilha de notas off-line, com as notas, e o zip dos comentários em arquivo.

A planilha é a que o Moodle deu (*Baixar planilha de notas*): volta igual, byte a byte, menos as colunas `Nota`, a do
comentário e, se o Moodle a exige, nada mais: a `Última modificação (nota)` fica como veio, porque é por ela que ele
sabe que ninguém mudou a nota no meio-tempo. As colunas são achadas pelo nome, em português ou em inglês.
"""

import csv
import io
import pathlib
import re
import zipfile

from parimpar.erros import ErroDeUso
from parimpar.texto import motivo, visivel

from ...leitura import sem_acentos
from ..nomes import legivel

IDENTIFICADOR = ("identificador", "identifier")
NOME = ("nome completo", "full name")
NOTA = ("nota", "grade")
MAXIMA = ("nota máxima", "maximum grade")
COMENTARIO = ("comentários de feedback", "comentários", "feedback", "feedback comments")
MODIFICACAO = ("última modificação (nota)", "last modified (grade)")
NOMES = 10  # que se dizem num aviso
ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")  # nesta ordem: todo texto se lê em cp1252, mesmo o que não é


class Planilha:
    """A planilha de notas do Moodle, lida de um arquivo.

    Args:
        caminho: o CSV que o Moodle deu.

    Raises:
        ErroDeUso: não é a planilha de notas off-line.
    """

    def __init__(self, caminho):
        try:
            dados = pathlib.Path(caminho).read_bytes()
        except OSError as erro:
            raise ErroDeUso(f"não se lê a planilha {visivel(str(caminho))}: {motivo(erro)}") from erro
        self.encoding = _encoding(dados)
        texto = dados.decode(self.encoding)
        primeira = texto.splitlines()[0] if texto.strip() else ""
        self.separador = max(",;\t", key=primeira.count)
        self.fim = "\r\n" if "\r\n" in texto else "\n"
        self.termina = texto.endswith(("\n", "\r"))
        self._linhas = list(csv.reader(io.StringIO(texto, newline=""), delimiter=self.separador))
        # Como cada célula estava escrita, com aspas ou sem: as que não mudam voltam iguais.
        self._cruas = _cruas(texto, self.separador)
        titulos = [_simples(titulo) for titulo in (self._linhas or [[]])[0]]
        self._coluna = {}
        for papel, nomes in (("id", IDENTIFICADOR), ("nome", NOME), ("nota", NOTA), ("maxima", MAXIMA),
                             ("comentario", COMENTARIO), ("modificacao", MODIFICACAO)):  # fmt: skip
            self._coluna[papel] = next((titulos.index(nome) for nome in map(_simples, nomes) if nome in titulos), None)
        faltam = [nome for papel, nome in (("id", "Identificador"), ("nota", "Nota"),
                                           ("modificacao", "Última modificação (nota)"))
                  if self._coluna[papel] is None]  # fmt: skip
        if faltam:
            raise ErroDeUso(
                f"esperava a planilha de notas off-line do Moodle, e falta nela a coluna {', '.join(faltam)}: na "
                "tarefa, em Configurações, marque «Planilha de notas off-line» e baixe-a em «Ver todos os envios»"
            )

    @property
    def participantes(self):
        """{número do participante: nome completo}, na ordem da planilha."""
        nome = self._coluna["nome"]
        return {
            achado[0]: linha[nome] if nome is not None else ""
            for linha in self._linhas[1:]
            if (achado := re.search(r"\d+", self._celula(linha, "id")))
        }

    def conferir(self, resultados):
        """O que não casa entre a planilha e as entregas, em frases: quem não está nela, e quem não entregou."""
        vieram = {r.identificador for r in resultados}
        de_fora = [r.entrega for r in resultados if r.identificador not in self.participantes]
        faltam = [nome or numero for numero, nome in self.participantes.items() if numero not in vieram]
        for nomes, frase in ((de_fora, "não estão na planilha"), (faltam, "estão na planilha e não entregaram")):
            if nomes:
                alguns = ", ".join(visivel(nome, 40, aspas=False) for nome in nomes[:NOMES])
                yield f"{frase}: {alguns}{f' e mais {len(nomes) - NOMES}' if len(nomes) > NOMES else ''}"

    def _celula(self, linha, papel):
        coluna = self._coluna[papel]
        return linha[coluna] if coluna is not None and coluna < len(linha) else ""

    def preencher(self, notas, comentarios=None):
        """Escreve notas e comentários e devolve os bytes da planilha, no mesmo encoding e com o mesmo separador.

        Args:
            notas: {número do participante: nota de 0 a 10}; a escala da planilha é respeitada.
            comentarios: {número do participante: HTML}, se a planilha tem a coluna.
        """
        comentarios = comentarios or {}
        for i, linha in enumerate(self._linhas[1:], 1):
            achado = re.search(r"\d+", self._celula(linha, "id"))
            if not achado:
                continue
            if (nota := notas.get(achado[0])) is not None:
                maxima = _numero(self._celula(linha, "maxima")) or 10.0
                self._trocar(i, "nota", f"{nota * maxima / 10:.2f}".replace(".", self._decimal(linha)))
            if achado[0] in comentarios and self._coluna["comentario"] is not None:
                self._trocar(i, "comentario", comentarios[achado[0]])
        texto = self.fim.join(self.separador.join(celulas) for celulas in self._cruas)
        return (texto + (self.fim if self.termina else "")).encode(self.encoding, "xmlcharrefreplace")

    def _decimal(self, linha):
        """A vírgula, a não ser que a planilha já use o ponto (o Moodle em inglês)."""
        return "." if "." in self._celula(linha, "maxima") else ","

    def _trocar(self, linha, papel, texto):
        coluna = self._coluna[papel]
        celula = texto.replace('"', '""')
        self._cruas[linha][coluna] = (
            f'"{celula}"' if re.search(rf'["\r\n{re.escape(self.separador)}]', texto) else texto
        )


def zip_de_comentarios(caminho, arquivos):
    """Grava o zip que o Moodle recebe em *Enviar vários arquivos de feedback*.

    Args:
        arquivos: {nome da pasta no zip do Moodle: (nome do arquivo, bytes)}. O Moodle reconhece o aluno pela pasta.
    """
    with zipfile.ZipFile(caminho, "w", zipfile.ZIP_DEFLATED) as pacote:
        for pasta, (nome, dados) in arquivos.items():
            # Uma pasta que veio sem o _ do fim, ou o prefixo de um arquivo, é a mesma pasta.
            pasta = re.sub(r"_assignsubmission_[a-z]+_?/?$", "_assignsubmission_file_", legivel(pasta))
            pacote.writestr(f"{pasta}/{nome}", dados)


def _simples(texto):
    return sem_acentos(texto.strip().lstrip("\ufeff").casefold())


def _numero(texto):
    try:
        return float(texto.replace(",", "."))
    except ValueError:
        return None


def _encoding(dados):
    for encoding in ENCODINGS:
        if encoding == "utf-16" and dados[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        if encoding == "utf-8-sig" and not dados.startswith(b"\xef\xbb\xbf"):
            encoding = "utf-8"  # sem a marca não se põe uma
        try:
            dados.decode(encoding)
            return encoding
        except UnicodeDecodeError:
            continue
    raise ErroDeUso(
        f"não se entende o texto da planilha: esperava UTF-8, UTF-16 ou Windows-1252, e veio {visivel(dados)}"
    )


def _cruas(texto, separador):
    """As células como estão escritas, com as aspas: [[célula…]…]."""
    linhas, linha, celula, entre_aspas = [], [], "", False
    for caractere in texto:
        if caractere == '"':
            entre_aspas = not entre_aspas
        if not entre_aspas and caractere in (separador, "\n"):
            linha.append(celula.removesuffix("\r") if caractere == "\n" else celula)
            celula = ""
            if caractere == "\n":
                linhas.append(linha)
                linha = []
            continue
        celula += caractere
    if celula or linha:
        linhas.append([*linha, celula])
    return linhas
