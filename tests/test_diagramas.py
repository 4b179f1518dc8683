"""O diagrama da conversa: o que está escrito e o que se liga a quê, não pixels."""

import random
import re
from xml.etree import ElementTree

import pytest
from apoio import RAIZ

from parimpar import Cliente, Diario, ErroParimpar, Servidor
from parimpar.aulas.desenhos import (
    Tabela,
    conversa_em_svg,
    descrever,
    em_ordem,
    ultima_troca,
)
from parimpar.aulas.desenhos.conversa import MAXIMO_DE_LINHAS
from parimpar.aulas.desenhos.troca import NAO_CHEGOU, ligacoes
from parimpar.aulas.rede_ruim import RedeRuimUDP
from parimpar.cliente import rodada
from parimpar.diario import Evento
from parimpar.folha import AZUL, LARANJA, TEMA
from parimpar.udp import ClienteUDP, ServidorUDP


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


def textos(eventos):
    """O que está escrito no desenho, cada linha por si."""
    arvore = ElementTree.fromstring(conversa_em_svg(eventos))
    return [elemento.text for elemento in arvore.iter("{http://www.w3.org/2000/svg}text")]


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


def test_conversa_desenha_cada_chamada_e_cada_mensagem(diario):
    """Cada evento tem seu rótulo, cada mensagem uma seta com os bytes, e os papéis têm cor e nome."""
    troca = ultima_troca(diario)
    escrito = textos(troca)
    assert all(any(e.chamada in texto for texto in escrito) for e in troca if e.chamada)
    for mensagem in (
        r"'7\n' (2 bytes)",
        r"'ÍMPAR\n' (7 bytes)",
        r"'ÍMPAR FIM\n' (11 bytes)",
        "conexão",
        "fim do envio",
    ):
        assert escrito.count(mensagem) == 1, mensagem
    svg = conversa_em_svg(troca)
    assert escrito.count("cliente") == escrito.count("servidor") == 1
    assert "--parimpar-cliente" in svg and "--parimpar-servidor" in svg and "<circle" in svg  # cor e forma


def test_descrever_e_o_equivalente_em_texto(diario):
    """A descrição tem uma linha por evento, com o instante, quem e os bytes."""
    troca = ultima_troca(diario)
    linhas = descrever(troca).splitlines()
    assert len(linhas) == len(troca)
    assert linhas[0].split() == ["0,0", "ms", "cliente", "connect(…)"]
    assert any(linha.endswith(r"servidor  recv(4096)  '7\n' (2 bytes)") for linha in linhas)


def test_conexao_recusada():
    """A tentativa recusada é a última troca: um evento, marcado como erro."""
    diario = Diario()
    with Servidor() as servidor:
        endereco = servidor.endereco
    with pytest.raises(ErroParimpar):
        rodada("7", *endereco, diario=diario)
    troca = ultima_troca(diario)
    assert [e.tipo for e in troca] == ["erro"]
    assert any("ECONNREFUSED" in texto for texto in textos(troca))


def test_seta_sem_a_outra_ponta_fica_pela_metade():
    """Com o diário de um lado só, não se desenha a chegada que ninguém viu."""
    with Servidor() as servidor, Cliente(*servidor.endereco) as cliente:
        cliente.perguntar("7")
    troca = ultima_troca(cliente.diario)
    assert [(e.tipo, chegada) for e, _, chegada in ligacoes(troca)] == [("envia", None)]
    inteira, pela_metade = (re.findall(r"L(\d+)", conversa_em_svg(lista)) for lista in (par(troca), troca))
    assert "436" in inteira and "436" not in pela_metade and "316" in pela_metade


@pytest.mark.parametrize("segundos, escrito", [(0.9994, "999,4"), (3.0004, "3000"), (12.5, "12500")])
def test_um_tempo_longo_cabe_na_coluna(segundos, escrito):
    """Acima de um segundo, os décimos de milissegundo não se escrevem."""
    eventos = [Evento(i, i * segundos, "cliente", "fecha", "close()") for i in range(2)]
    assert escrito in textos(eventos)


def test_sem_eventos():
    """Sem conversa, o desenho e o texto dizem isso."""
    assert "nenhuma conversa ainda" in textos([])
    assert descrever([]) == "nenhuma conversa ainda"
    assert ultima_troca([]) == []


def test_conversa_longa_e_cortada():
    """Acima do que se lê projetado, o resto é contado, não desenhado."""
    diario = Diario()
    with Servidor(diario=diario) as servidor, Cliente(*servidor.endereco, diario=diario) as cliente:
        for _ in range(10):
            cliente.perguntar("7")
    troca = ultima_troca(diario)
    assert f"… e mais {len(troca) - MAXIMO_DE_LINHAS} eventos" in textos(troca)


def test_cores_dos_papeis():
    """As cores são as da casa, seguras para daltônicos."""
    assert (AZUL, LARANJA) == ("#0072B2", "#D55E00")


def contraste(uma, outra):
    """A razão de contraste da WCAG 2.1 entre duas cores #rrggbb."""

    def luminancia(cor):
        partes = [int(cor[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        vermelho, verde, azul = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in partes)
        return 0.2126 * vermelho + 0.7152 * verde + 0.0722 * azul

    clara, escura = sorted((luminancia(uma), luminancia(outra)), reverse=True)
    return (clara + 0.05) / (escura + 0.05)


@pytest.mark.parametrize("nome", sorted(TEMA.keys() - {"realce"}))
def test_as_cores_se_leem_nos_dois_temas(nome):
    """Em cada tema, toda cor de letra tem 4,5:1 com os fundos do JupyterLab, e o realce, com as letras dele."""
    clara, escura = TEMA[nome]
    assert min(contraste(clara, fundo) for fundo in ("#ffffff", "#f5f5f5")) >= 4.5
    assert min(contraste(escura, fundo) for fundo in ("#111111", "#212121", "#424242")) >= 4.5
    assert contraste(TEMA["realce"][0], "#212121") >= 4.5 and contraste(TEMA["realce"][1], "#f5f5f5") >= 4.5


def test_os_comentarios_se_leem_no_tema_escuro():
    """A cor que se dá a eles no JupyterLab, em que está o "# escreva aqui", tem 4,5:1 com o fundo do código."""
    folha = (RAIZ / "parimpar/jupyter/extensao/static/parimpar.css").read_text(encoding="utf-8")
    assert contraste(re.search(r"editor-comment-color: (#\w{6})", folha)[1], "#212121") >= 4.5


def setas(eventos):
    """{(de que evento sai, a qual chega)} de cada seta inteira, de uma ponta à outra."""
    return {(i, j) for _, i, j in ligacoes(eventos) if j not in (None, NAO_CHEGOU)}


def par(troca):
    """Os mesmos eventos, com a chegada do último envio."""
    envio = next(e for e in troca if e.tipo == "envia")
    return [*troca, Evento(99, envio.instante + 1, "servidor", "recebe", "recv(1)", dados=envio.dados, tamanho=1)]


def udp(*eventos):
    """Eventos de datagramas: ("cliente", "envia", dados), um por instante."""
    chamadas = {"envia": "sendto(…)", "recebe": "recvfrom(1024)"}
    return [
        Evento(y, float(y), quem, tipo, chamadas.get(tipo, ""), dados=dados, tamanho=len(dados))
        for y, (quem, tipo, dados) in enumerate(eventos)
    ]


def test_datagrama_perdido_para_no_meio():
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
    assert textos(troca).count("não chegou") == 2
    assert [linha.split()[2:4] for linha in descrever(troca).splitlines() if linha.endswith("✗ não chegou")] == [
        ["cliente", "sendto(1"],
        ["servidor", "sendto(…)"],
    ]
    assert len(setas(troca)) == 4  # o 2º e o 3º pedidos, a 2ª resposta e a devolução


def test_resposta_atrasada_se_liga_aos_seus_bytes():
    """A resposta de 7, que chega depois do envio de 8, não se liga à chegada da de 8."""
    eventos = udp(
        ("cliente", "envia", b"7"), ("servidor", "recebe", b"7"), ("servidor", "envia", b"IMPAR"),
        ("cliente", "envia", b"8"), ("servidor", "recebe", b"8"), ("servidor", "envia", b"PAR"),
        ("cliente", "recebe", b"IMPAR"), ("cliente", "recebe", b"PAR"),
    )  # fmt: skip
    assert setas(eventos) == {(0, 1), (2, 6), (3, 4), (5, 7)} and "não chegou" not in textos(eventos)


def test_datagrama_ultrapassado_repetido_ou_lido_pela_metade():
    """Quem ultrapassa cruza a seta do outro; a repetição sai do mesmo envio; a leitura curta também chegou."""
    eventos = udp(
        ("cliente", "envia", b"1"), ("cliente", "envia", b"2"), ("servidor", "recebe", b"2"),
        ("servidor", "recebe", b"1"), ("servidor", "recebe", b"1"),
    )  # fmt: skip
    assert setas(eventos) == {(0, 3), (0, 4), (1, 2)}
    longo, curto = udp(("cliente", "envia", b"1234567"), ("servidor", "recebe", b"1234"))
    curto = Evento(1, 1.0, "servidor", "recebe", "recvfrom(4)", dados=b"1234", tamanho=4)
    assert "✗" not in descrever([longo, curto])


def test_sem_o_outro_diario_nada_se_diz_perdido():
    """Com o diário de um lado só, o datagrama é uma seta pela metade, sem ✗."""
    eventos = udp(("cliente", "envia", b"7"), ("cliente", "envia", b"7"))
    assert "não chegou" not in textos(eventos) and "✗" not in descrever(eventos) and not setas(eventos)


def test_o_que_foi_cortado_do_desenho_nao_e_uma_perda():
    """O datagrama que chega depois da última linha desenhada fica pela metade, sem ✗."""
    meio = [("servidor", "erro", b"")] * MAXIMO_DE_LINHAS
    eventos = udp(("cliente", "envia", b"7"), *meio, ("servidor", "recebe", b"7"))
    assert "não chegou" not in textos(eventos) and "458" not in re.findall(r"L(\d+)", conversa_em_svg(eventos))


def test_um_numero_nao_se_separa_da_unidade():
    """Um rótulo que não cabe numa linha não deixa a unidade sozinha na outra."""
    prazo = Evento(0, 1.0, "cliente", "erro", "recvfrom(9)", detalhe="nada em 0,5 s")
    assert {"erro: nada em", "0,5 s"} <= set(textos([prazo]))


def test_um_endereco_nao_se_parte():
    """Uma chamada com endereço que não cabe numa linha quebra antes dele; a que cabe fica inteira."""
    longa, curta = (
        Evento(i, 1.0, "cliente", "conecta", c)
        for i, c in enumerate(("connect(('127.0.0.1', 45781))", "bind(('', 0))"))
    )
    assert {"connect(", "('127.0.0.1',", "45781))", "bind(('', 0))"} <= set(textos([longa, curta]))


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
    assert "<code></code>" not in Tabela(["o que se viu"], {"Ana": ("",)})._repr_html_()


def test_o_fim_do_envio_chega_a_leitura_que_o_descobriu():
    """Com as chamadas observadas, a seta vai ao recv que devolveu b"", e não ao close que veio depois."""

    def evento(numero, quem, tipo, chamada):
        return Evento(numero, numero / 10, quem, tipo, chamada, ("127.0.0.1", 1), ("127.0.0.1", 2))

    fim = [evento(0, "cliente", "fecha", "close()"), evento(1, "servidor", "recebe", "recv(100)"),
           evento(2, "servidor", "fecha", "close()")]  # fmt: skip
    assert setas(fim) == {(0, 1)}


@pytest.mark.parametrize("dados", [b"7\n", "ÍMPAR FIM\n".encode(), b"1" * 1001, b"\x00" * 40, b"'\"" * 30])
def test_as_mensagens_nao_saem_do_meio(dados):
    """A mensagem fica entre as duas linhas de vida, e duas nunca se cobrem."""
    enviada = Evento(0, 1.0, "cliente", "envia", "sendall(…)", dados=dados, tamanho=len(dados))
    recebida = Evento(3, 1.3, "servidor", "recebe", "recv(4096)", dados=dados, tamanho=len(dados))
    outra = Evento(1, 1.1, "servidor", "envia", "sendall(…)", dados=dados, tamanho=len(dados))
    vista = Evento(2, 1.2, "cliente", "recebe", "recv(4096)", dados=dados, tamanho=len(dados))
    svg = conversa_em_svg([enviada, outra, vista, recebida])
    caixas = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="20"', svg)
    (x1, y1, largura1), (x2, y2, largura2) = [map(float, caixa) for caixa in caixas]
    for x, largura in ((x1, largura1), (x2, largura2)):
        assert 204 < x and x + largura < 444
    assert abs(y1 - y2) >= 19 or x1 + largura1 <= x2 or x2 + largura2 <= x1
