"""A turma que chega: as disposições do Moodle, os compactados hostis, e qual arquivo é o servidor e qual o cliente."""

import gzip
import io
import json
import os
import sys
import tarfile
import tracemalloc
import zipfile

import pytest
from apoio import RAIZ
from turma_gerada import zipar

from avaliador.turma import achar, extrair
from avaliador.turma.envios import SOLTOS, achar_envios
from parimpar.erros import ErroDeUso

ALUNOS = RAIZ / "tests" / "alunos"
SERVIDOR = (ALUNOS / "servidores" / "simples.py").read_text(encoding="utf-8")
CLIENTE = (ALUNOS / "clientes" / "certo.py").read_text(encoding="utf-8")


def escrever(raiz, arquivos):
    """Cria os arquivos {caminho: texto ou bytes} dentro da pasta."""
    for caminho, conteudo in arquivos.items():
        alvo = raiz / caminho
        alvo.parent.mkdir(parents=True, exist_ok=True)
        alvo.write_bytes(conteudo if isinstance(conteudo, bytes) else conteudo.encode())
    return raiz


def copiados(envio, tmp_path):
    """Os caminhos dos arquivos da entrega, depois de copiada."""
    pasta = envio.copiar(tmp_path / "copia" / str(len(envio.nome)))
    return {p.relative_to(pasta).as_posix() for p in pasta.rglob("*") if p.is_file()}


PAR = {"servidor.py": SERVIDOR, "cliente.py": CLIENTE}
DISPOSICOES = {
    "pastas": {f"Ana Sá_101_assignsubmission_file_/{n}": c for n, c in PAR.items()},
    "pastas sem o _ do fim": {f"Ana Sá_101_assignsubmission_file/{n}": c for n, c in PAR.items()},
    "arquivos espalhados": {f"Ana Sá_101_assignsubmission_file_{n}": c for n, c in PAR.items()},
    "em grupo": {f"Grupo 1-Ana Sá_101_assignsubmission_file_/src/{n}": c for n, c in PAR.items()},
    "zip na pasta": {"Ana Sá_101_assignsubmission_file_/trabalho.zip": zipar(PAR)},
    "zip espalhado": {"Ana Sá_101_assignsubmission_file_trabalho.zip": zipar(PAR)},
    "zip dentro de zip": {"Ana Sá_101_assignsubmission_file_/t.zip": zipar({"x/dentro.zip": zipar(PAR)})},
    "pasta comum": {f"ana/{n}": c for n, c in PAR.items()},
    "um zip por aluno": {"ana.zip": zipar(PAR)},
}


@pytest.mark.parametrize("disposicao", DISPOSICOES)
@pytest.mark.parametrize("zipada", [False, True], ids=["pasta", "zip"])
@pytest.mark.parametrize("embrulho", ["", "Redes-Trabalho 1-45/"], ids=["", "embrulhada"])
def test_as_disposicoes_do_moodle(tmp_path, disposicao, zipada, embrulho):
    """Em todas elas há uma entrega da Ana e uma do Bruno, e nas duas se acham o servidor e o cliente."""
    da_ana = DISPOSICOES[disposicao]
    troca = {"Ana Sá_101": "Bruno Ré_102", "ana": "bruno"}
    do_bruno = {}
    for nome, conteudo in da_ana.items():
        for de, para in troca.items():
            nome = nome.replace(de, para)
        do_bruno[nome] = conteudo
    arquivos = {embrulho + nome: conteudo for nome, conteudo in (da_ana | do_bruno).items()}
    origem = tmp_path / "turma"
    if zipada:
        origem = tmp_path / "ENVIOS.zip"
        origem.write_bytes(zipar(arquivos))
    else:
        escrever(origem, arquivos)
    envios = achar_envios(origem, tmp_path / "trabalho")
    assert len(envios) == 2, [e.nome for e in envios]
    assert "ana" in envios[0].nome.lower()
    if "_101_" in next(iter(da_ana)):
        assert (envios[0].identificador, envios[1].identificador) == ("101", "102")
        assert envios[0].pasta_do_moodle.startswith(envios[0].nome + "_101_assignsubmission_file")
    for i, envio in enumerate(envios):
        programas = achar.achar_programas(envio.copiar(tmp_path / "copia" / str(i)))
        assert {a: p.comando[-1] for a, p in programas.items()} == {"servidor": "servidor.py", "cliente": "cliente.py"}
        assert not envio.avisos


def test_arquivos_e_texto_do_mesmo_aluno_sao_uma_entrega(tmp_path):
    """Quem mandou um arquivo e colou o outro no navegador tem uma entrega só, com os dois."""
    pagina = "<p>" + "<br />".join(CLIENTE.replace("<", "&lt;").splitlines()) + "</p>"
    escrever(tmp_path / "t", {
        "Ana_7_assignsubmission_file_/servidor.py": SERVIDOR,
        "Ana_7_assignsubmission_onlinetext_/onlinetext.html": pagina,
        "Bia_8_assignsubmission_file_/servidor.py": SERVIDOR,
    })  # fmt: skip
    ana, bia = achar_envios(tmp_path / "t", tmp_path / "w")
    programas = achar.achar_programas(ana.copiar(tmp_path / "c"))
    assert programas["cliente"].arquivo == "onlinetext.py"
    compile((tmp_path / "c" / "onlinetext.py").read_text(encoding="utf-8"), "onlinetext.py", "exec")
    assert set(achar.achar_programas(bia.copiar(tmp_path / "d"))) == {"servidor"}


def test_nada_se_perde_em_silencio(tmp_path):
    """O que não é de ninguém vira uma entrega com o aviso; o que é do sistema não conta."""
    escrever(tmp_path / "t", {
        "ana/servidor.py": SERVIDOR, "servidor.py": SERVIDOR, "__MACOSX/ana/._servidor.py": "x", ".DS_Store": "x",
        "bruno/leia.txt": "ainda não fiz",
    })  # fmt: skip
    envios = {e.nome: e for e in achar_envios(tmp_path / "t", tmp_path / "w")}
    assert list(envios) == ["ana", SOLTOS, "bruno"] and "não estão na pasta de ninguém" in envios[SOLTOS].avisos[0]


def test_o_que_nao_e_do_aluno_fica_fora(tmp_path):
    """venv, node_modules, __pycache__ e __MACOSX não são copiados, nem contam no limite."""
    pastas = ("venv/lib/python3/site-packages", "node_modules/ws", "__pycache__", ".git", "__MACOSX")
    escrever(tmp_path / "t" / "ana", {f"{p}/servidor.py": SERVIDOR for p in pastas} | {"Servidor.PY": SERVIDOR})
    escrever(tmp_path / "t" / "bia", {"a.zip": zipar({f"{p}/cliente.py": CLIENTE for p in pastas} | PAR)})
    ana, bia = achar_envios(tmp_path / "t", tmp_path / "w")
    assert copiados(ana, tmp_path) == {"Servidor.PY"}
    programas = achar.achar_programas(bia.copiar(tmp_path / "b"))
    assert {p.arquivo for p in programas.values()} == {"a/servidor.py", "a/cliente.py"}
    assert not programas["cliente"].rivais


@pytest.mark.parametrize("nome", ["../fora.py", "/etc/fora.py", "..\\fora.py", "C:\\fora.py", "a/../../fora.py"])
def test_um_zip_nao_escreve_fora_da_pasta(tmp_path, nome):
    """Um caminho que sai da pasta fica de fora, e é dito; os outros arquivos vêm."""
    (tmp_path / "z.zip").write_bytes(zipar({nome: "x", "servidor.py": SERVIDOR}))
    avisos = extrair.extrair(tmp_path / "z.zip", tmp_path / "a" / "b")
    assert "sairia da pasta" in avisos[0]
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] in (["z.zip", "servidor.py"], ["servidor.py", "z.zip"])


def test_links_ficam_de_fora(tmp_path):
    """Um link para /etc/passwd, num zip ou num tar, não é extraído; na pasta, não é copiado."""
    memoria = io.BytesIO()
    with tarfile.open(fileobj=memoria, mode="w:gz") as pacote:
        membro = tarfile.TarInfo("segredo.py")
        membro.type, membro.linkname = tarfile.SYMTYPE, "/etc/passwd"
        pacote.addfile(membro)
        membro = tarfile.TarInfo("servidor.py")
        membro.size = len(SERVIDOR.encode())
        pacote.addfile(membro, io.BytesIO(SERVIDOR.encode()))
    (tmp_path / "a.tar.gz").write_bytes(memoria.getvalue())
    membro = zipfile.ZipInfo("segredo.py")
    membro.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as pacote:
        pacote.writestr(membro, "/etc/passwd")
    for nome, fica in (("a.tar.gz", ["servidor.py"]), ("b.zip", [])):
        avisos = extrair.extrair(tmp_path / nome, tmp_path / f"{nome}.d")
        assert "é um link" in avisos[0]
        assert [p.name for p in (tmp_path / f"{nome}.d").iterdir()] == fica


@pytest.mark.skipif(os.name == "nt", reason="links simbólicos no Windows pedem permissão")
def test_um_link_na_pasta_nao_e_seguido(tmp_path):
    """Nem um link para um arquivo, nem um para uma pasta de outra pessoa."""
    escrever(tmp_path / "segredo", {"cliente.py": CLIENTE})
    escrever(tmp_path / "t" / "ana", {"servidor.py": SERVIDOR})
    (tmp_path / "t" / "ana" / "cliente.py").symlink_to(tmp_path / "segredo" / "cliente.py")
    (tmp_path / "t" / "ana" / "pasta").symlink_to(tmp_path / "segredo")
    (tmp_path / "t" / "bia").mkdir()
    ana = achar_envios(tmp_path / "t", tmp_path / "w")[0]
    assert copiados(ana, tmp_path) == {"servidor.py"} and "é um link" in ana.avisos[0]


def test_bombas_nao_enchem_o_disco(tmp_path, monkeypatch):
    """Um zip de um arquivo enorme, um de muitos arquivos e um dentro do outro param no limite, e isto é dito."""
    monkeypatch.setattr(extrair, "BYTES", 1024**2)
    grande = zipar({"zeros.bin": bytes(8 * 1024**2), "servidor.py": SERVIDOR})
    (tmp_path / "g.zip").write_bytes(grande)
    limite = extrair.Limite(bytes=1024**2)
    assert "passa de 1 MiB" in extrair.extrair(tmp_path / "g.zip", tmp_path / "g", limite)[0]
    (tmp_path / "m.zip").write_bytes(zipar({f"{i}.txt": "x" for i in range(50)}))
    limite = extrair.Limite(arquivos=20)
    assert "o resto ficou de fora" in extrair.extrair(tmp_path / "m.zip", tmp_path / "m", limite)[0]
    escrito = sum(p.stat().st_size for pasta in ("g", "m") for p in (tmp_path / pasta).rglob("*") if p.is_file())
    assert escrito <= 1024**2 and len(list((tmp_path / "m").iterdir())) == 20


def test_um_tar_de_cabecalhos_enormes_nao_enche_a_memoria(tmp_path, monkeypatch):
    """Um cabeçalho que se diz de 8 GiB, e pastas sem fim: a leitura para, e a memória também."""
    monkeypatch.setattr(extrair, "BYTES", 1024**2)
    monkeypatch.setattr(extrair, "FOLGA", 1024**2)
    monkeypatch.setattr(extrair, "MEMBROS", 200)
    nome_longo, pasta = tarfile.TarInfo("x"), tarfile.TarInfo("pasta")
    nome_longo.type, nome_longo.size, pasta.type = tarfile.GNUTYPE_LONGNAME, 8 * 1024**3, tarfile.DIRTYPE
    for nome, conteudo in (
        ("a.tar.gz", nome_longo.tobuf(tarfile.GNU_FORMAT) + bytes(64 * 1024**2)), ("b.tar.gz", pasta.tobuf() * 20_000),
    ):  # fmt: skip
        (tmp_path / nome).write_bytes(gzip.compress(conteudo, 1))
        tracemalloc.start()
        try:
            assert extrair.extrair(tmp_path / nome, tmp_path / "d"), "não avisou"
            assert tracemalloc.get_traced_memory()[1] < 16 * 1024**2
        finally:
            tracemalloc.stop()


def test_um_7z_se_abre_ate_o_limite(tmp_path):
    """Com a biblioteca, como um zip; o que passaria do limite fica fechado."""
    py7zr = pytest.importorskip("py7zr")
    with py7zr.SevenZipFile(tmp_path / "a.7z", "w") as pacote:
        pacote.writestr(SERVIDOR, "src/servidor.py")
    assert extrair.extrair(tmp_path / "a.7z", tmp_path / "a") == []
    assert (tmp_path / "a" / "src" / "servidor.py").read_text(encoding="utf-8") == SERVIDOR
    (avisos,) = [extrair.extrair(tmp_path / "a.7z", tmp_path / "b", extrair.Limite(bytes=100))]
    assert "ficou fechado" in avisos[0] and list((tmp_path / "b").iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="arquivos esparsos como os do Linux")
def test_um_arquivo_esparso_nao_e_copiado(tmp_path):
    """Um arquivo que diz ter 1 GiB e ocupa nada ficaria enorme na cópia: fica de fora."""
    escrever(tmp_path / "t", {"ana/servidor.py": SERVIDOR, "bia/x.py": ""})
    with open(tmp_path / "t" / "ana" / "dados.bin", "wb") as arquivo:
        arquivo.truncate(1024**3)
    ana = achar_envios(tmp_path / "t", tmp_path / "w")[0]
    assert copiados(ana, tmp_path) == {"servidor.py"} and "passa do tamanho" in ana.avisos[0]


@pytest.mark.parametrize("conteudo", [b"", b"PK\x03\x04 cortado", b"Rar!\x1a\x07\x00", b"7z\xbc\xaf\x27\x1c"])
@pytest.mark.parametrize("final", [".zip", ".tar.gz", ".7z", ".rar"])
def test_um_compactado_estragado_nao_para_a_turma(tmp_path, final, conteudo):
    """A entrega fica, com o aviso."""
    escrever(tmp_path / "t", {f"ana/trabalho{final}": conteudo, "bia/servidor.py": SERVIDOR})
    ana = achar_envios(tmp_path / "t", tmp_path / "w")[0]
    assert copiados(ana, tmp_path) == set() and ana.avisos


def test_nomes_em_latim_1_no_zip(tmp_path):
    """Um zip do Windows escreve os nomes na página de código da máquina: sem a marca de UTF-8."""
    dados = zipar({"Joao_1_assignsubmission_file_/servidor.py": SERVIDOR, "Bia_2_assignsubmission_file_/x.py": ""})
    (tmp_path / "t.zip").write_bytes(dados.replace(b"Joao", "João".encode("cp1252")))
    assert [e.nome for e in achar_envios(tmp_path / "t.zip", tmp_path / "w")] == ["Bia", "João"]


@pytest.mark.parametrize("nome", ["=cmd", 'a"b;c', "x\ny", "\x1b[31m", "é" * 120])
def test_nomes_hostis_sao_so_nomes(tmp_path, nome):
    """Nem aspas, nem quebras de linha, nem ESC, nem um nome de 240 bytes param a busca."""
    escrever(tmp_path / "t", {f"{nome}/servidor.py": SERVIDOR, "bia/servidor.py": SERVIDOR})
    assert nome in [e.nome for e in achar_envios(tmp_path / "t", tmp_path / "w")]


def test_pasta_que_nao_serve(tmp_path):
    """O erro diz o que se esperava."""
    for origem, trecho in ((tmp_path / "nada", "não existe"), (tmp_path, "não há entregas")):
        with pytest.raises(ErroDeUso, match=trecho):
            achar_envios(origem, tmp_path / "w")


def achados(tmp_path, arquivos):
    """{alvo: arquivo escolhido} numa entrega com estes arquivos."""
    programas = achar.achar_programas(escrever(tmp_path / "e", arquivos))
    return {alvo: programa.arquivo for alvo, programa in programas.items()}, programas


@pytest.mark.parametrize("arquivos, certos", [
    ({"servidor.py": SERVIDOR, "cliente.py": CLIENTE, "rascunho/servidor.py": SERVIDOR}, ("servidor.py", "cliente.py")),
    ({"um.py": SERVIDOR, "dois.py": CLIENTE}, ("um.py", "dois.py")),
    ({"servidor_v1.py": SERVIDOR, "servidor_v2.py": SERVIDOR, "cliente.py": CLIENTE}, ("servidor_v2.py", "cliente.py")),
    ({"servidor.py": SERVIDOR, "cliente.py": CLIENTE, "observador.py": CLIENTE}, ("servidor.py", "cliente.py")),
    ({"servidor_teste.py": SERVIDOR, "b/server.py": SERVIDOR, "b/client.py": CLIENTE}, ("b/server.py", "b/client.py")),
    ({"servicos.py": "import socket  # nada", "main.py": SERVIDOR, "c.py": CLIENTE}, ("main.py", "c.py")),
    ({"cliente.py": "print('oi')", "outro.py": CLIENTE, "servidor.py": SERVIDOR}, ("servidor.py", "outro.py")),
])  # fmt: skip
def test_qual_arquivo_e_qual(tmp_path, arquivos, certos):
    """O nome e as chamadas escolhem; rascunho, observador e versão velha ficam como rivais."""
    escolhidos, _ = achados(tmp_path, arquivos)
    assert (escolhidos["servidor"], escolhidos["cliente"]) == certos


def test_os_rivais_sao_ditos(tmp_path):
    """Três pares num repositório: escolhe-se um par da mesma pasta, e os outros aparecem."""
    pares = {f"{p}/{n}": c for p in ("tcp", "udp_antigo", "teste") for n, c in PAR.items()}
    escolhidos, programas = achados(tmp_path, pares)
    assert escolhidos == {"servidor": "tcp/servidor.py", "cliente": "tcp/cliente.py"}
    assert set(programas["servidor"].rivais) == {"udp_antigo/servidor.py", "teste/servidor.py"}
    assert programas["servidor"].porque == "escolhido pelo nome e pelas chamadas que faz"


def test_o_papel_vem_num_argumento(tmp_path):
    """Um arquivo que é os dois, e o argumento diz qual."""
    codigo = f"import sys\nservir = sys.argv[1] == 'servidor'\npedir = sys.argv[1] == 'cliente'\n{SERVIDOR}\n{CLIENTE}"
    _, programas = achados(tmp_path, {"jogo.py": codigo})
    assert {a: p.comando[-2:] for a, p in programas.items()} == {
        "servidor": ("jogo.py", "servidor"), "cliente": ("jogo.py", "cliente"),
    }  # fmt: skip


def test_o_caderno_vira_programa(tmp_path):
    """As células de código, sem as mágicas do Jupyter."""
    celulas = [{"cell_type": "markdown", "source": ["# título"]},
               {"cell_type": "code", "source": ["%matplotlib inline\n", "!ls\n", *SERVIDOR.splitlines(True)]},
               {"cell_type": "code", "source": "%%bash\necho oi"}]  # fmt: skip
    _, programas = achados(tmp_path, {"Servidor.ipynb": json.dumps({"cells": celulas})})
    copia = tmp_path / "e" / programas["servidor"].comando[-1]
    codigo = copia.read_text(encoding="utf-8")
    assert "accept" in codigo and "%" not in codigo.split("import")[0] and "bash" not in codigo
    compile(codigo, "x", "exec")


def test_java_com_pacotes_e_c(tmp_path):
    """O Java compila a partir da raiz dos pacotes; o C, com o make, se há um, ou com o cc."""
    servidor = "package redes.tp;\npublic class Servidor { void x() { new java.net.ServerSocket(1); } }"
    _, programas = achados(tmp_path, {"src/redes/tp/Servidor.java": servidor})
    assert programas["servidor"].comando == ("java", "-cp", ".classes", "redes.tp.Servidor")
    assert programas["servidor"].pasta == tmp_path / "e" / "src"
    assert programas["servidor"].preparo[0][-1] == os.path.join("redes", "tp", "Servidor.java")
    _, programas = achados(tmp_path, {"../f/servidor.c": "#include <sys/socket.h>\nint main(){accept(0,0,0);}"})
    programas = achar.achar_programas(tmp_path / "f")
    assert programas["servidor"].comando == ("./servidor.exe",) and programas["servidor"].preparo[0][0] == "cc"
    escrever(tmp_path / "f", {"Makefile": "tudo:\n\tcc -o meuserv servidor.c\n"})
    assert achar.achar_programas(tmp_path / "f")["servidor"].comando == ("./meuserv",)


def test_o_que_o_manifesto_nao_diz_e_procurado(tmp_path):
    """Quem só escreveu o servidor no parimpar.toml não perde o cliente."""
    escrever(tmp_path / "e", {"outro.py": SERVIDOR, "cliente.py": CLIENTE, "parimpar.toml": 'servidor = ["python", "x.py"]'})
    programas = achar.achar_programas(tmp_path / "e")
    assert programas["servidor"].comando[1:] == ("x.py",) and programas["cliente"].arquivo == "cliente.py"


def test_a_ordem_e_a_da_chamada(tmp_path):
    """Um acento não leva ninguém para o fim da lista."""
    escrever(tmp_path, {f"{nome}/servidor.py": SERVIDOR for nome in ("Fábio", "Érica", "Zé", "Ângela")})
    assert [envio.nome for envio in achar_envios(tmp_path, tmp_path / "w")] == ["Ângela", "Érica", "Fábio", "Zé"]


def test_o_manifesto_manda(tmp_path):
    """O de quem ensina manda mais do que o da entrega, que manda mais do que os nomes."""
    escrever(tmp_path / "e", PAR | {"parimpar.toml": 'servidor = ["python", "x.py"]\nporta = 5000\n'})
    programas = achar.achar_programas(tmp_path / "e")
    assert programas["servidor"].comando == (sys.executable, "x.py") and programas["servidor"].porta == 5000
    (tmp_path / "ana.toml").write_text('cliente = ["node", "y.js"]\n', encoding="utf-8")
    assert achar.achar_programas(tmp_path / "e", tmp_path / "ana.toml")["cliente"].comando == ("node", "y.js")


@pytest.mark.parametrize("texto, trecho", [
    ("servidor = [", "não se entende"), ("porta = true", "1 a 65535"), ('servidor = "python x.py"', "lista de textos"),
])  # fmt: skip
def test_manifesto_errado(tmp_path, texto, trecho):
    """O erro diz o arquivo, o que se esperava e o que veio."""
    escrever(tmp_path, {"parimpar.toml": texto})
    with pytest.raises(ErroDeUso, match=trecho):
        achar.achar_programas(tmp_path)
