"""O que os outros testes desta pasta usam: a janela já arrumada, e o servidor do Jupyter que termina."""

import subprocess
import sys

import pytest
from lab import encerrar

ATRASADO = """() => {
    const app = window.jupyterapp, tratar = app.handleEvent.bind(app);
    app.handleEvent = evento => { evento.type === "resize" ? setTimeout(() => tratar(evento), 300) : tratar(evento) };
}"""


def test_espera_o_jupyterlab_se_arrumar(abrir):
    """Numa máquina ocupada ele só sabe da janela nova depois; até lá, o axe só via 50 dos 90 textos de uma aula."""
    aula = abrir("00-comece-aqui.ipynb")
    aula.pagina.evaluate(ATRASADO)
    for largura, altura in ((1280, 3000), (800, 600)):
        aula.janela(largura, altura)
        caixa = aula.painel.bounding_box()
        assert largura - 100 < caixa["x"] + caixa["width"] <= largura
        assert altura - 100 < caixa["y"] + caixa["height"] <= altura


# Ao sair, espera para sempre uma thread parada, como às vezes o JupyterLab.
PRESO = """
import signal, socket, subprocess, sys, threading
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
threading.Thread(target=threading.Event().wait).start()
resta = {}
print(flush=True)
signal.pause()
"""


@pytest.mark.parametrize(
    "resta", ["None", "socket.create_server(('127.0.0.1', 0))", "subprocess.Popen(['cat'], stdin=subprocess.PIPE)"]
)
def test_o_servidor_que_nao_termina(resta):
    """Só é morto sem queixa aquele que já encerrou tudo: os kernels e a escuta."""
    servidor = subprocess.Popen([sys.executable, "-c", PRESO.format(resta)], stdout=subprocess.PIPE)
    with servidor:
        servidor.stdout.readline()
        if resta == "None":
            encerrar(servidor, 1)
        else:
            with pytest.raises(AssertionError, match="ainda tinha"):
                encerrar(servidor, 1)
