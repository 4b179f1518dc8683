"""O programa do aluno, em execução: começa, é vigiado e não deixa nada para trás.

Executar o programa de outra pessoa é executar o que ela quiser, com as suas permissões. Aqui ele fica numa sessão
própria, com prazo, com saída guardada até um limite e, onde o sistema deixa, memória, disco, processos e threads limitados.
Numa caixa (caixa.py), fica também isolado; sem ela, prefira uma máquina ou um usuário só para isso. O comando nunca passa
por um shell.
"""

import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import threading
import time

import psutil

from parimpar.texto import visivel

from .caixa import NENHUM
from .escutas import escutas
from .fonte import faltou_argumento, faltou_teclado, ler_codigo
from .isolamento import Iniciado, sem_espera_na_tela
from .rastro import ler_rastro, sem_rastros
from .tabela import descendentes, tabela

SAIDA_GUARDADA = 64 * 1024  # bytes do começo de cada canal da tela; o resto é lido e jogado fora
DISCO = 64 * 1024**2  # bytes escritos no disco pela família inteira, ou no maior arquivo aberto
MEMORIA = 1024**3  # bytes de memória residente da família inteira; a JVM usa uns 50 MiB
PROCESSOS = 64  # da família inteira
THREADS = 512  # da família inteira; a JVM começa com umas 30
RONDA = 0.5  # segundos entre duas conferências de memória, disco e processos
OLHADA = 0.02  # segundos entre duas perguntas ao sistema, que não avisa quando uma porta se abre
ADEUS = 0.5  # segundos para terminar por bem, depois do pedido
AO_TECLADO = ", ao ler do teclado"  # o que se acrescenta à exceção de quem o lia
MARCA_DO_TECLADO = "\N{WORD JOINER}"  # no fim da queixa de quem o lia; o programa não o diz: `visivel` o escaparia
SINAIS = {
    "SIGSEGV": "acessou memória que não é dele", "SIGABRT": "abortou", "SIGBUS": "acessou memória que não é dele",
    "SIGFPE": "fez uma conta impossível, como dividir por zero", "SIGPIPE": "escreveu numa conexão que já tinha caído",
    "SIGILL": "executou uma instrução que não existe", "SIGKILL": "foi morto",
}  # fmt: skip


class Programa:
    """Um programa de aluno em execução; use com `with`, que o encerra com todos os descendentes.

    O que ele escreve se lê de três modos: `dito` é o que ele diz (só o stdout, sem rastros de exceção, sem avisos do
    interpretador e sem cores), e é o que conta como mostrado na tela; `reclamado` é o mesmo, do stderr; `saida` é tudo, na
    ordem em que chegou, e serve para saber por que ele caiu (veja `excecao`).

    Args:
        comando: lista de argumentos, como a do subprocess.
        pasta: onde executá-lo.
        entrada: o que ele lê do teclado; depois disso, o fim do arquivo.
        isolamento: o da caixa em que executa (caixa.py); por padrão, nenhum.
        fica: o que ele escreve na pasta fica nela, e não numa cópia.

    Raises:
        ErroDeUso: o programa não existe ou não se deixa executar.
    """

    def __init__(self, comando, pasta=None, entrada="", isolamento=NENHUM, fica=False):
        self.comando, self.pasta = list(comando), pasta
        self._tudo, self._canais, self._tranca = (
            bytearray(),
            {"stdout": bytearray(), "stderr": bytearray()},
            threading.Lock(),
        )
        self.comeco = time.monotonic()
        self._vistos = {}  # por pid, (o processo, quando nasceu)
        self._excesso, self._encerrado, self._limpo = "", False, False
        self._gasto = 0.0  # segundos de processador que a família tinha gasto da última vez
        self._limpos = {}  # canal: (quantos bytes tinha, o texto sem rastros)
        self.linhas = 0  # quantas escreveu até agora, contando as que não se guardaram
        self._iniciado = Iniciado(self.comando, pasta, entrada, isolamento, fica)
        self._sessoes = {self._iniciado.pid} if self._iniciado.guardiao else set()  # a do guardião, e as que ele abrir
        self._leitores = [threading.Thread(target=self._ler, args=(nome,), daemon=True) for nome in self._canais]
        self._acabou = threading.Event()
        self._vigia = threading.Thread(target=self._vigiar, daemon=True)
        for thread in (*self._leitores, self._vigia):
            thread.start()

    def _ler(self, nome):
        canal = self._canais[nome]
        with getattr(self._iniciado, nome) as tela:  # quem lê é quem fecha: outra thread o faria a meio
            while dados := os.read(tela.fileno(), 65536):
                with self._tranca:
                    canal += dados[: max(SAIDA_GUARDADA - len(canal), 0)]
                    self._tudo += dados[: max(SAIDA_GUARDADA - len(self._tudo), 0)]
                    self.linhas += dados.count(b"\n")

    def _vigiar(self):
        while not self._acabou.wait(RONDA):
            familia, memoria, disco, threads = self.familia(), 0, self._iniciado.escrito(), 0
            for processo in familia:
                with contextlib.suppress(psutil.Error, AttributeError, OSError):
                    memoria += processo.memory_info().rss + _sem_nome(processo.pid)
                    threads += processo.num_threads()
                    disco += processo.io_counters().write_bytes
                    if not self._iniciado.caixa.memorias:  # numa caixa, os caminhos que ele vê não são os daqui
                        disco = max(disco, *map(_ocupa, processo.open_files()), 0)
            with contextlib.suppress(psutil.Error, AttributeError):  # o que escreveram os que já terminaram
                disco += psutil.Process(self._iniciado.guardiao or 0).io_counters().write_bytes
            if len(familia) > PROCESSOS:  # primeiro: a memória que partilham conta-se em cada um
                self._excesso = f"encerrado pelo avaliador: tinha {len(familia)} processos"
            elif threads > THREADS:
                self._excesso = f"encerrado pelo avaliador: tinha {threads} threads"
            elif memoria > MEMORIA:
                self._excesso = f"encerrado pelo avaliador: usava {memoria // 1024**2} MiB de memória"
            elif disco > DISCO:
                self._excesso = f"encerrado pelo avaliador: escreveu {disco // 1024**2} MiB no disco"
            if self._excesso:
                while self._sinalizar("kill", 0.5) and not self._acabou.is_set():
                    pass
                return

    @property
    def excesso(self):
        """Por que foi encerrado antes da hora; "" se não foi."""
        return self._excesso or self._iniciado.excesso

    def _texto(self, dados):
        with self._tranca:
            return dados.decode("utf-8", "backslashreplace")

    @property
    def saida(self):
        """O começo de tudo o que escreveu, nos dois canais: o que disse e o que o interpretador disse."""
        return self._texto(self._tudo)

    @property
    def dito(self):
        """O que o programa diz: o começo do stdout, sem rastros, sem avisos do interpretador e sem cores."""
        return self._sem_rastros("stdout")

    @property
    def reclamado(self):
        """O mesmo que `dito`, do stderr: há quem mostre as mensagens com logging ou console.error."""
        return self._sem_rastros("stderr")

    def _sem_rastros(self, nome):
        quantos = len(self._canais[nome])
        if self._limpos.get(nome, (-1, ""))[0] != quantos:  # pergunta-se muitas vezes, e quase sempre nada mudou
            self._limpos[nome] = quantos, sem_rastros(self._texto(self._canais[nome]))
        return self._limpos[nome][1]

    def quanto_escreveu(self):
        """(bytes no stdout, bytes no stderr) até agora: o lugar de onde se lê depois com `trecho`."""
        with self._tranca:
            return tuple(len(canal) for canal in self._canais.values())

    def trecho(self, nome, inicio=0, fim=None):
        """O que escreveu num canal, "stdout" ou "stderr", de um byte a outro, tal como veio."""
        with self._tranca:
            dados = bytes(self._canais[nome][inicio:fim])
        return dados.decode("utf-8", "backslashreplace")

    def _assentar(self):
        """Se ele está terminando, espera a saída toda."""
        if self._iniciado.esperar(0.5):
            limite = time.monotonic() + 0.5  # um descendente pode estar segurando a tela
            for leitor in self._leitores:
                leitor.join(max(limite - time.monotonic(), 0))

    def ultima_linha(self):
        """A última linha que escreveu, sem as que apontam o código; se ele está terminando, espera a saída toda.

        De quem foi encerrado por excesso, o motivo.
        """
        self._assentar()
        if self.excesso:
            return self.excesso
        linhas = [linha for linha in self.saida.splitlines() if linha.strip() and not linha.startswith((" ", "\t"))]
        return linhas[-1] if linhas else ""

    def rastro(self):
        """O `Rastro` da exceção que ele escreveu, com a linha do código dele; None se não há nenhum na tela."""
        self._assentar()
        return ler_rastro(self._texto(self._canais["stderr"]), self._e_dele) or ler_rastro(
            self._texto(self._canais["stdout"]), self._e_dele
        )

    def excecao(self):
        """Com que exceção caiu, e em que linha do código dele: "NameError: … (linha 7)"; "" se não se viu nenhuma."""
        if rastro := self.rastro():
            lia = AO_TECLADO * faltou_teclado(rastro, self._codigo(rastro))
            return str(dataclasses.replace(rastro, mensagem=rastro.mensagem + lia))
        if self.codigo is not None and self.codigo < 0 and not self._encerrado and not self.excesso:
            nome = signal.Signals(-self.codigo).name if -self.codigo in set(signal.Signals) else f"sinal {-self.codigo}"
            return f"{nome}: {SINAIS.get(nome, 'terminou por um sinal')}"
        return ""

    def queixa(self, limite):
        """A exceção própria para um relatório, em até `limite` letras, e MARCA_DO_TECLADO se foi por ler do teclado."""
        return visivel(self.excecao(), limite, aspas=False) + MARCA_DO_TECLADO * self.quis_teclado()

    def _e_dele(self, arquivo):
        """Um arquivo de um rastro é do programa: está na pasta dele, ou na de um dos argumentos."""
        pasta = pathlib.Path(self.pasta or ".")
        if not re.search(r"[/\\]", arquivo):  # o Java só diz o nome
            return True
        nomes = {pathlib.Path(argumento).name for argumento in self.comando}
        with contextlib.suppress(OSError, ValueError):
            pais = (pasta / arquivo.removeprefix("file://")).resolve().parents
            return pathlib.Path(arquivo).name in nomes or bool(self._pastas() & set(pais))
        return False

    def _pastas(self):
        """A pasta do programa, e as dos argumentos do comando que são arquivos."""
        pasta = pathlib.Path(self.pasta or ".")
        return {pasta.resolve(), *((pasta / nome).resolve().parent for nome in self.comando if "." in nome)}

    def _codigo(self, rastro):
        return ler_codigo(self._pastas(), rastro.arquivo)

    def quis_teclado(self):
        """Caiu porque lia do teclado, que no exame não há?"""
        return self._caiu_por(faltou_teclado)

    def quis_argumento(self):
        """Caiu porque lia um argumento do comando, que não veio?"""
        return self._caiu_por(faltou_argumento)

    def _caiu_por(self, falta):
        rastro = self.rastro()
        return rastro is not None and falta(rastro, self._codigo(rastro))

    def trabalhando(self):
        """Gasta processador, ou espera a vez de gastar? Quem dorme, ou espera a rede, não trabalha."""
        gasto, pronto = 0.0, False
        for processo, _ in self._vistos.copy().values():
            with contextlib.suppress(psutil.Error):
                tempos = processo.cpu_times()
                gasto += tempos.user + tempos.system
                pronto |= processo.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)
        antes, self._gasto = self._gasto, gasto
        return pronto or gasto > antes

    @property
    def vivo(self):
        """O processo iniciado ainda executa?"""
        return self._iniciado.codigo is None

    def terminou(self, prazo):
        """Espera até `prazo` segundos o programa terminar sozinho; diz se terminou."""
        return self._iniciado.esperar(prazo)

    @property
    def encerrado(self):
        """Ainda executava quando o avaliador o encerrou?"""
        return self._encerrado

    @property
    def codigo(self):
        """O código de saída, ou None se ainda executa."""
        return self._iniciado.codigo

    def conhecidos(self):
        """Os pids do processo iniciado e dos descendentes que já se viram, sem procurar outros."""
        return {self._iniciado.pid, *self._vistos.copy()}

    def familia(self):
        """O processo e todos os seus descendentes, vivos.

        Quem o pai esqueceu é achado pelo guardião, que o adota (no Linux). Sem ele, pela sessão, ou por já ter sido visto.
        """
        guardiao = self._iniciado.guardiao
        agora = (guardiao and descendentes(guardiao)) or tabela()
        filhos = {}
        for pid, linha in agora.items():
            filhos.setdefault(linha.pai, []).append(pid)
        todos = self._vistos.copy()  # de uma vez, e um `list` pararia no meio: a ronda também pergunta
        vistos = {pid for pid, (_, nasceu) in todos.items() if pid in agora and agora[pid].nasceu == nasceu}
        da_sessao = {pid for pid, linha in agora.items() if linha.sessao in self._sessoes}
        pilha, familia = [self._iniciado.pid, guardiao, *vistos, *da_sessao], set()
        while pilha:
            pid = pilha.pop()
            if pid in agora and pid not in familia:
                familia.add(pid)
                pilha += filhos.get(pid, ())
        vivos = []
        for pid in familia - {guardiao}:
            with contextlib.suppress(psutil.Error):
                if agora[pid].executa:
                    if pid not in vistos:
                        self._vistos[pid] = psutil.Process(pid), agora[pid].nasceu
                    vivos.append(self._vistos[pid][0])
                    if agora[pid].sessao == pid:  # só as que ele mesmo abriu
                        self._sessoes.add(pid)
        return vivos

    def escutas(self, tipo="tcp"):
        """Os endereços (host, porta) em que a família escuta, prontos para se conectar a eles.

        Args:
            tipo: "tcp" ou "udp".
        """
        return escutas(self.familia(), tipo)

    def esperar_que(self, condicao, prazo):
        """Espera valer uma condição sobre a tela do programa; diz se valeu antes do prazo, ou do fim dele."""
        limite = time.monotonic() + prazo
        while not condicao():
            if time.monotonic() > limite or not any(leitor.is_alive() for leitor in self._leitores):
                return condicao()
            time.sleep(OLHADA)
        return True

    def esperar_saida(self, trecho, prazo):
        """Espera o programa dizer um trecho (no stdout); diz se disse."""
        return self.esperar_que(lambda: trecho in self.dito, prazo)

    def encerrar(self):
        """Termina o programa e todos os descendentes, por bem e depois por mal; pode ser repetido."""
        if self._limpo:
            return
        self._encerrado = self.vivo  # um código negativo passa a ser do avaliador
        self._acabou.set()
        self._vigia.join()
        self._sinalizar("terminate", ADEUS)
        limite = time.monotonic() + 5
        while self._sinalizar("kill", 0.5) and time.monotonic() < limite:
            pass  # um fork pode escapar entre dois olhares: repete-se até não sobrar ninguém
        self._iniciado.soltar(5)
        for leitor in self._leitores:
            leitor.join(1)
        self._limpo = True  # só aqui: se um Ctrl-C cortou isto no meio, repete-se

    def _sinalizar(self, sinal, prazo):
        """Manda o sinal a todos os que restam, espera até o prazo e devolve os que havia."""
        if os.name == "posix" and self.vivo:  # o grupo inteiro de uma vez: quem faz um fork atrás do outro não escapa
            with contextlib.suppress(OSError):
                os.killpg(self._iniciado.pid, signal.SIGTERM if sinal == "terminate" else signal.SIGKILL)
        familia = self.familia()
        for processo in familia:
            with contextlib.suppress(psutil.Error):
                getattr(processo, sinal)()
        psutil.wait_procs(familia, timeout=prazo)
        return familia

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.encerrar()


def escreve_na_hora(comando, pasta=None):
    """O que o programa deste comando imprime aparece logo? O de um compilado pode ficar guardado até o fim."""
    interpretado = re.match(r"python|pypy|node|java", pathlib.Path(comando[0]).name)
    return bool(interpretado) or sem_espera_na_tela(comando, pasta) != list(comando)


def tem_rastro(texto):
    """Há no texto o rastro de uma exceção?"""
    return ler_rastro(texto) is not None


def _sem_nome(pid):
    """Quantos bytes têm os arquivos que um processo criou só na memória, com o `memfd_create`; só no Linux os há."""
    soma = 0
    with contextlib.suppress(OSError):
        for descritor in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(descritor.path).startswith("/memfd:"):
                    soma += os.stat(descritor.path).st_blocks * 512
    return soma


def _ocupa(arquivo):
    """Quantos bytes do disco ocupa um arquivo que o programa escreve; os que só lê podem ser grandes."""
    if getattr(arquivo, "mode", "r") == "r":
        return 0
    with contextlib.suppress(OSError):
        return getattr(os.stat(arquivo.path), "st_blocks", 0) * 512
    return 0
