"""O servidor do mural com gente hostil na rede: um aluno honesto é atendido, a linha dele está certa, e nada cresce."""

import contextlib
import socket
import sys
import threading

import pytest
from apoio import PRAZO, esperar, ler_tudo, reiniciar

from parimpar import Cliente
from parimpar.aulas.diario_do_mural import DiarioDoMural
from parimpar.aulas.mural_servidor import POR_ENDERECO, ServidorDoMural
from parimpar.aulas.mural_terminal import rodape, tabela
from parimpar.aulas.placar import MAXIMO_DE_LINHAS, NOMES_POR_ENDERECO, Placar

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="o macOS só tem o 127.0.0.1")
HOSTIL = "127.0.9.9"
HOSTIS = ("<b>x</b>", "\x1b[2Jx", "\u202eabc", "Í" * 30, "x" * 31, "", "$\\frac{1}{0}$", "\x00", "\ud800")


PORTA = 14_900  # a de todas as conexões de muitos endereços: duas mil sorteadas seriam também as de outros testes


def de(endereco, ip=HOSTIL, porta=0):
    """Um socket de outro endereço de loopback."""
    sock = socket.socket()
    sock.settimeout(PRAZO)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((ip, porta))
    sock.connect(endereco)
    return sock


def muitas_conexoes(endereco):
    """O dobro do limite, de um endereço só, todas mudas; as que não cabem são recusadas."""
    with contextlib.ExitStack() as abertas:
        for _ in range(2 * POR_ENDERECO):
            with contextlib.suppress(ConnectionError):
                ultima = abertas.enter_context(de(endereco))
        ler_tudo(ultima)  # até a recusa: fechadas antes de o servidor as aceitar, caberiam todas


def muitos_enderecos(endereco):
    """Duas mil conexões, cada uma de um endereço: mais do que as linhas que o mural tem."""
    for i in range(2000):
        de(endereco, f"127.1.{i // 250}.{1 + i % 250}", PORTA).close()


def sem_fim(endereco):
    """Um megabyte sem um \\n; o servidor o recusa no começo, e continua a ler só para se despedir."""
    for _ in range(3):
        with de(endereco) as sock, contextlib.suppress(ConnectionError):
            sock.sendall(b"9" * (1 << 20))
            sock.shutdown(socket.SHUT_WR)
            assert ler_tudo(sock).startswith(b"ERRO o pedido passou de 1024 bytes")


def nomes(endereco):
    """Cinco mil nomes numa conexão, e os que o protocolo recusa."""
    linhas = b"".join(b"NOME n%d\n" % i for i in range(5000))
    linhas += b"".join(f"NOME {nome}\n".encode("utf-8", "surrogatepass") for nome in HOSTIS)
    with de(endereco) as sock:
        sock.sendall(linhas)
        sock.shutdown(socket.SHUT_WR)
        ler_tudo(sock)


def devolucoes(endereco):
    """Cem mil linhas que ninguém responde, cada uma um evento."""
    with de(endereco) as sock:
        sock.sendall(b"FIM\n" * 100_000)
        sock.shutdown(socket.SHUT_WR)
        ler_tudo(sock)


def reinicios(endereco):
    """Quem conecta, envia meio número e desiste com um RST."""
    for _ in range(500):
        sock = de(endereco)
        sock.sendall(b"12")
        reiniciar(sock)


@pytest.mark.parametrize("atacar", [muitas_conexoes, muitos_enderecos, sem_fim, nomes, devolucoes, reinicios])
def test_o_honesto_nao_percebe(atacar):
    """Durante o ataque ele pergunta e devolve; o mural o conta certo, e o que o hostil fez a mais tem limite."""
    placar, quantas = Placar(DiarioDoMural()), 0
    with ServidorDoMural("127.0.0.1", 0, placar.diario) as servidor:
        ataque = threading.Thread(target=atacar, args=[servidor.endereco])
        ataque.start()
        while ataque.is_alive() or quantas < 10:
            with Cliente(*servidor.endereco, nome="Honesta") as cliente:
                assert cliente.perguntar("8") == "PAR"
                cliente.devolver()
            quantas += 1
            placar.atualizar()
            assert len(placar.alunos) <= MAXIMO_DE_LINHAS
        ataque.join()
        esperar(lambda: placar.atualizar() == 0 and not placar.conexoes_abertas)
    honesta = placar.alunos["Honesta", "127.0.0.1"]
    assert (honesta.pedidos, honesta.devolucoes, honesta.divergentes, honesta.defeito) == (quantas, quantas, 0, "")
    assert honesta.respostas == {"PAR": quantas} and placar.perdidos == 0
    assert all(aluno.abertas == 0 for aluno in placar.alunos.values())
    assert sum(bool(nome) for nome, ip in placar.alunos if ip == HOSTIL) <= NOMES_POR_ENDERECO
    escrito = "".join(tabela(placar, 120, 500)) + rodape(placar)
    assert all(letra.isprintable() for letra in escrito)
    if atacar in (muitas_conexoes, nomes, devolucoes):
        assert placar.recusados[HOSTIL] > 0 and HOSTIL in rodape(placar)
