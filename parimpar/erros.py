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

import errno

_MOTIVOS = {
    "EACCES": "o sistema não permite",
    "EAGAIN": "agora não há o que fazer sem esperar",
    "EADDRINUSE": "o endereço já está em uso",
    "EADDRNOTAVAIL": "o endereço não é desta máquina",
    "EALREADY": "a conexão ainda está sendo feita",
    "EBADF": "o socket já foi fechado",
    "ECONNABORTED": "a conexão foi abandonada",
    "ECONNREFUSED": "ninguém escuta nessa porta",
    "ECONNRESET": "a outra ponta reiniciou a conexão",
    "EHOSTUNREACH": "não há caminho até o hospedeiro",
    "EINPROGRESS": "a conexão está sendo feita",
    "EINVAL": "o socket não está em estado de fazer isso",
    "EISCONN": "o socket já está conectado",
    "EMFILE": "acabaram os descritores deste processo",
    "ENETUNREACH": "não há caminho até a rede",
    "ENFILE": "acabaram os descritores do sistema",
    "ENOSPC": "acabou o espaço no disco",
    "ENOTCONN": "o socket não está conectado",
    "ENOTSOCK": "isso não é um socket",
    "EPIPE": "a outra ponta já tinha fechado",
    "ETIMEDOUT": "a outra ponta não respondeu",
    "EWOULDBLOCK": "agora não há o que fazer sem esperar",
}


def motivo(erro):
    """Diz em português o que houve num `OSError`, com o nome dos manuais: EPIPE, ECONNRESET…"""
    if isinstance(erro, TimeoutError) and erro.errno is None:
        return "o prazo acabou"
    if type(erro).__name__ == "gaierror":  # pelo nome: protocolo.py usa este arquivo, e não pode importar socket
        return "não se achou um endereço IPv4 para esse nome"
    nome = errno.errorcode.get(erro.errno or 0, "")
    frase = _MOTIVOS.get(nome.removeprefix("WSA"), erro.strerror or str(erro))
    return f"{frase} ({nome})" if nome else frase


def segundos(quantos):
    """Escreve um tempo como se escreve em português: 0,4 s."""
    return f"{quantos:g} s".replace(".", ",")


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
