from avaliador.exercicios.resultado import PARADO, QUEBROU

ERRADAS = [
    ("diagnosticar",
     "def diagnosticar(e):\n    with socket.create_connection(e) as s:\n        s.sendall(b'7')\n"
     "        return s.recv(99).decode()", QUEBROU, "ConnectionRefusedError"),
    ("diagnosticar",
     "def diagnosticar(e):\n    try:\n        with socket.create_connection(e) as s:\n            s.sendall(b'7')\n"
     "            return s.recv(99).decode()\n    except ConnectionRefusedError:\n        return 'recusada'", PARADO,
     "na linha 5, em recv"),
]  # fmt: skip
