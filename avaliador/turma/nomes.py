"""O nome de um aluno: como se lê, e como nome de arquivo."""

import os
import re
import unicodedata


def nome_de_arquivo(texto, numero=None):
    """Um nome que todo sistema aceita: `Ana-Sa`; com um número, `007-Ana-Sa`, que não se repete numa turma."""
    sem_acentos = unicodedata.normalize("NFD", texto).encode("ascii", "ignore").decode()
    limpo = re.sub(r"\W+", "-", sem_acentos, flags=re.ASCII).strip("-")[:60]
    return "-".join(filter(None, (numero and f"{numero:03}", limpo)))


def legivel(nome):
    """O nome de um arquivo como se lê: os bytes que não são UTF-8 são os do Windows, ou de um sistema antigo."""
    return os.fsencode(nome).decode("cp1252", "replace") if any("\udc80" <= c <= "\udcff" for c in nome) else nome
