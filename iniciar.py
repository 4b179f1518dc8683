"""Prepara tudo e abre a aula 00 no JupyterLab, ou roda todos os testes. Só precisa de Python e pip.

    python iniciar.py                      abre a aula 00
    python iniciar.py testes               roda todos os testes
    python iniciar.py instalar maquinas    acrescenta o que um uso pede: um extra do pyproject.toml

O que vier depois vai para o JupyterLab ou para o pytest, como em `python iniciar.py testes -k cliente`.
Tudo é instalado dentro desta pasta (.venv e .uv), nas versões do uv.lock; nada muda no seu Python.

Os notebooks usam uma cópia do parimpar instalada no .venv, refeita aqui sempre que um arquivo muda. Quem mantém o
projeto pode pôr `--editavel` antes de tudo, para que usem os próprios arquivos. A cópia é o padrão porque a
instalação editável guarda o caminho da pasta em UTF-8, e no Windows o Python 3.11 e o 3.12 o leem em cp1252: numa
pasta como `Área de Trabalho`, nem começam.
"""

import contextlib
import errno
import locale
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PASTA = Path(__file__).resolve().parent
NO_WINDOWS = os.name == "nt"
UV_MINIMO = (0, 7)  # os bem mais velhos não sabem instalar uma cópia; com este foi experimentado
UV = PASTA / ".uv" / ("bin/uv.exe" if NO_WINDOWS else "bin/uv")
CACHE = PASTA / ".uv" / "cache"
INCOMPLETO = PASTA / ".uv" / "incompleto"  # existe enquanto o ambiente é feito, e depois se isso foi cortado
AMBIENTE = PASTA / ".venv"
PYTHON = AMBIENTE / ("Scripts/python.exe" if NO_WINDOWS else "bin/python")

CHEIO = "O disco, ou a sua parte dele, encheu. Libere 2 GB e repita."
# O que o pip e o uv dizem em inglês, e o que fazer; vale o primeiro que aparecer.
CAUSAS = {
    "401 Unauthorized": (
        "O lugar de onde este computador baixa os pacotes, dito numa variável como UV_DEFAULT_INDEX, pede uma senha. Peça "
        "ajuda a quem o configurou, ou tire essa configuração, e repita."
    ),
    "certificate|CERTIFICATE_VERIFY_FAILED": (
        "Esta rede troca os certificados dos sites por um em que este computador não confia. Peça o certificado a quem "
        "cuida da rede, ou tente em outra."
    ),
    r"dns error|\(Connect\)|operation timed out|error sending request"  # do uv; os outros são do pip
    "|Failed to establish|NameResolution|Read timed out|ConnectTimeout|ProxyError": (
        "Não foi possível baixar os pacotes. Confira se há internet e, se a rede usa um proxy, a variável HTTPS_PROXY."
    ),
    "No module named pip": "Este Python não tem o pip. No Debian e no Ubuntu: `sudo apt install python3-pip`.",
    r"\(os error (28|112|122)\)|\[Errno (28|122)\]|\[WinError 112\]": CHEIO,
    r"\(os error 396\)": (
        "Esta pasta está numa nuvem, como o OneDrive, que não deixa criar nela o ambiente. Copie-a para fora da nuvem, "
        "como em C:\\parimpar-main, e repita."
    ),
    r"\(os error 32\)|\[WinError (32|5)\]": (
        "Outro programa está usando o ambiente desta pasta. Feche o JupyterLab que estiver aberto e repita."
    ),
    "wheel for the current platform": (
        "Os pacotes não existem para este Python. Instale o 3.13, de 64 bits (python.org), e repita."
    ),
    "No matching distribution": (
        "O pip não achou o uv. Se o pip.conf, ou a variável PIP_INDEX_URL, diz de onde baixar, confira se esse lugar não "
        "pede uma senha; senão, instale o Python 3.13, de 64 bits (python.org). Depois, repita."
    ),
}


def explicar(saida):
    """O que fazer, numa frase: pelo que se vê na pasta e, depois, pelo que o pip ou o uv disse."""
    try:
        with tempfile.TemporaryDirectory(dir=PASTA) as pasta:
            try:
                os.symlink("a", os.path.join(pasta, "b"))
            except OSError:
                if not NO_WINDOWS:  # lá o ambiente não usa links
                    return (
                        "A unidade em que está esta pasta não aceita links, como acontece com os pendrives. "
                        "Copie a pasta para o disco do computador e repita."
                    )
    except OSError as erro:
        if erro.errno in (errno.ENOSPC, errno.EDQUOT):
            return CHEIO
        return f"Não é possível gravar em {PASTA}. Copie a pasta para outro lugar e repita."
    for trechos, frase in CAUSAS.items():
        if re.search(trechos, saida):
            return frase
    fim = "\n".join("    " + linha for linha in saida.strip().splitlines()[-8:])
    return (
        "Não foi possível preparar o ambiente. Apague as pastas .venv e .uv e repita. "
        f"O instalador disse, em inglês:\n{fim}"
    )


def responde(*comando):
    """O que o comando escreve, ou None se ele não existe, não é deste sistema ou falha."""
    try:
        feito = subprocess.run(comando, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if feito.returncode else feito.stdout.decode(errors="replace")


def serve(uv):
    """Diz se esse uv roda neste sistema e não é velho demais."""
    nome, versao, *_ = [*(uv and responde(uv, "--version") or "").split(), "", ""]
    numeros = versao.split(".")[:2]
    return nome == "uv" and all(n.isdigit() for n in numeros) and tuple(map(int, numeros)) >= UV_MINIMO


def encontrar_uv():
    """O caminho de um uv que serve; se não houver um, instala-o com pip na pasta .uv."""
    for uv in (shutil.which("uv"), str(UV)):
        if serve(uv):
            return uv
    print("Instalando o uv, que prepara o ambiente…", flush=True)
    for resto in (PASTA / ".uv").glob("*"):  # de outro sistema, ou de uma instalação cortada
        if resto not in (CACHE, INCOMPLETO):
            shutil.rmtree(resto, ignore_errors=True)
    # Com --target o pip não mexe no Python do sistema, nem quando este se diz `externally managed`; as outras opções
    # desfazem as configurações do pip que não combinam com ela. A última só existe como variável.
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    pip += ["--upgrade", "--no-user", "--prefix=", "--only-binary", "uv", "--target", str(PASTA / ".uv"), "uv"]
    ambiente = dict(os.environ, PIP_REQUIRE_VIRTUALENV="0")
    feito = subprocess.run(
        pip, env=ambiente, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if feito.returncode:
        sys.exit(explicar(feito.stdout.decode(errors="replace")))
    if not serve(str(UV)):
        sys.exit(f"Este sistema não deixa executar {UV}. Copie a pasta para outro disco e repita.")
    return str(UV)


def sincronizar(comando, ambiente):
    """Executa o uv e conta o que ele baixa. Devolve (se deu certo, o que ele disse)."""
    dito = []
    with subprocess.Popen(comando, env=ambiente, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as processo:
        for linha in processo.stderr:
            dito.append(linha.decode(errors="replace"))
            if dito[-1].startswith("Downloading "):
                print("  baixando", dito[-1][len("Downloading ") :].strip(), flush=True)
    return processo.returncode == 0, "".join(dito)


def preparar(uv, extras, ambiente):
    """Deixa o .venv como o uv.lock manda: com o que já está na pasta, se bastar, ou com a internet."""
    comando = [uv, "sync", "--frozen", "--inexact", *extras]
    if not NO_WINDOWS:  # o uv só lê do Python um caminho em UTF-8, e o Python o escreve como manda o locale
        ambiente = dict(ambiente, LC_ALL="C.UTF-8")
    if INCOMPLETO.exists():
        comando.append("--reinstall")
    elif not PYTHON.exists():
        marcar_incompleto()
    if sincronizar([*comando, "--offline"], ambiente)[0] and comeca():
        INCOMPLETO.unlink(missing_ok=True)
        return
    marcar_incompleto()
    if not comeca():
        shutil.rmtree(AMBIENTE, ignore_errors=True)
    print("Preparando o ambiente nesta pasta; na primeira vez, isto leva alguns minutos…", flush=True)
    # Numa rede que troca os certificados só valem os do sistema; num sistema sem nenhum, os do uv. O segundo nome da
    # variável é para um uv mais velho.
    com_rede = dict(ambiente, UV_SYSTEM_CERTS="1", UV_NATIVE_TLS="1")
    certo, dito = sincronizar(comando, com_rede)
    if not certo and "certificate" in dito:
        com_rede = ambiente
        certo, dito = sincronizar(comando, com_rede)
    if not certo and "hardlink" in dito:  # no OneDrive, por exemplo, não se pode
        certo, dito = sincronizar(comando, dict(com_rede, UV_LINK_MODE="copy"))
    if not certo:
        sys.exit(explicar(dito))
    if not comeca():
        sys.exit("O Python do ambiente não começa nesta pasta. Rode sem `--editavel`, ou use o Python 3.13.")
    INCOMPLETO.unlink(missing_ok=True)


def marcar_incompleto():
    with contextlib.suppress(OSError):  # numa pasta sem escrita, quem reclama é o uv
        INCOMPLETO.parent.mkdir(exist_ok=True)
        INCOMPLETO.touch()


def comeca():
    """Diz se o Python do ambiente existe e começa."""
    return responde(str(PYTHON), "-c", "") is not None


def variaveis(editavel):
    """As variáveis de ambiente do uv e do programa que se abre."""
    outras = ("UV_FROZEN", "UV_LOCKED", "UV_OFFLINE", "UV_NO_SYNC", "PYTHONIOENCODING")
    ambiente = {nome: valor for nome, valor in os.environ.items() if nome not in outras}
    ambiente.update(UV_PYTHON=sys.executable, UV_PROJECT_ENVIRONMENT=str(AMBIENTE), UV_COMPILE_BYTECODE="1")
    ambiente.update(UV_NO_EDITABLE=str(int(not editavel)), VIRTUAL_ENV=str(AMBIENTE), PYTHONUTF8="1")
    ambiente.setdefault("UV_CACHE_DIR", str(CACHE))
    ambiente["PATH"] = os.pathsep.join([str(PYTHON.parent), *filter(None, [os.environ.get("PATH")])])
    if not os.access(os.path.expanduser("~"), os.W_OK):  # num contêiner, ou numa conta de laboratório
        for nome in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
            ambiente.setdefault(nome, str(PASTA / ".uv" / "casa" / nome.lower()))
    try:
        locale.getlocale()
    except ValueError:  # um locale de nome desconhecido, que derrubaria o JupyterLab
        ambiente["LC_ALL"] = "C.UTF-8"
    return ambiente


def os_extras(nomes):
    """Os mesmos nomes, se todos são extras do pyproject.toml."""
    import tomllib  # o Python 3.10 não a tem, e precisa chegar a dizer que é velho

    projeto = tomllib.loads((PASTA / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    todos = projeto["optional-dependencies"]
    for nome in nomes:
        if nome not in todos:
            sys.exit(f"Não há nada chamado {nome} para instalar; há: {', '.join(todos)}.")
    return nomes


def main(argumentos):
    if sys.version_info < (3, 11):
        este = sys.version.split()[0]
        sys.exit(f"É preciso Python 3.11 ou mais novo, e este é o {este}. Instale um mais novo (python.org) e repita.")
    for saida in (sys.stdout, sys.stderr):
        if hasattr(saida, "reconfigure"):  # o IDLE tem outra
            saida.reconfigure(errors="replace")  # num terminal sem acentos, um `?` no lugar da letra
    editavel = argumentos[:1] == ["--editavel"]
    argumentos = argumentos[editavel:]
    if argumentos[:1] == ["testes"]:
        extras = ["--extra", "testes"]
        # Quatro de cada vez, ainda que com dois processadores: boa parte do tempo é de espera. Quem fica com quem está em
        # tests/lotes.py.
        comando = ["-m", "pytest", "-n", "4", "--dist", "loadscope", "--no-loadscope-reorder", *argumentos[1:]]
    elif argumentos[:1] == ["instalar"]:
        extras, comando = [f"--extra={nome}" for nome in ("aulas", "avaliador", *os_extras(argumentos[1:]))], None
    elif argumentos and (PASTA / "ferramentas" / f"{argumentos[0]}.py").is_file():
        # O que só quem mantém o projeto roda, como `python iniciar.py site`.
        extras = ["--extra", "testes"]
        comando = ["-m", f"ferramentas.{argumentos[0]}", *argumentos[1:]]
    elif argumentos and not argumentos[0].startswith("-") and not (PASTA / argumentos[0]).exists():
        sys.exit(
            f"Não há nada chamado {argumentos[0]} para fazer. Sem nada depois, o `python iniciar.py` abre a aula 00; "
            "com `testes`, roda os testes; com `instalar`, acrescenta o que um uso pede."
        )
    else:
        extras = ["--extra", "aulas", "--extra", "avaliador"]
        # Pelo módulo, e não pelo `jupyter`, que guarda o caminho da pasta e não sabe que ela mudou; com -P um arquivo do
        # aluno chamado socket.py não toma o lugar do da biblioteca padrão. Pelo endereço, e não pelo nome do arquivo:
        # assim os endereços que o JupyterLab escreve no terminal levam à aula.
        aula = "--LabApp.default_url=/lab/tree/notebooks/00-comece-aqui.ipynb"
        comando = ["-P", "-m", "jupyterlab", "--notebook-dir=.", aula, *argumentos]
        if hasattr(os, "geteuid") and os.geteuid() == 0:  # num contêiner só existe o root
            comando.append("--allow-root")
    os.chdir(PASTA)
    ambiente = variaveis(editavel)
    uv = encontrar_uv()
    preparar(uv, extras, ambiente)
    if comando is None:
        sys.exit(0)
    comando = [str(PYTHON), *comando]
    ambiente["UV"] = uv  # os testes instalam o pacote num ambiente vazio
    if not NO_WINDOWS:
        os.execve(comando[0], comando, ambiente)
    with subprocess.Popen(comando, env=ambiente) as processo:
        while True:
            try:
                sys.exit(processo.wait())
            except KeyboardInterrupt:  # o Ctrl-C também chega ao JupyterLab: espera-se ele terminar
                pass


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:  # durante a instalação
        sys.exit(130)
