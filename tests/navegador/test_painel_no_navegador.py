"""O painel na tela: cabe, lê-se nos dois temas, usa-se só com o teclado, e toda resposta se vê."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

NOTEBOOK = 1366, 768  # largura e altura da tela de um computador de aluno
ZOOM = 1.5
PROJETOR = 683, 512  # a de um projetor de 1024×768 com zoom de 150 %, em pixels de CSS
# O tamanho das letras de um desenho, em pixels de CSS, depois de encolhido.
ALTURAS_DAS_LETRAS = """textos => textos.map(texto => parseFloat(getComputedStyle(texto).fontSize) * texto.getScreenCTM().d)"""
SOBRA = 2  # descritores de uma conexão que ainda se fecha
TEXTOS_COM_CONTRASTE = 25  # no mínimo, os que o axe tem de examinar no painel


@pytest.fixture(scope="module")
def aula(abrir):
    """A aula 00, que tem um painel, aberta e executada."""
    notebook = abrir("00-comece-aqui.ipynb")
    notebook.rodar_tudo()
    return notebook


@pytest.fixture
def painel(aula):
    """O painel no alto da tela de um notebook, com as dobras fechadas."""
    aula.janela(*NOTEBOOK)
    aula.controle("painel").evaluate("e => e.querySelectorAll('details').forEach(d => { d.open = false })")
    aula.controle("painel").evaluate("e => e.scrollIntoView()")
    return aula.controle("painel")


def trocar(painel, numero, tecla=None):
    """Envia e espera a resposta a este envio: a anterior pode ter o mesmo texto, e o teste seguinte veria esta chegar."""
    desta = quantas(painel) + 1
    enviar(painel, numero, tecla)
    dele = f"{numero} " if len(numero) <= 10 else numero[:10]  # os compridos se mostram abreviados
    expect(resposta(painel)).to_contain_text(f"Troca nº {desta}: {dele}")


def enviar(painel, numero, tecla=None):
    """Envia, sem esperar a resposta."""
    campo = painel.locator(".parimpar-numero input")
    campo.fill(numero)
    if tecla:
        campo.press(tecla)
    else:
        painel.locator(".parimpar-enviar").click()


def resposta(painel):
    return painel.locator(".parimpar-resposta").get_by_role("status")


def quantas(painel):
    """O número da última troca."""
    achado = re.search(r"Troca nº (\d+)", resposta(painel).inner_text())
    return int(achado[1]) if achado else 0


def area(aula):
    """O retângulo em que a aula aparece."""
    return aula.painel.locator(".jp-WindowedPanel-outer").bounding_box()


def test_uma_tela_so(aula, painel):
    """O número, a resposta, o estado das duas pontas e o desenho se veem juntos, com a lista de arquivos aberta."""
    aula.pagina.evaluate("() => window.jupyterapp.shell.expandLeft()")
    trocar(painel, "7")
    expect(resposta(painel)).to_contain_text("ÍMPAR FIM")
    expect(painel.locator(".parimpar-figura")).to_contain_text("fim do envio")
    painel.evaluate("e => e.scrollIntoView()")
    tela = area(aula)
    for nome in ("numero", "enviar", "resposta", "situacao-do-cliente", "situacao", "figura", "ligar"):
        caixa = painel.locator(f".parimpar-{nome}").bounding_box()
        assert caixa["y"] >= tela["y"] - 1 and caixa["y"] + caixa["height"] <= tela["y"] + tela["height"], nome
        assert caixa["x"] + caixa["width"] <= tela["x"] + tela["width"], nome
    assert painel.bounding_box()["height"] <= tela["height"]
    campo = painel.locator(".parimpar-numero input").bounding_box()
    caixa = resposta(painel).bounding_box()
    assert abs(campo["x"] + campo["width"] - caixa["x"] - caixa["width"]) <= 1  # as bordas se alinham
    aula.fotografar("painel-notebook")


@pytest.mark.parametrize("largura", [PROJETOR[0], 520])
def test_na_tela_estreita_nada_se_corta(aula, painel, largura):
    """Num projetor com zoom o painel não rola de lado, e nenhum botão perde letras."""
    aula.janela(largura, PROJETOR[1])
    aula.pagina.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    trocar(painel, "1" * 1000)
    expect(resposta(painel)).to_contain_text("1000 casas")
    painel.locator("summary").evaluate_all("titulos => titulos.forEach(t => t.click())")
    sobra = "e => [e, ...e.querySelectorAll('button, .widget-html-content, .widget-box')].map(x => x.scrollWidth - x.clientWidth)"
    assert max(painel.evaluate(sobra)) <= 1
    aula.pagina.screenshot(path=f"capturas/painel-projetor-{largura}.png")


def test_no_modo_de_projecao(aula, painel):
    """Num projetor de 1024×768 com zoom de 150 %, em projeção, tudo o que importa se vê junto, e o clique chega."""
    aula.janela(*PROJETOR)
    aula.pagina.evaluate("() => window.jupyterapp.commands.execute('parimpar:projecao')")
    try:
        trocar(painel, "7")
        painel.evaluate("e => e.scrollIntoView()")
        aula.pagina.screenshot(path="capturas/painel-projecao.png")
        tela, mesa = area(aula), painel.locator(".parimpar-mesa").bounding_box()
        assert mesa["y"] >= tela["y"] - 1 and mesa["y"] + mesa["height"] <= tela["y"] + tela["height"]
        assert painel.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
        campo, figura = (painel.locator(f".parimpar-{nome}").bounding_box() for nome in ("numero", "figura"))
        assert campo["x"] + campo["width"] <= figura["x"]  # lado a lado
        letras = painel.locator(".parimpar-figura text").evaluate_all(ALTURAS_DAS_LETRAS)
        assert len(letras) > 20 and min(letras) * ZOOM >= 16  # pixels da tela: 12 pt
    finally:
        aula.pagina.evaluate("() => window.jupyterapp.commands.execute('parimpar:projecao')")


@pytest.mark.parametrize("nome", ["Light", "Dark"])
def test_le_se_nos_dois_temas(aula, painel, nome):
    """Em cada tema, com uma resposta, um erro e tudo aberto, todo texto tem contraste."""
    aula.tema(nome)
    try:
        for numero, esperado in (("7", "ÍMPAR FIM"), ("R$ 5 e R$ 6", "ERRO")):
            trocar(painel, numero)
            expect(resposta(painel)).to_contain_text(esperado)
        painel.locator("summary").evaluate_all("titulos => titulos.forEach(t => t.click())")
        aula.janela(1366, 1600)
        aula.pagina.wait_for_timeout(1200)  # o clarão da resposta nova acaba em 0,9 s
        aula.pagina.screenshot(path=f"capturas/painel-{nome}.png")
        queixas, textos = aula.axe(".parimpar-painel")
        assert queixas == [] and textos >= TEXTOS_COM_CONTRASTE
    finally:
        aula.tema("Light")


@pytest.mark.parametrize("nome, clara", [("Light", True), ("Dark", False)])
def test_as_figuras_seguem_o_tema(aula, nome, clara):
    """O fundo de uma figura da aula é o da página: nenhuma placa branca no tema escuro."""
    aula.tema(nome)
    try:
        figura = aula.painel.locator("img.parimpar-desenho").first
        figura.scroll_into_view_if_needed()
        imagem = Image.open(io.BytesIO(figura.screenshot(path=f"capturas/figura-{nome}.png"))).convert("L")
        assert imagem.getpixel((3, 3)) > 240 if clara else imagem.getpixel((3, 3)) < 40
        claro, escuro = imagem.getextrema()[::-1]
        assert claro - escuro > 150  # e as letras se veem
    finally:
        aula.tema("Light")


def test_so_com_o_teclado(aula, painel):
    """Do campo, o Tab percorre cliente, servidor e conversa; todo foco se vê; a conversa se abre com Enter."""
    painel.locator(".parimpar-numero input").focus()
    nomes = [
        "Enviar",
        "Sortear",
        "Repetir",
        "a cada (s)",
        "Desligar servidor",
        "A mesma conversa, em texto",
        "Histórico",
    ]
    for nome in nomes:
        aula.pagina.keyboard.press("Tab")
        foco = aula.pagina.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e);
                return [e.innerText || e.labels[0].innerText, s.outlineStyle, parseFloat(s.outlineWidth), s.outlineColor] }"""
        )
        assert foco[0].strip() == nome
        assert foco[1] == "solid" and foco[2] >= 2 and foco[3] == "rgb(0, 0, 0)", foco
    aula.pagina.keyboard.press("Shift+Tab")
    aula.pagina.keyboard.press("Enter")
    expect(painel.locator(".parimpar-texto")).to_be_visible()
    trocar(painel, "8", "Enter")
    expect(resposta(painel)).to_contain_text("PAR FIM")
    expect(painel.locator(".parimpar-texto")).to_contain_text("'8\\n'")
    expect(painel.locator(".parimpar-texto")).to_be_visible()  # uma resposta nova não a fecha
    expect(painel.get_by_label("Repetir")).not_to_be_checked()


def test_toda_resposta_se_ve(painel):
    """O mesmo número de novo muda a tela: a troca tem outro número."""
    for _ in range(2):
        trocar(painel, "7")
        expect(resposta(painel)).to_contain_text("ÍMPAR FIM")


def test_o_leitor_de_tela_ouve_a_resposta(painel):
    """A caixa da resposta, que não se troca por outra, é anunciada quando muda."""
    caixa = painel.locator(".parimpar-resposta > .widget-html-content")
    expect(caixa).to_have_attribute("aria-live", "polite")
    caixa.evaluate("e => { window.caixaDaResposta = e }")
    trocar(painel, "7")
    expect(caixa).to_contain_text("ÍMPAR FIM")
    assert caixa.evaluate("e => e === window.caixaDaResposta")


def test_com_o_kernel_ocupado(aula, painel):
    """Enquanto uma célula roda, o painel responde na hora, e ao número que se via no clique."""
    aula.no_kernel("import time; inicio = time.monotonic(); time.sleep(8)", esperar=False)
    antes = quantas(painel)
    for numero in ("31415", "8"):
        campo = painel.locator(".parimpar-numero input")
        campo.click()
        campo.press("Control+a")
        aula.pagina.keyboard.type(numero)
        painel.locator(".parimpar-enviar").click()
        campo.fill("0")  # depois do clique, não muda o que ele enviou
        antes += 1
        expect(resposta(painel)).to_contain_text(f"Troca nº {antes}: {numero} ", timeout=3000)
    assert float(aula.no_kernel("print(time.monotonic() - inicio)")) >= 8  # a célula ainda rodava


def test_muitos_cliques_seguidos(painel):
    """Trinta números, cada um enviado assim que chega a resposta ao anterior: cada resposta é a do número que se via."""
    for i in range(30):
        trocar(painel, str(1000 + i))


def test_um_servidor_que_demora(aula, painel):
    """Enquanto a resposta não vem, o botão diz que espera, e o painel continua vivo."""
    demorar = "painel._trocar = lambda *dados: (solta.wait(20), trocar(*dados))[1]"
    aula.no_kernel(f"import threading; solta, trocar = threading.Event(), painel._trocar; {demorar}")
    desta = quantas(painel) + 1
    try:
        enviar(painel, "7")
        expect(painel.locator(".parimpar-enviar")).to_be_disabled()
        painel.locator(".parimpar-sortear").click()
        expect(painel.locator(".parimpar-numero input")).not_to_have_value("7")
    finally:
        aula.no_kernel("del painel._trocar; solta.set()")
    expect(painel.locator(".parimpar-enviar")).to_be_enabled(timeout=10_000)
    expect(resposta(painel)).to_contain_text(f"Troca nº {desta}: 7 ")


def test_digitar_depressa_e_teclar_enter(painel, aula):
    """O Enter logo depois da última tecla envia tudo o que se digitou."""
    campo = painel.locator(".parimpar-numero input")
    for numero in ("271", "8281", "82845"):
        antes = quantas(painel)
        campo.click()
        campo.press("Control+a")
        aula.pagina.keyboard.type(numero)
        aula.pagina.keyboard.press("Enter")
        expect(resposta(painel)).to_contain_text(f"Troca nº {antes + 1}: {numero} ")


def test_a_virgula_vale_no_intervalo(painel):
    """Com 0,1 s o Repetir dá várias voltas sozinho; o que não é número é dito."""
    campo = painel.locator(".parimpar-intervalo input")
    campo.fill("0,1")
    campo.press("Enter")
    antes = quantas(painel)
    painel.get_by_label("Repetir").check()
    expect(resposta(painel)).to_contain_text(re.compile(rf"Troca nº (?!{antes}:|{antes + 1}:|{antes + 2}:)\d+"))
    painel.get_by_label("Repetir").uncheck()
    campo.fill("dez")
    campo.press("Enter")
    expect(painel.locator(".parimpar-aviso")).to_contain_text("esperava de 0,1 a 3600 segundos")
    campo.fill("10")
    campo.press("Enter")
    expect(painel.locator(".parimpar-aviso")).not_to_contain_text("esperava")


def test_o_uso_nao_deixa_nada_aberto(aula, painel):
    """Nem cinquenta trocas nem dez painéis no lugar um do outro aumentam as threads e os descritores do kernel."""
    # Um eventfd é do ZeroMQ, com que o kernel fala com o Jupyter: ele abre um a cada pedido, e o fecha mais tarde.
    dele = "[f for f in glob.glob('/proc/self/fd/*') if 'eventfd' not in os.path.realpath(f)]"
    contar = f"import glob, os, threading; print(threading.active_count(), len({dele}))"
    aula.no_kernel("painel.enviar('7'); painel.ultima_troca(); painel.atualizar()")
    threads, descritores = map(int, aula.no_kernel(contar).split())
    aula.no_kernel("for _ in range(50): painel.enviar('7'); painel.ultima_troca(); painel.atualizar()")
    depois = [*map(int, aula.no_kernel(contar).split())]
    assert depois[0] <= threads and depois[1] <= descritores + SOBRA
    for _ in range(10):  # cada um espera a página receber o anterior, como quem roda a célula de novo
        aula.no_kernel("from parimpar import Painel; painel = Painel(semente=2023); painel.enviar('7')")
    aula.no_kernel("painel.ultima_troca()")
    depois = [*map(int, aula.no_kernel(contar).split())]
    assert depois[0] <= threads and depois[1] <= descritores + SOBRA


def test_sem_queixas_do_navegador(aula):
    """O console do navegador ficou sem nenhum erro."""
    assert aula.mensagens == []
