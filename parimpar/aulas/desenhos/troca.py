"""O que uma conversa foi: os seus eventos em ordem, o que saiu de uma ponta e onde apareceu na outra, e tudo isso em texto."""

from ...texto import visivel

NAO_CHEGOU = "✗ não chegou"  # o que se diz de um datagrama que a outra ponta não recebeu

_CHEGADA = {"envia": "recebe", "conecta": "conecta", "fecha": "fecha"}  # o que se vê na outra ponta


def em_ordem(eventos):
    """Os eventos na ordem do relógio, mesmo que venham de vários diários: a causa vem antes do efeito."""
    return sorted(eventos, key=instante)


def ultima_troca(eventos):
    """Os eventos das duas pontas da última conexão que um cliente tentou, em ordem."""
    eventos = em_ordem(eventos)
    tentativas = [
        e for e in eventos if e.quem == "cliente" and (e.tipo == "conecta" or e.tipo == "erro" and e.local is None)
    ]
    if not tentativas:
        return []
    inicio = tentativas[-1]
    return [
        e
        for e in eventos
        if e.instante >= inicio.instante
        and (e is inicio or inicio.local and inicio.local == (e.local if e.quem == "cliente" else e.remoto))
    ]


def descrever(eventos):
    """A conversa em texto, uma linha por evento: o equivalente do diagrama."""
    if not eventos:
        return "nenhuma conversa ainda"
    inicio = instante(eventos[0])
    perdidos = {y for _, y, chegada in ligacoes(eventos) if chegada is NAO_CHEGOU}
    return "\n".join(
        f"{em_milissegundos(instante(e) - inicio):>9}  {e.quem:<8}  {rotulo(e)}{_bytes(e)}"
        + (f"  {NAO_CHEGOU}" if y in perdidos else "")
        for y, e in enumerate(eventos)
    )


def ligacoes(eventos):
    """Trios (evento de saída, y, y da chegada): o que saiu de uma ponta e onde apareceu na outra.

    A chegada é None quando a outra ponta não está no diário, e NAO_CHEGOU quando está e não recebeu.
    """
    yield from _ligacoes_dos_datagramas(eventos)
    usados = set()
    for y, saida in enumerate(eventos):
        if saida.tipo not in _CHEGADA or y in usados or (saida.tipo == "conecta" and saida.quem == "servidor"):
            continue
        if _e_datagrama(saida):
            continue
        chegada = next(
            (i for i, e in enumerate(eventos)
             if i > y and i not in usados and e.quem != saida.quem and _e_a_chegada(saida, e)),
            None,
        )  # fmt: skip
        usados.add(chegada)
        if chegada is not None or saida.tipo == "envia":
            yield saida, y, chegada


def _e_a_chegada(saida, evento):
    if _e_datagrama(evento):
        return False
    soube_do_fim = saida.tipo == "fecha" and evento.tipo == "recebe" and not evento.dados  # um recv que devolve b""
    return soube_do_fim or evento.tipo == _CHEGADA[saida.tipo]


def _ligacoes_dos_datagramas(eventos):
    """As ligações por UDP, em que um datagrama se perde, se repete e ultrapassa outro: valem os bytes, não a ordem.

    Cópias iguais não se distinguem: se saíram mais do que chegaram, dá-se por perdida a mais antiga.
    """
    envios = {y: e for y, e in enumerate(eventos) if e.tipo == "envia" and _e_datagrama(e)}
    usados = set()
    for chegada in reversed(range(len(eventos))):
        recebido = eventos[chegada]
        if recebido.tipo != "recebe" or not _e_datagrama(recebido):
            continue
        possiveis = [y for y, envio in envios.items() if y < chegada and _e_o_mesmo(envio, recebido)]
        livres = [y for y in possiveis if y not in usados]
        if possiveis:  # sem nenhum livre, é uma repetição: do mesmo envio sai outra seta
            y = (livres or possiveis)[-1]
            usados.add(y)
            yield envios[y], y, chegada
    as_duas_pontas = len({e.quem for e in eventos}) == 2
    for y in sorted(envios.keys() - usados):
        yield envios[y], y, NAO_CHEGOU if as_duas_pontas else None


def _e_datagrama(evento):
    return evento.chamada.startswith(("sendto(", "recvfrom("))


def _e_o_mesmo(envio, recebido):
    if envio.quem == recebido.quem:
        return False
    cortado = recebido.chamada == f"recvfrom({recebido.tamanho})"  # coube na leitura só o começo
    return envio.dados.startswith(recebido.dados) if cortado else envio.dados == recebido.dados


def instante(evento):
    """O instante em que um evento se desenha; um erro, o de quando foi visto, e não o do começo da espera."""
    return evento.instante + (evento.duracao if evento.tipo == "erro" else 0)


def rotulo(evento):
    if evento.tipo == "erro":
        return f"erro: {visivel(evento.detalhe, 60, aspas=False)}"
    if evento.tipo == "devolve":
        return f"devolução: {visivel(evento.detalhe, 30, aspas=False)}"
    return visivel(evento.chamada, 60, aspas=False) or evento.tipo


def _bytes(evento, limite=60):
    if not evento.dados or evento.tipo == "devolve":
        return ""
    return f"  {visivel(evento.dados, limite)} ({evento.tamanho} {'byte' if evento.tamanho == 1 else 'bytes'})"


def em_milissegundos(segundos):
    return f"{segundos * 1000:.1f} ms".replace(".", ",")
