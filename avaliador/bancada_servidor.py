"""Um processo novo do servidor examinado, e as conexões que o avaliador abriu com ele."""

import re
import socket
import time

from parimpar.texto import segundos

from .casos.servidor_conselhos import ENXURRADA
from .ligacao import INTEIRA, Ligacao
from .veredito import Falhou, Passo

OLHADA = 0.05  # segundos entre duas tentativas de se conectar
# O que anuncia uma exceção que ninguém tratou, e que acabou só com o que atendia um cliente.
MORTE = re.compile(
    r"^Exception\s(?:ignored\s)?in\s(?P<thread>thread)\s|^(?P<filho>Process)\s\S+:$|"
    r"^(?P<outra>Exception\soccurred\sduring\sprocessing|Task\sexception\swas\snever)\s",
    re.M,
)
QUEM = {
    "thread": "uma thread caiu, e o processo continua vivo",
    "filho": "um processo filho caiu, e o pai continua vivo",
    "outra": "o atendimento de um cliente caiu, e o processo continua vivo",
}


class SemConexao(Falhou):
    """O programa não aceitou a conexão."""


class SemFim(Falhou):
    """O programa começou a responder, e não parou mais."""

    def __init__(self, dados):
        explicacao = f"envia bytes sem parar, e não uma resposta: em {segundos(INTEIRA)} ainda não tinha acabado"
        super().__init__(explicacao, recebido=dados, causa=ENXURRADA)


def por_onde(host):
    """Os endereços por onde se chega a quem escuta em `host`: o de todas as interfaces serve o desta máquina."""
    todas = {"0.0.0.0": ["127.0.0.1"], "::": ["127.0.0.1", "::1"], "*": ["127.0.0.1", "::1"]}
    return todas.get(host, [host.removeprefix("::ffff:")])


class BancadaDeServidor:
    """Um processo do servidor, já escutando, e o que se faz com ele; quem a abre é `ExameDeServidor.bancada`.

    Args:
        exame: de onde vêm os prazos e os números.
        programa: em execução.
        partida: a `Partida` dele.
        forma: a `Forma` dos pedidos.
    """

    def __init__(self, exame, programa, partida, forma):
        self.exame, self.programa, self.partida, self.forma = exame, programa, partida, forma
        self.passos, self.comeco, self._ligacoes = exame.passos, time.monotonic(), []

    def ligar(self, prazo=None):
        """Abre uma conexão com o servidor; se ninguém escuta, insiste enquanto ele vive: há quem refaça o bind a cada cliente.

        Args:
            prazo: segundos; por padrão, o da resposta.

        Raises:
            SemConexao: ele não aceita.
        """
        host, porta = self.partida.endereco
        prazo = prazo or self.exame.prazo_da_resposta
        limite = time.monotonic() + prazo
        while True:
            for ip in por_onde(host):
                try:
                    sock = self._conectar(ip, porta, prazo)
                except ConnectionError as erro:
                    motivo = erro
                except OSError as erro:  # a fila do listen está cheia, por exemplo
                    motivo, limite = erro, 0
                else:
                    ligacao = Ligacao(sock, self.passos, self.comeco, self.programa.trabalhando)
                    self._ligacoes.append(ligacao)
                    return ligacao
            if time.monotonic() > limite or not (self.programa.vivo or self.programa.familia()):
                self.passos.append(Passo(time.monotonic() - self.comeco, "programa", "não aceita a conexão"))
                raise SemConexao("o servidor não aceitou a conexão") from motivo
            time.sleep(OLHADA)

    def _conectar(self, ip, porta, prazo):
        if not self.partida.udp:
            return socket.create_connection((ip, porta), timeout=prazo)
        sock = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM)
        sock.connect((ip, porta))
        return sock

    def pedir(self, numero, ligacao=None, prazo=None):
        """Envia um número na forma que o servidor entende e devolve os bytes da resposta.

        Raises:
            SemConexao: ele não aceita.
            SemFim: a resposta não acaba.
        """
        ligacao = ligacao or self.ligar(prazo)
        ligacao.enviar(self.forma.codificar(numero), encerrar=self.forma.fim)
        dados = ligacao.receber(prazo or self.exame.prazo_da_resposta)
        if ligacao.sem_fim:
            raise SemFim(dados)
        return dados

    def ainda_atende(self, prazo=None):
        """Um cliente novo recebe alguma resposta?"""
        prazo = prazo or self.exame.prazo_do_proximo
        limite = time.monotonic() + prazo
        try:
            ligacao = self.ligar(prazo)
        except SemConexao:
            return False
        falta = max(limite - time.monotonic(), self.exame.prazo_da_resposta)
        return bool(self.pedir(self.exame.par("o próximo", 1), ligacao, falta))

    def escuta(self):
        """Ele ainda escuta na porta?"""
        escutas = self.programa.escutas("udp" if self.partida.udp else "tcp")
        return self.partida.endereco[1] in [porta for _, porta in escutas]

    def queda(self):
        """A exceção que ele escreveu na tela, numa linha; "" se não há nenhuma."""
        return self.programa.queixa(160)

    @property
    def thread_caiu(self):
        """Uma exceção que ninguém tratou acabou com a thread de um cliente, ou com o que está no lugar dela?"""
        return self._morte() is not None

    def _morte(self):
        return MORTE.search(self.programa.trecho("stderr"))

    def quem_caiu(self):
        """Da exceção de `queda`, com o que ela acabou: o programa, uma thread, ou nada, se ele a tratou e só a mostra."""
        if not self.programa.vivo:
            return "o programa caiu"
        morte = self._morte()
        return QUEM[morte.lastgroup] if morte else "mostrou um erro"

    def encerrar(self):
        """Derruba as conexões e depois o programa: assim não fica nele um TIME_WAIT que prenda a porta."""
        for ligacao in self._ligacoes:
            ligacao.fechar()
        self.programa.encerrar()
