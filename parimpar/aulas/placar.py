"""O placar da turma: quem é cada cliente, o que ele já fez e o que lhe falta, lido do diário do servidor.

Nada aqui fala com a rede: o servidor anota, e o placar só lê no diário, a partir de um cursor, o que chegou desde a
última vez. Quem não se apresenta (PI-50) é conhecido pelo endereço IP (PI-51), e o mesmo nome vindo de dois endereços
são duas pessoas. Tudo tem limite, porque um cliente hostil também está na rede.
"""

import heapq
import time
from collections import Counter, OrderedDict

from ..motor import AVISOS, CALADO, CHEIO, DEMAIS
from ..protocolo import tipo_da_resposta
from ..texto import visivel
from .aluno import Aluno

MAXIMO_DE_LINHAS = 400  # alunos no placar: dez turmas
NOMES_POR_ENDERECO = 64  # atrás de um roteador, ou num JupyterHub, uma turma inteira tem um endereço só
RONDA = 0.2  # segundos entre dois desenhos dele: mesmo que um demore, não se atrasa mais de meio segundo
FATIA = 10  # segundos de cada ponto do gráfico de respostas
FATIAS = 6 * 360  # guardam-se seis horas
CLIENTES_UDP = 1000  # endereços lembrados, os que falaram por último
AVISADOS = tuple(f"ERRO {aviso}" for aviso in AVISOS)
BYTES_PENDENTES = 4096  # do que se envia a um cliente e ainda não tem \n: mais do que a maior resposta


class _Conexao:
    """O que se sabe de uma conexão aberta."""

    __slots__ = ("aluno", "em_linha", "pendente", "pedacos", "a_enviar", "respostas", "boas", "devolvidas", "avisada")

    def __init__(self, aluno):
        self.aluno = aluno
        self.em_linha = False
        self.pendente = False  # chegou o começo de um pedido, e ainda não o fim
        self.pedacos = 0  # em quantas leituras veio o pedido que está chegando
        self.a_enviar = b""  # o pedaço de resposta que o servidor enviou e ainda não terminou
        self.respostas = 0
        self.boas = 0  # as que não são ERRO
        self.devolvidas = 0  # o servidor anota a devolução antes da resposta, se as duas vieram no mesmo recv
        self.avisada = False  # o servidor lhe disse por que a fecha


class Placar:
    """A turma vista pelo servidor; `atualizar()` lê o que há de novo no diário.

    Args:
        diario: o do servidor; pode ser o mesmo de um `Servidor` e de um `ServidorUDP`.
    """

    def __init__(self, diario):
        self.diario, self._cursor = diario, diario.cursor
        self.comeco = time.monotonic()
        self.alunos = {}  # (nome, ip): Aluno, na ordem de chegada
        self.perdidos = 0  # eventos que o diário jogou fora antes de serem lidos
        self._recusados = Counter()  # ip: nomes e conexões que não couberam
        self.por_fatia = Counter()  # instante // FATIA: respostas
        self._conexoes, self._udp = {}, OrderedDict()  # por endereço de quem fala
        self._nomes = Counter()
        self._quantos, self._livres = 0, []  # números já dados, e os de linhas que não existem mais

    def atualizar(self):
        """Lê os eventos novos e devolve quantos foram."""
        antes = self._cursor
        eventos, self._cursor = self.diario.desde(antes)
        if perdidos := self._cursor - antes - len(eventos):
            self._recomecar(perdidos)
        for evento in eventos:
            if evento.remoto and evento.quem == "servidor":
                self._ler(evento)
        return self._cursor - antes

    @property
    def recusados(self):
        """{endereço: quantos nomes, conexões e eventos dele passaram dos limites}."""
        return self._recusados + getattr(self.diario, "excesso", Counter())

    @property
    def conexoes_abertas(self):
        """Quantas conexões TCP estão abertas agora."""
        return len(self._conexoes)

    def rotulos(self, anonimo=False):
        """{aluno: como chamá-lo}: o nome, com o endereço se há dois iguais; sem nome, o endereço; ou só números."""
        if anonimo:
            return {aluno: f"aluno {aluno.numero}" for aluno in self.alunos.values()}
        quantos = Counter(nome for nome, _ in self.alunos)
        return {
            aluno: aluno.ip if not nome else f"{nome} ({ip})" if quantos[nome] > 1 else nome
            for (nome, ip), aluno in self.alunos.items()
        }

    def como_dado(self):
        """O placar inteiro num dicionário que vira JSON; os tempos são segundos desde o começo."""
        agora = time.monotonic()
        alunos = [
            {
                "nome": aluno.nome, "endereco": aluno.ip, "pedidos": aluno.pedidos, "respostas": dict(aluno.respostas),
                "devolucoes": aluno.devolucoes, "divergentes": aluno.divergentes, "abertas": aluno.abertas,
                "forma": aluno.forma, "defeito": aluno.defeito, "calado_ha": round(agora - aluno.ultimo, 1),
                "intervalo": None if aluno.intervalo is None else round(aluno.intervalo, 2),
                "missoes": {nome: round(quando - self.comeco, 1) for nome, quando in aluno.missoes.items()},
            }
            for aluno in self.alunos.values()
        ]  # fmt: skip
        return {"segundos": round(agora - self.comeco, 1), "alunos": alunos, "perdidos": self.perdidos,
                "recusados": dict(self.recusados)}  # fmt: skip

    def _recomecar(self, perdidos):
        """Sem os eventos que faltam não se sabe quem ainda está conectado: volta a contar quem der sinal."""
        self.perdidos += perdidos
        for conexao in self._conexoes.values():
            conexao.aluno.abertas = 0
        self._conexoes.clear()

    # Um evento de cada vez.

    def _ler(self, evento):
        conexao = self._conexoes.get(evento.remoto)
        if conexao is None and (evento.chamada.startswith(("recvfrom", "sendto")) or evento.remoto in self._udp):
            conexao = self._do_udp(evento)
        elif conexao is None:
            if evento.tipo == "fecha":  # nem chegou a entrar, ou entrou num evento que se perdeu
                if evento.detalhe in (CHEIO, DEMAIS):
                    self._contar_recusa(evento.remoto[0])
                return
            conexao = self._conectar(evento)
        conexao.aluno.ultimo = evento.instante
        ler = getattr(self, f"_ler_{evento.tipo}", None)
        if ler:
            ler(conexao, evento)

    def _conectar(self, evento):
        conexao = self._conexoes[evento.remoto] = _Conexao(self._aluno("", evento.remoto[0]))
        conexao.aluno.abertas += 1
        conexao.aluno.cumprir("conectou", evento.instante)
        return conexao

    def _do_udp(self, evento):
        conexao = self._udp.setdefault(evento.remoto, _Conexao(self._aluno("", evento.remoto[0])))
        self._udp.move_to_end(evento.remoto)
        if len(self._udp) > CLIENTES_UDP:
            self._udp.popitem(last=False)
        if evento.tipo == "envia":
            conexao.aluno.cumprir("udp", evento.instante)
        return conexao

    def _aluno(self, nome, ip):
        """A linha dele, nova ou não; quando não cabem mais, a dos que não couberam daquele endereço."""
        aluno = self.alunos.get((nome, ip))
        if aluno is None:
            nomes_demais = nome and self._nomes[ip] >= NOMES_POR_ENDERECO
            if nomes_demais or (len(self.alunos) >= MAXIMO_DE_LINHAS and not self._dar_lugar()):
                self._contar_recusa(ip)
                return self._aluno("", ip) if nome else Aluno("", ip, 0)
            self._nomes[ip] += bool(nome)
            self._quantos += not self._livres
            aluno = Aluno(nome, ip, heapq.heappop(self._livres) if self._livres else self._quantos)
            self.alunos[nome, ip] = aluno
        return aluno

    def _tirar(self, aluno):
        del self.alunos[aluno.nome, aluno.ip]
        self._nomes[aluno.ip] -= bool(aluno.nome)
        heapq.heappush(self._livres, aluno.numero)

    def _dar_lugar(self):
        """Tira a linha mais antiga de quem foi embora sem perguntar nada; diz se havia uma."""
        for aluno in self.alunos.values():
            if not aluno.pedidos and not aluno.abertas:
                self._tirar(aluno)
                return True
        return False

    def _contar_recusa(self, ip):
        if ip in self._recusados or len(self._recusados) < MAXIMO_DE_LINHAS:
            self._recusados[ip] += 1

    def _ler_apresenta(self, conexao, evento):
        sem_nome = conexao.aluno
        vazia = not sem_nome.nome and sem_nome.abertas == 1 and not sem_nome.pedidos and not sem_nome.defeito
        if vazia and self.alunos.get(("", sem_nome.ip)) is sem_nome:
            self._tirar(sem_nome)  # a linha só existia até ele dizer quem é
        conexao.aluno = self._aluno(evento.detalhe, evento.remoto[0])
        if conexao.aluno is sem_nome:
            return
        sem_nome.abertas -= 1
        conexao.aluno.abertas += 1
        conexao.aluno.ultimo = evento.instante
        conexao.aluno.cumprir("conectou", evento.instante)
        conexao.pendente, conexao.pedacos = False, 0  # o que chegou até agora era a apresentação

    def _ler_recebe(self, conexao, evento):
        if not conexao.pendente:
            conexao.pedacos = 0
        conexao.pedacos += 1
        conexao.em_linha = conexao.em_linha or b"\n" in evento.dados
        conexao.pendente = not evento.dados.endswith(b"\n")
        conexao.aluno.forma = "linha" if conexao.em_linha else "crua"

    def _ler_envia(self, conexao, evento):
        textos = self._textos(conexao, evento.dados)
        aluno = conexao.aluno
        for texto in textos:
            if texto.startswith(AVISADOS):
                self._avisar(conexao, texto)
                continue
            tipo = tipo_da_resposta(texto)
            conexao.respostas += 1
            conexao.boas += tipo != "ERRO"
            aluno.pedir(evento.instante)
            aluno.receber(tipo, evento.instante)
            self._contar_na_fatia(evento.instante)
            if tipo != "ERRO" and conexao.pedacos > 1 and len(textos) == 1:
                aluno.cumprir("pedacos", evento.instante)
                aluno.defeito = aluno.defeito or "mandou em pedaços"
            if conexao.respostas > 1:
                aluno.cumprir("dois", evento.instante)
        if not conexao.em_linha:
            conexao.pendente = False

    def _avisar(self, conexao, texto):
        """O servidor se despede de quem não perguntou: não coube, ou ficou calado."""
        conexao.avisada = True
        if CALADO in texto:
            conexao.aluno.defeito = "ficou calado até o fim do prazo"
        else:
            self._contar_recusa(conexao.aluno.ip)

    @staticmethod
    def _textos(conexao, dados):
        """As respostas inteiras que este envio completou: um send pode levar várias, ou um pedaço de uma."""
        dados = conexao.a_enviar + dados
        if not conexao.em_linha:
            conexao.a_enviar = b""
            return [dados.decode("utf-8", "replace").removesuffix("\n")]
        *linhas, resto = dados.split(b"\n")
        conexao.a_enviar = resto[:BYTES_PENDENTES]
        return [linha.decode("utf-8", "replace") for linha in linhas]

    def _ler_devolve(self, conexao, evento):
        aluno, certa = conexao.aluno, evento.detalhe.startswith("confere")
        conexao.devolvidas += 1
        if certa:
            aluno.devolucoes += 1
            aluno.cumprir("devolveu", evento.instante)
        else:
            aluno.divergentes += 1
            aluno.defeito = f"devolveu {visivel(evento.dados, 20)} em vez da resposta"

    def _ler_erro(self, conexao, evento):
        if conexao.avisada:
            return  # foi embora sem ler o aviso
        if evento.dados:
            conexao.aluno.defeito = f"mandou {visivel(evento.dados, 20)}"
        elif "perdida" in evento.detalhe:
            conexao.aluno.defeito = "a conexão caiu no meio"

    def _ler_fecha(self, conexao, evento):
        aluno = conexao.aluno
        aluno.abertas -= 1
        del self._conexoes[evento.remoto]
        if evento.detalhe == "o servidor parou" or conexao.avisada:
            return
        if "não lê" in evento.detalhe:
            aluno.defeito = "não lê as respostas"
        elif not conexao.respostas:
            aluno.defeito = aluno.defeito or "conectou-se e não perguntou"
        elif conexao.devolvidas < conexao.boas:
            aluno.defeito = "não devolveu com FIM"

    def _contar_na_fatia(self, instante):
        self.por_fatia[max(int((instante - self.comeco) // FATIA), 0)] += 1
        if len(self.por_fatia) > FATIAS:
            del self.por_fatia[min(self.por_fatia)]
