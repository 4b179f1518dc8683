"""A thread que atende os clientes: `selectors` e as chamadas do dicionário, sem bloquear.

A thread dá voltas: pergunta ao sistema operacional quais sockets têm algo a fazer (`select`), e
faz: `accept` no socket de escuta, `recv` e `send` nos sockets dos clientes. Nenhuma chamada
bloqueia, por isso um cliente parado não atrasa os outros (PI-22). O que os bytes querem dizer é
assunto de protocolo.py; o que aconteceu fica no diário.
"""

import os
import selectors
import socket
import sys
import threading
import time
import weakref
from collections import Counter, OrderedDict

from .protocolo import SILENCIO, Apresentacao, Conversa, Devolucao, Invalido
from .texto import motivo, segundos

TAMANHO_DO_RECV = 4096  # bytes por leitura: limita também quanto se responde de uma vez
CHAMADA_DO_RECV = f"recv({TAMANHO_DO_RECV})"
CONEXOES_POR_PADRAO = 10_000
MAXIMO_A_ENVIAR = 1024 * 1024  # bytes que um cliente pode deixar sem ler; um recv cheio de lixo pede uns 330 mil
DESCRITORES_RESERVADOS = 64  # para o resto do processo: o kernel do Jupyter também usa sockets
ADEUS = 2.0  # segundos que se espera o cliente ler a última resposta antes do close (PI-27)
MAXIMO_A_DESPEDIR = 64  # clientes além do limite que se despedem ao mesmo tempo; os demais são fechados na hora
CHEIO = "servidor cheio"
DEMAIS = "conexões demais do mesmo endereço"
PRAZO_DE_PARADA = 2.0  # segundos para a thread terminar


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


class Motor(threading.Thread):
    """A thread do servidor. Só ela toca nos sockets; `parar` a acorda por um par de sockets."""

    def __init__(self, server_socket, silencio, max_conexoes, diario, sorteio, max_por_endereco=None):
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
        self.max_por_endereco, self.por_endereco = max_por_endereco, Counter()  # só se conta o que tem limite
        lembrar_no_fork(self)
        avisos = []
        if not self.so_desta_maquina:
            avisos.append("atenção: aceita conexões da rede, não só desta máquina")
        if max_conexoes and self.limite < max_conexoes:
            avisos.append(
                f"o sistema só deixa abrir {self.limite} conexões neste processo, e pediram-se {max_conexoes}; "
                "no Linux e no macOS, aumente com ulimit -n antes de abrir o Python"
            )
        self._anotar("inicia", "listen(…)", detalhe="; ".join(avisos))

    @property
    def so_desta_maquina(self):
        return self.local[0].startswith("127.")

    def parar(self):
        """Pede à thread que termine e espera por ela."""
        self.parando = True
        try:
            self.acordador.send(b"!")
        except OSError:
            pass  # a thread já terminou e fechou tudo
        if threading.current_thread() is not self:
            self.join(PRAZO_DE_PARADA)

    def fechar_no_filho(self):
        """Fecha, no processo filho de um fork, as cópias dos descritores."""
        for chave in list((self.seletor.get_map() or {}).values()):
            chave.fileobj.close()
        self.server_socket.close()  # fora do seletor enquanto o accept descansa
        self.acordador.close()
        self.seletor.close()

    def run(self):
        try:
            while not self.parando:
                self._dar_uma_volta()
            for _ in range(3):  # o que já tinha chegado ainda é lido: o último FIM fica no diário
                self._dar_uma_volta(sem_esperar=True)
        except Exception as erro:  # guardado: `Servidor.parar` o entrega a quem chamou
            self.falha = erro
            self._anotar("erro", detalhe=f"o servidor parou: {erro!r}")
        finally:
            self._fechar_tudo()

    def _dar_uma_volta(self, sem_esperar=False):
        prontos = self.seletor.select(0 if sem_esperar else self._quanto_esperar())
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

    def _quanto_esperar(self):
        """Segundos até o próximo prazo; None se não há nenhum."""
        prazos = [fila.vence() for fila in (self.conversando, self.em_silencio, self.despedindo) if fila]
        if self.volta_do_accept:
            prazos.append(self.volta_do_accept)
        return max(min(prazos) - time.monotonic(), 0) if prazos else None

    def _por(self, conexao, acao, *args):
        """Faz `acao` por um cliente; o que der errado encerra só a conexão dele (PI-24)."""
        try:
            acao(conexao, *args)
        except (Exception, SystemExit) as erro:  # um sys.exit no sorteio do usuário também não encerra o serviço
            self._perder(conexao, erro)

    def _perder(self, conexao, erro):
        # RST e rede fora do ar são OSError; o resto é defeito nosso, e também não derruba os outros clientes.
        rede = isinstance(erro, OSError)
        por_que, detalhe = ("conexão perdida", motivo(erro)) if rede else ("erro interno", repr(erro))
        self._anotar("erro", conexao=conexao, detalhe=f"{por_que}: {detalhe}")
        self._fechar(conexao, por_que)

    # A vida de uma conexão: aceitar, receber, tratar, enviar, despedir, fechar.

    def _aceitar(self, agora):
        for _ in range(64):  # um punhado por volta, para que os já conectados também sejam atendidos
            try:
                client_socket, remoto = self.server_socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return  # ninguém mais na fila, ou o cliente desistiu antes do accept
            except OSError as erro:
                # Faltam descritores: tentar sem parar gastaria o processador; a fila do kernel segura.
                self._anotar("erro", "accept()", detalhe=f"{motivo(erro)}; nova tentativa em 0,5 s")
                self.seletor.unregister(self.server_socket)
                self.volta_do_accept = agora + 0.5
                return
            try:
                client_socket.setblocking(False)
                local = client_socket.getsockname() if self.local[0] == "0.0.0.0" else self.local
            except OSError:  # no macOS, quem já desistiu só se descobre aqui
                client_socket.close()
                continue
            conexao = _Conexao(client_socket, local, remoto, Conversa(self.sorteio), agora)
            por_que = self._de_um_endereco_so(remoto)
            if len(self.conversando) >= self.limite:
                por_que = CHEIO
            if por_que and len(self.despedindo) >= MAXIMO_A_DESPEDIR:
                self._por(conexao, self._recusar, por_que)
                continue
            self.seletor.register(client_socket, selectors.EVENT_READ, conexao)
            self.conversando.entrar(conexao)
            self._anotar("conecta", "accept()", conexao)
            if por_que:
                self._por(conexao, self._despedir, por_que, agora)

    def _de_um_endereco_so(self, remoto):
        """Conta mais uma conexão deste endereço; se passou do limite, diz por que não cabe."""
        if not self.max_por_endereco:
            return ""
        self.por_endereco[remoto[0]] += 1
        return DEMAIS if self.por_endereco[remoto[0]] > self.max_por_endereco else ""

    def _recusar(self, conexao, motivo):
        """Avisa que não há lugar e fecha na hora, sem esperar o cliente ler (PI-25)."""
        conexao.client_socket.send(_aviso(motivo))
        self._fechar(conexao, motivo)

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
        self._anotar("recebe", CHAMADA_DO_RECV, conexao, dados)
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
            elif type(mensagem) is Apresentacao:
                nome = mensagem.nome
                self._anotar("apresenta", conexao=conexao, dados=nome.encode(), detalhe=nome)
            elif type(mensagem) is Invalido:
                self._anotar("erro", conexao=conexao, dados=mensagem.dados, detalhe=mensagem.motivo)
        respostas = conexao.conversa.codificar(mensagens)
        if respostas:
            self._enviar(conexao, respostas, agora)

    def _enviar(self, conexao, dados, agora):
        """Envia o que couber; o resto fica em `a_enviar` até o socket dizer que há espaço de novo."""
        dados = conexao.a_enviar + dados
        antes = time.monotonic()
        try:
            enviados = conexao.client_socket.send(dados)
        except (BlockingIOError, InterruptedError):
            enviados = 0
        if enviados:
            self._anotar("envia", f"send({len(dados)} bytes)", conexao, dados[:enviados], instante=antes)
            if conexao.desde != agora:  # quem acabou de receber já está no fim da fila
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
            self._despedir(conexao, f"silêncio de {segundos(self.conversando.segundos)}", agora)

    def _despedir(self, conexao, motivo, agora, avisar=True):
        """Envia o que falta, encerra o envio e espera o cliente fechar, até o prazo (PI-27)."""
        if not conexao.aberta:
            return
        self._tirar_das_filas(conexao)
        conexao.adeus, conexao.desde = motivo, agora
        self.despedindo.entrar(conexao)
        self._enviar(conexao, _aviso(motivo) if avisar else b"", agora)

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
        if self.max_por_endereco:
            self.por_endereco[conexao.remoto[0]] -= 1
            if not self.por_endereco[conexao.remoto[0]]:
                del self.por_endereco[conexao.remoto[0]]
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

    def _anotar(self, tipo, chamada="", conexao=None, dados=b"", detalhe="", instante=None):
        local, remoto = (conexao.local, conexao.remoto) if conexao else (self.local, None)
        self.diario.registrar("servidor", tipo, chamada, local, remoto, dados, detalhe, instante)


def _aviso(motivo):
    """Os bytes que dizem ao cliente por que a conexão vai ser fechada."""
    return f"ERRO {motivo}\n".encode()


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


def lembrar_no_fork(motor):
    """Depois de um fork a thread não existe no filho: o motor fecha lá as cópias dos descritores.

    Sem isto, a porta continuaria ocupada pelo filho depois de o pai parar o servidor. Só se fecha
    a cópia: a conexão segue viva no pai.
    """
    _motores.add(motor)


def _fechar_no_filho():
    for motor in list(_motores):
        motor.diario.destrancar()
        motor.fechar_no_filho()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fechar_no_filho)
