"""O que todo notebook guardado tem de ter; o nbval compara as saídas à parte."""

import contextlib
import json
import re
import socket
import sys

import pytest

from ferramentas.indice import AULAS, PASTA, navegacao
from parimpar.aulas.perguntas import todas
from parimpar.jupyter import gravar

ISENTAS = {"nbval-skip", "nbval-ignore-output"}
EXERCICIOS = 2  # por aula, ao menos; cada um são duas células


@pytest.fixture(params=AULAS, ids=lambda aula: aula.numero)
def aula(request):
    return request.param


@pytest.fixture
def notebook(aula):
    return json.loads((PASTA / aula.arquivo).read_text(encoding="utf-8"))


def celulas(notebook, tipo):
    return [c for c in notebook["cells"] if c["cell_type"] == tipo]


def fonte(celula):
    return "".join(celula["source"])


def test_toda_celula_foi_executada(notebook):
    """Uma célula sem execução não seria comparada pelo nbval: aqui ela reprova."""
    contagens = [c["execution_count"] for c in celulas(notebook, "code")]
    assert contagens == list(range(1, len(contagens) + 1))


def test_sem_estado_de_controles(notebook):
    """Os controles e o estado deles não ficam guardados: no dia seguinte, no lugar de um haveria um erro em inglês."""
    assert "widgets" not in notebook["metadata"]
    for saida in [saida for celula in celulas(notebook, "code") for saida in celula["outputs"]]:
        assert gravar.CONTROLE not in saida.get("data", {})
        assert not re.search(r"\bVBox\(|\bHBox\(", "".join(saida.get("data", {}).get("text/plain", ())))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"


def test_erros_so_onde_sao_a_licao(notebook):
    """Só termina em erro a célula marcada com raises-exception."""
    for celula in celulas(notebook, "code"):
        errou = any(saida["output_type"] == "error" for saida in celula["outputs"])
        assert errou == ("raises-exception" in celula["metadata"].get("tags", ())), fonte(celula)


def test_celulas_curtas_e_comparadas(notebook):
    """No máximo 16 linhas por célula à vista, 20 numa recolhida, e no máximo uma em dez isenta da comparação."""
    codigo = celulas(notebook, "code")
    a_vista = [c for c in codigo if not c["metadata"].get("jupyter", {}).get("source_hidden")]
    assert max(len(fonte(c).splitlines()) for c in a_vista) <= 16
    assert max(len(fonte(c).splitlines()) for c in codigo) <= 20
    isentas = [c for c in codigo if ISENTAS & set(c["metadata"].get("tags", ())) or "NBVAL_" in fonte(c)]
    assert len(isentas) <= len(codigo) / 10


def exercicios(notebook):
    """As posições das células em que se escreve uma resposta, ou se confere um degrau dela."""
    codigo = [(i, fonte(c)) for i, c in enumerate(notebook["cells"]) if c["cell_type"] == "code"]
    return [i for i, texto in codigo if "# escreva aqui" in texto or ".marco(" in texto]


def palavras(notebook):
    """Quantas palavras tem a prosa: sem as tabelas, o código, nem o resumo, o glossário e as perguntas do fim."""
    textos = "\n".join(fonte(c) for c in notebook["cells"][:-1] if c["cell_type"] == "markdown")
    return len(re.sub(r"```.*?```|\[[^]]*\]\([^)]*\)|^\|[^\n]*", "", textos, flags=re.S | re.M).split())


def test_tamanho(notebook, aula):
    """De 25 a 40 células, sem contar os dois exercícios, e de 600 a 1.200 palavras; um apêndice pode ser menor."""
    quantas = len(notebook["cells"]) - 2 * EXERCICIOS * (not aula.de)  # cada exercício, e o seu enunciado
    assert quantas <= 40 and palavras(notebook) <= 1200
    assert aula.de or quantas >= 25 and palavras(notebook) >= 600


def test_exercicios_no_meio_e_no_fim(notebook, aula):
    """Ao menos dois: um no meio da aula, outro no fim; um apêndice não precisa."""
    onde = [i / len(notebook["cells"]) for i in exercicios(notebook)]
    assert aula.de or len(onde) >= EXERCICIOS and 0.2 <= min(onde) <= 0.75 and max(onde) >= 0.6


def test_o_tempo_foi_medido(notebook, aula):
    """O que a aula diz que dura: 120 palavras por minuto, 1 minuto por célula e 12 por exercício, arredondado a 5."""
    minutos = palavras(notebook) / 120 + len(notebook["cells"]) + 12 * len(exercicios(notebook))
    assert aula.minutos % 5 == 0 and abs(aula.minutos - minutos) <= 3, round(minutos)


def test_celulas_de_poucas_linhas():
    """Em todo o curso, as células à vista com mais de 6 linhas são poucas."""
    a_vista = []
    for aula in AULAS:
        notebook = json.loads((PASTA / aula.arquivo).read_text(encoding="utf-8"))
        pulam = set(exercicios(notebook))
        for i, c in enumerate(notebook["cells"]):
            if (
                c["cell_type"] == "code"
                and i not in pulam
                and not c["metadata"].get("jupyter", {}).get("source_hidden")
            ):
                a_vista.append(len(fonte(c).splitlines()))
    compridas = sum(linhas > 6 for linhas in a_vista)
    assert compridas <= 79, (compridas, len(a_vista))


def perguntas(notebook):
    """Os nomes das perguntas de prever, na ordem; cada uma ocupa uma célula, e o código dela fica recolhido."""
    nomes = []
    for celula in celulas(notebook, "code"):
        if "Preveja(" in fonte(celula):
            nomes += re.fullmatch(r'Preveja\("([a-z0-9-]+)"\)', fonte(celula)).groups()
            assert celula["metadata"]["jupyter"]["source_hidden"]
    return nomes


def test_perguntas_de_prever(notebook, aula):
    """Ao menos três por aula."""
    assert aula.de or len(perguntas(notebook)) >= 3


def test_cada_pergunta_e_feita_uma_vez():
    """Toda pergunta escrita é feita numa aula, e uma vez só."""
    feitas = [
        nome for caminho in PASTA.glob("[0-9]*.ipynb") for nome in perguntas(json.loads(caminho.read_text("utf-8")))
    ]
    assert sorted(feitas) == sorted(todas())


def test_a_resposta_nao_se_le_no_notebook(notebook):
    """Nem no código, nem nas saídas, nem recolhida: nenhuma explicação das opções está no arquivo."""
    tudo = "".join(fonte(c) for c in notebook["cells"] if "Preveja(" in fonte(c))
    tudo += json.dumps([c.get("outputs", ()) for c in notebook["cells"] if "Preveja(" in fonte(c)], ensure_ascii=False)
    for nome in perguntas(notebook):
        pergunta = todas()[nome]
        assert not any(json.dumps(frase, ensure_ascii=False)[1:-1] in tudo for frase in pergunta.opcoes.values())
    assert "certa=" not in tudo


def test_uma_falha_de_proposito(notebook):
    """Toda aula provoca ao menos um erro de verdade."""
    de_proposito = [
        c for c in celulas(notebook, "code")
        if "raises-exception" in c["metadata"].get("tags", ())
        or re.search(r"except |desligar\(\)|conferir\(servidor, so", fonte(c))
    ]  # fmt: skip
    assert de_proposito


def test_figuras_com_texto(notebook):
    """Toda figura passa por `diagramas.mostrar`, que lhe dá texto alternativo."""
    for celula in celulas(notebook, "code"):
        for saida in celula["outputs"]:
            assert not {"image/png", "image/svg+xml"} & set(saida.get("data", ())), fonte(celula)


def test_o_indice_e_dos_arquivos_que_existem():
    """Toda aula está no índice, na ordem dos arquivos, e na tabela do README."""
    assert [aula.arquivo for aula in AULAS] == [caminho.name for caminho in sorted(PASTA.glob("[0-9]*.ipynb"))]
    assert all(aula.arquivo.startswith(f"{aula.numero}-") for aula in AULAS)
    leia = (PASTA.parent / "README.md").read_text(encoding="utf-8")
    tabela = re.findall(r"^\| (\d\d) \| \[[^\]]+\]\(notebooks/([^)]+)\)", leia, re.M)
    assert tabela == [(aula.numero, aula.arquivo) for aula in AULAS]


@pytest.mark.parametrize("aula", AULAS, ids=lambda aula: aula.numero)
def test_navegacao_e_tempo_do_indice(aula):
    """Cada aula leva à anterior e à seguinte, no começo e no fim, e diz o tempo do índice."""
    notebook = json.loads((PASTA / aula.arquivo).read_text(encoding="utf-8"))
    textos = [fonte(c) for c in celulas(notebook, "markdown")]
    assert textos[0].startswith(navegacao(aula)) and textos[-1].endswith(navegacao(aula))
    assert f"**Tempo:** {aula.minutos} minutos" in textos[0]


def test_anatomia(notebook):
    """Título, objetivo, o que precisa saber e tempo no começo; resumo, glossário e cinco perguntas no fim."""
    textos = [fonte(c) for c in celulas(notebook, "markdown")]
    for pedaco in ("# ", "**O que você vai fazer:**", "**O que precisa saber:**", "**Tempo:**", "[Todas as aulas]"):
        assert pedaco in textos[0]
    for pedaco in ("## Resumo", "## Glossário", "## Perguntas", "[Todas as aulas]"):
        assert pedaco in textos[-1]
    assert len(re.findall(r"^\d+\. ", textos[-1].split("## Perguntas")[1], re.M)) >= 5


def test_titulos_em_escada(notebook):
    """Os títulos não pulam níveis, e só há um de primeiro nível."""
    niveis = []
    for texto in (fonte(c) for c in celulas(notebook, "markdown")):
        niveis += [len(marca) for marca in re.findall(r"^(#+) ", re.sub(r"```.*?```", "", texto, flags=re.S), re.M)]
    assert niveis[0] == 1 and niveis.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(niveis, niveis[1:], strict=False))


def porta_com_resto():
    """Uma porta por que passou outra conversa, que ficou em TIME_WAIT e vem antes das novas na tabela."""
    with socket.create_server(("127.0.0.1", 0)) as outro_servidor, socket.socket() as outro_cliente:
        outro_cliente.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for baixa in range(10_000, 20_000):  # abaixo das que o sistema escolhe
            with contextlib.suppress(OSError):
                outro_cliente.bind(("127.0.0.1", baixa))
                break
        outro_cliente.connect(outro_servidor.getsockname())
        outro_servidor.accept()[0].close()
        assert outro_cliente.recv(1) == b""
        return outro_servidor.getsockname()[1]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="só no Linux se segura um SYN_RECV")
def test_o_mapa_dos_estados_congelados_e_so_da_aula(monkeypatch, capsys):
    """A porta que o sistema escolhe pode ter o TIME_WAIT de outra conversa: não é uma ponta desta aula."""
    notebook = json.loads((PASTA / "91-apendice-estados-congelados.ipynb").read_text(encoding="utf-8"))
    celula_do_preparo, _, celula_da_tabela, celula_do_mapa = [fonte(c) for c in celulas(notebook, "code")[:4]]
    porta, criar = porta_com_resto(), socket.create_server
    monkeypatch.setattr(socket, "create_server", lambda endereco: criar((endereco[0], porta)))
    nomes = {}
    try:
        exec(celula_do_preparo + "\n" + celula_da_tabela, nomes)
        assert "TIME_WAIT" in capsys.readouterr().out
        exec(celula_do_mapa, nomes)
        assert "servidor  1 LISTEN, 2 SYN_RECV\n" in capsys.readouterr().out
    finally:
        for aberto in [valor for valor in nomes.values() if isinstance(valor, socket.socket)]:
            aberto.close()
