"""A chamada, os bytes e o que o kernel diz das duas pontas, lado a lado.

    ver = Vista(diario)
    ver(client_socket=client_socket, server_socket=server_socket)

Cada vista mostra as chamadas feitas desde a anterior, tiradas do diário dos sockets observados, e
um retrato de cada socket, pedido ao sistema operacional na hora.
"""

import html

from ..folha import BORDA, ESTILO, FORMAS, TEMA, cor
from ..kernel import NAO_DISPONIVEL, em_repouso
from ..texto import endereco, visivel

MAXIMO_DE_CHAMADAS = 12  # as mais novas; mais do que isso não se lê
CHAMADAS_AO_LADO = 4  # com mais, as chamadas ficam em cima dos sockets, e não ao lado
BYTES_EM_HEXADECIMAL = 12
A_ESPERA = "à espera de accept"
_CAIXA = f"border:{BORDA};padding:4px 10px;margin:0;min-width:0"
_CELULA = "text-align:left;padding:1px 10px 1px 0;vertical-align:top;overflow-wrap:anywhere"
_UM_ENDERECO = "11em"  # onde falta largura, quebra-se o rótulo antes de se partir "127.0.0.1:45781"


class Vista:
    """Mostra lado a lado o que se chamou e o que o kernel sabe.

    Args:
        diario: o dos sockets observados.
    """

    def __init__(self, diario):
        self.diario, self._cursor = diario, diario.cursor

    def __call__(self, **sockets):
        """Devolve o retrato das chamadas novas e dos sockets; o nome de cada um vira título.

        Espera antes, por um instante, a rede entregar o que já foi enviado.
        """
        eventos, self._cursor = self.diario.desde(self._cursor)
        estados = em_repouso(*sockets.values())
        pontas = [
            (nome, getattr(sock, "quem", None), e) for (nome, sock), e in zip(sockets.items(), estados, strict=True)
        ]
        return Retrato(eventos[-MAXIMO_DE_CHAMADAS:], pontas)


class Retrato:
    """O resultado de uma `Vista`; aparece como tabelas no Jupyter e como texto em qualquer lugar.

    chamadas: os eventos do diário desde a vista anterior.
    pontas: (nome, "cliente" ou "servidor", EstadoSocket) de cada socket.
    """

    def __init__(self, chamadas, pontas):
        self.chamadas, self.pontas = chamadas, pontas

    def __str__(self):
        linhas = [f"{e.quem:<8}  {_resumo(e)}" for e in self.chamadas]
        if self.pontas:
            nomes, colunas = _tabela([e for _, _, e in self.pontas])
            colunas = [["", *nomes], *([ponta[0], *coluna] for ponta, coluna in zip(self.pontas, colunas, strict=True))]
            larguras = [max(map(len, coluna)) for coluna in colunas]
            linhas += [""] if linhas else []
            for celulas in zip(*colunas, strict=True):
                linhas.append("  ".join(c.ljust(n) for c, n in zip(celulas, larguras, strict=True)).rstrip())
        return "\n".join(linhas)

    __repr__ = __str__

    def _repr_html_(self):
        caixas = "".join(_caixa_da_ponta(*ponta) for ponta in self.pontas)
        caixas = _caixa_das_chamadas(self.chamadas) + caixas
        return f'{ESTILO}<div style="display:flex;flex-wrap:wrap;gap:10px;margin:4px 0">{caixas}</div>'


def _linhas(e):
    """{nome: valor} de um retrato; um socket de escuta conta conexões, os outros contam bytes."""
    linhas = {
        "descritor": f"nº {e.descritor}" if e.descritor >= 0 else "nenhum: fechado",
        "endereço local": endereco(e.local) if e.local else "nenhum",
        "endereço remoto": endereco(e.remoto) if e.remoto else "nenhum",
        "estado": e.estado,
    }
    if e.estado == "LISTEN":
        return linhas | {A_ESPERA: _contar(e.fila_recepcao, "conexão", "conexões")}
    aberto = e.descritor >= 0
    return linhas | {
        "buffer de recepção": _contar(e.fila_recepcao) if aberto else "-",
        "buffer de envio": _contar(e.fila_envio) if aberto else "-",
    }


def _tabela(retratos):
    """(os nomes das linhas, os valores de cada retrato), para pôr lado a lado; onde não se aplica, um traço."""
    linhas = [_linhas(e) for e in retratos]
    nomes = list(dict.fromkeys(nome for uma in linhas for nome in uma))
    if A_ESPERA in nomes:  # no mesmo lugar, venha o socket de escuta antes ou depois
        nomes.remove(A_ESPERA)
        nomes.insert(nomes.index("estado") + 1, A_ESPERA)
    return nomes, [[uma.get(nome, "-") for nome in nomes] for uma in linhas]


def _resumo(evento):
    """A chamada, os bytes que passaram e quanto ela levou, numa linha."""
    partes = [evento.chamada]
    if evento.tipo == "erro":
        partes = [visivel(evento.detalhe, 120, aspas=False)]
    if evento.dados:
        partes.append(f"{visivel(evento.dados)} = {_hexadecimal(evento.dados)}")
    elif evento.tipo == "recebe":  # um datagrama vazio, ou um recv(0), também não traz bytes, e não é um fim
        partes.append("b'': fim do envio da outra ponta" if evento.detalhe else "b''")
    return "  ".join([*partes, _levou(evento)] if evento.duracao else partes)


def _hexadecimal(dados):
    return dados[:BYTES_EM_HEXADECIMAL].hex(" ") + (" …" if len(dados) > BYTES_EM_HEXADECIMAL else "")


def _levou(evento):
    return f"(levou {evento.duracao * 1000:.1f} ms)".replace(".", ",")


def _caixa_das_chamadas(eventos):
    itens = "".join(
        f'<div style="margin:2px 0"><span style="color:{_cor(e.quem)}">'
        f"{FORMAS.get(e.quem, '')} {html.escape(e.quem)}</span> "
        f'<code style="white-space:pre-wrap;overflow-wrap:anywhere">{html.escape(_resumo(e))}</code></div>'
        for e in eventos
    )
    largura = "220px" if len(eventos) <= CHAMADAS_AO_LADO else "100%"
    return (
        f'<div style="{_CAIXA};flex:1 1 {largura}"><div style="font-weight:600">A chamada e os bytes</div>'
        f"{itens or 'nenhuma chamada nova'}</div>"
    )


def _caixa_da_ponta(nome, quem, retrato):
    linhas = "".join(
        f'<tr><th scope="row" style="{_CELULA};font-weight:normal">{html.escape(rotulo)}</th>'
        f'<td style="{_CELULA};min-width:{_UM_ENDERECO}"><code>{html.escape(valor)}</code></td></tr>'
        for rotulo, valor in _linhas(retrato).items()
    )
    return (
        f'<div style="{_CAIXA};border-top:4px solid {_cor(quem)};flex:1 1 260px"><table><caption style="{_CELULA};'
        f'font-weight:600;color:{_cor(quem)}">{FORMAS.get(quem, "")} {html.escape(nome)}</caption><tbody>{linhas}</tbody></table></div>'
    )


def _cor(quem):
    return cor(quem if quem in TEMA else "rede")


def _contar(quantos, um="byte", varios="bytes"):
    return NAO_DISPONIVEL if quantos is None else f"{quantos} {um if quantos == 1 else varios}"
