"""O mural no terminal: o convite, a tabela, o JSON, e um fim limpo."""

import io
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from apoio import PRAZO, RAIZ, conectar, ler

from parimpar import Cliente, Servidor
from parimpar.aulas import enderecos, mural_terminal
from parimpar.aulas.aluno import MISSOES
from parimpar.aulas.placar import Placar


def test_os_enderecos_nao_sao_de_loopback():
    """Um aluno que digitasse 127.0.0.1 falaria com o próprio computador."""
    for endereco in enderecos.enderecos_da_rede():
        assert not endereco.startswith(("127.", "0."))


def test_a_rede_de_verdade_vem_antes_da_do_conteiner(monkeypatch):
    """A da rota para fora primeiro; as pontes, e as de quem não achou DHCP, por último; a de loopback, nunca."""
    interfaces = [("127.0.0.1", "lo"), ("172.17.0.1", "docker0"), ("10.0.0.5", "eth1"), ("169.254.3.4", "eth2")]
    monkeypatch.setattr(enderecos, "_das_interfaces", lambda: interfaces)
    monkeypatch.setattr(enderecos.socket.socket, "connect", lambda *_: (_ for _ in ()).throw(OSError()))
    monkeypatch.setattr(enderecos.socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("127.0.1.1", 0))])
    assert enderecos.enderecos_da_rede() == ["10.0.0.5", "172.17.0.1", "169.254.3.4"]


@pytest.mark.parametrize("sistema, trecho", [("win32", "netsh"), ("darwin", "Ajustes"), ("linux", "ufw allow 60000")])
def test_a_dica_do_firewall_e_a_do_sistema(sistema, trecho):
    """Cada sistema barra de um jeito."""
    assert trecho in enderecos.dica_do_firewall(60000, sistema)


def test_o_convite_diz_o_que_digitar():
    """O endereço em destaque, a chamada, e o comando pronto para copiar."""
    texto = mural_terminal.convite(60000, ["192.168.0.10", "10.0.0.5"])
    assert 'connect(("192.168.0.10", 60000))' in texto and "10.0.0.5  porta 60000" in texto
    assert "--host 192.168.0.10 --porta 60000 --nome Ana" in texto
    assert "não está em nenhuma rede" in mural_terminal.convite(60000, [])


def test_a_tabela_cabe_no_terminal():
    """Em 80 colunas e 10 linhas: a mais recente primeiro, o resto contado, e nada que o terminal obedeça."""
    with Servidor() as servidor:
        placar = Placar(servidor.diario)
        for nome in [f"aluno {i}" for i in range(12)] + ["Zoé"]:
            with Cliente(*servidor.endereco, nome=nome) as cliente:
                cliente.perguntar(7)
                cliente.devolver()
        with conectar(servidor.endereco) as client_socket:
            client_socket.sendall(b"\x1b[31m\xff\n")
            ler(client_socket, 5)
    placar.atualizar()
    linhas = mural_terminal.tabela(placar, 80, 10)
    assert len(linhas) == 11 and all(len(linha) <= 80 for linha in linhas)
    assert linhas[1].startswith("127.0.0.1") and linhas[2].startswith("Zoé") and "e mais 5 alunos" in linhas[-1]
    assert "●●●·●····" in linhas[2] and "\x1b" not in "".join(linhas)
    assert "14 alunos" in mural_terminal.rodape(placar)


def test_as_siglas_sao_uma_por_missao():
    """Cada luz tem a sua letra, e a legenda diz o que ela é, inteira, mesmo num terminal estreito."""
    assert len(set(mural_terminal.SIGLAS.values())) == len(MISSOES)
    for largura in (60, 80, 200):
        linhas = mural_terminal.legenda(largura)
        assert all(len(linha) <= largura for linha in linhas)
        assert all(
            any(f"{mural_terminal.SIGLAS[m]} {frase}" in linha for linha in linhas) for m, frase in MISSOES.items()
        )


def test_num_arquivo_a_tabela_sai_uma_vez(tmp_path):
    """Sem terminal nada se redesenha; o JSON é trocado inteiro, e só existe se pedido."""
    saida, voltas = io.StringIO(), iter([False, True])
    mural_terminal.mostrar("127.0.0.1", 0, tmp_path / "p.json", saida, parar=lambda: next(voltas))
    assert "\x1b" not in saida.getvalue() and saida.getvalue().count("o que se viu") == 1
    assert json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))["alunos"] == []
    assert [p.name for p in tmp_path.iterdir()] == ["p.json"]


class Tela(io.StringIO):
    """Um terminal de mentira."""

    def isatty(self):
        return True


def test_no_terminal_a_dica_fica_ate_alguem_chegar():
    """Quem espera o primeiro aluno ainda lê o que fazer se ele não consegue; depois, é a tabela."""
    tela, telas = Tela(), []

    def visitar():
        if len(telas) == 1:
            with Cliente("127.0.0.1", porta_do_mural(tela), nome="Ana") as cliente:
                cliente.perguntar(7)
        telas.append(tela.getvalue().split(mural_terminal.LIMPA)[-1])
        return len(telas) > 1 and "Ana " in telas[-1]

    mural_terminal.mostrar("127.0.0.1", 0, saida=tela, parar=visitar)
    assert "Se ninguém consegue se conectar" in telas[1] and "CONECTE-SE A" in telas[1]
    assert "Se ninguém" not in telas[-1] and telas[-1].startswith("127.0.0.1  porta ")


@pytest.fixture
def ctrl_c():
    """Um Ctrl-C interrompe, mesmo que outro teste tenha deixado o sinal ignorado."""
    de_antes = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, de_antes)


@pytest.mark.parametrize("evento", ["conecta", "apresenta", "envia", "devolve"])
def test_um_ctrl_c_no_meio_da_leitura_nao_perde_nada(monkeypatch, ctrl_c, evento):
    """Interrompido enquanto lê o diário, o mural termina de ler, e a última tabela traz tudo o que chegou."""
    lidos = []

    def interrompida(placar, novo, ler=Placar._ler):
        if novo.tipo == evento and not lidos:
            lidos.append(novo)
            signal.raise_signal(signal.SIGINT)
        ler(placar, novo)

    def visitar():
        if not lidos:  # uma ronda basta; a segunda só há se a primeira leitura não chegou ao evento
            with Cliente("127.0.0.1", porta_do_mural(saida), nome="Ana") as cliente:
                cliente.perguntar(7)
                cliente.devolver()
        return False

    monkeypatch.setattr(Placar, "_ler", interrompida)
    saida = io.StringIO()
    mural_terminal.mostrar("127.0.0.1", 0, saida=saida, parar=visitar)
    *_, linha, rodape, fim = saida.getvalue().splitlines()
    assert lidos and re.match(r"Ana +●●●·●", linha) and rodape.startswith("1 aluno, ") and fim == "Mural encerrado."


def porta_do_mural(saida):
    """A porta que ele diz ter aberto."""
    return int(re.search(r":(\d+)\. ", saida.getvalue())[1])


@pytest.mark.skipif(os.name == "nt", reason="o Windows não envia SIGINT a um processo só")
@pytest.mark.parametrize("sinal", [signal.SIGINT, signal.SIGTERM])
def test_linha_de_comando(tmp_path, sinal):
    """`python -m parimpar mural` num Python sem nada: mostra o endereço, atende, e encerra com código 0."""
    comando = [
        sys.executable,
        "-S",
        "-X",
        "utf8",
        "-u",
        "-m",
        "parimpar",
        "mural",
        "--host",
        "127.0.0.1",
        "--porta",
        "0",
    ]
    with subprocess.Popen(
        [*comando, "--porta", "0", "--json", str(tmp_path / "p.json")], cwd=RAIZ,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    ) as processo:  # fmt: skip
        porta = int(re.search(r":(\d+)\. ", processo.stdout.readline())[1])
        with Cliente("127.0.0.1", porta, nome="Ana") as cliente:
            assert cliente.perguntar(7) == "ÍMPAR"
            cliente.devolver()
        processo.send_signal(sinal)
        saida, erros = processo.communicate(timeout=PRAZO)
    assert (processo.returncode, erros) == (0, "") and saida.endswith("Mural encerrado.\n")
    assert re.search(r"Ana +●●●·●", saida), saida
    assert json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))["alunos"][0]["nome"] == "Ana"
