"""O avaliador de servidores, ele mesmo avaliado: programas certos e errados, cada um com o veredito esperado."""

import json
import os
import pathlib
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import esperado
import pytest
from apoio import INTERPRETES, RAIZ, comando_do_aluno, dispensar, porta_livre, restos

from avaliador import processo, relatorio
from avaliador.exame_servidor import ExameDeServidor
from avaliador.leitura import ler
from avaliador.processo import Programa
from avaliador.veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, OK, Veredito

ALUNOS = RAIZ / "tests" / "alunos" / "servidores"
CASOS = ExameDeServidor.CASOS
ENTRADAS = {}  # o que se dá no teclado a quem o lê
PROGRAMAS = sorted(p.name for p in ALUNOS.iterdir() if p.suffix in INTERPRETES)
DEMORADOS = ("servidor_lento_3s.py", "accept_de_10_em_10.py", "teimoso.py", "Servidor.java")  # começam primeiro
SEMENTE = random.randrange(10**6)  # a mesma para todos, dita se um teste falha


def comando(nome, porta):
    return comando_do_aluno(ALUNOS / nome, str(porta))


def avaliar(nome, **opcoes):
    porta = porta_livre()
    if nome == "nosso":
        argumentos = [sys.executable, "-m", "parimpar", "servidor", "--porta", str(porta)]
    else:
        argumentos = comando(nome, porta)
    pedida = porta if nome == "outra_porta.py" else None
    return ExameDeServidor(argumentos, pedida, RAIZ, semente=SEMENTE, entrada=ENTRADAS.get(nome, ""), **opcoes)


@pytest.fixture(scope="module")
def avaliacoes():
    """Todos os programas avaliados, alguns de cada vez, cada um na sua porta."""
    nomes = ["nosso", *(nome for nome in PROGRAMAS if comando(nome, 0))]
    with ThreadPoolExecutor(4) as executor:
        demorados_primeiro = sorted(nomes, key=lambda nome: nome not in DEMORADOS)
        resultado = dict(
            zip(demorados_primeiro, executor.map(lambda n: avaliar(n).avaliar(), demorados_primeiro), strict=True)
        )
    assert restos() == []
    return resultado


def test_todo_programa_tem_veredito_esperado():
    """Cada programa da pasta tem o seu arquivo, e vice-versa."""
    assert {p.stem for p in (esperado.PASTA / "servidores").iterdir()} == set(PROGRAMAS)


@pytest.mark.parametrize("nome", PROGRAMAS)
def test_vereditos(avaliacoes, nome, request):
    """Caso a caso, o veredito é o esperado."""
    if nome not in avaliacoes:
        dispensar(f"sem {INTERPRETES[pathlib.Path(nome).suffix]} nesta máquina")
    esperado.conferir("servidores", nome, avaliacoes[nome], request.config.getoption("--regravar"))


@pytest.mark.parametrize(
    "nome, trecho",
    [
        ("binario.py", "em binário"), ("so_linha.py", "terminados em \\n"), ("mudo.py", "em nenhuma forma conhecida"),
        ("sem_encode.py", "deu um erro ao atender: TypeError: a bytes-like object is required, not 'str' (linha 26)"),
        ("so_linha.py", "não atende um cliente que segue o enunciado à risca"),
        ("nunca_escuta.py", "não escutou em nenhuma porta"), ("sai_logo.py", "RuntimeError: esqueci de configurar"),
        ("outra_porta.py", "e não na"),
    ],
)  # fmt: skip
def test_o_perfil_diz_que_programa_e(avaliacoes, nome, trecho):
    """Servidores que leem binário, que só leem linhas, que não escutam ou caem são reconhecidos pelo nome."""
    assert trecho in " ".join(avaliacoes[nome].perfil)


@pytest.mark.parametrize(
    "nome, caso, trecho",
    [
        ("um_cliente.py", "segundo-cliente", "um cliente só: depois do primeiro, terminou"),
        ("duas_palavras.py", "par", "as duas palavras"), ("eco.py", "sem-eco", "devolveu o número"),
        ("com_fim.py", "onze-casas", "seguida de FIM"), ("latin1.py", "impar", "não está em UTF-8"),
        ("letras_repetidas.py", "sorteio", "se repete a cada execução"),
        ("persistente.py", "devolucao", "ValueError"), ("sem_print.py", "tela", "não mostrou nada"),
        ("le_o_fim.py", "devolucao-em-linha", "um pedido por conexão, como o enunciado permite"), ("sem_reuse.py", "reinicio", "não conseguiu escutar de novo"),
    ],
)  # fmt: skip
def test_a_explicacao_nomeia_o_defeito(avaliacoes, nome, caso, trecho):
    """O veredito diz o que se viu."""
    veredito = next(v for v in avaliacoes[nome].vereditos if v.caso == caso)
    assert trecho in veredito.explicacao, veredito


def test_o_nosso_servidor_tem_nota_maxima(avaliacoes):
    """Tudo OK nas duas réguas."""
    avaliacao = avaliacoes["nosso"]
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
    ],
)  # fmt: skip
def test_leitura(dados, paridade, exata, diferencas):
    """A palavra é reconhecida em qualquer grafia, e a diferença é dita."""
    leitura = ler(dados.encode())
    assert (leitura.paridade, leitura.exata) == (paridade, exata)
    assert diferencas is None or leitura.diferencas == diferencas


def test_comparacao_marca_o_primeiro_byte_diferente():
    """A marca fica embaixo do primeiro byte que difere, mesmo depois de um caractere escapado."""
    veredito = Veredito("x", "PI-03", ENUNCIADO, FALHOU, "t", esperado="PAR\nX", recebido=b"PAR\nY")
    assert veredito.comparacao.splitlines() == ["esperado: PAR\\nX", "recebido: PAR\\nY", " " * 15 + "^ byte 5"]


def test_o_que_so_se_descreve_nao_e_comparado():
    """Um esperado como <11 letras sorteadas> não tem byte diferente a apontar."""
    veredito = Veredito("x", "PI-04", ENUNCIADO, FALHOU, "t", esperado="<11 letras>", recebido=b"123")
    assert veredito.comparacao.splitlines() == ["esperado: <11 letras>", "recebido: 123"]


def test_os_casos_nao_julgados_pelo_mesmo_motivo_sao_contados():
    """Um programa que nem começa não repete o motivo a cada caso; os poucos que faltam são ditos um a um."""

    def relatar(quantos):
        vereditos = [Veredito("a", "PI-03", ENUNCIADO, FALHOU, "primeiro", "caiu")]
        vereditos += [
            Veredito(f"c{i}", "PI-03", ENUNCIADO, NAO_DEU, f"caso {i}", "não começou") for i in range(quantos)
        ]
        return relatorio.em_texto(relatorio.Avaliacao("servidor", ("x",), (), tuple(vereditos)))

    assert "? [não deu para julgar] 5 casos (c0, c1, c2, c3, c4)\n      não começou\n" in relatar(5)
    assert "PI-03: caso 0 (c0)" in relatar(2)


def test_o_html_escapa_o_que_veio_do_programa():
    """Texto hostil do programa não vira marcação no notebook."""
    veredito = Veredito(
        "x", "PI-03", ENUNCIADO, FALHOU, "t", "<img onerror=x>", esperado="PAR", recebido=b"<b>\x1b[31m"
    )
    pagina = relatorio.em_html(relatorio.Avaliacao("servidor", ("x",), ("<script>",), (veredito,)))
    assert "<img" not in pagina and "<b>\x1b" not in pagina and "<script>" not in pagina and "\x1b" not in pagina


def test_o_programa_nao_deixa_nada_para_tras():
    """Nem um neto que mudou de sessão e ignora o SIGTERM."""
    if os.name != "posix":
        pytest.skip("o programa usa fork")
    fuga = (
        "import os, signal, time\n"
        "if os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n  signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "  print('pronto', flush=True)\n  time.sleep(60)\n os._exit(0)\n"
        "time.sleep(60)"
    )
    with Programa([sys.executable, "-c", fuga]) as programa:
        assert programa.esperar_saida("pronto", 10)
    assert restos() == []


@pytest.mark.parametrize(
    "programa, limite, trecho",
    [
        ("x = bytearray(200 * 1024**2)", {"MEMORIA": 100 * 1024**2}, "MiB de memória"),
        ("[os.fork() for _ in range(3)]", {"PROCESSOS": 5}, "tinha 8 processos"),
        ("open('x', 'wb').write(bytes(3 * 1024**2)); y = open('x', 'ab')", {"DISCO": 1024**2}, "MiB no disco"),
    ],
)
def test_o_excesso_e_encerrado(monkeypatch, tmp_path, programa, limite, trecho):
    """Memória, processos ou disco demais: a família inteira acaba, e o motivo é dito."""
    if os.name != "posix":
        pytest.skip("o programa usa fork")
    for nome, valor in limite.items():
        monkeypatch.setattr(processo, nome, valor)
    with Programa([sys.executable, "-c", f"import os, time\n{programa}\ntime.sleep(60)"], tmp_path) as excessivo:
        assert excessivo.terminou(20)
        assert trecho in excessivo.ultima_linha()
    assert restos() == []


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


def test_linha_de_comando_com_erro_de_uso():
    """Programa que não existe, ou argumento que falta: uma linha, e o código 2."""
    for argumentos in (["servidor", "--", "programa-que-nao-existe"], ["servidor"], []):
        feito = avaliar_na_linha_de_comando(*argumentos)
        assert feito.returncode == 2 and len(feito.stderr.strip().splitlines()) == 1, feito.stderr
