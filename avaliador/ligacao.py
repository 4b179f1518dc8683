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
INTEIRA = 5.0  # segundos do primeiro byte ao último: 30 letras, uma a uma, com a maior pausa da calma, são 4,5 s
MAXIMO_LIDO = 8 * 1024  # bytes de uma resposta: ninguém precisa de mais
OLHADA = 0.05  # segundos entre duas perguntas sobre o que o programa está fazendo
PACIENCIA = 4  # quantas vezes o prazo se estica, se o programa não para de trabalhar
ESTICADO = 30.0  # segundos em que, de um prazo que já é longo, se deixa de esticar: um laço sem fim também trabalha


class Ligacao:
    """Um socket conectado ao programa.

    Args:
        sock: já conectado, ou UDP ligado (connect) ao endereço dele.
        passos: lista em que se anota o que passa.
        comeco: o instante zero dos passos.
        trabalhando: função que diz se o programa está gastando processador, ou à espera dele: enquanto está, e enquanto o
            próprio avaliador se atrasa, o prazo de uma resposta não corre.
    """

    def __init__(self, sock, passos, comeco, trabalhando=None):
        self._sock, self._passos, self._comeco = sock, passos, comeco
        self._trabalhando = trabalhando
        self.recebido = b""  # tudo o que já veio
        self.acabou = False  # o programa encerrou o envio, ou a conexão caiu
        self.caiu = False  # caiu com RST
        self.sem_fim = False  # uma resposta passou do prazo, e ele ainda a enviava
        self.primeiro = None  # o instante do primeiro byte que veio
        self.demora = None  # segundos do último envio ao primeiro byte da resposta
        self._enviado = time.monotonic()
        self.udp = sock.type == socket.SOCK_DGRAM
        if not self.udp:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def enviar(self, dados, encerrar=False):
        """Envia e anota; uma conexão caída fica anotada, não é exceção.

        Args:
            encerrar: encerra o envio logo em seguida; os bytes e o FIN vão juntos, para o programa não poder
                fechar antes, o que o deixaria em TIME_WAIT.
        """
        self._anotar("avaliador", "envia", dados)
        self._enviado = time.monotonic()
        try:
            self._sock.settimeout(2)
            self._sock.sendall(dados, getattr(socket, "MSG_MORE", 0) if encerrar and not self.udp else 0)
            if encerrar:
                self.encerrar_envio()
        except OSError:
            self.acabou = self.caiu = True
            self._anotar("programa", "já tinha derrubado a conexão")

    def encerrar_envio(self):
        """Encerra só o envio (FIN): o programa lê b'' e ainda pode responder."""
        if not self.udp:
            self._anotar("avaliador", "encerra o envio")
            self._sock.shutdown(socket.SHUT_WR)

    def receber(self, prazo, ate=None, calma=CALMA):
        """Espera uma resposta: um \\n, o fim, ou `calma` segundos sem nada depois do primeiro byte; até `INTEIRA` segundos ao todo.

        Args:
            prazo: segundos até o primeiro byte, sem contar aqueles em que o programa trabalha ou a máquina se atrasa.
            ate: função dos bytes que diz se já bastam.

        Returns:
            Os bytes desta resposta; b"" se nada veio.
        """
        if not self._esperar_o_primeiro(prazo):
            return b""
        ultimo = time.monotonic() + INTEIRA
        dados, limite = b"", time.monotonic() + (calma if ate is None else prazo)
        while not self.acabou and len(dados) < MAXIMO_LIDO and not (ate(dados) if ate else dados.endswith(b"\n")):
            try:
                self._sock.settimeout(max(limite - time.monotonic(), 0.001))
                parte = self._sock.recv(4096)
            except TimeoutError:
                break
            except OSError:
                self.acabou = self.caiu = True
                self._anotar("programa", "derruba a conexão (RST)" if not self.udp else "já não está na porta")
                break
            if not parte and not self.udp:
                self.acabou = True
                self._anotar("programa", "encerra o envio")
                break
            if not dados:
                agora = time.monotonic()
                self.demora, self.primeiro = agora - self._enviado, self.primeiro or agora
            self._anotar("programa", "envia", parte)
            dados += parte
            if self.udp:
                break  # um datagrama é uma resposta
            if ate is None:
                limite = time.monotonic() + calma
                if limite > ultimo:  # pinga sem parar: cada byte renovaria a espera
                    self.sem_fim = True
                    break
        self.recebido += dados
        return dados

    def _esperar_o_primeiro(self, prazo):
        """Espera haver o que ler: bytes, o fim ou a queda da conexão; diz se há."""
        if self.acabou:
            return False
        corrido, comeco = 0.0, time.monotonic()  # corrido: o tempo que conta
        while True:
            antes = time.monotonic()
            fatia = min(OLHADA, max(prazo - corrido, 0.001))
            self._sock.settimeout(fatia)
            try:
                self._sock.recv(1, socket.MSG_PEEK)
                return True
            except TimeoutError:
                pass
            except OSError:
                return True  # receber dirá o que houve
            passou = time.monotonic() - antes
            esticado = time.monotonic() - comeco > min(PACIENCIA * prazo, ESTICADO)
            if esticado or not (self._trabalhando and corrido > 2 * OLHADA and self._trabalhando()):
                corrido += passou if esticado else min(passou, 2 * fatia)
            if corrido >= prazo:
                esperou = f"{time.monotonic() - comeco:.1f}".removesuffix(".0").replace(".", ",")
                self._anotar("programa", f"não envia nada em {esperou} s")
                return False

    def leu(self):
        """O programa já tirou da fila tudo o que se enviou? Onde o sistema não diz, supõe-se que sim."""
        return self._por_ler() in (0, None)

    def _por_ler(self):
        """Quantos bytes do que se enviou o programa ainda não tirou da fila; None se o sistema não conta."""
        if self.udp or not sys.platform.startswith("linux"):
            return None
        with contextlib.suppress(OSError):
            ponta = outra_ponta(self._sock)
            por_ler = ponta.por_ler if ponta and not ponta.fechada else 0  # se já fechou, não vai ler mais nada
            return (estado(self._sock).fila_envio or 0) + por_ler
        return 0  # já não há conexão

    def esperar_leitura(self, prazo=LEITURA):
        """Espera o programa tirar da fila tudo o que se enviou, para o próximo segmento chegar sozinho.

        Args:
            prazo: segundos.

        Returns:
            (leu?, segundos que podem ter passado desde a leitura até agora).
        """
        ainda_nao = time.monotonic()
        limite = ainda_nao + prazo
        while (por_ler := self._por_ler()) and time.monotonic() < limite:
            ainda_nao = time.monotonic()
            time.sleep(0.005)  # o sistema não avisa: só resta perguntar de novo
        if por_ler is None:
            time.sleep(ENTRE_SEGMENTOS)
        return not por_ler, time.monotonic() - ainda_nao

    def despedir(self):
        """Encerra como um cliente comum, com FIN; o descritor só se fecha com a bancada.

        Se o programa já encerrou, não há o que fazer: um FIN nosso agora o deixaria em TIME_WAIT, e ele
        não conseguiria voltar à mesma porta no caso seguinte.
        """
        if not self.acabou and not self.udp and estado(self._sock).estado != "CLOSE_WAIT":
            self._anotar("avaliador", "fecha")
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_WR)

    def fechar(self):
        """Fecha com RST, que não deixa TIME_WAIT em nenhuma das pontas."""
        if self._sock.fileno() != -1:
            if not self.udp:
                formato = "hh" if sys.platform == "win32" else "ii"
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(formato, 1, 0))
            self._sock.close()

    def derrubar(self):
        """Fecha com RST, e anota."""
        self._anotar("avaliador", "reinicia a conexão (RST)")
        self.fechar()

    def _anotar(self, quem, o_que, dados=b""):
        self._passos.append(Passo(time.monotonic() - self._comeco, quem, o_que, dados))
