"""Os sockets em que o avaliador escuta quando faz o papel do servidor: na porta que o cliente procura.

Se ninguém disse qual é, em todas as prováveis de uma vez. Só atende a própria máquina.
"""

import contextlib
import socket
import struct
import sys
import time

INSISTENCIA = 2.0  # segundos à espera de uma porta que acabou de se fechar
ENTRE_TENTATIVAS = 0.05  # segundos
FAIXA_DE_PORTAS = 51  # IP_LOCAL_PORT_RANGE, em linux/in.h; o Python ainda não lhe dá nome


def _enderecos():
    """Por onde um programa desta máquina se conecta a ela: 127.0.0.1, ::1 e o nome da máquina."""
    familias = [(socket.AF_INET, "127.0.0.1")] + ([(socket.AF_INET6, "::1")] if socket.has_ipv6 else [])
    with contextlib.suppress(OSError):
        familias.append((socket.AF_INET, socket.gethostbyname(socket.gethostname())))
    return list(dict.fromkeys(familias))


class PontosDeEscuta:
    """Os sockets de escuta do avaliador.

    Args:
        portas: em quais escutar; as ocupadas ficam em `ocupadas`.
    """

    def __init__(self, portas):
        self.ocupadas, self.sockets, self.aberta, self._porta = [], [], True, None
        self.datagramas = []  # há quem faça o trabalho por UDP: é bom poder dizer
        self._enderecos = _enderecos()
        abrir = self._insistir if len(portas) == 1 else self._abrir
        self.ocupadas = [porta for porta in portas if not abrir(porta)]
        for porta in {s.getsockname()[1] for s in self.sockets}:
            for familia, host in self._enderecos:
                with contextlib.suppress(OSError):
                    self.datagramas.append(_ligado(familia, socket.SOCK_DGRAM, host, porta))

    def _abrir(self, porta, escutar=True):
        for familia, host in self._enderecos:
            try:
                sock = _ligado(familia, socket.SOCK_STREAM, host, porta)
            except OSError:
                if host == "127.0.0.1":
                    return False
                continue  # sem IPv6, ou o nome da máquina não é dela: basta o 127.0.0.1
            self.sockets.append(sock)
            try:
                if escutar:
                    sock.listen()
            except OSError:
                self._fechar([s for s in self.sockets if s.getsockname()[1] == porta])
                return False
        return True

    def manter(self, porta):
        """Fica só com esta porta."""
        self._porta = porta
        self._fechar([s for s in self.sockets + self.datagramas if s.getsockname()[1] != porta] + self.datagramas)

    def reservar(self):
        """Deixa de escutar na porta que manteve e continua dona dela: quem se conectar é recusado. Diz se conseguiu."""
        self._fechar(self.sockets[:])
        self.aberta = False
        return self._insistir(self._porta, escutar=False)

    def _insistir(self, porta, escutar=True):
        # Um processo que está nascendo ainda segura, por um instante, uma cópia do socket que se fechou.
        limite = time.monotonic() + INSISTENCIA
        while not (conseguiu := self._abrir(porta, escutar)) and time.monotonic() < limite:
            time.sleep(ENTRE_TENTATIVAS)
        return conseguiu

    def reabrir(self):
        """Volta a escutar, se não escutava. Diz se conseguiu."""
        if not self.aberta:
            try:
                for sock in self.sockets:
                    sock.listen()
                self.aberta = bool(self.sockets) or self._insistir(self._porta)
            except OSError:
                self._fechar(self.sockets[:])
        return self.aberta

    def desfazer_esperas(self, conexoes):
        """Tira do TIME_WAIT as conexões que o avaliador encerrou primeiro.

        Uma delas na porta impediria o servidor do próprio aluno de ligar-se a ela durante um minuto. Um SYN novo, do
        mesmo endereço, acaba com a espera (RFC 9293, seção 3.6.1); e a conexão nova se encerra com RST, que não espera.

        Args:
            conexoes: pares (o endereço deste lado, o do cliente), de programas que já terminaram.
        """
        for local, remoto in conexoes if self.aberta else ():
            # Pedir a porta pela faixa não esbarra em quem a use para outros destinos; mas só há desde o Linux 6.3, e
            # para as portas que o sistema empresta.
            if not self._ligar_se(local, remoto, pela_faixa=True):
                self._ligar_se(local, remoto, pela_faixa=False)

    def _ligar_se(self, local, remoto, pela_faixa):
        """Liga-se a si mesmo, de `remoto` a `local`, e derruba a conexão; diz se foi mesmo de `remoto`."""
        familia = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
        with contextlib.suppress(OSError), socket.socket(familia) as sock:
            if pela_faixa:
                sock.setsockopt(socket.IPPROTO_IP, FAIXA_DE_PORTAS, struct.pack("=HH", remoto[1], remoto[1]))
            else:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(remoto)
            sock.settimeout(INSISTENCIA)
            sock.connect(local)
            self.esvaziar()
            return sock.getsockname()[1] == remoto[1]
        return False

    def esvaziar(self):
        """Derruba quem ficou na fila, de um processo que já acabou."""
        for sock in self.sockets if self.aberta else ():
            with contextlib.suppress(OSError):
                while True:
                    derrubar(sock.accept()[0])

    def fechar(self):
        """Fecha tudo."""
        self._fechar(self.sockets + self.datagramas)

    def _fechar(self, sockets):
        for sock in sockets:
            sock.close()
        self.sockets = [s for s in self.sockets if s.fileno() != -1]
        self.datagramas = [s for s in self.datagramas if s.fileno() != -1]


def derrubar(sock):
    """Fecha com RST, que não deixa TIME_WAIT em nenhuma das pontas."""
    with sock, contextlib.suppress(OSError):
        formato = "hh" if sys.platform == "win32" else "ii"
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(formato, 1, 0))


def _ligado(familia, tipo, host, porta):
    sock = socket.socket(familia, tipo)
    try:
        if familia == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        elif tipo == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, porta))
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock
