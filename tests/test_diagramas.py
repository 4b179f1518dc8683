"""Os diagramas: artistas e textos, não pixels."""

import random
import re

import pytest
from matplotlib.figure import Figure

from parimpar import Cliente, Diario, ErroParimpar, Servidor
from parimpar.aulas.desenhos import (
    AZUL,
    LARANJA,
    MAXIMO_DE_LINHAS,
    Tabela,
    conversa,
    descrever,
    em_ordem,
    ultima_troca,
)
from parimpar.aulas.rede_ruim import RedeRuimUDP
from parimpar.cliente import rodada
from parimpar.diario import Evento
from parimpar.udp import ClienteUDP, ServidorUDP


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


def setas(ax):
    """{(y de onde sai, y onde chega)} de cada seta inteira, de uma ponta à outra."""
    inteiras = [t for t in ax.texts if getattr(t, "arrow_patch", None) and t.xy[0] in (0, 1)]
    return {(t.xyann[1], t.xy[1]) for t in inteiras}


def udp(*eventos):
    """Eventos de datagramas: ("cliente", "envia", dados), um por instante."""
    chamadas = {"envia": "sendto(…)", "recebe": "recvfrom(1024)"}
    return [
        Evento(y, float(y), quem, tipo, chamadas.get(tipo, ""), dados=dados, tamanho=len(dados))
        for y, (quem, tipo, dados) in enumerate(eventos)
    ]


def test_datagrama_perdido_para_no_meio(ax):
    """Uma troca de verdade que perde um pedido e uma resposta: duas setas com ✗, as outras inteiras."""
    diario = Diario()
    with ServidorUDP(diario=diario) as servidor, RedeRuimUDP(servidor.endereco, perda=0.5, semente=59) as rede:
        with ClienteUDP(*rede.endereco, espera=0.5, diario=diario) as cliente:
            cliente.perguntar("7")
            cliente.devolver()
            assert diario.esperar(lambda e: e.tipo == "devolve", 10)
    assert {nome: n for nome, n in rede.contagem.items() if "perdidos" in nome} == {
        "ida: perdidos": 1,
        "volta: perdidos": 1,
    }
    troca = [e for e in em_ordem(diario) if e.tipo not in ("inicia", "para")]
    conversa(troca, ax)
    assert textos(ax).count("não chegou") == 2
    assert [linha.split()[2:4] for linha in descrever(troca).splitlines() if linha.endswith("✗ não chegou")] == [
        ["cliente", "sendto(1"],
        ["servidor", "sendto(…)"],
    ]
    assert len(setas(ax)) == 4  # o 2º e o 3º pedidos, a 2ª resposta e a devolução


def test_resposta_atrasada_se_liga_aos_seus_bytes(ax):
    """A resposta de 7, que chega depois do envio de 8, não se liga à chegada da de 8."""
    eventos = udp(
        ("cliente", "envia", b"7"), ("servidor", "recebe", b"7"), ("servidor", "envia", b"IMPAR"),
        ("cliente", "envia", b"8"), ("servidor", "recebe", b"8"), ("servidor", "envia", b"PAR"),
        ("cliente", "recebe", b"IMPAR"), ("cliente", "recebe", b"PAR"),
    )  # fmt: skip
    conversa(eventos, ax)
    assert setas(ax) == {(0, 1), (2, 6), (3, 4), (5, 7)} and "não chegou" not in textos(ax)


def test_datagrama_ultrapassado_repetido_ou_lido_pela_metade(ax):
    """Quem ultrapassa cruza a seta do outro; a repetição sai do mesmo envio; a leitura curta também chegou."""
    eventos = udp(
        ("cliente", "envia", b"1"), ("cliente", "envia", b"2"), ("servidor", "recebe", b"2"),
        ("servidor", "recebe", b"1"), ("servidor", "recebe", b"1"),
    )  # fmt: skip
    conversa(eventos, ax)
    assert setas(ax) == {(0, 3), (0, 4), (1, 2)}
    longo, curto = udp(("cliente", "envia", b"1234567"), ("servidor", "recebe", b"1234"))
    curto = Evento(1, 1.0, "servidor", "recebe", "recvfrom(4)", dados=b"1234", tamanho=4)
    assert "✗" not in descrever([longo, curto])


def test_sem_o_outro_diario_nada_se_diz_perdido(ax):
    """Com o diário de um lado só, o datagrama é uma seta pela metade, sem ✗."""
    eventos = udp(("cliente", "envia", b"7"), ("cliente", "envia", b"7"))
    conversa(eventos, ax)
    assert "não chegou" not in textos(ax) and "✗" not in descrever(eventos) and not setas(ax)


def test_o_que_foi_cortado_do_desenho_nao_e_uma_perda(ax):
    """O datagrama que chega depois da última linha desenhada fica pela metade, sem ✗."""
    meio = [("servidor", "erro", b"")] * MAXIMO_DE_LINHAS
    conversa(udp(("cliente", "envia", b"7"), *meio, ("servidor", "recebe", b"7")), ax)
    assert "não chegou" not in textos(ax) and not setas(ax)


def test_o_erro_vale_quando_e_visto():
    """Um prazo que acaba vem depois do que aconteceu durante a espera."""
    prazo = Evento(0, 1.0, "cliente", "erro", "recvfrom(9)", detalhe="o prazo acabou", duracao=0.5)
    chegou = Evento(1, 1.2, "servidor", "recebe", "recvfrom(9)", dados=b"7", tamanho=1)
    assert em_ordem([prazo, chegou]) == [chegou, prazo]
    assert descrever([chegou, prazo]).splitlines()[1].split()[0] == "300,0"


def test_tabela():
    """Em texto, colunas alinhadas; em HTML, cabeçalhos de linha e de coluna, e nada que o navegador obedeça."""
    tabela = Tabela(["TCP", "UDP"], {"fronteiras": (b"78", [b"7", b"8"]), "<b>": (1, "&")})
    assert str(tabela) == repr(tabela)
    assert [linha.split() for linha in str(tabela).splitlines()] == [
        ["TCP", "UDP"], ["fronteiras", "b'78'", "[b'7',", "b'8']"], ["<b>", "1", "&"],
    ]  # fmt: skip
    assert len({re.search(r"TCP|b'78'|\b1\b", linha).start() for linha in str(tabela).splitlines()}) == 1
    pagina = tabela._repr_html_()
    assert pagina.count('scope="col"') == pagina.count('scope="row"') == 2
    assert "<b>" not in pagina and "&lt;b&gt;" in pagina and "&amp;" in pagina


def test_o_fim_do_envio_chega_a_leitura_que_o_descobriu(ax):
    """Com as chamadas observadas, a seta vai ao recv que devolveu b"", e não ao close que veio depois."""

    def evento(numero, quem, tipo, chamada):
        return Evento(numero, numero / 10, quem, tipo, chamada, ("127.0.0.1", 1), ("127.0.0.1", 2))

    fim = [evento(0, "cliente", "fecha", "close()"), evento(1, "servidor", "recebe", "recv(100)"),
           evento(2, "servidor", "fecha", "close()")]  # fmt: skip
    conversa(fim, ax)
    setas = [texto for texto in ax.texts if getattr(texto, "arrow_patch", None)]
    assert [tuple(seta.xy) for seta in setas] == [(1.0, 1)]
