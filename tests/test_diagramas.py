"""Os diagramas: artistas e textos, não pixels."""

import random

import pytest
from matplotlib.figure import Figure

from parimpar import Cliente, Diario, ErroParimpar, Servidor
from parimpar.cliente import rodada
from parimpar.diagramas import AZUL, LARANJA, MAXIMO_DE_LINHAS, conversa, descrever, ultima_troca


@pytest.fixture
def ax():
    return Figure().add_subplot()


@pytest.fixture
def diario():
    """O diário de uma troca de verdade, com as duas pontas."""
    diario = Diario()
    with Servidor(diario=diario, sorteio=random.Random(1)) as servidor:
        rodada("8", *servidor.endereco, diario=diario)
        rodada("7", *servidor.endereco, diario=diario)
        diario.esperar(
            lambda e: e.tipo == "fecha" and e.quem == "servidor" and e.instante > list(diario)[8].instante, 5
        )
    return diario


def textos(ax):
    return [texto.get_text() for texto in ax.texts]


def test_ultima_troca_so_tem_a_ultima_conexao(diario):
    """A troca traz as duas pontas da última conexão, em ordem, e nada da anterior."""
    troca = ultima_troca(diario)
    assert {e.quem for e in troca} == {"cliente", "servidor"}
    assert not any(b"PAR\n" == e.dados for e in troca)
    assert [e.instante for e in troca] == sorted(e.instante for e in troca)
    assert [e.tipo for e in troca if e.quem == "cliente"] == ["conecta", "envia", "recebe", "envia", "fecha"]
    assert [e.tipo for e in troca if e.quem == "servidor"] == [
        "conecta",
        "recebe",
        "envia",
        "recebe",
        "devolve",
        "fecha",
    ]


def test_a_causa_vem_antes_do_efeito(diario):
    """Em ordem de instante, todo envio vem antes da chegada dos mesmos bytes."""
    troca = ultima_troca(diario)
    for envio in (e for e in troca if e.tipo == "envia"):
        chegada = next(e for e in troca if e.tipo == "recebe" and e.quem != envio.quem and e.dados == envio.dados)
        assert envio.instante <= chegada.instante


def test_conversa_desenha_cada_chamada_e_cada_mensagem(diario, ax):
    """Cada evento tem seu rótulo, cada mensagem uma seta com os bytes, e os papéis têm cor e nome."""
    troca = ultima_troca(diario)
    artistas = conversa(troca, ax)
    escrito = textos(ax)
    assert all(any(e.chamada in texto for texto in escrito) for e in troca if e.chamada)
    for mensagem in (
        r"'7\n' (2 bytes)",
        r"'ÍMPAR\n' (7 bytes)",
        r"'ÍMPAR FIM\n' (11 bytes)",
        "conexão",
        "fim do envio",
    ):
        assert escrito.count(mensagem) == 1, mensagem
    nomes = {
        t.get_text(): t.get_bbox_patch().get_facecolor() for t in ax.texts if t.get_text() in ("cliente", "servidor")
    }
    assert len(nomes) == 2 and nomes["cliente"] != nomes["servidor"]
    assert all(artista.axes is ax for artista in artistas)


def test_descrever_e_o_equivalente_em_texto(diario):
    """A descrição tem uma linha por evento, com o instante, quem e os bytes."""
    troca = ultima_troca(diario)
    linhas = descrever(troca).splitlines()
    assert len(linhas) == len(troca)
    assert linhas[0].split() == ["0,0", "ms", "cliente", "connect(…)"]
    assert any(linha.endswith(r"servidor  recv(4096)  '7\n' (2 bytes)") for linha in linhas)


def test_conexao_recusada(ax):
    """A tentativa recusada é a última troca: um evento, marcado como erro."""
    diario = Diario()
    with Servidor() as servidor:
        endereco = servidor.endereco
    with pytest.raises(ErroParimpar):
        rodada("7", *endereco, diario=diario)
    troca = ultima_troca(diario)
    assert [e.tipo for e in troca] == ["erro"]
    conversa(troca, ax)
    assert any("ECONNREFUSED" in texto for texto in textos(ax))


def test_seta_sem_a_outra_ponta_fica_pela_metade(ax):
    """Com o diário de um lado só, não se desenha a chegada que ninguém viu."""
    with Servidor() as servidor, Cliente(*servidor.endereco) as cliente:
        cliente.perguntar("7")
    conversa(ultima_troca(cliente.diario), ax)
    setas = [t for t in ax.texts if getattr(t, "arrow_patch", None)]
    assert len(setas) == 1 and setas[0].xy[0] == 0.5


def test_sem_eventos(ax):
    """Sem conversa, o desenho e o texto dizem isso."""
    conversa([], ax)
    assert "nenhuma conversa ainda" in textos(ax)
    assert descrever([]) == "nenhuma conversa ainda"
    assert ultima_troca([]) == []


def test_conversa_longa_e_cortada(ax):
    """Acima do que se lê projetado, o resto é contado, não desenhado."""
    diario = Diario()
    with Servidor(diario=diario) as servidor, Cliente(*servidor.endereco, diario=diario) as cliente:
        for _ in range(10):
            cliente.perguntar("7")
    troca = ultima_troca(diario)
    conversa(troca, ax)
    assert f"… e mais {len(troca) - MAXIMO_DE_LINHAS} eventos" in textos(ax)


def test_cores_dos_papeis():
    """As cores são as da casa, seguras para daltônicos."""
    assert (AZUL, LARANJA) == ("#0072B2", "#D55E00")
