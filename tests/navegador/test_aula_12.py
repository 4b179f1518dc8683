"""A aula 12 feita como um aluno a faria: um servidor errado, o conselho seguido, e um servidor certo."""

import pytest

CONFERIR = '\n\naula12.servidor.conferir(servidor, so="enunciado")'
ERRADO = """def servidor(porta):
    with socket.create_server(("127.0.0.1", porta)) as server_socket:
        while True:
            conexao, _ = server_socket.accept()
            with conexao:
                numero = conexao.recv(1024).decode()
                print("recebido:", numero)
                resposta = "A" * len(numero) if len(numero) > 10 else "PAR" if int(numero) % 2 == 0 else "ÍMPAR"
                conexao.sendall(resposta.encode())
                print("enviado:", resposta)
"""
CONSELHO = '"".join(random.choices(string.ascii_letters, k=len(numero)))'


@pytest.fixture(scope="module")
def aula(abrir):
    """A aula 12 aberta, com só a primeira célula executada: o resto é com o aluno."""
    notebook = abrir("12-sua-vez.ipynb")
    notebook.limpar()
    notebook.escrever("import aula12", "from avaliador.exercicios import aula12")
    return notebook


def test_do_errado_ao_certo(aula):
    """O relatório do servidor errado diz a causa; com ela seguida, o servidor cumpre o enunciado."""
    relatorio = aula.escrever("escreva aqui, e depois execute a célula", ERRADO + CONFERIR)
    assert "[falhou] PI-04: a string é sorteada" in relatorio and "Ainda não cumpre o enunciado" in relatorio
    assert CONSELHO.replace("len(numero)", "casas").replace('"', "'") in relatorio  # a causa mais comum
    aula.fotografar("aula-12-errado")

    relatorio = aula.escrever("conferir(servidor", ERRADO.replace('"A" * len(numero)', CONSELHO) + CONFERIR)
    assert "falhou" not in relatorio and "nota 10,0" in relatorio
    aula.fotografar("aula-12-certo")
    assert aula.mensagens == []


def test_exercicio_que_fica_parado(aula):
    """Um exercício que espera para sempre diz onde, e o notebook continua livre."""
    aula.escrever("# aula12.servidor.dica()", "from avaliador.exercicios import aula02")
    resposta = """def receber_tudo(sock, quantos):
    return sock.recv(quantos) + sock.recv(1)


aula02.receber_tudo.conferir(receber_tudo)"""
    saida = aula.escrever("# aula12.cliente.dica()", resposta)
    assert "não terminou: na linha 2, em recv, à espera de: bytes da outra ponta" in saida
    aula.fotografar("aula-12-parado")
