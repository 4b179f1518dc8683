"""A linha de comando num processo de verdade, com um Python sem nada instalado."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from apoio import porta_livre

from parimpar import Cliente, Servidor
from parimpar.erros import ConexaoRecusada

RAIZ = pathlib.Path(__file__).parent.parent
PRAZO = 15  # segundos

# -S deixa de fora tudo o que não é da biblioteca padrão.
PYTHON_NU = [sys.executable, "-S", "-X", "utf8", "-m", "parimpar"]


def esperar_linha(arquivo, padrao):
    """Espera aparecer no arquivo o que casa com o padrão."""
    limite = time.monotonic() + PRAZO
    while not (achado := re.search(padrao, arquivo.read_text("utf-8"))):
        assert time.monotonic() < limite, f"{padrao!r} não apareceu em {arquivo.read_text('utf-8')[-500:]}"
    return achado


def esperar_resposta(porta):
    """Pergunta 7 assim que houver quem escute na porta."""
    limite = time.monotonic() + PRAZO
    while time.monotonic() < limite:
        with contextlib.suppress(ConexaoRecusada), Cliente(porta=porta) as cliente:
            return cliente.perguntar("7")


def rodar(*argumentos):
    return subprocess.run([*PYTHON_NU, *argumentos], cwd=RAIZ, capture_output=True, encoding="utf-8", timeout=PRAZO)


@pytest.fixture
def servidor_no_terminal():
    """(processo, porta) de `python -m parimpar servidor`, depois da linha que diz que está pronto."""
    with subprocess.Popen(
        [*PYTHON_NU, "servidor", "--porta", "0"],
        cwd=RAIZ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as processo:
        primeira = processo.stdout.readline()
        porta = re.fullmatch(
            r"Servidor PAR/ÍMPAR pronto em 127\.0\.0\.1:(\d+) \(TCP\)\. Para encerrar: Ctrl-C\.\n", primeira
        )
        assert porta, primeira
        yield processo, int(porta[1])
        if processo.poll() is None:
            processo.kill()


# Com nohup, os programas que os testes iniciam ignoram o SIGHUP, como é preciso.
SINAIS = [
    sinal
    for nome in ("SIGINT", "SIGTERM", "SIGHUP")
    if (sinal := getattr(signal, nome, None)) and signal.getsignal(sinal) is not signal.SIG_IGN
]


@pytest.mark.skipif(sys.platform == "win32", reason="no Windows não há SIGTERM")
@pytest.mark.parametrize("sinal", SINAIS)
def test_o_par_faz_o_trabalho_inteiro(servidor_no_terminal, sinal):
    """Os dois mostram cada mensagem, o cliente imprime a resposta com FIM e o servidor recebe a devolução."""
    processo, porta = servidor_no_terminal
    cliente = rodar("cliente", "--porta", str(porta), "--numero", "7", "--vezes", "1")
    assert (cliente.returncode, cliente.stderr) == (0, "")
    assert "\nÍMPAR FIM\n" in cliente.stdout
    assert re.search(
        rf"\d\d:\d\d:\d\d\.\d{{3}}  cliente → servidor 127.0.0.1:{porta} '7\\n' \(2 bytes\)", cliente.stdout
    )
    while "fechou" not in (linha := processo.stdout.readline()):
        assert linha
        if "devolveu" in linha:
            assert re.search(r"cliente 127.0.0.1:\d+ devolveu 'ÍMPAR FIM' \(10 bytes\): confere", linha)
    processo.send_signal(sinal)
    saida, erros = processo.communicate(timeout=PRAZO)
    assert saida.endswith("Servidor encerrado.\n")
    assert (processo.returncode, erros) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="no Windows não há SIGTERM")
@pytest.mark.parametrize("sinais", [(signal.SIGINT, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)])
def test_dois_sinais_seguidos(servidor_no_terminal, sinais):
    """Um segundo sinal, logo depois do primeiro, não atrapalha o encerramento nem escreve nada."""
    processo, _ = servidor_no_terminal
    for sinal in sinais:
        processo.send_signal(sinal)
    saida, erros = processo.communicate(timeout=PRAZO)
    assert (processo.returncode, erros) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/null") or not hasattr(signal, "SIGHUP"), reason="só no Linux e no macOS")
def test_quem_pede_para_ignorar_o_sighup_e_obedecido():
    """Com nohup, fechar a janela não encerra o servidor."""
    comando = ["nohup", *PYTHON_NU, "servidor", "--porta", "0"]
    with subprocess.Popen(
        comando, cwd=RAIZ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as processo:
        porta = int(re.search(r":(\d+) ", processo.stdout.readline())[1])
        processo.send_signal(signal.SIGHUP)
        with Cliente(porta=porta) as cliente:
            assert cliente.perguntar("7") == "ÍMPAR"
        processo.send_signal(signal.SIGTERM)
        saida, _ = processo.communicate(timeout=PRAZO)
    assert processo.returncode == 0 and saida.endswith("Servidor encerrado.\n")


@pytest.mark.skipif(os.name != "posix", reason="usa o sh")
@pytest.mark.parametrize("fechadas", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_saidas_fechadas(fechadas):
    """Sem stdout nem stderr o servidor atende, e o cliente trabalha, sem nenhum traceback."""
    porta = porta_livre()
    comando = ["sh", "-c", f'exec "$@" {fechadas}', "sh", *PYTHON_NU]
    opcoes = {"cwd": RAIZ, "stderr": subprocess.PIPE}
    with subprocess.Popen([*comando, "servidor", "--porta", str(porta)], **opcoes) as servidor:
        respostas = esperar_resposta(porta)
        cliente = subprocess.run([*comando, "cliente", "--porta", str(porta), "--vezes", "1"], timeout=PRAZO, **opcoes)
        servidor.send_signal(signal.SIGTERM)
        _, erros = servidor.communicate(timeout=PRAZO)
    assert respostas == "ÍMPAR"
    assert (cliente.returncode, cliente.stderr) == (servidor.returncode, erros) == (0, b"")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="usa um pseudoterminal")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_janela_do_terminal_se_fecha():
    """O servidor se despede quando a janela some, embora não haja mais onde escrever."""
    import pty

    filho, janela = pty.fork()
    if filho == 0:
        os.chdir(RAIZ)
        os.execv(PYTHON_NU[0], [*PYTHON_NU, "servidor", "--porta", "0"])
    assert b"pronto" in os.read(janela, 1000)
    os.close(janela)
    assert os.waitstatus_to_exitcode(os.waitpid(filho, 0)[1]) == 0


def test_o_cliente_repete_e_sorteia(servidor_no_terminal):
    """Sem --numero, cada volta sorteia um número e abre uma conexão nova (PI-40, PI-43)."""
    _, porta = servidor_no_terminal
    saida = rodar("cliente", "--porta", str(porta), "--vezes", "3", "--intervalo", "0").stdout
    assert len(re.findall(r"^\S+ FIM$", saida, re.M)) == 3
    assert saida.count("cliente conectou-se ao servidor") == saida.count("cliente fechou a conexão") == 3


def test_o_cliente_se_apresenta(servidor_no_terminal):
    """--nome diz ao servidor quem pergunta, e a tela das duas pontas o mostra (PI-50)."""
    processo, porta = servidor_no_terminal
    cliente = rodar("cliente", "--porta", str(porta), "--nome", "Zé", "--numero", "8", "--vezes", "1")
    assert (cliente.returncode, cliente.stderr) == (0, "")
    assert "'NOME Zé\\n' (9 bytes)" in cliente.stdout and "\nPAR FIM\n" in cliente.stdout
    assert next(linha for linha in processo.stdout if "apresentou-se" in linha).endswith("apresentou-se: Zé\n")


def test_o_cliente_cru(servidor_no_terminal):
    """--crua envia os algarismos sem \\n, e a resposta vem sem \\n (PI-11, PI-45)."""
    _, porta = servidor_no_terminal
    saida = rodar("cliente", "--porta", str(porta), "--crua", "--numero", "8", "--vezes", "1").stdout
    assert "'8' (1 byte)" in saida
    assert "\nPAR FIM\n" in saida


def test_servidor_silencioso():
    """Com --silencioso só aparecem o começo e o fim."""
    with subprocess.Popen(
        [*PYTHON_NU, "servidor", "--porta", "0", "--silencioso"], cwd=RAIZ, stdout=subprocess.PIPE, encoding="utf-8"
    ) as processo:
        porta = int(re.search(r":(\d+) ", processo.stdout.readline())[1])
        with Cliente(porta=porta) as cliente:
            assert cliente.perguntar("7") == "ÍMPAR"
        processo.send_signal(signal.SIGTERM)
        assert processo.stdout.read() == "Servidor encerrado.\n"


def test_a_tela_conta_o_que_nao_da_para_mostrar(tmp_path):
    """Um cliente depressa demais para a tela não a enche: ela mostra o mais recente e diz quantos eventos pulou."""
    with open(tmp_path / "tela", "w") as tela:
        comando = [*PYTHON_NU, "servidor", "--porta", "0"]
        with subprocess.Popen(comando, cwd=RAIZ, stdout=tela, stderr=subprocess.PIPE) as processo:
            porta = esperar_linha(tmp_path / "tela", r":(\d+) ")
            with Cliente(porta=int(porta[1])) as cliente:
                for _ in range(2000):
                    cliente.perguntar("8")
            esperar_linha(tmp_path / "tela", "fechou a conexão")
            processo.send_signal(signal.SIGTERM)
            assert processo.wait(PRAZO) == 0 and processo.stderr.read() == b""
    texto = (tmp_path / "tela").read_text("utf-8")
    pulados = sum(map(int, re.findall(r"^… (\d+) eventos não mostrados: chegaram mais depressa do que", texto, re.M)))
    mostrados = len(re.findall(r"^\d\d:\d\d:", texto, re.M))
    # Mais conecta, fecha e para; e inicia, que não se mostra, mas pode estar entre os pulados.
    assert pulados > 0 and mostrados + pulados - 2 * 2000 in (3, 4)


def test_o_silencioso_nao_le_o_diario(monkeypatch):
    """Com --silencioso ninguém lê o diário: nem um evento é montado."""
    from parimpar import __main__, diario

    monkeypatch.setattr(diario.Diario, "desde", lambda *_: pytest.fail("leu o diário"))
    monkeypatch.setattr(diario.Diario, "esperar", lambda *_: pytest.fail("leu o diário"))
    monkeypatch.setattr(__main__.time, "sleep", lambda _: signal.raise_signal(signal.SIGINT))
    antes = {sinal: signal.getsignal(sinal) for sinal in SINAIS}
    try:
        assert __main__.main(["servidor", "--porta", "0", "--silencioso"]) == 0
    finally:
        for sinal, tratador in antes.items():
            signal.signal(sinal, tratador)


def test_servidor_fora_do_ar():
    """O cliente avisa numa linha, tenta de novo e, se nunca conseguiu, termina com código 1 (PI-43)."""
    with socket.socket() as ocupado:  # a porta é nossa, mas ninguém escuta nela
        ocupado.bind(("127.0.0.1", 0))
        resultado = rodar("cliente", "--porta", str(ocupado.getsockname()[1]), "--vezes", "2", "--intervalo", "0")
    assert resultado.returncode == 1
    linhas = resultado.stderr.splitlines()
    assert len(linhas) == 2 and all(linha.startswith("aviso: ninguém escuta em 127.0.0.1:") for linha in linhas)
    assert linhas[0].endswith("Nova tentativa em 0 s")


def test_texto_hostil_nao_chega_ao_terminal(servidor_no_terminal):
    """Caracteres de controle vindos da rede aparecem escapados."""
    processo, porta = servidor_no_terminal
    rodar("cliente", "--porta", str(porta), "--numero", "\x1b[31mvermelho\x07", "--vezes", "1")
    recebida = next(linha for linha in processo.stdout if "→ servidor" in linha)
    assert r"\x1b[31mvermelho\x07" in recebida and "\x1b" not in recebida


@pytest.mark.parametrize(
    "argumentos, erro",
    [
        (["servidor", "--porta", "abc"], "argumento --porta: esperava um inteiro de 0 a 65535 e veio 'abc'"),
        (["servidor", "--porta", "70000"], "argumento --porta: esperava um inteiro de 0 a 65535 e veio '70000'"),
        (["cliente", "--vezes", "0"], "argumento --vezes: esperava um inteiro a partir de 1 e veio '0'"),
        (["cliente", "--intervalo", "nan"], "argumento --intervalo: esperava um número de segundos"),
        (["cliente", "--nome", "a\x07"], "o nome deve ser um texto de 1 a 30 caracteres visíveis; veio 'a\\x07'"),
        (["cliente", "--nome", "Ana", "--udp"], "--udp não combina com --nome"),
        (["cliente", "--nome", "Ana", "--crua"], "--nome não combina com --crua"),
        (["cliente", "--porta", "0"], "a porta do servidor deve ser um inteiro de 1 a 65535"),
        (["cliente", "--numero", "1\n2"], "argumento --numero: esperava um número, numa linha só, e veio '1\\n2'"),
        (["servidor", "--host", "192.0.2.1", "--porta", "0"], "não foi possível escutar em '192.0.2.1'"),
        (["servidor", "extra"], "argumento desconhecido: extra"),
        (["cliente", "--vezes"], "argumento --vezes: esperava um valor depois dele"),
        (["dançar"], "não existe 'dançar'; escolha entre"),
        ([], "falta dizer: servidor | cliente"),
    ],
)
def test_argumento_errado(argumentos, erro):
    """Um argumento errado é uma linha clara em stderr e código 2."""
    resultado = rodar(*argumentos)
    assert resultado.returncode == 2
    assert resultado.stdout == ""
    assert erro in resultado.stderr and resultado.stderr.count("\n") == 1 and resultado.stderr.startswith("erro: ")


def test_porta_ocupada():
    """Uma porta em uso é uma linha clara e código 2."""
    with Servidor() as servidor:
        resultado = rodar("servidor", "--porta", str(servidor.porta))
    assert resultado.returncode == 2
    assert resultado.stderr.startswith(f"erro: não foi possível escutar na porta {servidor.porta}: ela já está em uso")
    assert resultado.stderr.count("\n") == 1


@pytest.mark.parametrize("comando", [[], ["servidor"], ["cliente"]])
def test_ajuda_em_portugues(comando):
    """A ajuda é toda em português."""
    ajuda = rodar(*comando, "--help").stdout
    assert ajuda.startswith("uso: python -m parimpar")
    assert not re.search(r"\b(usage|options|show this|arguments|default)\b", ajuda)


def test_terminal_que_nao_conhece_unicode(servidor_no_terminal):
    """Num terminal de outra codificação, a seta vira um código em vez de um traceback."""
    _, porta = servidor_no_terminal
    comando = [sys.executable, "-m", "parimpar", "cliente", "--porta", str(porta), "--numero", "7", "--vezes", "1"]
    ambiente = dict(os.environ, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    resultado = subprocess.run(comando, cwd=RAIZ, capture_output=True, env=ambiente, timeout=PRAZO)
    assert resultado.returncode == 0, resultado.stderr
    assert rb"\xcdMPAR FIM" in resultado.stdout


@pytest.mark.skipif(os.name != "posix", reason="usa SIGTERM")
def test_encerra_mesmo_que_ninguem_leia_a_saida(servidor_no_terminal):
    """Com o cano da saída cheio, o servidor ainda obedece ao SIGTERM, com o código 0."""
    processo, porta = servidor_no_terminal
    with Cliente("127.0.0.1", porta) as cliente:
        for _ in range(800):  # cada volta são mais de 150 bytes na tela, e no cano cabem 64 KiB
            cliente.perguntar("7")
    processo.send_signal(signal.SIGTERM)
    assert processo.wait(PRAZO) == 0


def test_o_que_o_usuario_escreveu_nao_comanda_o_terminal():
    """Um caractere de controle num argumento aparece como código."""
    for comando in (["cliente", "--vezes", "1", "--host", "a\x1b[31m"], ["servidor", "--host", "a\x1b[31m"]):
        resultado = rodar(*comando)
        assert "\x1b" not in resultado.stderr and r"a\x1b[31m" in resultado.stderr
        assert resultado.stderr.count("\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="não há /dev/full")
def test_disco_cheio():
    """Quando não se consegue escrever a saída, é uma linha clara e código 2."""
    with open("/dev/full", "w") as cheio:
        comando = [*PYTHON_NU, "servidor", "--porta", "0"]
        feito = subprocess.run(comando, cwd=RAIZ, stdout=cheio, stderr=subprocess.PIPE, encoding="utf-8", timeout=PRAZO)
    assert feito.returncode == 2
    assert feito.stderr == "erro: não foi possível escrever a saída: acabou o espaço no disco (ENOSPC)\n"


@pytest.mark.parametrize("opcao", [["servidor", "--json"], ["turma", ".", "--csv"]])
def test_o_arquivo_do_relatorio_se_confere_antes_do_exame(opcao):
    """Um lugar onde não se pode gravar é dito na hora, e não depois de examinar."""
    resultado = rodar("avaliar", *opcao, "nao-existe/relatorio", *(["--", "true"] if opcao[0] == "servidor" else []))
    assert resultado.returncode == 2
    assert "esperava um arquivo numa pasta que existe" in resultado.stderr and resultado.stderr.count("\n") == 1
