"""A resposta do aluno em execução: numa thread, com prazo, e com o lugar exato em que parou.

Só se usa no processo à parte; veja sozinho.py.
"""

import contextlib
import dataclasses
import socket
import sys
import threading
import time
import traceback

from parimpar.texto import visivel

from ..veredito import comparar
from .causas import causa
from .resultado import ERRADO, PARADO, QUEBROU, Resultado

PRAZO = 2.0  # segundos de cada espera
OLHADA = 0.2  # segundos que se olha uma thread parada, para saber por quê
ARQUIVO = "<sua resposta>"

# O que cada chamada espera, para dizer a quem ficou nela.
ESPERAS = {
    "accept": "um cliente se conectar",
    "recvfrom": "um datagrama chegar",
    "recv": "bytes da outra ponta, ou o fim do envio dela",
    "connect": "a outra ponta aceitar a conexão",
    "create_connection": "a outra ponta aceitar a conexão",
    "select": "algum dos sockets registrados ficar pronto",
    "sendall": "a outra ponta ler: o buffer de envio está cheio",
    "send": "a outra ponta ler: o buffer de envio está cheio",
    "join": "outra thread terminar",
    "get": "algo entrar na fila",
    "wait": "um aviso de outra thread",
    "sleep": "o tempo passar",
    "input": "o teclado",
}


class Errou(Exception):
    """A resposta está errada.

    Args:
        mensagem: o que se viu, e a causa mais comum.
        esperado, recebido: texto e bytes, para comparar lado a lado.
    """

    def __init__(self, mensagem, esperado=None, recebido=None):
        super().__init__(mensagem)
        detalhe = "" if esperado is None else comparar(esperado, recebido)
        self.resultado = Resultado(ERRADO, mensagem, detalhe)


class _NaResposta(Exception):
    def __init__(self, resultado):
        super().__init__(str(resultado))
        self.resultado = resultado


_ERROS_DAS_THREADS = []
_SOCKETS = []


def vigiar():
    """Guarda, do que a resposta faz, o que sem isto se perderia: os erros das threads dela e os sockets que criou.

    O CPython fecha o socket que ninguém mais segura. Aqui todos ficam seguros, para que o close que falta apareça.
    """
    criar = socket.socket.__init__

    def criar_e_guardar(sock, *argumentos, **opcoes):
        criar(sock, *argumentos, **opcoes)
        if threading.current_thread() is not threading.main_thread():  # a principal é a de quem prova
            _SOCKETS.append(sock)

    socket.socket.__init__ = criar_e_guardar
    threading.excepthook = lambda quebrou: _ERROS_DAS_THREADS.append(quebrou.exc_value)


def abertos():
    """Quantos dos sockets que a resposta criou ela ainda não fechou."""
    return sum(sock.fileno() != -1 for sock in _SOCKETS)


class Aluno:
    """A função do aluno; ao ser chamada, é executada com prazo, e vem o que ela devolve.

    Args:
        funcao: a dele.
        linhas: o código, para citar; a primeira é a linha 1 da célula.
    """

    def __init__(self, funcao, linhas):
        self._funcao, self._linhas = funcao, linhas

    def __call__(self, *argumentos):
        return self.comecar(*argumentos).esperar()

    def comecar(self, *argumentos):
        """Começa a executar e devolve logo a `Tarefa`."""
        return Tarefa(self._funcao, argumentos, self._linhas)


class Tarefa:
    """Uma chamada da função do aluno, em andamento."""

    def __init__(self, funcao, argumentos, linhas):
        self._linhas, self._valor, self._erro = linhas, None, None
        self._thread = threading.Thread(target=self._executar, args=(funcao, argumentos), daemon=True)
        self._thread.start()

    def _executar(self, funcao, argumentos):
        try:
            self._valor = funcao(*argumentos)
        except BaseException as erro:
            self._erro = erro

    @property
    def acabou(self):
        """Já terminou, bem ou mal?"""
        return not self._thread.is_alive()

    def esperar(self, prazo=PRAZO, causas=None):
        """O que a função devolveu; se ela quebrou ou ficou parada, o exercício acaba aqui, dizendo onde.

        Args:
            prazo: segundos.
            causas: {classe de exceção ou `PARADO`: a causa, neste exercício}; a primeira que serve vai junto da mensagem.
        """
        causas = causas or {}
        self._thread.join(prazo)
        if self._thread.is_alive():
            raise _NaResposta(_com_causa(self._onde_parou()[1], causas.get(PARADO)))
        if self._erro:
            servem = [frase for tipo, frase in causas.items() if tipo != PARADO and isinstance(self._erro, tipo)]
            raise _NaResposta(resumir(self._erro, self._linhas, servem[0] if servem else ""))
        return self._valor

    def nesta_thread(self):
        """Quem chama isto está na thread da função?"""
        return threading.current_thread() is self._thread

    def aguardar(self, prazo):
        """Espera a função terminar, no máximo isto."""
        self._thread.join(prazo)

    def recusou(self, tipo, prazo=PRAZO):
        """A função terminou com uma exceção deste tipo?"""
        self._thread.join(prazo)
        return isinstance(self._erro, tipo)

    def cobrar(self, mensagem):
        """O que se esperava da função não veio: acaba o exercício dizendo por quê, e onde ela estava."""
        self._thread.join(0.2)  # pode estar quebrando
        if self._erro:
            raise _NaResposta(resumir(self._erro, self._linhas))
        if _ERROS_DAS_THREADS:  # as que a resposta iniciou
            quebrou = resumir(_ERROS_DAS_THREADS[0], self._linhas)
            raise _NaResposta(
                dataclasses.replace(quebrou, mensagem=f"{mensagem}: uma thread sua parou, {quebrou.mensagem}")
            )
        if not self._thread.is_alive():
            raise Errou(mensagem)
        conhecida, parou = self._onde_parou()
        situacao = PARADO if conhecida else ERRADO
        raise _NaResposta(Resultado(situacao, f"{mensagem}; a função estava {parou.mensagem}", parou.detalhe))

    def _onde_parou(self):
        """(espera por algo que se conhece?, Resultado)."""
        quadro = sys._current_frames().get(self._thread.ident)
        while quadro and quadro.f_code.co_filename != ARQUIVO:
            quadro = quadro.f_back
        if quadro is None:
            return False, Resultado(PARADO, f"ainda em execução depois de {PRAZO:g} s")
        linha, trecho = _trecho(quadro, self._linhas)
        citacao, nome = _citar(linha, self._linhas), trecho.partition("(")[0].rpartition(".")[2].strip()
        if _ocupada(self._thread):
            return False, Resultado(PARADO, f"na linha {linha}, executada sem parar: o laço tem como acabar?", citacao)
        if nome in ESPERAS:
            return True, Resultado(PARADO, f"na linha {linha}, em {nome}, à espera de: {ESPERAS[nome]}", citacao)
        return False, Resultado(PARADO, f"na linha {linha}, em {nome or 'uma chamada'}", citacao)


def _com_causa(resultado, causa):
    return dataclasses.replace(resultado, mensagem=f"{resultado.mensagem}. {causa}") if causa else resultado


def _ocupada(thread):
    """A thread executa sem parar, em vez de esperar por algo?"""
    antes, agora = _com_o_que_fazer(thread), time.monotonic()
    time.sleep(OLHADA)
    return _com_o_que_fazer(thread) - antes > 0.4 * (time.monotonic() - agora)


def _com_o_que_fazer(thread):
    """Segundos que a thread passou executando ou, numa máquina ocupada, na fila para executar: uma espera não os gasta."""
    with contextlib.suppress(OSError, ValueError), open(f"/proc/self/task/{thread.native_id}/schedstat") as arquivo:
        executou, na_fila, _ = map(int, arquivo.read().split())  # nanossegundos (man 5 proc)
        if executou:
            return (executou + na_fila) / 1e9
    return time.process_time()  # os outros sistemas não contam a fila


def resumir(erro, linhas, propria=""):
    """O erro do aluno em uma frase, com a linha dele e a causa: a `propria` do exercício, ou a mais comum."""
    quadros = [q for q in traceback.extract_tb(erro.__traceback__) if q.filename == ARQUIVO]
    original, o_que_foi = visivel(str(erro), 200, aspas=False), propria or causa(erro)
    frase = f"{type(erro).__name__}: " + (f"{o_que_foi} ({original})" if o_que_foi else original)
    if isinstance(erro, NameError) and not isinstance(erro, UnboundLocalError):
        frase += (
            ". A função é executada sozinha, com ipaddress, random, selectors, socket, string, struct, threading e time "
            "já importados: o que ela usa além disso tem de estar dentro dela"
        )
    if not quadros:
        return Resultado(QUEBROU, frase)
    return Resultado(QUEBROU, f"na linha {quadros[-1].lineno}, {frase}", _citar(quadros[-1].lineno, linhas))


def _trecho(quadro, linhas):
    """(a linha, a expressão que está sendo executada), pelo mapa de posições do código."""
    posicoes = list(quadro.f_code.co_positions())[quadro.f_lasti // 2]
    linha, ultima, coluna, fim = posicoes
    if linha is None or linha != ultima:
        return quadro.f_lineno, _linha(quadro.f_lineno, linhas)
    return linha, _linha(linha, linhas).encode()[coluna:fim].decode("utf-8", "replace")


def _linha(numero, linhas):
    return linhas[numero - 1] if 0 < numero <= len(linhas) else ""


def _citar(numero, linhas):
    return f"{numero:>3} │ {_linha(numero, linhas).rstrip()}"
