"""O cliente TCP do PAR/ÍMPAR: conecta, pergunta, mostra, devolve com FIM e fecha.

Aqui os sockets bloqueiam, como nas aulas, mas sempre com prazo: toda espera acaba, e acaba
dizendo o que se esperava.
"""

import errno
import random
import socket
import time

from .diario import Diario
from .erros import ConexaoPerdida, ConexaoRecusada, ErroDeRede, ErroDeUso, TempoEsgotado
from .protocolo import MAXIMO_DO_NOME, SILENCIO, Apresentacao, Respostas, interpretar
from .texto import endereco, motivo, segundos

CASAS_DO_SORTEIO = 30  # o enunciado: um inteiro com até 30 casas
SILENCIO_EM_LINHA = 1.0  # segundos; a resposta deveria terminar em \n, então espera-se mais
UM_DIA = 86_400  # segundos; os sockets não aceitam prazos enormes nem infinitos


def sortear_numero(sorteio=random, casas=CASAS_DO_SORTEIO):
    """Sorteia quantas casas e depois os algarismos; devolve o texto do número (PI-40).

    Sortear direto entre 0 e 10³⁰ daria números de 30 casas quase sempre, e PAR e ÍMPAR quase
    nunca apareceriam: só um em 10²⁰ desses números tem até 10 casas.

    Args:
        sorteio: um `random.Random(semente)` torna o resultado repetível.
        casas: o máximo de casas.
    """
    quantas = sorteio.randint(1, casas)
    primeiro = sorteio.choice("0123456789" if quantas == 1 else "123456789")
    return primeiro + "".join(sorteio.choices("0123456789", k=quantas - 1))


class Cliente:
    """Um cliente do PAR/ÍMPAR.

    Conecta no `with`, no `conectar()` ou na primeira pergunta, e reconecta se preciso.

    Args:
        host, porta: o endereço do servidor, como em `Cliente(*servidor.endereco)`.
        crua: fala a forma crua, sem `\\n`, para servidores que só entendem o enunciado (PI-45).
        prazo: segundos que cada operação pode levar.
        nome: com que se apresentar ao conectar (PI-50); um servidor que não conhece a apresentação responde
            `ERRO` a ela, e por isso o cliente só se apresenta quando se pede.
        diario: onde anotar; por padrão, um diário novo.
    """

    def __init__(self, host="127.0.0.1", porta=60000, *, crua=False, prazo=5.0, nome=None, diario=None):
        if not isinstance(host, str) or not host:
            raise ErroDeUso(f'o host deve ser um texto como "127.0.0.1"; veio {host!r}')
        if not isinstance(porta, int) or not 1 <= porta <= 65535:
            raise ErroDeUso(f"a porta do servidor deve ser um inteiro de 1 a 65535; veio {porta!r}")
        if not isinstance(prazo, (int, float)) or not 0 < prazo <= UM_DIA:
            raise ErroDeUso(f"prazo deve ser um número de segundos acima de 0 e até {UM_DIA}; veio {prazo!r}")
        if nome is not None:
            _conferir_nome(nome, crua)
        self.host, self.porta, self.crua, self.prazo, self.nome = host, porta, crua, prazo, nome
        self.diario = Diario() if diario is None else diario
        self.client_socket = None
        self.resposta = None  # a última, à espera de ser devolvida
        self._local = self._remoto = None
        self._sobra = False  # depois da última resposta veio mais, ou pode vir: ela acabou pelo silêncio

    def conectar(self):
        """Abre a conexão; se já está aberta, não faz nada.

        Raises:
            ConexaoRecusada: ninguém escuta no endereço.
            TempoEsgotado: o hospedeiro não respondeu no prazo.
            ConexaoPerdida: o servidor aceitou a conexão e a desfez em seguida.
            ErroDeRede: qualquer outro motivo, como um nome que não existe.
        """
        if self.client_socket is not None:
            return self
        onde = endereco((self.host, self.porta))
        client_socket, instante = None, time.monotonic()
        try:
            client_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            # A pergunta seguinte não espera a confirmação da devolução: sem isto seriam 40 ms (algoritmo de Nagle).
            client_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client_socket.settimeout(self.prazo)
            client_socket.connect((self.host, self.porta))
            local, remoto = client_socket.getsockname(), client_socket.getpeername()
            if local == remoto:
                # Sem servidor, o sistema pode dar ao cliente a própria porta procurada: ele se conecta a si mesmo.
                raise ConnectionRefusedError(errno.ECONNREFUSED, "conectou-se a si mesmo")
        except OSError as erro:
            if client_socket is not None:
                client_socket.close()
            self._anotar("erro", "connect(…)", remoto=(self.host, self.porta), detalhe=f"não conectou: {motivo(erro)}")
            if isinstance(erro, ConnectionRefusedError):
                raise ConexaoRecusada(
                    f"ninguém escuta em {onde}: inicie o servidor, ou confira o endereço e a porta"
                ) from erro
            if isinstance(erro, TimeoutError):
                raise TempoEsgotado(
                    f"{onde} não respondeu em {segundos(self.prazo)}: confira o endereço, a rede e o firewall"
                ) from erro
            if isinstance(erro, ConnectionError) or erro.errno == errno.ENOTCONN:
                raise ConexaoPerdida(
                    f"{onde} aceitou a conexão e a desfez em seguida: {motivo(erro)}; o servidor pode ter caído, "
                    "ou recusado este cliente. Veja o que ele diz"
                ) from erro
            raise ErroDeRede(f"não foi possível conectar a {onde}: {motivo(erro)}. Confira o endereço") from erro
        except BaseException as erro:
            if client_socket is not None:
                client_socket.close()
            if isinstance(erro, (TypeError, ValueError)):  # um nome que nem se pode perguntar à rede
                raise ErroDeRede(f"não foi possível conectar a {self.host!r}: não é um nome de hospedeiro") from erro
            raise  # um Ctrl-C
        self.client_socket = client_socket
        self._local, self._remoto = local, remoto
        self._respostas, self.resposta, self._sobra = Respostas(), None, False
        self._anotar("conecta", "connect(…)", instante=instante)
        if self.nome is not None:
            try:
                self._enviar(f"NOME {self.nome}\n")  # o servidor não responde a isto
            except BaseException:  # até um Ctrl-C
                self.fechar()
                raise
        return self

    def perguntar(self, numero):
        """Envia o número e devolve a resposta do servidor, tal como veio, sem o `\\n` (PI-41).

        O número é enviado como está, mesmo que não seja um número: quem julga é o servidor.

        Args:
            numero: o texto, ou um int.

        Raises:
            ErroDeUso: o texto está vazio na forma crua, ou tem uma quebra de linha.
            TempoEsgotado: a resposta não chegou no prazo.
            ConexaoPerdida: o servidor fechou ou reiniciou a conexão sem responder.
            ErroDeProtocolo: a resposta não se lê (não é UTF-8, ou não termina).
        """
        texto = str(numero)
        if "\n" in texto or (self.crua and not texto):
            raise ErroDeUso(
                f"esperava um texto numa linha só e não vazio, e veio {texto!r}; envie um número de cada vez"
            )
        # Uma resposta atrasada, ou o resto de uma, não pode ser tomada pela da próxima pergunta: fecha-se a conexão.
        if self._sobra or self._chegou_sem_pedir():
            self.fechar()
        self.conectar()
        try:
            self._enviar(texto if self.crua else texto + "\n")
            self.resposta = self._esperar_resposta(time.monotonic() + self.prazo)
        except BaseException as erro:  # até um Ctrl-C
            self._anotar("erro", detalhe=str(erro) or "interrompido")
            self.fechar()
            raise
        return self.resposta

    def devolver(self):
        """Envia de volta a última resposta + FIM; diz se o servidor ainda estava lá (PI-42).

        Na forma crua a conexão é fechada em seguida, como no enunciado: sem `\\n`, só o fim separa
        a devolução do próximo número.
        """
        if self.resposta is None or self.client_socket is None:
            raise ErroDeUso("não há resposta a devolver nesta conexão: use perguntar(...) logo antes de devolver()")
        resposta, self.resposta = self.resposta, None
        try:
            self._enviar(f"{resposta} FIM" + ("" if self.crua else "\n"))
            return True
        except ConexaoPerdida:
            return False  # o servidor já tinha fechado: não é erro do cliente
        finally:
            if self.crua:
                self.fechar()

    def fechar(self):
        """Fecha a conexão; se já está fechada, não faz nada (PI-44)."""
        client_socket, self.client_socket = self.client_socket, None
        if client_socket is not None:
            instante = time.monotonic()
            client_socket.close()
            self._anotar("fecha", "close()", instante=instante)

    def __enter__(self):
        return self.conectar()

    def __exit__(self, *exc):
        self.fechar()

    def __repr__(self):
        situacao = "conectado" if self.client_socket is not None else "fechado"
        return f"<Cliente de {endereco((self.host, self.porta))} {situacao}>"

    def _enviar(self, texto):
        dados = texto.encode("utf-8", "backslashreplace")
        instante = time.monotonic()
        try:
            self.client_socket.settimeout(self.prazo)
            self.client_socket.sendall(dados)
        except OSError as erro:
            self._anotar("erro", "sendall(…)", detalhe=f"não enviou: {motivo(erro)}")
            self.fechar()
            if isinstance(erro, TimeoutError):
                raise TempoEsgotado(f"o servidor não leu o pedido em {segundos(self.prazo)}; tente de novo") from erro
            raise ConexaoPerdida("o servidor já tinha fechado a conexão; conecte de novo") from erro
        self._anotar("envia", f"sendall({len(dados)} bytes)", dados=dados, instante=instante)

    def _chegou_sem_pedir(self):
        """Há algo na conexão antes da pergunta: bytes que ninguém pediu, ou o fim dela?"""
        if self.client_socket is None:
            return False
        self.client_socket.setblocking(False)
        try:
            self.client_socket.recv(1, socket.MSG_PEEK)  # espia, sem tirar da fila
            return True
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _esperar_resposta(self, limite):
        silencio = SILENCIO if self.crua else SILENCIO_EM_LINHA
        while True:
            falta = limite - time.monotonic()
            # Com uma resposta sem \n pendente, o silêncio a encerra; mas nunca no meio de um Í.
            em_silencio = self._respostas.pendente and not self._respostas.cortada
            try:
                if falta <= 0:
                    raise TimeoutError  # bytes a conta-gotas não esticam o prazo
                self.client_socket.settimeout(min(falta, silencio) if em_silencio else falta)
                dados = self.client_socket.recv(4096)
            except TimeoutError as erro:
                # Se o prazo acabou antes do silêncio, não se sabe se o que veio é a resposta inteira.
                resposta = self._respostas.fim() if em_silencio and falta >= silencio else None
                if resposta is not None:
                    self._sobra = True
                    return resposta
                raise TempoEsgotado(
                    f"esperava a resposta em até {segundos(self.prazo)} e ela não veio: o servidor pode estar ocupado "
                    "com outro cliente, ou esperar que o pedido termine de outro jeito "
                    f"(experimente crua={not self.crua})"
                ) from erro
            except OSError as erro:
                if (resposta := self._respostas.fim()) is not None:
                    return resposta  # o que veio antes do RST vale: um servidor que fecha sem ler o resto
                raise ConexaoPerdida(
                    f"a conexão acabou antes da resposta: {motivo(erro)}; o servidor pode ter caído"
                ) from erro
            if dados:
                self._anotar("recebe", "recv(4096)", dados=dados)
                respostas = self._respostas.receber(dados)
                if respostas:
                    self._sobra = len(respostas) > 1 or bool(self._respostas.pendente)
                    return respostas[0]
                continue
            resposta = self._respostas.fim()
            if resposta is None:
                raise ConexaoPerdida(
                    "o servidor fechou a conexão sem responder; ele pode ter caído ou recusado o pedido"
                )
            return resposta

    def _anotar(self, tipo, chamada="", remoto=None, dados=b"", detalhe="", instante=None):
        self.diario.registrar("cliente", tipo, chamada, self._local, remoto or self._remoto, dados, detalhe, instante)


def _conferir_nome(nome, crua):
    mensagem = interpretar(f"NOME {nome}".encode("utf-8", "surrogatepass"), (), None)
    if not isinstance(nome, str) or not isinstance(mensagem, Apresentacao):
        raise ErroDeUso(f"o nome deve ser um texto de 1 a {MAXIMO_DO_NOME} caracteres visíveis; veio {nome!r}")
    if crua:
        raise ErroDeUso("nome não combina com crua=True: a apresentação é uma linha, e depois dela só há linhas")


def rodada(numero, host="127.0.0.1", porta=60000, *, mostrar=lambda resposta: None, tipo=Cliente, **opcoes):
    """Uma volta do enunciado: conecta, pergunta, mostra, devolve com FIM e fecha.

    Args:
        numero: o que enviar.
        mostrar: chamada com a resposta assim que ela chega, antes da devolução.
        tipo: a classe do cliente; `ClienteUDP` faz o mesmo por UDP.
        opcoes: as dela (`crua`, `prazo`, `nome`, `diario`…).

    Returns:
        A resposta do servidor.
    """
    with tipo(host, porta, **opcoes) as cliente:
        resposta = cliente.perguntar(numero)
        mostrar(resposta)
        cliente.devolver()
        return resposta
