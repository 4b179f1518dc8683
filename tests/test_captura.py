"""A captura: as gravações dizem o que a aula 09 afirma, e ao vivo cada segmento aparece uma vez só."""

import dataclasses
import socket
import struct
import sys
from collections import Counter

import dpkt
import pytest
from apoio import PRAZO, RAIZ, conectar, reiniciar
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parimpar import ErroParimpar, Servidor
from parimpar.aulas import captura
from parimpar.cliente import rodada
from parimpar.erros import ErroDeUso

DADOS = RAIZ / "notebooks" / "dados"
GRAVACOES = ("troca", "meio-fecho", "recusada", "reinicio")


def gravacao(nome):
    return captura.ler(DADOS / f"{nome}.pcap")


def resumo(segmentos):
    """(quem, sinalizações, seq, ack, bytes) de cada segmento."""
    return [(s.de, s.flags, s.seq_relativo, s.ack_relativo, s.dados) for s in segmentos]


def pode_capturar():
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except (AttributeError, PermissionError):
        return False
    return True


repetivel = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
so_com_permissao = pytest.mark.skipif(
    not pode_capturar(), reason="capturar ao vivo pede Linux e permissão de administrador (CAP_NET_RAW)"
)


def gravar(caminho, quadros, enlace=1):
    with open(caminho, "wb") as arquivo:
        escritor = dpkt.pcap.Writer(arquivo, linktype=enlace)
        for i, quadro in enumerate(quadros):
            escritor.writepkt(quadro, ts=1000 + i)
    return caminho


def pacote_ip(de=50000, para=60000, flags=dpkt.tcp.TH_SYN, seq=100, ack=0, dados=b""):
    tcp = dpkt.tcp.TCP(sport=de, dport=para, flags=flags, seq=seq, ack=ack, data=dados)
    ip = dpkt.ip.IP(src=b"\x7f\0\0\1", dst=b"\x7f\0\0\1", p=dpkt.ip.IP_PROTO_TCP, data=tcp)
    ip.len = len(ip)
    return ip


def test_a_troca_gravada():
    """Apresentação em três segmentos, três mensagens, encerramento pelos dois lados, e as contas de seq e ack."""
    assert resumo(gravacao("troca")) == [
        ("cliente", "SYN", 0, None, b""),
        ("servidor", "SYN, ACK", 0, 1, b""),
        ("cliente", "ACK", 1, 1, b""),
        ("cliente", "PSH, ACK", 1, 1, b"7\n"),
        ("servidor", "ACK", 1, 3, b""),
        ("servidor", "PSH, ACK", 1, 3, "ÍMPAR\n".encode()),
        ("cliente", "ACK", 3, 8, b""),
        ("cliente", "PSH, ACK", 3, 8, "ÍMPAR FIM\n".encode()),
        ("cliente", "FIN, ACK", 14, 8, b""),
        ("servidor", "FIN, ACK", 8, 15, b""),
        ("cliente", "ACK", 15, 9, b""),
    ]


def test_o_meio_fecho_gravado():
    """A resposta do servidor vem depois do FIN do cliente e antes do seu."""
    segmentos = gravacao("meio-fecho")
    fins = [i for i, s in enumerate(segmentos) if "FIN" in s.flags]
    (resposta,) = (i for i, s in enumerate(segmentos) if s.de == "servidor" and s.dados)
    assert [segmentos[i].de for i in fins] == ["cliente", "servidor"]
    assert fins[0] < resposta < fins[1] and segmentos[resposta].dados == "ÍMPAR".encode()


def test_a_recusa_gravada():
    """Um SYN foi, um RST voltou, e mais nada."""
    assert resumo(gravacao("recusada")) == [("cliente", "SYN", 0, None, b""), ("servidor", "RST, ACK", 0, 1, b"")]


def test_o_reinicio_gravado():
    """O servidor confirma o pedido e depois corta com RST; não há FIN de ninguém."""
    segmentos = gravacao("reinicio")
    assert resumo(segmentos)[-3:] == [
        ("cliente", "PSH, ACK", 1, 1, b"7\n"),
        ("servidor", "ACK", 1, 3, b""),
        ("servidor", "RST, ACK", 1, 3, b""),
    ]
    assert not any("FIN" in s.flags for s in segmentos)


@pytest.mark.parametrize("nome", GRAVACOES)
def test_toda_gravacao_e_do_par_na_porta_60000(nome):
    """As portas, os papéis e os instantes são coerentes; os números absolutos e os relativos também."""
    segmentos = gravacao(nome)
    assert (segmentos[0].instante, segmentos[0].de, segmentos[0].flags) == (0.0, "cliente", "SYN")
    for s in segmentos:
        assert {s.de, s.para} == {"cliente", "servidor"}
        assert (s.porta_para if s.de == "cliente" else s.porta_de) == 60000
        inicial = next(outro.seq for outro in segmentos if outro.de == s.de)
        assert (s.seq - inicial) % 2**32 == s.seq_relativo
        assert (s.ack is None) == ("ACK" not in s.flags) == (s.ack_relativo is None)
    assert [s.instante for s in segmentos] == sorted(s.instante for s in segmentos)
    assert sum((DADOS / f"{n}.pcap").stat().st_size for n in GRAVACOES) < 4096


def test_o_leia_me_fala_de_cada_gravacao():
    """Cada arquivo está no LEIA-ME, com o número de segmentos."""
    texto = (DADOS / "LEIA-ME.md").read_text(encoding="utf-8")
    assert {caminho.stem for caminho in DADOS.glob("*.pcap")} == set(GRAVACOES)
    for nome in GRAVACOES:
        (linha,) = (linha for linha in texto.splitlines() if linha.startswith(f"| `{nome}.pcap`"))
        assert linha.endswith(f"| {len(gravacao(nome))} |")


def test_o_segmento_e_imutavel_e_se_le():
    """Um segmento não muda, e se escreve numa linha."""
    segmento = gravacao("troca")[3]
    with pytest.raises(dataclasses.FrozenInstanceError):
        segmento.seq = 0
    assert str(segmento) == r"  0,110 ms  cliente  → servidor  PSH, ACK  seq=1 ack=1    '7\n' (2 bytes)"
    assert segmento.janela == 64


def test_arquivo_que_nao_existe(tmp_path):
    """O nome errado é dito com clareza."""
    with pytest.raises(ErroDeUso, match="não existe o arquivo .*nada.pcap.*confira o nome"):
        captura.ler(tmp_path / "nada.pcap")
    with pytest.raises(ErroDeUso, match="não foi possível abrir"):
        captura.ler(tmp_path)


@pytest.mark.parametrize("conteudo", [b"", b"isto nao e uma gravacao", b"\xd4\xc3\xb2\xa1"])
def test_arquivo_que_nao_e_gravacao(tmp_path, conteudo):
    """Um arquivo qualquer, vazio ou cortado no cabeçalho dá erro nosso, e não outro."""
    (tmp_path / "x.pcap").write_bytes(conteudo)
    with pytest.raises(ErroParimpar, match="não é uma gravação em `pcap` nem em `pcapng`, ou está incompleta"):
        captura.ler(tmp_path / "x.pcap")


def test_qualquer_corte_da_segmentos_ou_erro_nosso(tmp_path):
    """Uma gravação interrompida em qualquer byte nunca dá outro tipo de erro."""
    inteiro = (DADOS / "troca.pcap").read_bytes()
    for corte in range(0, len(inteiro), 7):
        (tmp_path / "x.pcap").write_bytes(inteiro[:corte])
        try:
            assert 1 <= len(captura.ler(tmp_path / "x.pcap")) <= 11
        except ErroParimpar:
            pass


def test_o_que_nao_e_tcp_e_pulado(tmp_path):
    """Lixo e UDP não viram segmentos; uma gravação só com eles diz que não há nenhum."""
    udp = dpkt.ip.IP(src=b"\x7f\0\0\1", dst=b"\x7f\0\0\1", p=17, data=dpkt.udp.UDP(sport=1, dport=60000))
    quadros = [b"lixo", bytes(dpkt.ethernet.Ethernet(data=udp))]
    caminho = gravar(tmp_path / "x.pcap", [*quadros, bytes(dpkt.ethernet.Ethernet(data=pacote_ip()))])
    assert resumo(captura.ler(caminho)) == [("cliente", "SYN", 0, None, b"")]
    with pytest.raises(ErroDeUso, match="não tem nenhum segmento TCP"):
        captura.ler(gravar(tmp_path / "y.pcap", quadros))


@pytest.mark.parametrize("enlace, cabecalho", [(0, struct.pack("<I", 2)), (101, b"")])
def test_gravacoes_de_outros_sistemas(tmp_path, enlace, cabecalho):
    """A interface lo0 do macOS e o IP sem quadro também se leem."""
    caminho = gravar(tmp_path / "x.pcap", [cabecalho + bytes(pacote_ip())], enlace)
    assert resumo(captura.ler(caminho)) == [("cliente", "SYN", 0, None, b"")]


TRES = [
    ("cliente", "SYN", 0, None, b""),
    ("servidor", "SYN, ACK", 0, 1, b""),
    ("cliente", "PSH, ACK", 1, 1, b"7" * 300),
]


def tres_ip(versao=4):
    """Os pacotes IP de uma conversa de três segmentos; o último leva 300 bytes."""
    feitos = []
    for de, flags, seq, ack, dados in [(1, 2, 1, 0, b""), (0, 18, 9, 2, b""), (1, 24, 2, 10, b"7" * 300)]:
        portas = {"sport": 50000, "dport": 60000} if de else {"sport": 60000, "dport": 50000}
        tcp = dpkt.tcp.TCP(**portas, flags=flags, seq=seq, ack=ack, data=dados)
        if versao == 4:
            feitos.append(bytes(dpkt.ip.IP(src=b"\x7f\0\0\1", dst=b"\x7f\0\0\1", p=6, data=tcp)))
        else:
            feitos.append(struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + (b"\0" * 15 + b"\1") * 2 + bytes(tcp))
    return feitos


def ethernet(pacote, tipo=0x0800):
    return b"\0" * 12 + struct.pack("!H", tipo) + pacote


def gravar_pcapng(caminho, ordem, *blocos):
    """Uma seção e estes blocos, cada um (tipo, corpo)."""
    blocos = [(0x0A0D0D0A, struct.pack(f"{ordem}IHHq", 0x1A2B3C4D, 1, 0, -1)), *blocos]
    with open(caminho, "wb") as arquivo:
        for tipo, corpo in blocos:
            corpo += b"\0" * (-len(corpo) % 4)
            tamanho = struct.pack(f"{ordem}I", len(corpo) + 12)
            arquivo.write(struct.pack(f"{ordem}I", tipo) + tamanho + corpo + tamanho)
    return caminho


def interface(ordem, enlace, maximo=0, opcoes=b""):
    return 1, struct.pack(f"{ordem}HHI", enlace, 0, maximo) + opcoes


def pacote(ordem, qual, instante, quadro, gravados=None):
    gravado = quadro[:gravados]
    campos = qual, instante >> 32, instante & 0xFFFFFFFF, len(gravado), len(quadro)
    return 6, struct.pack(f"{ordem}IIIII", *campos) + gravado


@pytest.mark.parametrize("ordem", "<>")
def test_pcapng_com_duas_interfaces(tmp_path, ordem):
    """Cada quadro se abre pelo enlace da sua interface, na ordem de bytes da seção."""
    pacotes = [pacote(ordem, 1, i, ethernet(q)) for i, q in enumerate(tres_ip())]
    interfaces = interface(ordem, 113), interface(ordem, 1)
    assert resumo(captura.ler(gravar_pcapng(tmp_path / "x.pcapng", ordem, *interfaces, *pacotes))) == TRES


def test_pcapng_com_relogios_diferentes(tmp_path):
    """O instante respeita a resolução de cada interface: décimos, centésimos… ou potências de dois."""
    milesimos = interface("<", 1, opcoes=struct.pack("<HHBxxxHH", 9, 1, 3, 0, 0))
    potencias = interface("<", 1, opcoes=struct.pack("<HH4sHHBxxx", 2, 3, b"lo0", 9, 1, 0x80 | 10))
    um, dois, tres = map(ethernet, tres_ip())
    quadros = pacote("<", 0, 5_000_000, um), pacote("<", 1, 1500, dois), pacote("<", 2, 3 * 1024, tres)
    segmentos = captura.ler(
        gravar_pcapng(tmp_path / "x.pcapng", "<", interface("<", 1), milesimos, potencias, *quadros)
    )
    assert [s.instante for s in segmentos] == [0, -3.5, -2]


@pytest.mark.parametrize("maximo, gravados", [(0, 300), (96, 42)])
def test_pcapng_com_pacotes_simples(tmp_path, maximo, gravados):
    """Um Simple Packet Block não diz o instante nem a interface, e traz até o máximo dela."""
    simples = [(3, struct.pack("<I", len(q)) + q[: maximo or None]) for q in map(ethernet, tres_ip())]
    segmentos = captura.ler(gravar_pcapng(tmp_path / "x.pcapng", "<", interface("<", 1, maximo), *simples))
    assert [(len(s.dados), s.tamanho) for s in segmentos] == [(0, 0), (0, 0), (gravados, 300)]


def test_pcapng_de_uma_versao_antiga_e_em_duas_secoes(tmp_path):
    """O Packet Block obsoleto também se lê, e uma seção nova recomeça as interfaces, em outra ordem de bytes."""
    um, dois, tres = tres_ip()
    antigo = 2, struct.pack("<HHIIII", 0, 7, 0, 1, len(um), len(um)) + um
    primeira = gravar_pcapng(tmp_path / "1", "<", interface("<", 101), antigo, (0x0BAD, b"outro bloco"))
    segunda = gravar_pcapng(
        tmp_path / "2", ">", interface(">", 1), *(pacote(">", 0, 2, ethernet(q)) for q in (dois, tres))
    )
    (tmp_path / "x.pcapng").write_bytes(primeira.read_bytes() + segunda.read_bytes())
    assert resumo(captura.ler(tmp_path / "x.pcapng")) == TRES


@pytest.mark.parametrize(
    "enlace, cabecalho",
    [(101, b""), (229, b""), (0, struct.pack("<I", 30)), (1, b"\0" * 12 + b"\x86\xdd")],
    ids=["IP", "IPv6", "lo0", "Ethernet"],
)
def test_ipv6(tmp_path, enlace, cabecalho):
    """Um segmento em IPv6 se lê como os outros, com quadro ou sem."""
    assert resumo(captura.ler(gravar(tmp_path / "x.pcap", [cabecalho + q for q in tres_ip(6)], enlace))) == TRES


@pytest.mark.parametrize("versao, cabecalho", [(4, ethernet(b"")), (6, ethernet(b"", 0x86DD))])
def test_gravacao_que_corta_os_quadros(tmp_path, versao, cabecalho):
    """Com tcpdump -s, o tamanho é o do segmento, e se diz quantos bytes foram gravados."""
    quadros = [(cabecalho + q)[: 20 * (versao == 6) + 96] for q in tres_ip(versao)]
    segmentos = captura.ler(gravar(tmp_path / "x.pcap", quadros))
    assert [s.flags for s in segmentos] == ["SYN", "SYN, ACK", "PSH, ACK"]
    assert segmentos[2].conteudo(8) == "'77777777'… (300 bytes, dos quais 42 gravados)"
    assert segmentos[2].tamanho == 300 and segmentos[2].dados == b"7" * 42


def test_o_enchimento_do_quadro_nao_e_do_segmento(tmp_path):
    """A Ethernet completa os quadros curtos com zeros, e a placa de rede às vezes deixa o tamanho por escrever."""
    syn, resposta, dados = tres_ip()
    sem_tamanho = dados[:2] + b"\0\0" + dados[4:]
    quadros = [ethernet(syn) + b"\0" * 6, ethernet(resposta), ethernet(sem_tamanho)]
    segmentos = captura.ler(gravar(tmp_path / "x.pcap", quadros))
    assert [(s.dados, s.cortados) for s in segmentos] == [(b"", 0), (b"", 0), (b"7" * 300, 0)]


def test_pcap_em_nanossegundos_e_na_outra_ordem(tmp_path):
    """Os quatro números mágicos do pcap: micro ou nanossegundos, nas duas ordens de bytes."""
    syn, resposta, _ = map(ethernet, tres_ip())
    for ordem in "<>":
        for magico, partes in ((0xA1B2C3D4, 10**6), (0xA1B23C4D, 10**9)):
            conteudo = struct.pack(f"{ordem}IHHiIII", magico, 2, 4, 0, 0, 65535, 0xF0000001)
            for instante, quadro in ((1, syn), (partes // 2, resposta)):
                conteudo += struct.pack(f"{ordem}IIII", 7, instante, len(quadro), len(quadro)) + quadro
            (tmp_path / "x.pcap").write_bytes(conteudo)
            segmentos = captura.ler(tmp_path / "x.pcap")
            assert segmentos[1].instante == pytest.approx(0.5 - 1 / partes, abs=1e-12)


@repetivel
@given(st.data())
def test_qualquer_byte_trocado_da_segmentos_ou_erro_nosso(tmp_path_factory, data):
    """Uma gravação estragada, em qualquer formato, nunca dá outro tipo de erro."""
    caminho = tmp_path_factory.getbasetemp() / "estragada"
    quadros = [pacote("<", 0, i, ethernet(q)) for i, q in enumerate(tres_ip())]
    inteiros = [
        (DADOS / "troca.pcap").read_bytes(),
        gravar_pcapng(caminho, "<", interface("<", 1), *quadros, (3, b"\x20\0\0\0" + ethernet(b"x" * 18))).read_bytes(),
        gravar(caminho, [ethernet(q, 0x86DD) for q in tres_ip(6)]).read_bytes(),
    ]
    conteudo = bytearray(data.draw(st.sampled_from(inteiros)))
    for onde in data.draw(st.lists(st.integers(0, len(conteudo) - 1), min_size=1, max_size=3)):
        conteudo[onde] = data.draw(st.integers(0, 255))
    caminho.write_bytes(conteudo[: data.draw(st.integers(0, len(conteudo)))])
    try:
        assert captura.ler(caminho)
    except ErroParimpar as erro:
        assert "gravação" in str(erro)


def test_enlace_desconhecido(tmp_path):
    """Um tipo de enlace que não se conhece é dito como tal."""
    with pytest.raises(ErroDeUso, match=r"tipo de enlace que não se sabe ler \(127\)"):
        captura.ler(gravar(tmp_path / "x.pcap", [b"x"], 127))


def test_conversa_pega_no_meio_e_a_volta_do_contador(tmp_path):
    """Sem o SYN, a porta menor é a do servidor; e o número de sequência passa de 2³² para zero."""
    quadros = [
        bytes(pacote_ip(60000, 61000, dpkt.tcp.TH_ACK, seq=2**32 - 2, ack=9, dados=b"abcd")),
        bytes(pacote_ip(60000, 61000, dpkt.tcp.TH_ACK, seq=2, ack=9, dados=b"e")),
        bytes(pacote_ip(61000, 60000, dpkt.tcp.TH_ACK, seq=9, ack=3)),
    ]
    assert resumo(captura.ler(gravar(tmp_path / "x.pcap", quadros, 101))) == [
        ("servidor", "ACK", 0, 1, b"abcd"),
        ("servidor", "ACK", 4, 1, b"e"),
        ("cliente", "ACK", 1, 5, b""),
    ]


@so_com_permissao
def test_ao_vivo_cada_segmento_uma_vez():
    """A troca ao vivo tem os bytes da troca, na ordem e sem os dobrar, e acaba quando a conexão acaba."""
    with Servidor() as servidor:
        segmentos = captura.capturar(servidor.porta, PRAZO, lambda: rodada("7", *servidor.endereco))
    vezes = Counter((s.de, s.flags, s.seq, s.ack, s.dados.decode()) for s in segmentos)
    assert [(de, dados) for de, *_, dados in vezes if dados] == [
        ("cliente", "7\n"),
        ("servidor", "ÍMPAR\n"),
        ("cliente", "ÍMPAR FIM\n"),
    ]
    assert [flags for _, flags, *_ in vezes][:3] == ["SYN", "SYN, ACK", "ACK"]
    assert {s.de for s in segmentos if "FIN" in s.flags} == {"cliente", "servidor"}
    assert vezes.total() < 2 * len(vezes)  # um ou outro o TCP pode ter enviado de novo, numa máquina ocupada
    assert 0 < segmentos[-1].instante < PRAZO


@so_com_permissao
def test_ao_vivo_com_outros_programas_a_usar_a_rede():
    """O que os outros programas enviam durante a troca não faz perder nenhum segmento dela."""
    with Servidor() as servidor, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outro:

        def no_meio_de_muitos():
            for _ in range(2000):
                outro.sendto(b"outro", ("127.0.0.1", 9))
            rodada("7", *servidor.endereco)

        segmentos = captura.capturar(servidor.porta, PRAZO, no_meio_de_muitos)
    assert [s.de for s in segmentos if s.dados] == ["cliente", "servidor", "cliente"]


@so_com_permissao
def test_a_interface_lo_mostra_tudo_duas_vezes(monkeypatch):
    """Sem descartar a saída, cada segmento apareceria em dobro: é disso que `_repetido` cuida."""
    with Servidor() as servidor:

        def reiniciada():
            reiniciar(conectar(servidor.endereco))

        uma_vez = captura.capturar(servidor.porta, PRAZO, reiniciada)
        monkeypatch.setattr(captura, "_repetido", lambda *_: False)
        monkeypatch.setattr(captura, "_acabou", lambda segmentos: sum("RST" in s.flags for s in segmentos) == 2)
        em_dobro = captura.capturar(servidor.porta, PRAZO, reiniciada)
    assert [s.flags for s in uma_vez] == ["SYN", "SYN, ACK", "ACK", "RST, ACK"]
    assert len(em_dobro) == 2 * len(uma_vez)


@so_com_permissao
def test_ao_vivo_sem_trafego_respeita_o_prazo():
    """Sem nada para ver, a captura acaba no prazo, vazia."""
    with socket.create_server(("127.0.0.1", 0)) as escuta:
        assert captura.capturar(escuta.getsockname()[1], 0.1) == []


@so_com_permissao
def test_interface_que_nao_existe():
    """O nome errado da interface é dito."""
    with pytest.raises(ErroDeUso, match="não existe a interface 'nenhuma0'"):
        captura.capturar(60000, interface="nenhuma0")


def test_sem_permissao(monkeypatch):
    """Sem permissão, a mensagem diz qual falta e o que fazer."""

    def negar(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "AF_PACKET", 17, raising=False)
    monkeypatch.setattr(captura.socket, "socket", negar)
    with pytest.raises(ErroDeUso, match="permissão de administrador.*CAP_NET_RAW.*notebooks/dados"):
        captura.capturar(60000)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="só o Linux tem o que esconder")
def test_noutro_sistema(monkeypatch):
    """Onde o Python não captura, a mensagem diz isso e o que fazer."""
    monkeypatch.delattr(socket, "AF_PACKET")
    with pytest.raises(ErroDeUso, match="neste sistema o Python não captura pacotes; leia uma das gravações"):
        captura.capturar(60000)
