"""Um caso de um exame, e a lista em que os casos de um arquivo se registram."""

from dataclasses import dataclass

from parimpar.erros import ErroDeUso


@dataclass(frozen=True)
class Caso:
    """Um caso do exame.

    so_texto: não se aplica a quem manda ou lê o número em binário.
    so_tcp: não se aplica a quem fala UDP, em que não há conexão.
    """

    nome: str
    codigo: str
    regua: str
    titulo: str
    so_texto: bool
    funcao: object
    so_tcp: bool = False


class Casos(list):
    """A lista dos casos de um arquivo, na ordem; chamada, é o decorador que registra uma função como um caso.

    Args:
        regua: `ENUNCIADO` ou `ESPECIFICACAO`.
        so_texto: o que vale para os casos que não dizem outra coisa.
    """

    def __init__(self, regua, so_texto=False):
        super().__init__()
        self.regua, self.so_texto = regua, so_texto

    def __call__(self, codigo, titulo, so_texto=None, so_tcp=False):
        """Registra a função como um caso; o nome dela é o nome do caso."""

        def registrar(funcao):
            nome = funcao.__name__.replace("_", "-")
            texto = self.so_texto if so_texto is None else so_texto
            self.append(Caso(nome, codigo, self.regua, titulo, texto, funcao, so_tcp))
            return funcao

        return registrar


def escolher(casos, so=None):
    """Os casos pedidos, na ordem de sempre.

    Args:
        so: None (todos), uma régua ou uma lista de nomes de casos.

    Raises:
        ErroDeUso: um nome não existe.
    """
    nomes = {so} if isinstance(so, str) else set(so or ())
    conhecidos = {c.nome for c in casos} | {c.regua for c in casos}
    if desconhecidos := sorted(nomes - conhecidos):
        raise ErroDeUso(f"não existe o caso {desconhecidos[0]!r}; há: {', '.join(sorted(conhecidos))}")
    return [c for c in casos if not nomes or nomes & {c.nome, c.regua}]
