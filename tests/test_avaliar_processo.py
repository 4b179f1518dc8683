"""O programa em execução: o que diz, o ambiente que recebe, e nada dele que fique para trás."""

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from apoio import restos

from avaliador import processo
from avaliador.processo import Programa
from parimpar.erros import ErroDeUso


def executar(codigo, *args, **opcoes):
    """Um programa que já terminou, com o que escreveu."""
    with Programa([sys.executable, "-c", codigo, *args], **opcoes) as programa:
        assert programa.terminou(20)
        programa.ultima_linha()  # espera a saída toda
        return programa


def test_o_que_diz_e_o_que_reclama():
    """O stdout é dito; o stderr, reclamado; o rastro, e as cores, nem um nem outro."""
    programa = executar("import sys; print('\\x1b[31mPAR\\x1b[0m'); print('aviso', file=sys.stderr); 1 / 0")
    assert (programa.dito, programa.reclamado) == ("PAR\n", "aviso\n")
    assert programa.excecao() == "ZeroDivisionError: division by zero (linha 1)" and "Traceback" in programa.saida


def test_todas_as_linhas_se_contam():
    """Também as que não cabem no que se guarda da tela, nos dois canais."""
    programa = executar("import sys; print('x\\n' * 100_000, end=''); print('y', file=sys.stderr)")
    assert programa.linhas == 100_001 and len(programa.saida) < 100_000


def test_o_ambiente_e_o_que_o_avaliador_define(monkeypatch):
    """Nem cores, nem o que diga que é um exame; o necessário, sim."""
    for nome in ("FORCE_COLOR", "CLICOLOR_FORCE", "PYTHON_COLORS", "QUALQUER"):
        monkeypatch.setenv(nome, "1")
    nomes = set(executar("import os; print(*os.environ)").dito.split())
    assert not nomes & {"FORCE_COLOR", "CLICOLOR_FORCE", "PYTHON_COLORS", "QUALQUER"} and "PATH" in nomes
    assert not [nome for nome in nomes if "AVALIA" in nome]


def test_o_teclado():
    """O que se dá na entrada é lido linha a linha; depois, e sem ela, o fim do arquivo."""
    assert executar("print(input() + input())", entrada="a\nb\n").dito == "ab\n"
    sem = executar("input()")
    assert sem.quis_teclado() and "EOFError" in sem.excecao()


def test_o_sinal_que_o_matou():
    """Sem rastro, a causa é o sinal; o que o próprio avaliador mandou não conta."""
    if os.name != "posix":
        pytest.skip("os sinais são do Unix")
    assert executar("import os; os.kill(os.getpid(), 11)").excecao().startswith("SIGSEGV")
    with Programa([sys.executable, "-c", "import time; time.sleep(60)"]) as programa:
        pass
    assert programa.encerrado and programa.excecao() == ""


def test_quem_mata_o_guardiao_morre_com_ele():
    """E o avaliador continua, e diz o que houve."""
    if not sys.platform.startswith("linux"):
        pytest.skip("só no Linux o programa morre com quem o iniciou")
    programa = executar("import os, time; os.kill(os.getppid(), 9); time.sleep(60)")
    assert "matou o processo que o iniciou" in programa.excesso
    assert restos() == []


def test_quem_para_o_guardiao_nao_prende_o_exame():
    """Um SIGSTOP no pai não impede o encerramento."""
    if os.name != "posix":
        pytest.skip("os sinais são do Unix")
    comeco = time.monotonic()
    with Programa(
        [sys.executable, "-c", "import os, time; os.kill(os.getppid(), 19); print('x'); time.sleep(60)"]
    ) as preso:
        assert preso.esperar_saida("x", 10)
    assert restos() == [] and time.monotonic() - comeco < 15


def test_comando_que_nao_existe(tmp_path):
    """Programa ou pasta que não existe, ou sem permissão: um erro de uso, e não um processo perdido."""
    (tmp_path / "texto").write_text("não é um programa")
    for comando, pasta in (
        (["nao-existe"], None),
        ([str(tmp_path / "texto")], None),
        ([sys.executable], tmp_path / "x"),
    ):
        with pytest.raises(ErroDeUso, match="confira o nome"):
            Programa(comando, pasta)
    assert restos() == []


def test_a_familia_e_uma_passada_so(monkeypatch):
    """Com centenas de filhos mortos e não recolhidos, perguntar quem vive continua rápido."""
    if os.name != "posix":
        pytest.skip("o programa usa fork")
    codigo = (
        "import os, time\n"
        "for _ in range(300):\n"
        "    filho = os.fork() or os._exit(0)\n"
        "    os.waitid(os.P_PID, filho, os.WEXITED | os.WNOWAIT)  # morto, e não recolhido\n"
        "print('x', flush=True)\n"
        "time.sleep(60)"
    )
    with Programa([sys.executable, "-c", codigo]) as programa:
        assert programa.esperar_saida("x", 20)
        antes = time.process_time()
        familias = [programa.familia() for _ in range(5)]
        assert [len(familia) for familia in familias] == [1] * 5
        assert time.process_time() - antes < 2.5  # segundos de processador; a de antes levava 5 por pergunta
        assert len(familias[0][0].children()) == 300


def test_a_familia_se_pergunta_de_varias_threads(monkeypatch):
    """A ronda também pergunta por ela, enquanto os filhos nascem e morrem: nenhuma das duas atrapalha a outra."""
    if os.name != "posix":
        pytest.skip("o programa usa fork")
    antes = sys.getswitchinterval()
    monkeypatch.setattr(processo, "PROCESSOS", 1000)
    codigo = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "while True:\n"
        "    if os.fork() == 0: time.sleep(0.2); os._exit(0)\n"
        "    print('x', flush=True)\n"
        "    time.sleep(0.002)\n"
    )
    with Programa([sys.executable, "-c", codigo]) as programa, ThreadPoolExecutor(4) as executor:
        assert programa.esperar_saida("x", 20)
        sys.setswitchinterval(1e-6)
        try:
            familias = [*executor.map(lambda _: len(programa.familia()), range(1000))]
        finally:
            sys.setswitchinterval(antes)
    assert max(familias) > 1


def test_quem_le_a_tela_pode_atrasar_se(monkeypatch):
    """Se a máquina não deixa a thread que lê a tela voltar a tempo, o fim do programa não a faz ler outra coisa."""
    chegou, solta = threading.Event(), threading.Event()

    def ler(descritor, quantos, ler=os.read):
        dados = ler(descritor, quantos)
        if dados == b"oi":
            chegou.set()
            solta.wait(20)
        return dados

    monkeypatch.setattr(os, "read", ler)
    with Programa([sys.executable, "-c", "import os, time; os.write(1, b'oi'); time.sleep(60)"]) as programa:
        assert chegou.wait(20)
    solta.set()
    programa.esperar_que(lambda: False, 20)  # até acabarem as threads que leem
    assert programa.dito == "oi"


def test_o_programa_nao_deixa_nada_para_tras():
    """Nem um neto que mudou de sessão e ignora o SIGTERM."""
    if os.name != "posix":
        pytest.skip("o programa usa fork")
    fuga = (
        "import os, signal, time\n"
        "if os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n  signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "  print('pronto', flush=True)\n  time.sleep(60)\n os._exit(0)\n"
        "time.sleep(60)"
    )
    with Programa([sys.executable, "-c", fuga]) as programa:
        assert programa.esperar_saida("pronto", 10)
    assert restos() == []


@pytest.mark.parametrize(
    "programa, limite, trecho",
    [
        ("x = bytearray(200 * 1024**2)", {"MEMORIA": 100 * 1024**2}, "MiB de memória"),
        ("[os.fork() for _ in range(3)]", {"PROCESSOS": 7}, "tinha 8 processos"),
        ("open('x', 'wb').write(bytes(3 * 1024**2)); y = open('x', 'ab')", {"DISCO": 1024**2}, "MiB no disco"),
    ],
)
def test_o_excesso_e_encerrado(monkeypatch, tmp_path, programa, limite, trecho):
    """Memória, processos ou disco demais: a família inteira acaba, e o motivo é dito."""
    if os.name != "posix":
        pytest.skip("o programa usa fork")
    for nome, valor in limite.items():
        monkeypatch.setattr(processo, nome, valor)
    with Programa([sys.executable, "-c", f"import os, time\n{programa}\ntime.sleep(60)"], tmp_path) as excessivo:
        assert excessivo.terminou(20)
        assert trecho in excessivo.ultima_linha()
    assert restos() == []
