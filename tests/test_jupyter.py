"""O que o parimpar acrescenta ao servidor do Jupyter: o que se guarda de um notebook, e a tradução que falta."""

import json
import re

import pytest
from apoio import RAIZ, em_outro_processo

pytest.importorskip("jupyter_server")

from parimpar.jupyter.gravar import CONTROLE, antes_de_gravar  # noqa: E402
from parimpar.jupyter.idioma import NOSSOS, juntar  # noqa: E402


def notebook(*saidas):
    return {"metadata": {"widgets": {}}, "cells": [{"cell_type": "markdown"}, {"outputs": list(saidas)}]}


def test_gravar_sem_controles():
    """De cada saída sai o controle e fica o texto; o estado dos controles também sai."""
    aberto = notebook({"data": {CONTROLE: {"model_id": "1"}, "text/html": "aqui"}}, {"output_type": "stream"})
    antes_de_gravar({"type": "notebook", "content": aberto}, "a.ipynb", None)
    assert aberto["cells"][1]["outputs"] == [{"data": {"text/html": "aqui"}}, {"output_type": "stream"}]
    assert aberto["metadata"] == {}


@pytest.mark.parametrize("modelo", [{"type": "file", "content": "texto"}, {"type": "notebook"}, {"type": "directory"}])
def test_gravar_o_resto_como_esta(modelo):
    """Só se mexe no conteúdo de notebooks."""
    antes_de_gravar(modelo, "a", None)
    assert modelo in ({"type": "file", "content": "texto"}, {"type": "notebook"}, {"type": "directory"})


def test_o_oficial_vale_mais():
    """Os nossos textos só entram onde os oficiais faltam ou estão vazios; o cabeçalho é o oficial."""
    oficiais = {"": {"version": "5"}, "File": ["Ficheiro"], "Edit": [""]}
    assert juntar(oficiais, {"File": ["Arquivo"], "Edit": ["Editar"], "Run": ["Executar"]}) == {
        "": {"version": "5"}, "File": ["Ficheiro"], "Edit": ["Editar"], "Run": ["Executar"],
    }  # fmt: skip


def test_as_traducoes_conservam_as_lacunas():
    """O %1 de um texto está na tradução, ao menos no plural; e a tradução não é o próprio texto."""
    iguais = []
    for texto, traducoes in NOSSOS.items():
        lacunas = set(re.findall(r"%\d", texto))
        assert set(re.findall(r"%\d", traducoes[-1])) >= lacunas, texto
        iguais += [texto] if traducoes[0] == texto and re.search(r"[a-z]{2} [a-z]{2}", texto) else []
    assert iguais == []


def test_o_servidor_manda_os_textos_juntos():
    """O que o JupyterLab pede ao servidor traz os oficiais e os nossos, também os de configuração."""
    programa = """
from jupyterlab_server import translation_utils, translations_handler
from parimpar.jupyter.idioma import completar
completar()
textos, queixas = translations_handler.get_language_pack("pt_BR")
print(textos["jupyterlab"]["Idle"], textos["notebook"]["Idle"], textos["jupyterlab"]["Launcher"], repr(queixas))
print(translations_handler.get_language_pack("en")[0].get("jupyterlab"))
pacote = translation_utils.TranslationBundle("jupyterlab", "pt_BR")
print(pacote.pgettext("menu", "File"), pacote.gettext("Idle"), pacote.gettext("Launcher"), pacote.gettext("zzz"))
"""
    juntos, outro_idioma, configuracoes = em_outro_processo(programa).splitlines()
    assert juntos == "['Ocioso'] ['Ocioso'] ['Iniciador'] ''"
    assert outro_idioma == "None"
    assert configuracoes == "Arquivo Ocioso Iniciador zzz"


def test_a_extensao_e_a_mesma_nos_tres_arquivos():
    """O nome do plugin, o do arquivo de configurações e o do comando combinam; os arquivos que o JupyterLab pede existem."""
    pasta = RAIZ / "parimpar" / "jupyter" / "extensao"
    pacote = json.loads((pasta / "package.json").read_text(encoding="utf-8"))
    programa = (pasta / pacote["jupyterlab"]["_build"]["load"]).read_text(encoding="utf-8")
    (configuracoes,) = (pasta / pacote["jupyterlab"]["schemaDir"] / pacote["name"]).glob("*.json")
    assert f'id: "{pacote["name"]}:{configuracoes.stem}"' in programa
    for comando in set(re.findall(r'"command": "([^"]+)"', configuracoes.read_text(encoding="utf-8"))):
        assert f'addCommand("{comando}"' in programa
    assert 'new URL("parimpar.css", AQUI)' in programa and (pasta / "static" / "parimpar.css").exists()
