"""A resposta do aluno em execução: numa thread, com prazo, e com o lugar exato em que parou.

Só se usa no processo à parte; veja sozinho.py.
"""

import dataclasses
import socket
import sys
import threading
import time
import traceback

from parimpar.texto import visivel

from ..veredito import comparar
from .resultado import ERRADO, PARADO, QUEBROU, Resultado

PRAZO = 2.0  # segundos de cada espera
ARQUIVO = "<sua resposta>"

# O que cada chamada espera, para dizer a quem ficou nela.
ESPERAS = {
    "accept": "um cliente se conectar",
    "recvfrom": "um datagrama chegar",
    "recv": "bytes da outra ponta, ou o fim do envio dela",
    "connect": "a outra ponta aceitar a conexão",
    "create_connection": "a outra ponta aceitar a conexão",
    "select": "algum dos sockets registrados ficar pronto",
    "sendall": "a outra ponta ler: a fila de envio está cheia",
    "send": "a outra ponta ler: a fila de envio está cheia",
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
            servem = [causa for tipo, causa in causas.items() if tipo != PARADO and isinstance(self._erro, tipo)]
            raise _NaResposta(_com_causa(resumir(self._erro, self._linhas), servem[0] if servem else ""))
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
        if _ocupado():  # uma espera não gasta processador
            return False, Resultado(PARADO, f"na linha {linha}, executada sem parar: o laço tem como acabar?", citacao)
        if nome in ESPERAS:
            return True, Resultado(PARADO, f"na linha {linha}, em {nome}, à espera de: {ESPERAS[nome]}", citacao)
        return False, Resultado(PARADO, f"na linha {linha}, em {nome or 'uma chamada'}", citacao)


def _com_causa(resultado, causa):
    return dataclasses.replace(resultado, mensagem=f"{resultado.mensagem}. {causa}") if causa else resultado


def _ocupado():
    antes, agora = time.process_time(), time.monotonic()
    time.sleep(0.1)
    return time.process_time() - antes > 0.2 * (time.monotonic() - agora)


def resumir(erro, linhas):
    """O erro do aluno em uma frase, com a linha dele."""
    quadros = [q for q in traceback.extract_tb(erro.__traceback__) if q.filename == ARQUIVO]
    frase = visivel(f"{type(erro).__name__}: {erro}", 200, aspas=False)
    if isinstance(erro, NameError) and not isinstance(erro, UnboundLocalError):
        frase += (
            ". A função é executada sozinha, com random, selectors, socket, string, struct, threading e time já importados: o "
            "que ela usa além disso tem de estar dentro dela"
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


class Escuta:
    """A outra ponta de um exercício: um socket que escuta numa porta livre; use com `with`."""

    def __init__(self):
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.sock.settimeout(PRAZO)
        self.endereco = self.sock.getsockname()

    def aceitar(self, tarefa):
        """A conexão do aluno, com prazo em cada chamada."""
        try:
            conexao = self.sock.accept()[0]
        except TimeoutError:
            tarefa.cobrar("nenhuma conexão chegou: falta o connect?")
        conexao.settimeout(PRAZO)
        return conexao

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()


def ler(conexao, quantos, tarefa, o_que):
    """Lê exatamente `quantos` bytes do aluno; se não vierem, o exercício acaba dizendo que faltou `o_que`."""
    dados = b""
    try:
        while len(dados) < quantos and (parte := conexao.recv(quantos - len(dados))):
            dados += parte
    except OSError:  # o prazo, ou uma conexão que caiu
        pass
    if len(dados) < quantos:
        quantos = "veio 1 byte" if len(dados) == 1 else f"vieram {len(dados)} bytes"
        vieram = f"só {quantos}, {visivel(dados)}" if dados else "nada veio"
        tarefa.cobrar(f"esperava {o_que}, e {vieram}")
    return dados


def fechou(conexao):
    """A outra ponta encerrou a conexão, sem mais bytes?"""
    try:
        return conexao.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True
