"""Uma volta do cliente no painel, e com que servidor ela se faz."""

from dataclasses import dataclass

from ..cliente import Cliente
from ..diario import Diario
from ..erros import ErroDeUso
from ..protocolo import tipo_da_resposta

PORTA_DO_TRABALHO = 60000  # a do enunciado, que o mural também usa


@dataclass(frozen=True)
class Troca:
    """Uma volta do cliente: o que foi enviado, o que voltou (ou o erro) e os segundos até lá."""

    numero: str
    resposta: str | None
    erro: str | None
    segundos: float

    @property
    def tipo(self):
        """O tipo da resposta, como em `tipo_da_resposta`, ou "sem resposta"."""
        return "sem resposta" if self.resposta is None else tipo_da_resposta(self.resposta)

    def __str__(self):
        return f"{self.numero} → {self.erro if self.resposta is None else f'{self.resposta} FIM'}"


class ServidorDeOutro:
    """O servidor que outra pessoa ligou, nesta ou noutra máquina: dele só se sabe o endereço."""

    ligado = True

    def __init__(self, host, porta):
        Cliente(host, porta)  # confere o endereço, sem conectar
        self.endereco, self.diario = (host, porta), Diario()


def servidor_de_fora(servidor=None, host=None, porta=None):
    """O servidor que se pediu ao painel, de um destes jeitos; None se não se pediu nenhum.

    Raises:
        ErroDeUso: não é um servidor nem um endereço, ou pedem-se duas coisas ao mesmo tempo.
    """
    if host is None and porta is None:
        if isinstance(servidor, tuple) and len(servidor) == 2:
            return ServidorDeOutro(*servidor)
        if servidor is None or hasattr(servidor, "iniciar"):
            return servidor
        raise ErroDeUso(f"esperava um Servidor ou um endereço (host, porta), e veio {servidor!r}")
    if servidor is not None:
        raise ErroDeUso("esperava ou o servidor, ou o host e a porta dele, e vieram os dois; deixe um só")
    if host is None:
        raise ErroDeUso(
            f'veio a porta {porta!r} e faltou o host do servidor: Painel(host="127.0.0.1", porta={porta!r}), por exemplo'
        )
    return ServidorDeOutro(host, PORTA_DO_TRABALHO if porta is None else porta)
