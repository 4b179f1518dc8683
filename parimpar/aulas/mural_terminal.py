"""O mural da turma no terminal: uma tabela que se redesenha, com uma linha por aluno, e o placar em JSON, se pedido."""

import contextlib
import json
import os
import pathlib
import shutil
import sys
import textwrap
import time

from ..terminal import sem_interrupcao
from ..texto import contar, endereco, segundos, visivel
from .aluno import MISSOES
from .descoberta import anunciar
from .diario_do_mural import DiarioDoMural
from .enderecos import dica_do_firewall, enderecos_da_rede
from .mural_servidor import ServidorDoMural
from .placar import RONDA, Placar

LIMPA = "\x1b[H\x1b[J"  # o cursor vai para o canto, e o que havia se apaga
ACESA, APAGADA = "●", "·"
COLADO = "\N{NO-BREAK SPACE}"
SIGLAS = dict(zip(MISSOES, "CQP+FDVEU", strict=True))


def convite(porta, enderecos):
    """O que se projeta antes de alguém chegar: para onde se conectar, e o que digitar."""
    linhas = ["", *(f"      {ip}  porta {porta}" for ip in enderecos), ""]
    if not enderecos:
        linhas = ["", "      este computador não está em nenhuma rede", ""]
    onde = enderecos[0] if enderecos else "ENDEREÇO"
    return "\n".join([
        "CONECTE-SE A", *linhas,
        f'No seu programa:   connect(("{onde}", {porta}))',
        f"Ou, sem programa:  python -m parimpar cliente --host {onde} --porta {porta} --nome Ana",
    ])  # fmt: skip


def tabela(placar, largura=100, altura=40):
    """As linhas da tabela, da que deu sinal por último à mais calada; cabem na largura e na altura."""
    agora, rotulos = time.monotonic(), placar.rotulos()
    alunos = sorted(placar.alunos.values(), key=lambda a: -a.ultimo)
    siglas = "".join(SIGLAS.values())
    cabeca = f"{'quem':<20} {siglas}  pedidos   PAR ÍMPAR letras ERRO   FIM  a cada  calado  o que se viu"
    linhas = [cabeca[:largura]]
    for aluno in alunos[: max(altura - 1, 1)]:
        luzes = "".join(ACESA if missao in aluno.missoes else APAGADA for missao in MISSOES)
        r = aluno.respostas
        cada = "–" if aluno.intervalo is None else segundos(round(aluno.intervalo, 1))
        quem, calado = visivel(rotulos[aluno], 19, aspas=False), segundos(round(agora - aluno.ultimo))
        linha = (
            f"{quem:<20} {luzes} {aluno.pedidos:>8} {r['PAR']:>5} {r['ÍMPAR']:>5} {r['letras']:>6} {r['ERRO']:>4} "
            f"{aluno.devolucoes:>5} {cada:>7} {calado:>7}  {aluno.defeito}"
        )
        linhas.append(linha if len(linha) <= largura else linha[: largura - 1] + "…")
    if (fora := len(alunos) - max(altura - 1, 1)) > 0:
        linhas.append(f"… e mais {contar(fora, 'aluno', 'alunos')}")
    return linhas


def rodape(placar):
    """Quantos são, e o que ficou de fora."""
    pedidos = sum(a.pedidos for a in placar.alunos.values())
    partes = [contar(len(placar.alunos), "aluno", "alunos"), contar(pedidos, "pedido", "pedidos"),
              contar(placar.conexoes_abertas, "conexão aberta", "conexões abertas")]  # fmt: skip
    if placar.perdidos:
        partes.append(f"{contar(placar.perdidos, 'evento não lido', 'eventos não lidos')}")
    if placar.recusados:
        ip, quantos = placar.recusados.most_common(1)[0]
        partes.append(f"{quantos} além do limite, de {visivel(ip, 40, aspas=False)}")
    return ", ".join(partes)


def legenda(largura=100):
    """O que é cada coluna de luzes, em linhas que cabem na largura e não partem uma frase."""
    frases = [f"{SIGLAS[missao]} {frase}".replace(" ", COLADO) for missao, frase in MISSOES.items()]
    return [linha.replace(COLADO, " ") for linha in textwrap.wrap("  ".join(frases), largura)]


def mostrar(host, porta, arquivo=None, saida=None, parar=lambda: False):
    """Liga um servidor e mostra o mural até Ctrl-C.

    Args:
        host, porta: onde escutar.
        arquivo: onde gravar o placar em JSON; nada é gravado sem ele.
        saida: onde escrever; por padrão, a tela.
        parar: chamada a cada ronda; se disser que sim, o mural termina.
    """
    saida = saida or sys.stdout
    placar = Placar(DiarioDoMural())
    with (
        ServidorDoMural(host, porta, placar.diario) as servidor, contextlib.suppress(KeyboardInterrupt),
        contextlib.ExitStack() as pilha,
    ):  # fmt: skip
        na_rede = servidor.endereco[0] == "0.0.0.0"
        locais = enderecos_da_rede() if na_rede else [servidor.endereco[0]]
        topo = f"{convite(servidor.porta, locais)}\n\n{dica_do_firewall(servidor.porta)}"
        print(
            f"Mural da turma em {endereco(servidor.endereco)}. Para encerrar: Ctrl-C.\n{topo}\n", file=saida, flush=True
        )
        # O anúncio leva um segundo: vem depois de se mostrar o endereço.
        if na_rede and locais and pilha.enter_context(anunciar(locais[0], servidor.porta)):
            sem_endereco = "Ou, sem o endereço: python -m parimpar cliente --procurar --nome Ana"
            print(sem_endereco, file=saida, flush=True)
            topo = f"{topo}\n\n{sem_endereco}"
        while not parar():
            placar.diario.esperar(lambda evento: True, RONDA, placar.diario.cursor)
            with sem_interrupcao():  # um evento que saísse do diário e não entrasse no placar se perderia
                novos = placar.atualizar()
            if novos or saida.isatty():
                _desenhar(saida, placar, topo)
                _gravar(arquivo, placar)
                time.sleep(RONDA)  # mil eventos por segundo não pedem mil desenhos
    placar.atualizar()  # o que ainda chegou enquanto o servidor parava
    _gravar(arquivo, placar)
    print("\n".join(["", *tabela(placar), rodape(placar), "Mural encerrado."]), file=saida, flush=True)


def _desenhar(saida, placar, topo):
    if not saida.isatty():
        return  # num arquivo, a tabela só se escreve no fim
    largura, altura = shutil.get_terminal_size((100, 40))
    cabeca = topo.splitlines() if not placar.alunos else [linha.strip() for linha in topo.splitlines()[2:3]]
    pe = ["", rodape(placar), *legenda(largura)]
    corpo = tabela(placar, largura, altura - len(cabeca) - len(pe) - 2) if placar.alunos else []
    linhas = [*cabeca, "", *corpo, *pe]
    saida.write(LIMPA + "\n".join(linhas))
    saida.flush()


def _gravar(arquivo, placar):
    """Troca o arquivo de uma vez: quem o lê nunca o vê pela metade."""
    if arquivo:
        novo = pathlib.Path(f"{arquivo}.novo")
        novo.write_text(json.dumps(placar.como_dado(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        os.replace(novo, arquivo)
