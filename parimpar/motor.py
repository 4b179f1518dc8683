"""A thread que atende os clientes: um seletor e as chamadas do dicionário, sem bloquear.

A thread dá voltas: pergunta ao sistema operacional quais sockets têm algo a fazer (`select`), e
faz: `accept` no socket de escuta, `recv` e `send` nos sockets dos clientes. Nenhuma chamada
bloqueia, por isso um cliente parado não atrasa os outros (PI-22). O que os bytes querem dizer é
assunto de protocolo.py; o que aconteceu fica no diário.
"""

import functools
import os
import socket
import sys
import threading
import time
import weakref
from collections import Counter, OrderedDict
from selectors import EVENT_READ, EVENT_WRITE

from . import seletor
from .diario import BYTES_GUARDADOS
from .protocolo import SILENCIO, Apresentacao, Conversa, Devolucao, Pedido
from .texto import motivo, segundos

TAMANHO_DO_RECV = 4096  # bytes por leitura: limita também quanto se responde de uma vez
CHAMADA_DO_RECV = f"recv({TAMANHO_DO_RECV})"
MENSAGENS_POR_VOLTA = 32  # de cada cliente: 4096 linhas vazias num recv só fariam todos os outros esperar
ACEITAS_POR_VOLTA = 64  # conexões novas: um punhado, para que os já conectados também sejam atendidos
CONEXOES_POR_PADRAO = 10_000
DESCRITORES_RESERVADOS = 64  # para o resto do processo: o kernel do Jupyter também usa sockets
DESCANSO = 0.5  # segundos sem accept quando faltam descritores
ADEUS = 2.0  # segundos que se espera o cliente ler a última resposta antes do close (PI-27)
MAXIMO_A_DESPEDIR = 64  # clientes além do limite que se despedem ao mesmo tempo; os demais são fechados na hora
CHEIO = "servidor cheio"
DEMAIS = "conexões demais do mesmo endereço"
CALADO = "silêncio de"
AVISOS = CHEIO, DEMAIS, CALADO  # o começo do que se diz a um cliente que não perguntou: não são respostas
PRAZO_DE_PARADA = 2.0  # segundos para a thread terminar


class Conexao:
    """Um cliente conectado: o socket, a conversa e o que ainda falta enviar."""

    __slots__ = ("client_socket", "local", "remoto", "conversa", "a_enviar", "entupida", "desde", "adeus", "aberta")

    def __init__(self, client_socket, local, remoto, conversa, agora):
        self.client_socket, self.local, self.remoto, self.conversa = client_socket, local, remoto, conversa
        self.a_enviar = b""  # respostas que ainda não saíram
        self.entupida = False  # não couberam no send: espera-se espaço, e nada mais é lido até lá
        self.desde = agora  # o último instante em que algo andou
        self.adeus = ""  # por que fecha assim que tudo for enviado; vazio enquanto conversa
        self.aberta = True


class Fila(OrderedDict):
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
        self.conversando = Fila(silencio)  # PI-23
        self.em_silencio = Fila(SILENCIO)  # o pedido cru já acabou? (PI-11)
        self.despedindo = Fila(ADEUS)  # espera-se o cliente ler a última resposta (PI-27)
        self.a_responder = []  # conexões com respostas desta volta
        self.com_sobra = []  # conexões com linhas que chegaram e ficaram para a próxima volta
        self.anotacoes = []  # o que vai para o diário
        self.parando = False
        self.volta_do_accept = None  # faltaram descritores: o accept descansa até este instante
        self.seletor = seletor.criar()
        self.acorda, self.acordador = socket.socketpair()
        self.seletor.register(server_socket, EVENT_READ, server_socket)
        self.seletor.register(self.acorda, EVENT_READ, self.acorda)
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
        self.anotar("inicia", "listen(…)", detalhe="; ".join(avisos))
        self.escrever_o_diario()

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
        for quem in self.seletor.registrados():
            (quem.client_socket if type(quem) is Conexao else quem).close()
        self.server_socket.close()  # fora do seletor enquanto o accept descansa
        self.acordador.close()
        self.seletor.close()

    def run(self):
        try:
            while not self.parando:
                self.dar_uma_volta()
            for _ in range(3):  # o que já tinha chegado ainda é lido: o último FIM fica no diário
                self.dar_uma_volta(sem_esperar=True)
        except Exception as erro:  # guardado: `Servidor.parar` o entrega a quem chamou
            self.falha = erro
            self.anotar("erro", detalhe=f"o servidor parou: {erro!r}")
        finally:
            self.fechar_tudo()

    def dar_uma_volta(self, sem_esperar=False):
        """Recebe de quem enviou algo, cuida dos prazos e responde."""
        prontos = self.seletor.select(0 if sem_esperar else self.quanto_esperar())
        if self.com_sobra:
            self.tratar_as_sobras()
        for quem in prontos:
            if quem is self.server_socket:
                self.aceitar()
            elif quem is not self.acorda:  # esse só acorda a thread, para parar
                try:
                    if quem.entupida:
                        self.enviar(quem, time.monotonic())
                    else:
                        self.receber(quem)
                except (Exception, SystemExit) as erro:
                    self.perder(quem, erro)
        self.cuidar_dos_prazos()
        self.escrever_o_diario()  # o que se recebeu já está escrito quando o cliente lê a resposta
        self.responder()
        self.escrever_o_diario()

    def quanto_esperar(self):
        """Segundos até o próximo prazo; None se não há nenhum."""
        if self.com_sobra:
            return 0
        prazos = [fila.vence() for fila in (self.conversando, self.em_silencio, self.despedindo) if fila]
        if self.volta_do_accept:
            prazos.append(self.volta_do_accept)
        return max(min(prazos) - time.monotonic(), 0) if prazos else None

    def cuidar_dos_prazos(self):
        agora = time.monotonic()
        for conexao in self.em_silencio.vencidas(agora):
            self.por(conexao, self.ouvir_o_silencio)
        for conexao in self.conversando.vencidas(agora):
            self.por(conexao, self.calar)
        for conexao in self.despedindo.vencidas(agora):
            self.fechar(conexao, conexao.adeus)
        if self.volta_do_accept and agora >= self.volta_do_accept:
            self.volta_do_accept = None
            self.seletor.register(self.server_socket, EVENT_READ, self.server_socket)

    def por(self, conexao, acao, *args):
        """Faz `acao` por um cliente; o que der errado encerra só a conexão dele (PI-24)."""
        try:
            acao(conexao, *args)
        except (Exception, SystemExit) as erro:  # um sys.exit no sorteio do usuário também não encerra o serviço
            self.perder(conexao, erro)

    def perder(self, conexao, erro):
        # RST e rede fora do ar são OSError; o resto é defeito nosso, e também não derruba os outros clientes.
        rede = isinstance(erro, OSError)
        por_que, detalhe = ("conexão perdida", motivo(erro)) if rede else ("erro interno", repr(erro))
        self.anotar("erro", "", conexao, detalhe=f"{por_que}: {detalhe}")
        self.fechar(conexao, por_que)

    # A vida de uma conexão: aceitar, receber, tratar, responder, enviar, despedir, fechar.

    def aceitar(self):
        agora = time.monotonic()
        for _ in range(ACEITAS_POR_VOLTA):
            try:
                client_socket, remoto = self.server_socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return  # ninguém mais na fila, ou o cliente desistiu antes do accept
            except OSError as erro:
                # Faltam descritores: tentar sem parar gastaria o processador; a fila do kernel segura.
                quando = f"nova tentativa em {segundos(DESCANSO)}"
                self.anotar("erro", "accept()", detalhe=f"{motivo(erro)}; {quando}")
                self.seletor.unregister(self.server_socket)
                self.volta_do_accept = agora + DESCANSO
                return
            try:
                client_socket.setblocking(False)
                local = client_socket.getsockname() if self.local[0] == "0.0.0.0" else self.local
            except OSError:  # no macOS, quem já desistiu só se descobre aqui
                client_socket.close()
                continue
            conexao = Conexao(client_socket, local, remoto, Conversa(self.sorteio), agora)
            por_que = self.nao_cabe(remoto)
            if por_que and len(self.despedindo) >= MAXIMO_A_DESPEDIR:
                self.por(conexao, self.recusar, por_que)
                continue
            self.seletor.register(client_socket, EVENT_READ, conexao)
            self.conversando[conexao] = None
            self.anotar("conecta", "accept()", conexao)
            if por_que:
                self.despedir(conexao, por_que)
            else:
                self.por(conexao, self.receber)  # quem se conecta em geral já enviou: poupa-se uma volta

    def nao_cabe(self, remoto):
        """Diz por que não há lugar para mais uma conexão, ou desse endereço; vazio se há."""
        livres = self.limite - len(self.conversando)
        if self.max_por_endereco:
            self.por_endereco[remoto[0]] += 1
            # Nenhum endereço tem mais conexões do que as que ainda cabem: quem chega por último sempre acha lugar.
            if self.por_endereco[remoto[0]] > max(min(self.max_por_endereco, livres), 1):
                return DEMAIS
        return "" if livres > 0 else CHEIO

    def recusar(self, conexao, por_que):
        """Avisa que não há lugar e fecha na hora, sem esperar o cliente ler (PI-25)."""
        conexao.client_socket.send(_aviso(por_que))
        self.fechar(conexao, por_que)

    def receber(self, conexao):
        conversa = conexao.conversa
        if conversa.sobra and not conexao.adeus:
            return  # primeiro, o que já chegou
        try:
            dados = conexao.client_socket.recv(TAMANHO_DO_RECV)
        except (BlockingIOError, InterruptedError):
            return
        if not dados or conexao.adeus:
            self.receber_o_fim(conexao, dados)
            return
        agora = conexao.desde = time.monotonic()
        self.conversando.move_to_end(conexao)
        # O que se anota a cada mensagem vai direto para a lista, sem passar por `anotar`: cada chamada pesa.
        self.anotacoes.append(
            (agora, "servidor", "recebe", CHAMADA_DO_RECV, conexao.local, conexao.remoto, dados, len(dados), "")
        )
        self.tratar(conexao, conversa.receber(dados, MENSAGENS_POR_VOLTA))
        if self.em_silencio or not conversa.em_linha:
            self.vigiar_o_silencio(conexao)

    def receber_o_fim(self, conexao, dados):
        """O cliente encerrou o envio, ou o servidor é que se despede dele."""
        if conexao.adeus:  # o que ainda chega é lido e jogado fora, para o close não virar RST (PI-27)
            if not dados:
                self.fechar(conexao, conexao.adeus)
            return
        self.tratar(conexao, conexao.conversa.fim())
        if conexao.a_enviar:
            self.despedir(conexao, "o cliente encerrou o envio", avisar=False)
        else:
            self.fechar(conexao, "o cliente encerrou o envio")

    def vigiar_o_silencio(self, conexao):
        if conexao.conversa.espera_silencio:
            self.em_silencio.entrar(conexao)
        else:
            self.em_silencio.sair(conexao)

    def ouvir_o_silencio(self, conexao):
        """Na forma crua, o silêncio encerra o pedido (PI-11)."""
        self.tratar(conexao, conexao.conversa.silencio())

    def tratar_as_sobras(self):
        sobras, self.com_sobra = self.com_sobra, []
        for conexao in sobras:
            if conexao.aberta and not conexao.entupida:  # a entupida volta para a lista quando houver espaço
                self.por(conexao, self.tratar_a_sobra)

    def tratar_a_sobra(self, conexao):
        self.tratar(conexao, conexao.conversa.receber(b"", MENSAGENS_POR_VOLTA))

    def tratar(self, conexao, mensagens):
        """Guarda as respostas às mensagens completas e anota as que não são pedidos."""
        if not mensagens:
            return
        conversa = conexao.conversa
        for mensagem in mensagens:
            if type(mensagem) is not Pedido:
                self.anotar_mensagem(conexao, mensagem)
        respostas = conversa.codificar(mensagens)
        if respostas:
            self.guardar(conexao, respostas)
        if conversa.encerrada:
            self.despedir(conexao, "pedido longo demais", avisar=False)
        elif conversa.sobra:
            self.com_sobra.append(conexao)

    def guardar(self, conexao, dados):
        """Deixa os bytes para o fim da volta, quando se responde a todos."""
        if not conexao.a_enviar:  # senão, já está na lista ou à espera de espaço
            self.a_responder.append(conexao)
        conexao.a_enviar += dados

    def responder(self):
        agora, a_responder, self.a_responder = time.monotonic(), self.a_responder, []
        for conexao in a_responder:
            if conexao.aberta:
                try:
                    self.enviar(conexao, agora)
                except Exception as erro:
                    self.perder(conexao, erro)

    def enviar(self, conexao, agora):
        """Envia o que couber; o resto fica em `a_enviar` até o socket dizer que há espaço de novo."""
        dados = conexao.a_enviar
        try:
            enviados = conexao.client_socket.send(dados)
        except (BlockingIOError, InterruptedError):
            enviados = 0
        conexao.a_enviar = resto = dados[enviados:]
        if enviados:
            conexao.desde = agora
            chamada, foram = _chamada_do_send(len(dados)), dados[: min(enviados, BYTES_GUARDADOS)]
            self.anotacoes.append(
                (agora, "servidor", "envia", chamada, conexao.local, conexao.remoto, foram, enviados, "")
            )
            (self.despedindo if conexao.adeus else self.conversando).move_to_end(conexao)
        if resto or conexao.entupida:
            self.ouvir(conexao, EVENT_WRITE if resto else EVENT_READ)
        if conexao.adeus and not resto:
            conexao.client_socket.shutdown(socket.SHUT_WR)

    def ouvir(self, conexao, o_que):
        """Enquanto houver o que enviar não se lê mais nada: quem não lê também não é lido."""
        entupida = o_que == EVENT_WRITE
        if conexao.entupida != entupida:
            self.seletor.modify(conexao.client_socket, o_que, conexao)
            conexao.entupida = entupida
        if not entupida and conexao.conversa.sobra:
            self.com_sobra.append(conexao)

    def calar(self, conexao):
        if conexao.entupida:
            self.fechar(conexao, "o cliente não lê as respostas")
        else:
            self.despedir(conexao, f"{CALADO} {segundos(self.conversando.segundos)}")

    def despedir(self, conexao, por_que, avisar=True):
        """Envia o que falta, encerra o envio e espera o cliente fechar, até o prazo (PI-27)."""
        self.tirar_das_filas(conexao)
        conexao.adeus, conexao.desde = por_que, time.monotonic()
        self.despedindo[conexao] = None
        if avisar:
            self.guardar(conexao, _aviso(por_que))

    def fechar(self, conexao, por_que):
        conexao.aberta = False
        self.tirar_das_filas(conexao)
        try:
            self.seletor.unregister(conexao.client_socket)
        except KeyError:
            pass  # recusada antes de entrar no seletor
        conexao.client_socket.close()
        if self.max_por_endereco:
            self.por_endereco[conexao.remoto[0]] -= 1
            if not self.por_endereco[conexao.remoto[0]]:
                del self.por_endereco[conexao.remoto[0]]
        self.anotar("fecha", "close()", conexao, detalhe=por_que)

    def tirar_das_filas(self, conexao):
        for fila in (self.conversando, self.em_silencio, self.despedindo):
            if fila:
                fila.sair(conexao)

    def fechar_tudo(self):
        for conexao in [*self.conversando, *self.despedindo]:
            self.fechar(conexao, "o servidor parou")
        self.seletor.close()
        for sock in (self.server_socket, self.acorda, self.acordador):
            sock.close()
        self.anotar("para", "close()")
        self.escrever_o_diario()

    def anotar_mensagem(self, conexao, mensagem):
        if type(mensagem) is Devolucao:
            confere = "confere" if mensagem.confere else "divergente: não é a última resposta + FIM"
            self.anotar("devolve", "", conexao, mensagem.texto.encode(), confere)
        elif type(mensagem) is Apresentacao:
            self.anotar("apresenta", "", conexao, mensagem.nome.encode(), mensagem.nome)
        else:
            self.anotar("erro", "", conexao, mensagem.dados, mensagem.motivo)

    def anotar(self, tipo, chamada="", conexao=None, dados=b"", detalhe="", instante=None):
        local, remoto = (conexao.local, conexao.remoto) if conexao else (self.local, None)
        guardados, instante = dados[:BYTES_GUARDADOS], instante or time.monotonic()
        self.anotacoes.append((instante, "servidor", tipo, chamada, local, remoto, guardados, len(dados), detalhe))

    def escrever_o_diario(self):
        if self.anotacoes:
            self.diario.registrar_varios(self.anotacoes)
            self.anotacoes.clear()


@functools.lru_cache(maxsize=1024)  # os mesmos tamanhos se repetem
def _chamada_do_send(bytes_):
    return f"send({bytes_} bytes)"


def _aviso(motivo):
    """Os bytes que dizem ao cliente por que a conexão vai ser fechada."""
    return f"ERRO {motivo}\n".encode()


def _quantas_o_sistema_deixa(seletor):
    """Quantas conexões cabem neste processo, deixando descritores para o resto dele."""
    reserva = DESCRITORES_RESERVADOS + MAXIMO_A_DESPEDIR
    if seletor.maximo:
        return seletor.maximo - reserva
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
