"""Um JupyterHub para a turma: cada aluno entra com a sua conta nesta máquina e acha as aulas na sua pasta.

    sudo /opt/parimpar/bin/jupyterhub -f hub/jupyterhub_config.py

O passo a passo, e quanto de máquina se precisa, estão em docs/jupyterhub.md.
"""

import sys
from pathlib import Path

AQUI = Path(__file__).resolve().parent
c = get_config()  # noqa: F821 - quem o dá é o JupyterHub

c.JupyterHub.bind_url = "http://:8000"  # com um endereço público, ponha um nginx com HTTPS na frente
c.JupyterHub.authenticator_class = "pam"  # as contas do sistema
c.Authenticator.allow_all = True  # todas; para só uma turma: c.LocalAuthenticator.allowed_groups = {"redes-2026"}

# O Python deste JupyterHub é também o dos alunos: a mesma instalação serve a todos.
c.Spawner.cmd = [sys.executable, str(AQUI / "aluno.py")]
c.Spawner.default_url = "/lab/tree/notebooks/00-comece-aqui.ipynb"
c.Spawner.environment = {"PYTHONUTF8": "1"}
# Uma turma inteira clica em "entrar" no mesmo minuto: cada servidor gasta uns 4 s de processador para começar.
c.Spawner.start_timeout = 300  # segundos
c.Spawner.http_timeout = 120  # segundos
c.JupyterHub.concurrent_spawn_limit = 20

# O que ninguém usa há uma hora se encerra, e devolve a memória; os arquivos ficam.
c.Spawner.args = [
    "--MappingKernelManager.cull_idle_timeout=3600", "--ServerApp.shutdown_no_activity_timeout=3600",
    # Os kernels falam por sockets de arquivo: com portas, sorteadas por todos na mesma máquina, um toma às vezes a de outro e
    # não começa. O caminho de um destes sockets cabe em 107 bytes: a pasta de execução do Jupyter não pode ser muito funda.
    "--KernelManager.transport=ipc",
]  # fmt: skip
