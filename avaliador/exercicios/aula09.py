"""Exercício da aula 09: ler o cabeçalho de um segmento, byte por byte."""

from .aluno import Errou
from .exercicio import exercicio

# Cabeçalhos da captura da aula (notebooks/dados), com as portas trocadas: porta de origem, de destino, seq, ack,
# tamanho e sinalizações, janela, soma, urgente.
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
        "as sinalizações estão no byte 13, um bit cada: FIN 1, SYN 2, RST 4, PSH 8, ACK 16",
        "`cabecalho[13] & 2` é diferente de zero quando SYN está ligada",
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
    """De um cabeçalho TCP: porta de origem, porta de destino e o conjunto das sinalizações ligadas."""
    for texto, certo in CASOS:
        veio = aluno(bytes.fromhex(texto))
        if not (isinstance(veio, tuple) and len(veio) == 3):
            raise Errou(f"devolva uma tupla de três: return origem, destino, ligadas; veio {veio!r}")
        if veio[:2] == (certo[1], certo[0]) and veio[:2] != certo[:2]:
            raise Errou(f"as portas estão trocadas: a de origem vem primeiro, e é {certo[0]}")
        if veio[:2] != certo[:2]:
            raise Errou(
                f"{texto[:11]}: esperava as portas {certo[0]} e {certo[1]}, e veio {veio[0]!r} e {veio[1]!r}; "
                "são números, com o byte mais significativo primeiro"
            )
        sinalizacoes = set(veio[2]) if isinstance(veio[2], (set, frozenset, list, tuple)) else veio[2]
        if sinalizacoes != certo[2]:
            byte = texto.split()[13]
            raise Errou(
                f"o byte 13, contando do zero, é {byte}, ou {int(byte, 16):08b} em binário: "
                f"esperava {sorted(certo[2])} e veio {veio[2]!r}"
            )
