from avaliador.exercicios.resultado import ERRADO

ERRADAS = [
    ("ler_cabecalho", "def ler_cabecalho(c):\n    return 60000, 54321, {'SYN'}", ERRADO, "as portas estão trocadas"),
    ("ler_cabecalho",
     "def ler_cabecalho(c):\n    return *struct.unpack('!HH', c[:4]), {'SYN'}", ERRADO, "ou 00010010 em binário"),
]  # fmt: skip
