"""Como os testes se repartem entre os processos do xdist, e os programas de tests/alunos em lotes.

Os testes de um grupo ficam com o mesmo processo: em geral os de um arquivo, mas cada aula no navegador é um, como os
exercícios de cada uma, e cada lote de programas julgados também. Os julgados quase só esperam, e os do navegador quase só
calculam: uns vão entre os outros. (O `loadgroup` do xdist 3.8 não serve: com o pytest 9.2 ele perde os grupos.)
"""

import re
import zlib
from concurrent.futures import ThreadPoolExecutor

LOTES = 3  # de programas julgados, em cada arquivo
AO_MESMO_TEMPO = 3  # exames de um lote
JULGADOS = re.compile(r"test_avaliar_(?:servidor|cliente)\.py::\w+\[(nosso(?: cru)?|\w+\.(?:py|java|js|c))\b")
AULA = re.compile(r"(?:navegador/.*|test_exercicios.py.*)\[(\d\d-[\w-]+\.ipynb|aula\d\d)\b")


def lote(nome):
    """O número do lote de um programa: o mesmo em todo processo."""
    return zlib.crc32(nome.encode()) % LOTES


def grupo(teste):
    """O grupo de um teste, pelo nome dele: "tests/test_x.py::test_y[z]"."""
    arquivo = teste.partition("::")[0]
    if achado := JULGADOS.search(teste):
        return f"{arquivo} lote {lote(achado[1])}"
    return f"{arquivo} {achado[1]}" if (achado := AULA.search(teste)) else arquivo


def repartir(itens):
    """Os testes, grupo a grupo, com os lotes de programas espalhados entre os primeiros outros grupos."""
    grupos = {}
    for item in itens:
        grupos.setdefault(grupo(item.nodeid), []).append(item)
    ordem = [nome for nome in grupos if " lote " not in nome]
    for i, nome in enumerate(nome for nome in grupos if " lote " in nome):
        ordem.insert(3 * i, nome)
    return [item for nome in ordem for item in grupos[nome]]


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
        self._examinar, self._depois, self._feitos = examinar, depois, {}

    def __contains__(self, nome):
        return nome in self._nomes

    def __getitem__(self, nome):
        if nome not in self._feitos:
            nomes = [outro for outro in self._nomes if lote(outro) == lote(nome)]
            with ThreadPoolExecutor(AO_MESMO_TEMPO) as executor:
                self._feitos.update(zip(nomes, executor.map(self._examinar, nomes), strict=True))
            self._depois()
        return self._feitos[nome]
