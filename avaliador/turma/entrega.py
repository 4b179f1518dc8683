"""Uma entrega, de ponta a ponta: copiá-la, achar os programas, compilar e examinar.

`julgar` faz tudo no processo de quem chama. `julgar_a_parte` faz o mesmo num processo novo, que tem a sua rede e de onde só
sai o resultado: as portas de uma entrega não são as de outra, e um defeito, ou uma demora sem fim, fica nela.
"""

import contextlib
import json
import os
import pathlib
import pickle
import select
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace

from parimpar.erros import ErroDeUso
from parimpar.texto import motivo, visivel

from .. import rede
from ..caixa import BWRAP, NA_REDE, NENHUM
from ..exame_cliente import ExameDeCliente
from ..exame_servidor import ExameDeServidor
from ..isolamento import acabar_com_quem_iniciou
from ..portas import portas_no_codigo
from ..processo import Programa
from .achar import MANIFESTO, achar_programas
from .envios import Envio
from .fontes import ler_fontes
from .resultado import Julgado, Resultado
from .semelhantes import impressao

ALVOS = {"servidor": ExameDeServidor, "cliente": ExameDeCliente}
TAMANHOS = {2**n for n in range(10, 16)}  # recv(1024), recv(4096)…: tamanhos, e quase nunca portas
PREPARO = 120.0  # segundos para compilar: o `make` de um trabalho leva poucos
SILENCIO = 1800.0  # segundos sem dizer nada: nenhum caso de um exame demora tanto, e o processo travou
ADEUS = 5.0  # segundos para o processo terminar, e apagar o que é dele
OLHADA = 0.2  # segundos entre duas conferências de que não se desistiu


@dataclass(frozen=True)
class Pedido:
    """O que se pede a quem julga uma entrega; cabe numa mensagem a outro processo.

    envio: o `Envio`.
    manifesto: o NOME.toml de quem ensina, ou None.
    opcoes: {"servidor": {…}, "cliente": {…}}, argumentos a mais para cada exame.
    isolamento: o das caixas em que os programas executam (caixa.py).
    """

    envio: Envio
    manifesto: str | None = None
    opcoes: dict = field(default_factory=dict)
    isolamento: str = NENHUM


def julgar(pedido, pasta, progresso=lambda alvo, titulo: None, reservar=lambda portas: contextlib.nullcontext()):
    """O `Resultado` de uma entrega.

    Args:
        pasta: onde copiá-la, vazia ou por criar; quem chama a apaga.
        progresso: chamada com (alvo, o que está sendo feito) antes de cada passo.
        reservar: recebe as portas que um exame usa, e devolve um contexto em que elas são só dele.
    """
    envio, avaliacoes, avisos, impressoes, programas = pedido.envio, {}, {}, {}, {}
    try:
        envio.copiar(pasta)
        programas = achar_programas(pasta, pedido.manifesto and pathlib.Path(pedido.manifesto))
        impressoes = {f.relativo: impressao(f.codigo, f.arquivo.suffix.lower()) for f in ler_fontes(pasta)}
    except Exception as erro:  # o que houver numa entrega fica nela
        programas, avisos = {}, {"entrega": dito(erro)}
    if envio.avisos and "entrega" not in avisos:
        avisos["entrega"] = "; ".join(envio.avisos)
    for alvo in ALVOS:
        progresso(alvo, "preparar")
        if alvo in programas:
            try:
                avaliacao = _examinar(pedido, alvo, programas[alvo], progresso, reservar)
                avaliacoes[alvo] = Julgado.de(avaliacao, programas[alvo])
            except Exception as erro:
                avisos[alvo] = dito(erro)
        elif "entrega" not in avisos or envio.avisos:
            avisos[alvo] = f"não se achou o {alvo}: ponha um {MANIFESTO} na entrega, ou ao lado dela"
    return Resultado(envio.nome, avaliacoes, avisos, envio.identificador, envio.pasta_do_moodle, impressoes)


def dito(erro):
    """Um erro, numa frase que se mostra ao aluno: sem as pastas de quem ensina."""
    if isinstance(erro, OSError):
        return f"{motivo(erro)}: {visivel(pathlib.Path(os.fsdecode(erro.filename or '')).name, 60)}"
    return str(erro) or type(erro).__name__


def _examinar(pedido, alvo, programa, progresso, reservar):
    if programa.falta:
        raise ErroDeUso(f"não deu para julgar: {programa.falta}")
    _preparar(programa, pedido.isolamento)
    comando, pasta, porta = list(programa.comando), programa.pasta, programa.porta
    achadas = set(portas_no_codigo(comando, pasta))
    portas = {porta} if porta else achadas - TAMANHOS or achadas
    opcoes = {"isolamento": pedido.isolamento, **pedido.opcoes.get(alvo, {})}
    if alvo == "cliente" and portas:  # é procurado só nas portas dele: nas outras pode estar outra entrega
        opcoes = {"candidatas": sorted(portas), **opcoes}
    with reservar(portas):
        return ALVOS[alvo](comando, porta, pasta, lambda i, n, titulo: progresso(alvo, titulo), **opcoes).avaliar()


def _preparar(programa, isolamento):
    """Compila, se é preciso, com os mesmos limites de um exame.

    Raises:
        ErroDeUso: não compilou; diz a última linha do que o compilador escreveu.
    """
    for comando in programa.preparo:
        with Programa(list(comando), programa.pasta, isolamento=isolamento, fica=True) as compilador:
            if not compilador.terminou(PREPARO):
                raise ErroDeUso(f"não compilou em {PREPARO:.0f} s: {visivel(' '.join(comando), 80, aspas=False)}")
            if compilador.codigo:
                linha = visivel(compilador.ultima_linha(), 200, aspas=False)
                raise ErroDeUso(f"não compila ({visivel(comando[0], 40, aspas=False)}): {linha}")


def julgar_a_parte(pedido, progresso=lambda alvo, titulo: None, desistir=lambda: False):
    """O mesmo que `julgar`, num processo novo, com a rede dele se o isolamento a tem; não deixa nada no disco.

    Args:
        progresso: como em `julgar`.
        desistir: diz se já não se quer o resultado.

    Raises:
        KeyboardInterrupt: desistiu-se.
    """
    pasta, resultado = tempfile.mkdtemp(prefix="entrega-"), None
    with tempfile.TemporaryFile() as erros:
        comando = [sys.executable, *(["-X", "utf8"] if sys.flags.utf8_mode else []), "-m", __spec__.name, pasta]
        processo = subprocess.Popen(
            comando, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=erros, start_new_session=True,
            cwd=pathlib.Path(__file__).parents[2],
        )  # fmt: skip
        try:
            with contextlib.suppress(BrokenPipeError), processo.stdin:
                pickle.dump(pedido, processo.stdin)
            for que, valor in _ditos(processo, desistir):
                if que == "resultado":
                    resultado = Resultado.de_dado(valor)
                    break
                progresso(*valor)
            processo.wait(ADEUS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            processo.kill()
            codigo = processo.wait()
            processo.stdout.close()
            shutil.rmtree(pasta, ignore_errors=True)
        if resultado:
            return resultado
        erros.seek(0)
        linha = (erros.read().decode(errors="replace").splitlines() or [f"código {codigo}"])[-1]
        motivo = f"o avaliador não terminou esta entrega ({visivel(linha, 200, aspas=False)}): avise quem o mantém"
        envio = pedido.envio
        return Resultado(envio.nome, {}, {"entrega": motivo}, envio.identificador, envio.pasta_do_moodle)


def _ditos(processo, desistir):
    """O que o processo vai dizendo, até se calar ou acabar: pares ("progresso" ou "resultado", valor)."""
    resto, ultimo = b"", time.monotonic()
    while time.monotonic() - ultimo < SILENCIO:
        if desistir():
            raise KeyboardInterrupt
        if not select.select([processo.stdout], [], [], OLHADA)[0]:
            continue
        if not (dados := processo.stdout.read1(65536)):
            return
        *linhas, resto = (resto + dados).split(b"\n")
        ultimo = time.monotonic()
        yield from (json.loads(linha) for linha in linhas)


def main():
    """O processo novo: lê o pedido, e escreve uma linha de JSON a cada passo, e outra com o resultado."""
    acabar_com_quem_iniciou()
    pedido = pickle.load(sys.stdin.buffer)
    if pedido.isolamento == BWRAP and not rede.entrar():
        pedido = replace(pedido, isolamento=NA_REDE)

    def dizer(que, valor):
        sys.stdout.buffer.write(json.dumps([que, valor]).encode() + b"\n")
        sys.stdout.buffer.flush()

    resultado = julgar(pedido, pathlib.Path(sys.argv[1]), lambda alvo, titulo: dizer("progresso", [alvo, titulo]))
    dizer("resultado", asdict(resultado))


if __name__ == "__main__":
    main()
