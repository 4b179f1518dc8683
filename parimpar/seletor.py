"""A quem se pode atender agora: o `selectors` da aula 07, ou, no Linux, o `epoll` sem o que há entre os dois.

O `selectors` serve a todos os sistemas, mas monta uma chave a cada registro e passa por várias funções: registrar
e tirar um socket custa mais nelas do que nas duas chamadas ao sistema. Num servidor em que cada pergunta é uma
conexão, isso pesa. Os dois seletores daqui têm os mesmos métodos, e `select` devolve logo quem foi registrado.
"""

import select
import selectors
from selectors import EVENT_READ, EVENT_WRITE


def criar():
    """O melhor seletor que este sistema tem."""
    tem_epoll = selectors.DefaultSelector is getattr(selectors, "EpollSelector", None)
    return SeletorDoEpoll() if tem_epoll else SeletorComum()


class SeletorComum:
    """O do módulo `selectors`: `kqueue` no macOS, `select` no Windows."""

    def __init__(self):
        self._seletor = selectors.DefaultSelector()

    @property
    def maximo(self):
        """Quantos sockets cabem; None se só o sistema limita."""
        return 512 if isinstance(self._seletor, selectors.SelectSelector) else None  # o select do Python no Windows

    def register(self, sock, o_que, quem):
        self._seletor.register(sock, o_que, quem)

    def modify(self, sock, o_que, quem):
        self._seletor.modify(sock, o_que, quem)

    def unregister(self, sock):
        self._seletor.unregister(sock)

    def select(self, prazo=None):
        """Espera até `prazo` segundos (None: sem prazo) e devolve os que têm algo a fazer."""
        return [chave.data for chave, _ in self._seletor.select(prazo)]

    def registrados(self):
        return [chave.data for chave in (self._seletor.get_map() or {}).values()]

    def close(self):
        self._seletor.close()


class SeletorDoEpoll:
    """O `epoll` do Linux e um dicionário: de cada descritor, quem foi registrado."""

    maximo = None

    def __init__(self):
        self._epoll, self._quem = select.epoll(), {}

    def register(self, sock, o_que, quem):
        descritor = sock.fileno()
        self._epoll.register(descritor, _NO_EPOLL[o_que])
        self._quem[descritor] = quem

    def modify(self, sock, o_que, quem):
        descritor = sock.fileno()
        self._epoll.modify(descritor, _NO_EPOLL[o_que])
        self._quem[descritor] = quem

    def unregister(self, sock):
        descritor = sock.fileno()
        del self._quem[descritor]
        # O close também tiraria, mas só se nenhum outro processo tivesse uma cópia do descritor.
        self._epoll.unregister(descritor)

    def select(self, prazo=None):
        """Espera até `prazo` segundos (None: sem prazo) e devolve os que têm algo a fazer."""
        quem = self._quem
        return [quem[descritor] for descritor, _ in self._epoll.poll(prazo)]

    def registrados(self):
        return list(self._quem.values())

    def close(self):
        self._epoll.close()
        self._quem.clear()


_NO_EPOLL = {EVENT_READ: getattr(select, "EPOLLIN", 0), EVENT_WRITE: getattr(select, "EPOLLOUT", 0)}
