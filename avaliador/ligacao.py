"""Uma conexão do avaliador com o programa do aluno: cada passo anotado, toda espera com prazo."""

import contextlib
import socket
import struct
import sys
import time

from parimpar.kernel import estado

from .outra_ponta import outra_ponta
from .veredito import Passo

ATRASO = 0.15  # segundos: se um pedaço atrasou mais, quem encerra a mensagem com 200 ms de silêncio não tem culpa
TENTATIVAS = 4  # de um caso que a máquina ocupada atrasou
LEITURA = 2.0  # segundos que se espera o programa ler o que se enviou, numa máquina ocupada
ENTRE_SEGMENTOS = 0.06  # segundos entre um segmento e outro, onde o sistema não diz se o primeiro foi lido
CALMA = 0.15  # segundos sem nada novo que encerram uma resposta sem \n
MAXIMO_LIDO = 8 * 1024  # bytes de uma resposta: ninguém precisa de mais


class Ligacao:
    """Um socket conectado ao programa.

    Args:
        sock: já conectado.
        passos: lista em que se anota o que passa.
        comeco: o instante zero dos passos.
    """

    def __init__(self, sock, passos, comeco):
        self._sock, self._passos, self._comeco = sock, passos, comeco
        self.recebido = b""  # tudo o que já veio
        self.acabou = False  # o programa encerrou o envio, ou a conexão caiu
        self.caiu = False  # caiu com RST
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def enviar(self, dados, encerrar=False):
        """Envia e anota; uma conexão caída fica anotada, não é exceção.

        Args:
            encerrar: encerra o envio logo em seguida; os bytes e o FIN vão juntos, para o programa não poder
                fechar antes, o que o deixaria em TIME_WAIT.
        """
        self._anotar("avaliador", "envia", dados)
        try:
            self._sock.settimeout(2)
            self._sock.sendall(dados, getattr(socket, "MSG_MORE", 0) if encerrar else 0)
            if encerrar:
                self._anotar("avaliador", "encerra o envio")
                self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.acabou = self.caiu = True
            self._anotar("programa", "já tinha derrubado a conexão")

    def receber(self, prazo, ate=None, calma=CALMA):
        """Espera uma resposta: um \\n, o fim, ou `calma` segundos sem nada depois do primeiro byte.

        Args:
            prazo: segundos até o primeiro byte.
            ate: função dos bytes que diz se já bastam.

        Returns:
            Os bytes desta resposta; b"" se nada veio.
        """
        dados, limite, falta_o_primeiro = b"", time.monotonic() + prazo, True
        while not self.acabou and len(dados) < MAXIMO_LIDO and not (ate(dados) if ate else dados.endswith(b"\n")):
            try:
                self._sock.settimeout(max(limite - time.monotonic(), 0.001))
                parte = self._sock.recv(4096)
            except TimeoutError:
                break
            except OSError:
                self.acabou = self.caiu = True
                self._anotar("programa", "derruba a conexão (RST)")
                break
            if not parte:
                self.acabou = True
                self._anotar("programa", "encerra o envio")
                break
            self._anotar("programa", "envia", parte)
            dados += parte
            if ate is None:
                limite = time.monotonic() + calma
            falta_o_primeiro = False
        if falta_o_primeiro and not self.acabou:
            self._anotar("programa", f"não envia nada em {prazo:g} s".replace(".", ","))
        self.recebido += dados
        return dados

    def leu(self):
        """O programa já tirou da fila tudo o que se enviou? Onde o sistema não diz, supõe-se que sim."""
        return _ja_leu(self._sock) is not False

    def esperar_leitura(self, prazo=LEITURA):
        """Espera o programa tirar da fila tudo o que se enviou, para o próximo segmento chegar sozinho.

        Args:
            prazo: segundos.

        Returns:
            (leu?, segundos que podem ter passado desde a leitura até agora).
        """
        ainda_nao = time.monotonic()
        limite = ainda_nao + prazo
        while (leu := _ja_leu(self._sock)) is False and time.monotonic() < limite:
            ainda_nao = time.monotonic()
            time.sleep(0.005)  # o sistema não avisa: só resta perguntar de novo
        if leu is None:
            time.sleep(ENTRE_SEGMENTOS)
        return leu is not False, time.monotonic() - ainda_nao

    def despedir(self):
        """Encerra como um cliente comum, com FIN; o descritor só se fecha com a mesa.

        Se o programa já encerrou, não há o que fazer: um FIN nosso agora o deixaria em TIME_WAIT, e ele
        não conseguiria voltar à mesma porta no caso seguinte.
        """
        if not self.acabou:
            self._anotar("avaliador", "fecha")
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_WR)

    def fechar(self):
        """Fecha com RST, que não deixa TIME_WAIT em nenhuma das pontas."""
        if self._sock.fileno() != -1:
            formato = "hh" if sys.platform == "win32" else "ii"
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(formato, 1, 0))
            self._sock.close()

    def derrubar(self):
        """Fecha com RST, e anota."""
        self._anotar("avaliador", "reinicia a conexão (RST)")
        self.fechar()

    def _anotar(self, quem, o_que, dados=b""):
        self._passos.append(Passo(time.monotonic() - self._comeco, quem, o_que, dados))


def _ja_leu(sock):
    """O programa já tirou da fila tudo o que lhe enviamos? None se o sistema não conta: só o Linux sabe."""
    if not sys.platform.startswith("linux"):
        return None
    with contextlib.suppress(OSError):
        if estado(sock).fila_envio:
            return False  # ainda não chegou
        if ponta := outra_ponta(sock):
            return ponta.por_ler == 0
    return True  # já não há conexão
