"""Como se escrevem em português os bytes, os endereços, as contagens, os tempos e os erros do sistema.

O que vem da rede é hostil: `visivel` tira dele os caracteres de controle e o encurta.
"""

import errno
import re

_BYTE_SOLTO = re.compile(r"\\(?:\\|udc([89a-f][0-9a-f]))")  # a barra dobrada passa antes, e fica como está
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
    "EEXIST": "já existe",
    "EHOSTUNREACH": "não há caminho até o hospedeiro",
    "EINPROGRESS": "a conexão está sendo feita",
    "EINVAL": "o socket não está em estado de fazer isso",
    "EISCONN": "o socket já está conectado",
    "EISDIR": "é uma pasta",
    "EMFILE": "acabaram os descritores deste processo",
    "ENAMETOOLONG": "o nome é longo demais",
    "ENETUNREACH": "não há caminho até a rede",
    "ENFILE": "acabaram os descritores do sistema",
    "ENOENT": "não existe",
    "ENOSPC": "acabou o espaço no disco",
    "ENOTCONN": "o socket não está conectado",
    "ENOTDIR": "não é uma pasta",
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


def contar(quantos, um="byte", varios="bytes"):
    """Escreve uma contagem: 1 byte, 2 bytes."""
    return f"{quantos} {um if quantos == 1 else varios}"


def endereco(par):
    """Escreve (host, porta) como o costume manda: 127.0.0.1:60000."""
    if not isinstance(par, tuple):  # um socket que não é da Internet, como os AF_UNIX
        return visivel(par, aspas=False) if par else "?"
    return f"{par[0]}:{par[1]}"


def visivel(dados, limite=60, aspas=True):
    """Escreve bytes ou texto vindos da rede sem caracteres de controle e sem passar do limite.

    >>> print(visivel(b"\\xc3\\x8dMPAR\\x1b[31m\\n"))
    'ÍMPAR\\x1b[31m\\n'
    >>> print(visivel(b"7\\xc3"))  # meio caractere aparece como num texto do Python
    '7\\xc3'
    """
    # Um caractere tem até 4 bytes; o byte a mais diz se ficou algo de fora.
    texto = dados[: limite * 4 + 1].decode("utf-8", "surrogateescape") if isinstance(dados, bytes) else str(dados)
    cortado = len(texto) > limite
    texto = texto[:limite]
    if aspas or isinstance(dados, bytes):
        # repr escapa tudo a que o terminal poderia obedecer; um byte que não é texto volta a ser \xc3.
        texto = _BYTE_SOLTO.sub(lambda m: f"\\x{m[1]}" if m[1] else m[0], repr(texto))
        texto = texto if aspas else texto[1:-1]
    else:  # uma frase: a barra que já está nela não se dobra
        texto = "".join(letra if letra.isprintable() else repr(letra)[1:-1] for letra in texto)
    return texto + ("…" if cortado else "")
