"""O avaliador de servidores, ele mesmo avaliado: programas certos e errados, cada um com o veredito esperado."""

import itertools
import json
import os
import pickle
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from types import SimpleNamespace

import apoio
import esperado
import psutil
import pytest
from apoio import INTERPRETES, RAIZ, comando_do_aluno, dispensar, esperar, o_que_falta, porta_livre, restos
from lotes import Lotes

from avaliador import descoberta, exame_servidor, ligacao, redes, relatorio
from avaliador import exame as motor
from avaliador.bancada_servidor import BancadaDeServidor
from avaliador.caso import Casos
from avaliador.exame_servidor import CASOS, ExameDeServidor
from avaliador.leitura import ler
from avaliador.veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, OK, TOLERADO, NaoDeu, Passou, Veredito

ALUNOS = RAIZ / "tests" / "alunos" / "servidores"
SO = {"lento.py": ["enunciado"], "aceita_de_10_em_10.py": ["enunciado"]}  # os outros casos levariam minutos
PROGRAMAS = sorted(p.name for p in ALUNOS.iterdir() if p.suffix in INTERPRETES)
DEMORADOS = (
    "lento.py",
    "aceita_de_10_em_10.py",
    "zumbis.py",
    "teimoso.py",
    "Servidor.java",
    "NumeroGrande.java",
)  # começam primeiro
USADAS = {}  # as portas que se deram a cada programa
SEMENTE = esperado.SEMENTE
SEMPRE = {"tabela.py": 2}  # sabe alguns números de cor: o que se vê dele depende do que se sorteia


def comando(nome, porta):
    return comando_do_aluno(ALUNOS / nome, str(porta))


def preparar(nome, so=None):
    """Um exame do programa, com os casos embaralhados: a ordem não pode mudar nenhum veredito."""
    porta = porta_livre()
    USADAS.setdefault(nome, []).append(porta)
    if nome == "nosso":
        argumentos = [sys.executable, "-m", "parimpar", "servidor", "--porta", str(porta)]
    else:
        argumentos = comando(nome, porta)
    pedida = porta if nome == "outra_porta.py" else None
    novo = ExameDeServidor(argumentos, pedida, RAIZ, so=so or SO.get(nome), semente=SEMPRE.get(nome, SEMENTE))
    random.Random(SEMENTE).shuffle(novo.casos)
    return novo


NOMES = sorted(["nosso", *itertools.filterfalse(o_que_falta, PROGRAMAS)], key=lambda nome: nome not in DEMORADOS)


def de_novo(nome, so):
    """A avaliação só destes casos."""
    return preparar(nome, so).avaliar()


@pytest.fixture(scope="module")
def avaliacoes(request):
    """Todos os programas avaliados, alguns de cada vez, cada um na sua porta."""

    def depois():
        assert restos() == []

    return Lotes(request, NOMES, lambda nome: preparar(nome).avaliar(), depois)


@pytest.fixture(scope="module")
def sozinhos(request):
    """Um caso de cada programa, ou todos, sozinho."""
    nomes = [nome for nome in NOMES if nome in PROGRAMAS]
    return esperado.sozinhos(request, "servidores", nomes, SEMENTE, de_novo)


def test_todo_programa_tem_veredito_esperado():
    """Cada programa da pasta tem o seu arquivo, e vice-versa."""
    assert {p.stem for p in (esperado.PASTA / "servidores").iterdir()} == set(PROGRAMAS)


@pytest.mark.parametrize("nome", PROGRAMAS)
def test_vereditos(avaliacoes, nome, request):
    """Caso a caso, o veredito é o esperado."""
    avaliacao = esperado.avaliacao(avaliacoes, nome)
    esperado.conferir("servidores", nome, avaliacao, de_novo, request.config.getoption("--regravar"))


@pytest.mark.parametrize("nome", PROGRAMAS)
def test_sozinho_e_o_mesmo_que_no_todo(sozinhos, nome):
    """Um caso sorteado, sozinho, dá o que se espera dele no exame inteiro; `--sozinhos` prova todos."""
    for caso, avaliacao in esperado.avaliacao(sozinhos, nome):
        esperado.conferir("servidores", nome, avaliacao, de_novo, so=[caso])


def test_a_tela_de_quem_avalia_nao_e_a_do_programa(monkeypatch):
    """A janela se abre numa que ninguém vê, qualquer que seja a tela de quem avalia: esta nem existe."""
    if falta := o_que_falta("janela.py"):
        dispensar(f"sem {falta} nesta máquina")
    monkeypatch.setenv("DISPLAY", ":4242")
    (visto,) = de_novo("janela.py", ["par"]).vereditos
    assert visto.situacao == OK, visto.explicacao


@pytest.mark.parametrize(
    "nome, trecho",
    [
        ("binario.py", "em binário"), ("so_linha.py", "terminados em \\n"), ("mudo.py", "em nenhuma forma conhecida"),
        ("sem_encode.py", "deu um erro ao atender: TypeError: a bytes-like object is required, not 'str' (linha 26)"),
        ("so_linha.py", "não atende um cliente que segue o enunciado à risca"),
        ("nunca_escuta.py", "não escutou em nenhuma porta"), ("sai_logo.py", "RuntimeError: esqueci de configurar"),
        ("outra_porta.py", "e não na"), ("lento.py", "demora 2,"), ("udp.py", "fala UDP"),
        ("aceita_de_10_em_10.py", "o cliente seguinte esperou"), ("so_ipv6.py", "entende o pedido como algarismos sem"),
        ("byte_baixo.py", "4 bytes, o byte baixo primeiro"), ("inteiro_64.py", "8 bytes"), ("em_pickle.py", "pickle"),
        ("utf16.py", "UTF-16"), ("ServidorUTF.java", "writeUTF"), ("termina_em_nulo.c", "terminados no byte \\0"),
        ("teclado.py", "no exame não há teclado"), ("sem_papel.py", "à falta de um argumento"),
        ("sem_modulo.py", "falta nesta máquina o módulo 'modulo_que_a_disciplina_usa'"),
        ("janela.py", "uma janela"), ("forja.py", "RuntimeError"),
    ],
)  # fmt: skip
def test_o_perfil_diz_que_programa_e(avaliacoes, nome, trecho):
    """O que o servidor lê e fala, como é lento, ou por que nem escuta: reconhecido pelo nome."""
    assert trecho in " ".join(esperado.avaliacao(avaliacoes, nome).perfil)


@pytest.mark.parametrize(
    "nome, caso, trecho",
    [
        ("um_cliente.py", "segundo-cliente", "um cliente só: depois do primeiro, terminou"),
        ("duas_palavras.py", "par", "as duas palavras"), ("eco.py", "sem-eco", "devolveu o número"),
        ("com_fim.py", "onze-casas", "seguida de FIM"), ("latin1.py", "impar", "não está em UTF-8"),
        ("letras_repetidas.py", "sorteio", "se repete a cada execução"),
        ("persistente.py", "devolucao", "ValueError"), ("sem_print.py", "tela", "não mostrou nada"),
        ("le_o_fim.py", "devolucao-em-linha", "um pedido por conexão, como o enunciado permite"), ("sem_reuse.py", "reinicio", "não conseguiu escutar de novo"),
        ("nome_errado.py", "onze-casas", "caiu: NameError: name 'random' is not defined"),
        ("nome_errado.py", "onze-casas", "(linha 13)"),
        ("nome_errado.py", "letras", "NameError"), ("nome_errado.py", "sem-eco", "NameError"),
        ("aceita_de_10_em_10.py", "devolucao", "uma thread caiu, e o processo continua vivo: ValueError"),
        ("thread_cai.py", "devolucao", "uma thread caiu, e o processo continua vivo: ValueError"),
        ("thread_cai.py", "abc", "(linha 15)"), ("thread_cai.py", "vazia", "ValueError"), ("thread_cai.py", "rst", "(linha 21)"),
        ("refaz_o_bind.py", "segundo-cliente", "Address already in use (linha 19)"),
        ("dorme_para_sempre.py", "segundo-cliente", "s sem resposta"),
        ("NumeroGrande.java", "trinta-casas", "NumberFormatException: For input string"),
        ("termina_em_nulo.c", "onze-casas", "SIGSEGV"), ("esquece.js", "trinta-casas", "ReferenceError: sortear is not defined (linha 9)"),
        ("byte_baixo.py", "onze-casas", "não cabe nele"), ("registra.py", "segundo-cliente", ""),
    ],
)  # fmt: skip
def test_a_explicacao_nomeia_o_defeito(avaliacoes, nome, caso, trecho):
    """O veredito diz o que se viu: a exceção e a linha, em todo caso em que o programa caiu."""
    veredito = esperado.veredito(avaliacoes, nome, caso)
    assert trecho in veredito.explicacao, veredito


def avaliar_codigo(tmp_path, codigo, so):
    """A avaliação de um servidor que se escreve no teste: `codigo` vem depois de criar a escuta, e antes há o que importa."""
    inicio = """
import random, socket, sys, threading, time
def responder(numero):
    return "PAR" if int(numero) % 2 == 0 else "ÍMPAR"
escuta = socket.create_server(("127.0.0.1", int(sys.argv[1])))
"""
    (tmp_path / "servidor.py").write_text(inicio + codigo, encoding="utf-8")
    return ExameDeServidor([sys.executable, "servidor.py", str(porta_livre())], None, tmp_path, so=so).avaliar()


DUAS_LIGACOES = """
import socket
duas = [socket.socket(), socket.socket()]
for s in duas:
    s.bind(("127.0.0.1", PORTA))
"""


@pytest.mark.parametrize(
    "programa, diz_a_porta, situacao, trecho",
    [
        ("print('porta em uso: 60000')\nsokcet", False, FALHOU, "NameError"),
        ("print('porta em uso: 60000')\nsokcet", True, FALHOU, "NameError"),
        ("'a b'.split()[5]", False, FALHOU, "IndexError: list index out of range (linha 1)"),
        ("import sys\nporta = int(sys.argv[1])", False, NAO_DEU, "à falta de um argumento"),
        (DUAS_LIGACOES, False, NAO_DEU, "já está em uso, por outro programa ou por ele mesmo"),
        (DUAS_LIGACOES, True, FALHOU, "mais ninguém a usa"),
    ],
)
def test_quem_nao_escuta_ouve_por_que(tmp_path, programa, diz_a_porta, situacao, trecho):
    """Pela exceção com que caiu, e não por uma palavra que ele escreveu antes."""
    porta = porta_livre()
    (tmp_path / "x.py").write_text(programa.replace("PORTA", str(porta)), encoding="utf-8")
    pedida = porta if diz_a_porta else None
    (veredito,) = ExameDeServidor([sys.executable, "x.py"], pedida, tmp_path, so=["par"]).avaliar().vereditos
    assert veredito.situacao == situacao and trecho in veredito.explicacao, veredito
    assert ("uma vez só" in veredito.causa) == (programa is DUAS_LIGACOES)


def test_a_pergunta_no_teclado_depois_de_um_cliente(tmp_path):
    """Cai na pergunta, e não se sabe se atenderia o próximo: não deu para julgar, também onde isso se exige."""
    codigo = """
while True:
    conexao, _ = escuta.accept()
    conexao.sendall(responder(conexao.recv(100).decode()).encode())
    conexao.close()
    input("outro cliente? ")
"""
    for veredito in avaliar_codigo(tmp_path, codigo, ["segundo-cliente", "abc"]).vereditos:
        assert veredito.situacao == NAO_DEU and "não há teclado" in veredito.explicacao, veredito
        assert "EOFError" in veredito.explicacao and "--entrada" in veredito.causa


def test_dizer_que_leu_do_teclado_nao_e_le_lo(tmp_path):
    """Quem cai com essas palavras, sem ter perguntado nada, falhou, tenha ou não caído numa pergunta em outro caso."""
    codigo = """
while True:
    conexao, _ = escuta.accept()
    pedido = conexao.recv(100).decode()
    if pedido.isalpha():
        input("e agora? ")
    if not pedido:
        raise ValueError("erro, ao ler do teclado\\N{WORD JOINER}")
    conexao.sendall(responder(pedido).encode())
    conexao.close()
"""
    for nomes in (["vazia"], ["abc", "vazia"]):
        *outros, veredito = avaliar_codigo(tmp_path, codigo, nomes).vereditos
        assert veredito.situacao == FALHOU and "ao ler do teclado" in veredito.explicacao, veredito
        assert [outro.situacao for outro in outros] == [NAO_DEU] * len(outros)


def test_a_thread_do_unico_cliente_cai_com_a_devolucao(tmp_path, monkeypatch):
    """O processo continua vivo, e não atende mais ninguém: não sobreviveu, e a exceção é dita."""
    monkeypatch.setattr(exame_servidor, "PROXIMO", 0.5)
    codigo = """
def atender(cliente):
    while dados := cliente.recv(1024):
        cliente.sendall(responder(dados.decode()).encode())
threading.Thread(target=atender, args=escuta.accept()[:1]).start()
time.sleep(60)
"""
    veredito = avaliar_codigo(tmp_path, codigo, ["devolucao"]).vereditos[0]
    assert veredito.situacao == FALHOU
    assert "uma thread caiu, e o processo continua vivo: ValueError" in veredito.explicacao


def test_o_erro_que_o_programa_trata_nao_e_a_queda_de_uma_thread(tmp_path):
    """Quem trata o RST e o mostra na tela, com o rastro, sobrevive a ele sem reparo."""
    codigo = """
import traceback
while True:
    cliente = escuta.accept()[0]
    try:
        cliente.sendall(responder(cliente.recv(1024).decode()).encode())
    except Exception:
        traceback.print_exc()
    cliente.close()
"""
    avaliacao = avaliar_codigo(tmp_path, codigo, ["rst", "abc"])
    assert [v.situacao for v in avaliacao.vereditos] == [TOLERADO, OK]  # na ordem dos casos: abc e rst
    assert "mostrou um erro: ValueError" in avaliacao.vereditos[0].explicacao


@pytest.mark.parametrize(
    "anuncio, quem",
    [
        ("Exception in thread Thread-1 (atender):", "uma thread"), ("Exception ignored in thread started by <f>:", "uma thread"),
        ('Exception in thread "Thread-0" java.lang.NumberFormatException: For input string: "x"', "uma thread"),
        ("Process Process-2:", "um processo filho"), ("Task exception was never retrieved", "o atendimento de um cliente"),
        ("Exception occurred during processing of request from ('127.0.0.1', 7)", "o atendimento de um cliente"),
        ("ERROR:root:a conversa falhou", "mostrou um erro"), ("Process finished", "mostrou um erro"),
    ],
)  # fmt: skip
def test_quem_caiu_com_a_excecao(anuncio, quem):
    """Uma thread, um processo filho, um atendimento; ou nada, se o programa tratou o erro e só o mostra."""
    programa = SimpleNamespace(
        vivo=True, trecho=lambda canal: f"recebido: 7\n{anuncio}\nTraceback (most recent call last):\n"
    )
    bancada = BancadaDeServidor(SimpleNamespace(passos=[]), programa, None, None)
    assert bancada.quem_caiu().startswith(quem) and bancada.thread_caiu == (quem != "mostrou um erro")


SEM_ESCUTA = """
while True:
    cliente = escuta.accept()[0]
    escuta.close()
    cliente.sendall(responder(cliente.recv(1024).decode()).encode())
    cliente.recv(1024)
    cliente.close()
    time.sleep(PAUSA)
    escuta = socket.create_server(("127.0.0.1", int(sys.argv[1])))
"""


def test_quem_demora_a_escutar_de_novo_atende_o_proximo(tmp_path):
    """Refaz o bind a cada cliente, e fica um tempo sem escutar: atende, e diz-se quanto o cliente seguinte esperou."""
    avaliacao = avaliar_codigo(tmp_path, SEM_ESCUTA.replace("PAUSA", "3"), ["segundo-cliente"])
    assert avaliacao.aprovado and "o cliente seguinte esperou" in " ".join(avaliacao.perfil), avaliacao


def test_quem_nao_escuta_mais_nao_esta_no_primeiro_cliente(tmp_path, monkeypatch):
    """Vivo, e sem escutar: diz-se que ninguém escuta na porta, e não que o recv o prende."""
    monkeypatch.setattr(exame_servidor, "PROXIMO", 1.0)
    veredito = avaliar_codigo(tmp_path, SEM_ESCUTA.replace("PAUSA", "60"), ["segundo-cliente"]).vereditos[0]
    assert veredito.situacao == FALHOU and "ninguém mais escuta na porta" in veredito.explicacao
    assert veredito.causa.startswith("Não feche o socket de escuta")


def test_quem_le_em_binario_e_demora_nao_e_lido_como_texto(tmp_path, monkeypatch):
    """A sonda que distingue o número em binário espera o que a primeira resposta demorou."""
    monkeypatch.setattr(descoberta, "DE_OUTRA", 0.5)
    codigo = """
def atender(cliente):
    numero = str(int.from_bytes(cliente.recv(1024), "big"))
    time.sleep(1.5)
    cliente.sendall((responder(numero) if len(numero) <= 10 else "a" * len(numero)).encode())
    cliente.close()
while True:
    threading.Thread(target=atender, args=escuta.accept()[:1], daemon=True).start()
"""
    avaliacao = avaliar_codigo(tmp_path, codigo, ["grafia"])
    assert "entende o pedido como o número em binário" in " ".join(avaliacao.perfil)


def test_quem_le_um_inteiro_e_demora(tmp_path):
    """Um inteiro de 4 bytes, respondido em 3 s: a forma é reconhecida, e a demora é dita."""
    codigo = """
import struct
while True:
    cliente = escuta.accept()[0]
    (numero,) = struct.unpack("!i", cliente.recv(4))
    time.sleep(3)
    cliente.sendall(responder(numero).encode())
    cliente.close()
"""
    avaliacao = avaliar_codigo(tmp_path, codigo, ["impar"])
    perfil = " ".join(avaliacao.perfil)
    assert avaliacao.aprovado and "um inteiro binário de 4 bytes" in perfil and "demora 3" in perfil, avaliacao


@pytest.mark.parametrize("pausa, situacao", [(1.2, OK), (60, FALHOU)])
def test_quem_demora_so_nos_numeros_longos_tem_o_prazo_deles(tmp_path, monkeypatch, pausa, situacao):
    """Rápido com um algarismo e lento com trinta: o prazo é o da resposta mais lenta que se viu, se se viu alguma."""
    monkeypatch.setattr(exame_servidor, "PRAZO", 0.5)
    monkeypatch.setattr(descoberta, "DEMORA_MAXIMA", 3.0)
    codigo = f"""
while True:
    cliente = escuta.accept()[0]
    numero = cliente.recv(1024).decode()
    if len(numero) > 10:
        time.sleep({pausa})
    cliente.sendall((responder(numero) if len(numero) <= 10 else "a" * len(numero)).encode())
    cliente.close()
"""
    avaliacao = avaliar_codigo(tmp_path, codigo, ["trinta-casas"])
    assert avaliacao.vereditos[0].situacao == situacao, avaliacao
    assert ("para responder a um número de 30 casas" in " ".join(avaliacao.perfil)) == (situacao == OK)


@pytest.mark.parametrize(
    "mostra, situacao, nota",
    [("numero, resposta", OK, 10), ("numero", TOLERADO, 5), ("resposta", TOLERADO, 5), ("'atendi um cliente'", TOLERADO, 2.5)],
)  # fmt: skip
def test_a_tela_que_nao_mostra_tudo_nao_vale_o_ponto_inteiro(tmp_path, mostra, situacao, nota):
    """Só o número ou só a resposta, metade; nenhum dos dois, um quarto."""
    codigo = f"""
while True:
    cliente = escuta.accept()[0]
    numero = cliente.recv(1024).decode()
    resposta = responder(numero)
    print({mostra})
    cliente.sendall(resposta.encode())
    cliente.close()
"""
    avaliacao = avaliar_codigo(tmp_path, codigo, ["tela"])
    assert (avaliacao.vereditos[0].situacao, avaliacao.nota(ENUNCIADO)) == (situacao, nota), avaliacao


class ExameQueTropeca(motor.Exame):
    """Um fato e um caso que só dão na segunda vez; o outro caso nunca dá, e o terceiro não vale a pena tentar de novo."""

    CASOS = Casos(ENUNCIADO)

    def __init__(self):
        super().__init__(["programa"])
        self.vezes = Counter()

    def tropecar(self, nome, vezes, passageiro=True):
        self.vezes[nome] += 1
        if self.vezes[nome] <= vezes:
            raise NaoDeu("a máquina está ocupada", passageiro=passageiro)

    @motor.fato
    def sabido_na_segunda(self):
        """O que se descobre na segunda sonda."""
        self.tropecar("fato", 1)
        return "sabido"

    @CASOS("X-1", "pergunta o fato")
    def do_fato(self):
        return Passou(self.sabido_na_segunda)

    @CASOS("X-2", "dá na segunda vez")
    def segunda(self):
        self.tropecar("segunda", 1)

    @CASOS("X-3", "não dá nunca")
    def nunca(self):
        self.tropecar("nunca", 99)

    @CASOS("X-4", "não é passageiro")
    def de_vez(self):
        self.tropecar("de vez", 1, passageiro=False)


def test_o_que_nao_deu_por_um_motivo_passageiro_e_tentado_de_novo(monkeypatch):
    """Um caso, e um fato, que não deram na primeira vez dão na segunda; as tentativas têm fim, e o que não passa nem se repete."""
    monkeypatch.setattr(motor, "PAUSA", 0)
    exame = ExameQueTropeca()
    vistos = {v.caso: (v.situacao, v.explicacao) for v in exame.avaliar().vereditos}
    ocupada = (NAO_DEU, "a máquina está ocupada")
    assert vistos == {"do-fato": (OK, "sabido"), "segunda": (OK, ""), "nunca": ocupada, "de-vez": ocupada}
    assert exame.vezes == {"fato": 2, "segunda": 2, "nunca": motor.TENTATIVAS, "de vez": 1}


PINGA = """
while True:
    cliente = escuta.accept()[0]
    try:
        numero = cliente.recv(1024).decode()
        while len(numero) > CASAS:
            cliente.sendall(b"PAR")
            time.sleep(0.02)
        cliente.sendall(responder(numero).encode())
    except OSError:
        cliente.close()
"""


@pytest.mark.parametrize("casas, notas", [(0, [FALHOU, FALHOU]), (10, [OK, FALHOU])])
def test_quem_pinga_sem_parar_nao_gasta_o_tempo_do_exame(tmp_path, monkeypatch, casas, notas):
    """Um byte de cada vez, sem fim: cada espera tem um prazo, e diz-se que é uma enxurrada, sempre ou só nos números longos."""
    monkeypatch.setattr(ligacao, "INTEIRA", 0.5)
    avaliacao = avaliar_codigo(tmp_path, PINGA.replace("CASAS", str(casas)), ["par", "trinta-casas"])
    assert [v.situacao for v in avaliacao.vereditos] == notas
    assert "envia bytes sem parar" in avaliacao.vereditos[1].explicacao
    assert all(passo.instante < 10 for v in avaliacao.vereditos for passo in v.passos)


def test_um_processo_que_nao_acaba_nao_prende_o_exame(monkeypatch):
    """Passado o prazo do exame, e a folga, o caso que não acabou fica por julgar, e os outros contam."""
    if os.name != "posix":
        pytest.skip("os processos nascem de um fork")
    monkeypatch.setattr(redes, "FOLGA", 1.0)
    monkeypatch.setattr(redes.rede, "entrar", lambda: True)

    class ExamePreso:
        casos, comeco, prazo = ["rápido", "preso"], time.monotonic(), 0.0
        progresso = staticmethod(lambda feitos, total, titulo: None)

        def julgar(self, caso):
            threading.Event().wait(60 if caso == "preso" else 0)
            return Veredito(caso, "PI-03", ENUNCIADO, OK, caso)

    assert list(redes.julgar(ExamePreso(), 2)) == ["rápido"]


@pytest.mark.parametrize(
    "nome, caso, trecho",
    [
        ("refaz_o_bind.py", "segundo-cliente", "uma vez só, antes do laço"), ("NumeroGrande.java", "trinta-casas", "Long.parseLong"),
        ("servidor.js", "partido-em-linha", "guarde o que chegou"), ("um_cliente.py", "segundo-cliente", "while True:"),
        ("Servidor.java", "vazia", "o read() devolve -1"), ("servidor.c", "linha-dez-casas", "strcspn"),
    ],
)  # fmt: skip
def test_a_cura_e_na_lingua_do_programa(avaliacoes, nome, caso, trecho):
    """O conselho vem na linguagem do aluno."""
    veredito = esperado.veredito(avaliacoes, nome, caso)
    assert trecho in veredito.causa, veredito


@pytest.mark.parametrize("nome", PROGRAMAS)
def test_nenhum_exame_deixa_a_porta_presa(avaliacoes, sozinhos, nome):
    """Nem um TIME_WAIT: a mesma porta serve logo a outro exame, e a um programa sem SO_REUSEADDR."""
    assert esperado.avaliacao(avaliacoes, nome) and sozinhos[nome]
    # Numa máquina ocupada, o sistema leva um instante a entregar o RST que as desfaz; um TIME_WAIT duraria um minuto.
    esperar(lambda: {c.laddr.port for c in psutil.net_connections("tcp") if c.laddr}.isdisjoint(USADAS[nome]))


@pytest.mark.parametrize("nome", ["nosso"])
def test_o_nosso_servidor_tem_nota_maxima(avaliacoes, nome):
    """Tudo OK nas duas réguas."""
    avaliacao = avaliacoes[nome]
    assert {v.caso: v.situacao for v in avaliacao.vereditos} == {c.nome: OK for c in CASOS}, relatorio.em_texto(
        avaliacao
    )
    assert avaliacao.aprovado and avaliacao.nota(ENUNCIADO) == avaliacao.nota(ESPECIFICACAO) == 10


@pytest.mark.parametrize(
    "dados, paridade, exata, diferencas",
    [
        ("ÍMPAR", "ÍMPAR", True, ()), ("PAR", "PAR", True, ()), ("IMPAR", "ÍMPAR", False, ("falta o acento",)),
        ("par", "PAR", False, ("não está em maiúsculas",)), (" PAR ", "PAR", False, ("há espaços ou aspas em volta",)),
        ("PAR\n", "PAR", False, ("termina em \\n",)),
        ("O número é ímpar.", "ÍMPAR", False, ("há outro texto em volta",)),
        ("PARÍMPAR", "as duas", False, ("vêm as duas palavras",)), ("AbCdEfGhIjK", None, False, ()),
        ("", None, False, ()), ("Paraná", None, False, ()), ("I\u0301MPAR", "ÍMPAR", False, None),
        (b"PAR\0", "PAR", False, ("termina no byte \\0, como uma string do C",)),
        (b"PAR" + b"\0" * 90, "PAR", False, ("termina no byte \\0, como uma string do C",)),
        ("\ufeffÍMPAR", "ÍMPAR", False, ("começa com a marca do UTF-8 (BOM)",)),
        ("ÍMPAR".encode("utf-16"), "ÍMPAR", False, ("está em UTF-16",)),
        ("PAR".encode("utf-16-be"), "PAR", False, ("está em UTF-16",)),
        (pickle.dumps("ÍMPAR", 5), "ÍMPAR", False, ("é um objeto serializado do Python (pickle)",)),
        (pickle.dumps(b"PAR", 4), "PAR", False, ("é um objeto serializado do Python (pickle)",)),
        (b"\0\3PAR", "PAR", False, ("vem precedida do tamanho, como no writeUTF do Java",)),
        (b"\xac\xed\0\5t\0\3PAR", "PAR", False, ("é um objeto serializado do Java",)),
        (pickle.dumps(print), None, False, ("não está em UTF-8",)), (b"\x80\5.", None, False, ("não está em UTF-8",)),
    ],
)  # fmt: skip
def test_leitura(dados, paridade, exata, diferencas):
    """A palavra é reconhecida em qualquer grafia e codificação, e a diferença é dita; nada de um pickle é executado."""
    leitura = ler(dados.encode() if isinstance(dados, str) else dados)
    assert (leitura.paridade, leitura.exata) == (paridade, exata)
    assert diferencas is None or leitura.diferencas == diferencas


def avaliar_na_linha_de_comando(*argumentos):
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "parimpar", "avaliar", *argumentos],
        cwd=RAIZ, capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip


def test_linha_de_comando(tmp_path):
    """Relatório na tela, JSON no arquivo, e o código de saída 1 de quem não cumpre o enunciado."""
    arquivo = tmp_path / "r.json"
    feito = avaliar_na_linha_de_comando(
        "servidor", "--json", str(arquivo), "--", *comando("sai_logo.py", porta_livre())
    )
    assert (feito.returncode, feito.stderr) == (1, "")
    assert "Ainda não cumpre o enunciado" in feito.stdout and "esqueci de configurar" in feito.stdout
    dado = json.loads(arquivo.read_text(encoding="utf-8"))
    assert dado["alvo"] == "servidor" and not dado["aprovado"] and len(dado["vereditos"]) == len(CASOS)


def test_linha_de_comando_com_um_programa_certo():
    """O código de saída 0 é de quem cumpre o enunciado, mesmo sem a especificação; o JSON vai para a tela."""
    feito = avaliar_na_linha_de_comando("servidor", "--json", "-", "--", *comando("simples.py", porta_livre()))
    assert (feito.returncode, feito.stderr) == (0, "")
    assert json.loads(feito.stdout)["aprovado"]


def test_o_json_traz_o_intervalo_da_nota():
    """De quem não pôde ser julgado não se escreve zero: o intervalo vai de 0 a 10, e o código de saída é 3."""
    argumentos = ("servidor", "--json", "-", "--so", "par,abc", "--", *comando("sem_papel.py", 0)[:2])
    feito = avaliar_na_linha_de_comando(*argumentos)
    assert (feito.returncode, feito.stderr) == (3, "")
    dado = json.loads(feito.stdout)
    assert dado["notas"] == {
        "enunciado": None, "especificação": None, "minimo": {"enunciado": 0.0, "especificação": 0.0},
        "maximo": {"enunciado": 10.0, "especificação": 10.0},
    }  # fmt: skip


def test_a_semente_repete_o_exame_e_a_entrada_e_o_teclado():
    """Com a mesma semente, os mesmos números; com --entrada, o programa que pergunta a porta é julgado."""
    pedidos = []
    for _ in range(2):
        porta = porta_livre()
        feito = avaliar_na_linha_de_comando(
            "servidor", "--json", "-", "--so", "impar,sem-eco,devolucao", "--semente", "7", "--entrada", f"{porta}\\nfim",
            "--", *comando("teclado.py", 0),
        )  # fmt: skip
        assert (feito.returncode, feito.stderr) == (0, "")
        passos = [p for v in json.loads(feito.stdout)["vereditos"] for p in v["passos"]]
        pedidos.append([p.partition("envia")[2] for p in passos if "avaliador envia" in p])
    assert pedidos[0] == pedidos[1] and pedidos[0]


def test_a_porta_ocupada_nao_e_nota():
    """Outro programa na porta do aluno: não deu para julgar, diz quem é, e o exame não dá zero."""
    with socket.create_server(("127.0.0.1", porta_livre())) as outro:
        porta = outro.getsockname()[1]
        avaliacao = ExameDeServidor(comando("simples.py", porta), porta, so=["par"]).avaliar()
    assert avaliacao.indeciso and avaliacao.nota(ENUNCIADO) is None and not avaliacao.aprovado
    assert f"a porta {porta} está ocupada: 'python" in avaliacao.vereditos[0].explicacao


def test_a_porta_presa_por_uma_conexao_espera_se(monkeypatch):
    """Uma conexão em TIME_WAIT na porta do aluno atrasa o exame, e não tira nota."""
    if not sys.platform.startswith("linux"):
        pytest.skip("o TIME_WAIT prende a porta de outro modo")
    porta = porta_livre()
    with (
        socket.create_server(("127.0.0.1", porta)) as escuta,
        socket.create_connection(("127.0.0.1", porta)) as cliente,
    ):
        conexao, _ = escuta.accept()
        conexao.close()  # fecha primeiro: a conexão dele fica presa até o cliente fechar
        escuta.close()
        threading.Timer(3.0, lambda: apoio.reiniciar(cliente)).start()
        avaliacao = ExameDeServidor(comando("sem_reuse.py", porta), porta, so=["par"]).avaliar()
    assert avaliacao.aprovado, avaliacao


def test_o_prazo_do_exame_sempre_da_um_relatorio(monkeypatch):
    """Acabado o tempo, os casos que faltam não deram para julgar; e os que já se viram contam."""
    monkeypatch.setattr(motor, "PRAZO", 0.0)
    avaliacao = ExameDeServidor(comando("simples.py", porta_livre())).avaliar()
    assert {v.situacao for v in avaliacao.vereditos} == {NAO_DEU} and "o tempo do exame acabou" in str(avaliacao)


def test_um_defeito_do_avaliador_nao_e_do_programa(monkeypatch):
    """Um caso que quebra não impede o relatório, e não vira nota."""

    def quebrar(exame, *args):
        raise ZeroDivisionError

    monkeypatch.setattr(ExameDeServidor, "impar", quebrar)
    avaliacao = ExameDeServidor(comando("simples.py", porta_livre()), so=["impar"]).avaliar()
    assert avaliacao.vereditos[0].situacao == NAO_DEU and "ZeroDivisionError" in avaliacao.vereditos[0].explicacao


@pytest.mark.parametrize("sinal", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_interrompido_nao_deixa_nada(sinal):
    """Interrompido ou morto, o avaliador não deixa nenhum processo do aluno, nem um que fugiu da sessão e do ambiente."""
    if os.name != "posix":
        pytest.skip("os sinais são do Unix")
    marca = f"fugitivo-{os.getpid()}-{sinal}"
    fuga = (
        "import os, sys, time\nif os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n"
        f"  os.execve(sys.executable, [sys.executable, '-c', 'import time; time.sleep(90)', {marca!r}], {{}})\n"
        " os._exit(0)\nos.wait()\ntime.sleep(90)"
    )
    avaliar = [sys.executable, "-X", "utf8", "-m", "parimpar", "avaliar", "servidor", "--", sys.executable, "-c", fuga]

    def fugitivos():
        return [p for p in psutil.process_iter(["cmdline"]) if marca in (p.info["cmdline"] or ())[-1:]]

    with subprocess.Popen(avaliar, cwd=RAIZ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as avaliador:
        apoio.esperar(fugitivos)
        avaliador.send_signal(getattr(signal, sinal))
        saida, erro = avaliador.communicate(timeout=30)
    if sinal in ("SIGINT", "SIGTERM"):
        assert (avaliador.returncode, saida) == (130, b"") and erro.decode().count("\n") == 1, erro
    apoio.esperar(lambda: not fugitivos())


def test_linha_de_comando_com_erro_de_uso():
    """Programa que não existe, ou argumento que falta: uma linha, e o código 2."""
    for argumentos in (["servidor", "--", "programa-que-nao-existe"], ["servidor"], []):
        feito = avaliar_na_linha_de_comando(*argumentos)
        assert feito.returncode == 2 and len(feito.stderr.strip().splitlines()) == 1, feito.stderr
