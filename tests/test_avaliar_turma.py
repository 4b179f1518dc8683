"""A turma: entregas achadas, examinadas sem se atrapalhar, e a tabela do professor."""

import csv
import functools
import io
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections import namedtuple
from types import SimpleNamespace

import pytest
from apoio import RAIZ, porta_livre

from avaliador.__main__ import main
from avaliador.barra import Barra
from avaliador.caixa import NENHUM
from avaliador.relatorio import Avaliacao
from avaliador.turma import entrega, folego, turma
from avaliador.turma.devolucao import devolver
from avaliador.turma.formatos.moodle import Planilha
from avaliador.turma.tabela import COLUNAS
from avaliador.turma.turma import Turma
from avaliador.veredito import ENUNCIADO, FALHOU, NAO_DEU, OK, Veredito
from parimpar import terminal
from parimpar.erros import ErroDeUso

Tempos = namedtuple("Tempos", "user idle")
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
    assert "<b>davi" not in pagina and "&lt;b&gt;davi" in pagina and "relatório de ana" in pagina


def test_o_texto_cabe_em_colunas(examinada):
    """A tabela do terminal: notas alinhadas, e as falhas do enunciado no fim."""
    linhas = str(examinada).splitlines()
    assert linhas[0].startswith("entrega") and len(linhas) == 7 and linhas[6].startswith("Programas: ")
    assert "sem-eco" in linhas[2] and "repete" in linhas[4]


def test_os_relatorios_sao_para_devolver(examinada, tmp_path):
    """Um arquivo por entrega, com o relatório inteiro."""
    examinada.gravar_relatorios(tmp_path / "r")
    assert len(list((tmp_path / "r").iterdir())) == 6
    indice = (tmp_path / "r" / "index.html").read_text(encoding="utf-8")
    assert indice.count('.html" aria-label="relatório de') == 5 and "<b>davi" not in indice
    ana = next((tmp_path / "r").glob("*-ana.html")).read_text(encoding="utf-8")
    assert "especificação: " in ana and "http" not in ana and "<script" not in ana


def test_um_erro_do_avaliador_fica_na_entrega(tmp_path, monkeypatch):
    """Uma exceção inesperada num exame não para os outros."""
    entregar(tmp_path / "a", 1, servidor="servidores/simples.py")
    entregar(tmp_path / "b", 1, servidor="servidores/simples.py")

    class Exame:
        def __init__(self, comando, porta, pasta, progresso, **opcoes):
            self.pasta = pasta

        def avaliar(self):
            raise RuntimeError(f"quebrou em {self.pasta.name}")

    monkeypatch.setitem(entrega.ALVOS, "servidor", Exame)
    assert [r.avisos["servidor"] for r in Turma(tmp_path, isolamento=NENHUM).avaliar().resultados] == [
        "quebrou em 000",
        "quebrou em 001",
    ]


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


@pytest.mark.parametrize("uso, comecam", [(0.2, 5), (0.9, 2)])
def test_so_comeca_outra_se_sobra_processador(monkeypatch, uso, comecam):
    """Uma por processador, sempre; as outras, uma por medida, até o máximo."""
    relogio = SimpleNamespace(agora=0.0, monotonic=lambda: relogio.agora)

    def tempos():
        return Tempos(user=uso * relogio.agora, idle=(1 - uso) * relogio.agora)

    monkeypatch.setattr(folego, "time", relogio)
    monkeypatch.setattr(folego.psutil, "cpu_times", tempos)
    monkeypatch.setattr(folego.os, "cpu_count", lambda: 2)
    vez = folego.Folego()
    vez.maximo, entradas = 5, []
    for _ in range(100):
        relogio.agora += 0.5
        entradas += [relogio.agora] if vez._entrar() else []
    assert len(entradas) == comecam
    assert all(b - a >= folego.MEDIDA for a, b in zip(entradas[1:], entradas[2:], strict=False))


def test_quantas_se_pedem_comecam_ja():
    """Um número dado não espera por medidas; e quem desistiu não começa."""
    vez = folego.Folego(2, lambda: True)
    with vez.vez(), vez.vez(), pytest.raises(KeyboardInterrupt), vez.vez():
        pass
    with vez.vez():
        pass


def test_linha_de_comando(tmp_path):
    """Pasta que não existe, ou sem entregas: uma linha, e o código 2."""
    for pasta in (tmp_path / "nada", tmp_path):
        feito = subprocess.run(
            [sys.executable, "-X", "utf8", "-m", "parimpar", "avaliar", "turma", str(pasta)],
            cwd=RAIZ, capture_output=True, encoding="utf-8", timeout=60,
        )  # fmt: skip
        assert feito.returncode == 2 and feito.stderr.startswith("erro: ") and feito.stderr.count("\n") == 1


def test_linha_de_comando_grava_a_tabela(tmp_path):
    """--csv e --relatorios; código 3 porque a entrega não tem o que julgar."""
    (tmp_path / "t" / "eva").mkdir(parents=True)
    feito = subprocess.run(
        [sys.executable, "-m", "parimpar", "avaliar", "turma", "t", "--csv", "n.csv", "--relatorios", "r"],
        cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert (feito.returncode, feito.stderr) == (3, "") and "eva" in feito.stdout
    assert (tmp_path / "n.csv").read_bytes().startswith(b"\xef\xbb\xbfentrega;")
    assert (tmp_path / "r" / "001-eva.html").exists()


# No mesmo processo, que é onde estão os exames de mentira.
turma_de_mentira = functools.partial(Turma, isolamento=NENHUM)


class ExameDeMentira:
    """Dá nota pelo que está escrito no programa, sem executá-lo; conta quantas vezes foi chamado."""

    feitos = []

    def __init__(self, comando, porta, pasta, progresso, **opcoes):
        self.arquivo = pasta / comando[-1]

    def avaliar(self):
        self.feitos.append(self.arquivo.name)
        codigo = self.arquivo.read_text(encoding="utf-8")
        if "interrompe" in codigo:
            raise KeyboardInterrupt
        ocupada = "ocupada" in codigo and len(self.feitos) <= 4
        situacao = FALHOU if "errado" in codigo else NAO_DEU if "duvida" in codigo or ocupada else OK
        veredito = Veredito("par", "PI-03", ENUNCIADO, situacao, "8 recebe PAR", "o que se viu")
        return Avaliacao("servidor", ("python", self.arquivo.name), ("p",), (veredito,), 1.0)


@pytest.fixture
def de_mentira(monkeypatch):
    """Os exames não executam nada."""
    monkeypatch.setattr(entrega, "ALVOS", {"servidor": ExameDeMentira, "cliente": ExameDeMentira})
    monkeypatch.setattr(ExameDeMentira, "feitos", [])
    return ExameDeMentira.feitos


SERVIDOR, CLIENTE = "import socket\ns.accept()\n# {}\n", "import socket\ns.connect(1)\n# {}\n"


def do_moodle(pasta, **alunos):
    """Um zip como o do Moodle, com o servidor e o cliente de cada um: {nome: o que há de especial}."""
    with zipfile.ZipFile(pasta / "ENVIOS.zip", "w") as pacote:
        for i, (nome, especial) in enumerate(alunos.items(), 101):
            for arquivo, codigo in (("servidor.py", SERVIDOR), ("cliente.py", CLIENTE)):
                pacote.writestr(f"{nome}_{i}_assignsubmission_file_/{arquivo}", codigo.format(especial))
    return pasta / "ENVIOS.zip"


def test_do_zip_do_moodle_a_planilha(tmp_path, de_mentira):
    """As notas voltam na planilha, e os comentários, na pasta de cada um; quem ficou em dúvida não tem nota."""
    envios = do_moodle(tmp_path, Ana="", Bia="errado", Caio="duvida")
    titulos = "Identificador,Nome completo,Nota,Nota máxima,Última modificação (nota),Comentários de feedback\r\n"
    alunos = {101: "Ana", 102: "Bia", 103: "Caio"}
    linhas = "".join(f'Participante {i},{nome},,"10,00",-,\r\n' for i, nome in alunos.items())
    (tmp_path / "notas.csv").write_bytes((titulos + linhas).encode("utf-8-sig"))
    feita = turma_de_mentira(envios).avaliar()
    devolver(feita.resultados, tmp_path / "volta", Planilha(tmp_path / "notas.csv"))
    volta = list(csv.reader(io.StringIO((tmp_path / "volta" / "notas.csv").read_text(encoding="utf-8-sig"))))
    assert [linha[2] for linha in volta[1:]] == ["10,00", "0,00", ""] and "conferir" in volta[3][5]
    with zipfile.ZipFile(tmp_path / "volta" / "comentarios.zip") as pacote:
        assert [n.partition("/")[0] for n in pacote.namelist()] == [
            f"{nome}_{i}_assignsubmission_file_" for i, nome in alunos.items()
        ]


def test_o_que_se_interrompe_se_retoma(tmp_path, de_mentira):
    """Ctrl-C no meio: o que já foi julgado está gravado, e `retomar` só julga o resto; `refazer` julga um de novo."""
    envios = do_moodle(tmp_path, Ana="", Bia="", Caio="interrompe", Davi="")
    with pytest.raises(KeyboardInterrupt):
        turma_de_mentira(envios, paralelas=1, guardar=tmp_path / "g").avaliar()
    assert len(list((tmp_path / "g").iterdir())) == 2
    do_moodle(tmp_path, Ana="", Bia="", Caio="errado", Davi="")
    de_mentira.clear()
    retomada = turma_de_mentira(envios, paralelas=1, guardar=tmp_path / "g", retomar=True).avaliar()
    assert len(de_mentira) == 4 and [r.nota for r in retomada.resultados] == [10, 10, 0, 10]
    inteira = turma_de_mentira(envios, paralelas=2).avaliar()
    assert inteira.em_csv() == retomada.em_csv() and str(inteira) == str(retomada)
    de_mentira.clear()
    turma_de_mentira(envios, guardar=tmp_path / "g", retomar=True, refazer=["102"]).avaliar()
    assert len(de_mentira) == 2
    with pytest.raises(ErroDeUso, match="não há uma entrega chamada 'Zoé'; há: Ana, Bia"):
        turma_de_mentira(envios, refazer=["Zoé"])


def test_quem_ficou_em_duvida_e_julgado_de_novo(tmp_path, de_mentira):
    """Uma vez, no fim e ao retomar: a porta podia estar ocupada. O que se gravou é o que se viu por último."""
    envios = do_moodle(tmp_path, Ana="ocupada", Bia="")
    feita = turma_de_mentira(envios, guardar=tmp_path / "g").avaliar()
    assert [r.nota for r in feita.resultados] == [10, 10] and len(de_mentira) == 6
    retomada = turma_de_mentira(envios, guardar=tmp_path / "g", retomar=True).avaliar()
    assert [r.nota for r in retomada.resultados] == [10, 10] and len(de_mentira) == 6
    envios = do_moodle(tmp_path, Ana="duvida", Bia="")
    em_duvida = turma_de_mentira(envios, guardar=tmp_path / "g").avaliar()
    de_mentira.clear()
    assert [r.nota for r in em_duvida.resultados] == [None, 10]
    do_moodle(tmp_path, Ana="duvida", Bia="")
    turma_de_mentira(envios, guardar=tmp_path / "g", retomar=True).avaliar()
    assert len(de_mentira) == 2


def test_um_resultado_gravado_que_nao_se_entende_e_refeito(tmp_path, de_mentira):
    """Meio arquivo, ou o de outra turma, não conta."""
    envios = do_moodle(tmp_path, Ana="", Bia="")
    turma_de_mentira(envios, guardar=tmp_path / "g").avaliar()
    for arquivo, texto in zip(sorted((tmp_path / "g").iterdir()), ("{", '{"entrega": "outra"}'), strict=True):
        arquivo.write_text(texto, encoding="utf-8")
    de_mentira.clear()
    assert [r.nota for r in turma_de_mentira(envios, guardar=tmp_path / "g", retomar=True).avaliar().resultados] == [
        10,
        10,
    ]
    assert len(de_mentira) == 4


def test_entregas_iguais_sao_ditas(tmp_path, de_mentira):
    """O mesmo código, com outros comentários e espaços, aparece na coluna; um arquivo pequeno não conta."""
    grande = "\n".join(f"valor_{i} = {i} * 2" for i in range(40))
    envios = do_moodle(tmp_path, Ana=f"um\n{grande}", Bia=f"outro comentário\n\n{grande}   # fim", Caio="")
    cabeca, *linhas = csv.reader(io.StringIO(turma_de_mentira(envios).avaliar().em_csv()), delimiter=";")
    assert [linha[cabeca.index("parecida_com")] for linha in linhas] == ["Bia", "Ana", ""]


@pytest.mark.parametrize("nome", ["=cmd", 'a"b;c', "x\ny", "\x1b[31m", "é" * 120, "<b>x"])
def test_um_nome_hostil_nao_forja_nada(tmp_path, de_mentira, nome):
    """Nem linha da tabela, nem fórmula, nem marcação, nem arquivo fora da pasta."""
    (tmp_path / "t" / nome).mkdir(parents=True)
    (tmp_path / "t" / nome / "servidor.py").write_text(SERVIDOR, encoding="utf-8")
    (tmp_path / "t" / "zoe").mkdir()
    feita = turma_de_mentira(tmp_path / "t", guardar=tmp_path / "g").avaliar()
    linhas = list(csv.reader(io.StringIO(feita.em_csv()), delimiter=";"))
    assert len(linhas) == 3 and all(len(linha) == len(COLUNAS) and linha[0][:1] not in "=+-@" for linha in linhas)
    assert len(str(feita).splitlines()) == 3 and "\x1b" not in str(feita) + feita.em_csv()
    assert "<b>x" not in feita._repr_html_() and all(len(x) <= 100 for x in str(feita).splitlines())
    feita.gravar_relatorios(tmp_path / "r")
    assert len(list((tmp_path / "r").iterdir())) == len(list((tmp_path / "g").iterdir())) + 1 == 3


def test_o_que_nao_compila_e_dito(tmp_path):
    """A última linha do compilador, e nenhuma nota."""
    if not shutil.which("cc"):
        pytest.skip("sem compilador de C")
    (tmp_path / "t" / "ana").mkdir(parents=True)
    (tmp_path / "t" / "ana" / "servidor.c").write_text("#include <sys/socket.h>\nint main() { accept(0, 0, 0) }")
    (tmp_path / "t" / "bia").mkdir()
    ana = Turma(tmp_path / "t").avaliar().resultados[0]
    assert ana.avisos["servidor"].startswith("não compila (cc): ") and ana.nota is None and ana.conferir


@pytest.mark.parametrize("especial, codigo", [("", 0), ("errado", 0), ("duvida", 3)])
def test_o_codigo_de_saida_diz_se_todas_tem_nota(tmp_path, de_mentira, monkeypatch, especial, codigo):
    """Uma nota baixa é uma nota; sem nota, o código não é 0. E os resultados ficam gravados, mesmo sem se pedir."""
    envios = do_moodle(tmp_path, Ana="", Bia=especial)
    monkeypatch.setattr(terminal, "_sinais", lambda: ())  # os sinais são os de quem roda os testes
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO()))
    assert main(["turma", str(envios), "--sem-isolamento"]) == codigo
    assert len(list((tmp_path / "ENVIOS-resultados").iterdir())) == 2
    de_mentira.clear()
    assert main(["turma", str(envios), "--sem-isolamento", "--refazer", "Bia"]) == codigo
    assert len(de_mentira) == (4 if especial == "duvida" else 2)


@pytest.mark.parametrize("opcoes, trecho", [
    (("t", "--planilha", "nada.csv", "--devolver", "v"), "não se lê a planilha"),
    (("t", "--planilha", "nada.csv"), "--planilha precisa de --devolver"),
    (("t", "--guardar", "t/g"), "fica dentro da pasta das entregas"),
    ((".", "--relatorios", "r"), "fica dentro da pasta das entregas"),
    (("t", "--devolver", "ocupado"), "ocupado"),
])  # fmt: skip
def test_o_que_nao_pode_dar_certo_e_dito_antes_dos_exames(tmp_path, opcoes, trecho):
    """Uma linha, o código 2, e nada julgado: os exames demoram."""
    (tmp_path / "t" / "ana").mkdir(parents=True)
    (tmp_path / "ocupado").touch()
    feito = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "parimpar", "avaliar", "turma", *opcoes, "--sem-isolamento"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(RAIZ)}, capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert feito.returncode == 2 and trecho in feito.stderr and feito.stderr.count("\n") == 1
    assert not (tmp_path / "t-resultados").exists()


class Terminal(io.StringIO):
    """Uma tela que se deixa ler depois."""

    def isatty(self):
        return True


def test_a_barra_diz_quanto_falta(monkeypatch):
    """Só quando já se sabe; não volta para trás, cabe em 100 colunas, e no fim some."""
    agora, tela = [0.0], Terminal()
    monkeypatch.setattr("time.monotonic", lambda: agora[0])
    barra = Barra(tela, quanto_falta=True)
    for feitos in (10, 11, 14, 13, 20, 78):
        agora[0] = 30.0 * (feitos - 10)
        barra(feitos, 80, "Ana, servidor: " + "um caso " * 20)
    linhas = tela.getvalue().split("\r")[1:]
    assert [linha.partition("]")[2].split(" ·")[0].partition(" Ana")[0].strip() for linha in linhas] == [
        "10/80", "11/80", "14/80 faltam 33 min", "14/80 faltam 25 min", "20/80 faltam 30 min", "78/80 faltam 1 min"
    ]  # fmt: skip
    assert all(len(linha) < 100 for linha in linhas)
    barra(80, 80, "pronto")
    assert tela.getvalue().endswith(f"{' ' * Barra.LINHA}\r")


INUNDA = """
import socket, sys, threading
def tela():
    for _ in range(100):
        sys.stdout.write("7 ÍMPAR FIM" * 100_000)
threading.Thread(target=tela, daemon=True).start()
def mandar(s, o_que):
    try:
        for _ in range(300):
            s.send(o_que * 250_000)
    except OSError:
        s.close()
"""
SERVIDOR_QUE_INUNDA = """
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", {}))
s.listen()
while True:
    mandar(s.accept()[0], b"PAR\\n")
"""
MEDIDA = """
import resource, sys
from avaliador.turma.turma import Turma
if __name__ == "__main__":
    antes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    opcoes = {"servidor": {"so": ["par", "tela"]}}
    feita = Turma(sys.argv[1], isolamento="nenhum", opcoes=opcoes).avaliar()
    print(len(feita.resultados[0].avaliacoes), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - antes)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="o ru_maxrss em KiB é o do Linux")
def test_quem_inunda_a_rede_e_a_tela_nao_enche_a_memoria_de_quem_avalia(tmp_path):
    """Centenas de MiB mandados pelo programa, e o avaliador não guarda senão o começo."""
    (tmp_path / "t" / "ana").mkdir(parents=True)
    (tmp_path / "t" / "bia").mkdir()
    codigo = INUNDA + SERVIDOR_QUE_INUNDA.format(porta_livre())
    (tmp_path / "t" / "ana" / "servidor.py").write_text(codigo, encoding="utf-8")
    julgados, cresceu = em_outro_processo_com(MEDIDA, tmp_path / "t").split()
    assert julgados == "1" and int(cresceu) < 64 * 1024  # KiB


def em_outro_processo_com(programa, *argumentos):
    """O que o programa escreve, executado num Python novo."""
    comando = [sys.executable, "-X", "utf8", "-c", programa, *map(str, argumentos)]
    feito = subprocess.run(comando, cwd=RAIZ, capture_output=True, encoding="utf-8", timeout=120)
    assert (feito.returncode, feito.stderr) == (0, "")
    return feito.stdout


def test_duas_pessoas_com_o_mesmo_nome_sao_duas(tmp_path, de_mentira):
    """Cada uma tem a sua linha e o seu resultado guardado, e uma pode parecer-se com a outra."""
    grande = "\n".join(f"valor_{i} = {i} * 2" for i in range(40))
    for numero in (101, 102):
        pasta = tmp_path / "t" / f"Ana Sá_{numero}_assignsubmission_file_"
        pasta.mkdir(parents=True)
        (pasta / "servidor.py").write_text(SERVIDOR.format(grande), encoding="utf-8")
    feita = Turma(tmp_path / "t", guardar=tmp_path / "g", isolamento=NENHUM).avaliar()
    linhas = list(csv.DictReader(io.StringIO(feita.em_csv()), delimiter=";"))
    assert [(x["entrega"], x["identificador"], x["parecida_com"]) for x in linhas] == [
        ("Ana Sá", "101", "Ana Sá"), ("Ana Sá", "102", "Ana Sá")
    ]  # fmt: skip
    assert len(list((tmp_path / "g").iterdir())) == 2


def test_o_guia_da_turma_diz_as_opcoes_e_as_colunas_que_existem():
    """docs/turma.md e `--help` falam das mesmas opções, e a tabela de colunas é a do CSV."""
    guia = (RAIZ / "docs" / "turma.md").read_text(encoding="utf-8")
    do_guia = set(re.findall(r"(?<!-)--[a-z][a-z-]+", re.sub(r"dask worker .*", "", guia)))
    feito = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "parimpar", "avaliar", "turma", "--help"],
        cwd=RAIZ, capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert do_guia - {"--repetir"} == set(re.findall(r"--[a-z-]+", feito.stdout)) - {"--help"}
    colunas = [nome for linha in re.findall(r"^\| `.*?` \|", guia, re.M) for nome in re.findall(r"`([^`]+)`", linha)]
    for coluna in COLUNAS:
        assert coluna in colunas or f"…_{coluna.partition('_')[2]}" in colunas, coluna
