"""O diário do mural: um endereço que despeja linhas sem parar não empurra para fora o que os outros fizeram.

Um diário é limitado, e quem o enche joga fora os eventos que ainda não se leram. O que enche depressa são as linhas que
não se respondem, ou que se respondem muitas juntas: milhares delas cabem numa leitura, e cada uma é um evento. Aqui cada
endereço anota das suas até um tanto por segundo; o que passa é contado.
"""

from collections import Counter

from ..diario import Diario

EVENTOS = 20_000  # guardados; lidos quatro vezes por segundo, chegam para oitenta mil em cada um
POR_RESPOSTA = 2  # a quem o servidor responde, uma devolução e uma apresentação não custam nada
POR_SEGUNDO = 500  # outras linhas de um endereço
LIMITADOS = ("devolve", "apresenta", "erro")
ENDERECOS = 1000  # quantos se lembram: num datagrama, o endereço de quem envia pode ser inventado


class DiarioDoMural(Diario):
    """Um `Diario` com um limite por endereço.

    excesso: {endereço: linhas que passaram do limite e não se anotaram}.
    """

    def __init__(self):
        super().__init__(EVENTOS)
        self.excesso = Counter()
        self._segundo, self._gastos = 0, Counter()

    def registrar_varios(self, registros):
        """Acrescenta os que cabem no limite do endereço de cada um."""
        super().registrar_varios([registro for registro in registros if self._cabe(*registro[:6])])

    def _cabe(self, instante, quem, tipo, chamada, local, remoto):
        limitado = tipo in LIMITADOS
        if remoto is None or not (limitado or tipo == "envia"):
            return True
        ip, segundo = remoto[0], int(instante)
        if segundo > self._segundo or len(self._gastos) > ENDERECOS:
            self._segundo, self._gastos = segundo, Counter()
        self._gastos[ip] += 1 if limitado else -POR_RESPOSTA
        if not limitado or self._gastos[ip] <= POR_SEGUNDO:
            return True
        if ip in self.excesso or len(self.excesso) < ENDERECOS:
            self.excesso[ip] += 1
        return False
