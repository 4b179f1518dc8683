"""O pacote: nomes públicos, import instantâneo, só a biblioteca padrão e imports numa só direção."""

import ast
import sys

import pytest

import parimpar
from apoio import RAIZ, em_outro_processo

CORACAO = ["erros", "protocolo", "diario", "kernel", "motor", "servidor", "cliente"]

# Cada arquivo só conhece os das linhas de cima; os do chão (a primeira linha) podem conhecer-se entre si, sem voltas.
ANDARES = [
    {"erros", "protocolo", "diario", "kernel"},
    {"motor", "diagramas"},
    {"servidor", "cliente", "observado", "captura", "rede_ruim"},
    {"udp"},
    {"telas", "vista"},
    {"painel", "quiz", "avaliador"},
    {"exercicios"},  # confere com a ajuda do avaliador
    {"__main__"},
]
PACOTE = RAIZ / "parimpar"
# Uma pasta conta como um módulo só: a do Jupyter não conta, quem a carrega é ele.
ARQUIVOS = {caminho.stem: [caminho] for caminho in PACOTE.glob("*.py") if caminho.stem != "__init__"}
ARQUIVOS |= {pasta.parent.name: [*pasta.parent.glob("*.py")] for pasta in PACOTE.glob("*/__init__.py")}
del ARQUIVOS["jupyter"]


def importados(nome, so_no_topo=False):
    """(módulos de fora, módulos do pacote) que o arquivo importa."""
    de_fora, do_pacote = set(), set()
    for caminho in ARQUIVOS[nome]:
        acima = 1 + (caminho.parent != PACOTE)  # quantos pontos levam à raiz do pacote
        arvore = ast.parse(caminho.read_text(encoding="utf-8"))
        for no in arvore.body if so_no_topo else ast.walk(arvore):
            if isinstance(no, ast.Import):
                de_fora |= {apelido.name.split(".")[0] for apelido in no.names}
            elif isinstance(no, ast.ImportFrom) and no.level == 0:
                de_fora.add(no.module.split(".")[0])
            elif isinstance(no, ast.ImportFrom) and no.level == acima:
                do_pacote |= {no.module.split(".")[0]} if no.module else {apelido.name for apelido in no.names}
    return de_fora, do_pacote


def test_nomes_publicos():
    """Cada nome de `__all__` existe, e os do contrato estão lá."""
    assert {"Servidor", "Cliente", "classificar", "sortear_numero", "estado"} <= set(parimpar.__all__)
    for nome in parimpar.__all__:
        assert getattr(parimpar, nome).__name__ == nome
    assert set(parimpar.__all__) <= set(dir(parimpar)) and len(parimpar.__all__) <= 12


def test_nome_que_nao_existe():
    """Um nome errado diz os que existem."""
    with pytest.raises(AttributeError, match="não tem 'Servidores'; ele tem: Servidor, Cliente"):
        parimpar.Servidores


def test_import_instantaneo():
    """`import parimpar` não carrega nada além da biblioteca padrão, nem o resto do pacote."""
    programa = "import sys; antes = set(sys.modules); import parimpar; print(*set(sys.modules) - antes)"
    carregados = em_outro_processo(f"import sys; sys.path.insert(0, {str(RAIZ)!r})\n{programa}", "-I").split()
    assert {nome for nome in carregados if nome.split(".")[0] not in sys.stdlib_module_names} == {"parimpar"}


def test_o_nucleo_num_python_sem_nada_instalado():
    """Com `python -I -S` o núcleo inteiro funciona, e só a biblioteca padrão é carregada."""
    programa = f"""
import sys
sys.path.insert(0, {str(RAIZ)!r})
from parimpar import Cliente, Servidor, classificar, estado, sortear_numero
import parimpar.__main__
with Servidor() as servidor, Cliente(*servidor.endereco) as cliente:
    print(cliente.perguntar("7"), cliente.devolver(), classificar(8), len(sortear_numero()) <= 30)
    print(estado(cliente.client_socket).descritor == cliente.client_socket.fileno())
print(*(nome for nome in sys.modules if nome.split(".")[0] not in sys.stdlib_module_names))
"""
    troca, retrato, carregados = em_outro_processo(programa, "-I", "-S").splitlines()
    assert (troca, retrato) == ("ÍMPAR True PAR True", "True")
    assert {nome.split(".")[0] for nome in carregados.split()} <= {"parimpar", "__main__"}


@pytest.mark.parametrize("nome", CORACAO)
def test_o_nucleo_so_importa_a_biblioteca_padrao(nome):
    """Fora da biblioteca padrão, só a psutil, e só dentro da função que sabe viver sem ela."""
    assert importados(nome, so_no_topo=True)[0] <= sys.stdlib_module_names
    assert importados(nome)[0] - sys.stdlib_module_names <= ({"psutil"} if nome == "kernel" else set())


def test_o_protocolo_e_puro():
    """Bytes entram, mensagens saem: nem sockets, nem threads, nem relógio (a regra do cabeçalho do arquivo)."""
    assert importados("protocolo") == ({"codecs", "dataclasses", "random", "re", "string"}, {"erros"})


@pytest.mark.parametrize("nome", sorted(ARQUIVOS))
def test_os_imports_correm_numa_so_direcao(nome):
    """Quem está embaixo não conhece quem está em cima."""
    assert any(nome in andar for andar in ANDARES), f"em que andar fica {nome}?"
    abaixo = set()
    for andar in ANDARES:
        if nome in andar:
            break
        abaixo |= andar
    vizinhos = ANDARES[0] if nome in ANDARES[0] else set()
    assert importados(nome)[1] <= abaixo | vizinhos


def test_o_chao_nao_da_voltas():
    """No chão, `erros` e `diario` não conhecem ninguém; `protocolo` só os erros, `kernel` só o diário."""
    chao = {nome: importados(nome)[1] for nome in ANDARES[0]}
    assert chao == {"erros": set(), "diario": set(), "protocolo": {"erros"}, "kernel": {"diario"}}
