"""O papel é um argumento: sem ele, só diz como se usa."""

import sys

if len(sys.argv) < 3:
    sys.exit("uso: sem_papel.py servidor|cliente PORTA")
