from avaliador.exercicios.resultado import ERRADO, QUEBROU

ERRADAS = [
    ("quantos_bytes", "def quantos_bytes(t):\n    return len(t)", ERRADO, "'ÍMPAR' tem 5 caracteres, que ocupam 6 bytes"),
    ("quantos_bytes", "def quantos_bytes(t):\n    print(len(t.encode()))", ERRADO, "falta o return"),
    ("quantos_bytes", "def quantos_bytes(t):\n    return t.encode()", ERRADO, "devolva quantos são, com len"),
    ("quantos_bytes", "def quantos_bytes(t):\n    return list(t.encode())", ERRADO, "devolva quantos são, com len"),
    ("quantos_bytes", "def quantos_bytes(t):\n    return str(len(t.encode()))", ERRADO, "um número inteiro; veio '1'"),
    ("quantos_bytes", "def quantos_bytes(t):\n    return len(t.encode)", QUEBROU, "veja se faltam parênteses"),
    ("quantos_bytes", "def quantos_bytes(t):\n    return len(t).encode()", QUEBROU, "encode é dos textos"),
    ("quantos_bytes", "def quantos_bytes(t):\n    return len(t.encode()) + 1", ERRADO, "esperava 1, e veio 2"),
    ("quantos_bytes", "def quantos_bytes(t):\n    return len(t.decode())", QUEBROU, "já é texto"),
    ("montar_pedido", "def montar_pedido(numero):\n    return numero + '\\n'", ERRADO, "falta o .encode()"),
    ("montar_pedido", "def montar_pedido(numero):\n    return numero.encode()", ERRADO, "falta a quebra de linha"),
    ("montar_pedido", "def montar_pedido(numero):\n    return (numero + '\\\\n').encode()", ERRADO, "uma barra só"),
    ("montar_pedido", "def montar_pedido(numero):\n    return numero.encode() + '\\n'", QUEBROU, "não se junta texto com bytes"),
    ("montar_pedido", "def montar_pedido(numero):\n    return bytes(int(numero))", ERRADO, "cada algarismo é um caractere"),
    ("montar_pedido", "def montar_pedido(numero):\n    return bytes([int(numero), 10])", ERRADO, "cada algarismo é um caractere"),
    ("montar_pedido", "def montar_pedido(numero):\n    return b'numero\\n'", ERRADO, "entre aspas vai a palavra"),
    ("montar_pedido", "def montar_pedido(numero):\n    return ('\\n' + numero).encode()", ERRADO, "vem no fim"),
    ("montar_pedido", "def montar_pedido(numero):\n    print(numero.encode())", ERRADO, "falta o return"),
    ("montar_pedido", "def montar_pedido(numero):\n    return (numero + '\\r\\n').encode()", ERRADO, "sem \\r"),
]  # fmt: skip
