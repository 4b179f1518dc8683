"""Os segmentos TCP que passaram pela rede: lidos de um arquivo `pcap` ou, onde o sistema deixa, ao vivo.

    troca = ler("notebooks/dados/troca.pcap")
    ao_vivo = capturar(servidor.porta, fazer=lambda: rodada("7", *servidor.endereco))

Só se olha: nenhum pacote é criado, mudado ou retirado. O que não é TCP é pulado.
"""

import socket
import struct
import time
from dataclasses import dataclass

from ..erros import ErroDeUso
from ..texto import contar, motivo, visivel
from .gravacao import NANO, NaoEGravacao, quadros

# Na ordem dos bits do cabeçalho, do menos significativo em diante: RFC 9293, seção 3.1.
FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
_ETH_P_ALL = 0x0003  # linux/if_ether.h: pacotes de qualquer protocolo
_SO_TIMESTAMPNS = 35  # asm-generic/socket.h: o instante em que o kernel viu cada pacote
_SO_RCVBUFFORCE = 33  # como SO_RCVBUF, sem o limite que o sistema põe a quem não é administrador
_GUARDADOS = 16 * 1024**2  # bytes: o que passa enquanto a troca acontece, de todos os programas da máquina
_ETHERNET = 1  # tcpdump.org/linktypes.html; os outros números estão em _abridores
_ALTERNATIVA = "leia uma das gravações de notebooks/dados com captura.ler"


@dataclass(frozen=True, slots=True)
class Segmento:
    """Um segmento TCP, como passou pela rede.

    instante: segundos desde o primeiro da lista.
    de, para: "cliente" (quem tomou a iniciativa) ou "servidor".
    porta_de, porta_para: as portas de origem e de destino.
    flags: as sinalizações ligadas, como `SYN, ACK`.
    seq, ack: os números do cabeçalho; `ack` é None se ACK não está ligada.
    seq_relativo, ack_relativo: os mesmos, contados a partir do primeiro `seq` de cada sentido.
    janela: quantos bytes aceita receber, sem o fator de escala combinado na apresentação.
    dados: os bytes que leva.
    cortados: quantos bytes mais levava, quando a gravação só guardou o começo de cada quadro.
    """

    instante: float
    de: str
    para: str
    porta_de: int
    porta_para: int
    flags: str
    seq: int
    ack: int | None
    seq_relativo: int
    ack_relativo: int | None
    janela: int
    dados: bytes
    cortados: int = 0

    @property
    def tamanho(self):
        """Quantos bytes o segmento levava."""
        return len(self.dados) + self.cortados

    @property
    def numeros(self):
        """Os números relativos, como `seq=1 ack=3`."""
        return f"seq={self.seq_relativo}" + ("" if self.ack is None else f" ack={self.ack_relativo}")

    def conteudo(self, limite=60):
        """Os dados legíveis e quantos bytes são; vazio se não há."""
        quantos = contar(self.tamanho)
        if self.cortados:
            quantos += f", dos quais {contar(len(self.dados), 'gravado', 'gravados')}"
        return f"{visivel(self.dados, limite)} ({quantos})" if self.tamanho else ""

    def __str__(self):
        instante = f"{self.instante * 1000:.3f} ms".replace(".", ",")
        linha = f"{instante:>10}  {self.de:<8} → {self.para:<8}  {self.flags:<8}  {self.numeros:<13}  {self.conteudo()}"
        return linha.rstrip()


def ler(caminho):
    """Lê os segmentos TCP de uma gravação em `pcap` ou `pcapng`, como as do `tcpdump` e do *Wireshark*.

    Raises:
        ErroDeUso: o arquivo não existe, não é uma gravação ou não tem nenhum segmento TCP.
    """
    conversas, gravados = _Conversas(), _abrir(caminho)
    segmentos = [s for quadro in gravados if (s := conversas.abrir(*quadro))]
    desconhecidos = {quadro.enlace for quadro in gravados} - conversas.abridores.keys()
    if not segmentos and desconhecidos:
        quais = ", ".join(map(str, sorted(desconhecidos)))
        raise ErroDeUso(f"a gravação é de um tipo de enlace que não se sabe ler ({quais}); grave na interface lo")
    if not segmentos:
        raise ErroDeUso(f"{str(caminho)!r} não tem nenhum segmento TCP: confira a interface e o filtro da gravação")
    return segmentos


def _abrir(caminho):
    """Os quadros de uma gravação; o que não se pode ler é um `ErroDeUso`."""
    try:
        with open(caminho, "rb") as arquivo:
            return quadros(arquivo.read())
    except FileNotFoundError as erro:
        raise ErroDeUso(f"não existe o arquivo {str(caminho)!r}; confira o nome e a pasta") from erro
    except OSError as erro:
        raise ErroDeUso(f"não foi possível abrir {str(caminho)!r}: {motivo(erro)}; confira o nome e a pasta") from erro
    except (NaoEGravacao, struct.error, IndexError) as erro:  # também um bloco malfeito
        raise ErroDeUso(
            f"{str(caminho)!r} não é uma gravação em `pcap` nem em `pcapng`, ou está incompleta; grave com `tcpdump -w`"
        ) from erro


def camadas(caminho, numero=1):
    """Abre um quadro de uma gravação, camada por camada: pares (nome, bytes), de fora para dentro.

    Args:
        numero: qual dos quadros; o primeiro é o 1.

    Raises:
        ErroDeUso: a gravação não tem esse quadro, ou ele não leva TCP dentro de IPv4 dentro de Ethernet.
    """
    import dpkt

    gravados = _abrir(caminho)
    if not 1 <= numero <= len(gravados):
        ultimo = len(gravados)
        raise ErroDeUso(f"pediu-se o quadro {numero}, e a gravação tem {ultimo}: escolha um de 1 a {ultimo}")
    _, enlace, quadro = gravados[numero - 1]
    try:
        ip = dpkt.ethernet.Ethernet(quadro).data
    except dpkt.Error:  # cortado
        ip = None
    if enlace != _ETHERNET or not isinstance(getattr(ip, "data", None), dpkt.tcp.TCP) or ip.v != 4:
        raise ErroDeUso(f"o quadro {numero} não leva TCP dentro de IPv4 dentro de Ethernet: escolha outro")
    rede = len(quadro) - len(ip)
    transporte = rede + 4 * ip.hl  # os dois cabeçalhos dizem o seu tamanho em grupos de 4 bytes
    aplicacao = transporte + 4 * ip.data.off
    return [
        ("enlace", quadro[:rede]),
        ("rede (IP)", quadro[rede:transporte]),
        ("transporte (TCP)", quadro[transporte:aplicacao]),
        ("aplicação", quadro[aplicacao:]),
    ]


def capturar(porta, segundos=2.0, fazer=None, interface="lo"):
    """Grava os segmentos TCP de uma porta enquanto passam, e os devolve como `ler`.

    Só no Linux, e com permissão de administrador (root, ou a capacidade CAP_NET_RAW: `man 7 packet`).

    Args:
        porta: a do servidor.
        segundos: o máximo a esperar; acaba antes se a conexão acabar.
        fazer: função sem argumentos, chamada logo que a gravação começa: a que provoca a troca.
        interface: "lo" é a da própria máquina.

    Raises:
        ErroDeUso: o sistema não deixa, ou não existe essa interface.
    """
    if not hasattr(socket, "AF_PACKET"):
        raise ErroDeUso(f"neste sistema o Python não captura pacotes; {_ALTERNATIVA}, ou grave com outro programa")
    try:
        escuta = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    except PermissionError as erro:
        raise ErroDeUso(f"capturar pede permissão de administrador (root ou CAP_NET_RAW); {_ALTERNATIVA}") from erro
    with escuta:
        try:
            escuta.bind((interface, 0))
        except OSError as erro:
            raise ErroDeUso(f"não existe a interface {interface!r}; a da própria máquina é 'lo'") from erro
        escuta.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        try:
            escuta.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _GUARDADOS)
        except PermissionError:  # só com CAP_NET_RAW: o quanto o sistema deixa
            escuta.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _GUARDADOS)
        if interface == "lo":
            _esperar_o_relogio(escuta)
        if fazer is not None:
            fazer()  # enquanto isso, o kernel guarda o que passa
        conversas, segmentos, limite = _Conversas(), [], time.monotonic() + segundos
        while not _acabou(segmentos) and (falta := limite - time.monotonic()) > 0:
            escuta.settimeout(falta)
            try:
                quadro, instante, origem = _receber(escuta)
            except TimeoutError:
                break
            if _repetido(interface, origem):
                continue
            segmento = conversas.abrir(instante, _ETHERNET, quadro, porta)
            segmentos += [segmento] if segmento else []
    return segmentos


def _receber(escuta):
    """(quadro, instante em nanossegundos, origem) do próximo quadro."""
    quadro, ((_, _, instante),), _, origem = escuta.recvmsg(65536, 64)
    inteiros, nanos = struct.unpack("ll", instante)
    return quadro, inteiros * NANO + nanos, origem


def _esperar_o_relogio(escuta):
    """Espera o kernel começar a carimbar os quadros na passagem; antes disso, o carimbo é o da leitura."""
    escuta.settimeout(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sonda:
        for _ in range(100):
            sonda.sendto(b"", ("127.0.0.1", 9))
            lida_em = time.time_ns() + NANO // 1000
            time.sleep(0.002)
            try:
                if _receber(escuta)[1] < lida_em:
                    return
            except TimeoutError:
                return


def _repetido(interface, origem):
    """A interface lo mostra cada quadro duas vezes, na saída e na chegada: fica só a chegada."""
    return interface == "lo" and origem[2] == socket.PACKET_OUTGOING


def _acabou(segmentos):
    """Houve um RST, ou os dois lados enviaram FIN e os dois FIN foram confirmados?"""
    fins = {s.de: s.seq_relativo + s.tamanho + 1 for s in segmentos if "FIN" in s.flags}
    confirmado = {s.para: s.ack_relativo for s in segmentos if s.ack is not None}
    tudo_confirmado = all(confirmado.get(de, 0) >= fim for de, fim in fins.items())
    return any("RST" in s.flags for s in segmentos) or len(fins) == 2 and tudo_confirmado


class _Conversas:
    """Abre quadros, um a um, lembrando de cada conexão quem é o cliente e onde começou a numeração."""

    def __init__(self):
        self.abridores = _abridores()
        self._inicio, self._clientes, self._primeiros = None, {}, {}

    def abrir(self, instante, enlace, quadro, porta=None):
        """O segmento que vem num quadro, ou None se não é TCP ou não é da porta pedida."""
        try:
            ip = self.abridores[enlace](quadro)
            tcp, cortados = ip.tcp, _cortados(ip)
        except Exception:  # não é IP, não é TCP, ou é malfeito: a dpkt levanta de tudo
            return None
        if porta not in (None, tcp.sport, tcp.dport):
            return None
        flags = [nome for bit, nome in enumerate(FLAGS) if tcp.flags >> bit & 1]
        ida, volta = ((ip.src, tcp.sport), (ip.dst, tcp.dport)), ((ip.dst, tcp.dport), (ip.src, tcp.sport))
        if "SYN" in flags:
            self._primeiros[ida] = tcp.seq
        primeiro = self._primeiros.setdefault(ida, tcp.seq)
        ack = ack_relativo = None
        if "ACK" in flags:
            ack = tcp.ack
            # Da outra ponta pode não se ter visto nada ainda; então a contagem dela começa aqui.
            ack_relativo = (ack - self._primeiros.setdefault(volta, ack - 1)) % 2**32
        if flags == ["SYN"]:
            self._clientes[frozenset(ida)] = ida[0]
        # Sem o começo da conexão, vale o costume: a porta menor é a do servidor.
        cliente = self._clientes.setdefault(frozenset(ida), max(ida, key=lambda ponta: ponta[1]))
        de, para = ("cliente", "servidor") if cliente == ida[0] else ("servidor", "cliente")
        self._inicio = instante if self._inicio is None else self._inicio
        return Segmento(
            (instante - self._inicio) / NANO, de, para, tcp.sport, tcp.dport, ", ".join(flags),
            tcp.seq, ack, (tcp.seq - primeiro) % 2**32, ack_relativo, tcp.win, bytes(tcp.data), cortados,
        )  # fmt: skip


def _abridores():
    """Como achar o pacote IP num quadro de cada tipo de enlace."""
    import dpkt

    def ip(dados):
        return dpkt.ip6.IP6(dados) if dados[0] >> 4 == 6 else dpkt.ip.IP(dados)

    com_cabecalho = {
        _ETHERNET: dpkt.ethernet.Ethernet, 0: dpkt.loopback.Loopback, 113: dpkt.sll.SLL, 276: dpkt.sll2.SLL2,
    }  # fmt: skip
    abridores = {enlace: lambda dados, classe=classe: classe(dados).data for enlace, classe in com_cabecalho.items()}
    return {**abridores, 101: ip, 228: ip, 229: ip}


def _cortados(ip):
    """Quantos bytes dos que os cabeçalhos contam não foram gravados."""
    if ip.v == 6:
        tudo = ip.plen - sum(extensao.length for extensao in ip.all_extension_headers)
    else:
        tudo = ip.len - ip.hl * 4
    # Com zero no lugar do tamanho (a placa de rede é que o escreveria), a conta dá negativa: não falta nada.
    return max(tudo - ip.tcp.off * 4 - len(ip.tcp.data), 0)
