"""O programa isolado: o que um hostil consegue sem a caixa, e deixa de conseguir dentro dela."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from apoio import RAIZ, dispensar, esperar, porta_livre, restos

from avaliador import isolamento, processo
from avaliador.caixa import BWRAP, NA_REDE, NENHUM, UNSHARE, Caixa, disponivel
from avaliador.exame_servidor import CASOS, ExameDeServidor
from avaliador.processo import Programa
from avaliador.turma.entrega import Pedido, julgar_a_parte
from avaliador.turma.envios import Envio
from avaliador.turma.turma import Turma

ALUNOS = RAIZ / "tests" / "alunos"


@pytest.fixture(autouse=True)
def com_caixa():
    """Só onde o bwrap funciona: no CI, tem de funcionar."""
    if not sys.platform.startswith("linux"):
        pytest.skip("só o Linux isola")
    if disponivel() != BWRAP:
        dispensar(f"o bwrap não funciona aqui: o isolamento é {disponivel()}")


@pytest.fixture
def casa(tmp_path, monkeypatch):
    """Uma pasta pessoal com um segredo."""
    pasta = tmp_path / "casa"
    pasta.mkdir()
    (pasta / "segredo.txt").write_text("a nota de todos")
    monkeypatch.setenv("HOME", str(pasta))
    return pasta


def executar(pasta, codigo, isolamento, **opcoes):
    """O programa, já terminado, que estava num arquivo de uma pasta."""
    pasta.mkdir(exist_ok=True)
    (pasta / "programa.py").write_text(codigo, encoding="utf-8")
    with Programa([sys.executable, "programa.py"], pasta, isolamento=isolamento, **opcoes) as programa:
        assert programa.terminou(30)
        programa.ultima_linha()  # espera a saída toda
        return programa


OS_DOIS = pytest.mark.parametrize("isolamento, consegue", [(NENHUM, True), (BWRAP, False)])


@OS_DOIS
def test_o_segredo_da_pasta_pessoal(tmp_path, casa, monkeypatch, isolamento, consegue):
    """Nem na pasta pessoal, nem nos arquivos de quem avalia, nem na pasta temporária."""
    monkeypatch.delenv("PYTHONPATH", raising=False)  # o que está nele, lê-se
    segredos = [str(casa / "segredo.txt"), str(RAIZ / "pyproject.toml")]
    codigo = f"import os\nprint(*[os.path.exists(s) for s in {segredos}], os.path.exists('/run/systemd') or 'nada')"
    dito = executar(tmp_path / "ana", codigo, isolamento).dito.split()
    assert dito[:2] == [str(consegue)] * 2 and (consegue or dito[2] == "nada")


@OS_DOIS
def test_o_trabalho_do_vizinho(tmp_path, isolamento, consegue):
    """Não se lê nem se muda; e o que o programa muda na própria pasta é numa cópia, que acaba com ele."""
    vizinho = tmp_path / "bia"
    vizinho.mkdir()
    (vizinho / "servidor.py").write_text("original")
    codigo = (
        "import pathlib\npathlib.Path('meu.txt').write_text('x'); print(pathlib.Path('meu.txt').read_text())\n"
        f"pathlib.Path({str(vizinho)!r}, 'servidor.py').write_text('mudado')"
    )
    programa = executar(tmp_path / "ana", codigo, isolamento)
    assert programa.dito == "x\n" and (programa.excecao() == "") == consegue
    assert ((vizinho / "servidor.py").read_text() == "mudado") == consegue
    assert sorted(os.listdir(tmp_path / "ana")) == (["meu.txt"] if consegue else []) + ["programa.py"]


def test_o_sistema_so_se_le(tmp_path):
    """Nem com um `mount` que o deixe de novo gravável: na caixa não há superusuário."""
    tentar = "unshare -Urm mount -t tmpfs dela /tmp; mount -t tmpfs dela /tmp; mount -o remount,rw,bind /usr; umount /etc/hosts; touch /usr/x /etc/x /x /dev/x /sys/x"
    codigo = (
        f"import os, subprocess\nsubprocess.run({tentar!r}, shell=True)\nprint(open('/proc/self/status').read())\n"
        "print(open('/proc/mounts').read())\n"
        "try: print('leu', open('/etc/shadow').read()[:9])\nexcept OSError: pass\n"
        "for onde in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger'):\n"
        " try: os.open(onde, os.O_WRONLY); print('abriu')\n except OSError: pass\n"
    )
    dito = executar(tmp_path / "ana", codigo, BWRAP).dito
    assert "leu root" not in dito and "abriu" not in dito and "dela" not in dito
    assert "CapEff:\t0000000000000000" in dito and "CapBnd:\t0000000000000000" in dito
    assert not any(os.path.exists(f"{pasta}/x") for pasta in ("/usr", "/etc", "", "/dev"))


@OS_DOIS
@pytest.mark.parametrize("sinal", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM])
def test_o_processo_que_o_iniciou(tmp_path, isolamento, consegue, sinal):
    """Não se mata nem se para, nem lendo-lhe a memória."""
    if sinal == signal.SIGTERM:
        consegue = False  # este, o guardião ignora sempre
    codigo = (
        f"import os, time\nos.kill(os.getppid(), {int(sinal)})\n"
        "try: open(f'/proc/{os.getppid()}/mem', 'rb'); print('li')\n"
        "except OSError: print('vivo', flush=True)\ntime.sleep(0.5)"
    )
    (tmp_path / "x.py").write_text(codigo)
    with Programa([sys.executable, "x.py"], tmp_path, isolamento=isolamento) as programa:
        terminou = programa.terminou(5)
        parado = terminou and programa.excesso == ""
    assert (not parado) == consegue
    assert isolamento == NENHUM or "li" not in programa.dito
    assert restos() == []


LENTO = f"""
import sys, time
sys.path.insert(0, {str(RAIZ)!r})
from avaliador import guardiao

original = guardiao._dizer

def dizer(controle, texto, *descritores):
    time.sleep(0.5 * texto.startswith("pid"))
    original(controle, texto, *descritores)

guardiao._dizer = dizer
guardiao.main()
"""


@pytest.mark.parametrize("sinal, excesso", [("KILL", "encerrado: matou o processo que o iniciou"), ("STOP", "")])
def test_mata_quem_o_iniciou_na_primeira_instrucao(tmp_path, monkeypatch, sinal, excesso):
    """O guardião já disse o que tinha a dizer, por mais que a máquina o atrase; e quem o programa iniciou acaba com ele."""
    lento = tmp_path / "lento.py"
    lento.write_text(LENTO)
    monkeypatch.setattr(isolamento, "GUARDIAO", str(lento))
    with Programa(["sh", "-c", f"sleep 60 & kill -{sinal} $PPID; echo foi; wait"], tmp_path) as programa:
        esperar(lambda: programa.excesso == excesso and (excesso or "foi" in programa.dito))
    assert restos() == []


@OS_DOIS
def test_o_que_foge_do_guardiao(tmp_path, isolamento, consegue):
    """Um neto noutra sessão, com o ambiente vazio, depois de morto quem o vigiava."""
    marca = f"{3000 + os.getpid() % 1000}.5"
    codigo = (
        "import os, time\n"
        "if os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n"
        f"  os.execve('/bin/sleep', ['sleep', '{marca}'], {{}})\n os._exit(0)\n"
        "os.wait()\ntime.sleep(0.2)\nos.kill(os.getppid(), 9)\ntime.sleep(0.2)"
    )
    executar(tmp_path / "ana", codigo, isolamento)
    fugidos = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and marca in _linha_de_comando(pid)]
    for pid in fugidos:
        os.kill(pid, signal.SIGKILL)
    assert bool(fugidos) == consegue


def _linha_de_comando(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline") as arquivo:
        return arquivo.read().split("\0")
    return []


@pytest.mark.parametrize("isolamento", [NENHUM, BWRAP])
@pytest.mark.parametrize(
    "codigo, limite, trecho",
    [
        ("x = bytearray(200 * 1024**2)", {"MEMORIA": 100 * 1024**2}, "MiB de memória"),
        ("f = os.memfd_create('x'); os.write(f, bytes(50 * 1024**2))", {"MEMORIA": 45 * 1024**2}, "MiB de memória"),
        ("[os.fork() or bytearray(30 * 1024**2) for _ in range(3)]", {"PROCESSOS": 5}, " processos"),
        ("[threading.Thread(target=time.sleep, args=(60,)).start() for _ in range(40)]", {"THREADS": 30}, "threads"),
    ],
)
def test_os_limites_sao_da_familia(monkeypatch, tmp_path, isolamento, codigo, limite, trecho):
    """Memória, processos e threads demais: acabam todos, e diz-se por quê."""
    for nome, valor in limite.items():
        monkeypatch.setattr(processo, nome, valor)
    programa = executar(tmp_path / "ana", f"import os, threading, time\n{codigo}\ntime.sleep(60)", isolamento)
    assert trecho in programa.excesso and restos() == []


@pytest.mark.parametrize("onde", [".", "/tmp", "~", "/dev/shm"])
def test_o_disco_tem_limite(tmp_path, casa, onde):
    """Em muitos arquivos pequenos, em qualquer lugar em que se escreva; e não fica nada."""
    codigo = (
        "import itertools, os, sys\nbloco = bytes(2**20)\n"
        f"pasta = os.path.expanduser({onde!r})\n"
        "for i in itertools.count():\n print(i, flush=True)\n open(f'{pasta}/enche-{i}', 'wb').write(bloco)"
    )
    programa = executar(tmp_path / "ana", codigo, BWRAP)
    assert int(programa.dito.split()[-1]) <= 64 and ("Errno 28" in programa.saida or "no disco" in programa.excesso)
    for lugar in (tmp_path / "ana", "/tmp", casa, "/dev/shm"):
        assert not [nome for nome in os.listdir(lugar) if nome.startswith("enche-")]


def test_o_limite_do_disco_e_a_soma(monkeypatch, tmp_path):
    """Um pouco em cada lugar passa do limite, e o motivo é o mesmo de sem a caixa."""
    monkeypatch.setattr(processo, "DISCO", 2 * 1024**2)
    codigo = "import time\nfor p in ('.', '/tmp', '/dev/shm'): open(p + '/x', 'wb').write(bytes(2**20))\ntime.sleep(60)"
    assert executar(tmp_path / "ana", codigo, BWRAP).excesso == "encerrado pelo avaliador: escreveu 3 MiB no disco"


def test_o_que_precisa_continua_a_ver_se(tmp_path, casa):
    """Um interpretador da pasta pessoal, a pasta pesada e o link da entrega, e o que está no ambiente dela."""
    (casa / "bin").mkdir()
    (casa / "bin" / "meu").symlink_to(sys.executable)
    ana = tmp_path / "ana"
    (ana / "pesada").mkdir(parents=True)
    for i in range(500):
        (ana / "pesada" / f"{i}").touch()
    (ana / "link").symlink_to("programa.py")
    (ana / "programa.py").write_text(
        "import json, os, psutil\nprint(len(os.listdir('pesada')), os.path.islink('link'), __file__, os.getcwd())"
    )
    with Programa([str(casa / "bin" / "meu"), "link"], ana, isolamento=BWRAP) as programa:
        assert programa.terminou(20) and programa.codigo in (0, 1)
        programa.ultima_linha()
    assert "ModuleNotFoundError" in programa.saida or programa.dito == f"500 True {ana}/link {ana}\n"
    assert executar(ana, "import psutil, parimpar; print('sim')", BWRAP).dito == "sim\n"


def test_o_que_o_comando_nomeia_tambem_se_ve(tmp_path):
    """Um arquivo de outra pasta, uma lista de pastas como a do -cp do Java, e um caminho relativo; mais nada."""
    for nome in ("ana", "a=b", "classes", "mais", "vizinho"):
        (tmp_path / nome).mkdir()
        (tmp_path / nome / "x.txt").touch()
    (tmp_path / "a=b" / "programa.py").write_text("import os, pathlib\nprint(sorted(os.listdir('..')))")
    comando = [sys.executable, "../a=b/programa.py", "-cp", f"{tmp_path}/classes:{tmp_path}/mais"]
    with Programa(comando, tmp_path / "ana", isolamento=BWRAP) as programa:
        assert programa.terminou(20) and programa.codigo == 0
        programa.ultima_linha()
    assert programa.dito == "['a=b', 'ana', 'classes', 'mais']\n"


def test_na_pasta_pessoal_so_se_ve_o_codigo(casa):
    """Executado dali, o programa não leva consigo o resto dela."""
    (casa / "vizinho.py").write_text("valor = 7")
    dito = executar(casa, "import os, vizinho; print(vizinho.valor, sorted(os.listdir('.')))", BWRAP).dito
    assert dito == "7 ['programa.py', 'vizinho.py']\n"


@pytest.mark.parametrize("isolamento", [NA_REDE, UNSHARE])
def test_as_caixas_incompletas(tmp_path, monkeypatch, isolamento):
    """Sem rede própria, a mesma caixa; com o unshare, só os processos: o guardião é o primeiro deles."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    codigo = f"import os; print(os.getppid(), os.path.exists({str(RAIZ / 'pyproject.toml')!r}))"
    assert executar(tmp_path / "ana", codigo, isolamento).dito == f"1 {isolamento == UNSHARE}\n"


@OS_DOIS
def test_o_codigo_de_saida_e_o_mesmo(tmp_path, isolamento, consegue):
    """Um código que parece um sinal, e um sinal de verdade."""
    assert executar(tmp_path / "a", "raise SystemExit(139)", isolamento).codigo == 139
    assert executar(tmp_path / "a", "import os; os.kill(os.getpid(), 11)", isolamento).excecao().startswith("SIGSEGV")


@OS_DOIS
def test_o_pid_nao_e_sempre_o_mesmo(tmp_path, isolamento, consegue):
    """Numa caixa os pids recomeçam, e quem semeia o sorteio com o seu repetiria sempre os mesmos números."""
    pids = {executar(tmp_path / str(i), "import os; print(os.getpid())", isolamento).dito for i in range(6)}
    assert len(pids) > 1


@OS_DOIS
def test_o_fim_da_tela_e_o_do_programa(tmp_path, isolamento, consegue):
    """Quem abre a caixa, e fica em execução, não segura os canais: já não há o que esperar deles."""
    (tmp_path / "x.py").touch()
    with Programa([sys.executable, "x.py"], tmp_path, isolamento=isolamento) as programa:
        assert programa.terminou(20)
        comeco = time.monotonic()
        assert not programa.esperar_que(lambda: False, 60) and time.monotonic() - comeco < 30


@pytest.mark.parametrize("arquivo", ["simples.py", "eco.py", "nome_errado.py", "sem_reuse.py", "registra.py"])
def test_os_vereditos_sao_os_mesmos(arquivo):
    """Com a caixa e sem ela."""
    vistos = []
    for isolamento in (NENHUM, BWRAP):
        comando = [sys.executable, str(ALUNOS / "servidores" / arquivo), str(porta := porta_livre())]
        casos = ["par", "nove-casas", "onze-casas", "reinicio"]
        vereditos = ExameDeServidor(comando, so=casos, semente=7, isolamento=isolamento).avaliar().vereditos
        vistos.append([(v.caso, v.situacao, v.explicacao.replace(str(porta), "")) for v in vereditos])
    assert vistos[0] == vistos[1]


def avaliar(*argumentos, **opcoes):
    """O comando `avaliar`, num processo como o de uma pessoa."""
    comando = [sys.executable, "-X", "utf8", "-m", "parimpar", "avaliar", *argumentos]
    return subprocess.run(comando, cwd=RAIZ, capture_output=True, encoding="utf-8", timeout=120, **opcoes)


@pytest.mark.parametrize("opcao, consegue", [("--sem-isolamento", True), (None, False)])
def test_nada_sai_para_a_rede(tmp_path, opcao, consegue):
    """O programa não fala com quem escuta na máquina; e, pela mesma razão, uma porta ocupada nela não o atrapalha."""
    with socket.create_server(("127.0.0.1", 0)) as escuta:
        porta = escuta.getsockname()[1]
        codigo = (ALUNOS / "servidores" / "simples.py").read_text(encoding="utf-8")
        espia = f"import socket\ntry: socket.create_connection(('127.0.0.1', {porta}), 5)\nexcept OSError: pass\n"
        (tmp_path / "servidor.py").write_text(espia + codigo, encoding="utf-8")
        feito = avaliar(
            *("servidor", *([opcao] if opcao else []), "--so", "par", "--"),
            *(sys.executable, str(tmp_path / "servidor.py"), str(porta if not consegue else porta_livre())),
        )
        escuta.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            escuta.accept()[0].close()
            assert consegue
            consegue = None
    assert not consegue and feito.returncode == 0, feito.stdout
    assert ("sem isolamento" in feito.stdout) == bool(opcao) and ("isolado (bwrap)" in feito.stdout) != bool(opcao)


def test_onde_nao_ha_como_isolar_avisa_se(tmp_path):
    """Uma linha, que diz o que instalar; e o exame segue."""
    feito = avaliar(
        *("servidor", "--so", "par", "--", sys.executable, str(ALUNOS / "servidores" / "simples.py")),
        str(porta_livre()), env=os.environ | {"PATH": str(tmp_path)},
    )  # fmt: skip
    assert feito.stderr.count("\n") == 1 and "instale o bubblewrap" in feito.stderr and feito.returncode == 0
    assert "sem isolamento" in feito.stdout


def uma_entrega(pasta, **pedido):
    """O pedido de julgar uma entrega com um servidor."""
    pasta.mkdir()
    codigo = (ALUNOS / "servidores" / "simples.py").read_text(encoding="utf-8")
    (pasta / "servidor.py").write_text(codigo, encoding="utf-8")
    return Pedido(Envio("ana", origens=[(pasta, "")]), isolamento=BWRAP, **pedido)


class Explode:
    """Ao ser lido por outro processo, termina-o."""

    def __reduce__(self):
        return os._exit, (3,)


def test_o_processo_que_julga_uma_entrega_pode_cair(tmp_path):
    """A entrega fica sem nota, e diz-se por quê."""
    resultado = julgar_a_parte(uma_entrega(tmp_path / "ana", opcoes={"servidor": Explode()}))
    assert resultado.nota is None and "não terminou esta entrega (código 3)" in resultado.avisos["entrega"]


def test_desiste_se_de_uma_entrega(tmp_path):
    """Um Ctrl-C no meio: o processo acaba, e com ele os programas, e nada fica no disco."""
    passos = []
    with pytest.raises(KeyboardInterrupt):
        julgar_a_parte(
            uma_entrega(tmp_path / "ana"), lambda alvo, titulo: passos.append(titulo), lambda: len(passos) > 2
        )
    esperar(lambda: restos() == [])


def test_a_caixa_de_quem_nao_isola():
    """Não põe nada antes do guardião, nem muda o ambiente."""
    assert Caixa().prefixo() == [] and Caixa().ambiente({"TMP": "/x"}) == {"TMP": "/x"}
    assert Caixa(BWRAP).ambiente({"TMP": "/x"}) == {"TMPDIR": "/tmp"}


ATAQUE = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, [sys.executable, '-S', '-c', '''
import socket, time
fim = time.time() + 60
while time.time() < fim:
    try: socket.create_connection(('127.0.0.1', {porta}), 1).sendall(b'abc')
    except OSError: pass
    time.sleep(0.05)
'''], {{}})
    os._exit(0)
os.wait()
os.kill(os.getppid(), 9)
# porta 1 para o servidor: s.accept()
"""


def test_uma_turma_inteira_na_mesma_porta(tmp_path):
    """Ao mesmo tempo, com uma entrega que ataca as outras: cada uma tem a nota que teria sozinha, e nada fica."""
    porta = porta_livre()
    for nome in ("bia", "caio", "davi"):
        (tmp_path / "turma" / nome).mkdir(parents=True)
        codigo = (ALUNOS / "servidores" / "simples.py").read_text(encoding="utf-8").replace("60000", str(porta))
        (tmp_path / "turma" / nome / "servidor.py").write_text(codigo, encoding="utf-8")
    (tmp_path / "turma" / "ana").mkdir()
    (tmp_path / "turma" / "ana" / "servidor.py").write_text(ATAQUE.format(porta=porta), encoding="utf-8")
    opcoes = {"servidor": {"so": ["par", "varios", "reinicio"], "semente": 3}}
    turma = Turma(tmp_path / "turma", 4, opcoes=opcoes).avaliar()
    ana, *outras = turma.resultados
    situacoes = [[v["situacao"] for v in r.avaliacoes["servidor"].dado["vereditos"]] for r in outras]
    assert situacoes == [["OK", "tolerado", "OK"]] * 3 and not ana.avaliacoes["servidor"].aprovado
    assert "isolado (bwrap)" in str(turma) and "isolado (bwrap)" in turma._repr_html_() and ";bwrap" in turma.em_csv()
    assert not [pid for pid in os.listdir("/proc") if pid.isdigit() and str(porta) in " ".join(_linha_de_comando(pid))]


def test_os_casos_ao_mesmo_tempo(tmp_path):
    """Cada um na sua rede, com o mesmo número de porta; os vereditos são os de um de cada vez, e nada fica."""
    vistos = []
    for opcao in ("", "--sem-isolamento"):
        comando = [sys.executable, str(ALUNOS / "servidores" / "sem_encode.py"), str(porta_livre())]
        feito = avaliar("servidor", *filter(None, [opcao]), "--semente", "5", "--json", "-", "--", *comando)
        dado = json.loads(feito.stdout)
        vistos.append(({v["caso"]: v["situacao"] for v in dado["vereditos"]}, dado["notas"], feito.returncode))
    assert vistos[0] == vistos[1] and len(vistos[0][0]) == len(CASOS) and restos() == []


def test_um_processo_que_cai_nao_leva_os_casos(monkeypatch):
    """Os que ele não julgou são julgados por quem o iniciou."""
    monkeypatch.setattr("avaliador.redes.rede.entrar", lambda: os._exit(1))
    comando = [sys.executable, str(ALUNOS / "servidores" / "simples.py"), str(porta_livre())]
    casos = ["impar", "par", "zero", "nove-casas", "onze-casas", "trinta-casas", "sem-eco", "tela"]
    vereditos = ExameDeServidor(comando, so=casos, isolamento=BWRAP, processos=2).avaliar().vereditos
    assert [v.situacao for v in vereditos] == ["OK"] * len(casos)
