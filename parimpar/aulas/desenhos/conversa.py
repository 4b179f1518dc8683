"""O diagrama de sequência de uma conversa, em SVG: o cliente à esquerda, o servidor à direita, o tempo para baixo.

Não passa pelo matplotlib: o painel o redesenha a cada troca, e quem espera a resposta não pode esperar a figura.
"""

import html
import re
import textwrap
from itertools import product

from ...diario import Diario
from ...folha import cor
from ...texto import contar, visivel
from .exibir import FUNDO, LETRA_DE_CODIGO, TINTA, exibir
from .troca import NAO_CHEGOU, descrever, em_milissegundos, instante, ligacoes, rotulo, ultima_troca

MAXIMO_DE_LINHAS = 16  # de um diagrama que ainda se lê projetado

# Tudo em pixels de um desenho que se encolhe ou se amplia inteiro.
LARGURA, _MARGEM = 608, 4  # e o que sobra à esquerda, para um tempo de cinco algarismos
_X = {"cliente": 204, "servidor": 444}  # as linhas de vida
_LINHA, _LINHA_A_MAIS = 31, 19  # a altura de um evento, e a de cada linha de rótulo depois da primeira
_TOPO, _PE = 62, 14  # acima do primeiro evento, e abaixo do último
_LETRAS_DO_ROTULO, _LETRAS_DA_SETA, _LETRAS_DE_MEIA_SETA = 17, 24, 11
_LARGURA_DA_LETRA, _ALTURA_DA_LETRA = 9.65, 20  # das de código, que são todas iguais
_SEM_CONVERSA = "nenhuma conversa ainda"


def conversa(eventos):
    """Mostra a conversa desenhada, e a mesma em texto.

    Um datagrama que a outra ponta não recebeu é uma seta que para no meio, com um ✗.

    Args:
        eventos: os de uma conexão, em ordem, como os de `ultima_troca(diario)`; por UDP, os de `em_ordem(…)`.
            De um `Diario`, vale a última troca.
    """
    if isinstance(eventos, Diario):
        eventos = ultima_troca(eventos)
    exibir(conversa_em_svg(eventos), f"{resumir(eventos)}; a conversa toda está no texto abaixo.")
    print(descrever(eventos))


def resumir(eventos):
    """A conversa numa frase, para o texto alternativo: o que cada ponta enviou."""
    mensagens = [f"{e.quem} envia {visivel(e.dados, 22)}" for e in eventos[:MAXIMO_DE_LINHAS] if e.tipo == "envia"]
    erros = [f"{e.quem}, {rotulo(e)}" for e in eventos[:MAXIMO_DE_LINHAS] if e.tipo == "erro"]
    return f"Diagrama de sequência: {', '.join([*mensagens, *erros]) or 'nenhuma mensagem'}"


def conversa_em_svg(eventos, vazio=_SEM_CONVERSA):
    """O desenho da conversa, num `<svg>` que usa as cores do tema da página.

    Args:
        vazio: o que dizer se não há eventos.
    """
    mostrados = eventos[:MAXIMO_DE_LINHAS]
    rotulos = [_quebrar(rotulo(evento)) for evento in mostrados]
    alturas, fim = [], _TOPO
    for linhas in rotulos:
        alturas.append(fim)
        fim += _LINHA + _LINHA_A_MAIS * (len(linhas) - 1)
    fim = max(fim, _TOPO + 2 * _LINHA)
    partes = [_linha_de_vida(quem, fim - _PE) for quem in _X]
    if eventos:
        partes.append(_escrever(46, 24, "ms", "end"))
    mensagens = []  # por cima de todas as setas
    for saida, i, j in ligacoes(eventos):
        if i < len(mostrados) and j is NAO_CHEGOU:
            partes.append(_seta_perdida(saida, alturas[i]))
        elif i < len(mostrados):
            seta, mensagem = _seta(saida, alturas[i], alturas[j] if j is not None and j < len(mostrados) else None)
            partes.append(seta)
            mensagens.append(_livre(mensagem, mensagens))
    partes += [_na_seta(*mensagem) for mensagem in mensagens]
    for evento, linhas, y in zip(mostrados, rotulos, alturas, strict=True):  # nada cobre as marcas deles
        partes.append(_evento(evento, linhas, y, instante(evento) - instante(mostrados[0])))
    if sobra := len(eventos) - len(mostrados):
        partes.append(_escrever(LARGURA / 2, fim + 6, f"… e mais {sobra} eventos", "middle"))
        fim += 22
    if not eventos:
        partes.append(_escrever(LARGURA / 2, _TOPO + 20, vazio, "middle"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-_MARGEM} 0 {LARGURA + _MARGEM} {fim}" '
        f'width="{LARGURA + _MARGEM}" height="{fim}" '
        f'font-family="var(--jp-content-font-family, sans-serif)" font-size="16" fill="{TINTA}">'
        f'<rect x="{-_MARGEM}" width="100%" height="100%" fill="{FUNDO}"/>{"".join(partes)}</svg>'
    )


def _quebrar(texto):
    """O rótulo em linhas, sem separar um número da sua unidade, nem partir um endereço se ele couber sozinho."""

    def juntar(achado):
        return achado[0].replace(" ", "\xa0") if len(achado[0]) <= _LETRAS_DO_ROTULO else achado[0]

    texto = re.sub(r"\S*\d [^\W\d]\S*", juntar, texto).replace("((", "( (")
    linhas = textwrap.wrap(texto, _LETRAS_DO_ROTULO)
    return [linha.replace("\xa0", " ").replace("( (", "((") for linha in linhas] or [""]


def _linha_de_vida(quem, fim):
    x, redonda = _X[quem], 13 if quem == "cliente" else 0
    return (
        f'<path d="M{x} 30V{fim}" stroke="{cor(quem)}" stroke-width="2.5"/>'
        f'<rect x="{x - 52}" y="4" width="104" height="28" rx="{redonda}" fill="{cor(quem)}"/>'
        + _escrever(x, 24, quem, "middle", FUNDO, 'font-weight="700"')
    )


def _evento(evento, linhas, y, segundos):
    x, sentido = _X[evento.quem], -1 if evento.quem == "cliente" else 1
    if evento.tipo == "erro":
        marca = f'<path d="M{x - 7} {y - 7}l14 14m0 -14l-14 14" stroke="{cor("erro")}" stroke-width="4"/>'
    elif evento.quem == "cliente":
        marca = f'<circle cx="{x}" cy="{y}" r="5" fill="{cor("cliente")}"/>'
    else:
        marca = f'<path d="M{x - 5} {y - 5}h10v10h-10z" fill="{cor("servidor")}"/>'
    tempo = em_milissegundos(segundos).removesuffix(" ms")
    quando = _escrever(46, y + 5, tempo if segundos < 1 else tempo.partition(",")[0], "end")  # senão não caberia
    lado = "end" if sentido < 0 else "start"
    escritas = [
        _escrever(x + sentido * 13, y + 5 + _LINHA_A_MAIS * i, linha, lado, cor(evento.quem))
        for i, linha in enumerate(linhas)
    ]
    return "".join([quando, marca, *escritas])


def _seta(saida, y, chegada):
    """A seta, e os lugares ao longo dela onde se pode escrever a mensagem: trios (x, y, texto)."""
    de, para = _X[saida.quem], _X["servidor" if saida.quem == "cliente" else "cliente"]
    # Sem a outra ponta no diário, a seta fica pela metade: não se desenha o que não se viu.
    x, fim = (para, chegada) if chegada is not None else ((de + para) / 2, y + 0.4 * _LINHA)
    folga = 8 if de < x else -8  # entre as pontas da seta e as marcas
    cheia = saida.tipo == "envia"
    mensagem = _bytes(saida, f" ({contar(saida.tamanho)})") if cheia else ""
    texto = mensagem or {"conecta": "conexão", "fecha": "fim do envio"}.get(saida.tipo, "")
    metade = len(texto) * _LARGURA_DA_LETRA / 2 + 4  # nunca em cima de uma linha de vida
    lugares = []
    for ao_lado, parte in product((0, _ALTURA_DA_LETRA, -_ALTURA_DA_LETRA), (0.5, 0.3, 0.7, 0.15, 0.85)):
        meio = min(max(de + (x - de) * parte, _X["cliente"] + metade), _X["servidor"] - metade)
        lugares.append((meio, y + (fim - y) * min(max((meio - de) / (x - de), 0), 1) + ao_lado, texto))
    return _linha(de + folga, y, x - folga, fim, cor(saida.quem if cheia else "rede"), cheia), lugares


def _livre(lugares, ocupados):
    """O primeiro lugar em que a mensagem não cobre outra já escrita; se não há, o primeiro de todos."""

    def cobre(um, outro):
        largura = (len(um[2]) + len(outro[2])) * _LARGURA_DA_LETRA / 2 + 6
        return abs(um[0] - outro[0]) < largura and abs(um[1] - outro[1]) < _ALTURA_DA_LETRA

    return next((um for um in lugares if not any(cobre(um, outro) for outro in ocupados)), lugares[0])


def _seta_perdida(saida, y):
    de, sentido = _X[saida.quem], 1 if saida.quem == "cliente" else -1
    x, fim = de + sentido * 120, y + 0.4 * _LINHA
    marca = f'<path d="M{x - 6} {fim - 6}l12 12m0 -12l-12 12" stroke="{cor("rede")}" stroke-width="3.5"/>'
    lado = "start" if sentido > 0 else "end"
    return (
        _linha(de + 8 * sentido, y, x, fim, cor(saida.quem), True, ponta=False)
        + marca
        + _na_seta(de + sentido * 58, y + 4, _bytes(saida))
        + _escrever(x + sentido * 12, fim + 5, NAO_CHEGOU.removeprefix("✗ "), lado, cor("rede"))
    )


def _linha(x1, y1, x2, y2, tinta, cheia, ponta=True):
    """Um segmento de reta, com a ponta da seta no fim dele."""
    tracejado = "" if cheia else ' stroke-dasharray="6 5"'
    comprimento = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    ux, uy = 11 * (x2 - x1) / comprimento, 11 * (y2 - y1) / comprimento
    bico = (
        f'<path d="M{x2:.1f} {y2:.1f}L{x2 - ux - uy / 2:.1f} {y2 - uy + ux / 2:.1f}'
        f'L{x2 - ux + uy / 2:.1f} {y2 - uy - ux / 2:.1f}z" fill="{tinta}"/>'
    )
    reta = f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{tinta}" stroke-width="2"{tracejado}/>'
    return reta + bico * ponta


def _na_seta(x, y, texto):
    largura = len(texto) * _LARGURA_DA_LETRA + 4
    caixa = f'<rect x="{x - largura / 2:.1f}" y="{y - 10:.1f}" width="{largura:.1f}" height="20" fill="{FUNDO}"/>'
    return caixa + _escrever(x, y + 5, texto, "middle", mais=f'font-family="{LETRA_DE_CODIGO}"')


def _escrever(x, y, texto, lado="start", tinta=TINTA, mais=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{lado}" fill="{tinta}" {mais}>{html.escape(texto)}</text>'


def _bytes(evento, contagem=""):
    """Os bytes de uma mensagem e quantos são; se não cabem, o começo deles."""
    cabem = (_LETRAS_DA_SETA if contagem else _LETRAS_DE_MEIA_SETA) - len(contagem)
    # Um byte de controle se escreve com várias letras: guardam-se tantos quantos caibam.
    return next(dados for n in range(cabem, -1, -1) if len(dados := visivel(evento.dados, n)) <= cabem) + contagem
