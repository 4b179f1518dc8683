"""Uma turma de alunos de faz de conta, para o mural ter o que mostrar a quem estuda sozinho.

Os alunos são inventados; os sockets, não: cada um se conecta de verdade, de um endereço de loopback só seu, e erra como
os programas que se mediram (`notebooks/dados/evidencia.csv`).
"""

import socket

NOMES = (
    "Ana", "Bruno", "Carla", "Diego", "Eva", "Fábio", "Gabriela", "Heitor", "Íris", "João", "Karen", "Luís",
    "Marina", "Nuno", "Olívia", "Paulo", "Quitéria", "Rui", "Sofia", "Tiago", "Úrsula", "Vítor", "Wanda", "Zoé",
)  # fmt: skip
PRAZO = 5.0  # segundos de cada espera


class AlunoDeMentira:
    """Um cliente que se apresenta e conversa, a partir de um endereço só seu.

    Args:
        endereco: (host, porta) do servidor, em 127.0.0.1.
        nome: como se apresenta; vazio para não se apresentar.
        casa: o número que faz o endereço dele: 127.0.1.casa. Onde isso não existe (macOS), é o 127.0.0.1.
    """

    def __init__(self, endereco, nome, casa):
        try:
            self._socket = socket.create_connection(endereco, PRAZO, source_address=(f"127.0.1.{casa}", 0))
        except OSError:
            self._socket = socket.create_connection(endereco, PRAZO)
        self._arquivo = self._socket.makefile("rb")
        if nome:
            self.enviar(f"NOME {nome}")

    def enviar(self, texto):
        """Envia uma linha."""
        self._socket.sendall(f"{texto}\n".encode())

    def perguntar(self, numero):
        """Envia um número e devolve a resposta."""
        self.enviar(numero)
        return self._arquivo.readline().decode().rstrip("\n")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._arquivo.close()
        self._socket.close()


def _devolve(aluno):
    aluno.enviar(f"{aluno.perguntar(8)} FIM")


def _nao_devolve(aluno):
    aluno.perguntar(7)


def _completo(aluno):
    aluno.enviar(f"{aluno.perguntar(7)} FIM")
    aluno.enviar(f"{aluno.perguntar('9' * 30)} FIM")


def _erra_e_continua(aluno):
    aluno.perguntar("8.9e+29")
    aluno.enviar(f"{aluno.perguntar(10)} FIM")


def _calado(aluno):
    pass


def _devolve_outra_coisa(aluno):
    aluno.perguntar(7)
    aluno.enviar("7 FIM")


JEITOS = (_devolve, _nao_devolve, _completo, _nao_devolve, _erra_e_continua, _calado, _devolve_outra_coisa, _completo)


def turma_de_mentira(endereco, quantos=12):
    """Faz conversar com o servidor, um depois do outro, alunos inventados que erram como os de verdade.

    Args:
        endereco: (host, porta) do servidor, em 127.0.0.1.
        quantos: de 1 a 24.
    """
    for i, nome in enumerate(NOMES[:quantos]):
        with AlunoDeMentira(endereco, nome, i + 1) as aluno:
            JEITOS[i % len(JEITOS)](aluno)
