"""A turma no notebook: a tabela se ordena e se filtra, o relatório abre com um clique, e a figura se lê nos dois temas."""

import io
import json
import os
import random
import shutil

import pytest
from apoio import RAIZ
from axe_playwright_python.base import AXE_SCRIPT
from lab import CAPTURAS
from playwright.sync_api import expect
from pypdf import PdfReader

from avaliador.caixa import NENHUM
from avaliador.exame_cliente import ExameDeCliente
from avaliador.exame_servidor import ExameDeServidor
from avaliador.relatorio import Avaliacao
from avaliador.turma import entrega
from avaliador.turma.turma import Turma
from avaliador.veredito import FALHOU, NAO_DEU, OK, Veredito

CASOS = {"servidor": ExameDeServidor.CASOS, "cliente": ExameDeCliente.CASOS}
NOMES = ("Ana Sá", "Bruno Ré", "Caio Lima", "Dora Abreu", "<img src=x onerror=alert(1)>", "Zeca Teles")
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
CODIGO = """from avaliador.barra import Barra
from avaliador.turma.turma import Turma

barra = Barra(quanto_falta=True, sempre=True)
turma = Turma("{0}/envios", progresso=barra, guardar="{0}/guardados", retomar=True, isolamento="nenhum").avaliar()
turma"""


class ExameSorteado:
    """Vereditos sorteados, sempre os mesmos para a mesma entrega, sem executar nada."""

    def __init__(self, alvo, comando, pasta):
        self.alvo, self.comando = alvo, comando
        self.sorte = random.Random(alvo + (pasta / comando[-1]).read_text(encoding="utf-8"))

    def avaliar(self):
        """Quase tudo certo; o que falha traz marcação na explicação."""
        vereditos = [
            Veredito(
                caso.nome, caso.codigo, caso.regua, self.sorte.choices((OK, FALHOU, NAO_DEU), (14, 4, 0))[0], caso.titulo,
                "veio <script>alert(2)</script> & mais nada", causa="faltou o encode",
            )
            for caso in CASOS[self.alvo]
        ]  # fmt: skip
        return Avaliacao(self.alvo, tuple(self.comando), ("responde cru",), tuple(vereditos), 1.0)


@pytest.fixture(scope="module")
def examinada():
    """(a turma examinada, a pasta dela em capturas/)."""
    pasta = CAPTURAS / f"turma-{os.getpid()}"
    for i, aluno in enumerate(NOMES):
        (pasta / "envios" / aluno).mkdir(parents=True)
        for alvo, chamada in (("servidor", "accept"), ("cliente", "connect")):
            if (i, alvo) != (3, "cliente"):  # a Dora só entregou o servidor
                codigo = f"import socket\ns.{chamada}(1)\n# {i}\n"
                (pasta / "envios" / aluno / f"{alvo}.py").write_text(codigo, encoding="utf-8")
    with pytest.MonkeyPatch.context() as troca:
        exames = {alvo: lambda *a, alvo=alvo, **_: ExameSorteado(alvo, a[0], a[2]) for alvo in CASOS}
        troca.setattr(entrega, "ALVOS", exames)
        yield Turma(pasta / "envios", guardar=pasta / "guardados", isolamento=NENHUM).avaliar(), pasta
    shutil.rmtree(pasta)


@pytest.fixture(scope="module")
def turma(abrir, examinada):
    """A turma num notebook aberto no JupyterLab, com os exames já guardados: o kernel só os lê."""
    caminho = examinada[1].with_suffix(".ipynb")
    celula = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "source": CODIGO.format(caminho.stem)}
    caderno = {"cells": [celula | {"execution_count": None}], "metadata": {"kernelspec": KERNEL}}
    caminho.write_text(json.dumps(caderno | {"nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    notebook = abrir(str(caminho.relative_to(RAIZ)))
    notebook.avisos = []
    notebook.pagina.on("dialog", lambda aviso: (notebook.avisos.append(aviso.message), aviso.dismiss()))
    notebook.rodar_tudo()
    yield notebook
    notebook.tema("Light")  # o JupyterLab guarda o último tema
    notebook.encerrar()
    caminho.unlink()


def nomes(tabela):
    """Os nomes que se veem, na ordem."""
    return [nome.strip() for nome in tabela.locator("tbody:visible th[scope=row]").all_inner_texts()]


def test_ordena_e_filtra(turma):
    """Um clique no título ordena, outro inverte; o filtro não liga para acentos, e diz quantas entregas restam."""
    tabela = turma.controle("turma")
    assert nomes(tabela) == sorted(NOMES, key=str.casefold) and turma.erros() == []
    botao = tabela.get_by_role("button", name="nota", exact=True)
    botao.click()
    assert nomes(tabela)[0] == "Dora Abreu"  # sem nota, vem antes do zero
    expect(tabela.get_by_role("columnheader", name="nota", exact=True)).to_have_attribute("aria-sort", "ascending")
    botao.press("Enter")
    assert nomes(tabela)[-1] == "Dora Abreu"
    tabela.get_by_role("searchbox", name="Filtrar").fill("ANA SA")
    expect(tabela.get_by_role("status")).to_have_text("1 entrega")
    assert nomes(tabela) == ["Ana Sá"]
    tabela.get_by_role("searchbox").fill("")
    tabela.get_by_role("checkbox", name="só as que pedem conferência").check()
    assert nomes(tabela) == ["Dora Abreu"]
    tabela.get_by_role("checkbox").uncheck()
    expect(tabela.get_by_role("status")).to_have_text("6 entregas")


def test_um_clique_ate_o_relatorio(turma):
    """O relatório abre na própria tabela, e o que veio do aluno é texto."""
    tabela = turma.controle("turma")
    tabela.get_by_text("relatório de Ana Sá").click()
    da_ana = tabela.get_by_role("group").filter(has_text="relatório de Ana Sá")
    expect(da_ana.locator("details[open] pre").first).to_contain_text("veio <script>alert(2)</script> & mais nada")
    expect(da_ana.locator("details[open] pre").first).to_be_visible()
    tabela.get_by_text("relatório de Ana Sá").click()
    assert turma.avisos == [] and turma.mensagens == []


@pytest.mark.parametrize("nome", ["Light", "Dark"])
def test_nos_dois_temas(turma, nome):
    """A tabela e a figura têm contraste, texto alternativo e o equivalente escrito; fotografadas para se olhar."""
    turma.tema(nome)
    figura = turma.painel.get_by_role("img", name="O que a turma mais deixa de cumprir")
    expect(figura).to_be_visible()
    letras = figura.evaluate("e => [...e.querySelectorAll('text')].map(t => t.getAttribute('style') ?? '')")
    assert letras and all("12px" in letra for letra in letras)  # no SVG do matplotlib, 12 pontos são 12px da viewBox
    queixas, textos = turma.axe(".jp-OutputArea")
    assert queixas == [] and textos > 30
    turma.janela_inteira()
    turma.fotografar(f"turma-{nome}", turma.painel.locator(".jp-OutputArea").first)


@pytest.mark.parametrize("tema", ["light", "dark"])
def test_as_paginas_que_se_gravam(navegador, examinada, tema):
    """A da turma leva à de cada um; nas duas o axe não acha nada, e nada se busca fora da pasta."""
    examinada[0].gravar_relatorios(examinada[1] / "relatorios")
    pagina, buscados, avisos = navegador.new_page(color_scheme=tema, locale="pt-BR"), [], []
    pagina.on("request", lambda pedido: buscados.append(pedido.url))
    pagina.on("dialog", lambda aviso: (avisos.append(aviso.message), aviso.dismiss()))
    pagina.goto((examinada[1] / "relatorios" / "index.html").as_uri())
    for nome in ("turma", "aluno"):
        pagina.evaluate(AXE_SCRIPT)
        visto = pagina.evaluate("() => axe.run()")
        assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in visto["violations"]] == []
        pagina.screenshot(path=CAPTURAS / f"pagina-{nome}-{tema}.png", full_page=True)
        if nome == "turma":
            pagina.get_by_role("link", name="relatório de Ana Sá").click()
            expect(pagina.get_by_role("heading", name="Ana Sá")).to_be_visible()
    assert all(url.startswith("file://") for url in buscados) and avisos == []
    no_papel = "".join(folha.extract_text() for folha in PdfReader(io.BytesIO(pagina.pdf())).pages)
    assert no_papel.count("alert(2)") == pagina.locator("details pre").count()  # também o que na tela está recolhido
    pagina.close()
