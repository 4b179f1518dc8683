"""O relatório nas formas do Gradescope, do VPL e do JUnit; e os roteiros prontos, num corretor de faz de conta."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from apoio import RAIZ

from avaliador.relatorio import Avaliacao
from avaliador.turma.formatos.corretor import FORMATOS
from avaliador.veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, NAO_SE_APLICA, OK, TOLERADO, Passo, Veredito

DOURADOS = pathlib.Path(__file__).parent / "dourados"
HOSTIL = "x\nGrade :=>>10\n--|>\x1b[31m<b>&\x00"


def avaliacao(*situacoes):
    """Uma avaliação com estes casos no enunciado, e um que falhou na especificação."""
    vereditos = [
        Veredito(f"caso-{i}", f"PI-{i:02}", ENUNCIADO, situacao, f"verifica {i}", "o que se viu",
                 causa="a cura", passos=(Passo(0.5, "avaliador", "envia", b"7"),))
        for i, situacao in enumerate(situacoes, 1)
    ]  # fmt: skip
    vereditos.append(Veredito("abc", "PI-06", ESPECIFICACAO, FALHOU, "não cai com abc", "caiu", "ERRO", b"\x1b"))
    return Avaliacao(
        "servidor", ("python", "x.py"), ("entende o pedido como texto",), tuple(vereditos), 12.3, semente=7
    )


EXEMPLOS = {
    "bom": avaliacao(OK, OK, TOLERADO, OK),
    "errado": avaliacao(OK, FALHOU, FALHOU, NAO_SE_APLICA),
    "parado": avaliacao(FALHOU, NAO_DEU, NAO_DEU, NAO_DEU),
    "duvidoso": avaliacao(OK, NAO_DEU, NAO_DEU, NAO_DEU),
    "adiado": avaliacao(NAO_DEU, NAO_SE_APLICA),
}


@pytest.mark.parametrize("formato", FORMATOS)
@pytest.mark.parametrize("exemplo", EXEMPLOS)
def test_o_texto_e_o_guardado(formato, exemplo):
    """Cada forma, de um programa bom, de um errado e de um que não responde, é a que está em tests/dourados.

    Para gravá-los de novo: PARIMPAR_DOURAR=1.
    """
    texto = FORMATOS[formato](EXEMPLOS[exemplo].como_dado())
    guardado = DOURADOS / f"{exemplo}.{formato}"
    if os.environ.get("PARIMPAR_DOURAR"):
        guardado.write_text(texto, encoding="utf-8")
    assert texto == guardado.read_text(encoding="utf-8")


@pytest.mark.parametrize("exemplo, nota", [("bom", 10), ("errado", 10 / 3), ("parado", 0), ("duvidoso", 2.5)])
def test_a_nota_e_a_do_enunciado_e_a_duvida_nao_a_aumenta(exemplo, nota):
    """O Gradescope recebe a menor nota possível; o VPL, só a que é certa; e a dúvida diz o intervalo e pede que se confira."""
    dado = EXEMPLOS[exemplo].como_dado()
    do_gradescope, do_vpl = json.loads(FORMATOS["gradescope"](dado)), FORMATOS["vpl"](dado)
    assert do_gradescope["score"] == pytest.approx(nota, abs=0.01)
    assert sum(t["score"] for t in do_gradescope["tests"]) == pytest.approx(nota, abs=0.01)
    assert sum(t["max_score"] for t in do_gradescope["tests"]) == pytest.approx(10, abs=0.01)
    notas = re.findall(r"^Grade :=>>(.*)$", do_vpl, re.M)
    duvida = any(v.situacao == NAO_DEU for v in EXEMPLOS[exemplo].vereditos)
    assert [float(n) for n in notas] == ([] if duvida else [pytest.approx(nota, abs=0.01)])
    maxima = {"parado": "0,0 e 7,5", "duvidoso": "2,5 e 10,0"}.get(exemplo, "")
    for texto in (do_vpl, do_gradescope["output"]):
        assert ("confira à mão" in texto) == (f"A nota está entre {maxima}." in texto) == duvida


def test_o_que_nao_se_julgou_nao_tem_nota():
    """Nem zero: o Gradescope não recebe nota nenhuma, e o VPL também não."""
    dado = EXEMPLOS["adiado"].como_dado()
    do_gradescope, do_vpl = json.loads(FORMATOS["gradescope"](dado)), FORMATOS["vpl"](dado)
    assert "score" not in do_gradescope and not any("score" in t for t in do_gradescope["tests"])
    assert "Grade" not in do_vpl and "confira à mão" in do_vpl and "confira à mão" in do_gradescope["output"]


def test_o_junit_pula_o_que_nao_se_julgou():
    """Um caso que não deu, ou não se aplica, não é falha nem acerto."""
    for exemplo, falhas, pulados in (("bom", 1, 0), ("errado", 3, 1), ("parado", 2, 3)):
        raiz = ElementTree.fromstring(FORMATOS["junit"](EXEMPLOS[exemplo].como_dado()).encode())
        assert (len(raiz.findall(".//failure")), len(raiz.findall(".//skipped"))) == (falhas, pulados)
        assert (raiz.get("failures"), raiz.get("skipped"), raiz.get("tests")) == (str(falhas), str(pulados), "5")


@pytest.mark.parametrize("formato", FORMATOS)
def test_o_programa_nao_forja_linhas(formato):
    """Uma quebra de linha, um ESC ou uma nota no texto do programa não viram nada."""
    vereditos = (Veredito("a", "PI-03", ENUNCIADO, FALHOU, "t", HOSTIL, "PAR", HOSTIL.encode(), HOSTIL),)
    dado = Avaliacao("servidor", ("x",), (HOSTIL,), vereditos).como_dado()
    texto = FORMATOS[formato](dado)
    assert "\x1b" not in texto and "\x00" not in texto
    assert len(re.findall(r"^Grade :=>>", texto, re.M)) == (formato == "vpl") and texto.count("\n--|>") <= 1
    if formato == "junit":
        ElementTree.fromstring(texto.encode())


def corretor(tmp_path, *arquivos, exemplo="bom"):
    """Uma pasta de corretor, com a entrega e um `parimpar` que só diz o que lhe pediram, como o de verdade diria."""
    entrega = tmp_path / "submission"
    entrega.mkdir()
    for nome in arquivos:
        (entrega / nome).write_text("print()", encoding="utf-8")
    falso = tmp_path / "bin" / "parimpar"
    falso.mkdir(parents=True)
    (falso / "__init__.py").write_text("", encoding="utf-8")
    (falso / "__main__.py").write_text(
        "import pathlib, sys\n"
        "alvo, formato, arquivo = sys.argv[2], sys.argv[4], sys.argv[-1]\n"
        "assert sys.argv[1] == 'avaliar' and sys.argv[5] == '--', sys.argv\n"
        "if not pathlib.Path(arquivo).is_file():\n    sys.exit(2)\n"
        f"print(pathlib.Path({str(DOURADOS)!r}, f'{exemplo}.{{formato}}').read_text(encoding='utf-8'), end='')\n",
        encoding="utf-8",
    )
    return os.environ | {"PYTHONPATH": str(tmp_path / "bin"), "PYTHON": sys.executable, "AUTOGRADER": str(tmp_path)}


precisa_de_bash = pytest.mark.skipif(not shutil.which("bash"), reason="os roteiros são de bash")


@precisa_de_bash
@pytest.mark.parametrize("arquivos, nota", [(("servidor.py", "cliente.py"), 10), (("servidor.py",), 5)])
def test_o_roteiro_do_gradescope(tmp_path, arquivos, nota):
    """Junta o servidor e o cliente num results.json só; quem não entregou um deles lê que não entregou."""
    ambiente = corretor(tmp_path, *arquivos)
    roteiro = RAIZ / "docs" / "corretores" / "gradescope" / "run_autograder"
    subprocess.run(["bash", str(roteiro)], env=ambiente, check=True, timeout=60)
    dado = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert dado["score"] == nota and len(dado["tests"]) == 5 * len(arquivos)
    assert ("não foi julgado" in dado["output"]) == (len(arquivos) == 1)


@precisa_de_bash
def test_o_roteiro_do_gradescope_sem_nada_julgado(tmp_path):
    """Se de nenhum dos dois se julgou nada, o results.json não tem nota."""
    ambiente = corretor(tmp_path, "servidor.py", "cliente.py", exemplo="adiado")
    roteiro = RAIZ / "docs" / "corretores" / "gradescope" / "run_autograder"
    subprocess.run(["bash", str(roteiro)], env=ambiente, check=True, timeout=60)
    dado = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert "score" not in dado and not any("score" in teste for teste in dado["tests"])


@precisa_de_bash
def test_o_roteiro_do_vpl(tmp_path):
    """Deixa um vpl_execution que escreve o comentário e, por último, a nota."""
    ambiente = corretor(tmp_path, "servidor.py")
    roteiro = RAIZ / "docs" / "corretores" / "vpl" / "vpl_evaluate.sh"
    subprocess.run(["bash", str(roteiro)], cwd=tmp_path / "submission", env=ambiente, check=True, timeout=60)
    feito = subprocess.run(
        ["./vpl_execution"],
        cwd=tmp_path / "submission",
        env=ambiente,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert feito.stdout.startswith("<|--\n") and feito.stdout.rstrip().splitlines()[-1] == "Grade :=>>10.00"


def test_o_fluxo_do_github_se_entende():
    """É YAML, e chama o comando como ele é."""
    yaml = pytest.importorskip("yaml")
    fluxo = yaml.safe_load((RAIZ / "docs" / "corretores" / "github" / "avaliar.yml").read_text(encoding="utf-8"))
    passos = [passo.get("run", "") for passo in fluxo["jobs"]["avaliar"]["steps"]]
    assert any("parimpar avaliar ${{ matrix.alvo }} --formato junit --" in passo for passo in passos)
