"""Mostra o título e fica parado: nunca chega ao connect."""

import sys
import time

PORTA = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
INTERVALO = float(sys.argv[2]) if len(sys.argv) > 2 else 10

print("Cliente PAR/ÍMPAR na porta", PORTA)
while True:
    time.sleep(INTERVALO)
