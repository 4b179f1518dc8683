"""O mural no notebook: um cartão por aluno, o modo anônimo, nada de hostil na tela, e nada que fique para trás."""

import threading

import pytest
from apoio import conectar, ler

from parimpar import Cliente
from parimpar.aulas.aluno import MISSOES
from parimpar.aulas.mural import Mural


@pytest.fixture
def mural():
    """Um mural só desta máquina, numa porta livre."""
    mural = Mural("127.0.0.1", 0, semente=1)
    yield mural
    mural.fechar()


def apresentar(mural, nome):
    """Um cliente com este nome pergunta e devolve."""
    with Cliente(*mural.endereco, nome=nome) as cliente:
        cliente.perguntar(7)
        cliente.devolver()


def ate(mural, trecho):
    """Redesenha, a cada evento novo, até o trecho aparecer na tela."""
    diario = mural.placar.diario
    for _ in range(100):
        cursor = diario.cursor
        mural.redesenhar()
        if trecho in mural.tela.value + mural.numeros.value:
            return
        diario.esperar(lambda evento: True, 0.1, cursor)
    raise AssertionError(mural.tela.value)


def test_cada_aluno_tem_um_cartao(mural):
    """O nome, as missões que ele cumpriu, em texto para o leitor de tela, e quantos já acenderam cada uma."""
    apresentar(mural, "Ana")
    ate(mural, "devolveu a resposta com FIM (1)")
    assert 'class="nome">Ana<' in mural.tela.value and f"4 de {len(MISSOES)} missões: conectou-se" in mural.tela.value
    assert '<th scope="row">Ana</th>' in mural.numeros.value


def test_o_convite_esta_no_alto(mural):
    """Para onde se conectar, e o que digitar."""
    assert f'connect(("127.0.0.1", {mural.servidor.porta}))' in mural.tela.value
    assert "Ninguém se conectou ainda" in mural.tela.value


def test_o_modo_anonimo_nao_mostra_nome_nem_endereco(mural):
    """Números no lugar dos nomes, nos cartões e na tabela; e volta."""
    apresentar(mural, "Ana")
    ate(mural, "Ana<")
    mural.botao_anonimo.value = True
    corpo = (mural.tela.value + mural.numeros.value).replace("--nome Ana", "")
    assert "Ana" not in corpo and ">aluno " in corpo and mural.botao_anonimo.description == "Mostrar os nomes"
    mural.botao_anonimo.value = False
    assert ">Ana<" in mural.tela.value


@pytest.mark.parametrize("texto", ["<script>x</script>", "</div><b>", '" onmouseover="x', "<img src=x>"])
def test_o_que_veio_da_rede_nao_e_marcacao(mural, texto):
    """Nem no nome, nem no defeito, nem na dica do defeito."""
    with conectar(mural.endereco) as client_socket:
        client_socket.sendall(f"NOME {texto}\n{texto}\n".encode())
        ler(client_socket, 5)
    ate(mural, "o que se viu")
    ate(mural, "mandou")
    assert texto not in mural.tela.value + mural.numeros.value


def test_o_udp_tambem_acende(mural):
    """A mesma porta, nos dois transportes."""
    from parimpar import ClienteUDP

    with ClienteUDP(*mural.endereco) as cliente:
        assert cliente.perguntar(8) == "PAR"
    ate(mural, "perguntou por UDP (1)")


def test_abrir_outro_fecha_o_anterior():
    """Rodar a célula dez vezes não deixa servidores nem threads para trás."""
    antes = threading.active_count()
    for _ in range(10):
        mural = Mural("127.0.0.1", 0)
    assert threading.active_count() <= antes + 3
    mural.fechar()
    mural.fechar()
    assert threading.active_count() == antes and not mural.servidor.ligado


def test_a_reserva_de_quem_o_abre_sem_kernel(mural):
    """No dia seguinte, no GitHub ou em HTML, fica uma frase."""
    dados = mural._repr_mimebundle_()
    assert "rode esta célula" in dados["text/plain"] and "rode esta célula" in dados["text/html"]
