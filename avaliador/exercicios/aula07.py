"""Exercícios da aula 07: uma thread por cliente, e uma thread para todos."""

import contextlib
import socket
import threading

from .aluno import PRAZO, Errou
from .exercicio import exercicio
from .ponta import Escuta, ler
from .resultado import PARADO


@exercicio(
    dicas=[
        "o laço é: aceitar, criar uma threading.Thread para atender, start, contar, e voltar logo ao accept",
        "threading.Thread(target=atender, args=(conexao,), daemon=True).start()",
        "quando o server_socket é fechado, o accept levanta OSError: é a hora de devolver a conta, com try/except",
    ],
    solucao="""
    def servir(server_socket, atender):
        quantos = 0
        while True:
            try:
                conexao, endereco = server_socket.accept()
            except OSError:
                return quantos
            threading.Thread(target=atender, args=(conexao,), daemon=True).start()
            quantos += 1
    """,
)
def servir(aluno):
    """Aceita clientes, cada um atendido por atender(conexao) numa thread, até o server_socket ser fechado; devolve quantos."""
    with Escuta() as escuta, _Atendimentos() as atendimentos:
        escuta.sock.settimeout(None)
        tarefa = atendimentos.tarefa = aluno.comecar(escuta.sock, atendimentos.atender)
        clientes = [socket.create_connection(escuta.endereco, timeout=PRAZO) for _ in range(3)]
        try:
            _perguntar(clientes[1:], tarefa, atendimentos)
            if tarefa.acabou:
                tarefa.esperar()
                raise Errou(
                    "a função terminou com o server_socket ainda aberto: só se sai do laço quando o accept falha"
                )
        finally:
            for cliente in clientes:
                cliente.close()
        with contextlib.suppress(OSError):  # acorda quem está no accept; no macOS e no Windows, o close basta
            escuta.sock.shutdown(socket.SHUT_RDWR)
        escuta.sock.close()
        quantos = tarefa.esperar(
            causas={
                OSError: "É o sinal de encerrar: o server_socket foi fechado; trate o erro com try/except e saia do laço",
                PARADO: "O server_socket foi fechado, e o accept falhará sempre: no except, saia do laço com return",
            }
        )
        if quantos != len(clientes):
            falta = "falta o return?" if quantos is None else "conte um a cada accept que dá certo"
            raise Errou(f"três clientes se conectaram, e a função devolveu {quantos!r}: {falta}")


def _perguntar(ativos, tarefa, atendimentos):
    """Cada cliente pergunta e tem de ser respondido, com outro calado."""
    for i, cliente in enumerate(ativos):
        cliente.sendall(b"%d" % i)
    for i, cliente in enumerate(ativos):
        if atendimentos.esperar_um_sinal(cliente):
            veio = ler(cliente, 5, tarefa, "a resposta a um cliente, com outro calado")
            if veio != b"ola %d" % i:
                raise Errou("um cliente recebeu a resposta de outro: passe a conexão à thread por args")
            continue
        if atendimentos.problema:
            raise Errou(atendimentos.problema)
        tarefa.aguardar(0.2)  # pode estar quebrando
        if tarefa.acabou:
            tarefa.esperar(causas={AssertionError: "Escreva target=atender: o primeiro argumento de Thread é outro"})
            raise Errou(
                f"a função aceitou {atendimentos.quantos} de 3 clientes e terminou: falta o laço em volta do accept"
            )
        if not atendimentos.quantos:
            tarefa.cobrar("três clientes se conectaram, e atender não foi chamada: falta o start() da thread?")
        tarefa.cobrar("um cliente não foi atendido porque outro está calado: depois do start, volte logo ao accept")


class _Atendimentos:
    """A função atender que o aluno recebe, e o que se viu das chamadas dela e das threads."""

    def __init__(self):
        self.quantos, self.problema, self.tarefa = 0, "", None
        self._mudou = threading.Event()

    def __enter__(self):
        self._antes, threading.excepthook = threading.excepthook, self._quebrou
        return self

    def __exit__(self, *exc):
        threading.excepthook = self._antes

    def atender(self, conexao):
        self.quantos += 1
        if isinstance(conexao, tuple):
            self._acusar(
                "accept devolve duas coisas, a conexão e o endereço: conexao, endereco = server_socket.accept()"
            )
            return
        if self.tarefa is None or self.tarefa.nesta_thread():
            self._acusar(
                "atender rodou na thread do accept, e um cliente calado a segura: dê à Thread a função, sem chamá-la, "
                "target=atender, args=(conexao,)"
            )
        with conexao, contextlib.suppress(OSError):
            conexao.settimeout(2 * PRAZO)
            conexao.sendall(b"ola " + conexao.recv(100))

    def esperar_um_sinal(self, cliente):
        """Espera a resposta começar a chegar a este cliente; falso se o prazo acaba, ou se um problema aparece antes."""
        cliente.settimeout(0.05)
        for _ in range(int(PRAZO / 0.05)):
            if self.problema:
                return False
            try:
                return bool(cliente.recv(1, socket.MSG_PEEK))
            except TimeoutError:
                continue
            except OSError:  # a conexão caiu com a thread que a tinha
                return False
        return False

    def _acusar(self, problema):
        self.problema = self.problema or problema

    def _quebrou(self, erro):
        if issubclass(erro.exc_type, TypeError) and "iterable" in str(erro.exc_value):
            self._acusar("args é uma tupla, mesmo com um argumento só: args=(conexao,), com a vírgula")
        else:
            self._acusar(f"uma thread parou com um erro: {erro.exc_type.__name__}: {erro.exc_value}")


@exercicio(
    dicas=[
        "registre cada conexão com seletor.register(conexao, selectors.EVENT_READ)",
        "a cada volta: for chave, _ in seletor.select(); o socket pronto é chave.fileobj, e o recv dele não espera",
        "quando o recv devolve b'', aquela conexão acabou: seletor.unregister(conexao) e conexao.close()",
        "repita enquanto houver alguma registrada: while seletor.get_map()",
    ],
    solucao="""
    def ecoar(conexoes):
        seletor = selectors.DefaultSelector()
        for conexao in conexoes:
            seletor.register(conexao, selectors.EVENT_READ)
        while seletor.get_map():
            for chave, _ in seletor.select():
                dados = chave.fileobj.recv(1024)
                if dados:
                    chave.fileobj.sendall(dados)
                else:
                    seletor.unregister(chave.fileobj)
                    chave.fileobj.close()
    """,
)
def ecoar(aluno):
    """Devolve a cada conexão os bytes que ela envia, até todas encerrarem o envio, numa thread só."""
    pares = [socket.socketpair() for _ in range(3)]
    deles, nossos = [par[0] for par in pares], [par[1] for par in pares]
    with contextlib.ExitStack() as pilha:
        for sock in (*deles, *nossos):
            pilha.enter_context(sock)
        for nosso in nossos:
            nosso.settimeout(PRAZO)
        threads = threading.active_count() + 1  # a da função do aluno
        tarefa = aluno.comecar(deles)
        _ecoa(nossos[1], b"7", tarefa, "o eco da segunda conexão, com a primeira calada")
        _ecoa(nossos[2], b"88", tarefa, "o eco da terceira conexão, com a primeira calada")
        if threading.active_count() > threads:
            raise Errou("aqui a ideia é cuidar de todas numa thread só: pergunte ao seletor quais estão prontas")
        _ecoa(nossos[1], b"9", tarefa, "o eco do segundo envio da mesma conexão")
        nossos[1].shutdown(socket.SHUT_WR)
        _ecoa(nossos[0], b"10", tarefa, "o eco da primeira conexão, depois que a segunda encerrou")
        nossos[0].shutdown(socket.SHUT_WR)
        nossos[2].shutdown(socket.SHUT_WR)
        tarefa.esperar(
            causas={
                PARADO: "Todas já encerraram: tire cada uma com unregister quando o recv devolver b'', e pare quando não "
                "houver mais nenhuma, while seletor.get_map()"
            }
        )
        if abertas := sum(dele.fileno() != -1 for dele in deles):
            raise Errou(f"no fim, {abertas} de 3 conexões ficaram abertas: feche cada uma quando ela encerra o envio")


def _ecoa(nosso, dados, tarefa, o_que):
    nosso.sendall(dados)
    veio = b""
    with contextlib.suppress(OSError):
        while len(veio) < len(dados) and (parte := nosso.recv(100)):
            veio += parte
    if len(veio) < len(dados):
        tarefa.aguardar(0.2)
        if tarefa.acabou:
            tarefa.esperar(
                causas={
                    AttributeError: "select devolve pares (chave, eventos), e o socket pronto está em chave.fileobj",
                    KeyError: "Só se tira do seletor uma conexão registrada, e uma vez só",
                    ValueError: "Uma conexão fechada não pode continuar no seletor: unregister antes do close",
                }
            )
            raise Errou(f"a função terminou antes de {o_que}: repita o select enquanto houver conexões registradas")
        tarefa.cobrar(f"não veio {o_que}: registre todas, e só leia das que o select disser que estão prontas")
    if veio != dados:
        raise Errou(f"{o_que} são os mesmos bytes que ela enviou", dados.decode(), veio)
