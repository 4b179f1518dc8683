"""A aula 12: o servidor e o cliente do trabalho, julgados pelo avaliador com tráfego de verdade."""

import contextlib
import dataclasses
import pathlib
import random
import socket
import sys
import tempfile
import textwrap

from parimpar.erros import ErroDeUso

from ..exame_cliente import ExameDeCliente
from ..exame_servidor import ExameDeServidor
from .exercicio import codigo_de, intocado
from .resultado import NAO_TENTADO, Resultado, Texto

PORTA = 60000  # a de um programa gravado que não recebe outra
PROGRAMA = '''"""O {nome} do trabalho do PAR/ÍMPAR. Uso: python {arquivo} [porta]"""

import random
import selectors
import socket
import string
import struct
import sys
import threading
import time

{codigo}

if __name__ == "__main__":
    {nome}({argumentos}int(sys.argv[1]) if len(sys.argv) > 1 else {porta})
'''


class Trabalho:
    """Metade do trabalho: uma função que vira um programa e é julgada como um programa.

    Args:
        nome: "servidor" ou "cliente", que é também o nome da função.
        exame: a classe do avaliador.
        argumentos: os que a função recebe antes da porta, como código.
        dicas, solucao: como nos outros exercícios.
        marcos: os degraus até o exame inteiro, cada um os nomes dos seus casos.
    """

    def __init__(self, nome, exame, argumentos, dicas, solucao, marcos=()):
        self.nome, self._exame, self._argumentos, self.marcos = nome, exame, argumentos, marcos
        self.dicas, self.codigo, self._mostradas = tuple(dicas), textwrap.dedent(solucao).strip(), 0

    def conferir(self, resposta, so=None, **opcoes):
        """Executa a função como um programa e devolve a `Avaliacao` dele; leva uns 20 segundos.

        Args:
            resposta: a função que você escreveu; ela tem de bastar a si mesma.
            so: uma régua ("enunciado" ou "especificação") ou uma lista de nomes de casos; por padrão, tudo.
            opcoes: as do exame; a de um cliente, `intervalo_esperado`.

        Raises:
            ErroDeUso: não é uma função feita com def, ou um caso não existe.
        """
        programa = self._programa(resposta)
        if programa is None:
            return self._nao_tentado()
        with tempfile.TemporaryDirectory() as pasta, _andamento(visivel=so is None) as progresso:
            arquivo = pathlib.Path(pasta) / f"{self.nome}.py"
            arquivo.write_text(programa, encoding="utf-8")
            comando = [sys.executable, arquivo.name, str(_porta_livre())]
            avaliacao = self._exame(comando, None, pasta, progresso, so, **opcoes).avaliar()
            return dataclasses.replace(avaliacao, comando=("python", *comando[1:]))

    def marco(self, numero, resposta):
        """Confere só um degrau do exame.

        Args:
            numero: a partir de 1.
            resposta: a função que você escreveu.

        Raises:
            ErroDeUso: não há um marco com esse número, ou como em `conferir`.
        """
        if numero not in range(1, len(self.marcos) + 1):
            raise ErroDeUso(f"os marcos vão de 1 a {len(self.marcos)}; veio {numero!r}")
        return self.conferir(resposta, so=list(self.marcos[numero - 1]))

    def gravar(self, resposta, arquivo):
        """Grava a função como um programa, que se executa num terminal.

        Args:
            resposta: a função que você escreveu.
            arquivo: onde gravar; um programa que não foi gravado por aqui não é apagado.

        Raises:
            ErroDeUso: o arquivo existe e não foi gravado por aqui.
        """
        programa, arquivo = self._programa(resposta, arquivo), pathlib.Path(arquivo)
        if programa is None:
            return self._nao_tentado()
        marca = programa.partition("Uso:")[0]
        if arquivo.exists() and not arquivo.read_text(encoding="utf-8", errors="replace").startswith(marca):
            raise ErroDeUso(f"{arquivo} já existe e não foi gravado por este exercício: escolha outro nome")
        arquivo.write_text(programa, encoding="utf-8")
        return Texto(
            f"Gravado em {arquivo}. Num terminal, na pasta do arquivo:",
            f"python {arquivo.name}\npython -m parimpar avaliar {self.nome} -- python {arquivo.name}",
        )

    def dica(self):
        """A próxima dica; depois da última, ela de novo."""
        self._mostradas = min(self._mostradas + 1, len(self.dicas))
        return Texto(f"Dica {self._mostradas} de {len(self.dicas)}: {self.dicas[self._mostradas - 1]}")

    def solucao(self):
        """Uma resposta que cumpre o enunciado; há outras, e melhores."""
        return Texto("Uma solução que cumpre o enunciado:", self.codigo)

    def _programa(self, resposta, arquivo="programa.py"):
        codigo, _ = codigo_de(resposta)
        if resposta.__name__ != self.nome:
            raise ErroDeUso(f"esperava uma função chamada {self.nome}, e veio {resposta.__name__}")
        if intocado(codigo):
            return None
        return PROGRAMA.format(
            nome=self.nome, arquivo=pathlib.Path(arquivo).name, codigo=codigo, argumentos=self._argumentos, porta=PORTA
        )

    def _nao_tentado(self):
        return Resultado(NAO_TENTADO, f"escreva {self.nome} no lugar dos três pontos, execute a célula dele e, depois, esta")


def _porta_livre():
    """Uma porta fora da faixa que o sistema empresta às conexões de saída: ninguém a toma no meio do exame."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as sonda:
            sonda.bind(("127.0.0.1", porta := random.randrange(20_000, 32_000)))
            return porta


@contextlib.contextmanager
def _andamento(visivel):
    """O que está sendo examinado, escrito no notebook numa linha que some no fim; fora dele, nada.

    Args:
        visivel: um exame de poucos casos é rápido e não precisa disto.
    """
    try:
        from IPython import get_ipython
        from IPython.display import clear_output
    except ImportError:
        get_ipython = lambda: None  # noqa: E731
    if not visivel or get_ipython() is None:
        yield lambda feitos, total, titulo: None
        return

    def progresso(feitos, total, titulo):
        clear_output(wait=True)
        print(f"{feitos} de {total}: {titulo}")

    yield progresso
    clear_output()


servidor = Trabalho(
    "servidor",
    ExameDeServidor,
    "",
    dicas=[
        "marco 1: as chamadas da aula 01, bind, listen e accept; depois recv, decidir, sendall, e print do que veio e do que foi",
        "marco 1: letras sorteadas são ''.join(random.choices(string.ascii_letters, k=len(numero)))",
        "marco 2: um laço em volta do accept, e a conversa com cada cliente numa thread, como na aula 07",
        "marco 2: depois do sendall, mais um recv, o da devolução; e antes do bind, setsockopt com SO_REUSEADDR (aula 11)",
        "marco 3: o int e o decode podem falhar, e a resposta então é ERRO e o motivo: try/except ValueError, ou errors='replace'",
        "marco 3: try/except OSError em volta da conversa: o erro com um cliente acaba na conexão dele",
    ],
    solucao="""
    def servidor(porta):
        def responder(numero):
            try:
                par = int(numero) % 2 == 0
            except ValueError:
                return "ERRO esperava um número"
            if len(numero) > 10:
                return "".join(random.choices(string.ascii_letters, k=len(numero)))
            return "PAR" if par else "ÍMPAR"

        def atender(conexao):
            with conexao:
                try:
                    numero = conexao.recv(1024).decode(errors="replace").strip()
                    print("recebido:", numero)
                    resposta = responder(numero)
                    conexao.sendall(resposta.encode())
                    print("enviado:", resposta)
                    print("devolvido:", conexao.recv(1024).decode(errors="replace"))
                except OSError as erro:
                    print("conversa encerrada:", erro)

        with socket.socket() as server_socket:
            server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server_socket.bind(("127.0.0.1", porta))
            server_socket.listen()
            while True:
                conexao, endereco = server_socket.accept()
                threading.Thread(target=atender, args=(conexao,), daemon=True).start()
    """,
    marcos=(
        ("impar", "par", "zero", "nove-casas", "onze-casas", "trinta-casas", "sem-eco", "sorteio", "tela"),
        ("segundo-cliente", "parado", "devolucao", "reinicio"),
        ("abc", "nao-utf8", "vazia", "rst"),
    ),
)
cliente = Trabalho(
    "cliente",
    ExameDeCliente,
    '"127.0.0.1", ',
    dicas=[
        "tudo dentro de um laço, do connect ao close, com time.sleep(10) no fim",
        "sorteie primeiro quantas casas, random.randint(1, 30), e depois os algarismos",
        "mostre o que o recv trouxe, seguido de FIM, e devolva o mesmo com sendall",
        "a resposta pode vir em pedaços: quem não marca o fim com \\n espera um instante de silêncio, com settimeout",
    ],
    solucao="""
    def cliente(host, porta):
        while True:
            casas = random.randint(1, 30)
            numero = str(random.randint(10 ** (casas - 1) if casas > 1 else 0, 10**casas - 1))
            try:
                with socket.create_connection((host, porta), timeout=5) as client_socket:
                    print("enviado:", numero)
                    client_socket.sendall(numero.encode())
                    resposta = client_socket.recv(1024).decode().strip()
                    print(resposta, "FIM")
                    client_socket.sendall((resposta + " FIM").encode())
            except OSError as erro:
                print("o servidor não respondeu:", erro)
            time.sleep(10)
    """,
)
