"""Exercícios da aula 09: ler o cabeçalho de um segmento, byte por byte, e dizer como ele é reconhecido."""

from .aluno import Errou
from .exercicio import exercicio

# Cabeçalhos da gravação da aula (notebooks/dados), com as portas trocadas: porta de origem, de destino, seq, ack,
# tamanho e flags, janela, soma, urgente.
CASOS = (
    ("d4 31 ea 60 1b 2c 3d 4e 00 00 00 00 a0 02 ff d7 fe 30 00 00", (54321, 60000, {"SYN"})),
    ("ea 60 d4 31 5e 6f 70 81 1b 2c 3d 4f a0 12 ff cb fe 30 00 00", (60000, 54321, {"SYN", "ACK"})),
    ("d4 31 ea 60 1b 2c 3d 4f 5e 6f 70 82 80 18 02 00 fe 29 00 00", (54321, 60000, {"PSH", "ACK"})),
    ("ea 60 d4 31 5e 6f 70 88 1b 2c 3d 5a 80 11 02 00 fe 28 00 00", (60000, 54321, {"FIN", "ACK"})),
    ("ea 60 00 50 00 00 00 00 1b 2c 3d 5a 50 14 00 00 fe 28 00 00", (60000, 80, {"RST", "ACK"})),
)


@exercicio(
    dicas=[
        "as portas são os dois primeiros pares de bytes, o mais alto primeiro: int.from_bytes(cabecalho[0:2], 'big')",
        "as flags estão no byte 13, um bit cada: FIN 1, SYN 2, RST 4, PSH 8, ACK 16",
        "`cabecalho[13] & 2` é diferente de zero quando o SYN está ligado",
    ],
    solucao="""
    def ler_cabecalho(cabecalho):
        origem = int.from_bytes(cabecalho[0:2], "big")
        destino = int.from_bytes(cabecalho[2:4], "big")
        bits = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16}
        return origem, destino, {nome for nome, bit in bits.items() if cabecalho[13] & bit}
    """,
)
def ler_cabecalho(aluno):
    """De um cabeçalho TCP: porta de origem, porta de destino e o conjunto das flags ligadas."""
    for texto, certo in CASOS:
        veio = aluno(bytes.fromhex(texto))
        if veio is None:
            raise Errou("a função não devolveu nada: falta o return")
        if not (isinstance(veio, tuple) and len(veio) == 3):
            raise Errou(f"devolva uma tupla de três: return origem, destino, ligadas; veio {veio!r}")
        if veio[:2] != certo[:2]:
            raise Errou(f"{texto[:11]}: {_as_portas_erradas(veio[:2], certo)}")
        if isinstance(veio[2], str):
            raise Errou(f"as flags vão num conjunto, com chaves, como {{'SYN'}}; veio o texto {veio[2]!r}")
        ligadas = set(veio[2]) if isinstance(veio[2], (set, frozenset, list, tuple)) else veio[2]
        if ligadas != certo[2]:
            byte = texto.split()[13]
            raise Errou(
                f"o byte 13, contando do zero, é {byte}, ou {int(byte, 16):08b} em binário: "
                f"esperava {sorted(certo[2])} e veio {veio[2]!r}{_as_flags_erradas(ligadas, certo[2])}"
            )


def _as_portas_erradas(vieram, certo):
    if vieram == (certo[1], certo[0]):
        return f"as portas estão trocadas: a de origem vem primeiro, e é {certo[0]}"
    if any(isinstance(porta, bytes) for porta in vieram):
        return f"as portas são números: int.from_bytes(…, 'big') faz de 2 bytes um número; veio {vieram[0]!r}"
    ao_contrario = tuple(int.from_bytes(porta.to_bytes(2, "big"), "little") for porta in certo[:2])
    causa = (
        "o byte que vale mais vem primeiro: 'big', e não 'little'" if vieram == ao_contrario else "são 2 bytes cada uma"
    )
    return f"esperava as portas {certo[0]} e {certo[1]}, e veio {vieram[0]!r} e {vieram[1]!r}; {causa}"


def _as_flags_erradas(vieram, certas):
    if isinstance(vieram, set) and vieram < certas:
        return ": mais de um bit pode estar ligado; prove cada um, com &"
    if isinstance(vieram, int):
        return ": faltam os nomes"
    return ""


# (seq, bytes, flags): o ack.
ACKS = (
    (100, b"", {"SYN"}, 101),
    (5000, b"", {"SYN", "ACK"}, 5001),
    (101, b"7\n", {"PSH", "ACK"}, 103),
    (5001, "ÍMPAR\n".encode(), {"PSH", "ACK"}, 5008),
    (114, b"", {"FIN", "ACK"}, 115),
    (114, b"abc", {"FIN", "PSH", "ACK"}, 118),
    (103, b"", {"ACK"}, 103),
    (2**32 - 2, b"1234", {"ACK"}, 2),
)


@exercicio(
    dicas=[
        "comece por seq + len(dados): é o próximo byte",
        "SYN e FIN gastam um número cada um: some 1 se 'SYN' in flags, e 1 se 'FIN' in flags",
        "no fim, o resto da divisão por 2**32: os números dão a volta",
    ],
    solucao="""
    def ack_esperado(seq, dados, flags):
        proximo = seq + len(dados)
        for flag in ("SYN", "FIN"):
            if flag in flags:
                proximo += 1
        return proximo % 2**32
    """,
)
def ack_esperado(aluno):
    """O `ack` que reconhece um segmento por inteiro: os bytes, o SYN e o FIN."""
    for seq, dados, flags, certo in ACKS:
        veio = aluno(seq, dados, set(flags))
        nomes = ", ".join(sorted(flags))
        onde = f"seq={seq}, {dados!r} e {nomes}"
        if veio is None:
            raise Errou(f"com {onde}, a função não devolveu nada: falta o return")
        if isinstance(veio, bool) or not isinstance(veio, int):
            raise Errou(f"com {onde}, devolva um número inteiro; veio {veio!r}")
        if veio != certo:
            raise Errou(f"com {onde}, esperava {certo}, e veio {veio}: {_por_que_o_ack(seq, dados, flags, veio)}")


def _por_que_o_ack(seq, dados, flags, veio):
    gasta = bool(flags & {"SYN", "FIN"})
    if seq + len(dados) + gasta >= 2**32:
        return "depois de 2**32 - 1 vem o 0: tire o resto da divisão por 2**32"
    if gasta and veio == seq + len(dados):
        return f"o {'SYN' if 'SYN' in flags else 'FIN'} também gasta um número"
    if not gasta and veio == seq + len(dados) + 1:
        return "o ack já é o próximo byte: só o SYN e o FIN gastam um número a mais"
    if dados and veio <= seq + gasta:
        return "falta contar os bytes que ele leva, com len(dados)"
    return "são os bytes, mais um pelo SYN e um pelo FIN"
