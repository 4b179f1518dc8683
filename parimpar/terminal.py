"""O que os comandos têm em comum: argumentos e erros em português, e um fim limpo com Ctrl-C ou kill."""

import argparse
import contextlib
import errno
import os
import pathlib
import signal
import sys

from .erros import ErroParimpar
from .texto import motivo, visivel

# As frases do argparse que um aluno pode encontrar.
_TRADUCAO = {
    "usage: ": "uso: ",
    "options": "opções",
    "positional arguments": "argumentos",
    "show this help message and exit": "mostra esta ajuda e termina",
    "%(prog)s: error: %(message)s\n": "erro: %(message)s\n",
    "argument %(argument_name)s: %(message)s": "argumento %(argument_name)s: %(message)s",
    "the following arguments are required: %s": "falta dizer: %s",
    "unrecognized arguments: %s": "argumento desconhecido: %s",
    "expected one argument": "esperava um valor depois dele",
    "ignored explicit argument %r": "não esperava o valor %r",
    "invalid choice: %(value)r (choose from %(choices)s)": "não existe %(value)r; escolha entre %(choices)s",
    "not allowed with argument %s": "não combina com %s",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s é ambíguo: pode ser %(matches)s",
}
argparse._ = lambda frase: _TRADUCAO.get(frase, frase)


class Analisador(argparse.ArgumentParser):
    """Um erro de argumento é uma linha só, e código de saída 2."""

    def error(self, message):
        queixar(f"erro: {message} (veja {self.prog} --help)")
        sys.exit(2)


def executar(analisador, argumentos=None):
    """Interpreta os argumentos, executa o comando pedido e devolve o código de saída."""
    for nome in ("stdout", "stderr"):
        if getattr(sys, nome) is None:  # fechada por quem chamou (>&-): o que se escrever nela é jogado fora
            setattr(sys, nome, open(os.devnull, "w", encoding="utf-8"))
        saida = getattr(sys, nome)
        saida.reconfigure(errors="backslashreplace", line_buffering=True)  # terminais do Windows sem "→"
    opcoes = analisador.parse_args(argumentos)
    for sinal in _sinais():  # um kill, ou a janela que se fecha, encerra tão bem quanto Ctrl-C
        signal.signal(sinal, _interromper)
    try:
        return opcoes.executar(opcoes)
    except KeyboardInterrupt:
        return 0
    except ErroParimpar as erro:
        queixar(f"erro: {erro}")
        return 2
    except OSError as erro:  # não se consegue escrever
        _calar_a_saida()
        if isinstance(erro, BrokenPipeError) or erro.errno == errno.EIO:
            return 0  # quem lia a saída (um `head`, por exemplo) foi embora, ou a janela do terminal foi fechada
        queixar(f"erro: não foi possível escrever {erro.filename or 'a saída'}: {motivo(erro)}")
        return 2
    finally:
        for sinal in _sinais():  # ao terminar, o Python devolveria a cada sinal o poder de matar
            signal.signal(sinal, signal.SIG_IGN)


def queixar(texto):
    """Escreve em stderr uma linha, sem os caracteres a que o terminal obedeceria."""
    with contextlib.suppress(OSError):  # a janela do terminal pode já não existir
        print("".join(c if c.isprintable() else repr(c)[1:-1] for c in texto), file=sys.stderr)


def _calar_a_saida():
    """Joga fora o que ainda se escrever: ao terminar, o Python tentaria de novo e mostraria outro erro."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _sinais():
    fecharam_a_janela = getattr(signal, "SIGHUP", None)  # não existe no Windows
    if fecharam_a_janela is None or signal.getsignal(fecharam_a_janela) == signal.SIG_IGN:  # ou é ignorado: nohup
        return signal.SIGINT, signal.SIGTERM
    return signal.SIGINT, signal.SIGTERM, fecharam_a_janela


def _interromper(*_):
    for sinal in _sinais():
        # Um segundo Ctrl-C não atrapalha o encerramento. Não é SIG_IGN: com ele, o Python avisa em stderr
        # de um sinal que já tinha chegado e que ninguém mais trata.
        signal.signal(sinal, lambda *_: None)
    raise KeyboardInterrupt


@contextlib.contextmanager
def sem_interrupcao():
    """Um Ctrl-C que chega durante o bloco só vale no fim dele: o que se lia não fica pela metade.

    É para blocos curtos, que nunca esperam por ninguém; só na thread principal, a única que os sinais interrompem.
    """
    chegados = []
    de_antes = {sinal: signal.signal(sinal, lambda qual, _: chegados.append(qual)) for sinal in _sinais()}
    try:
        yield
    finally:
        for sinal, tratador in de_antes.items():
            signal.signal(sinal, tratador)
    for sinal in chegados[:1]:
        signal.raise_signal(sinal)


def numero_entre(minimo, maximo, tipo, o_que):
    def ler(texto):
        try:
            valor = tipo(texto)
        except ValueError:
            valor = None
        if valor is None or not minimo <= valor <= maximo:
            raise argparse.ArgumentTypeError(f"esperava {o_que} e veio {visivel(texto)}")
        return valor

    return ler


porta = numero_entre(0, 65535, int, "um inteiro de 0 a 65535")


def arquivo(texto):
    caminho = pathlib.Path(texto)  # antes do exame, e não depois: ele demora
    if caminho.is_dir() or not caminho.parent.is_dir():
        raise argparse.ArgumentTypeError(f"esperava um arquivo numa pasta que existe e veio {visivel(texto)}")
    return texto
