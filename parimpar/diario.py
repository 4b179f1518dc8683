"""O diário: tudo o que aconteceu, na ordem em que aconteceu.

Servidores, clientes e sockets observados só escrevem; telas, diagramas e testes só leem, a partir
de um cursor. Só se acrescentam eventos, até um limite, e várias threads podem usá-lo: nenhuma
thread de fundo imprime nada, ela anota aqui.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass

from .texto import contar, endereco, visivel

EVENTOS_GUARDADOS = 10_000  # os mais antigos saem quando chegam novos
BYTES_GUARDADOS = 4096  # de cada evento; `tamanho` diz quantos foram de fato


@dataclass(frozen=True, slots=True)
class Evento:
    """Uma coisa que aconteceu num socket.

    numero: posição no diário, a partir de 0.
    instante: segundos do relógio monotônico (só diferenças fazem sentido). Num envio é o de antes
        da chamada; numa chegada, o de depois: em ordem de instante, a causa vem antes do efeito.
    quem: "servidor" ou "cliente".
    tipo: "inicia", "conecta", "recebe", "envia", "devolve", "apresenta", "fecha", "erro", "para", ou
        "chama", que é uma chamada que não move bytes, como bind.
    chamada: a chamada de socket que foi feita, como "recv(4096)"; vazia se nenhuma foi.
    local, remoto: endereços (host, porta) das duas pontas, ou None.
    dados: os bytes que passaram, até `BYTES_GUARDADOS`.
    tamanho: quantos bytes passaram.
    detalhe: o que mais há a dizer, em português.
    duracao: segundos que a chamada levou, quando foi medida (sockets observados); a maior parte
        deles é espera.
    """

    numero: int
    instante: float
    quem: str
    tipo: str
    chamada: str = ""
    local: tuple | None = None
    remoto: tuple | None = None
    dados: bytes = b""
    tamanho: int = 0
    detalhe: str = ""
    duracao: float = 0.0

    def __str__(self):
        outro = ("cliente" if self.quem == "servidor" else "servidor") + (
            f" {endereco(self.remoto)}" if self.remoto else ""
        )
        bytes_ = f" {visivel(self.dados)} ({contar(self.tamanho)})" if self.dados else ""
        frase = {
            "chama": f"{self.quem} chamou {self.chamada}",
            "inicia": f"servidor escutando em {endereco(self.local)}",
            "conecta": f"{outro} conectou-se" if self.quem == "servidor" else f"cliente conectou-se ao {outro}",
            "recebe": f"{outro} → {self.quem}{bytes_}",
            "envia": f"{self.quem} → {outro}{bytes_}",
            "devolve": f"{outro} devolveu{bytes_}",
            "apresenta": f"{outro} apresentou-se",  # o nome está no detalhe
            "erro": f"erro com o {outro}{bytes_}" if self.remoto else "erro",
            "fecha": f"{self.quem} fechou a conexão com o {outro}" if self.remoto else f"{self.quem} fechou o socket",
            "para": "servidor parado",
        }[self.tipo]
        return f"{frase}: {visivel(self.detalhe, 200, aspas=False)}" if self.detalhe else frase


class Diario:
    """Registro limitado de eventos, para várias threads escreverem e lerem.

    Args:
        maximo: quantos eventos guardar; os mais antigos dão lugar aos novos.
    """

    def __init__(self, maximo=EVENTOS_GUARDADOS):
        # Guardam-se tuplas; o Evento só é montado para quem lê, porque quem escreve tem pressa.
        self._registros = deque(maxlen=maximo)
        self._total = 0
        self.destrancar()

    def destrancar(self):
        """Cria as trancas; no filho de um fork, cria outras: a thread que segurava uma delas não existe lá."""
        self._tranca = threading.Lock()
        self._novidade = threading.Condition(self._tranca)
        self._a_espera = 0

    def registrar(
        self, quem, tipo, chamada="", local=None, remoto=None, dados=b"", detalhe="", instante=None, duracao=0.0
    ):
        """Acrescenta um evento; pode ser chamado de qualquer thread.

        Quem envia passa o `instante` de antes da chamada: assim o envio vem sempre antes da
        chegada, mesmo que a outra thread anote primeiro.
        """
        instante, guardados = instante or time.monotonic(), bytes(dados[:BYTES_GUARDADOS])
        registro = (instante, quem, tipo, chamada, local, remoto, guardados, len(dados), detalhe, duracao)
        self.registrar_varios([registro])

    def registrar_varios(self, registros):
        """Acrescenta vários eventos de uma vez; cada um é uma tupla com os campos de `Evento` depois do número."""
        with self._tranca:  # a mesma da condição, sem passar por ela: escreve-se muito mais do que se espera
            self._registros.extend(registros)
            self._total += len(registros)
            if self._a_espera:
                self._novidade.notify_all()

    @property
    def cursor(self):
        """A posição logo depois do último evento: `desde(cursor)` só traz o que vier depois."""
        return self._total

    def desde(self, cursor=0):
        """Devolve (eventos a partir do cursor, cursor para a próxima leitura).

        Os eventos que já saíram por falta de espaço são pulados; a falta deles aparece no `numero`.
        """
        with self._novidade:
            total, guardados = self._total, len(self._registros)
            faltam = min(max(total - cursor, 0), guardados)
            fim = reversed(self._registros)  # lê só o que falta, do fim para o começo
            registros = [next(fim) for _ in range(faltam)][::-1]
        primeiro = total - len(registros)
        return [Evento(primeiro + i, *registro) for i, registro in enumerate(registros)], total

    def esperar(self, condicao, prazo, cursor=0):
        """Espera um evento, a partir do cursor, para o qual `condicao(evento)` seja verdadeira.

        Args:
            prazo: segundos.

        Returns:
            O evento, ou None se o prazo acabou.
        """
        limite = time.monotonic() + prazo
        while True:
            eventos, cursor = self.desde(cursor)
            for evento in eventos:
                if condicao(evento):
                    return evento
            with self._novidade:
                self._a_espera += 1
                try:
                    if not self._novidade.wait_for(lambda: self._total > cursor, limite - time.monotonic()):
                        return None
                finally:
                    self._a_espera -= 1

    def __iter__(self):
        return iter(self.desde(0)[0])

    def __len__(self):
        return len(self._registros)

    def __str__(self):
        return "\n".join(map(str, self))

    def __repr__(self):
        return f"<Diario com {len(self)} eventos, {self._total} ao todo>"
