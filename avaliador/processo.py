"""O programa do aluno, em execução: começa, é vigiado e não deixa nada para trás.

Executar o programa de outra pessoa é executar o que ela quiser, com as suas permissões. Aqui ele fica
num grupo de processos próprio, com prazo, com saída guardada até um limite e, onde o sistema deixa,
arquivos, memória e processos limitados; mas não fica isolado: para turmas, prefira uma máquina
ou um usuário só para isso. O comando nunca passa por um shell.
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import uuid

import psutil

from parimpar.erros import ErroDeUso

SAIDA_GUARDADA = 64 * 1024  # bytes do começo da saída; o resto é lido e jogado fora
ARQUIVO = 64 * 1024**2  # bytes do maior arquivo que pode escrever
MEMORIA = 1024**3  # bytes de memória residente da família inteira; a JVM usa uns 50 MiB
PROCESSOS = 64  # da família inteira
PROCESSOS_DO_USUARIO = 4096  # limite do sistema, que só uma bomba de forks alcança antes da próxima ronda
RONDA = 0.5  # segundos entre duas conferências de memória e de processos
OLHADA = 0.02  # segundos entre duas perguntas ao sistema, que não avisa quando uma porta se abre
MARCA = "PARIMPAR_AVALIADO"
ADEUS = 0.5  # segundos para terminar por bem, depois do pedido


class Programa:
    """Um programa de aluno em execução; use com `with`, que o encerra com todos os descendentes.

    Args:
        comando: lista de argumentos, como a do subprocess.
        pasta: onde executá-lo.
    """

    def __init__(self, comando, pasta=None):
        self.comando, self.pasta = list(comando), pasta
        self._saida, self._tranca = bytearray(), threading.Lock()
        self.comeco = time.monotonic()
        self._marca = uuid.uuid4().hex
        ambiente = os.environ | {
            MARCA: self._marca,  # por ela se acha até um descendente que mudou de família
            "PYTHONUNBUFFERED": "1",  # o que ele imprime aparece já, e não só no fim
            "PYTHONIOENCODING": "utf-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        opcoes = {"start_new_session": True, "preexec_fn": _limitar} if os.name == "posix" else {
            "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP
        }  # fmt: skip
        self._antes = set(psutil.pids())  # quem já existia não é da família
        try:
            self._processo = subprocess.Popen(
                self.comando, cwd=pasta, env=ambiente, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **opcoes,
            )  # fmt: skip
        except OSError as erro:
            raise ErroDeUso(
                f"não foi possível executar {self.comando[0]!r}: confira o nome do programa e se ele está instalado"
            ) from erro
        self._vistos = {self._processo.pid: psutil.Process(self._processo.pid)}
        self._leitor = threading.Thread(target=self._ler, daemon=True)
        self._leitor.start()
        self.excesso = ""  # por que foi encerrado antes da hora
        self._acabou = threading.Event()
        self._vigia = threading.Thread(target=self._vigiar, daemon=True)
        self._vigia.start()

    def _ler(self):
        while dados := os.read(self._processo.stdout.fileno(), 65536):
            with self._tranca:
                self._saida += dados[: max(SAIDA_GUARDADA - len(self._saida), 0)]

    def _vigiar(self):
        while not self._acabou.wait(RONDA):
            familia, memoria = self.familia(), 0
            for processo in familia:
                with contextlib.suppress(psutil.Error):
                    memoria += processo.memory_info().rss
            if memoria > MEMORIA:
                self.excesso = f"encerrado pelo avaliador: usava {memoria // 1024**2} MiB de memória"
            elif len(familia) > PROCESSOS:
                self.excesso = f"encerrado pelo avaliador: tinha {len(familia)} processos"
            if self.excesso:
                while self._sinalizar("kill", 0.5) and not self._acabou.is_set():
                    pass
                return

    @property
    def saida(self):
        """O começo do que ele escreveu na tela, em texto."""
        with self._tranca:
            return self._saida.decode("utf-8", "backslashreplace")

    def ultima_linha(self):
        """A última linha que escreveu, sem as que apontam o código; se ele está terminando, espera a saída toda.

        De quem foi encerrado por excesso, o motivo.
        """
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._processo.wait(0.5)
            self._leitor.join(1)
        if self.excesso:
            return self.excesso
        linhas = [linha for linha in self.saida.splitlines() if linha.strip() and not linha.startswith((" ", "\t"))]
        return linhas[-1] if linhas else ""

    def excecao(self):
        """A exceção que ele escreveu, e em que linha do código dele foi; "" se não há rastro de nenhuma na tela."""
        self.ultima_linha()  # se ele está terminando, espera a saída toda
        linhas = self.saida.splitlines()
        nomes = [x for x in linhas if re.match(r"(Exception in thread .*?)?[\w.]*(Error|Exception|Interrupt)\b", x)]
        if not nomes or not tem_rastro(self.saida):
            return ""
        dele = {pathlib.Path(argumento).name for argumento in self.comando}
        quadros = re.findall(r'^ +File "(.+)", line (\d+)', self.saida, re.M)
        onde = [numero for arquivo, numero in quadros if pathlib.Path(arquivo).name in dele]
        return nomes[-1] + (f" (linha {onde[-1]})" if onde else "")

    @property
    def escreve_na_hora(self):
        """O que ele imprime aparece logo? Em C, por exemplo, pode ficar guardado até o fim."""
        return re.match(r"python|node|java", pathlib.Path(self.comando[0]).name) is not None

    @property
    def vivo(self):
        """O processo iniciado ainda executa?"""
        return self._processo.poll() is None

    def terminou(self, prazo):
        """Espera até `prazo` segundos o programa terminar sozinho; diz se terminou."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._processo.wait(prazo)
        return not self.vivo

    @property
    def codigo(self):
        """O código de saída, ou None se ainda executa."""
        return self._processo.poll()

    def familia(self):
        """O processo e todos os seus descendentes conhecidos, vivos."""
        for processo in list(self._vistos.values()):
            with contextlib.suppress(psutil.Error):
                for filho in processo.children(recursive=True):
                    self._vistos.setdefault(filho.pid, filho)
        return [p for p in list(self._vistos.values()) if _executa(p)]

    def escutas(self):
        """Os endereços (host, porta) em que a família escuta, prontos para se conectar a eles."""
        enderecos = []
        for processo in self.familia():
            with contextlib.suppress(psutil.Error):
                for conexao in processo.net_connections(kind="tcp"):
                    if conexao.status == psutil.CONN_LISTEN:
                        todos = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}  # escuta em todos: serve o desta máquina
                        enderecos.append((todos.get(conexao.laddr.ip, conexao.laddr.ip), conexao.laddr.port))
        return list(dict.fromkeys(enderecos))

    def esperar_escuta(self, prazo, porta=None):
        """Espera a família escutar e devolve o (host, porta); None se o prazo acaba ou ela termina antes.

        Args:
            prazo: segundos.
            porta: só esta serve; por padrão, qualquer uma.
        """
        limite = time.monotonic() + prazo
        while time.monotonic() < limite and (self.familia() or self.vivo):
            for endereco in self.escutas():
                if porta in (None, endereco[1]):
                    return endereco
            time.sleep(OLHADA)
        return None

    def esperar_saida(self, trecho, prazo):
        """Espera um trecho aparecer na tela do programa; diz se apareceu."""
        limite = time.monotonic() + prazo
        while trecho not in self.saida:
            if time.monotonic() > limite or not self._leitor.is_alive():
                return trecho in self.saida
            time.sleep(OLHADA)
        return True

    def encerrar(self):
        """Termina o programa e todos os descendentes, por bem e depois por mal; pode ser repetido."""
        if self._processo.stdout.closed:
            return
        self._acabou.set()
        self._vigia.join()
        self._sinalizar("terminate", ADEUS)
        limite = time.monotonic() + 5
        while self._sinalizar("kill", 0.5) and time.monotonic() < limite:
            pass  # um fork pode escapar entre dois olhares: repete-se até não sobrar ninguém
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._processo.wait(5)
        self._leitor.join(1)
        self._processo.stdout.close()

    def _sinalizar(self, sinal, prazo):
        """Manda o sinal a todos os que restam, espera até o prazo e devolve os que havia."""
        if os.name == "posix":  # o grupo inteiro de uma vez: quem faz um fork atrás do outro não escapa entre dois
            with contextlib.suppress(OSError):
                os.killpg(self._processo.pid, signal.SIGTERM if sinal == "terminate" else signal.SIGKILL)
        familia = self.familia()
        for pid in set(psutil.pids()) - self._antes - set(self._vistos):
            with contextlib.suppress(psutil.Error):
                processo = psutil.Process(pid)
                if processo.environ().get(MARCA) == self._marca:
                    familia.append(processo)
        for processo in familia:
            with contextlib.suppress(psutil.Error):
                getattr(processo, sinal)()
        psutil.wait_procs(familia, timeout=prazo)
        return familia

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.encerrar()


def tem_rastro(texto):
    """Há na tela o rastro de uma exceção?"""
    return bool(re.search(r"^Traceback \(most recent|^\s+at .+[:(]|^Exception in thread|^Unhandled", texto, re.M))


def _executa(processo):
    with contextlib.suppress(psutil.Error):
        return processo.is_running() and processo.status() != psutil.STATUS_ZOMBIE
    return False


def _limitar():
    """No filho, antes do programa: limites que ele não consegue aumentar."""
    import resource

    limites = (resource.RLIMIT_FSIZE, ARQUIVO), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, PROCESSOS_DO_USUARIO)
    for limite, valor in limites:
        maximo = resource.getrlimit(limite)[1]
        valor = valor if maximo == resource.RLIM_INFINITY else min(valor, maximo)
        resource.setrlimit(limite, (valor, valor))
