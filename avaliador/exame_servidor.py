"""O exame de um servidor: cada caso num processo novo, com tráfego de verdade e prazo."""

import re
import socket
import time

from parimpar.texto import visivel

from .caso import escolher
from .casos import servidor_enunciado, servidor_especificacao
from .casos.servidor_enunciado import PRAZO
from .leitura import ler
from .ligacao import Ligacao
from .processo import Programa
from .relatorio import Avaliacao
from .veredito import ENUNCIADO, FALHOU, NAO_DEU, NAO_SE_APLICA, Passo, Veredito

CASOS = servidor_enunciado.caso + servidor_especificacao.caso
PRAZO_DE_INICIO = 15.0  # segundos para escutar na primeira vez: a JVM numa máquina ocupada demora

FORMAS = {
    "crua": ("algarismos sem terminador, como no enunciado", lambda n: n.encode()),
    "linha": ("algarismos terminados em \\n", lambda n: f"{n}\n".encode()),
    "fim": ("algarismos seguidos do fim do envio", lambda n: n.encode()),
    "binária": ("o número em binário, o byte mais alto primeiro", lambda n: _em_binario(int(n))),
    "inteiro de 32 bits": ("um inteiro binário de 4 bytes", lambda n: (int(n) % 2**32).to_bytes(4, "big")),
    "inteiro de 64 bits": ("um inteiro binário de 8 bytes", lambda n: (int(n) % 2**64).to_bytes(8, "big")),
    "UTF do Java": ("o texto precedido do tamanho, como writeUTF", lambda n: len(n).to_bytes(2, "big") + n.encode()),
}

LEIA_O_ERRO = (
    "A última linha do erro diz qual é. TypeError com bytes-like: falta o .encode(). NameError: o nome não existe ali; "
    "numa célula, a função tem de trazer dentro dela tudo o que usa."
)


def _em_binario(numero):
    return numero.to_bytes(max((numero.bit_length() + 7) // 8, 1), "big")


class SemConexao(ConnectionError):
    """O programa não aceitou a conexão."""


class Mesa:
    """Um processo novo do servidor examinado, e as conexões que o avaliador abriu com ele."""

    def __init__(self, programa, endereco, forma):
        self.programa, self.endereco, self.forma = programa, endereco, forma
        self.passos, self.comeco, self._ligacoes = [], time.monotonic(), []

    def ligar(self):
        """Abre uma conexão com o servidor."""
        try:
            sock = socket.create_connection(self.endereco, timeout=PRAZO)
        except OSError as erro:
            self.passos.append(Passo(time.monotonic() - self.comeco, "programa", "não aceita a conexão"))
            raise SemConexao from erro
        ligacao = Ligacao(sock, self.passos, self.comeco)
        self._ligacoes.append(ligacao)
        return ligacao

    def pedir(self, numero, ligacao=None):
        """Envia um número na forma que o servidor entende e devolve os bytes da resposta."""
        ligacao = ligacao or self.ligar()
        ligacao.enviar(FORMAS[self.forma][1](numero), encerrar=self.forma == "fim")
        return ligacao.receber(PRAZO)

    def ainda_atende(self):
        """Um cliente novo recebe alguma resposta?"""
        try:
            return bool(self.pedir("8"))
        except SemConexao:
            return False

    def encerrar(self):
        """Derruba as conexões e depois o programa: assim não fica nele um TIME_WAIT que prenda a porta."""
        for ligacao in self._ligacoes:
            ligacao.fechar()
        self.programa.encerrar()


class ExameDeServidor:
    """Examina um servidor.

    Args:
        comando: lista de argumentos que inicia o servidor.
        porta: onde ele escuta; por padrão, a que se vir o programa abrir.
        pasta: onde executá-lo.
        so: uma régua, ou nomes de casos; por padrão, todos.
        progresso: chamada com (quantos casos já foram, quantos são, título) antes de cada um.
    """

    def __init__(self, comando, porta=None, pasta=None, progresso=lambda feitos, total, titulo: None, so=None):
        self.casos = escolher(CASOS, so)
        self.comando, self.porta, self.pasta, self.progresso = tuple(comando), porta, pasta, progresso
        self.forma, self.perfil = None, []
        self.causa = "O servidor espera mais bytes do que o cliente manda: responda ao que o recv já trouxe."
        self.inicio = None  # segundos que o programa levou para escutar
        self.um_cliente_so = False
        self.falha_de_inicio = ""

    def avaliar(self):
        """Roda todos os casos e devolve a `Avaliacao`."""
        comeco = time.monotonic()
        self.progresso(0, len(self.casos), "descobrir como o servidor quer o pedido")
        self._descobrir()
        vereditos = []
        for i, caso in enumerate(self.casos):
            self.progresso(i, len(self.casos), caso.titulo)
            vereditos.append(self._julgar(caso))
        self.progresso(len(self.casos), len(self.casos), "pronto")
        return Avaliacao(
            "servidor", self.comando, tuple(self.perfil), tuple(vereditos), time.monotonic() - comeco,
            parcial=len(self.casos) < len(CASOS),
        )  # fmt: skip

    def mesa(self, forma=None):
        """Um processo novo, já escutando; use com `with`."""
        return _MesaAberta(self, forma or self.forma)

    def _descobrir(self):
        """Descobre em que forma o servidor entende o pedido, e diz no perfil."""
        excecao = ""
        for forma in FORMAS:
            with self.mesa(forma) as mesa:
                if mesa is None:
                    self.perfil.append(self.falha_de_inicio)
                    return
                try:
                    resposta = mesa.pedir("7")
                except SemConexao:
                    resposta = b""
                excecao = excecao or (not resposta and mesa.programa.excecao())
            if resposta:
                self.forma = "binária" if forma == "crua" and self._le_binario() else forma
                self.perfil.append(f"entende o pedido como {FORMAS[self.forma][0]}")
                if forma == "linha":
                    self.perfil.append("sem \\n não responde: não atende um cliente que segue o enunciado à risca")
                return
        if excecao:
            self.causa = LEIA_O_ERRO
            self.perfil.append(f"deu um erro ao atender: {visivel(excecao, 200, aspas=False)}")
            return
        self.perfil.append("não responde a 7 em nenhuma forma conhecida: " + "; ".join(f for f, _ in FORMAS.values()))

    def _le_binario(self):
        # Os bytes de "12345" lidos como um número dão um de 12 casas: quem responde 12 letras leu em binário.
        with self.mesa("crua") as mesa:
            if mesa is None:
                return False
            try:
                leitura = ler(mesa.pedir("12345"))
            except SemConexao:
                return False
        return leitura.paridade is None and len(leitura.texto) == len(str(int.from_bytes(b"12345", "big")))

    def _julgar(self, caso):
        def veredito(situacao, explicacao="", **provas):
            return Veredito(caso.nome, caso.codigo, caso.regua, situacao, caso.titulo, explicacao, **provas)

        if self.falha_de_inicio and self.forma is None:
            return veredito(FALHOU if caso is self.casos[0] else NAO_DEU, self.falha_de_inicio)
        if self.forma is None:
            if caso.regua == ENUNCIADO and caso.nome in ("impar", "par"):
                return veredito(FALHOU, self.perfil[-1], causa=self.causa)
            return veredito(NAO_DEU, "o servidor não respondeu a nenhum pedido")
        if caso.so_texto and self.forma not in ("crua", "linha", "fim"):
            return veredito(NAO_SE_APLICA, f"o servidor {self.perfil[0]}; a especificação pede texto")
        with self.mesa() as mesa:
            if mesa is None:
                return veredito(NAO_DEU, self.falha_de_inicio)
            try:
                situacao, explicacao, provas = caso.funcao(self, mesa)
            except SemConexao:
                situacao, explicacao, provas = FALHOU, "o servidor não aceitou a conexão", {}
            return veredito(situacao, explicacao, **({"passos": tuple(mesa.passos)} | provas))


class _MesaAberta:
    def __init__(self, exame, forma):
        self.exame, self.forma, self.mesa = exame, forma, None

    def __enter__(self):
        self.programa = Programa(self.exame.comando, self.exame.pasta)
        try:
            return self._esperar()
        except BaseException:  # até um Ctrl-C: nada fica para trás
            self.programa.encerrar()
            raise

    def _esperar(self):
        exame = self.exame
        prazo = PRAZO_DE_INICIO if exame.inicio is None else max(5.0, 4 * exame.inicio)
        endereco = self.programa.esperar_escuta(prazo, exame.porta)
        if endereco is None:
            exame.falha_de_inicio = _por_que_nao_escuta(self.programa, prazo, exame.porta)
            return None
        exame.falha_de_inicio = ""
        if exame.inicio is None:
            exame.inicio = time.monotonic() - self.programa.comeco
        self.mesa = Mesa(self.programa, endereco, self.forma)
        return self.mesa

    def __exit__(self, *exc):
        (self.mesa or self.programa).encerrar()


def _por_que_nao_escuta(programa, prazo, porta):
    linha = programa.ultima_linha()
    ultima = f"; a última linha que escreveu: {visivel(linha, 120, aspas=False)}" if linha else ""
    if re.search("in use|EADDRINUSE|em uso|BindException", programa.saida):
        return (
            "a porta dele já está ocupada: feche o programa que a usa; se ele acabou de parar, é uma conexão em "
            "TIME_WAIT, e basta esperar um minuto"
        )
    if not programa.vivo:
        return f"o programa terminou sozinho (código {programa.codigo}) sem escutar{ultima}"
    outras = [p for _, p in programa.escutas()]
    if outras:
        return f"o programa escuta na porta {outras[0]}, e não na {porta} que se pediu"
    return f"o programa não escutou em nenhuma porta em {prazo:g} s{ultima}".replace(".", ",", 1)
