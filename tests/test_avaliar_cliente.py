"""O avaliador de clientes, ele mesmo avaliado: programas certos e errados, cada um com o veredito esperado."""

import contextlib
import itertools
import pathlib
import pickle
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
from types import SimpleNamespace

import esperado
import psutil
import pytest
from apoio import INTERPRETES, RAIZ, comando_do_aluno, dispensar, o_que_falta, porta_livre, restos
from lotes import Lotes

from avaliador import escuta as modulo_escuta
from avaliador import relatorio
from avaliador.bancada import Bancada
from avaliador.casos.cliente_enunciado import fecha, repete
from avaliador.escuta import PontosDeEscuta
from avaliador.exame_cliente import ExameDeCliente
from avaliador.leitura import devolvida, palavras
from avaliador.partida import ocupada
from avaliador.pedido import FORMAS, forma_comum, ler_pedido
from avaliador.portas import portas_no_codigo
from avaliador.processo import MARCA_DO_TECLADO, Programa, escreve_na_hora
from avaliador.veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, OK, TOLERADO
from avaliador.volta import Ritmo
from parimpar.erros import ErroDeUso

ALUNOS = RAIZ / "tests" / "alunos" / "clientes"
CASOS = ExameDeCliente.CASOS
INTERVALO = 2  # segundos entre as voltas; o enunciado pede 10, e o teste tem pressa
PROGRAMAS = sorted(p.name for p in ALUNOS.iterdir() if p.suffix in INTERPRETES)
DEMORADOS = ("nunca_conecta.py", "janela.py", "dispara.py", "persistente.py", "Cliente.java", "ClienteDeInteiros.java")
NOSSOS = {"nosso": (), "nosso cru": ("--crua",)}  # tudo OK, nas duas réguas
SEMENTE = esperado.SEMENTE


def comando(nome, porta):
    return comando_do_aluno(ALUNOS / nome, str(porta), str(INTERVALO))


def exame(nome, so=None, embaralhado=True, **opcoes):
    """Um exame do programa, com os casos embaralhados: a ordem não pode mudar nenhum veredito."""
    porta = porta_livre()
    if nome in NOSSOS:
        nossas = ["--porta", str(porta), "--intervalo", str(INTERVALO), *NOSSOS[nome]]
        argumentos = [sys.executable, "-m", "parimpar", "cliente", *nossas]
    else:
        argumentos = comando(nome, porta)
    opcoes = {"intervalo_esperado": INTERVALO, "amostras": 12, "semente": SEMENTE} | opcoes
    novo = ExameDeCliente(argumentos, porta, RAIZ, so=so, **opcoes)
    if embaralhado:
        random.Random(SEMENTE).shuffle(novo.casos)
    return novo


def descritores():
    return len(psutil.Process().net_connections())


NOMES = sorted([*itertools.filterfalse(o_que_falta, PROGRAMAS), *NOSSOS], key=lambda nome: nome not in DEMORADOS)


def de_novo(nome, so):
    """A avaliação só destes casos."""
    return exame(nome, so).avaliar()


@pytest.fixture(scope="module")
def avaliacoes(request):
    """Todos os programas avaliados, alguns de cada vez, cada um na sua porta."""
    antes, embaralhados = descritores(), not request.config.getoption("--regravar")

    def depois():
        assert restos() == []
        assert descritores() <= antes, "ficou um socket aberto"

    return Lotes(request, NOMES, lambda nome: exame(nome, None, embaralhados).avaliar(), depois)


@pytest.fixture(scope="module")
def sozinhos(request):
    """Um caso de cada programa, ou todos, sozinho."""
    nomes = [nome for nome in NOMES if nome in PROGRAMAS]
    return esperado.sozinhos(request, "clientes", nomes, SEMENTE, de_novo)


def test_todo_programa_tem_veredito_esperado():
    """Cada programa da pasta tem o seu arquivo, e vice-versa."""
    assert {p.stem for p in (esperado.PASTA / "clientes").iterdir()} == set(PROGRAMAS)


@pytest.mark.parametrize("nome", PROGRAMAS)
def test_vereditos(avaliacoes, nome, request):
    """Caso a caso, o veredito é o esperado."""
    avaliacao = esperado.avaliacao(avaliacoes, nome)
    esperado.conferir("clientes", nome, avaliacao, de_novo, request.config.getoption("--regravar"))


@pytest.mark.parametrize("nome", PROGRAMAS)
def test_sozinho_e_o_mesmo_que_no_todo(sozinhos, nome):
    """Um caso sorteado, sozinho, dá o que se espera dele no exame inteiro; `--sozinhos` prova todos."""
    for caso, avaliacao in esperado.avaliacao(sozinhos, nome):
        esperado.conferir("clientes", nome, avaliacao, de_novo, so=[caso])


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
        ("nunca_conecta.py", "não se conectou à porta"), ("cai_logo.py", "AttributeError"),
        ("calado.py", "não enviou nada"), ("quatro_bytes.py", "o byte baixo primeiro"), ("em_pickle.py", "pickle"),
        ("dorme_antes.py", "é lento: leva"), ("por_udp.py", "fala UDP"), ("teclado.py", "não há teclado"),
        ("papel.py", "falta um argumento"), ("com_bom.py", "(BOM)"), ("em_utf16.py", "UTF-16"),
        ("ClienteDeInteiros.java", "inteiro binário de 4 bytes"),
    ],
)  # fmt: skip
def test_o_perfil_diz_que_programa_e(avaliacoes, nome, trecho):
    """Cada tipo de cliente é reconhecido pelo nome."""
    assert trecho in " ".join(esperado.avaliacao(avaliacoes, nome).perfil)


@pytest.mark.parametrize(
    "nome, caso, trecho",
    [
        ("ascii.py", "acento", "UnicodeDecodeError"), ("calcula.py", "mente", "calcula a paridade por conta própria"),
        ("cliente.js", "fora-do-ar", "ECONNREFUSED"), ("cliente.js", "partido", "meio Í de cada vez"),
        ("dispara.py", "mudo", "um pedido atrás do outro"), ("gira.py", "fora-do-ar", "sem nenhuma pausa"),
        ("dez_voltas.py", "fora-do-ar", "tentou 10 vezes"), ("depressa_e_para.py", "repete", "depois de 10 voltas"),
        ("dispara.py", "devolve", "encerrou o envio antes"), ("exponencial.py", "numero", "notação exponencial"),
        ("espera_linha.py", "resposta-crua", "ficou esperando um \\n"), ("lista.py", "sorteio", "vêm de uma lista"),
        ("fixo.py", "sorteio", "sempre o mesmo número, 123456789"), ("fecha_tarde.py", "fecha", "durante a espera"),
        ("nunca_fecha.py", "fecha", "sem fechar a primeira"), ("outra_coisa.py", "devolve", "outra coisa"),
        ("persistente.py", "fecha", "uma conexão só"), ("persistente.py", "pedacos", "o primeiro pedaço"),
        ("sem_devolucao.py", "devolve", "só mostrou na tela"), ("sem_fim.py", "devolve", "a resposta sem FIM"),
        ("semente.py", "sorteio", "a sequência se repete"), ("trinta.py", "casas", "PAR e ÍMPAR não acontecem"),
        ("uma_vez.py", "repete", "rodou uma vez só"), ("nos_erros.py", "mostra", "na saída de erros"),
        ("uma_vez.py", "fora-do-ar", "sem tentar de novo"), ("zeros.py", "zeros", "começa com zero"),
        ("nao_mostra.py", "tela", "nem o número enviado nem a resposta"),
        ("nome_errado.py", "mostra", "NameError: name 'respota' is not defined"),
        ("nome_errado.py", "devolve", "(linha 24)"), ("thread_cai.py", "mostra", "UnicodeDecodeError"),
        ("cliente.c", "algarismos", "o fim dos textos do C"),
    ],
)  # fmt: skip
def test_a_explicacao_nomeia_o_defeito(avaliacoes, nome, caso, trecho):
    """O veredito diz o que se viu, e de quem caiu, a exceção e a linha."""
    veredito = esperado.veredito(avaliacoes, nome, caso)
    assert trecho in veredito.explicacao, veredito


@pytest.mark.parametrize(
    "nome, caso, trecho",
    [
        ("sem_devolucao.py", "devolve", "client_socket.sendall("), ("cliente.js", "fora-do-ar", 'socket.on("error"'),
        ("Cliente.java", "fora-do-ar", "catch (IOException"), ("cliente.c", "pedacos", "recv(s, p, falta, 0)"),
        ("cliente.c", "algarismos", "strlen(texto)"), ("nome_errado.py", "mostra", "O nome que o erro diz"),
        ("com_bom.py", "algarismos", "UTF8Encoding(false)"), ("teclado.py", "conecta", "--entrada"),
        ("papel.py", "conecta", "python x.py cliente"),
    ],
)  # fmt: skip
def test_o_conselho_e_na_linguagem_do_aluno(avaliacoes, nome, caso, trecho):
    """A cura vem com o código que a faz, em Python, Java, JavaScript ou C."""
    veredito = esperado.veredito(avaliacoes, nome, caso)
    assert trecho in veredito.causa, veredito


def test_a_tela_vale_metade_de_quem_so_mostra_a_resposta(tmp_path):
    """O critério não cumprido não dá a nota inteira: o número não aparece, e a resposta sim."""
    codigo = (ALUNOS / "certo.py").read_text(encoding="utf-8").replace('print("enviando", numero)', "pass")
    (tmp_path / "meu.py").write_text(codigo, encoding="utf-8")
    argumentos = [sys.executable, "meu.py", str(porta := porta_livre()), str(INTERVALO)]
    (veredito,) = ExameDeCliente(argumentos, porta, tmp_path, so=["tela"]).avaliar().vereditos
    assert (veredito.situacao, veredito.vale) == (TOLERADO, 0.5)


@pytest.mark.parametrize("nome", ["um_segundo.py"])
def test_o_intervalo_e_medido(avaliacoes, nome):
    """O perfil e o veredito dizem o intervalo; a máquina ocupada pode somar décimos ao segundo do programa."""
    avaliacao = avaliacoes[nome]
    assert re.search(r"volta a cada (0,9|1(,\d)?) s\b", " ".join(avaliacao.perfil)), avaliacao.perfil
    veredito = next(v for v in avaliacao.vereditos if v.caso == "repete")
    if not (veredito.situacao == NAO_DEU and ocupada()):
        assert re.search(r"repete a cada (0,9|1(,\d)?) s, e não a cada 2 s", veredito.explicacao), veredito


@pytest.mark.parametrize(
    "pedido, forma, certo",
    [
        (b"7\n", "linha", True), (b"7\r\n", None, True), (b"7\n\0", "com NUL", True), (b"7", "crua", False),
        (b"abc\n", "linha", True), ("7\n".encode("utf-16-le"), "UTF-16", True),
        (b"\x03\x89\n", "binária", False), (b"\0\0\0\n", "inteiro de 32 bits", False), (b"\x03\x89\n", None, False),
    ],
)  # fmt: skip
def test_o_ultimo_byte_de_um_binario_nao_e_fim_de_linha(pedido, forma, certo):
    """Um número em binário em cada 256 acaba no byte do \\n, e nem por isso o cliente fala em linhas."""
    bancada = object.__new__(Bancada)
    bancada.ritmo = Ritmo(forma=forma)
    assert bancada.em_linha(SimpleNamespace(pedido=pedido)) == certo


@pytest.mark.parametrize(
    "pausas, trocas, situacao",
    [
        ([2, 2, 2], [0.4, 0.4, 0.4], OK),  # dorme 2 s entre duas voltas
        ([1.6, 1.6, 1.6], [0.4, 0.4, 0.4], OK),  # começa uma a cada 2 s
        ([1.1, 1.6, 1.6], [0.9, 0.4, 0.4], OK),  # e a primeira atrasou
        ([0, 0, 0], [2, 2.1, 2], OK),  # dorme antes de ler a resposta
        ([1, 1, 1], [0.4, 0.4, 0.4], TOLERADO),  # dorme 1 s
        ([1, 1.1, 1], [0.4, 0.9, 0.9], NAO_DEU),  # dorme 1 s, e a máquina ocupada quase dobra a volta
    ],
)
def test_a_maquina_ocupada_nao_faz_o_intervalo(pausas, trocas, situacao):
    """O tempo que as trocas demoram a mais não se soma ao intervalo de quem volta cedo demais."""
    comeco, voltas = 0.0, []
    for pausa, troca in zip([*pausas, 0], [*trocas, 0], strict=True):
        voltas.append(SimpleNamespace(instante=comeco, fim=comeco + troca, mesma=False))
        comeco += troca + pausa
    longa = SimpleNamespace(pedidos=voltas, passos=[], atraso=0.0, acabou=lambda: False)
    desfecho = repete(SimpleNamespace(longa=longa, intervalo=2))
    assert (desfecho.situacao if desfecho else OK) == situacao


@pytest.mark.parametrize("atraso", [0.8, 1.3], ids=["mais da metade", "menos da metade"])
def test_a_primeira_volta_atrasada_nao_e_pressa(tmp_path, atraso):
    """Num setInterval que começa antes da primeira conexão, o que a atrasa encurta só o primeiro intervalo."""
    codigo = f"""\
import socket, sys, time
inicio = time.monotonic()
for volta in range(100):
    time.sleep(max(inicio + ({atraso} if volta == 0 else 2 * volta) - time.monotonic(), 0))
    with socket.create_connection(("localhost", int(sys.argv[1]))) as s:
        s.sendall(b"1234")
        resposta = s.recv(4096).decode()
        print(resposta, "FIM", flush=True)
        s.sendall(f"{{resposta}} FIM".encode())
"""
    (tmp_path / "meu.py").write_text(codigo, encoding="utf-8")
    argumentos = [sys.executable, "meu.py", str(porta := porta_livre())]
    exame = ExameDeCliente(argumentos, porta, tmp_path, so=["repete"], intervalo_esperado=2)
    (veredito,) = exame.avaliar().vereditos
    assert veredito.situacao == OK, veredito
    assert re.search(r"volta a cada (1,9|2(,\d)?) s\b", " ".join(exame.perfil())), exame.perfil()


@pytest.mark.parametrize(
    "demora, pausa, situacao",
    [(0.1, 2, OK), (0.6, 0, OK), (2, 0.01, TOLERADO)],  # segundos: logo; visto com atraso, de quem volta logo; na volta
)
def test_quando_se_fecha(demora, pausa, situacao):
    """Fechar na volta seguinte é tolerado; que a máquina ocupada veja com atraso o fim de quem volta logo, não conta."""
    vista = {"mesma": False, "lida": None, "respondida": 1.9, "depois": b"PAR FIM"}
    volta = SimpleNamespace(instante=0.0, ultimo=2.0, fim=2.0 + demora, **vista)
    outra = SimpleNamespace(instante=2.0 + demora + pausa, ultimo=0.0, fim=None, **vista)
    desfecho = fecha(SimpleNamespace(longa=SimpleNamespace(pedidos=[volta, outra], passos=[])))
    assert (desfecho.situacao if desfecho else OK) == situacao


def test_quem_enche_a_tela_num_instante_nao_faz_pausa(monkeypatch):
    """O que se guarda da tela já estava cheio quando se começou a contar os avisos: contam-se também os outros."""
    monkeypatch.setattr("avaliador.processo.SAIDA_GUARDADA", 1000)
    (veredito,) = exame("gira.py", ["fora-do-ar"]).avaliar().vereditos
    assert veredito.situacao == TOLERADO and "sem nenhuma pausa" in veredito.explicacao, veredito


def test_a_tela_de_uma_volta_nao_e_a_da_seguinte():
    """Quem volta logo escreve a resposta seguinte enquanto se olha a tela: ela não conta como a primeira."""
    argumentos = comando_do_aluno(ALUNOS / "calcula.py", str(porta := porta_livre()), "0.05")
    for _ in range(3):
        (veredito,) = ExameDeCliente(argumentos, porta, so=["mente"]).avaliar().vereditos
        assert veredito.situacao == FALHOU and "por conta própria" in veredito.explicacao, veredito


@pytest.mark.parametrize("pasta", ["parimpar", "Área de Trabalho/parimpar-main"])
def test_o_caminho_nao_e_a_resposta(tmp_path, pasta):
    """O rastro da exceção traz o caminho do programa, e o caminho traz a palavra: não é o programa quem a diz."""
    (tmp_path / pasta).mkdir(parents=True)
    copia = tmp_path / pasta / "par.py"
    copia.write_text((ALUNOS / "ascii.py").read_text(encoding="utf-8"), encoding="utf-8")
    argumentos = [sys.executable, str(copia), str(porta := porta_livre()), str(INTERVALO)]
    casos = ["acento", "partido", "mostra"]
    avaliacao = ExameDeCliente(argumentos, porta, so=casos, intervalo_esperado=INTERVALO).avaliar()
    assert {v.situacao for v in avaliacao.vereditos} == {FALHOU}, avaliacao
    assert all("UnicodeDecodeError" in v.explicacao for v in avaliacao.vereditos)


def na_porta(porta):
    """Os estados das conexões desta máquina que têm a porta deste lado."""
    return [c.status for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == porta]


@pytest.mark.parametrize("faixa", [modulo_escuta.FAIXA_DE_PORTAS, 0])
def test_desfazer_esperas(monkeypatch, faixa):
    """Uma conexão que este lado encerrou primeiro sai do TIME_WAIT, também num sistema que não tem a faixa de portas."""
    monkeypatch.setattr(modulo_escuta, "FAIXA_DE_PORTAS", faixa)
    escuta = PontosDeEscuta([porta := porta_livre()])
    with contextlib.ExitStack() as fim, socket.socket() as cliente:
        fim.callback(escuta.fechar)
        cliente.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        cliente.bind(("127.0.0.1", porta_livre()))
        cliente.connect(("127.0.0.1", porta))
        daqui = next(s for s in escuta.sockets if s.getsockname()[0] == "127.0.0.1")
        conexao, remoto = daqui.accept()
        local = conexao.getsockname()
        conexao.close()
        assert cliente.recv(1) == b""
        cliente.close()
        assert psutil.CONN_TIME_WAIT in na_porta(porta)
        escuta.desfazer_esperas([(local, remoto)])
        assert set(na_porta(porta)) == {psutil.CONN_LISTEN}


@pytest.mark.parametrize("nome", ["sem_devolucao.py", "ate_o_fim.py"])
def test_nenhum_time_wait_fica_na_porta(nome):
    """O avaliador encerra primeiro em alguns casos; mesmo assim, o servidor do aluno consegue a porta em seguida."""
    novo = exame(nome, ["fechado", "mostra"])
    novo.avaliar()
    assert na_porta(novo.porta_pedida) == []
    with socket.socket() as servidor:  # sem SO_REUSEADDR, como a maioria
        servidor.bind(("127.0.0.1", novo.porta_pedida))


def test_o_servidor_e_o_cliente_de_tres_entregas_iguais(tmp_path):
    """A mesma porta, sem SO_REUSEADDR: três vezes a mesma nota, e o servidor sobe depois de cada exame do cliente."""
    porta = porta_livre()
    codigo = f"import socket; s = socket.socket(); s.bind(('127.0.0.1', {porta})); s.listen(); print('escuta')"
    notas = []
    for _ in range(3):
        argumentos = comando("sem_devolucao.py", porta)
        avaliacao = ExameDeCliente(
            argumentos, porta, so=["fechado", "devolve", "mostra"], intervalo_esperado=1
        ).avaliar()
        notas.append((avaliacao.nota(ENUNCIADO), avaliacao.nota(ESPECIFICACAO)))
        feito = subprocess.run([sys.executable, "-c", codigo], capture_output=True, text=True, timeout=30)
        assert feito.stdout == "escuta\n", feito.stderr
    assert notas == [(5.0, 10.0)] * 3


@pytest.mark.parametrize("nome", PROGRAMAS)
def test_quem_falha_sabe_a_causa(avaliacoes, nome):
    """Todo veredito "falhou" diz a causa mais comum."""
    vereditos = esperado.avaliacao(avaliacoes, nome).vereditos
    assert [v.caso for v in vereditos if v.situacao == FALHOU and not v.causa] == []


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


@pytest.mark.parametrize(
    "comando, programa, vizinho, texto",
    [
        (["python", "cliente.py"], "from config import HOST, PORTA", "config.py", "PORTA = 61333"),
        (["python", "cliente.py"], "from rede import config", "rede/config.py", "PORTA = 61333"),
        (["python", "cliente.py"], "json.load(open('ajustes.json'))", "ajustes.json", '{"porta": 61333}'),
        (["python", "cliente.py"], "os.environ['PORTA']", ".env", "PORTA=61333"),
        (["node", "cliente.js"], 'const { porta } = require("./config");', "config.js", "exports.porta = 61333;"),
        (["java", "Cliente.java"], "new Socket(Config.HOST, Config.PORTA)", "Config.java", "int PORTA = 61_333;"),
        (["./cliente"], '#include "rede.h"', "rede.h", "#define PORTA 61333"),
    ],
)
def test_a_porta_num_arquivo_vizinho(tmp_path, comando, programa, vizinho, texto):
    """Os arquivos que o programa nomeia também são lidos; os outros da pasta, não."""
    (tmp_path / (comando[-1] + ".c" * (comando[-1] == "./cliente"))).write_text(programa)
    (tmp_path / vizinho).parent.mkdir(exist_ok=True)
    (tmp_path / vizinho).write_text(texto)
    (tmp_path / f"alheio{pathlib.Path(vizinho).suffix or '.py'}").write_text("9999")
    assert portas_no_codigo(comando, tmp_path) == [61333]


def test_a_porta_num_arquivo_vizinho_serve_ao_exame(tmp_path):
    """O cliente com a porta noutro arquivo é examinado sem que se diga qual é."""
    porta = porta_livre()
    codigo = (ALUNOS / "uma_vez.py").read_text(encoding="utf-8")
    codigo = "from ajustes import PORTA\n" + re.sub("^PORTA = .*$", "", codigo, flags=re.M)
    (tmp_path / "meu.py").write_text(codigo, encoding="utf-8")
    (tmp_path / "ajustes.py").write_text(f"PORTA = {porta}\n")
    (veredito,) = ExameDeCliente([sys.executable, "meu.py"], pasta=tmp_path, so=["conecta"]).avaliar().vereditos
    assert veredito.situacao == OK, veredito


def test_porta_ocupada():
    """Outro programa na porta pedida: não é uma nota, e se diz o que fazer."""
    with socket.create_server(("127.0.0.1", porta_livre())) as outro:
        avaliacao = ExameDeCliente(comando("certo.py", 1), outro.getsockname()[1]).avaliar()
    assert {v.situacao for v in avaliacao.vereditos} == {NAO_DEU} and avaliacao.nota(ENUNCIADO) is None
    assert "feche esse programa" in avaliacao.vereditos[0].explicacao


def test_programa_que_nao_existe():
    """Um comando errado é erro de uso, e a escuta não fica aberta."""
    antes = descritores()
    with pytest.raises(ErroDeUso, match="confira o nome"):
        ExameDeCliente(["programa-que-nao-existe"], porta_livre()).avaliar()
    assert descritores() <= antes


@pytest.mark.parametrize(
    "programa, situacao, trecho",
    [
        ("input('número? ')", NAO_DEU, "no exame não há teclado"),
        ("import modulo_que_ninguem_tem", NAO_DEU, "o módulo 'modulo_que_ninguem_tem'"),
        ("import socke", FALHOU, "ModuleNotFoundError"),
        ("print('uso: x.py PAPEL'); exit(2)", NAO_DEU, "argumento"),
        ("import sys\nporta = sys.argv[1]", NAO_DEU, "out of range (linha 2): falta um argumento"),
        ("import sys\n_, host, porta = sys.argv", NAO_DEU, "falta um argumento"),
        ("'a b'.split()[5]", FALHOU, "IndexError: list index out of range (linha 1)"),
        ("print('uso: x.py PAPEL')\nsokcet", FALHOU, "NameError"),
        ("print('No module named colorama')\nsokcet", FALHOU, "NameError"),
        ("import sys\nargs = sys.argv[1:]\nporta = args[0]", NAO_DEU, "falta um argumento"),
        ("import socket; socket.create_server(('127.0.0.1', 0)); input", FALHOU, "sem se conectar"),
        ("\n\nx = 1 / 0", FALHOU, "ZeroDivisionError: division by zero (linha 3)"),
    ],
)
def test_quem_nao_se_conecta_ouve_por_que(tmp_path, programa, situacao, trecho):
    """O que falta na máquina não é falha do programa; o que o derruba é, e se diz a exceção e a linha."""
    comeco = time.monotonic()
    (tmp_path / "meu.py").write_text(programa, encoding="utf-8")
    avaliacao = ExameDeCliente([sys.executable, "meu.py"], porta_livre(), tmp_path).avaliar()
    assert {v.situacao for v in avaliacao.vereditos} == {situacao}, avaliacao
    assert trecho in avaliacao.vereditos[0].explicacao
    assert MARCA_DO_TECLADO not in " ".join([*avaliacao.perfil, *(v.explicacao for v in avaliacao.vereditos)])
    assert time.monotonic() - comeco < 13


UM_PEDIDO = """
import socket, sys, time
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
    PAUSA
    s.sendall(b"7")
    print(7, s.recv(100).decode(), "FIM", flush=True)
    s.sendall("ÍMPAR FIM".encode())
DEPOIS
"""


def avaliar_codigo(pasta, codigo, so):
    """Os vereditos destes casos, de um programa que recebe a porta."""
    (pasta / "meu.py").write_text(codigo, encoding="utf-8")
    porta = porta_livre()
    return ExameDeCliente([sys.executable, "meu.py", str(porta)], porta, pasta, so=so).avaliar().vereditos


@pytest.mark.parametrize("pausa", ["time.sleep(6)", "[(s.sendall(b'1'), time.sleep(0.2)) for _ in range(29)]"])
def test_quem_demora_a_pedir_depois_de_se_conectar(tmp_path, pausa):
    """Dormir entre o connect e o envio, ou enviar um algarismo de cada vez, não é não enviar nada."""
    (veredito,) = avaliar_codigo(tmp_path, UM_PEDIDO.replace("PAUSA", pausa).replace("DEPOIS", ""), ["conecta"])
    assert veredito.situacao == OK, veredito


def test_a_pergunta_no_teclado_depois_da_primeira_volta(tmp_path):
    """Não se sabe o que faria quem perguntou algo no teclado, que no exame não há; e se diz o que fazer."""
    codigo = UM_PEDIDO.replace("PAUSA", "").replace("DEPOIS", "input('outra vez? ')")
    for veredito in avaliar_codigo(tmp_path, codigo, ["repete", "controle"]):
        assert veredito.situacao == NAO_DEU and "não há teclado" in veredito.explicacao, veredito
        assert "EOFError" in veredito.explicacao and "--entrada" in veredito.causa


@pytest.mark.parametrize("mais, situacao, trecho", [(8.0, OK, ""), (0.5, FALHOU, "não acabou")])
def test_o_numero_que_comecou_tem_tempo_de_acabar(tmp_path, monkeypatch, mais, situacao, trecho):
    """O primeiro podia ser curto; e de quem não o acaba se diz isso, e não que não enviou nada."""
    monkeypatch.setattr("avaliador.estreia.PRAZO_DO_PEDIDO", 1.0)
    monkeypatch.setattr("avaliador.bancada.ACABAR_O_NUMERO", mais)
    pausa = "[(s.sendall(b'1'), time.sleep(0.1)) for _ in range(25)]"
    (veredito,) = avaliar_codigo(tmp_path, UM_PEDIDO.replace("PAUSA", pausa).replace("DEPOIS", ""), ["conecta"])
    assert veredito.situacao == situacao and trecho in veredito.explicacao, veredito


CALADO_EM_C = """
#include <string.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <unistd.h>
int main(int n, char **v) {
    char r[64];
    struct sockaddr_in e = {.sin_family = AF_INET, .sin_port = htons(atoi(v[1])), .sin_addr.s_addr = htonl(0x7f000001)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    connect(s, (void *) &e, sizeof e);
    send(s, "7", 1, 0);
    n = recv(s, r, 50, 0);
    strcpy(r + n, " FIM");
    send(s, r, n + 4, 0);
    close(s);
}
"""


def test_o_silencio_de_um_programa_em_c(tmp_path):
    """Cada linha dele aparece na hora: quem não escreve nada não mostrou nada."""
    if not (shutil.which("cc") and shutil.which("stdbuf")):
        dispensar("sem compilador de C, ou sem o stdbuf")
    (tmp_path / "x.c").write_text(CALADO_EM_C)
    subprocess.run(["cc", "-o", "x", "x.c"], cwd=tmp_path, check=True, timeout=60)
    porta = porta_livre()
    (veredito,) = ExameDeCliente(["./x", str(porta)], porta, tmp_path, so=["mostra"]).avaliar().vereditos
    assert veredito.situacao == FALHOU and veredito.explicacao == "não mostrou nada na tela", veredito


def test_o_que_um_programa_em_c_guarda_ate_o_fim(tmp_path):
    """O stdbuf não alcança quem traz as bibliotecas dentro: do silêncio dele não se conclui nada."""
    if not (shutil.which("cc") and shutil.which("stdbuf")):
        dispensar("sem compilador de C, ou sem o stdbuf")
    (tmp_path / "x.c").write_text('#include <stdio.h>\n#include <unistd.h>\nint main() { puts("oi"); return pause(); }')
    for opcoes in ([], ["-static"]):
        subprocess.run(["cc", *opcoes, "-o", "x", "x.c"], cwd=tmp_path, check=True, timeout=60)
        assert escreve_na_hora(["./x"], tmp_path) == (not opcoes)
        with Programa(["./x"], tmp_path) as programa:
            assert programa.esperar_saida("oi", 0.3 if opcoes else 10) == (not opcoes)


def test_um_servidor_examinado_como_cliente():
    """Quem escuta em vez de se conectar é reconhecido."""
    programa = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); time.sleep(60)"
    (veredito,) = ExameDeCliente([sys.executable, "-c", programa], porta_livre(), so=["conecta"]).avaliar().vereditos
    assert veredito.situacao == FALHOU and "parece um servidor" in veredito.explicacao, veredito


def test_o_teclado_pode_ser_dado():
    """Com a entrada, o programa que pergunta a porta e o número é examinado."""
    porta = porta_livre()
    argumentos = [sys.executable, str(ALUNOS / "teclado.py")]
    avaliacao = ExameDeCliente(argumentos, porta, entrada=f"{porta}\n7\n", so=["conecta", "mostra"]).avaliar()
    assert [v.situacao for v in avaliacao.vereditos] == [OK, OK], avaliacao


def test_a_semente_repete_o_que_se_sorteia(tmp_path):
    """A resposta longa muda de um exame para outro, e volta com a mesma semente."""
    programa = f"""
import socket
with socket.create_connection(("127.0.0.1", {(porta := porta_livre())})) as s, open("visto", "a") as visto:
    s.sendall(b"123456789012345678901234567890\\n")
    visto.write(s.makefile().readline())
"""
    (tmp_path / "meu.py").write_text(programa)
    vistas = []
    for semente in (1, 2, 1):
        ExameDeCliente([sys.executable, "meu.py"], porta, tmp_path, so=["pedacos"], semente=semente).avaliar()
        longas = [x for x in (tmp_path / "visto").read_text().split() if len(x) == 30]
        vistas.append(longas[-1])
    assert vistas[0] == vistas[2] != vistas[1]


@pytest.mark.parametrize(
    "dados, forma, valor",
    [
        (b"123", "crua", 123), (b"-7\n", "linha", -7), (b" 8 \r\n", "linha", 8), (b"8.912E3", "exponencial", 8912),
        (b"8.9e+29", "exponencial", 89 * 10**28), (b"\0\0\x01\0", "inteiro de 32 bits", 256),
        (b"\x07\0\0\0", "inteiro de 32 bits, o byte baixo primeiro", 7), (b"\xff" * 4, "inteiro de 32 bits", -1),
        (b"\xff" * 12, "binária", 2**96 - 1), (b"\0" * 7 + b"\x09", "inteiro de 64 bits", 9),
        (b"\0\x0212", "UTF do Java", 12), ("１２".encode(), "outra", None), (b"12n", "outra", None),
        (b"", "outra", None), ("número 7".encode(), "outra", None), (b"3.5", "outra", None),
        (b"123\0", "com NUL", 123), (b"12345\0", "com NUL", 12345), (b"1234567\0", "com NUL", 1234567),
        (b"1" * 30 + b"\0", "com NUL", int("1" * 30)), (b"12" + bytes(30) + b"lixo", "com NUL", 12),
        (b"\xef\xbb\xbf7", "com BOM", 7), (b"\xef\xbb\xbf12345", "com BOM", 12345),
        (b"\xef\xbb\xbf7\r\n", "com BOM", 7), (b"\xef\xbb\xbf" + b"1" * 20, "com BOM", int("1" * 20)),
        ("12".encode("utf-16-le"), "UTF-16", 12), ("9\n".encode("utf-16"), "UTF-16", 9),
        ("12".encode("utf-16-be"), "UTF-16, o byte alto primeiro", 12),
        (b"\xac\xed\0\x05t\0\x0512345", "objeto do Java", 12345), (b"\xac\xed\0\x05sr", "objeto do Java", None),
        *((pickle.dumps("123456789012", n), "pickle", 123456789012) for n in range(2, 6)),
        *((pickle.dumps(7, n), "pickle", 7) for n in range(2, 6)), (pickle.dumps(10**29, 5), "pickle", 10**29),
        (pickle.dumps(b"77", 5), "pickle", 77), (pickle.dumps(None, 4), "pickle", None),
    ],
)  # fmt: skip
def test_ler_pedido(dados, forma, valor):
    """Cada forma de enviar o número é reconhecida, seja qual for o número de casas."""
    assert (ler_pedido(dados).forma, ler_pedido(dados).valor) == (forma, valor)


def test_ler_um_pickle_nao_o_executa(tmp_path):
    """Um pickle hostil é lido sem fazer nada do que manda."""

    class Hostil:
        def __reduce__(self):
            return (open, (str(tmp_path / "criado"), "w"))

    assert ler_pedido(pickle.dumps(Hostil(), 4)).forma == "pickle" and not (tmp_path / "criado").exists()


NUMEROS = [7, 48, 1234, 99999, 2_034_567_890, 1_094_861_636]


@pytest.mark.parametrize(
    "codificar, forma",
    [
        (lambda n: str(n).encode(), "crua"), (lambda n: f"{n}\n".encode(), "linha"),
        (lambda n: f"{n}\0".encode(), "com NUL"), (lambda n: f"{n}\r\n".encode("utf-8-sig"), "com BOM"),
        (lambda n: str(n).encode("utf-16-le"), "UTF-16"), (lambda n: struct.pack(">i", n), "inteiro de 32 bits"),
        (lambda n: struct.pack("<i", n), "inteiro de 32 bits, o byte baixo primeiro"),
        (lambda n: struct.pack(">q", n), "inteiro de 64 bits"),
        (lambda n: struct.pack("<q", n), "inteiro de 64 bits, o byte baixo primeiro"),
        (lambda n: n.to_bytes((n.bit_length() + 7) // 8, "big"), "binária"),
        (lambda n: len(str(n)).to_bytes(2, "big") + str(n).encode(), "UTF do Java"),
        (lambda n: pickle.dumps(n, 5), "pickle"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("tela", ["enviei {}", "nada"])
def test_a_forma_e_uma_so(codificar, forma, tela):
    """De vários pedidos se tira uma forma que os lê a todos, e os números são os que o programa enviou."""
    vistos = [(codificar(n), tela.format(n)) for n in NUMEROS]
    assert forma_comum(vistos) == forma
    assert [ler_pedido(dados, forma).valor for dados, _ in vistos] == NUMEROS


def test_a_tela_diz_a_ordem_dos_bytes():
    """Um número em que as duas ordens são possíveis é o que o programa mostrou."""
    assert (
        forma_comum([(struct.pack("<i", 16909060), "enviei 16909060")]) == "inteiro de 32 bits, o byte baixo primeiro"
    )
    assert forma_comum([(struct.pack("<i", 16909060), "enviei 67305985")]) == "inteiro de 32 bits"


@pytest.mark.parametrize("nome", FORMAS)
def test_a_resposta_vai_e_volta_na_forma_do_cliente(nome):
    """O que se envolve na forma do cliente é desenvolvido igual."""
    assert FORMAS[nome].desenvolver(b"".join(FORMAS[nome].envolver("ÍMPAR FIM"))) == "ÍMPAR FIM".encode()


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
