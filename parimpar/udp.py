"""O mesmo serviço por UDP: um datagrama é um pedido, outro é a resposta, e não há conexão (PI-30 a PI-32).

Com UDP um datagrama chega inteiro ou não chega, e ninguém avisa: é o cliente que espera, desiste de
esperar e envia de novo.
"""

import socket
import threading
import time
from collections import OrderedDict, deque

from .cliente import Cliente
from .diario import Diario
from .erros import ErroDeRede, ErroDeUso, TempoEsgotado
from .motor import PRAZO_DE_PARADA, lembrar_no_fork
from .protocolo import MAXIMO_DO_PEDIDO, Apresentacao, Devolucao, Invalido, decodificar, interpretar
from .servidor import Servidor
from .texto import endereco, motivo, segundos

MAXIMO_DO_DATAGRAMA = 65_536  # bytes: nenhum passa disto
OLHADA = 0.1  # segundos: de quanto em quanto tempo a thread olha se é hora de parar
CLIENTES_LEMBRADOS = 1000  # de quantos endereços se guardam as últimas respostas
RESPOSTAS_LEMBRADAS = 8  # por cliente: um pedido retransmitido tem mais de uma


class ServidorUDP(Servidor):
    """O servidor sobre datagramas; liga, desliga e anota como o `Servidor`."""

    tipo = socket.SOCK_DGRAM

    def _criar_motor(self, server_socket):
        return MotorUDP(server_socket, self.diario, self._sorteio)


class MotorUDP(threading.Thread):
    """A thread que recebe cada datagrama e responde ao endereço de onde ele veio."""

    def __init__(self, server_socket, diario, sorteio):
        self.local = server_socket.getsockname()
        super().__init__(name=f"servidor-udp-parimpar-{self.local[1]}", daemon=True)
        self.server_socket, self.diario, self.sorteio, self.falha = server_socket, diario, sorteio, None
        self.server_socket.settimeout(OLHADA)
        self.parando = False
        self.conversando = ()  # sem conexão não há o que contar
        self.ultimas = OrderedDict()  # endereço: as últimas respostas, para conferir as devoluções (PI-31)
        lembrar_no_fork(self)
        aviso = "" if self.so_desta_maquina else "atenção: aceita datagramas da rede, não só desta máquina"
        self._anotar("inicia", "bind(…)", detalhe=aviso)

    @property
    def so_desta_maquina(self):
        return self.local[0].startswith("127.")

    def parar(self):
        """Pede à thread que termine e espera por ela."""
        self.parando = True
        if threading.current_thread() is not self:
            self.join(PRAZO_DE_PARADA)

    def fechar_no_filho(self):
        self.server_socket.close()

    def run(self):
        try:
            while not self.parando:
                try:
                    dados, remoto = self.server_socket.recvfrom(MAXIMO_DO_DATAGRAMA)
                except (TimeoutError, ConnectionError):
                    continue  # no Windows, um ConnectionError conta que um cliente já foi embora
                try:
                    self._tratar(dados, remoto)
                except (Exception, SystemExit) as erro:  # o que der errado com um cliente não atinge os outros
                    detalhe = motivo(erro) if isinstance(erro, OSError) else repr(erro)
                    self._anotar("erro", remoto=remoto, detalhe=detalhe)
        except Exception as erro:  # guardado: `ServidorUDP.parar` o entrega a quem chamou
            self.falha = erro
            self._anotar("erro", detalhe=f"o servidor parou: {erro!r}")
        finally:
            self.server_socket.close()
            self._anotar("para", "close()")

    def _tratar(self, dados, remoto):
        self._anotar("recebe", f"recvfrom({MAXIMO_DO_DATAGRAMA})", remoto, dados)
        ultimas = self.ultimas.get(remoto, ())
        if dados.startswith(b"ERRO "):
            # Dois servidores que respondessem ao ERRO um do outro não parariam mais.
            self._anotar("erro", "", remoto, dados, "esperava um pedido e veio uma resposta; não se responde a ela")
            return
        if len(dados) > MAXIMO_DO_PEDIDO:
            mensagem = Invalido(dados, f"o pedido passou de {MAXIMO_DO_PEDIDO} bytes; envie um número menor")
        else:
            linha = dados.removesuffix(b"\n").removesuffix(b"\r")
            mensagem = interpretar(linha, ultimas, self.sorteio)
        if isinstance(mensagem, Apresentacao):
            mensagem = Invalido(dados, "por UDP não há conexão que guarde um nome; apresente-se por TCP")
        if isinstance(mensagem, Devolucao):
            confere = "confere" if mensagem.confere else "divergente: não é uma das últimas respostas + FIM"
            self._anotar("devolve", "", remoto, mensagem.texto.encode(), confere)
            return
        if isinstance(mensagem, Invalido):
            self._anotar("erro", "", remoto, mensagem.dados, mensagem.motivo)
        resposta = mensagem.resposta + ("\n" if dados.endswith(b"\n") else "")
        antes = time.monotonic()
        self.server_socket.sendto(resposta.encode(), remoto)
        self._anotar("envia", "sendto(…)", remoto, resposta.encode(), instante=antes)
        self.ultimas.setdefault(remoto, deque(maxlen=RESPOSTAS_LEMBRADAS)).append(mensagem.resposta)
        self.ultimas.move_to_end(remoto)
        if len(self.ultimas) > CLIENTES_LEMBRADOS:
            self.ultimas.popitem(last=False)

    def _anotar(self, tipo, chamada="", remoto=None, dados=b"", detalhe="", instante=None):
        self.diario.registrar("servidor", tipo, chamada, self.local, remoto, dados, detalhe, instante)


class ClienteUDP:
    """Um cliente por UDP, que envia de novo enquanto a resposta não chega.

    Args:
        host, porta: o endereço do servidor.
        espera: segundos até enviar de novo.
        tentativas: quantas vezes enviar, ao todo.
        diario: onde anotar; por padrão, um diário novo.
    """

    def __init__(self, host="127.0.0.1", porta=60000, *, espera=0.5, tentativas=4, diario=None):
        Cliente(host, porta, prazo=espera)  # as mesmas exigências de endereço e de tempo
        if not isinstance(tentativas, int) or tentativas < 1:
            raise ErroDeUso(f"tentativas deve ser um inteiro a partir de 1; veio {tentativas!r}")
        self.host, self.porta, self.espera, self.tentativas = host, porta, espera, tentativas
        self.diario = Diario() if diario is None else diario
        self.client_socket = self._local = None
        self.resposta = None  # a última, à espera de ser devolvida

    def perguntar(self, numero):
        """Envia o número num datagrama e devolve a resposta, sem o `\\n`.

        Cada pergunta usa um socket novo, e portanto outra porta: a resposta atrasada de uma pergunta
        anterior chega à porta velha, onde ninguém mais a lê (PI-32).

        Raises:
            ErroDeUso: o texto tem uma quebra de linha.
            TempoEsgotado: nenhuma das tentativas teve resposta.
            ErroDeProtocolo: a resposta não se lê.
            ErroDeRede: não foi possível enviar.
        """
        texto = str(numero)
        if "\n" in texto:
            raise ErroDeUso(f"esperava um texto numa linha só, e veio {texto!r}; envie um número de cada vez")
        self.fechar()
        try:
            destino = (_resolver(self.host), self.porta)
            self.client_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for _ in range(self.tentativas):
                self._enviar(texto, destino)
                dados = self._esperar_resposta(destino, time.monotonic() + self.espera)
                if dados is not None:
                    self.resposta = decodificar(dados.removesuffix(b"\n").removesuffix(b"\r"))
                    return self.resposta
        except OSError as erro:
            raise self._de_rede(erro) from erro
        envios = "1 envio" if self.tentativas == 1 else f"{self.tentativas} envios"
        quanto = segundos(self.espera * self.tentativas)
        raise TempoEsgotado(
            f"nenhuma resposta de {endereco((self.host, self.porta))} depois de {envios}, em {quanto}: por UDP "
            "não se sabe se o pedido se perdeu, se a resposta se perdeu ou se não há servidor; confira o endereço e "
            "tente de novo"
        )

    def devolver(self):
        """Envia a última resposta + FIM; por UDP não há como saber se chegou (PI-31).

        Raises:
            ErroDeRede: não foi possível enviar.
        """
        if self.resposta is None or self.client_socket is None:
            raise ErroDeUso("não há resposta a devolver: use perguntar(...) logo antes de devolver()")
        resposta, self.resposta = self.resposta, None
        try:
            self._enviar(f"{resposta} FIM", self._destino)
        except OSError as erro:
            raise self._de_rede(erro) from erro

    def fechar(self):
        """Fecha o socket; se já está fechado, não faz nada (PI-44)."""
        client_socket, self.client_socket, self.resposta = self.client_socket, None, None
        if client_socket is not None:
            client_socket.close()
            self._anotar("fecha", "close()")
            self._local = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.fechar()

    def __repr__(self):
        return f"<ClienteUDP de {endereco((self.host, self.porta))}>"

    def _enviar(self, texto, destino):
        dados, instante = texto.encode("utf-8", "backslashreplace"), time.monotonic()
        self.client_socket.sendto(dados, destino)
        # Só depois do primeiro envio o sistema escolhe a porta.
        self._local, self._destino = self.client_socket.getsockname(), destino
        quantos = f"{len(dados)} {'byte' if len(dados) == 1 else 'bytes'}"
        self._anotar("envia", f"sendto({quantos})", destino, dados, instante=instante)

    def _esperar_resposta(self, destino, limite):
        while (falta := limite - time.monotonic()) > 0:
            self.client_socket.settimeout(falta)
            try:
                dados, remoto = self.client_socket.recvfrom(MAXIMO_DO_DATAGRAMA)
            except (TimeoutError, ConnectionError):
                continue  # no Windows, um ConnectionError conta que ninguém escuta lá
            self._anotar("recebe", f"recvfrom({MAXIMO_DO_DATAGRAMA})", remoto, dados)
            if remoto == destino:  # qualquer um pode enviar a esta porta; só o servidor responde
                return dados
        self._anotar("erro", f"recvfrom({MAXIMO_DO_DATAGRAMA})", destino, detalhe=f"nada em {segundos(self.espera)}")
        return None

    def _de_rede(self, erro):
        self._anotar("erro", detalhe=motivo(erro))
        return ErroDeRede(f"não foi possível falar com {endereco((self.host, self.porta))}: {motivo(erro)}")

    def _anotar(self, tipo, chamada="", remoto=None, dados=b"", detalhe="", instante=None):
        self.diario.registrar("cliente", tipo, chamada, self._local, remoto, dados, detalhe, instante)


def _resolver(host):
    try:
        # Quem escuta em 0.0.0.0 responde por um endereço de verdade: a um cliente desta máquina, por 127.0.0.1.
        return "127.0.0.1" if host == "0.0.0.0" else socket.gethostbyname(host)
    except (TypeError, ValueError) as erro:  # um nome com dois pontos seguidos, por exemplo: nem se pergunta à rede
        raise socket.gaierror(f"não é um nome de hospedeiro: {host!r}") from erro
