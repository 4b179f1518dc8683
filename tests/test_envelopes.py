"""Os envelopes de um quadro gravado: quantos bytes põe cada camada, e o mesmo em texto."""

import pathlib

import pytest
from matplotlib.figure import Figure

from parimpar.aulas import captura, desenhos
from parimpar.erros import ErroDeUso

DADOS = pathlib.Path(__file__).parent.parent / "notebooks" / "dados"


def test_as_camadas_do_pedido():
    """O quarto quadro da gravação leva o pedido, dentro de três envelopes."""
    camadas = captura.camadas(DADOS / "troca.pcap", 4)
    assert [nome for nome, _ in camadas] == ["enlace", "rede (IP)", "transporte (TCP)", "aplicação"]
    assert [len(dados) for _, dados in camadas] == [14, 20, 32, 2]
    assert camadas[-1][1] == b"7\n"


def test_um_quadro_sem_bytes_da_aplicacao():
    """O SYN não leva nada nosso, e o desenho o mostra assim mesmo."""
    camadas = captura.camadas(DADOS / "troca.pcap", 1)
    assert camadas[-1] == ("aplicação", b"")
    ax = Figure().add_subplot()
    assert len(desenhos.envelopes(camadas, ax)) == 2 * sum(len(dados) for _, dados in camadas)
    assert [t.get_text() for t in ax.get_legend().get_texts()][-1] == "transporte (TCP): 40 bytes"


@pytest.mark.parametrize("numero", [0, 12])
def test_um_quadro_que_nao_existe(numero):
    """O erro diz quantos há."""
    with pytest.raises(ErroDeUso, match="a gravação tem 11"):
        captura.camadas(DADOS / "troca.pcap", numero)


def test_um_arquivo_que_nao_e_gravacao():
    """O mesmo erro de `captura.ler`."""
    with pytest.raises(ErroDeUso, match="não é uma gravação"):
        captura.camadas(DADOS / "LEIA-ME.md")


def test_um_quadro_de_outro_enlace(monkeypatch):
    """Sem os envelopes que se esperam, o erro diz quais são."""
    monkeypatch.setattr(captura, "_abrir", lambda _: [(0, 101, b"\x45" + bytes(40))])
    with pytest.raises(ErroDeUso, match="TCP dentro de IPv4 dentro de Ethernet"):
        captura.camadas("qualquer")


def test_sozinho_mostra_e_escreve(capsys):
    """Sem eixos, a figura vai com o texto alternativo, e os bytes por escrito."""
    desenhos.envelopes([("transporte (TCP)", b"\x9a\x8c"), ("aplicação", b"7\n")])
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "transporte (TCP)   2 bytes  9a 8c",
        "aplicação          2 bytes  37 0a = '7\\n'",
    ]
