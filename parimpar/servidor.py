"""O servidor TCP do PAR/ÍMPAR: liga, desliga e diz em que pé está.

`Servidor` é o que se usa; quem atende os clientes, numa thread de fundo, é o motor.py.
"""

import errno
import random
import socket
import sys
import threading
import weakref

from .diario import Diario
from .erros import ErroDeRede, ErroDeUso, PortaOcupada
from .motor import Motor
from .texto import endereco, motivo

FILA_DO_ACCEPT = 4096  # conexões prontas que o kernel guarda até o accept; cheia, ele descarta o SYN, e o cliente só repete em 1 s
UM_DIA = 86_400  # segundos; o select do sistema não aceita prazos enormes nem infinitos


class _Escuta(socket.socket):
    """O socket de escuta: a cada conexão o accept lhe pergunta a família e o tipo, e aqui a resposta está pronta."""

    __slots__ = ()
    family, type = socket.AF_INET, socket.SOCK_STREAM


class Servidor:
    """O servidor, numa thread de fundo.

    Uso: `with Servidor() as servidor: …`, ou `iniciar()` e `parar()`, que podem ser repetidos.

    Args:
        host: endereço onde escutar; "127.0.0.1" só aceita clientes desta máquina, "0.0.0.0"
            aceita os da rede inteira.
        porta: 0 deixa o sistema escolher; leia a escolhida em `servidor.porta`.
        silencio: depois de tantos segundos sem chegar nada, o servidor fecha a conexão (PI-23).
        max_conexoes: acima disto o cliente recebe `ERRO servidor cheio` (PI-25); por padrão, 10.000
            ou quantas o sistema deixar este processo abrir.
        max_por_endereco: quantas conexões de um mesmo endereço IP ao mesmo tempo, e nunca mais do que as que ainda
            cabem; por padrão, sem limite à parte.
        diario: onde anotar; por padrão, um diário novo.
        sorteio: de onde vêm as letras; um `random.Random(semente)` torna a aula repetível.
    """

    tipo = socket.SOCK_STREAM  # TCP; o ServidorUDP usa SOCK_DGRAM

    def __init__(
        self, host="127.0.0.1", porta=0, *, silencio=30.0, max_conexoes=None, max_por_endereco=None, diario=None,
        sorteio=random,
    ):  # fmt: skip
        if not isinstance(host, str) or not host:
            raise ErroDeUso(f'o host deve ser um texto como "127.0.0.1", ou "0.0.0.0" para a rede toda; veio {host!r}')
        if not isinstance(porta, int) or not 0 <= porta <= 65535:
            raise ErroDeUso(f"a porta deve ser um inteiro de 0 a 65535 (0 = o sistema escolhe) e veio {porta!r}")
        if not isinstance(silencio, (int, float)) or not 0 < silencio <= UM_DIA:
            raise ErroDeUso(f"silencio deve ser um número de segundos acima de 0 e até {UM_DIA}; veio {silencio!r}")
        for nome, valor in (("max_conexoes", max_conexoes), ("max_por_endereco", max_por_endereco)):
            if valor is not None and (not isinstance(valor, int) or valor < 1):
                raise ErroDeUso(f"{nome} deve ser um inteiro a partir de 1; veio {valor!r}")
        self.host, self._porta_pedida, self._porta = host, porta, None
        self.silencio, self.max_conexoes, self.max_por_endereco = silencio, max_conexoes, max_por_endereco
        self.diario = Diario() if diario is None else diario
        self._sorteio = sorteio
        self._motor = self._finalizador = None
        self._vez = threading.RLock()  # ligar e desligar ao mesmo tempo, de duas threads, deixaria um motor sem dono

    def iniciar(self):
        """Abre o socket de escuta e começa a atender; se já está atendendo, não faz nada.

        Raises:
            PortaOcupada: outro programa (ou outra célula) já escuta nesta porta.
            ErroDeRede: o sistema não deixou escutar neste endereço.
        """
        with self._vez:
            if self.ligado:
                return self
            # Reiniciar volta à mesma porta, mesmo que a primeira tenha sido escolhida pelo sistema.
            server_socket = _abrir_escuta(self.host, self._porta or self._porta_pedida, self.tipo)
            self._porta = server_socket.getsockname()[1]
            try:
                self._motor = self._criar_motor(server_socket)
            except OSError as erro:
                server_socket.close()
                raise ErroDeRede(f"não foi possível iniciar o servidor: {motivo(erro)}") from erro
            # Se a variável do aluno for reescrita (a célula rodou de novo), o motor antigo para sozinho.
            self._finalizador = weakref.finalize(self, self._motor.parar)
            self._motor.start()
            return self

    def _criar_motor(self, server_socket):
        return Motor(server_socket, self.silencio, self.max_conexoes, self.diario, self._sorteio, self.max_por_endereco)

    def parar(self):
        """Fecha o socket de escuta e todas as conexões e espera a thread terminar (PI-26).

        Pode ser chamado mais de uma vez. Se a thread tinha morrido por um erro, ele é lançado aqui.
        """
        with self._vez:
            motor = self._motor
            if motor is None:
                return
            self._finalizador.detach()
            motor.parar()
            self._motor = None
            if motor.falha:
                raise motor.falha

    def __enter__(self):
        return self.iniciar()

    def __exit__(self, *exc):
        self.parar()

    @property
    def ligado(self):
        """Está atendendo?"""
        return self._motor is not None and self._motor.is_alive()

    @property
    def porta(self):
        """A porta em que escuta; antes do primeiro `iniciar()`, a que foi pedida."""
        return self._porta or self._porta_pedida

    @property
    def endereco(self):
        """(host, porta), pronto para `Cliente(*servidor.endereco)`."""
        return self.host, self.porta

    @property
    def so_desta_maquina(self):
        """Só aceita clientes desta máquina, e não os da rede?"""
        return self.ligado and self._motor.so_desta_maquina

    @property
    def conexoes(self):
        """Quantas conexões estão abertas agora."""
        return len(self._motor.conversando) if self.ligado else 0

    @property
    def server_socket(self):
        """O socket de escuta, para olhar com `estado(...)`; None se o servidor está parado."""
        return self._motor.server_socket if self.ligado else None

    def __repr__(self):
        if self._motor is not None and self._motor.falha:
            return f"<{type(self).__name__} {endereco(self.endereco)} parou por um erro: {self._motor.falha!r}>"
        situacao = f"escutando, conexões abertas: {self.conexoes}" if self.ligado else "parado"
        return f"<{type(self).__name__} {endereco(self.endereco)} {situacao}>"


def _abrir_escuta(host, porta, tipo):
    server_socket = None
    try:
        server_socket = _Escuta() if tipo == socket.SOCK_STREAM else socket.socket(socket.AF_INET, tipo)
        if sys.platform == "win32":
            # No Windows SO_REUSEADDR deixaria dois programas na mesma porta; este impede.
            server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        elif tipo == socket.SOCK_STREAM:
            # Permite voltar à porta mesmo com uma conexão antiga em TIME_WAIT (PI-26).
            server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server_socket.bind((host, porta))
        if tipo == socket.SOCK_STREAM:
            server_socket.listen(FILA_DO_ACCEPT)
        server_socket.setblocking(False)
        return server_socket
    except (TypeError, ValueError) as erro:  # um nome que nem se pode perguntar à rede
        server_socket.close()
        raise ErroDeUso(f"não é um nome de hospedeiro: {host!r}; use 127.0.0.1, por exemplo") from erro
    except OSError as erro:
        if server_socket is not None:
            server_socket.close()
        if erro.errno in (errno.EADDRINUSE, errno.EACCES) and porta:
            raise PortaOcupada(
                f"não foi possível escutar na porta {porta}: ela já está em uso, ou o sistema a reserva. Pare o "
                "programa (ou a célula) que a usa, ou escolha outra; com a porta 0, o sistema escolhe uma livre"
            ) from erro
        raise ErroDeRede(
            f"não foi possível escutar em {host!r}: {motivo(erro)}. Use um endereço desta máquina, "
            "como 127.0.0.1 (só ela) ou 0.0.0.0 (todas as suas redes)"
        ) from erro
