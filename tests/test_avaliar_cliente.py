"""O avaliador de clientes, ele mesmo avaliado: programas certos e errados, cada um com o veredito esperado."""

import pathlib
import re
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from apoio import INTERPRETES, RAIZ, comando_do_aluno, dispensar, porta_livre, restos

from avaliador import relatorio
from avaliador.escuta import portas_no_codigo
from avaliador.exame_cliente import CASOS, ExameDeCliente
from avaliador.leitura import devolvida, palavras
from avaliador.pedido import ler_pedido
from avaliador.veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, NAO_SE_APLICA, OK, TOLERADO
from parimpar.erros import ErroDeUso, PortaOcupada

ALUNOS = RAIZ / "tests" / "alunos" / "clientes"
LETRAS = {"O": OK, "~": TOLERADO, "x": FALHOU, ".": NAO_SE_APLICA, "?": NAO_DEU}
INTERVALO = 2  # segundos entre as voltas; o enunciado pede 10, e o teste tem pressa
DEMORADOS = ("Cliente.java", "dispara.py", "persistente.py", "nosso", "nosso cru")  # começam primeiro

# Um caractere por caso, na ordem de CASOS: primeiro os do enunciado, depois os da especificação.
ESPERADO = {
    "Cliente.java": "OOOOOOOO OOOOOOOxO~OOO",
    "ascii.py": "OOxxOxOO OxxxO~OxO~OOO",
    "ate_o_fim.py": "OOOOOOOO OOOOx~OxO~OOO",
    "binario.py": "O~OOOOOO xOxxO~OxO~OOx",
    "cai_logo.py": "x??????? ?????????????",
    "calado.py": "x??????? ?????????????",
    "calcula.py": "OOOxOOOO O?????OxO?OOO",
    "certo.py": "OOOOOOOO OOxxO~OOO~OOO",
    "cliente.js": "OOOOOOOO OOxxO~OxO~OOO",
    "dispara.py": "OOxxOxO~ O?????Oxx?OOO",
    "espera_linha.py": "OOOOOOOO OOxOxOOOO~OOO",
    "exponencial.py": "OxOOOOOO xOxxO~OxO~.O.",
    "fecha_tarde.py": "OOOOOO~O OOxxO~OxO~OOO",
    "fixo.py": "OOOOOOOO OOxxO~OxO~Oxx",
    "linha.py": "OOOOOOOO OOOOOOOOOOOOO",
    "nunca_conecta.py": "x??????? ?????????????",
    "nunca_fecha.py": "OOOOOOxO OOxxO~OxO~OOO",
    "outra_coisa.py": "OOOOOxOO OOxxO~OxO~OOO",
    "persistente.py": "OO~OOOx~ OOxxO~OxO~OOO",
    "sem_devolucao.py": "OOOOOxOO OOxxO~OxO~OOO",
    "sem_fim.py": "OOOOOxOO OOxxOOOxO~OOO",
    "semente.py": "OOOOOOOO OOxxO~OxO~O~?",
    "trinta.py": "OOOOOOOO OOxxO~OxO~OOx",
    "um_segundo.py": "OOOOOOO~ OOxxO~O~O~OOO",
    "uma_vez.py": "OOOOOOOx OOxxO~O~O~OOO",
    "zeros.py": "O~OOOOOO OOxxO~OxO~xOx",
}
NOSSOS = {"nosso": (), "nosso cru": ("--crua",)}  # tudo OK, nas duas réguas


def comando(nome, porta):
    return comando_do_aluno(ALUNOS / nome, str(porta), str(INTERVALO))


@pytest.fixture(scope="module")
def avaliacoes():
    """Todos os programas avaliados, alguns de cada vez, cada um na sua porta."""

    def avaliar(nome):
        porta = porta_livre()
        if nome in NOSSOS:
            opcoes = ["--porta", str(porta), "--intervalo", str(INTERVALO), *NOSSOS[nome]]
            argumentos = [sys.executable, "-m", "parimpar", "cliente", *opcoes]
        else:
            argumentos = comando(nome, porta)
        exame = ExameDeCliente(argumentos, porta, RAIZ, intervalo_esperado=INTERVALO, amostras=12)
        return nome, exame.avaliar()

    antes = descritores()
    nomes = [n for n in ESPERADO if comando(n, 0)] + list(NOSSOS)
    with ThreadPoolExecutor(14) as executor:
        resultado = dict(executor.map(avaliar, sorted(nomes, key=lambda nome: nome not in DEMORADOS)))
    assert restos() == []
    assert descritores() <= antes, "ficou um socket aberto"
    return resultado


def descritores():
    return len(psutil.Process().net_connections())


def test_todo_programa_tem_veredito_esperado():
    """Cada programa da pasta está na tabela, e vice-versa."""
    assert {p.name for p in ALUNOS.iterdir() if p.suffix in INTERPRETES} == set(ESPERADO)


@pytest.mark.parametrize("nome", ESPERADO)
def test_vereditos(avaliacoes, nome):
    """Caso a caso, o veredito é o esperado."""
    if nome not in avaliacoes:
        dispensar(f"sem {INTERPRETES[pathlib.Path(nome).suffix]} nesta máquina")
    esperado = {c.nome: LETRAS[letra] for c, letra in zip(CASOS, ESPERADO[nome].replace(" ", ""), strict=True)}
    avaliacao = avaliacoes[nome]
    assert {v.caso: v.situacao for v in avaliacao.vereditos} == esperado, relatorio.em_texto(avaliacao)


@pytest.mark.parametrize("nome", NOSSOS)
def test_o_nosso_cliente_tem_nota_maxima(avaliacoes, nome):
    """Tudo OK nas duas réguas, em linha e na forma crua."""
    avaliacao = avaliacoes[nome]
    assert {v.caso: v.situacao for v in avaliacao.vereditos} == {c.nome: OK for c in CASOS}, relatorio.em_texto(
        avaliacao
    )
    assert avaliacao.aprovado and avaliacao.nota(ENUNCIADO) == avaliacao.nota(ESPECIFICACAO) == 10


@pytest.mark.parametrize(
    "nome, trecho",
    [
        ("certo.py", "algarismos sem terminador"), ("linha.py", "terminados em \\n"),
        ("exponencial.py", "notação exponencial"), ("binario.py", "em binário"), ("persistente.py", "na mesma conexão"),
        ("uma_vez.py", "faz um pedido só"), ("ate_o_fim.py", "só percebe a resposta quando o servidor encerra"),
        ("nunca_conecta.py", "não se conectou à porta"),
        ("cai_logo.py", "AttributeError"), ("calado.py", "não enviou nada"),
    ],
)  # fmt: skip
def test_o_perfil_diz_que_programa_e(avaliacoes, nome, trecho):
    """Cada tipo de cliente é reconhecido pelo nome."""
    assert trecho in " ".join(avaliacoes[nome].perfil)


@pytest.mark.parametrize(
    "nome, caso, trecho",
    [
        ("ascii.py", "acento", "UnicodeDecodeError"), ("calcula.py", "mente", "calcula a paridade por conta própria"),
        ("cliente.js", "fora-do-ar", "ECONNREFUSED"), ("cliente.js", "partido", "meio Í de cada vez"),
        ("dispara.py", "mudo", "um pedido atrás do outro"),
        ("dispara.py", "devolve", "encerrou o envio antes"), ("exponencial.py", "numero", "notação exponencial"),
        ("espera_linha.py", "resposta-crua", "ficou esperando um \\n"),
        ("fixo.py", "sorteio", "sempre o mesmo número, 123456789"), ("fecha_tarde.py", "fecha", "durante a espera"),
        ("nunca_fecha.py", "fecha", "sem fechar a primeira"), ("outra_coisa.py", "devolve", "outra coisa"),
        ("persistente.py", "fecha", "uma conexão só"), ("persistente.py", "pedacos", "o primeiro pedaço"),
        ("sem_devolucao.py", "devolve", "só mostrou na tela"), ("sem_fim.py", "devolve", "a resposta sem FIM"),
        ("semente.py", "sorteio", "a sequência se repete"), ("trinta.py", "casas", "PAR e ÍMPAR não acontecem"),
        ("uma_vez.py", "repete", "rodou uma vez só"),
        ("uma_vez.py", "fora-do-ar", "sem tentar de novo"), ("zeros.py", "zeros", "começa com zero"),
    ],
)  # fmt: skip
def test_a_explicacao_nomeia_o_defeito(avaliacoes, nome, caso, trecho):
    """O veredito diz o que se viu."""
    veredito = next(v for v in avaliacoes[nome].vereditos if v.caso == caso)
    assert trecho in veredito.explicacao, veredito


def test_o_intervalo_e_medido(avaliacoes):
    """O perfil e o veredito dizem o intervalo; a máquina ocupada pode somar décimos ao segundo do programa."""
    avaliacao = avaliacoes["um_segundo.py"]
    assert re.search(r"volta a cada 1(,\d)? s\b", " ".join(avaliacao.perfil)), avaliacao.perfil
    veredito = next(v for v in avaliacao.vereditos if v.caso == "repete")
    assert re.search(r"repete a cada 1(,\d)? s, e não a cada 2 s", veredito.explicacao), veredito


def test_a_tela_de_uma_volta_nao_e_a_da_seguinte():
    """Quem volta logo escreve a resposta seguinte enquanto se olha a tela: ela não conta como a primeira."""
    argumentos = comando_do_aluno(ALUNOS / "calcula.py", str(porta := porta_livre()), "0.05")
    for _ in range(3):
        (veredito,) = ExameDeCliente(argumentos, porta, so=["mente"]).avaliar().vereditos
        assert veredito.situacao == FALHOU and "por conta própria" in veredito.explicacao, veredito


def test_quem_falha_sabe_a_causa(avaliacoes):
    """Todo veredito "falhou" diz a causa mais comum."""
    sem_causa = [
        (n, v.caso) for n, a in avaliacoes.items() for v in a.vereditos if v.situacao == FALHOU and not v.causa
    ]
    assert sem_causa == []


def test_a_porta_e_achada_no_codigo(tmp_path):
    """Sem dizer a porta: ela está no código, e o avaliador escuta em todas as prováveis."""
    porta = porta_livre()
    codigo = (ALUNOS / "uma_vez.py").read_text(encoding="utf-8").replace("60000", str(porta))
    (tmp_path / "meu.py").write_text(codigo, encoding="utf-8")
    avaliacao = ExameDeCliente([sys.executable, "meu.py"], pasta=tmp_path, intervalo_esperado=0.5, amostras=1).avaliar()
    assert avaliacao.perfil[0] == f"conecta-se à porta {porta}"
    assert {v.caso: v.situacao for v in avaliacao.vereditos}["devolve"] == OK
    assert restos() == []


def test_portas_no_codigo(tmp_path):
    """Argumentos e arquivos nomeados, também por uma classe do Java ou um módulo do Python; nada fora da faixa."""
    (tmp_path / "Meu.java").write_text("int porta = 5_050; byte[] b = new byte[1024]; // 80, 70000, 3.14159, x60000")
    (tmp_path / "pacote").mkdir()
    (tmp_path / "pacote" / "__main__.py").write_text("PORTA = 65432\n")
    (tmp_path / "programa").write_bytes(b"\x7fELF\0 60000")
    assert portas_no_codigo(["java", "Meu"], tmp_path) == [5050, 1024]
    assert portas_no_codigo(["python", "-m", "pacote", "7000", "7000"], tmp_path) == [7000, 65432]
    assert portas_no_codigo(["programa", "127.0.0.1:2000"], tmp_path) == [2000]


def test_porta_ocupada():
    """Outro programa na porta pedida: um erro de uso, que diz o que fazer."""
    with socket.create_server(("127.0.0.1", porta_livre())) as outro:
        with pytest.raises(PortaOcupada, match="feche esse programa"):
            ExameDeCliente(comando("certo.py", 1), outro.getsockname()[1]).avaliar()


def test_programa_que_nao_existe():
    """Um comando errado é erro de uso, e a escuta não fica aberta."""
    antes = descritores()
    with pytest.raises(ErroDeUso, match="confira o nome"):
        ExameDeCliente(["programa-que-nao-existe"], porta_livre()).avaliar()
    assert descritores() <= antes


@pytest.mark.parametrize(
    "programa, trecho",
    [
        ("import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'7', ('127.0.0.1', {}))", "fala UDP"),
        ("input('número? ')", "EOFError"),
    ],
)
def test_quem_nao_se_conecta_ouve_por_que(programa, trecho):
    """Um cliente UDP e um que espera o teclado são reconhecidos."""
    porta, comeco = porta_livre(), time.monotonic()
    avaliacao = ExameDeCliente([sys.executable, "-c", programa.format(porta)], porta).avaliar()
    assert trecho in avaliacao.vereditos[0].explicacao and avaliacao.vereditos[0].situacao == FALHOU
    assert {v.situacao for v in avaliacao.vereditos[1:]} == {NAO_DEU}
    assert time.monotonic() - comeco < 13


@pytest.mark.parametrize(
    "dados, forma, valor",
    [
        (b"123", "crua", 123), (b"-7\n", "linha", -7), (b" 8 \r\n", "linha", 8), (b"8.912E3", "exponencial", 8912),
        (b"8.9e+29", "exponencial", 89 * 10**28), (b"\0\0\x01\0", "inteiro de 32 bits", 256),
        (b"\xff" * 12, "binária", 2**96 - 1), (b"\0" * 7 + b"\x09", "inteiro de 64 bits", 9),
        (b"\0\x0212", "UTF do Java", 12), ("１２".encode(), "outra", None), (b"12n", "outra", None),
        (b"", "outra", None), ("número 7".encode(), "outra", None),
        (b"\xac\xed\0\x05t\0\x0512345", "objeto do Java", None), (b"3.5", "outra", None),
    ],
)  # fmt: skip
def test_ler_pedido(dados, forma, valor):
    """Cada forma de enviar o número é reconhecida."""
    assert (ler_pedido(dados).forma, ler_pedido(dados).valor) == (forma, valor)


@pytest.mark.parametrize(
    "resposta, dados, como",
    [
        ("PAR", "PARFIM", "exata"), ("ÍMPAR", "ÍMPAR FIM\n", "exata"), ("PAR", "PAR  - fim.", "tolerada"),
        ("PAR", "PAR\nFIM", "tolerada"), ("PAR", "PAR", "sem FIM"), ("PAR", "FIM", "só FIM"), ("PAR", "", None),
        ("PAR", "ÍMPAR FIM", "outra coisa"), ("PAR", "123 FIM", "outra coisa"), ("ÍMPAR", "?MPARFIM", "exata"),
        ("AbCdEfGhIjK", "AbCdEfGhIjKFIM", "exata"), ("AbCdEfGhIjK", "AbC FIM", "outra coisa"),
    ],
)  # fmt: skip
def test_devolvida(resposta, dados, como):
    """Nada, sem FIM, só FIM, outra coisa e as grafias toleradas se distinguem."""
    assert devolvida(resposta, dados.encode()) == como


@pytest.mark.parametrize(
    "tela, esperado",
    [
        ("PARFIM", ["PAR"]), ("recebi: ímpar.", ["ÍMPAR"]), ("b'\\xc3\\x8dMPAR' FIM", ["ÍMPAR"]),
        ("?MPARFIM", ["ÍMPAR"]), ("Preparar; comparar; PARTE", []), ("PAR\nÍMPAR", ["PAR", "ÍMPAR"]), ("", []),
    ],
)  # fmt: skip
def test_palavras_da_tela(tela, esperado):
    """A paridade é achada na tela em qualquer grafia, e não dentro de outras palavras."""
    assert palavras(tela) == esperado
