"""Uma volta do cliente no painel, e com que servidor ela se faz."""

from dataclasses import dataclass

from ..cliente import Cliente
from ..diario import Diario
from ..protocolo import tipo_da_resposta


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
