"""O desenho do fluxo: artistas e texto, não pixels."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from parimpar.aulas.desenhos import descrever_fatias, fatias

ENVIOS, LEITURAS = [b"7\n", "Í".encode()], [b"7", b"\n\xc3", b"\x8d"]


def desenhar():
    ax = Figure().subplots()
    artistas = fatias(ENVIOS, LEITURAS, ax)
    caixas = [a for a in artistas if isinstance(a, Rectangle)]
    textos = [a.get_text() for a in artistas if not isinstance(a, Rectangle)]
    return caixas, textos


def test_uma_caixa_por_byte():
    """Quatro bytes enviados e quatro lidos, cada um com a sua letra ou o seu hexadecimal."""
    caixas, textos = desenhar()
    assert len(caixas) == 8
    assert [t for t in textos if not t.startswith(("send", "recv"))] == ["7", "\\n", "c3", "8d"] * 2


def test_os_grupos_tem_rotulo_e_nao_dependem_da_cor():
    """Cada send e cada recv tem o seu nome, e as fileiras diferem também pela hachura."""
    caixas, textos = desenhar()
    assert [t for t in textos if t.startswith(("send", "recv"))] == ["send 1", "send 2", "recv 1", "recv 2", "recv 3"]
    assert caixas[0].get_hatch() != caixas[-1].get_hatch()


def test_texto_equivalente():
    """O texto diz o mesmo que o desenho."""
    assert descrever_fatias(ENVIOS, LEITURAS).splitlines() == [
        "send 1: b'7\\n' (2 bytes)", "send 2: b'\\xc3\\x8d' (2 bytes)",
        "recv 1: b'7' (1 byte)", "recv 2: b'\\n\\xc3' (2 bytes)", "recv 3: b'\\x8d' (1 byte)",
    ]  # fmt: skip
