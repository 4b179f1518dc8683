"""Quarenta entregas de todo tipo, do começo ao fim: a mesma tabela inteira, de novo, interrompida e retomada."""

import csv
import io
import os
import threading

import pytest
import turma_gerada
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
    assert sorted(de_mentira) == ["cliente", "cliente", "servidor", "servidor"] and len(feita.resultados) == 41
    por_nome = {linha["entrega"]: linha for linha in linhas(feita)}
    assert (
        por_nome[da_ana.entrega]["nota"] == "5,00"
        and por_nome["joana"]["servidor_porque"] == "é o que diz o parimpar.toml"
    )


FUNDO = "n" * 200  # com este nome trinta vezes, um caminho já não cabe no sistema
TORTAS = {
    "com pasta que parece arquivo": lambda pasta: (pasta / "server.py").mkdir(),
    "com um cano": lambda pasta: os.mkfifo(pasta / "x.py"),
    "com voltas": lambda pasta: ((pasta / "volta").symlink_to(pasta), (pasta / "eu.py").symlink_to("eu.py")),
    "com caderno fundo": lambda pasta: (pasta / "s.ipynb").write_text('{"cells":' + "[" * 10**5 + "]" * 10**5 + "}"),
    "com manifesto fundo": lambda pasta: (pasta / "parimpar.toml").write_text("porta = " + "[" * 5000 + "]" * 5000),
    "com manifesto binário": lambda pasta: (pasta / "parimpar.toml").write_bytes(b"\xff\xfe"),
    "com zeros": lambda pasta: (pasta / "z.py").write_bytes(b"import socket\nx.accept()\0" * 20),
    "com parênteses": lambda pasta: (pasta / "p.py").write_text("import socket;s.accept();" + "(" * 10**5),
    "com quebra de linha": lambda pasta: (pasta / "a\nb.zip").write_bytes(
        turma_gerada.zipar({"x" * 255: "", "a\nb.py": ""})
    ),
}


def descer(pasta):
    """Cria pastas dentro de pastas até o caminho passar do que o sistema aceita, com um programa no fundo."""
    if not hasattr(os, "mkfifo"):
        return
    descritor = os.open(pasta, os.O_RDONLY)
    for _ in range(30):
        os.mkdir(FUNDO, dir_fd=descritor)
        dentro = os.open(FUNDO, os.O_RDONLY, dir_fd=descritor)
        os.close(descritor)
        descritor = dentro
    os.close(os.open("servidor.py", os.O_CREAT | os.O_WRONLY, dir_fd=descritor))
    os.close(descritor)


def test_uma_entrega_torta_nao_leva_as_outras(tmp_path, de_mentira):
    """Nomes, pastas e arquivos que um programa comum não espera: cada entrega tem a sua linha, e o que ficou fora é dito."""
    gerar()  # pula onde não há estes nomes
    for nome, entortar in (TORTAS | {"com pastas fundas": descer}).items():
        (tmp_path / "t" / nome).mkdir(parents=True)
        for alvo, codigo in (("servidor", turma_gerada.SERVIDOR), ("cliente", turma_gerada.CLIENTE)):
            (tmp_path / "t" / nome / f"{alvo}.py").write_text(codigo, encoding="utf-8")
        entortar(tmp_path / "t" / nome)
    (tmp_path / "t" / "um link").symlink_to("/etc")
    (tmp_path / "t" / "__uma__").mkdir()
    feita = Turma(tmp_path / "t", guardar=tmp_path / "g", isolamento=NENHUM).avaliar()
    por_nome = {linha["entrega"]: linha for linha in linhas(feita)}
    assert set(por_nome) == {*TORTAS, "com pastas fundas", "um link", "__uma__"}
    sem_nota = {nome for nome, linha in por_nome.items() if not linha["nota"]}
    assert sem_nota == {"com manifesto fundo", "com manifesto binário", "um link", "__uma__"}
    assert (
        "o nome é longo demais" in por_nome["com pastas fundas"]["avisos"]
        and "'x.py'" in por_nome["com um cano"]["avisos"]
    )
    feita.gravar_relatorios(tmp_path / "r")
    devolver(feita.resultados, tmp_path / "v")
    assert str(tmp_path) not in feita.em_csv() + str(feita) + feita._repr_html_()
    de_mentira.clear()
    retomada = Turma(tmp_path / "t", guardar=tmp_path / "g", isolamento=NENHUM, retomar=True).avaliar()
    assert retomada.em_csv() == feita.em_csv() and de_mentira == []
