"""Os estados por onde passa uma conexão, anotados na ordem."""

import sys

import pytest

from parimpar.aulas.roteiro import Roteiro


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="só o Linux conta o estado depois do close")
def test_uma_vida_inteira(capsys):
    """Conectada, meio fechada e fechada: quem fecha primeiro fica em TIME_WAIT."""
    roteiro = Roteiro()
    client_socket, conexao = roteiro.conectar()
    with client_socket, conexao:
        roteiro(client_socket=client_socket, conexao=conexao)
        client_socket.close()
        roteiro(client_socket=client_socket, conexao=conexao)
    roteiro(client_socket=client_socket, conexao=conexao)
    assert roteiro.visitados == {
        "cliente": ["ESTABLISHED", "FIN_WAIT2", "TIME_WAIT"],
        "servidor": ["ESTABLISHED", "CLOSE_WAIT", "CLOSED"],
    }
    assert capsys.readouterr().out.splitlines()[2:4] == [
        "cliente   client_socket  FIN_WAIT2", "servidor  conexao        CLOSE_WAIT",
    ]  # fmt: skip
    roteiro.mapa()
    assert "2 FIN_WAIT2, 3 TIME_WAIT" in capsys.readouterr().out
