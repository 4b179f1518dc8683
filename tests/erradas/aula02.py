from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

_CONECTA = "def perguntar(e, t):\n    s = socket.create_connection(e)\n"
_ENVIA = f"{_CONECTA}    s.send(t.encode())\n"
_LACO = "def receber_tudo(sock, quantos):\n    d = b''\n    while len(d) < quantos:\n"

ERRADAS = [
    ("receber_tudo", "def receber_tudo(sock, quantos):\n    return sock.recv(quantos)", ERRADO, "um recv não basta"),
    ("receber_tudo", "def receber_tudo(sock, quantos):\n    return sock.recv(1024)", ERRADO, "um recv não basta"),
    ("receber_tudo", f"{_LACO}        d += sock.recv(1024)\n    return d", ERRADO, "da mensagem seguinte"),
    ("receber_tudo", f"{_LACO}        d += sock.recv(quantos - len(d))\n    return d", PARADO, "o laço tem como acabar?"),
    ("receber_tudo", f"{_LACO}        p = sock.recv(quantos - len(d))\n        if not p:\n            break\n        d += p", ERRADO, "falta o return"),
    ("receber_tudo", f"{_LACO}        p = sock.recv(quantos - len(d))\n        if not p:\n            return b''\n        d += p\n    return d", ERRADO, "devolva o que chegou"),
    ("receber_tudo", "def receber_tudo(sock, quantos):\n    d = ''\n    while len(d) < quantos:\n        d += sock.recv(1)\n    return d", QUEBROU, "não se junta texto com bytes"),
    ("receber_tudo", f"{_LACO}        p = sock.recv(quantos - len(d))\n        if not p:\n            break\n        d += p\n    return d.decode()", ERRADO, "tire o decode"),
    ("receber_tudo", "def receber_tudo(sock, quantos):\n    d = b''\n    while True:\n        p = sock.recv(quantos)\n        if not p:\n            return d\n        d += p", PARADO, "em recv, à espera de: bytes da outra ponta"),
    ("receber_tudo", "def receber_tudo(sock, quantos):\n    d = b''\n    faltam = quantos\n    while faltam:\n        d = sock.recv(faltam)\n        if not d:\n            break\n        faltam -= len(d)\n    return d", ERRADO, "o segundo pedaço apagou o primeiro"),
    ("perguntar", "def perguntar(e, t):\n    return 'ÍMPAR'", ERRADO, "nenhuma conexão chegou"),
    ("perguntar", f"{_CONECTA}    return s.recv(9)", PARADO, "na linha 3, em recv, à espera de: bytes da outra ponta"),
    ("perguntar", f"{_CONECTA}    s.send(t)", QUEBROU, "na linha 3, TypeError: um socket só leva bytes, e veio um texto"),
    ("perguntar", f"{_ENVIA}", ERRADO, "falta o return"),
    ("perguntar", f"{_ENVIA}    r = s.recv(99)\n    s.close()\n    return r", ERRADO, "falta o decode"),
    ("perguntar", f"{_ENVIA}    return s.recv(99).decode()", ERRADO, "o socket ficou aberto"),
    ("perguntar", f"{_ENVIA}    return s.recv(99).decode()\n    s.close()", ERRADO, "depois do return não é executado"),
    ("perguntar", f"{_CONECTA}    s.send(b'9')", ERRADO, "não são os do texto"),
    ("perguntar", f"{_ENVIA}    s.close()\n    return s.recv(99).decode()", QUEBROU, "o socket já estava fechado"),
    ("perguntar", "def perguntar(e, t):\n    s = socket.socket()\n    s.send(t.encode())\n    return s.recv(99).decode()", QUEBROU, "nunca se conectou"),
    ("perguntar", "def perguntar(e, t):\n    s = socket.socket()\n    s.connect(e[0], e[1])", QUEBROU, "faltam os parênteses de dentro"),
    ("perguntar", f"{_ENVIA}    r = s.recv(99).decode()\n    s.close()\n    return r + ' FIM'", ERRADO, "sem o FIM"),
    ("perguntar", f"{_ENVIA}    r = s.recv(3)\n    s.close()\n    return r.decode()", ERRADO, "não é o que o servidor enviou"),
    ("perguntar", "def perguntar(e, t):\n    with observar(socket.socket(), 'cliente') as s:\n        s.connect(e)", QUEBROU, "A função é executada sozinha"),
]  # fmt: skip
