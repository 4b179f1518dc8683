"""Os quadros de uma gravação de rede, em `pcap` ou em `pcapng`: quando passaram, o enlace e os bytes gravados.

Aqui só se abre o arquivo; o que há dentro de cada quadro é assunto de captura.py. Uma gravação interrompida vale
até o último quadro inteiro.

Os formatos: draft-ietf-opsawg-pcap (com os números mágicos) e draft-ietf-opsawg-pcapng (blocos 1, 2, 3 e 6).
"""

import struct
from typing import NamedTuple

NANO = 10**9  # os instantes são inteiros, em nanossegundos: um `float` perderia os últimos algarismos
_MICRO = 10**6

_PCAP = {0xA1B2C3D4: _MICRO, 0xA1B23C4D: NANO}  # número mágico: em quantas partes se divide o segundo
_SECAO, _INTERFACE, _PACOTE_ANTIGO, _PACOTE_SIMPLES, _PACOTE = 0x0A0D0D0A, 1, 2, 3, 6  # blocos do pcapng
_ORDEM = 0x1A2B3C4D  # o primeiro campo de uma seção: diz a ordem dos bytes
_RESOLUCAO = 9  # a opção de uma interface que diz em quantas partes se divide o segundo


class NaoEGravacao(ValueError):
    """O arquivo não começa como uma gravação, ou acaba antes do primeiro quadro."""


class Quadro(NamedTuple):
    """Um quadro gravado: o instante (ns), o tipo de enlace (tcpdump.org/linktypes.html) e os bytes."""

    instante: int
    enlace: int
    dados: bytes


class _Interface(NamedTuple):
    enlace: int
    maximo: int  # bytes gravados de cada quadro; 0 é sem limite
    partes: int  # em quantas se divide o segundo


def quadros(conteudo):
    """Os quadros da gravação, na ordem em que estão no arquivo.

    Raises:
        NaoEGravacao: os bytes não são de uma gravação.
    """
    for ordem in "<>":
        if len(conteudo) >= 24:
            magico, *_, enlace = struct.unpack_from(f"{ordem}IHHiIII", conteudo)
            if magico in _PCAP:
                return list(_do_pcap(conteudo, ordem, enlace & 0xFFFF, _PCAP[magico]))
    if conteudo[:4] == struct.pack("<I", _SECAO):
        return list(_do_pcapng(conteudo))
    raise NaoEGravacao("esperava o começo de um arquivo pcap ou pcapng")


def _do_pcap(conteudo, ordem, enlace, partes):
    onde = 24
    while onde + 16 <= len(conteudo):
        segundos, fracao, gravados, _ = struct.unpack_from(f"{ordem}IIII", conteudo, onde)
        onde += 16
        if onde + gravados > len(conteudo):
            return  # a gravação foi interrompida aqui
        yield Quadro(segundos * NANO + fracao * NANO // partes, enlace, conteudo[onde : onde + gravados])
        onde += gravados


def _do_pcapng(conteudo):
    instante, interfaces = 0, []
    for ordem, tipo, corpo in _blocos(conteudo):
        if tipo == _SECAO:
            interfaces = []
        elif tipo == _INTERFACE:
            interfaces.append(_interface(ordem, corpo))
        elif tipo in (_PACOTE, _PACOTE_ANTIGO):
            formato = "IIIII" if tipo == _PACOTE else "HxxIIII"
            qual, alto, baixo, gravados, _ = struct.unpack_from(ordem + formato, corpo)
            enlace, _, partes = interfaces[qual]
            instante = (alto << 32 | baixo) * NANO // partes
            yield Quadro(instante, enlace, corpo[20 : 20 + gravados])
        elif tipo == _PACOTE_SIMPLES:  # sem instante, e sempre da primeira interface
            (tamanho,) = struct.unpack_from(f"{ordem}I", corpo)
            enlace, maximo, _ = interfaces[0]
            yield Quadro(instante, enlace, corpo[4 : 4 + min(tamanho, maximo or tamanho)])


def _blocos(conteudo):
    """(ordem dos bytes, tipo, corpo) de cada bloco inteiro."""
    onde, ordem = 0, "<"
    while onde + 12 <= len(conteudo):
        if conteudo[onde : onde + 4] == struct.pack("<I", _SECAO):  # o número se lê igual nas duas ordens
            ordem = "<" if struct.unpack_from("<I", conteudo, onde + 8)[0] == _ORDEM else ">"
        tipo, tamanho = struct.unpack_from(f"{ordem}II", conteudo, onde)
        if tamanho < 12 or onde + tamanho > len(conteudo):
            return  # a gravação foi interrompida aqui
        yield ordem, tipo, conteudo[onde + 8 : onde + tamanho - 4]
        onde += tamanho + -tamanho % 4


def _interface(ordem, corpo):
    enlace, maximo = struct.unpack_from(f"{ordem}HxxI", corpo)
    onde, partes = 8, _MICRO
    while onde + 4 <= len(corpo):
        opcao, tamanho = struct.unpack_from(f"{ordem}HH", corpo, onde)
        if opcao == _RESOLUCAO and tamanho == 1 and onde + 4 < len(corpo):
            base, expoente = (2, corpo[onde + 4] & 0x7F) if corpo[onde + 4] & 0x80 else (10, corpo[onde + 4])
            partes = base**expoente
        onde += 4 + tamanho + -tamanho % 4
    return _Interface(enlace, maximo, partes)
