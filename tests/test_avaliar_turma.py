"""A turma: entregas achadas, examinadas sem se atrapalhar, e a tabela do professor."""

import csv
import io
import subprocess
import sys
import threading

import pytest
from apoio import RAIZ, porta_livre

from avaliador.turma import turma
from avaliador.turma.turma import COLUNAS, Turma

ALUNOS = RAIZ / "tests" / "alunos"
DEPRESSA = {"cliente": {"intervalo_esperado": 1, "amostras": 4}}


def entregar(pasta, porta, **arquivos):
    """Põe na pasta de uma entrega programas de tests/alunos, na porta dada: {novo nome: programa}."""
    pasta.mkdir(parents=True)
    for nome, programa in arquivos.items():
        codigo = (ALUNOS / programa).read_text(encoding="utf-8")
        codigo = codigo.replace("60000", str(porta)).replace("else 10\n", "else 1\n")
        (pasta / f"{nome}.py").write_text(codigo, encoding="utf-8")


@pytest.fixture(scope="module")
def examinada(tmp_path_factory):
    """Uma turma pequena: duas entregas na mesma porta, uma sem nome que ajude, uma estragada e uma vazia."""
    pasta, porta = tmp_path_factory.mktemp("turma"), porta_livre()
    entregar(pasta / "ana", porta, servidor="servidores/simples.py", cliente="clientes/certo.py")
    entregar(pasta / "=bia", porta, meu_server="servidores/eco.py")
    entregar(pasta / "caio" / "src", porta_livre(), b="clientes/uma_vez.py")
    (pasta / "<b>davi").mkdir()
    (pasta / "<b>davi" / "parimpar.toml").write_text('servidor = "python servidor.py"', encoding="utf-8")
    (pasta / "eva").mkdir()
    (pasta / ".git").mkdir()
    return Turma(pasta, opcoes=DEPRESSA).avaliar()


def test_cada_entrega_tem_o_seu_resultado(examinada):
    """Na ordem dos nomes; a entrega ruim diz por quê, e as outras seguem."""
    por_nome = {r.entrega: r for r in examinada.resultados}
    assert list(por_nome) == ["<b>davi", "=bia", "ana", "caio", "eva"]
    assert por_nome["ana"].aprovada and not por_nome["=bia"].aprovada
    assert not por_nome["=bia"].avaliacoes["servidor"].aprovado
    assert set(por_nome["caio"].avaliacoes) == {"cliente"}
    assert "uma lista de textos" in por_nome["<b>davi"].avisos["entrega"]
    assert "não se achou o servidor" in por_nome["eva"].avisos["servidor"]


def test_o_csv_e_o_de_uma_planilha(examinada):
    """Uma linha por entrega, notas com vírgula, e nada que a planilha execute."""
    cabeca, *linhas = csv.reader(io.StringIO(examinada.em_csv()), delimiter=";")
    assert cabeca == list(COLUNAS) and len(linhas) == 5
    ana = dict(zip(cabeca, linhas[2], strict=True))
    assert (ana["servidor_enunciado"], ana["cliente_enunciado"]) == ("10,0", "10,0")
    assert "partido-cru" in ana["servidor_falhas"]
    assert linhas[1][0] == "'=bia"


def test_a_tabela_do_notebook_escapa_o_nome(examinada):
    """O nome da pasta de um aluno não vira marcação."""
    pagina = examinada._repr_html_()
    assert "<b>davi" not in pagina and "&lt;b&gt;davi" in pagina and "relatório do servidor" in pagina


def test_o_texto_cabe_em_colunas(examinada):
    """A tabela do terminal: notas alinhadas, e as falhas do enunciado no fim."""
    linhas = str(examinada).splitlines()
    assert linhas[0].startswith("entrega") and len(linhas) == 6
    assert "sem-eco" in linhas[2] and "repete" in linhas[4]


def test_os_relatorios_sao_para_devolver(examinada, tmp_path):
    """Um arquivo por entrega, com o relatório inteiro."""
    examinada.gravar_relatorios(tmp_path / "r")
    assert len(list((tmp_path / "r").iterdir())) == 5
    assert "especificação: " in (tmp_path / "r" / "ana.txt").read_text(encoding="utf-8")


def test_um_erro_do_avaliador_fica_na_entrega(tmp_path, monkeypatch):
    """Uma exceção inesperada num exame não para os outros."""
    entregar(tmp_path / "a", 1, servidor="servidores/simples.py")
    entregar(tmp_path / "b", 1, servidor="servidores/simples.py")

    class Exame:
        def __init__(self, comando, porta, pasta, progresso):
            self.pasta = pasta

        def avaliar(self):
            raise RuntimeError(f"quebrou em {self.pasta.name}")

    monkeypatch.setitem(turma.ALVOS, "servidor", Exame)
    assert [r.avisos["servidor"] for r in Turma(tmp_path).avaliar().resultados] == ["quebrou em a", "quebrou em b"]


@pytest.mark.parametrize("portas, juntos", [(({1}, {2}), True), (({1, 2}, {2, 3}), False), ((set(), {3}), False)])
def test_portas_reservadas(portas, juntos):
    """Quem usa a mesma porta espera; quem não se sabe qual usa espera todos."""
    reservas, entrou = turma._Portas(), threading.Event()

    def outro():
        with reservas.reservar(portas[1]):
            entrou.set()

    with reservas.reservar(portas[0]):
        thread = threading.Thread(target=outro)
        thread.start()
        assert entrou.wait(10 if juntos else 0.2) == juntos
    thread.join(10)
    assert entrou.is_set()


def test_linha_de_comando(tmp_path):
    """Pasta que não existe, ou sem entregas: uma linha, e o código 2."""
    for pasta in (tmp_path / "nada", tmp_path):
        feito = subprocess.run(
            [sys.executable, "-X", "utf8", "-m", "parimpar", "avaliar", "turma", str(pasta)],
            cwd=RAIZ, capture_output=True, encoding="utf-8", timeout=60,
        )  # fmt: skip
        assert feito.returncode == 2 and feito.stderr.startswith("erro: ") and feito.stderr.count("\n") == 1


def test_linha_de_comando_grava_a_tabela(tmp_path):
    """--csv e --relatorios; código 1 porque a entrega não tem programas."""
    (tmp_path / "t" / "eva").mkdir(parents=True)
    feito = subprocess.run(
        [sys.executable, "-m", "parimpar", "avaliar", "turma", "t", "--csv", "n.csv", "--relatorios", "r"],
        cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert (feito.returncode, feito.stderr) == (1, "") and "eva" in feito.stdout
    assert (tmp_path / "n.csv").read_bytes().startswith(b"\xef\xbb\xbfentrega;")
    assert (tmp_path / "r" / "eva.txt").exists()
