"""O que o sistema operacional sabe de um socket: estado, endereços e bytes parados em cada fila.

No Linux pergunta-se ao próprio kernel (TCP_INFO, ioctl), sem precisar de root. Nos outros sistemas
o estado vem da psutil, se estiver instalada; o que não se consegue saber aparece como
"não disponível", nunca como um palpite.
"""

import array
import contextlib
import html
import select
import socket
import sys
import time
from dataclasses import dataclass

from .texto import contar, endereco

NAO_DISPONIVEL = "não disponível"

# include/net/tcp_states.h do Linux; os nomes dos estados são os do kernel, que vêm da RFC 9293, seção 3.3.2.
_ESTADOS = {
    1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT",
    7: "CLOSED", 8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN_RECV",
}  # fmt: skip
_DE_PASSAGEM = {"SYN_SENT", "SYN_RECV", "FIN_WAIT1", "LAST_ACK", "CLOSING"}  # duram uma ida e volta


@dataclass(frozen=True, slots=True)
class EstadoSocket:
    """Retrato de um socket no instante da pergunta.

    descritor: o número que o processo usa para falar dele; -1 depois do close.
    local, remoto: (host, porta), ou None quando ainda não há.
    estado: o estado TCP ("LISTEN", "ESTABLISHED"…), "sem conexão" para UDP, ou "não disponível".
    fila_recepcao: bytes que chegaram e ninguém leu com recv; num socket em LISTEN, conexões
        prontas à espera de accept. None quando o sistema não conta.
    fila_envio: bytes entregues ao kernel que ainda não saíram, ou que a outra ponta não reconheceu (ACK). None idem.
    """

    descritor: int
    familia: str
    tipo: str
    local: tuple | None
    remoto: tuple | None
    estado: str
    fila_recepcao: int | None
    fila_envio: int | None

    @property
    def linhas(self):
        """Pares (nome, valor), na ordem em que se leem."""
        linhas = [
            ("descritor", str(self.descritor) if self.descritor >= 0 else "nenhum: fechado"),
            ("família", self.familia),
            ("tipo", self.tipo),
            ("endereço local", endereco(self.local) if self.local else "nenhum"),
            ("endereço remoto", endereco(self.remoto) if self.remoto else "nenhum"),
            ("estado", self.estado),
        ]
        if self.descritor < 0:
            return linhas
        if self.estado == "LISTEN":
            return [*linhas, ("à espera de accept", _contar(self.fila_recepcao, "conexão", "conexões"))]
        return [
            *linhas,
            ("buffer de recepção", _contar(self.fila_recepcao)),
            ("buffer de envio", _contar(self.fila_envio)),
        ]

    def __str__(self):
        largura = max(len(nome) for nome, _ in self.linhas)
        return "\n".join(f"{nome:<{largura}}  {valor}" for nome, valor in self.linhas)

    __repr__ = __str__

    def _repr_html_(self):
        celulas = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(nome)}</th>'
            f'<td style="text-align:left"><code>{html.escape(valor)}</code></td></tr>'
            for nome, valor in self.linhas
        )
        return f"<table><tbody>{celulas}</tbody></table>"


def estado(sock):
    """Pergunta ao sistema operacional o que ele sabe do socket.

    Não lê nem envia nada: os bytes que esperam na fila continuam lá.

    Fonte: man 7 tcp (TCP_INFO, FIONREAD, TIOCOUTQ), RFC 9293 seção 3.3.2.
    """
    familia, tipo = _nome(sock.family), _nome(sock.type)
    if sock.fileno() == -1:
        # Fechado para o processo; mas o kernel pode ainda cuidar da conexão, se sabemos qual era.
        local, remoto = map(_par, getattr(sock, "enderecos", (None, None)))
        if sock.type != socket.SOCK_STREAM:
            return EstadoSocket(-1, familia, tipo, local, remoto, "CLOSED", None, None)
        return EstadoSocket(-1, familia, tipo, local, remoto, _estado_sem_descritor(local, remoto), None, None)
    local, remoto = _endereco(sock.getsockname), _endereco(sock.getpeername)
    if sock.type != socket.SOCK_STREAM:
        return EstadoSocket(sock.fileno(), familia, tipo, local, remoto, "sem conexão", _na_fila(sock), _a_enviar(sock))
    info = _tcp_info(sock)
    if info:
        nome = _ESTADOS.get(info[0], NAO_DISPONIVEL)
        # Em LISTEN, tcpi_unacked (o 7º inteiro) é quantas conexões aguardam accept: net/ipv4/tcp.c.
        prontas = int.from_bytes(info[24:28], sys.byteorder) if nome == "LISTEN" else None
    elif sock.family not in (socket.AF_INET, socket.AF_INET6):
        nome, prontas = NAO_DISPONIVEL, None  # não é TCP: os estados são outros
    else:
        nome, prontas = _estado_pela_psutil(sock, local, remoto), None
    if nome == "LISTEN":
        return EstadoSocket(sock.fileno(), familia, tipo, local, None, nome, prontas, None)
    return EstadoSocket(sock.fileno(), familia, tipo, local, remoto, nome, _na_fila(sock), _a_enviar(sock))


def em_repouso(*sockets, prazo=0.5):
    """Espera a rede entregar o que os sockets enviaram, e devolve o estado de cada um.

    Em repouso não há bytes por confirmar nem estados de passagem, como FIN_WAIT1. Se o prazo acaba
    antes (a outra ponta não lê, por exemplo), vale o que houver.

    Args:
        prazo: segundos.
    """
    limite = time.monotonic() + prazo
    while True:
        estados = [estado(sock) for sock in sockets]
        quietos = not any(e.fila_envio or e.estado in _DE_PASSAGEM for e in estados)
        if quietos or time.monotonic() > limite:
            return estados
        time.sleep(0.001)  # o kernel não avisa quando um estado muda: só resta perguntar de novo


@dataclass(frozen=True, slots=True)
class Ponta:
    """Uma linha da tabela do sistema: uma ponta de uma conexão TCP, ou um socket de escuta (sem `remoto`)."""

    local: tuple
    remoto: tuple | None
    estado: str

    def __str__(self):
        return f"{endereco(self.local)} → {endereco(self.remoto) if self.remoto else 'ninguém':<15}  {self.estado}"


def conexoes(porta):
    """As pontas que o sistema conhece com esta porta, de qualquer programa, mesmo as que nenhum programa tem em mãos.

    Uma conexão de 127.0.0.1 com ele mesmo aparece duas vezes, uma por ponta. Vem antes quem escuta; depois, em cada
    conexão, a ponta desta porta e a outra. No macOS, sem permissão de administrador, só as deste processo; onde o
    sistema não mostra a tabela, nenhuma.
    """
    pontas = []
    if sys.platform.startswith("linux"):
        for host in ("127.0.0.1", "::1"):
            with contextlib.suppress(OSError):  # um sistema sem IPv6, ou que não deixa ler a tabela
                for local, remoto, estado in _tabela_do_linux(host):
                    pontas.append(Ponta(_de_hexadecimal(local), _de_hexadecimal(remoto), estado))
    else:
        pontas = [Ponta(tuple(c.laddr), tuple(c.raddr) or None, _nome_da_psutil(c)) for c in _conexoes_da_psutil()]
    # Um conjunto: a tabela do Linux se lê aos pedaços, e uma linha pode vir duas vezes.
    minhas = {p for p in pontas if porta in (p.local[1], p.remoto and p.remoto[1])}

    def ordem(ponta):
        outra = ponta.remoto if ponta.local[1] == porta else ponta.local
        return ponta.remoto is not None, outra or (), ponta.local[1] != porta

    return sorted(minhas, key=ordem)


def _contar(quantos, *nomes):
    return NAO_DISPONIVEL if quantos is None else contar(quantos, *nomes)


def _nome(constante):
    return getattr(constante, "name", str(constante))


def _endereco(perguntar):
    try:
        return _par(perguntar())
    except OSError:  # não tem outra ponta
        return None


def _par(endereco):
    """(host, porta); None para o que não é um endereço de rede, ou ainda não foi ligado (bind) a uma porta."""
    return endereco[:2] if isinstance(endereco, tuple) and endereco[1] else None


def _tcp_info(sock):
    if not sys.platform.startswith("linux"):
        return None
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    except OSError:
        return None


def _ioctl(sock, nome):
    """Um contador de bytes do kernel, ou None onde ele não existe."""
    try:
        import fcntl
        import termios

        valor = array.array("i", [0])
        fcntl.ioctl(sock.fileno(), getattr(termios, nome), valor)
        return valor[0]
    except (ImportError, AttributeError, OSError):
        return None


def _na_fila(sock):
    contados = _ioctl(sock, "FIONREAD")
    if contados is not None:
        return contados
    try:  # Windows: espia a fila sem tirar nada dela, até 64 KiB
        return len(sock.recv(65536, socket.MSG_PEEK)) if select.select([sock], [], [], 0)[0] else 0
    except (OSError, ValueError):
        return None


def _a_enviar(sock):
    # No Linux TIOCOUTQ conta os bytes que não saíram ou esperam o ACK; nos demais o significado varia.
    return _ioctl(sock, "TIOCOUTQ") if sys.platform.startswith("linux") else None


def _estado_sem_descritor(local, remoto):
    """O estado de uma conexão que o processo já fechou: TIME_WAIT, por exemplo."""
    if not remoto:
        return "CLOSED"
    if not sys.platform.startswith("linux"):
        return NAO_DISPONIVEL
    procurados = [_em_hexadecimal(*local), _em_hexadecimal(*remoto)]
    try:
        return next((estado for *ponta, estado in _tabela_do_linux(local[0]) if ponta == procurados), "CLOSED")
    except OSError:  # um sistema que não deixa ler a tabela
        return NAO_DISPONIVEL


def _tabela_do_linux(host):
    """(local, remoto, estado) de cada socket TCP da máquina, com os endereços como o kernel os escreve: man 5 proc."""
    with open("/proc/net/tcp6" if ":" in host else "/proc/net/tcp") as tabela:
        next(tabela, None)  # os títulos
        for linha in tabela:
            local, remoto, estado = linha.split()[1:4]
            yield local, remoto, _ESTADOS.get(int(estado, 16), NAO_DISPONIVEL)


def _em_hexadecimal(host, porta):
    """Como em `/proc/net/tcp` (man 5 proc): cada 4 bytes do endereço são um inteiro na ordem de bytes da máquina."""
    bruto = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    inteiros = [int.from_bytes(bruto[i : i + 4], sys.byteorder) for i in range(0, len(bruto), 4)]
    return "".join(f"{inteiro:08X}" for inteiro in inteiros) + f":{porta:04X}"


def _de_hexadecimal(ponta):
    """O contrário de `_em_hexadecimal`; None para a ponta que ainda não há, de porta 0."""
    host, porta = ponta.split(":")
    inteiros = [int(host[i : i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(host), 8)]
    familia = socket.AF_INET6 if len(inteiros) == 4 else socket.AF_INET
    return (socket.inet_ntop(familia, b"".join(inteiros)), int(porta, 16)) if int(porta, 16) else None


def _estado_pela_psutil(sock, local, remoto):
    try:
        import psutil

        conexoes = psutil.Process().net_connections(kind="tcp")
    except Exception:  # sem a psutil, ou o sistema não deixa: dizer que não se sabe
        return NAO_DISPONIVEL
    for conexao in conexoes:
        if tuple(conexao.laddr or ()) == (local or ()) and tuple(conexao.raddr or ()) == (remoto or ()):
            return _nome_da_psutil(conexao)
    return "CLOSED"


def _nome_da_psutil(conexao):
    return "CLOSED" if conexao.status in ("NONE", "CLOSE") else conexao.status


def _conexoes_da_psutil():
    """As de toda a máquina; onde só o administrador as vê, as deste processo; sem a psutil, nenhuma."""
    try:
        import psutil
    except ImportError:
        return []
    try:
        return psutil.net_connections(kind="tcp")
    except psutil.Error:
        return psutil.Process().net_connections(kind="tcp")
