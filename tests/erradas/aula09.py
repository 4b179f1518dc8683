from avaliador.exercicios.resultado import ERRADO, QUEBROU

_PORTAS = "    o, d = int.from_bytes(c[0:2], 'big'), int.from_bytes(c[2:4], 'big')\n"
_BITS = "    bits = {'FIN': 1, 'SYN': 2, 'RST': 4, 'PSH': 8, 'ACK': 16}\n"
_LER = f"def ler_cabecalho(c):\n{_PORTAS}{_BITS}"

ERRADAS = [
    ("ler_cabecalho", "def ler_cabecalho(c):\n    return 60000, 54321, {'SYN'}", ERRADO, "as portas estão trocadas"),
    ("ler_cabecalho", "def ler_cabecalho(c):\n    return *struct.unpack('!HH', c[:4]), {'SYN'}", ERRADO, "ou 00010010 em binário"),
    ("ler_cabecalho", "def ler_cabecalho(c):\n    return *struct.unpack('<HH', c[:4]), {'SYN'}", ERRADO, "'big', e não 'little'"),
    ("ler_cabecalho", "def ler_cabecalho(c):\n    return c[0:2], c[2:4], {'SYN'}", ERRADO, "as portas são números"),
    ("ler_cabecalho", "def ler_cabecalho(c):\n    return c[0], c[1], {'SYN'}", ERRADO, "são 2 bytes cada uma"),
    ("ler_cabecalho", f"{_LER}    for nome, bit in bits.items():\n        if c[13] & bit:\n            return o, d, {{nome}}", ERRADO, "prove cada um, com &"),
    ("ler_cabecalho", f"{_LER}    return o, d, ', '.join(n for n, b in bits.items() if c[13] & b)", ERRADO, "veio o texto 'SYN'"),
    ("ler_cabecalho", f"{_LER}    return o, d, c[13]", ERRADO, "faltam os nomes"),
    ("ler_cabecalho", f"{_LER}    return [o, d, {{n for n, b in bits.items() if c[13] & b}}]", ERRADO, "uma tupla de três"),
    ("ler_cabecalho", f"{_LER}    print(o, d, bits)", ERRADO, "falta o return"),
    ("ler_cabecalho", f"{_LER}    return o, d, {{n for n, b in bits.items() if c[12] & b}}", ERRADO, "o byte 13, contando do zero"),
    ("ler_cabecalho", "def ler_cabecalho(c):\n    return c[0:2] * 256 + c[3], 1, 2", QUEBROU, "não se junta texto com bytes"),
    ("ack_esperado", "def ack_esperado(seq, dados, flags):\n    return seq + len(dados)", ERRADO, "o SYN também gasta um número"),
    ("ack_esperado", "def ack_esperado(seq, dados, flags):\n    return seq + len(dados) + ('SYN' in flags)", ERRADO, "o FIN também gasta um número"),
    ("ack_esperado", "def ack_esperado(seq, dados, flags):\n    return seq + len(dados) + 1", ERRADO, "o ack já é o próximo byte"),
    ("ack_esperado", "def ack_esperado(seq, dados, flags):\n    return seq + 1 if 'SYN' in flags or 'FIN' in flags else seq", ERRADO, "falta contar os bytes"),
    ("ack_esperado", "def ack_esperado(seq, dados, flags):\n    return seq + len(dados) + ('SYN' in flags) + ('FIN' in flags)", ERRADO, "depois de 2**32 - 1 vem o 0"),
    ("ack_esperado", "def ack_esperado(seq, dados, flags):\n    return seq + len(dados) + (flags == {'SYN'})", ERRADO, "o SYN também gasta um número"),
    ("ack_esperado", "def ack_esperado(seq, dados, flags):\n    print(seq + len(dados))", ERRADO, "falta o return"),
    ("ack_esperado", "def ack_esperado(seq, dados, flags):\n    return seq + dados", QUEBROU, "a conta mistura tipos"),
    ("ack_esperado", "def ack_esperado(seq, dados, flags):\n    return f'{seq + len(dados)}'", ERRADO, "devolva um número inteiro"),
]  # fmt: skip
