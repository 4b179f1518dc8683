"""Quanto custa importar o pacote, em vezes o que custa importar os módulos padrão de que ele precisa."""

import os
import subprocess
import sys
import tempfile

CASOS = {
    "import parimpar": "import parimpar",
    "from parimpar import Servidor, Cliente": "from parimpar import Servidor, Cliente",
}
CRONOMETRO = "import time; inicio = time.perf_counter(); {}; print(time.perf_counter() - inicio)"
QUEM_VEIO = "import sys; antes = set(sys.modules); {}; print(*[m for m in sys.modules if m not in antes])"


def medir(vezes):
    """Devolve {caso: (segundos do pacote, segundos dos módulos padrão)}: o menor de cada, em vezes alternadas."""
    resultado = {}
    with tempfile.TemporaryDirectory() as pasta:
        # Um pacote instalado já vem compilado, qualquer que seja o PYTHONDONTWRITEBYTECODE daqui.
        ambiente = {**os.environ, "PYTHONPYCACHEPREFIX": pasta, "PYTHONDONTWRITEBYTECODE": ""}

        def python(codigo):
            comando = [sys.executable, "-c", codigo]
            return subprocess.run(comando, capture_output=True, text=True, check=True, env=ambiente).stdout

        for caso, codigo in CASOS.items():
            modulos = [m for m in python(QUEM_VEIO.format(codigo)).split() if not m.startswith("parimpar")]
            dois = codigo, f"import {', '.join(modulos)}"
            pares = [[float(python(CRONOMETRO.format(um))) for um in dois] for _ in range(vezes)]
            # O menor, e não a mediana: num milissegundo, o que outros programas fazem pesa mais do que a medida.
            resultado[caso] = tuple(map(min, zip(*pares, strict=True)))
    return resultado
