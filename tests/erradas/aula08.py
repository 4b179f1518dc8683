from avaliador.exercicios.resultado import PARADO, QUEBROU

ERRADAS = [
    ("perguntar_udp",
     "def perguntar_udp(endereco, texto, tentativas):\n    s = socket.socket(type=socket.SOCK_DGRAM)\n"
     "    s.sendto(texto.encode(), endereco)\n    return s.recvfrom(99)[0].decode()", PARADO,
     "na linha 4, em recvfrom, à espera de: um datagrama chegar"),
    ("perguntar_udp",
     "def perguntar_udp(endereco, texto, tentativas):\n    with socket.socket(type=socket.SOCK_DGRAM) as s:\n"
     "        s.settimeout(0.2)\n        s.sendto(texto.encode(), endereco)\n        return s.recvfrom(99)[0].decode()",
     QUEBROU, "TimeoutError"),
]  # fmt: skip
