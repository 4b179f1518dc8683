from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

_INICIO = "def perguntar_sem_travar(perguntar, numero, respostas):\n"
_TRABALHA = f"{_INICIO}    def trabalhar():\n        respostas.put(perguntar(numero))\n"

ERRADAS = [
    ("perguntar_sem_travar", f"{_INICIO}    respostas.put(perguntar(numero))", ERRADO, "quem chama perguntar, e espera, é a thread"),
    ("perguntar_sem_travar", f"{_INICIO}    threading.Thread(target=respostas.put(perguntar(numero))).start()", ERRADO, "quem chama perguntar, e espera, é a thread"),
    ("perguntar_sem_travar", f"{_TRABALHA}    threading.Thread(target=trabalhar)", ERRADO, "falta o start()"),
    ("perguntar_sem_travar", f"{_TRABALHA}    t = threading.Thread(target=trabalhar)\n    t.start()\n    t.join()", PARADO, "em join, à espera de: outra thread terminar"),
    ("perguntar_sem_travar", f"{_TRABALHA}    threading.Thread(target=trabalhar).run()", ERRADO, "quem chama perguntar, e espera, é a thread"),
    ("perguntar_sem_travar", f"{_INICIO}    threading.Thread(target=perguntar, args=(numero,)).start()", ERRADO, "falta o put"),
    ("perguntar_sem_travar", f"{_INICIO}    threading.Thread(target=perguntar, args=(numero)).start()", ERRADO, "a vírgula é obrigatória"),
    ("perguntar_sem_travar", f"{_TRABALHA}    threading.Thread(target=trabalhar).start()", QUEBROU, "o try vai dentro da função da thread: uma thread sua parou"),
    ("perguntar_sem_travar", f"{_TRABALHA}    try:\n        threading.Thread(target=trabalhar).start()\n    except OSError as e:\n        respostas.put('sem resposta')", QUEBROU, "o try vai dentro da função da thread"),
    ("perguntar_sem_travar", f"{_INICIO}    t = threading.Thread(target=perguntar, args=(numero,))\n    t.start()\n    respostas.put(t)", ERRADO, "o put é da thread"),
    ("perguntar_sem_travar", f"{_INICIO}    def trabalhar():\n        try:\n            respostas.put(perguntar(numero))\n        except OSError as e:\n            respostas.put(e)\n    threading.Thread(target=trabalhar).start()", ERRADO, "esperava 'sem resposta: TimeoutError', e veio TimeoutError()"),
    ("sortear", "def sortear():\n    return str(random.randint(0, 10**30 - 1))", ERRADO, "PAR e ÍMPAR quase não acontecem"),
    ("sortear", "def sortear():\n    return random.randint(0, 9)", ERRADO, "use str"),
    ("sortear", "def sortear():\n    return str(random.randint(0, 9))", ERRADO, "as letras quase não acontecem"),
    ("sortear", "def sortear():\n    return ''.join(random.choices('0123456789', k=random.randint(1, 30)))", ERRADO, "começa com zero"),
    ("sortear", "def sortear():\n    return random.choices('123456789', k=random.randint(1, 30))", ERRADO, "''.join(…) junta os algarismos"),
    ("sortear", "def sortear():\n    casas = random.randint(1, 30)\n    print(10 ** casas)", ERRADO, "falta o return"),
    ("sortear", "def sortear():\n    return ''.join(random.choices('123456789', k=random.randint(0, 30)))", ERRADO, "ao menos um"),
    ("sortear", "def sortear():\n    return '123456'", ERRADO, "sorteie a cada chamada"),
    ("sortear", "def sortear():\n    casas = random.randint(1, 31)\n    return str(10 ** (casas - 1))", ERRADO, "o limite é 30"),
    ("sortear", "def sortear():\n    casas = random.randint(7, 17)\n    return str(random.randint(10 ** (casas - 1), 10 ** casas - 1))", ERRADO, "nenhum número teve"),
    ("sortear", "def sortear():\n    return ''.join(random.randint(1, 9) for _ in range(random.randint(1, 30)))", QUEBROU, "join junta textos"),
]  # fmt: skip
