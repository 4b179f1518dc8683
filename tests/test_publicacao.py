"""O que se publica: o pacote construído, instalado num Python vazio, e o navegador, em que ele não roda."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
from apoio import PRAZO, RAIZ, dispensar, em_outro_processo

PYTHON_DO_AMBIENTE = "Scripts/python.exe" if os.name == "nt" else "bin/python"


def _uv():
    candidatos = os.environ.get("UV"), shutil.which("uv"), shutil.which("uv", path=RAIZ / ".uv" / "bin")
    uv = next(filter(None, candidatos), None)
    if uv is None:
        dispensar("sem o uv nesta máquina; o `python iniciar.py testes` o instala")
    return uv


def _executar(*comando, onde):
    feito = subprocess.run([str(c) for c in comando], cwd=onde, capture_output=True, encoding="utf-8", timeout=120)
    assert feito.returncode == 0, feito.stdout + feito.stderr
    return feito.stdout


@pytest.fixture(scope="module")
def construidos(tmp_path_factory):
    """{"sdist": arquivo, "wheel": arquivo, "wheel do sdist": arquivo}: o último vem do que o primeiro traz."""
    if importlib.util.find_spec("hatchling") is None:
        dispensar("sem o hatchling, que constrói o pacote; o `python iniciar.py testes` o instala")
    pasta = tmp_path_factory.mktemp("construidos")
    _executar(sys.executable, "-m", "hatchling", "build", "-d", pasta, onde=RAIZ)
    (sdist,), (wheel,) = pasta.glob("*.tar.gz"), pasta.glob("*.whl")
    _executar(sys.executable, "-m", "tarfile", "-e", sdist, pasta, onde=pasta)
    (aberta,) = (p for p in pasta.iterdir() if p.is_dir())
    _executar(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", pasta / "de novo", onde=aberta)
    return {"sdist": sdist, "wheel": wheel, "wheel do sdist": next((pasta / "de novo").glob("*.whl"))}


def test_o_pacote_leva_tudo(construidos):
    """Todo arquivo dos dois pacotes vai no wheel, com as licenças, e o sdist constrói um wheel igual."""
    nomes = {qual: set(zipfile.ZipFile(construidos[qual]).namelist()) for qual in ("wheel", "wheel do sdist")}
    arquivos = {
        arquivo.relative_to(RAIZ).as_posix()
        for pacote in ("parimpar", "avaliador")
        for arquivo in (RAIZ / pacote).rglob("*")
        if arquivo.is_file() and arquivo.suffix != ".pyc"
    }
    assert arquivos - nomes["wheel"] == set()
    assert nomes["wheel"] == nomes["wheel do sdist"]
    assert any(nome.endswith("licenses/LICENSE-aulas") for nome in nomes["wheel"])


@pytest.mark.parametrize("qual", ["wheel", "wheel do sdist"])
def test_num_python_vazio_o_par_conversa(construidos, qual, tmp_path):
    """`pip install parimpar` não traz mais nada, e o servidor e o cliente conversam."""
    uv, ambiente = _uv(), tmp_path / "vazio"
    _executar(uv, "venv", "-q", "--python", sys.executable, ambiente, onde=tmp_path)
    python = ambiente / PYTHON_DO_AMBIENTE
    # Sem rede: se ele pedisse outro pacote, não instalaria.
    _executar(uv, "pip", "install", "-q", "--offline", "--python", python, construidos[qual], onde=tmp_path)
    assert (
        _executar(uv, "pip", "list", "-q", "--python", python, "--format", "freeze", onde=tmp_path).split("==")[0]
        == "parimpar"
    )
    comando = [str(python), "-X", "utf8", "-u", "-m", "parimpar"]
    with subprocess.Popen(
        [*comando, "servidor", "--porta", "0"], cwd=tmp_path, stdout=subprocess.PIPE, encoding="utf-8"
    ) as servidor:
        try:
            porta = re.search(r":(\d+)", servidor.stdout.readline())[1]
            conversa = _executar(*comando, "cliente", "--porta", porta, "--numero", "7", "--vezes", "1", onde=tmp_path)
        finally:
            servidor.terminate()
            servidor.wait(PRAZO)
    assert "ÍMPAR FIM" in conversa


def test_no_navegador_o_pacote_diz_que_nao_ha_sockets():
    """No JupyterLite, importar o parimpar é uma frase, e não sockets que fingem funcionar."""
    programa = """
import sys
sys.platform = "emscripten"
try:
    import parimpar
except ImportError as erro:
    print(erro)
"""
    assert "não há sockets de verdade" in em_outro_processo(programa)
