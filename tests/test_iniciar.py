"""O `python iniciar.py` nas máquinas difíceis, com um uv e um pip de mentira que anotam o que lhes pedem."""

import os
import shutil
import subprocess
import sys

import pytest
from apoio import RAIZ, dispensar

pytestmark = pytest.mark.skipif(os.name != "posix", reason="o uv de mentira é um programa de shell")

# Responde à versão; no sync, anota o pedido e o ambiente, faz o .venv e diz o que a `falha` mandar. O Python do .venv
# só mostra o que lhe mandaram executar.
FALSO_UV = """#!/bin/sh
if [ "$1" = --version ]; then echo "uv ${VERSAO_FALSA:-0.13.9} (falso)"; exit; fi
echo "$@" >> "$ANOTADO"
env | grep -E '^(UV|LC_ALL|PYTHON|JUPYTER)' | sort > "$ANOTADO.ambiente"
case " $* " in *" --offline "*) echo "sem cache" >&2; [ -z "$FALHA" ] || exit 2;; esac
if [ -n "$FALHA" ] && { [ -z "$SO_SE" ] || env | grep -q "^$SO_SE"; }; then echo "$FALHA" >&2; exit 2; fi
mkdir -p .venv/bin
cat > .venv/bin/python <<'FIM'
#!/bin/sh
[ "$1" != -c ] || exit 0
echo "abriu: $@"
[ -z "$LC_ALL" ] || echo "locale: $LC_ALL"
FIM
chmod +x .venv/bin/python
"""
FALSO_PIP = """
import os, pathlib, shutil, sys
pathlib.Path(os.environ["ANOTADO"] + ".pip").write_text(" ".join(sys.argv[1:]))
if os.environ.get("FALHA_DO_PIP"):
    sys.exit(os.environ["FALHA_DO_PIP"])
if os.environ.get("PIP_REQUIRE_VIRTUALENV", "0") != "0" or "--no-user" not in sys.argv or "--prefix=" not in sys.argv:
    sys.exit("Can not combine '--user' and '--target'")
destino = pathlib.Path(sys.argv[sys.argv.index("--target") + 1], "bin")
destino.mkdir(parents=True, exist_ok=True)
shutil.copy(os.environ["UV_FALSO"], destino / "uv")
"""


class Maquina:
    """Uma pasta do projeto numa máquina vazia, com o pip de mentira e, se pedido, um uv no PATH."""

    def __init__(self, raiz, nome="Área de Trabalho/parimpar-main"):
        self.raiz, self.pasta = raiz, raiz / nome
        self.pasta.mkdir(parents=True)
        shutil.copy(RAIZ / "iniciar.py", self.pasta)
        falsos = raiz / "falsos"
        falsos.mkdir()
        (falsos / "pip.py").write_text(FALSO_PIP)
        self.uv = raiz / "uv"
        self.uv.write_text(FALSO_UV)
        self.uv.chmod(0o755)
        (raiz / "casa").mkdir()
        self.ambiente = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(raiz / "casa"),
            "PYTHONPATH": str(falsos),
            "ANOTADO": str(raiz / "anotado"),
            "UV_FALSO": str(self.uv),
        }

    def por_no_path(self):
        """Instala o uv de mentira no sistema."""
        (self.raiz / "bin").mkdir()
        shutil.copy(self.uv, self.raiz / "bin" / "uv")
        self.ambiente["PATH"] = f"{self.raiz / 'bin'}:{self.ambiente['PATH']}"

    def iniciar(self, *argumentos, **ambiente):
        """Roda o iniciar.py e devolve (código de saída, tudo o que ele escreveu), sem rastro de erro."""
        feito = subprocess.run(
            [sys.executable, "iniciar.py", *argumentos],
            cwd=self.pasta,
            env={**self.ambiente, **ambiente},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        saida = feito.stdout.decode(errors="replace")
        assert "Traceback" not in saida, saida
        return feito.returncode, saida

    def pedidos(self):
        """O que se pediu ao uv, em ordem."""
        anotado = self.raiz / "anotado"
        return anotado.read_text().splitlines() if anotado.exists() else []

    def viu(self):
        """As variáveis de ambiente do último pedido ao uv."""
        return dict(linha.split("=", 1) for linha in (self.raiz / "anotado.ambiente").read_text().splitlines())


@pytest.fixture
def maquina(tmp_path):
    return Maquina(tmp_path)


def test_instala_o_uv_e_abre_a_aula_00_pelo_modulo(maquina):
    """Sem uv, o pip o põe em .uv; o JupyterLab abre pelo módulo, que não guarda o caminho da pasta."""
    codigo, saida = maquina.iniciar("--no-browser")
    assert codigo == 0 and "Instalando o uv" in saida
    assert "abriu: -P -m jupyterlab --notebook-dir=." in saida and "00-comece-aqui.ipynb --no-browser" in saida
    (pedido,) = maquina.pedidos()
    assert pedido == "sync --frozen --inexact --extra aulas --extra avaliador --offline"


def test_tudo_fica_na_pasta_e_sem_atalho_editavel(maquina):
    """O cache do uv fica na pasta, e o parimpar é copiado para o ambiente: nenhum .pth guarda o caminho."""
    maquina.iniciar(UV_FROZEN="1", UV_PROJECT_ENVIRONMENT="/outro", PYTHONIOENCODING="ascii")
    viu = maquina.viu()
    assert viu["UV_CACHE_DIR"] == str(maquina.pasta / ".uv" / "cache")
    assert viu["UV_PROJECT_ENVIRONMENT"] == str(maquina.pasta / ".venv") and viu["UV_NO_EDITABLE"] == "1"
    assert viu["LC_ALL"] == "C.UTF-8" and not {"UV_FROZEN", "PYTHONIOENCODING"} & set(viu)
    assert list((maquina.raiz / "casa").iterdir()) == []


def test_quem_mantem_o_projeto_pede_a_instalacao_editavel(maquina):
    """`--editavel` vem antes de tudo e não chega ao pytest."""
    _, saida = maquina.iniciar("--editavel", "testes", "-k", "cliente")
    assert maquina.viu()["UV_NO_EDITABLE"] == "0"
    assert "abriu: -m pytest -n 4" in saida and saida.rstrip().endswith("-k cliente")
    assert "--extra testes" in maquina.pedidos()[0]


def test_uma_ferramenta_se_roda_pelo_nome(maquina):
    """`python iniciar.py NOME` roda ferramentas/NOME.py, com o que os testes instalam."""
    (maquina.pasta / "ferramentas").mkdir()
    (maquina.pasta / "ferramentas" / "site.py").touch()
    _, saida = maquina.iniciar("site", "--rapido")
    assert saida.rstrip().endswith("abriu: -m ferramentas.site --rapido") and "--extra testes" in maquina.pedidos()[0]


def test_instalar_acrescenta_um_extra_e_nao_abre_nada(maquina):
    """`python iniciar.py instalar NOME`; um nome que não há é dito, com os que há."""
    shutil.copy(RAIZ / "pyproject.toml", maquina.pasta)
    codigo, saida = maquina.iniciar("instalar", "maquinas")
    assert codigo == 0 and "abriu" not in saida and "--extra=maquinas" in maquina.pedidos()[0]
    codigo, saida = maquina.iniciar("instalar", "outra")
    assert codigo == 1 and "Não há nada chamado outra para instalar; há: aulas, avaliador" in saida


def test_na_segunda_vez_nao_se_fala_com_a_internet(maquina):
    """O que já está na pasta basta: só há o pedido sem rede, e nada se escreve antes de abrir."""
    maquina.iniciar()
    _, saida = maquina.iniciar()
    assert saida.startswith("abriu: ") and all("--offline" in pedido for pedido in maquina.pedidos())


@pytest.mark.parametrize("nome", ["parimpar", "com espaço", "Área de Trabalho/p", "aspas'\"", "$(touch x);&"])
def test_qualquer_pasta(tmp_path, nome):
    """O nome da pasta não importa."""
    codigo, saida = Maquina(tmp_path, nome).iniciar()
    assert codigo == 0 and "abriu: " in saida


@pytest.mark.parametrize("variavel", ["PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PIP_PREFIX"])
def test_as_configuracoes_do_pip_nao_atrapalham(maquina, variavel):
    """Instala-se o uv em .uv qualquer que seja a configuração do pip."""
    codigo, saida = maquina.iniciar(**{variavel: "1"})
    assert codigo == 0 and "abriu: " in saida


def test_um_uv_velho_do_sistema_nao_serve(maquina):
    """Com um uv velho demais no PATH, instala-se um em .uv; com um novo, usa-se o do sistema."""
    maquina.por_no_path()
    _, saida = maquina.iniciar()
    assert "Instalando o uv" not in saida
    (maquina.raiz / "bin" / "uv").write_text("#!/bin/sh\necho uv 0.4.0\n")
    codigo, saida = maquina.iniciar()
    assert codigo == 0 and "Instalando o uv" in saida


@pytest.mark.parametrize("resto", ["uv.exe", "uv", None])
def test_um_uv_de_outro_sistema_ou_pela_metade_e_trocado(maquina, resto):
    """Uma pasta .uv deixada pelo Windows, cortada no meio ou vazia: reinstala-se, e o cache fica."""
    (maquina.pasta / ".uv" / "bin").mkdir(parents=True)
    (maquina.pasta / ".uv" / "cache").mkdir()
    if resto:
        (maquina.pasta / ".uv" / "bin" / resto).write_bytes(b"MZ\0pela metade")
        (maquina.pasta / ".uv" / "bin" / resto).chmod(0o755)
    codigo, saida = maquina.iniciar()
    assert codigo == 0 and "abriu: " in saida
    assert (maquina.pasta / ".uv" / "cache").exists() and not (maquina.pasta / ".uv" / "bin" / "uv.exe").exists()


def test_um_ambiente_cujo_python_nao_comeca_e_refeito(maquina):
    """Como o que uma versão antiga deixou em `Área de Trabalho`, ou o de um Python desinstalado."""
    (maquina.pasta / ".venv" / "bin").mkdir(parents=True)
    (maquina.pasta / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (maquina.pasta / ".venv" / "resto").touch()
    maquina.por_no_path()
    uv = maquina.raiz / "bin" / "uv"
    uv.write_text(uv.read_text().replace("mkdir -p .venv/bin", "[ ! -e .venv ] || exit 2; mkdir -p .venv/bin"))
    codigo, saida = maquina.iniciar()
    assert codigo == 0 and "abriu: " in saida and not (maquina.pasta / ".venv" / "resto").exists()


def test_uma_instalacao_cortada_e_refeita(maquina):
    """Quem fecha o terminal no meio da instalação não fica com metade dos pacotes: na vez seguinte, são todos de novo."""
    maquina.por_no_path()
    uv = maquina.raiz / "bin" / "uv"
    inteiro = uv.read_text()
    uv.write_text(inteiro.replace("mkdir -p .venv/bin", "kill -9 $PPID; exit 9"))
    assert maquina.iniciar()[0] == -9
    uv.write_text(inteiro)
    maquina.iniciar()
    assert "--reinstall" in maquina.pedidos()[-1]
    maquina.iniciar()
    assert "--reinstall" not in maquina.pedidos()[-1]


def test_uma_rede_que_troca_os_certificados(maquina):
    """Confia-se nos do sistema e, se ele não tem nenhum, nos do uv; se nenhum serve, a frase fala dos certificados."""
    falha = "error: invalid peer certificate: UnknownIssuer"
    codigo, saida = maquina.iniciar(FALHA=falha, SO_SE="UV_SYSTEM_CERTS=1")  # estes não servem
    assert codigo == 0 and "abriu: " in saida
    codigo, saida = maquina.iniciar(FALHA=falha)
    assert codigo == 1 and "certificados" in saida and "internet" not in saida


@pytest.mark.parametrize(
    ("dito", "trecho"),
    [
        ("error sending request for url\n  cause: dns error", "internet"),
        ("failed to write: No space left on device (os error 28)", "O disco, ou a sua parte dele, encheu"),
        ("failed to write: Disk quota exceeded (os error 122)", "O disco, ou a sua parte dele, encheu"),
        ("failed to hardlink file: (os error 396)", "Copie-a para fora da nuvem"),
        ("lack of valid authentication credentials (401 Unauthorized)", "pede uma senha"),
        ("Acesso negado (os error 32)", "Feche o JupyterLab"),
        ("`x` doesn't have a source distribution or wheel for the current platform", "Instale o 3.13"),
        ("Python startup timed out (60s)", "em inglês:\n    Python startup timed out"),
    ],
)
def test_cada_falha_do_uv_tem_a_sua_frase(maquina, dito, trecho):
    """A internet só leva a culpa quando é dela; o que não se conhece é citado, e dito que é inglês."""
    codigo, saida = maquina.iniciar(FALHA=dito)
    assert codigo == 1 and trecho in saida and ("internet" in saida) == (trecho == "internet")


@pytest.mark.parametrize(
    ("dito", "trecho"),
    [
        ("python: No module named pip", "apt install python3-pip"),
        ("NewConnectionError: Failed to establish a new connection", "internet"),
        ("SSLError: CERTIFICATE_VERIFY_FAILED", "certificados"),
        ("ERROR: No matching distribution found for uv", "pede uma senha; senão, instale o Python 3.13"),
        ("ERROR: qualquer outra coisa", "em inglês:\n    ERROR: qualquer"),
    ],
)
def test_cada_falha_do_pip_tem_a_sua_frase(maquina, dito, trecho):
    """O mesmo, quando é o pip que não instala o uv."""
    codigo, saida = maquina.iniciar(FALHA_DO_PIP=dito)
    assert codigo == 1 and trecho in saida and ("internet" in saida) == (trecho == "internet")


def test_onde_nao_se_faz_um_hardlink_copia_se(maquina):
    """Como no OneDrive, em que o uv desiste: na vez seguinte, ele copia."""
    uv = maquina.uv.read_text().replace(
        "mkdir -p .venv/bin\n", '[ "$UV_LINK_MODE" = copy ] || exit 2\nmkdir -p .venv/bin\n', 1
    )
    maquina.uv.write_text(uv.replace("exit 2\n", "{ echo 'failed to hardlink file (os error 396)' >&2; exit 2; }\n"))
    codigo, saida = maquina.iniciar()
    assert codigo == 0 and "abriu: " in saida and "hardlink" not in saida
    assert maquina.viu()["UV_LINK_MODE"] == "copy" and maquina.viu()["UV_SYSTEM_CERTS"] == "1"  # os mesmos certificados


def test_o_pip_nao_pergunta_nada(maquina):
    """Um espelho que pede usuário e senha faria o pip esperar para sempre por uma resposta que ninguém vê pedir."""
    pip = maquina.raiz / "falsos" / "pip.py"
    pip.write_text(pip.read_text() + "\nassert '--no-input' in sys.argv and not sys.stdin.read()\n")
    assert maquina.iniciar()[0] == 0


@pytest.mark.parametrize("erro", ["ENOSPC", "EDQUOT"])
def test_o_disco_que_encheu_de_todo(erro):
    """Nem a pasta de prova se cria: a frase é a do disco cheio, e não a de uma pasta sem escrita."""
    programa = (
        f"import sys, errno; sys.path[:0] = [{str(RAIZ)!r}]; import iniciar\n"
        f"def cheio(**_): raise OSError(errno.{erro}, 'x')\n"
        "iniciar.tempfile.TemporaryDirectory = cheio\nprint(iniciar.explicar('x'))"
    )
    feito = subprocess.run([sys.executable, "-X", "utf8", "-c", programa], capture_output=True, encoding="utf-8")
    assert feito.stdout.startswith("O disco, ou a sua parte dele, encheu"), feito


def test_um_nome_que_nao_ha(maquina):
    """Um erro de digitação não instala nada, e se diz o que há."""
    codigo, saida = maquina.iniciar("teste")
    assert codigo == 1 and saida.startswith("Não há nada chamado teste para fazer") and maquina.pedidos() == []


def test_num_terminal_que_nao_se_reconfigura(maquina):
    """O do IDLE não tem `reconfigure`, e o F5 funciona."""
    programa = (
        "import io, sys\nclass Tela(io.TextIOBase):\n    def write(self, texto): return sys.__stdout__.write(texto)\n"
        "    def flush(self): sys.__stdout__.flush()\n"
        "sys.stdout = sys.stderr = Tela()\nimport runpy; sys.argv = ['iniciar.py']; runpy.run_path('iniciar.py', run_name='__main__')"
    )
    feito = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", programa],
        cwd=maquina.pasta,
        env=maquina.ambiente,
        capture_output=True,
        timeout=60,
    )
    assert feito.returncode == 0 and "abriu: ".encode() in feito.stdout, feito


def test_uma_unidade_sem_links(maquina, tmp_path):
    """Num pendrive, a frase diz para copiar a pasta para o disco: provado com um symlink() que sempre falha."""
    if not sys.platform.startswith("linux"):
        pytest.skip("só o Linux tem LD_PRELOAD")
    if not shutil.which("cc"):
        dispensar("sem um compilador de C nesta máquina")
    fonte = tmp_path / "sem_links.c"
    fonte.write_text("#include <errno.h>\nint symlink(const char *a, const char *b) { errno = EPERM; return -1; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "sem_links.so", fonte], check=True)
    falha = "failed to symlink file: Operation not permitted (os error 1)"
    codigo, saida = maquina.iniciar(FALHA=falha, LD_PRELOAD=str(tmp_path / "sem_links.so"))
    assert codigo == 1 and "não aceita links" in saida and "Operation" not in saida


def test_o_home_sem_escrita(maquina):
    """Num contêiner, o que o Jupyter guardaria em HOME fica na pasta."""
    maquina.iniciar()
    assert "JUPYTER_RUNTIME_DIR" not in maquina.viu()
    maquina.iniciar(HOME="/nao/existe")
    assert maquina.viu()["JUPYTER_RUNTIME_DIR"].startswith(str(maquina.pasta / ".uv"))


@pytest.mark.parametrize("codificacao", ["latin-1", "ascii"])
def test_um_terminal_sem_os_nossos_caracteres(maquina, codificacao):
    """No lugar do que o terminal não sabe escrever sai um ponto de interrogação, e a instalação segue."""
    codigo, saida = maquina.iniciar(PYTHONIOENCODING=codificacao)
    assert codigo == 0 and "Instalando o uv" in saida


def test_um_locale_de_nome_desconhecido(maquina, tmp_path):
    """O JupyterLab, que cai com um locale de nome que o Python não conhece, recebe outro."""
    if not sys.platform.startswith("linux"):
        pytest.skip("só o Linux tem LOCPATH")
    if not os.path.exists("/usr/share/i18n/locales/pt_BR"):
        dispensar("sem a fonte do locale pt_BR nesta máquina; no Debian e no Ubuntu: apt-get install locales")
    subprocess.run(["localedef", "-i", "pt_BR", "-f", "CP1252", tmp_path / "pt1252"], check=True)
    maquina.por_no_path()
    locale = {"LOCPATH": str(tmp_path), "LC_ALL": "pt1252", "PYTHONCOERCECLOCALE": "0"}
    codigo, saida = maquina.iniciar(**locale)
    assert codigo == 0 and "locale: C.UTF-8" in saida


def test_o_python_velho_e_recusado():
    """Com o Python 3.10, uma frase diz qual instalar."""
    programa = (
        f"import sys; sys.version_info = (3, 10, 13); sys.path[:0] = [{str(RAIZ)!r}]; import iniciar; iniciar.main([])"
    )
    feito = subprocess.run([sys.executable, "-X", "utf8", "-c", programa], capture_output=True, encoding="utf-8")
    assert feito.returncode == 1 and feito.stderr.startswith("É preciso Python 3.11 ou mais novo")
