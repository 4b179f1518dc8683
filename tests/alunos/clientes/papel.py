"""Um programa só, que faz os dois papéis, conforme o argumento."""

import sys

if len(sys.argv) < 2 or sys.argv[1] not in ("servidor", "cliente"):
    print("uso: python papel.py servidor|cliente")
    sys.exit(1)
