from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

_LETRAS = "''.join(random.choices(string.ascii_letters, k=casas))"


def _responder(casas="len(t.lstrip('+-'))", letras=_LETRAS, limite="> 10", paridade="['PAR', 'ÍMPAR'][n % 2]", inteiro="int(t)"):  # fmt: skip
    return (
        f"def responder_a_tudo(t):\n    try:\n        n = {inteiro}\n    except ValueError:\n        return 'ERRO'\n    casas = {casas}\n"
        f"    return {letras} if casas {limite} else {paridade}"
    )


_ATENDER = "def atender(conexao, responder):\n"
_RESPONDE = f"{_ATENDER}    conexao.sendall(responder(conexao.recv(99).decode()).encode())\n"

ERRADAS = [
    ("responder_a_tudo", _responder(paridade="['ÍMPAR', 'PAR'][n % 2]"), ERRADO, "a paridade está trocada"),
    ("responder_a_tudo", _responder(limite=">= 10"), ERRADO, "10 casas ainda não são mais de 10"),
    ("responder_a_tudo", _responder(casas="len(t)"), ERRADO, "o sinal não conta"),
    ("responder_a_tudo", _responder(casas="len(str(abs(n)))"), ERRADO, "os zeros à esquerda contam"),
    ("responder_a_tudo", _responder(letras="'A' * casas"), ERRADO, "quatro respostas iguais"),
    ("responder_a_tudo", _responder(letras="t"), ERRADO, "o próprio número"),
    ("responder_a_tudo", _responder(letras="random.choices(string.ascii_letters, k=casas)"), ERRADO, "''.join(…) junta as letras"),
    ("responder_a_tudo", _responder(paridade="['PAR', 'IMPAR'][n % 2]"), ERRADO, "falta o acento"),
    ("responder_a_tudo", _responder(paridade="['par', 'ímpar'][n % 2]"), ERRADO, "maiúsculas"),
    ("responder_a_tudo", _responder(paridade="['PAR\\n', 'ÍMPAR\\n'][n % 2]"), ERRADO, "sem espaço nem quebra de linha"),
    ("responder_a_tudo", _responder(letras="''.join(random.choices('0123456789', k=casas))"), ERRADO, "só letras de A a Z"),
    ("responder_a_tudo", "def responder_a_tudo(t):\n    print('PAR')", ERRADO, "falta o return"),
    ("responder_a_tudo", f"def responder_a_tudo(t):\n    casas = len(t.lstrip('+-'))\n    return {_LETRAS} if casas > 10 else ['PAR', 'ÍMPAR'][int(t) % 2]", ERRADO, "parou com ValueError"),
    ("responder_a_tudo", f"def responder_a_tudo(t):\n    casas = len(t.lstrip('+-'))\n    if casas > 10:\n        return {_LETRAS}\n    try:\n        return ['PAR', 'ÍMPAR'][int(t) % 2]\n    except ValueError:\n        return 'ERRO'", ERRADO, "'abcdefghijkl' não é um número: a resposta começa com ERRO"),
    ("responder_a_tudo", "def responder_a_tudo(t):\n    if not t.isdigit():\n        return 'ERRO'\n    return ['PAR', 'ÍMPAR'][int(t) % 2]", ERRADO, "o sinal é permitido"),
    ("responder_a_tudo", "def responder_a_tudo(t):\n    return ['PAR', 'ÍMPAR'][t % 2]", QUEBROU, "com um texto, % não é o resto da divisão"),
    ("atender", f"{_ATENDER}    conexao.close()\n    return ''", ERRADO, "esperava a resposta de responder"),
    ("atender", f"{_RESPONDE}    return ''", ERRADO, "falta o segundo recv"),
    ("atender", f"{_RESPONDE}    return conexao.recv(99).decode()", ERRADO, "a conexão ficou aberta"),
    ("atender", f"{_RESPONDE}    conexao.close()\n    return conexao.recv(99).decode()", ERRADO, "você fechou a conexão antes de ler a devolução"),
    ("atender", f"{_RESPONDE}    conexao.close()\n    return ''", ERRADO, "você fechou a conexão antes de ler a devolução"),
    ("atender", f"{_ATENDER}    with conexao:\n        conexao.sendall(responder(conexao.recv(99).decode()).encode())\n    return conexao.recv(99).decode()", ERRADO, "você fechou a conexão antes de ler a devolução"),
    ("atender", f"{_ATENDER}    with conexao:\n        conexao.sendall(responder(conexao.recv(99).decode()).encode())\n        conexao.recv(99)", ERRADO, "falta o return"),
    ("atender", f"{_ATENDER}    with conexao:\n        conexao.sendall(responder(conexao.recv(99).decode()).encode())\n        return conexao.recv(99)", ERRADO, "falta o decode"),
    ("atender", f"{_ATENDER}    conexao.sendall(responder(conexao.recv(99)).encode())\n    return ''", ERRADO, "falta o decode"),
    ("atender", f"{_ATENDER}    conexao.sendall(responder(conexao.recv(99).decode()))", QUEBROU, "falta o .encode()"),
    ("atender", f"{_ATENDER}    conexao.sendall(responder().encode())", QUEBROU, "a quantidade de argumentos"),
    ("atender", f"{_ATENDER}    outra, _ = conexao.accept()\n    return ''", QUEBROU, "na linha 2, OSError"),
    ("atender", f"{_ATENDER}    responder(conexao.recv(99).decode())\n    return conexao.recv(99).decode()", PARADO, "esperava a resposta de responder"),
]  # fmt: skip
