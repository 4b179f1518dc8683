"""A volta ao Moodle: a planilha de notas, igual menos as notas, e o zip dos comentários."""

import csv
import io
import zipfile

import pytest

from avaliador.turma.formatos.moodle import Planilha, zip_de_comentarios
from avaliador.turma.resultado import Resultado
from parimpar.erros import ErroDeUso

TITULOS = [
    "Identificador", "Nome completo", "Endereço de email", "Status", "Nota", "Nota máxima",
    "A nota pode ser alterada", "Última modificação (envio)", "Última modificação (nota)", "Comentários de feedback",
]  # fmt: skip
ANA = ["Participante 102938", "Ana Sá", "ana@exemplo.br", "Enviado para avaliação", "", "10,00", "Sim",
       "terça-feira, 3 nov. 2026, 10:00", "-", ""]  # fmt: skip
BIA = [
    "Participante 7",
    'Bia "Bi" Ré; Filha',
    "bia@exemplo.br",
    "Nenhum envio",
    "",
    "10,00",
    "Sim",
    "-",
    "-",
    "antes\r\ndepois",
]


def planilha(tmp_path, separador=",", encoding="utf-8-sig", fim="\r\n", titulos=TITULOS, linhas=(ANA, BIA)):
    """Uma planilha como a do Moodle, gravada em disco."""
    memoria = io.StringIO(newline="")
    csv.writer(memoria, delimiter=separador, lineterminator=fim).writerows([titulos, *linhas])
    caminho = tmp_path / "Notas-Redes.csv"
    caminho.write_bytes(memoria.getvalue().encode(encoding))
    return caminho


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separador", [",", ";", "\t"])
@pytest.mark.parametrize("fim", ["\n", "\r\n"])
def test_so_mudam_a_nota_e_o_comentario(tmp_path, encoding, separador, fim):
    """Sem notas, volta byte a byte; com elas, só as duas colunas mudam, no mesmo encoding e com o mesmo separador."""
    bia = [celula.replace("\r\n", fim) for celula in BIA]
    caminho = planilha(tmp_path, separador, encoding, fim, linhas=(ANA, bia))
    assert Planilha(caminho).preencher({}) == caminho.read_bytes()
    dados = Planilha(caminho).preencher({"102938": 8.25}, {"102938": '<p>Veja "PI-03"; leia</p>'})
    linhas = list(csv.reader(io.StringIO(dados.decode(encoding), newline=""), delimiter=separador))
    assert linhas[1] == ANA[:4] + ["8,25"] + ANA[5:9] + ['<p>Veja "PI-03"; leia</p>']
    assert linhas[0] == TITULOS and linhas[2] == bia


def test_a_escala_e_a_da_planilha(tmp_path):
    """Uma tarefa que vale 100 recebe a nota em 100; com ponto, se a planilha usa ponto."""
    ana = ANA[:5] + ["100.00"] + ANA[6:]
    dados = Planilha(planilha(tmp_path, linhas=(ana,))).preencher({"102938": 8.25})
    assert b",82.50,100.00," in dados


def test_participantes(tmp_path):
    """O número do participante é o que está no nome da pasta do envio."""
    assert Planilha(planilha(tmp_path)).participantes == {"102938": "Ana Sá", "7": 'Bia "Bi" Ré; Filha'}


@pytest.mark.parametrize("sem", ["Identificador", "Nota", "Última modificação (nota)"])
def test_outra_planilha_e_recusada(tmp_path, sem):
    """Falta uma coluna obrigatória: o erro a nomeia e diz onde achar a planilha certa."""
    titulos = [titulo for titulo in TITULOS if titulo != sem]
    with pytest.raises(ErroDeUso, match="Planilha de notas off-line") as erro:
        Planilha(planilha(tmp_path, titulos=titulos, linhas=()))
    assert sem in str(erro.value)


def test_um_arquivo_que_nao_e_texto(tmp_path):
    """Bytes que nenhum encoding entende, ou nada."""
    for dados in (b"", b"\x81\x8d\xff"):
        (tmp_path / "x.csv").write_bytes(dados)
        with pytest.raises(ErroDeUso):
            Planilha(tmp_path / "x.csv")


def test_o_zip_tem_as_pastas_do_moodle(tmp_path):
    """Cada comentário fica na pasta do aluno, com o nome que o Moodle lhe deu."""
    arquivos = {f"Ana_102938_assignsubmission_file{fim}": ("relatorio.html", b"<p>") for fim in ("_", "")}
    zip_de_comentarios(tmp_path / "f.zip", {next(iter(arquivos)): ("relatorio.html", b"<p>")})
    with zipfile.ZipFile(tmp_path / "f.zip") as pacote:
        assert pacote.namelist() == ["Ana_102938_assignsubmission_file_/relatorio.html"]
    zip_de_comentarios(tmp_path / "g.zip", {"Ana_102938_assignsubmission_file": ("relatorio.html", b"<p>")})
    with zipfile.ZipFile(tmp_path / "g.zip") as pacote:
        assert pacote.namelist() == ["Ana_102938_assignsubmission_file_/relatorio.html"]


def test_o_que_nao_casa_com_a_planilha_e_dito(tmp_path):
    """Quem entregou e não está nela, e quem está nela e não entregou; com todos, nada."""
    resultados = [
        Resultado(nome, {}, {}, numero) for nome, numero in (("Ana Sá", "102938"), ("\x1bCaio", ""), ("Davi", ""))
    ]
    frases = list(Planilha(planilha(tmp_path)).conferir(resultados))
    assert frases == [
        "não estão na planilha: \\x1bCaio, Davi",
        'estão na planilha e não entregaram: Bia "Bi" Ré; Filha',
    ]
    todos = [Resultado("a", {}, {}, "102938"), Resultado("b", {}, {}, "7")]
    assert list(Planilha(planilha(tmp_path)).conferir(todos)) == []
    muitos = [Resultado(f"x{i}", {}, {}, f"5{i}") for i in range(14)]
    assert list(Planilha(planilha(tmp_path)).conferir(muitos))[0].endswith("x9 e mais 4")
