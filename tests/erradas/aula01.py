from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

_NOVO = "    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n"
_SERVIDOR, _CLIENTE = f"def abrir_servidor(porta):\n{_NOVO}", f"def alguem_escuta(e):\n{_NOVO}"
_TENTA = "    try:\n        s.connect(e)\n"

ERRADAS = [
    ("abrir_servidor", f"{_SERVIDOR}    s.bind(('127.0.0.1', porta))\n    return s", ERRADO, "falta o listen"),
    ("abrir_servidor", f"{_SERVIDOR}    s.listen()\n    return s", ERRADO, "todos os endereços da máquina"),
    ("abrir_servidor", f"{_SERVIDOR}    return s", ERRADO, "falta o bind"),
    ("abrir_servidor", f"{_SERVIDOR}    s.bind('127.0.0.1', porta)\n    s.listen()\n    return s", QUEBROU, "faltam os parênteses de dentro"),
    ("abrir_servidor", f"{_SERVIDOR}    s.bind(('127.0.0.1', porta))\n    s.listen()", ERRADO, "falta o return do socket"),
    ("abrir_servidor", f"{_SERVIDOR}    s.bind(('127.0.0.1', porta))\n    return s.listen()", ERRADO, "bind e listen não devolvem nada"),
    ("abrir_servidor", f"{_SERVIDOR}    with s:\n        s.bind(('127.0.0.1', porta))\n        s.listen()\n        return s", ERRADO, "o with fecha ao sair"),
    ("abrir_servidor", f"{_SERVIDOR}    s.bind(('127.0.0.1', porta))\n    s.listen()\n    return s.accept()", PARADO, "um cliente se conectar"),
    ("abrir_servidor", f"{_SERVIDOR}    s.bind(('127.0.0.1', 0))\n    s.listen()\n    return s", ERRADO, "use o argumento porta"),
    ("abrir_servidor", f"{_SERVIDOR}    s.bind(('', porta))\n    s.listen()\n    return s", ERRADO, "todos os endereços da máquina"),
    ("abrir_servidor", f"{_SERVIDOR}    s.bind(('127.0.0.1', str(porta)))\n    s.listen()\n    return s", QUEBROU, "use int"),
    ("abrir_servidor", "def abrir_servidor(porta):\n    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n    s.bind(('127.0.0.1', porta))\n    s.listen()\n    return s", QUEBROU, "não escuta"),
    ("alguem_escuta", f"{_CLIENTE}    s.connect(e)\n    s.close()\n    return True", QUEBROU, "ninguém escuta nesse endereço"),
    ("alguem_escuta", f"{_CLIENTE}{_TENTA}    except ConnectionRefusedError:\n        s.close()\n        return False\n    s.close()", ERRADO, "falta o return True"),
    ("alguem_escuta", f"{_CLIENTE}{_TENTA}        return True\n    except ConnectionRefusedError:\n        return False\n    s.close()", ERRADO, "o socket ficou aberto"),
    ("alguem_escuta", f"{_CLIENTE}    try:\n        s.bind(e)\n        return False\n    except OSError:\n        return True\n    finally:\n        s.close()", ERRADO, "escutar é mais do que ter o endereço"),
    ("alguem_escuta", f"{_CLIENTE}    with s:\n        r = s.connect_ex(e)\n    return r", ERRADO, "devolva True ou False; veio 0"),
    ("alguem_escuta", f"{_CLIENTE}{_TENTA}        s.recv(1)\n        return True\n    except ConnectionRefusedError:\n        return False", PARADO, "em recv"),
    ("alguem_escuta", f"{_CLIENTE}    s.connect(e[0], e[1])\n    return True", QUEBROU, "faltam os parênteses de dentro"),
    ("alguem_escuta", f"{_CLIENTE}    with s:\n        try:\n            s.connect(e)\n        except ConnectionRefusedError:\n            return True\n        return False", ERRADO, "a conexão é possível"),
    ("alguem_escuta", f"{_CLIENTE}    s.connect((e, 60000))\n    return True", QUEBROU, "o endereço já é a tupla"),
]  # fmt: skip
