"""Prepara tudo e abre a aula 00 no JupyterLab, ou roda todos os testes. Só precisa de Python e pip.

    python iniciar.py            abre a aula 00
    python iniciar.py testes     roda todos os testes

O que vier depois vai para o JupyterLab ou para o pytest, como em `python iniciar.py testes -k cliente`.
Tudo é instalado dentro desta pasta (.venv e .uv), nas versões do uv.lock; nada muda no seu Python.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PASTA = Path(__file__).resolve().parent


def encontrar_uv():
    """O caminho do uv; se não houver um, instala-o com pip na pasta .uv."""
    uv = shutil.which("uv")
    if uv:
        return uv
    destino = PASTA / ".uv"
    if not destino.exists():
        print("Instalando o uv, que prepara o ambiente…", flush=True)
        # Com --target o pip não mexe no Python do sistema, nem quando este se diz `externally managed`.
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.call([*pip, "--target", str(destino), "uv"]):
            shutil.rmtree(destino, ignore_errors=True)
            sys.exit("Não foi possível instalar o uv com o pip. Confira se há internet e se `python -m pip` funciona.")
    nome = "uv.exe" if os.name == "nt" else "uv"
    return str(next(caminho for caminho in destino.rglob(nome) if caminho.is_file()))


def main(argumentos):
    if sys.version_info < (3, 11):
        este = sys.version.split()[0]
        sys.exit(f"É preciso Python 3.11 ou mais novo, e este é o {este}. Instale um mais novo (python.org) e repita.")
    if argumentos[:1] == ["testes"]:
        # Dois de cada vez: a maior parte do tempo é de espera. Um arquivo inteiro fica com o mesmo processo, e os do
        # navegador, que demoram mais, vêm primeiro, na ordem das pastas.
        pytest = ["pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", *argumentos[1:]]
        comando = ["--locked", "--extra", "testes", "python", "-m", *pytest]
    else:
        # Pelo endereço, e não pelo nome do arquivo: assim os endereços que o JupyterLab escreve no terminal levam à aula.
        aula = "--LabApp.default_url=/lab/tree/notebooks/00-comece-aqui.ipynb"
        comando = ["--frozen", "--extra", "aulas", "--extra", "avaliador"]
        comando += ["jupyter", "lab", "--notebook-dir=.", aula, *argumentos]
        if hasattr(os, "geteuid") and os.geteuid() == 0:  # num contêiner só existe o root
            comando.append("--allow-root")
    ambiente = dict(os.environ, UV_PYTHON=sys.executable, UV_COMPILE_BYTECODE="1", PYTHONUTF8="1")
    ambiente.pop("VIRTUAL_ENV", None)
    os.chdir(PASTA)
    comando = [encontrar_uv(), "run", *comando]
    if os.name != "nt":
        os.execve(comando[0], comando, ambiente)
    with subprocess.Popen(comando, env=ambiente) as processo:
        while True:
            try:
                sys.exit(processo.wait())
            except KeyboardInterrupt:  # o Ctrl-C também chega ao JupyterLab: espera-se ele terminar
                pass


if __name__ == "__main__":
    main(sys.argv[1:])
