from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

_QUEM = "def quem_fechou(c, s):\n"
_FECHAR = "def fechar_bem(sock):\n"
_FIM = f"{_FECHAR}    sock.shutdown(socket.SHUT_WR)\n"

ERRADAS = [
    ("quem_fechou", f"{_QUEM}    return 'cliente' if c == 'TIME_WAIT' else 'servidor'", ERRADO, "ninguém mandou FIN ainda"),
    ("quem_fechou", f"{_QUEM}    if c == 'ESTABLISHED' and s == 'ESTABLISHED':\n        return 'ninguém'\n    return 'cliente' if c == 'CLOSE_WAIT' else 'servidor'", ERRADO, "CLOSE_WAIT e LAST_ACK são de quem recebeu o FIN"),
    ("quem_fechou", f"{_QUEM}    if c == s == 'ESTABLISHED':\n        return 'ninguém'\n    if s in ('CLOSE_WAIT', 'CLOSED', 'LAST_ACK', 'ESTABLISHED'):\n        return 'cliente'\n    return 'servidor'", ERRADO, "os dois FIN se cruzam"),
    ("quem_fechou", f"{_QUEM}    if c == 'FIN_WAIT2':\n        return 'cliente'\n    if s == 'FIN_WAIT2':\n        return 'servidor'\n    return 'ninguém'", ERRADO, "quem está em FIN_WAIT1 mandou o seu FIN"),
    ("quem_fechou", f"{_QUEM}    if c in ('FIN_WAIT1', 'FIN_WAIT2'):\n        return 'cliente'\n    if s in ('FIN_WAIT1', 'FIN_WAIT2'):\n        return 'servidor'\n    return 'ninguém'", ERRADO, "a guarda fica com quem fechou primeiro"),
    ("quem_fechou", f"{_QUEM}    if c == s:\n        return 'ninguem'", ERRADO, "falta o acento"),
    ("quem_fechou", f"{_QUEM}    if c == s:\n        return 'ninguém'", ERRADO, "falta um return para este caso"),
    ("quem_fechou", f"{_QUEM}    if c == s:\n        return 'Ninguém'", ERRADO, "assim mesmo"),
    ("quem_fechou", f"{_QUEM}    return True", ERRADO, "devolva um texto"),
    ("quem_fechou", f"{_QUEM}    return 'cliente' if CLOSE_WAIT == s else 'ninguém'", QUEBROU, "NameError"),
    ("fechar_bem", f"{_FECHAR}    sock.close()", ERRADO, "o close veio com bytes por ler"),
    ("fechar_bem", f"{_FIM}    sock.close()", ERRADO, "o close veio com bytes por ler"),
    ("fechar_bem", f"{_FECHAR}    sock.settimeout(1)\n    while sock.recv(1024):\n        pass\n    sock.close()", QUEBROU, "o prazo acabou"),
    ("fechar_bem", f"{_FECHAR}    while sock.recv(1024):\n        pass\n    sock.shutdown(socket.SHUT_WR)\n    sock.close()", PARADO, "falta o shutdown(socket.SHUT_WR), antes do laço"),
    ("fechar_bem", f"{_FIM}    while sock.recv(1024):\n        pass\n    sock.close()", PARADO, "falta o prazo, settimeout(1)"),
    ("fechar_bem", f"{_FIM}    sock.settimeout(1)\n    while sock.recv(1024):\n        pass\n    sock.close()", QUEBROU, "Uma outra ponta calada não é um erro"),
    ("fechar_bem", f"{_FIM}    sock.settimeout(1)\n    try:\n        while sock.recv(1024):\n            pass\n    except OSError:\n        pass", ERRADO, "o socket ficou aberto"),
    ("fechar_bem", f"{_FIM}    sock.settimeout(1)\n    try:\n        while True:\n            sock.recv(1024)\n    except OSError:\n        sock.close()", PARADO, "saia do laço"),
    ("fechar_bem", f"{_FECHAR}    sock.sendall(b'FIM')\n    sock.close()", ERRADO, "não envie mais nada"),
    ("fechar_bem", f"{_FECHAR}    sock.shutdown(socket.SHUT_RDWR)\n    sock.close()", ERRADO, "encerre só o envio"),
]  # fmt: skip
