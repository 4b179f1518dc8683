"""Quarenta entregas de todo tipo, do começo ao fim: a mesma tabela inteira, de novo, interrompida e retomada."""

import csv
import io
import threading

import pytest
from apoio import porta_livre
from exame_de_mentira import ExameDeMentira, todos
from turma_gerada import SO_O_QUE_BASTA, conferir, gerar, num_zip, numa_pasta, planilha

from avaliador.caixa import NENHUM
from avaliador.turma import entrega
from avaliador.turma.devolucao import devolver
from avaliador.turma.formatos.moodle import Planilha
from avaliador.turma.turma import Turma


def linhas(feita):
    """As linhas do CSV, em dicionários."""
    return list(csv.DictReader(io.StringIO(feita.em_csv()), delimiter=";"))


@pytest.fixture
def de_mentira(monkeypatch):
    """Os exames não executam nada; devolve a lista dos que se fizeram."""
    monkeypatch.setattr(entrega, "ALVOS", todos())
    monkeypatch.setattr(ExameDeMentira, "feitos", [])
    return ExameDeMentira.feitos


def test_de_verdade_interrompida_e_retomada(tmp_path):
    """Com tráfego de verdade, com um Ctrl-C no meio: o que já se julgou fica, e a tabela do fim é a esperada."""
    esperadas = gerar(porta=porta_livre)
    origem = numa_pasta(esperadas, tmp_path / "envios")
    manifestos = tmp_path / "manifestos"
    manifestos.mkdir()
    meio = threading.Event()

    def no_meio(feitos, total, titulo):
        if feitos >= total // 2 and not meio.is_set():
            meio.set()
            raise KeyboardInterrupt

    opcoes = {"opcoes": SO_O_QUE_BASTA, "guardar": tmp_path / "guardados"}
    with pytest.raises(KeyboardInterrupt):
        Turma(origem, progresso=no_meio, **opcoes).avaliar()
    julgadas = len(list((tmp_path / "guardados").iterdir()))
    assert 15 <= julgadas <= 25
    feita = Turma(origem, retomar=True, **opcoes).avaliar()
    conferir(linhas(feita), esperadas)


def test_na_pasta_no_zip_e_de_novo(tmp_path, de_mentira):
    """A pasta e o zip dão a mesma tabela, e a segunda vez, a da primeira; o que se retoma não é julgado outra vez."""
    esperadas = gerar()
    primeira = Turma(numa_pasta(esperadas, tmp_path / "envios"), guardar=tmp_path / "g", isolamento=NENHUM).avaliar()
    conferir(linhas(primeira), esperadas)
    assert (
        Turma(num_zip(esperadas, tmp_path / "ENVIOS.zip"), paralelas=4, isolamento=NENHUM).avaliar().em_csv()
        == primeira.em_csv()
    )
    de_mentira.clear()
    assert (
        Turma(tmp_path / "envios", guardar=tmp_path / "g", isolamento=NENHUM, retomar=True).avaliar().em_csv()
        == primeira.em_csv()
    )
    assert de_mentira == []
    devolver(primeira.resultados, tmp_path / "volta", Planilha(planilha(esperadas, tmp_path / "notas.csv")))
    volta = csv.DictReader(io.StringIO((tmp_path / "volta" / "notas.csv").read_text(encoding="utf-8-sig"), newline=""))
    assert [linha["Nota"] for linha in volta] == [e.nota for e in esperadas if e.identificador]
    primeira.gravar_relatorios(tmp_path / "relatorios")
    assert len(list((tmp_path / "relatorios").iterdir())) == 41
    texto = str(primeira).splitlines()
    assert len(texto) == 41 and all(len(linha) <= 100 and linha.isprintable() for linha in texto)


def test_a_que_se_retoma_ve_o_que_mudou(tmp_path, de_mentira):
    """Quem entregou depois, quem entregou de novo, e aquela de que se escreveu um manifesto: só elas são julgadas."""
    esperadas = gerar()
    origem = numa_pasta(esperadas, tmp_path / "envios")
    (tmp_path / "m").mkdir()
    Turma(origem, guardar=tmp_path / "g", isolamento=NENHUM, manifestos=tmp_path / "m").avaliar()
    da_ana, do_caio = (next(e for e in esperadas if e.entrega.startswith(n)) for n in ("Ana", "joana"))
    (origem / next(iter(da_ana.arvore))).write_text("# ERRADO servidor\nimport socket\ns.accept()", encoding="utf-8")
    (tmp_path / "m" / "joana.toml").write_text('servidor = ["python", "servidor.py"]', encoding="utf-8")
    (origem / "aaa atrasado").mkdir()
    de_mentira.clear()
    feita = Turma(origem, guardar=tmp_path / "g", isolamento=NENHUM, manifestos=tmp_path / "m", retomar=True).avaliar()
    assert sorted(de_mentira) == ["cliente", "servidor", "servidor"] and len(feita.resultados) == 41
    por_nome = {linha["entrega"]: linha for linha in linhas(feita)}
    assert (
        por_nome[da_ana.entrega]["nota"] == "5,00"
        and por_nome["joana"]["servidor_porque"] == "é o que diz o parimpar.toml"
    )
