"""As perguntas de prever, clicadas pelo Python: o que se lê antes e depois de cada escolha."""

import re

import pytest

from parimpar.aulas import perguntas
from parimpar.aulas.perguntas import Pergunta, todas
from parimpar.aulas.quiz import Preveja
from parimpar.erros import ErroDeUso

CERTO, AINDA_NAO = "✓ Certo.", "✗ Ainda não."


def preveja(pergunta, opcoes, certa):
    """Uma pergunta que não está nos arquivos."""
    return Preveja(Pergunta(pergunta, opcoes, certa))


@pytest.fixture
def pergunta():
    return preveja(
        "Quantos bytes ocupa `ÍMPAR`?",
        {"5": "O `Í` não cabe em um byte.", "6": "Isso: o `Í` ocupa dois.", "nenhum": "Letras também são bytes."},
        certa="6",
    )


def clicar(pergunta, opcao):
    """Clica no botão dessa opção e devolve o retorno."""
    pergunta.botoes[opcao].click()
    return pergunta.retorno.value


def lido(pagina):
    """O que se lê no HTML, sem as marcas."""
    return re.sub(r"<style>.*?</style>|<[^>]+>", "", pagina, flags=re.S)


def test_antes_de_responder(pergunta):
    """A pergunta e um botão por opção, na ordem; nenhum retorno."""
    enunciado, coluna, retorno = pergunta.children
    assert lido(enunciado.value) == "Preveja: Quantos bytes ocupa ÍMPAR?"
    assert [botao.description for botao in coluna.children] == ["a) 5", "b) 6", "c) nenhum"]
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


def test_a_escolhida_fica_marcada(pergunta):
    """O sinal fica na própria opção, e só na última escolhida."""
    clicar(pergunta, "5")
    assert [botao.description for botao in pergunta.botoes.values()] == ["✗ a) 5", "b) 6", "c) nenhum"]
    clicar(pergunta, "6")
    assert [botao.description for botao in pergunta.botoes.values()] == ["a) 5", "✓ b) 6", "c) nenhum"]
    classes = [set(botao._dom_classes) - {"parimpar-opcao"} for botao in pergunta.botoes.values()]
    assert classes == [set(), {"parimpar-certa"}, set()]


def test_o_retorno_e_lido_em_voz_alta(pergunta):
    """O retorno é uma região viva, e não depende da cor."""
    assert '<p role="status" aria-live="polite"' in clicar(pergunta, "6")


def test_responder_sem_botao(pergunta):
    """O clique só chama `responder`."""
    pergunta.responder("6")
    assert CERTO in pergunta.retorno.value


def test_duas_perguntas_nao_se_misturam(pergunta):
    """O clique numa pergunta não responde a outra."""
    outra = preveja("E PAR?", {"5": "Não.", "6": "Não.", "3": "Isso."}, certa="3")
    clicar(outra, "5")
    assert pergunta.retorno.value == "" and AINDA_NAO in outra.retorno.value


def test_nada_vira_marcacao():
    """Os textos são escapados; só o que está entre crases vira código."""
    hostil = '<script>alert("&\'")</script>'
    pergunta = preveja(f"{hostil} `<b>` e `recv(1)`?", {hostil: f"{hostil} `a < b`", "`b'7'`": "não"}, certa=hostil)
    enunciado = pergunta.children[0].value
    pergunta.responder(hostil)
    for pagina in (enunciado, pergunta.retorno.value):
        assert "<script" not in pagina
        assert "&lt;script&gt;alert(&quot;&amp;&#x27;&quot;)&lt;/script&gt;" in pagina
    assert "<code>&lt;b&gt;</code> e <code>recv(1)</code>?" in enunciado
    assert "<code>a &lt; b</code>" in pergunta.retorno.value
    assert "<i><code>b&#x27;7&#x27;</code></i>" in clicar(pergunta, "`b'7'`")
    assert pergunta.botoes["`b'7'`"].description == "✗ b) b'7'"  # um botão não tem crases


def test_crase_sozinha_fica_como_esta():
    """Uma crase sem par não é código."""
    enunciado = preveja("Uma ` só?", {"sim": "", "não": ""}, certa="sim").children[0].value
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
    """A saída da célula leva os controles, o mesmo texto do repr, sem corte, e o mesmo em HTML."""
    longa = preveja("x" * 500, {"sim": "", "não": ""}, certa="não")
    for cada in (pergunta, longa):
        saida = cada._repr_mimebundle_()
        assert saida["text/plain"] == repr(cada)
        assert saida["application/vnd.jupyter.widget-view+json"]["model_id"] == cada.model_id
        assert lido(saida["text/html"]).startswith(f"Preveja: {cada.pergunta.replace('`', '')}")
    assert "x" * 500 in repr(longa)


def test_sem_controles_nao_se_le_a_resposta(pergunta):
    """No dia seguinte há a pergunta, as opções e o que fazer; nem a resposta nem as explicações."""
    pergunta.responder("6")
    pagina = pergunta._repr_mimebundle_()["text/html"]
    assert "<p>a) 5<br>b) 6<br>c) nenhum</p>" in pagina
    assert "rode esta célula" in pagina and "ocupa dois" not in pagina and CERTO not in pagina


def test_as_perguntas_das_aulas():
    """Cada pergunta dos arquivos tem de duas a cinco opções, cada uma com a sua explicação, e a certa entre elas."""
    assert len(todas()) > 30
    for nome, pergunta in todas().items():
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", nome)
        assert 2 <= len(pergunta.opcoes) <= 5 and pergunta.certa in pergunta.opcoes and all(pergunta.opcoes.values())
        assert Preveja(nome).pergunta == pergunta.pergunta


def test_pergunta_que_nao_existe():
    """Um nome errado diz os parecidos."""
    with pytest.raises(ErroDeUso, match="não há pergunta com o nome 'so-bint'; há: .*so-bind"):
        Preveja("so-bint")


def test_arquivos_com_defeito(tmp_path, monkeypatch):
    """Um nome repetido, um campo a menos ou uma resposta que não é opção dizem o arquivo e a pergunta."""
    boa = '[a]\npergunta = "Sim?"\ncerta = "sim"\n[a.opcoes]\nsim = "Isso."\n'
    for texto, queixa in (
        (boa.replace("[a", "[b"), "duas perguntas com o nome 'b'; a segunda está em 2.toml"),
        (boa.replace('certa = "sim"\n', ""), r"2.toml, \[a\]: .*certa"),
        (boa.replace('certa = "sim"', 'certa = "não"'), r"2.toml, \[a\]: a opção certa, 'não'"),
    ):
        (tmp_path / "1.toml").write_text(boa.replace("[a", "[b"), encoding="utf-8")
        (tmp_path / "2.toml").write_text(texto, encoding="utf-8")
        monkeypatch.setattr(perguntas, "PASTA", tmp_path)
        with pytest.raises(ErroDeUso, match=queixa):
            todas.__wrapped__()


def test_a_posicao_da_certa_nao_muda_o_texto():
    """O texto é o mesmo seja qual for a opção certa."""
    opcoes = {"5": "a", "6": "b"}
    assert repr(preveja("Quantos?", opcoes, certa="5")) == repr(preveja("Quantos?", opcoes, certa="6"))


def test_muitas_opcoes():
    """Há letra para quantas opções se quiser ler."""
    opcoes = {str(i): "" for i in range(12)}
    linhas = repr(preveja("Quantos?", opcoes, certa="0")).splitlines()
    assert linhas[1] == "  a) 0" and linhas[-2] == "  l) 11"


@pytest.mark.parametrize("certa", ["7", "", None, 6])
def test_a_certa_tem_de_ser_uma_das_opcoes(certa):
    """Uma resposta certa que não se pode escolher é um `ErroDeUso` que mostra as que há."""
    with pytest.raises(ErroDeUso, match=re.escape(f"a opção certa, {certa!r}, deve ser uma destas: 5, 6")):
        preveja("Quantos?", {"5": "", "6": ""}, certa=certa)


def test_o_dicionario_dado_nao_e_guardado():
    """Mudar depois o dicionário de quem chamou não muda a pergunta."""
    opcoes = {"5": "a", "6": "b"}
    pergunta = preveja("Quantos?", opcoes, certa="6")
    opcoes.clear()
    assert lido(clicar(pergunta, "5")).endswith("5: a")
