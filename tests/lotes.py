"""Como os testes se repartem entre os processos do xdist, e os programas de tests/alunos em lotes.

Os testes de um grupo ficam com o mesmo processo: em geral os de um arquivo, mas cada aula no navegador é um, e cada lote de
programas julgados também. Os julgados quase só esperam, e os do navegador quase só calculam: uns vão entre os outros.
"""

from concurrent.futures import ThreadPoolExecutor

LOTES = 3  # de programas julgados, em cada arquivo
AO_MESMO_TEMPO = 3  # exames de um lote


def grupo(item):
    """O nome do grupo de um teste."""
    parametros = item.callspec.params if hasattr(item, "callspec") else {}
    if hasattr(item.module if hasattr(item, "module") else None, "lote") and "nome" in parametros:
        return f"{item.path.stem}-{item.module.lote(parametros['nome'])}"
    return f"{item.path.stem}-{parametros['aula']}" if "aula" in parametros else item.path.stem


def repartir(itens):
    """[(grupo, testes dele)], com os lotes de programas espalhados entre os primeiros outros grupos."""
    grupos = {}
    for item in itens:
        grupos.setdefault(grupo(item), []).append(item)
    lotes = [nome for nome, dele in grupos.items() if len(dele) > 1 and nome.rpartition("-")[2].isdigit()]
    ordem = [nome for nome in grupos if nome not in lotes]
    for i, nome in enumerate(lotes):
        ordem.insert(3 * i, nome)
    return [(nome, grupos[nome]) for nome in ordem]


class Lotes:
    """{programa: o que `examinar(programa)` devolve}, feito quando se pede o primeiro do lote.

    Args:
        pedido: o `request` do pytest: só se examina quem algum teste desta execução usa.
        nomes: os programas, os demorados primeiro.
        examinar: função do nome.
        depois: chamada ao fim de cada lote.
    """

    def __init__(self, pedido, nomes, examinar, depois=lambda: None):
        itens = [item for item in pedido.session.items if hasattr(item, "callspec") and item.path == pedido.path]
        usados = {item.callspec.params.get("nome") for item in itens}
        self._nomes = [nome for nome in nomes if nome in usados]
        self._lote, self._examinar, self._depois, self._feitos = pedido.module.lote, examinar, depois, {}

    def __contains__(self, nome):
        return nome in self._nomes

    def __getitem__(self, nome):
        if nome not in self._feitos:
            nomes = [outro for outro in self._nomes if self._lote(outro) == self._lote(nome)]
            with ThreadPoolExecutor(AO_MESMO_TEMPO) as executor:
                self._feitos.update(zip(nomes, executor.map(self._examinar, nomes), strict=True))
            self._depois()
        return self._feitos[nome]
