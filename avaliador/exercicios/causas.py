"""O que quer dizer, em português, o erro do Python em que uma resposta parou.

As mensagens do Python são em inglês e falam da linguagem, não da rede; estas dizem o que faltou.
"""

import errno
import re

# {exceção e trecho da mensagem do Python: causa}; vale a primeira que serve. Os grupos do trecho entram na causa.
_CAUSAS = {
    r"TypeError: a bytes-like object is required, not 'str'": "um socket só leva bytes, e veio um texto: falta o .encode()",
    r"TypeError: a bytes-like object is required, not '(\w+)'": "um socket só leva bytes, e veio {}: escreva str(…).encode()",
    r"TypeError: only concatenate str \(not \"bytes\"|can't concat": "não se junta texto com bytes: decode() nos bytes, ou encode() no texto",
    r"TypeError: only concatenate str|must be str, not int": "não se junta texto com número: use str(…), ou um texto com f na frente",
    r"TypeError: (?:connect|bind)\(\) takes exactly one argument": "o argumento é um só, a tupla (endereço, porta): faltam os parênteses de dentro",
    r"TypeError: address must be tuple, not (\w+)": "o endereço é uma tupla, (hospedeiro, porta), e veio {}",
    r"TypeError: (?:str|string), bytes or bytearray expected, not tuple": "o endereço já é a tupla (hospedeiro, porta): passe-o inteiro, sem outra em volta",
    r"TypeError: not all arguments converted": "com um texto, % não é o resto da divisão: converta antes, com int(…)",
    r"TypeError: argument after \* must be an iterable": "args é uma tupla: com um argumento só a vírgula é obrigatória, como em args=(conexao,)",
    r"TypeError: has no len\(\)": "len conta o que um texto, bytes ou uma lista têm: veja se faltam parênteses numa chamada, ou str(…) num número",
    r"TypeError: '(\w+)' object is not callable": "os parênteses chamam uma função, e ali há {}",
    r"TypeError: missing \d+ required|takes \d+ positional|takes from \d+|takes no arguments": "a quantidade de argumentos não é a que a função pede",
    r"TypeError: 'str' object cannot be interpreted as an integer|integer is required": "esperava um número, e veio um texto: use int(…)",
    r"TypeError: sequence item \d+: expected": "join junta textos com textos, ou bytes com bytes",
    r"TypeError: NoneType": "veio None: alguma função chamada não devolveu nada",
    r"TypeError: unsupported operand|not supported between": "a conta mistura tipos: converta o texto, com int(…)",
    r"AttributeError: 'tuple' object has no attribute '(?:recv|send|sendall|close|settimeout)'": "accept devolve duas coisas, a conexão e o endereço: faltam os dois nomes antes do =",
    r"AttributeError: 'bytes' object has no attribute 'encode'": "já são bytes: encode é só para texto",
    r"AttributeError: 'str' object has no attribute 'decode'": "já é texto: decode é só para bytes",
    r"AttributeError: 'int' object has no attribute 'encode'": "encode é dos textos: escreva str(…).encode()",
    r"AttributeError: 'NoneType' object has no attribute": "veio None: alguma função chamada não devolveu nada",
    r"ValueError: invalid literal for int\(\)": "int não achou um número no que recebeu",
    r"ValueError: values to unpack": "a quantidade de nomes antes do = não é a dos valores que vieram",
    r"UnicodeDecodeError: ": "estes bytes não formam texto em UTF-8: talvez falte o resto de um caractere",
    r"RuntimeError: threads can only be started once": "cada thread só se inicia uma vez: crie outra",
    r"ConnectionRefusedError: ": "ninguém escuta nesse endereço",
    r"BrokenPipeError: ": "a outra ponta já tinha fechado, ou este socket nunca se conectou",
    r"ConnectionResetError: ": "a outra ponta reiniciou a conexão",
    r"TimeoutError: ": "o prazo acabou antes de acontecer o que se esperava",
    r"gaierror: ": "não se achou um endereço IPv4 para esse nome",
}  # fmt: skip

_DO_SISTEMA = {
    errno.EBADF: "o socket já estava fechado: o close, ou o fim do with, veio antes",
    errno.ENOTCONN: "este socket não está conectado: a conversa passa pelo do connect, ou pelo que o accept devolveu",
    errno.EINVAL: "o socket não está em estado de fazer isso: falta o listen, ou alguém o encerrou",
    errno.EADDRINUSE: "a porta já tem dono",
    errno.EISCONN: "este socket já está conectado: para outra conexão, crie outro",
    errno.EOPNOTSUPP: "este tipo de socket não escuta: o de listen é SOCK_STREAM",
}


def causa(erro):
    """A causa mais comum deste erro, ou "" se não há o que acrescentar."""
    if isinstance(erro, OSError) and erro.errno in _DO_SISTEMA:
        return _DO_SISTEMA[erro.errno]
    for chave, frase in _CAUSAS.items():
        nome, _, trecho = chave.partition(": ")
        if type(erro).__name__ == nome and (achou := re.search(trecho, str(erro))):
            return frase.format(*achou.groups())
    return ""
