"""As perguntas de prever, clicadas pelo Python: o que se lê antes e depois de cada escolha."""

import re

import pytest

from parimpar.aulas.quiz import Preveja
from parimpar.erros import ErroDeUso

CERTO, AINDA_NAO = "✓ Certo.", "✗ Ainda não."


@pytest.fixture
def pergunta():
    return Preveja(
        "Quantos bytes ocupa `ÍMPAR`?",
        {"5": "O `Í` não cabe em um byte.", "6": "Isso: o `Í` ocupa dois.", "nenhum": "Letras também são bytes."},
        certa="6",
    )


def clicar(pergunta, opcao):
    """Clica no botão dessa opção e devolve o retorno."""
    (botao,) = [botao for botao in pergunta.botoes if botao.description == opcao]
    botao.click()
    return pergunta.retorno.value


def lido(pagina):
    """O que se lê no HTML, sem as marcas."""
    return re.sub(r"<[^>]+>", "", pagina)


def test_antes_de_responder(pergunta):
    """A pergunta e um botão por opção, na ordem; nenhum retorno."""
    enunciado, linha, retorno = pergunta.children
    assert lido(enunciado.value) == "Preveja: Quantos bytes ocupa ÍMPAR?"
    assert [botao.description for botao in linha.children] == ["5", "6", "nenhum"]
    assert retorno is pergunta.retorno and retorno.value == ""


def test_certo(pergunta):
    """A opção certa é dita certa, com a sua explicação."""
    assert lido(clicar(pergunta, "6")) == f"{CERTO} 6: Isso: o Í ocupa dois."


@pytest.mark.parametrize("opcao, por_que", [("5", "O Í não cabe em um byte."), ("nenhum", "Letras também são bytes.")])
def test_errado(pergunta, opcao, por_que):
    """Uma opção errada não revela a certa, e diz por que está errada."""
    retorno = clicar(pergunta, opcao)
    assert lido(retorno) == f"{AINDA_NAO} {opcao}: {por_que}"
    assert CERTO not in retorno and "ocupa dois" not in retorno


def test_mudar_de_ideia(pergunta):
    """Pode-se escolher de novo: vale sempre a última escolha."""
    for opcao, marca in (("5", AINDA_NAO), ("6", CERTO), ("nenhum", AINDA_NAO), ("6", CERTO)):
        assert lido(clicar(pergunta, opcao)).startswith(f"{marca} {opcao}: ")


def test_o_retorno_e_lido_em_voz_alta(pergunta):
    """O retorno é uma região viva, e não depende da cor."""
    assert '<div role="status" aria-live="polite"' in clicar(pergunta, "6")


def test_responder_sem_botao(pergunta):
    """O clique só chama `responder`."""
    pergunta.responder("6")
    assert CERTO in pergunta.retorno.value


def test_duas_perguntas_nao_se_misturam(pergunta):
    """O clique numa pergunta não responde a outra."""
    outra = Preveja("E PAR?", {"5": "Não.", "6": "Não.", "3": "Isso."}, certa="3")
    clicar(outra, "5")
    assert pergunta.retorno.value == "" and AINDA_NAO in outra.retorno.value


def test_nada_vira_marcacao():
    """Os textos são escapados; só o que está entre crases vira código."""
    hostil = '<script>alert("&\'")</script>'
    pergunta = Preveja(f"{hostil} `<b>` e `recv(1)`?", {hostil: f"{hostil} `a < b`", "`b'7'`": "não"}, certa=hostil)
    enunciado = pergunta.children[0].value
    pergunta.responder(hostil)
    for pagina in (enunciado, pergunta.retorno.value):
        assert "<script" not in pagina
        assert "&lt;script&gt;alert(&quot;&amp;&#x27;&quot;)&lt;/script&gt;" in pagina
    assert "<code>&lt;b&gt;</code> e <code>recv(1)</code>?" in enunciado
    assert "<code>a &lt; b</code>" in pergunta.retorno.value
    assert "<i><code>b&#x27;7&#x27;</code></i>" in clicar(pergunta, "b'7'")  # o botão não tem crases


def test_crase_sozinha_fica_como_esta():
    """Uma crase sem par não é código."""
    enunciado = Preveja("Uma ` só?", {"sim": "", "não": ""}, certa="sim").children[0].value
    assert "Uma ` só?" in enunciado and "<code>" not in enunciado


def test_em_texto(pergunta):
    """Sem controles lê-se a pergunta e as opções, inteiras, sem crases e sem a resposta."""
    assert repr(pergunta) == (
        "Preveja: Quantos bytes ocupa ÍMPAR?\n  a) 5\n  b) 6\n  c) nenhum\n(rode as próximas células e compare)"
    )
    antes = repr(pergunta)
    for opcao in ("6", "5"):
        clicar(pergunta, opcao)
        assert repr(pergunta) == antes


def test_o_texto_da_saida_e_o_repr_inteiro(pergunta):
    """A saída da célula leva os controles e o mesmo texto do repr, sem corte."""
    longa = Preveja("x" * 500, {"sim": "", "não": ""}, certa="não")
    for cada in (pergunta, longa):
        saida = cada._repr_mimebundle_()
        assert saida["text/plain"] == repr(cada)
        assert saida["application/vnd.jupyter.widget-view+json"]["model_id"] == cada.model_id
    assert "x" * 500 in repr(longa)


def test_a_posicao_da_certa_nao_muda_o_texto():
    """O texto é o mesmo seja qual for a opção certa."""
    opcoes = {"5": "a", "6": "b"}
    assert repr(Preveja("Quantos?", opcoes, certa="5")) == repr(Preveja("Quantos?", opcoes, certa="6"))


def test_muitas_opcoes():
    """Há letra para quantas opções se quiser ler."""
    opcoes = {str(i): "" for i in range(12)}
    linhas = repr(Preveja("Quantos?", opcoes, certa="0")).splitlines()
    assert linhas[1] == "  a) 0" and linhas[-2] == "  l) 11"


@pytest.mark.parametrize("certa", ["7", "", None, 6])
def test_a_certa_tem_de_ser_uma_das_opcoes(certa):
    """Uma resposta certa que não se pode escolher é um `ErroDeUso` que mostra as que há."""
    with pytest.raises(ErroDeUso, match=re.escape(f"a opção certa, {certa!r}, deve ser uma destas: 5, 6")):
        Preveja("Quantos?", {"5": "", "6": ""}, certa=certa)


def test_o_dicionario_dado_nao_e_guardado():
    """Mudar depois o dicionário de quem chamou não muda a pergunta."""
    opcoes = {"5": "a", "6": "b"}
    pergunta = Preveja("Quantos?", opcoes, certa="6")
    opcoes.clear()
    assert lido(clicar(pergunta, "5")).endswith("5: a")
