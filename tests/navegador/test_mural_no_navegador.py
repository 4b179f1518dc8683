"""O mural projetado: cada aluno aparece quando fala, quarenta nomes se leem do fundo da sala, e qualquer um o usa."""

import json
import re

import pytest
from lab import CAPTURAS, voila
from playwright.sync_api import expect

from parimpar import Cliente
from parimpar.aulas import AlunoDeMentira
from parimpar.aulas.aluno import MISSOES

PROJETOR = 1280, 720  # largura e altura, em pixels de CSS
ABRIR = 'from parimpar.aulas import Mural\nmural = Mural("127.0.0.1", porta=0, semente=13)\nmural'
SOBRENOMES = ("Silva", "Souza", "Oliveira", "Santos")
PRENOMES = ("Ana", "Beatriz", "Caio", "Davi", "Eduarda", "Felipe", "Guilherme", "Helena", "Isadora", "Júlia")
NOMES = [f"{prenome} {sobrenome}" for sobrenome in SOBRENOMES for prenome in PRENOMES]
LETRA_DO_NOME = 18  # px: a menor com que um nome se lê da última fileira
TEXTOS_COM_CONTRASTE = 150  # no mínimo, os que o axe tem de examinar: quarenta cartões com nome, luzes e frase


@pytest.fixture(scope="module")
def aula(abrir):
    """A aula da turma, só com a célula do mural executada."""
    notebook = abrir("13-a-turma.ipynb", *PROJETOR)
    notebook.limpar()
    notebook.escrever('mural = Mural("127.0.0.1"', ABRIR)
    yield notebook
    notebook.no_kernel("mural.fechar()")
    notebook.tema("Light")  # o JupyterLab guarda o último tema


@pytest.fixture(scope="module")
def endereco(aula):
    """Onde o mural atende."""
    return "127.0.0.1", int(aula.no_kernel("print(mural.servidor.porta)"))


@pytest.fixture
def mural(aula):
    """O mural no alto da tela do projetor."""
    aula.janela(*PROJETOR)
    aula.controle("mural").evaluate("e => e.scrollIntoView()")
    return aula.controle("mural")


def cartao(mural, nome):
    """O cartão de um aluno."""
    return mural.locator(".cartao").filter(has=mural.page.get_by_text(nome, exact=True))


def acesas(mural, nome, quais):
    """Espera que as luzes acesas no cartão sejam estas, e nesta ordem."""
    expect(cartao(mural, nome).locator(".luz:not(.apagada)")).to_have_text(list(quais))


def test_a_linha_aparece_e_as_missoes_se_acendem(mural, endereco):
    """Cada coisa que o programa faz acende a sua luz, sem ninguém tocar na tela; o leitor de tela lê o mesmo."""
    expect(mural).to_contain_text("Ninguém se conectou ainda")
    with Cliente(*endereco, nome="Ana") as cliente:
        cliente.conectar()
        acesas(mural, "Ana", "C")
        cliente.perguntar(7)
        acesas(mural, "Ana", "CQP")
        cliente.perguntar("1" * 11)
        cliente.devolver()
        acesas(mural, "Ana", "CQP+FV")
    luzes = cartao(mural, "Ana").get_by_role("img", name=f"6 de {len(MISSOES)} missões: conectou-se, fez um pedido")
    expect(luzes).to_be_visible()
    expect(mural).to_contain_text(f"porta {endereco[1]}")


def test_o_modo_anonimo(mural, endereco):
    """O botão, pelo teclado, troca os nomes por números, e os traz de volta."""
    with Cliente(*endereco, nome="Bruno") as cliente:
        cliente.perguntar(8)
    expect(cartao(mural, "Bruno")).to_be_visible()
    mural.get_by_role("button", name="Modo anônimo").press("Enter")
    expect(mural.locator(".cartao .nome").first).to_have_text(re.compile(r"^aluno \d+$"))
    expect(mural.locator(".parimpar-mural-tela")).not_to_contain_text("Bruno")
    expect(mural.locator(".parimpar-numeros")).not_to_contain_text("Bruno")
    mural.get_by_role("button", name="Mostrar os nomes").press("Enter")
    expect(cartao(mural, "Bruno")).to_be_visible()


def test_o_defeito_se_le_inteiro(mural, endereco):
    """O que um programa faz de errado se lê até o fim, ainda que ocupe mais de uma linha do cartão."""
    with AlunoDeMentira(endereco, "Davi", 7) as aluno:
        aluno.perguntar("7")
        aluno.enviar("7 FIM")
        viu = cartao(mural, "Davi").locator(".viu")
        expect(viu).to_have_text("devolveu '7 FIM' em vez da resposta")
    assert viu.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_o_mesmo_em_tabela(mural, endereco):
    """Aberta, a tabela continua aberta quando o mural se redesenha, e diz o que o cartão diz."""
    mural.locator("summary").click()
    tabela = mural.get_by_role("table")
    with Cliente(*endereco, nome="Carla") as cliente:
        cliente.perguntar(7)
        cliente.devolver()
        carla = tabela.get_by_role("row").filter(has=mural.page.get_by_role("rowheader", name="Carla"))
        expect(carla).to_contain_text(f"4 de {len(MISSOES)}")
        cliente.perguntar(9)
        expect(carla).to_contain_text(f"5 de {len(MISSOES)}")
    expect(tabela).to_be_visible()
    mural.locator("summary").click()
    expect(tabela).to_be_hidden()


def test_quarenta_nomes_no_projetor(aula, mural, endereco):
    """Numa tela de 1280×720, em projeção: todos os cartões se veem juntos, com letra grande e o nome inteiro."""
    aula.no_kernel("with mural._vez: mural.placar.alunos.clear()")  # só os quarenta
    for i, nome in enumerate(NOMES):
        with AlunoDeMentira(endereco, nome, i + 1) as aluno:
            resposta = aluno.perguntar("1" * (1 + i % 12))
            aluno.enviar(f"{resposta} FIM") if i % 4 else aluno.perguntar("abc")
    aula.pagina.evaluate("() => window.jupyterapp.commands.execute('parimpar:projecao')")
    try:
        expect(mural.locator(".cartao")).to_have_count(len(NOMES))
        mural.evaluate("e => e.scrollIntoView()")
        aula.pagina.screenshot(path=CAPTURAS / "mural-40.png")
        nomes = mural.locator(".cartao .nome")
        assert sorted(nomes.all_inner_texts()) == sorted(NOMES)
        medidas = nomes.evaluate_all(
            "nomes => nomes.map(e => [parseFloat(getComputedStyle(e).fontSize), e.scrollWidth - e.clientWidth])"
        )
        assert min(letra for letra, _ in medidas) >= LETRA_DO_NOME and max(sobra for _, sobra in medidas) <= 0
        caixas = mural.locator(".cartao").evaluate_all("c => c.map(e => e.getBoundingClientRect().toJSON())")
        assert min(caixa["y"] for caixa in caixas) >= 0
        caixas.append(mural.locator(".legenda").bounding_box())  # e o que as luzes dizem
        assert max(caixa["y"] + caixa["height"] for caixa in caixas) <= PROJETOR[1]
        assert max(caixa["x"] + caixa["width"] for caixa in caixas) <= PROJETOR[0]
    finally:
        aula.pagina.evaluate("() => window.jupyterapp.commands.execute('parimpar:projecao')")


@pytest.mark.parametrize("nome", ["Light", "Dark"])
def test_le_se_nos_dois_temas(aula, mural, nome):
    """Com os quarenta e a tabela aberta, o axe não acha nada, e mede o contraste de tudo."""
    aula.tema(nome)
    mural.locator("summary").click()
    aula.janela(1280, 2600)
    mural.evaluate("e => e.scrollIntoView()")
    aula.pagina.screenshot(path=CAPTURAS / f"mural-{nome}.png")
    queixas, textos = aula.axe(".parimpar-mural")
    mural.locator("summary").click()
    assert queixas == [] and textos >= TEXTOS_COM_CONTRASTE, textos


def test_sem_queixas_do_navegador(aula):
    """O console do navegador ficou sem nenhum erro."""
    assert aula.mensagens == []


def test_no_voila(navegador, tmp_path):
    """O mural sozinho numa página, sem código: quem fala aparece."""
    caminho = tmp_path / "mural.ipynb"
    celula = {
        "cell_type": "code",
        "id": "mural",
        "metadata": {},
        "source": ABRIR,
        "outputs": [],
        "execution_count": None,
    }
    python = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": [celula], "metadata": {"kernelspec": python}, "nbformat": 4, "nbformat_minor": 5}
    caminho.write_text(json.dumps(notebook), encoding="utf-8")
    janela = {"width": PROJETOR[0], "height": PROJETOR[1]}
    pagina, mensagens = navegador.new_page(viewport=janela, locale="pt-BR"), []
    pagina.on("pageerror", lambda erro: mensagens.append(str(erro)))
    try:
        with voila(tmp_path, caminho) as url:
            pagina.goto(url)
            mural = pagina.locator(".parimpar-mural")
            expect(mural).to_contain_text("Ninguém se conectou ainda", timeout=60_000)
            porta = int(re.search(r"--porta (\d+)", mural.inner_text())[1])
            with Cliente("127.0.0.1", porta, nome="Ana") as cliente:
                cliente.perguntar(7)
                cliente.devolver()
            acesas(mural, "Ana", "CQPF")
            assert "import" not in pagina.locator("body").inner_text()
            pagina.screenshot(path=CAPTURAS / "mural-voila.png")
    finally:
        pagina.close()
    assert mensagens == []
