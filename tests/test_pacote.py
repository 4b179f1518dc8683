"""O pacote: nomes públicos, import instantâneo, só a biblioteca padrão e imports numa só direção."""

import ast
import sys

import pytest
from apoio import RAIZ, em_outro_processo

import parimpar

CORACAO = ["erros", "protocolo", "diario", "kernel", "seletor", "motor", "servidor", "cliente"]

# Cada arquivo só conhece os das linhas de cima; os da mesma linha não se conhecem. Um nome que acaba em / é uma pasta
# inteira, cujos arquivos podem conhecer-se, sem voltas.
ANDARES = [
    {"parimpar/texto", "parimpar/erros"},
    {"parimpar/protocolo", "parimpar/diario", "parimpar/kernel", "parimpar/folha", "parimpar/terminal", "parimpar/seletor"},
    {"parimpar/motor"},
    {"parimpar/servidor", "parimpar/cliente"},
    {"parimpar/udp"},
    {"parimpar/aulas/"},
    {"avaliador/"},
    {"parimpar/__main__", "parimpar/jupyter/"},
]
# O que o avaliador pode usar do parimpar: o chão, e nada do que o aluno estuda.
DO_AVALIADOR = {"texto", "erros", "protocolo", "kernel", "folha", "diario", "terminal"}
# Os `__init__` do parimpar e das aulas só têm nomes que se carregam quando são usados; a do Jupyter, quem a carrega é ele.
SEM_ANDAR = ("parimpar/__init__", "parimpar/aulas/__init__", "parimpar/jupyter/__init__")


def _nome(caminho):
    return caminho.relative_to(RAIZ).with_suffix("").as_posix()


ARQUIVOS = {_nome(c): c for pacote in ("parimpar", "avaliador") for c in sorted((RAIZ / pacote).rglob("*.py"))}


def importados(nome, so_no_topo=False):
    """(módulos de fora, arquivos do projeto) que o arquivo importa, também dentro de funções."""
    de_fora, do_projeto = set(), set()
    caminho = ARQUIVOS[nome]
    arvore = ast.parse(caminho.read_text(encoding="utf-8"))
    for no in arvore.body if so_no_topo else ast.walk(arvore):
        if isinstance(no, ast.Import):
            modulos = [(apelido.name, ()) for apelido in no.names]
        elif isinstance(no, ast.ImportFrom):
            pacote = _nome(caminho).split("/")[: -no.level] if no.level else []
            modulos = [(".".join([*pacote, *filter(None, [no.module])]), [apelido.name for apelido in no.names])]
        else:
            continue
        for modulo, nomes in modulos:
            if modulo.split(".")[0] not in ("parimpar", "avaliador"):
                de_fora.add(modulo.split(".")[0])
                continue
            arquivo = modulo.replace(".", "/")
            # De uma pasta vêm módulos, ou nomes do __init__ dela.
            filhos = {f"{arquivo}/{n}" if f"{arquivo}/{n}" in ARQUIVOS else f"{arquivo}/__init__" for n in nomes}
            do_projeto |= {arquivo} if arquivo in ARQUIVOS else filhos
    return de_fora, do_projeto


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
    nome = f"parimpar/{nome}"
    assert importados(nome, so_no_topo=True)[0] <= sys.stdlib_module_names
    assert importados(nome)[0] - sys.stdlib_module_names <= ({"psutil"} if nome == "parimpar/kernel" else set())


def test_o_protocolo_e_puro():
    """Bytes entram, mensagens saem: nem sockets, nem threads, nem relógio (a regra do cabeçalho do arquivo)."""
    assert importados("parimpar/protocolo") == (
        {"codecs", "random", "string", "typing"},
        {"parimpar/erros"},
    )


def _andar(nome):
    for i, andar in enumerate(ANDARES):
        for quem in andar:
            if nome == quem or quem.endswith("/") and nome.startswith(quem):
                return i, quem
    raise AssertionError(f"em que andar fica {nome}?")


@pytest.mark.parametrize("nome", [nome for nome in ARQUIVOS if nome not in SEM_ANDAR])
def test_os_imports_correm_numa_so_direcao(nome):
    """Quem está embaixo não conhece quem está em cima; conta-se arquivo por arquivo, e também dentro das funções."""
    andar, quem = _andar(nome)
    for outro in importados(nome)[1]:
        if outro in SEM_ANDAR:
            raise AssertionError(f"{nome} importa {outro}: importe o arquivo")
        seu_andar, de_quem = _andar(outro)
        assert seu_andar < andar or (quem == de_quem and quem.endswith("/")), f"{nome} não pode importar {outro}"


def test_nenhuma_volta_entre_arquivos():
    """Seguindo os imports, nenhum arquivo chega a si mesmo."""
    vizinhos = {nome: importados(nome)[1] for nome in ARQUIVOS}
    prontos, caminho = set(), []

    def visitar(nome):
        assert nome not in caminho, " → ".join([*caminho[caminho.index(nome) :], nome])
        if nome not in prontos:
            caminho.append(nome)
            for outro in vizinhos.get(nome, ()):
                visitar(outro)
            caminho.pop()
            prontos.add(nome)

    for nome in vizinhos:
        visitar(nome)


def test_so_a_linha_de_comando_conhece_o_avaliador():
    """O parimpar não depende de quem o julga; e o avaliador só usa do parimpar o chão."""
    for nome in ARQUIVOS:
        outros = importados(nome)[1]
        if nome.startswith("parimpar/") and any(outro.startswith("avaliador/") for outro in outros):
            assert nome == "parimpar/__main__"
        if nome.startswith("avaliador/"):
            do_parimpar = {o.removeprefix("parimpar/") for o in outros if o.startswith("parimpar/")}
            assert do_parimpar <= DO_AVALIADOR, f"{nome}: {do_parimpar - DO_AVALIADOR}"
