"""O servidor TCP do PAR/ÍMPAR: uma thread só, `selectors`, e as chamadas do dicionário.

A thread dá voltas em `_laco`: pergunta ao sistema operacional quais sockets têm algo a fazer
(`select`), e faz: `accept` no socket de escuta, `recv` e `send` nos sockets dos clientes. Nenhuma
chamada bloqueia, por isso um cliente parado não atrasa os outros (PI-22). O que os bytes querem
dizer é assunto de protocolo.py; o que aconteceu fica no diário.
"""

import errno
import os
import random
import selectors
import socket
import sys
import threading
import time
import weakref
from collections import OrderedDict

from .diario import Diario, endereco
from .erros import ErroDeRede, ErroDeUso, PortaOcupada
from .protocolo import SILENCIO, Conversa, Devolucao, Invalido

TAMANHO_DO_RECV = 4096  # bytes por leitura: limita também quanto se responde de uma vez
CONEXOES_POR_PADRAO = 10_000
MAXIMO_A_ENVIAR = 256 * 1024  # bytes que um cliente pode deixar sem ler antes de ser desligado
DESCRITORES_RESERVADOS = 64  # para o resto do processo: o kernel do Jupyter também usa sockets
ADEUS = 2.0  # segundos que se espera o cliente ler a última resposta antes do close (PI-27)
MAXIMO_A_DESPEDIR = 64  # clientes além do limite que se despedem ao mesmo tempo; os demais só são fechados
PRAZO_DE_PARADA = 2.0  # segundos para a thread terminar


class Servidor:
    """O servidor, numa thread de fundo.

    Uso: `with Servidor() as servidor: …`, ou `iniciar()` e `parar()`, que podem ser repetidos.

    Args:
        host: endereço onde escutar; "127.0.0.1" só aceita clientes desta máquina, "0.0.0.0"
            aceita os da rede inteira.
        porta: 0 deixa o sistema escolher; leia a escolhida em `servidor.porta`.
        silencio: segundos sem nada chegar até o servidor fechar a conexão (PI-23).
        max_conexoes: acima disto o cliente recebe `ERRO servidor cheio` (PI-25); por padrão, 10.000
            ou quantas o sistema deixar este processo abrir.
        diario: onde anotar; por padrão, um diário novo.
        sorteio: de onde vêm as letras; um `random.Random(semente)` torna a aula repetível.
    """

    def __init__(self, host="127.0.0.1", porta=0, *, silencio=30.0, max_conexoes=None, diario=None, sorteio=random):
        if not isinstance(host, str) or not host:
            raise ErroDeUso(f'o host deve ser um texto como "127.0.0.1", ou "0.0.0.0" para a rede toda; veio {host!r}')
        if not isinstance(porta, int) or not 0 <= porta <= 65535:
            raise ErroDeUso(f"a porta deve ser um inteiro de 0 a 65535 (0 = o sistema escolhe) e veio {porta!r}")
        if not silencio > 0:
            raise ErroDeUso(f"silencio é em segundos e deve ser positivo; veio {silencio!r}")
        if max_conexoes is not None and max_conexoes < 1:
            raise ErroDeUso(f"max_conexoes deve ser pelo menos 1; veio {max_conexoes!r}")
        self.host, self._porta_pedida, self._porta = host, porta, None
        self.silencio, self.max_conexoes = silencio, max_conexoes
        self.diario = Diario() if diario is None else diario
        self._sorteio = sorteio
        self._motor = self._finalizador = None

    def iniciar(self):
        """Abre o socket de escuta e começa a atender; se já está atendendo, não faz nada.

        Raises:
            PortaOcupada: outro programa (ou outra célula) já escuta nesta porta.
            ErroDeRede: o sistema não deixou escutar neste endereço.
        """
        if self.ligado:
            return self
        # Reiniciar volta à mesma porta, mesmo que a primeira tenha sido escolhida pelo sistema.
        server_socket = _abrir_escuta(self.host, self._porta or self._porta_pedida)
        self._porta = server_socket.getsockname()[1]
        self._motor = _Motor(server_socket, self.silencio, self.max_conexoes, self.diario, self._sorteio)
        # Se a variável do aluno for reescrita (a célula rodou de novo), o motor antigo para sozinho.
        self._finalizador = weakref.finalize(self, self._motor.parar)
        self._motor.start()
        return self

    def parar(self):
        """Fecha o socket de escuta e todas as conexões e espera a thread terminar (PI-26).

        Pode ser chamado mais de uma vez. Se a thread tinha morrido por um erro, ele é lançado aqui.
        """
        motor, self._motor = self._motor, None
        if motor is None:
            return
        self._finalizador.detach()
        motor.parar()
        if motor.falha:
            raise motor.falha

    def __enter__(self):
        return self.iniciar()

    def __exit__(self, *exc):
        self.parar()

    @property
    def ligado(self):
        """Está atendendo?"""
        return self._motor is not None and self._motor.is_alive()

    @property
    def porta(self):
        """A porta em que escuta; antes do primeiro `iniciar()`, a que foi pedida."""
        return self._porta or self._porta_pedida

    @property
    def endereco(self):
        """(host, porta), pronto para `Cliente(*servidor.endereco)`."""
        return self.host, self.porta

    @property
    def conexoes(self):
        """Quantas conexões estão abertas agora."""
        return len(self._motor.conversando) if self.ligado else 0

    @property
    def server_socket(self):
        """O socket de escuta, para olhar com `estado(...)`; None se o servidor está parado."""
        return self._motor.server_socket if self.ligado else None

    def __repr__(self):
        if self._motor is not None and self._motor.falha:
            return f"<Servidor {endereco(self.endereco)} parou por um erro: {self._motor.falha!r}>"
        situacao = f"escutando, conexões abertas: {self.conexoes}" if self.ligado else "parado"
        return f"<Servidor {endereco(self.endereco)} {situacao}>"


def _abrir_escuta(host, porta):
    server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # No Windows SO_REUSEADDR deixaria dois programas na mesma porta; este impede.
            server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Permite voltar à porta mesmo com uma conexão antiga em TIME_WAIT (PI-26).
            server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server_socket.bind((host, porta))
        server_socket.listen(1024)
        server_socket.setblocking(False)
        return server_socket
    except OSError as erro:
        server_socket.close()
        if erro.errno in (errno.EADDRINUSE, errno.EACCES) and porta:
            raise PortaOcupada(
                f"não foi possível escutar na porta {porta}: ela já está em uso, ou o sistema a reserva. Pare o "
                "programa (ou a célula) que a usa, ou escolha outra; porta=0 deixa o sistema escolher"
            ) from erro
        raise ErroDeRede(
            f"não foi possível escutar em {host!r}: {erro.strerror or erro}. Use um endereço desta máquina, "
            "como 127.0.0.1 (só ela) ou 0.0.0.0 (todas as suas redes)"
        ) from erro


class _Conexao:
    """Um cliente conectado: o socket, a conversa e o que ainda falta enviar."""

    __slots__ = ("client_socket", "local", "remoto", "conversa", "a_enviar", "desde", "ouvindo", "adeus", "aberta")

    def __init__(self, client_socket, local, remoto, conversa, agora):
        self.client_socket, self.local, self.remoto, self.conversa = client_socket, local, remoto, conversa
        self.a_enviar = b""  # respostas que ainda não couberam no send
        self.desde = agora  # o último instante em que algo andou
        self.ouvindo = selectors.EVENT_READ
        self.adeus = ""  # por que fecha assim que tudo for enviado; vazio enquanto conversa
        self.aberta = True


class _Fila(OrderedDict):
    """Conexões à espera de um prazo igual para todas: a que andou por último vai para o fim."""

    def __init__(self, segundos):
        super().__init__()
        self.segundos = segundos

    def entrar(self, conexao):
        self[conexao] = None
        self.move_to_end(conexao)

    def sair(self, conexao):
        self.pop(conexao, None)

    def vence(self):
        """O instante em que vence a primeira."""
        return next(iter(self)).desde + self.segundos

    def vencidas(self, agora):
        """Retira e entrega, uma a uma, as que venceram."""
        while self and self.vence() <= agora:
            yield self.popitem(last=False)[0]


class _Motor(threading.Thread):
    """A thread do servidor. Só ela toca nos sockets; `parar` a acorda por um par de sockets."""

    def __init__(self, server_socket, silencio, max_conexoes, diario, sorteio):
        self.local = server_socket.getsockname()
        super().__init__(name=f"servidor-parimpar-{self.local[1]}", daemon=True)
        self.server_socket, self.diario, self.sorteio, self.falha = server_socket, diario, sorteio, None
        self.conversando = _Fila(silencio)  # PI-23
        self.em_silencio = _Fila(SILENCIO)  # o pedido cru já acabou? (PI-11)
        self.despedindo = _Fila(ADEUS)  # espera-se o cliente ler a última resposta (PI-27)
        self.parando = False
        self.volta_do_accept = None  # faltaram descritores: o accept descansa até este instante
        self.seletor = selectors.DefaultSelector()
        self.acorda, self.acordador = socket.socketpair()
        self.seletor.register(server_socket, selectors.EVENT_READ)
        self.seletor.register(self.acorda, selectors.EVENT_READ)
        self.limite = min(max_conexoes or CONEXOES_POR_PADRAO, _quantas_o_sistema_deixa(self.seletor))
        _motores.add(self)
        avisos = []
        if not self.local[0].startswith("127."):
            avisos.append("atenção: aceita conexões da rede, não só desta máquina")
        if max_conexoes and self.limite < max_conexoes:
            avisos.append(
                f"o sistema só deixa abrir {self.limite} conexões neste processo, e pediram-se {max_conexoes}; "
                "no Linux e no macOS, aumente com ulimit -n antes de abrir o Python"
            )
        self._anotar("inicia", "listen(1024)", detalhe="; ".join(avisos))

    def parar(self):
        """Pede à thread que termine e espera por ela."""
        self.parando = True
        try:
            self.acordador.send(b"!")
        except OSError:
            pass  # a thread já terminou e fechou tudo
        if threading.current_thread() is not self:
            self.join(PRAZO_DE_PARADA)

    def run(self):
        try:
            while not self.parando:
                self._dar_uma_volta()
        except Exception as erro:  # guardado: `Servidor.parar` o entrega a quem chamou
            self.falha = erro
            self._anotar("erro", detalhe=f"o servidor parou: {erro!r}")
        finally:
            self._fechar_tudo()

    def _dar_uma_volta(self):
        filas = [fila for fila in (self.conversando, self.em_silencio, self.despedindo) if fila]
        prazos = [fila.vence() for fila in filas] + [self.volta_do_accept] * bool(self.volta_do_accept)
        prontos = self.seletor.select(max(min(prazos) - time.monotonic(), 0) if prazos else None)
        agora = time.monotonic()
        for chave, o_que in prontos:
            conexao = chave.data
            if conexao is None:
                if chave.fileobj is self.server_socket:
                    self._aceitar(agora)
                continue
            if o_que & selectors.EVENT_WRITE:
                self._por(conexao, self._enviar, b"", agora)
            if o_que & selectors.EVENT_READ and conexao.aberta:
                self._por(conexao, self._receber, agora)
        for conexao in self.em_silencio.vencidas(agora):
            self._por(conexao, self._tratar, conexao.conversa.silencio(), agora)
        for conexao in self.conversando.vencidas(agora):
            self._por(conexao, self._calar, agora)
        for conexao in self.despedindo.vencidas(agora):
            self._fechar(conexao, conexao.adeus)
        if self.volta_do_accept and agora >= self.volta_do_accept:
            self.volta_do_accept = None
            self.seletor.register(self.server_socket, selectors.EVENT_READ)

    def _por(self, conexao, acao, *args):
        """Faz `acao` por um cliente; o que der errado encerra só a conexão dele (PI-24)."""
        try:
            acao(conexao, *args)
        except OSError as erro:  # RST, rede fora do ar
            self._anotar("erro", conexao=conexao, detalhe=f"conexão perdida: {erro.strerror or erro}")
            self._fechar(conexao, "conexão perdida")
        except Exception as erro:  # um defeito nosso ao atender um cliente não derruba os outros
            self._anotar("erro", conexao=conexao, detalhe=f"erro interno: {erro!r}")
            self._fechar(conexao, "erro interno")

    # A vida de uma conexão: aceitar, receber, tratar, enviar, despedir, fechar.

    def _aceitar(self, agora):
        for _ in range(64):  # um punhado por volta, para que os já conectados também sejam atendidos
            try:
                client_socket, remoto = self.server_socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return  # ninguém mais na fila, ou o cliente desistiu antes do accept
            except OSError as erro:
                # Faltam descritores: tentar sem parar gastaria o processador; a fila do kernel segura.
                self._anotar("erro", "accept()", detalhe=f"accept falhou ({erro.strerror}); nova tentativa em 0,5 s")
                self.seletor.unregister(self.server_socket)
                self.volta_do_accept = agora + 0.5
                return
            client_socket.setblocking(False)
            local = client_socket.getsockname() if self.local[0] == "0.0.0.0" else self.local
            conexao = _Conexao(client_socket, local, remoto, Conversa(self.sorteio), agora)
            cheio = len(self.conversando) >= self.limite
            if cheio and len(self.despedindo) >= MAXIMO_A_DESPEDIR:
                self._fechar(conexao, "servidor cheio")
                continue
            self.seletor.register(client_socket, selectors.EVENT_READ, conexao)
            self.conversando.entrar(conexao)
            self._anotar("conecta", "accept()", conexao)
            if cheio:
                self._por(conexao, self._despedir, "servidor cheio", agora)

    def _receber(self, conexao, agora):
        try:
            dados = conexao.client_socket.recv(TAMANHO_DO_RECV)
        except (BlockingIOError, InterruptedError):
            return
        if conexao.adeus:  # o que ainda chega é lido e jogado fora, para o close não virar RST (PI-27)
            if not dados:
                self._fechar(conexao, conexao.adeus)
            return
        conversa = conexao.conversa
        if not dados:
            self._tratar(conexao, conversa.fim(), agora)
            if conexao.a_enviar:
                self._despedir(conexao, "o cliente encerrou o envio", agora, avisar=False)
            else:
                self._fechar(conexao, "o cliente encerrou o envio")
            return
        self._anotar("recebe", f"recv({TAMANHO_DO_RECV})", conexao, dados)
        conexao.desde = agora
        self.conversando.entrar(conexao)
        self._tratar(conexao, conversa.receber(dados), agora)
        if conversa.encerrada:
            self._despedir(conexao, "pedido longo demais", agora, avisar=False)
        elif conversa.espera_silencio and conexao.aberta:
            self.em_silencio.entrar(conexao)
        elif self.em_silencio:
            self.em_silencio.sair(conexao)

    def _tratar(self, conexao, mensagens, agora):
        """Responde às mensagens completas e anota as que não são pedidos."""
        if not mensagens:
            return
        for mensagem in mensagens:
            if type(mensagem) is Devolucao:
                confere = "confere" if mensagem.confere else "divergente: não é a última resposta + FIM"
                self._anotar("devolve", conexao=conexao, dados=mensagem.texto.encode(), detalhe=confere)
            elif type(mensagem) is Invalido:
                self._anotar("erro", conexao=conexao, dados=mensagem.dados, detalhe=mensagem.motivo)
        respostas = conexao.conversa.codificar(mensagens)
        if respostas:
            self._enviar(conexao, respostas, agora)

    def _enviar(self, conexao, dados, agora):
        """Envia o que couber; o resto fica em `a_enviar` até o socket dizer que há espaço de novo."""
        dados = conexao.a_enviar + dados
        try:
            enviados = conexao.client_socket.send(dados)
        except (BlockingIOError, InterruptedError):
            enviados = 0
        if enviados:
            self._anotar("envia", f"send({len(dados)} bytes)", conexao, dados[:enviados])
            conexao.desde = agora
            (self.despedindo if conexao.adeus else self.conversando).entrar(conexao)
        conexao.a_enviar = dados[enviados:]
        if len(conexao.a_enviar) > MAXIMO_A_ENVIAR:
            self._fechar(conexao, "o cliente não lê as respostas")
            return
        # Enquanto houver o que enviar não se lê mais nada: quem não lê também não é lido.
        ouvir = selectors.EVENT_WRITE if conexao.a_enviar else selectors.EVENT_READ
        if conexao.ouvindo != ouvir:
            self.seletor.modify(conexao.client_socket, ouvir, conexao)
            conexao.ouvindo = ouvir
        if conexao.adeus and not conexao.a_enviar:
            conexao.client_socket.shutdown(socket.SHUT_WR)

    def _calar(self, conexao, agora):
        if conexao.a_enviar:
            self._fechar(conexao, "o cliente não lê as respostas")
        else:
            self._despedir(conexao, f"silêncio de {self.conversando.segundos:g} s", agora)

    def _despedir(self, conexao, motivo, agora, avisar=True):
        """Envia o que falta, encerra o envio e espera o cliente fechar, até o prazo (PI-27)."""
        if not conexao.aberta:
            return
        self._tirar_das_filas(conexao)
        conexao.adeus, conexao.desde = motivo, agora
        self.despedindo.entrar(conexao)
        self._enviar(conexao, f"ERRO {motivo}\n".encode() if avisar else b"", agora)

    def _fechar(self, conexao, motivo):
        if not conexao.aberta:
            return
        conexao.aberta = False
        self._tirar_das_filas(conexao)
        try:
            self.seletor.unregister(conexao.client_socket)
        except KeyError:
            pass  # recusada antes de entrar no seletor
        conexao.client_socket.close()
        self._anotar("fecha", "close()", conexao, detalhe=motivo)

    def _tirar_das_filas(self, conexao):
        for fila in (self.conversando, self.em_silencio, self.despedindo):
            if fila:
                fila.sair(conexao)

    def _fechar_tudo(self):
        for conexao in [*self.conversando, *self.despedindo]:
            self._fechar(conexao, "o servidor parou")
        self.seletor.close()
        for sock in (self.server_socket, self.acorda, self.acordador):
            sock.close()
        self._anotar("para", "close()")

    def _anotar(self, tipo, chamada="", conexao=None, dados=b"", detalhe=""):
        if conexao is None:
            self.diario.registrar("servidor", tipo, chamada, self.local, None, dados, detalhe)
        else:
            self.diario.registrar("servidor", tipo, chamada, conexao.local, conexao.remoto, dados, detalhe)


def _quantas_o_sistema_deixa(seletor):
    """Quantas conexões cabem neste processo, deixando descritores para o resto dele."""
    reserva = DESCRITORES_RESERVADOS + MAXIMO_A_DESPEDIR
    if isinstance(seletor, selectors.SelectSelector):
        return 512 - reserva  # o select do Python no Windows não passa de 512 sockets
    try:
        import resource
    except ImportError:
        return sys.maxsize
    maximo, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if maximo == resource.RLIM_INFINITY else max(maximo - reserva, 1)


_motores = weakref.WeakSet()


def _fechar_no_filho():
    """Depois de um fork a thread não existe no filho: fecha lá as cópias dos descritores.

    Sem isto, a porta continuaria ocupada pelo filho depois de o pai parar o servidor. Só se fecha
    a cópia: a conexão segue viva no pai.
    """
    for motor in list(_motores):
        for chave in list((motor.seletor.get_map() or {}).values()):
            chave.fileobj.close()
        motor.acordador.close()
        motor.seletor.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fechar_no_filho)
