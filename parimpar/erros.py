"""Os erros do pacote, separados por quem errou.

    ErroParimpar
    ├── ErroDeUso            quem chamou: argumento errado, ordem errada (é também ValueError)
    │   └── PortaOcupada     a porta pedida já está em uso
    ├── ErroDeProtocolo      a outra ponta: mandou algo que não é do protocolo
    └── ErroDeRede           a rede ou o sistema operacional
        ├── ConexaoRecusada  ninguém escuta naquele endereço
        ├── ConexaoPerdida   a outra ponta fechou ou reiniciou a conexão no meio
        └── TempoEsgotado    o prazo acabou antes da resposta

Toda mensagem diz o que se esperava, o que veio e o que fazer. O `OSError` original, quando
há um, fica em `__cause__`.
"""


class ErroParimpar(Exception):
    """A base: `except ErroParimpar` pega todos os erros deste pacote."""


class ErroDeUso(ErroParimpar, ValueError):
    """Quem chamou pediu algo impossível."""


class PortaOcupada(ErroDeUso):
    """A porta pedida já está em uso por outro programa, ou por outra célula."""


class ErroDeProtocolo(ErroParimpar):
    """A outra ponta mandou algo que o protocolo não permite."""


class ErroDeRede(ErroParimpar):
    """A rede, ou o sistema operacional, não conseguiu fazer o que se pediu."""


class ConexaoRecusada(ErroDeRede):
    """O hospedeiro respondeu que ninguém escuta naquela porta."""


class ConexaoPerdida(ErroDeRede):
    """A outra ponta fechou ou reiniciou a conexão antes de responder."""


class TempoEsgotado(ErroDeRede):
    """O prazo acabou antes de a resposta chegar."""
