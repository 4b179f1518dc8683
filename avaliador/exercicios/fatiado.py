"""Um par de sockets de verdade em que cada leitura do aluno encontra um pedaço só, sempre o mesmo."""

import select
import socket


class Fatiado(socket.socket):
    """A ponta do aluno: antes de cada leitura sem nada na fila, a outra ponta envia o pedaço seguinte.

    Assim o fatiamento não depende de tempo, e nenhum pedaço chega colado no outro. Use com `with`.

    Args:
        pedacos: lista de bytes.
        encerra: se, depois deles, a outra ponta encerra o envio; senão, fica calada.
    """

    def __init__(self, pedacos, encerra=False):
        dele, self.outra = socket.socketpair()
        super().__init__(dele.family, dele.type, dele.proto, dele.detach())
        self._pedacos, self._encerra = list(pedacos), encerra

    def recv(self, *argumentos):
        self._enviar_o_seguinte()
        return super().recv(*argumentos)

    def recv_into(self, *argumentos):  # é por onde um makefile lê
        self._enviar_o_seguinte()
        return super().recv_into(*argumentos)

    def __exit__(self, *exc):
        self.outra.close()
        super().__exit__(*exc)

    def _enviar_o_seguinte(self):
        if self.fileno() == -1 or select.select([self], [], [], 0)[0]:
            return  # o aluno já fechou, ou não leu tudo o que está na fila
        if self._pedacos:
            self.outra.sendall(self._pedacos.pop(0))
        elif self._encerra:
            self.outra.shutdown(socket.SHUT_WR)
