"""O que quer dizer, em português, o erro do Python em que uma resposta parou.

As mensagens do Python são em inglês e falam da linguagem, não da rede; estas dizem o que faltou.
"""

import errno
import re

# (exceção, trecho da mensagem do Python, causa); vale a primeira que serve. Os grupos do trecho entram na causa.
_CAUSAS = [
    ("TypeError", r"a bytes-like object is required, not 'str'", "um socket só leva bytes, e veio um texto: falta o .encode()"),
    ("TypeError", r"a bytes-like object is required, not '(\w+)'", "um socket só leva bytes, e veio {}: escreva str(…).encode()"),
    ("TypeError", r"only concatenate str \(not \"bytes\"|can't concat", "não se junta texto com bytes: decode() nos bytes, ou encode() no texto"),
    ("TypeError", r"only concatenate str|must be str, not int", "não se junta texto com número: use str(…), ou um texto com f na frente"),
    ("TypeError", r"(?:connect|bind)\(\) takes exactly one argument", "o argumento é um só, a tupla (endereço, porta): faltam os parênteses de dentro"),
    ("TypeError", r"address must be tuple, not (\w+)", "o endereço é uma tupla, (hospedeiro, porta), e veio {}"),
    ("TypeError", r"(?:str|string), bytes or bytearray expected, not tuple", "o endereço já é a tupla (hospedeiro, porta): passe-o inteiro, sem outra em volta"),
    ("TypeError", r"not all arguments converted", "com um texto, % não é o resto da divisão: converta antes, com int(…)"),
    ("TypeError", r"argument after \* must be an iterable", "args é uma tupla: com um argumento só a vírgula é obrigatória, como em args=(conexao,)"),
    ("TypeError", r"has no len\(\)", "len conta o que um texto, bytes ou uma lista têm: veja se faltam parênteses numa chamada, ou str(…) num número"),
    ("TypeError", r"'(\w+)' object is not callable", "os parênteses chamam uma função, e ali há {}"),
    ("TypeError", r"missing \d+ required|takes \d+ positional|takes from \d+|takes no arguments", "a quantidade de argumentos não é a que a função pede"),
    ("TypeError", r"'str' object cannot be interpreted as an integer|integer is required", "esperava um número, e veio um texto: use int(…)"),
    ("TypeError", r"sequence item \d+: expected", "join junta textos com textos, ou bytes com bytes"),
    ("TypeError", r"NoneType", "veio None: alguma função chamada não devolveu nada"),
    ("TypeError", r"unsupported operand|not supported between", "a conta mistura tipos: converta o texto, com int(…)"),
    ("AttributeError", r"'tuple' object has no attribute '(?:recv|send|sendall|close|settimeout)'", "accept devolve duas coisas: conexao, endereco = server_socket.accept()"),
    ("AttributeError", r"'bytes' object has no attribute 'encode'", "já são bytes: encode é só para texto"),
    ("AttributeError", r"'str' object has no attribute 'decode'", "já é texto: decode é só para bytes"),
    ("AttributeError", r"'int' object has no attribute 'encode'", "encode é dos textos: escreva str(…).encode()"),
    ("AttributeError", r"'NoneType' object has no attribute", "veio None: alguma função chamada não devolveu nada"),
    ("ValueError", r"invalid literal for int\(\)", "int não achou um número no que recebeu"),
    ("ValueError", r"values to unpack", "a quantidade de nomes antes do = não é a dos valores que vieram"),
    ("UnicodeDecodeError", "", "estes bytes não formam texto em UTF-8: talvez falte o resto de um caractere"),
    ("RuntimeError", r"threads can only be started once", "cada thread só se inicia uma vez: crie outra"),
    ("ConnectionRefusedError", "", "ninguém escuta nesse endereço"),
    ("BrokenPipeError", "", "a outra ponta já tinha fechado, ou este socket nunca se conectou"),
    ("ConnectionResetError", "", "a outra ponta reiniciou a conexão"),
    ("TimeoutError", "", "o prazo acabou antes de acontecer o que se esperava"),
    ("gaierror", "", "não se achou um endereço IPv4 para esse nome"),
]  # fmt: skip

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
    for nome, trecho, frase in _CAUSAS:
        if type(erro).__name__ == nome and (achou := re.search(trecho, str(erro))):
            return frase.format(*achou.groups())
    return ""
