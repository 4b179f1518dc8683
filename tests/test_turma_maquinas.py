"""A turma em várias máquinas: um escalonador e duas máquinas do Dask, em 127.0.0.1, e uma delas cai no meio."""

import contextlib
import csv
import io
import json
import os
import pathlib
import signal
import subprocess
import sys

import exame_de_mentira
import pytest
from apoio import RAIZ, esperar, porta_livre
from turma_gerada import CLIENTE, SERVIDOR, SO_O_QUE_BASTA, conferir, gerar, numa_pasta

from avaliador.caixa import NENHUM
from avaliador.turma import entrega
from avaliador.turma.turma import Turma

pytestmark = pytest.mark.skipif(os.name != "posix", reason="o Windows não tem o SIGKILL com que a máquina cai")
TAREFA = """
import json, sys
from avaliador.turma.turma import Turma
if __name__ == "__main__":
    origem, endereco, guardar, opcoes, isolamento = sys.argv[1:]
    turma = Turma(origem, maquinas=endereco, guardar=guardar, opcoes=json.loads(opcoes), isolamento=isolamento or None)
    feita = turma.avaliar()
    sys.stdout.write(feita.em_csv())
"""


@pytest.fixture(scope="module")
def laboratorio(tmp_path_factory):
    """(endereço do escalonador, as duas máquinas, que são processos)."""
    pytest.importorskip("distributed")
    pasta = tmp_path_factory.mktemp("dask")
    ambiente = os.environ | {"PYTHONPATH": os.pathsep.join([str(RAIZ), str(RAIZ / "tests")])}

    def iniciar(que, *opcoes):
        comando = [sys.executable, "-m", f"distributed.cli.dask_{que}", *opcoes, "--no-dashboard"]
        return pilha.enter_context(_processo(comando, pasta / f"{que}.txt", cwd=pasta, env=ambiente))

    with contextlib.ExitStack() as pilha:
        iniciar("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", "ende.json")
        esperar(lambda: (pasta / "ende.json").exists() and (pasta / "ende.json").read_text().endswith("}"))
        endereco = json.loads((pasta / "ende.json").read_text())["address"]
        opcoes = ("--nthreads", "1", "--resources", "exame=1", "--no-nanny", "--preload", exame_de_mentira.__file__)
        maquinas = [iniciar("worker", endereco, *opcoes, "--name", nome) for nome in ("a", "b")]
        esperar(lambda: (pasta / "worker.txt").read_text().count("Registered to") >= 2)
        yield endereco, maquinas


@contextlib.contextmanager
def _processo(comando, registro, **opcoes):
    with open(registro, "a") as saida, subprocess.Popen(comando, stdout=saida, stderr=saida, **opcoes) as processo:
        try:
            yield processo
        finally:
            processo.kill()


def iniciar_a_turma(origem, endereco, guardar, opcoes, isolamento=""):
    """O processo que manda julgar a turma nas máquinas, e escreve o CSV dela."""
    comando = [sys.executable, "-c", TAREFA, str(origem), endereco, str(guardar), json.dumps(opcoes), isolamento]
    return subprocess.Popen(comando, cwd=RAIZ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")


def linhas(texto):
    """As linhas do CSV, em dicionários."""
    return list(csv.DictReader(io.StringIO(texto), delimiter=";"))


def test_de_verdade_as_notas_sao_as_mesmas(tmp_path, laboratorio):
    """Uma de cada oito entregas geradas, com tráfego de verdade: em duas máquinas, as linhas que se esperam de uma."""
    esperadas = gerar(porta=porta_livre)[::8]
    origem = numa_pasta(esperadas, tmp_path / "envios")
    with iniciar_a_turma(origem, laboratorio[0], tmp_path / "g", SO_O_QUE_BASTA) as tarefa:
        texto, erros = tarefa.communicate(timeout=120)
    assert (tarefa.returncode, erros) == (0, ""), erros
    conferir(linhas(texto), esperadas)


def test_as_quarenta_em_duas_maquinas(tmp_path, laboratorio):
    """O que se acha, se abre, se compila e se diz de cada uma é o mesmo; os exames são de mentira."""
    esperadas = gerar()
    origem = numa_pasta(esperadas, tmp_path / "envios")
    with iniciar_a_turma(origem, laboratorio[0], tmp_path / "g", {}, NENHUM) as tarefa:
        texto, erros = tarefa.communicate(timeout=120)
    assert (tarefa.returncode, erros) == (0, ""), erros
    conferir(linhas(texto), esperadas)


def test_uma_maquina_cai_no_meio_e_nada_se_perde(tmp_path, laboratorio, monkeypatch):
    """Cem entregas, uma máquina morta a SIGKILL: cada uma tem uma linha, e é a que se teria numa máquina só."""
    endereco, maquinas = laboratorio
    for i in range(100):
        pasta = tmp_path / "envios" / f"aluno {i:03}"
        pasta.mkdir(parents=True)
        errado = ("", "# ERRADO servidor", "# ERRADO cliente")[i % 3]
        for nome, codigo in (("servidor", SERVIDOR), ("cliente", CLIENTE)):
            (pasta / f"{nome}.py").write_text(f"{codigo}\n# {i}\n{errado}\n", encoding="utf-8")
    with iniciar_a_turma(tmp_path / "envios", endereco, tmp_path / "g", {}, NENHUM) as tarefa:
        esperar(lambda: tarefa.poll() is not None or len(guardados(tmp_path / "g")) >= 20)
        maquinas[0].send_signal(signal.SIGKILL)
        assert len(guardados(tmp_path / "g")) < 90, "a máquina caiu tarde demais"
        texto, erros = tarefa.communicate(timeout=90)
    assert tarefa.returncode == 0, erros
    monkeypatch.setattr(entrega, "ALVOS", exame_de_mentira.todos())
    assert texto == Turma(tmp_path / "envios", isolamento=NENHUM).avaliar().em_csv()
    assert len(linhas(texto)) == len(guardados(tmp_path / "g")) == 100


def guardados(pasta):
    """Os resultados que já se gravaram."""
    return list(pathlib.Path(pasta).glob("*.resultado.json"))


@pytest.mark.parametrize("endereco, trecho", [
    ("tcp://127.0.0.1:1", "ninguém respondeu"), ("http://x", "como tcp://192.168.0.10:8786"),
])  # fmt: skip
def test_ninguem_no_endereco(tmp_path, endereco, trecho):
    """Uma linha, com o que se faz, e o código 2."""
    (tmp_path / "t" / "ana").mkdir(parents=True)
    comando = [sys.executable, "-c", "import avaliador.turma.maquinas as m, sys; m.LIGACAO = 1.0\n"
               "from avaliador.__main__ import main; sys.exit(main(['turma', 't', '--maquinas', sys.argv[1]]))", endereco]  # fmt: skip
    feito = subprocess.run(
        comando,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(RAIZ)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert feito.returncode == 2 and trecho in feito.stderr and "do Dask" in feito.stderr
    assert feito.stderr.startswith("erro: ") and feito.stderr.count("\n") == 1


def test_sem_a_biblioteca(tmp_path):
    """Uma frase: o que falta, e onde instalar."""
    (tmp_path / "t" / "ana").mkdir(parents=True)
    programa = ("import sys; sys.modules['distributed'] = None\nfrom avaliador.__main__ import main\n"
                "sys.exit(main(['turma', 't', '--maquinas', 'tcp://127.0.0.1:1']))")  # fmt: skip
    feito = subprocess.run(
        [sys.executable, "-c", programa], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(RAIZ)},
        capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert feito.returncode == 2 and "instalar maquinas" in feito.stderr and feito.stderr.count("\n") == 1
