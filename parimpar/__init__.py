"""parimpar: sockets de rede, de verdade e passo a passo.

    from parimpar import Servidor, Cliente

    with Servidor() as servidor:
        with Cliente(*servidor.endereco) as cliente:
            print(cliente.perguntar("7"), "FIM")  # ÍMPAR FIM
            cliente.devolver()

Importar o pacote é instantâneo: cada nome só é carregado quando é usado.
"""

import sys
from importlib import import_module

if sys.platform == "emscripten":  # o Python do navegador: lá um socket se abre, mas não fala com ninguém
    raise ImportError(
        "Este Python roda dentro do navegador, onde não há sockets de verdade. Leia o curso no site dele, ou instale-o "
        "no seu computador: python iniciar.py."
    )

_ONDE = {
    "Servidor": "servidor",
    "Cliente": "cliente",
    "Diario": "diario",
    "Painel": "aulas.painel",
    "classificar": "protocolo",
    "sortear_numero": "cliente",
    "estado": "kernel",
    "observar": "aulas.observado",
    "ClienteUDP": "udp",
    "ServidorUDP": "udp",
    "ErroParimpar": "erros",
}

__all__ = list(_ONDE)


def __getattr__(nome):
    if nome in _ONDE:
        return getattr(import_module(f".{_ONDE[nome]}", __name__), nome)
    raise AttributeError(f"o pacote parimpar não tem {nome!r}; ele tem: {', '.join(__all__)}")


def __dir__():
    return [*globals(), *__all__]
