"""Respostas erradas aos exercícios da aula 13, com o que se deve dizer de cada uma."""

from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

PN = "def perguntar_com_nome(client_socket, nome, numero):\n    "
LE = "client_socket.makefile(encoding='utf-8')"
ENVIA = "client_socket.sendall(f'NOME {nome}\\n{numero}\\n'.encode())\n    "
QS = "def que_servem(candidatos):\n    "

ERRADAS = [
    # Espera a resposta ao NOME antes de perguntar: o servidor novo não a manda.
    ("perguntar_com_nome",
     f"{PN}a = {LE}\n    client_socket.sendall(f'NOME {{nome}}\\n'.encode())\n    a.readline()\n"
     "    client_socket.sendall(f'{numero}\\n'.encode())\n    return a.readline().strip()", PARADO,
     "dele vem uma linha só"),
    # Lê uma linha só: com o servidor antigo, é o ERRO.
    ("perguntar_com_nome", f"{PN}{ENVIA}return {LE}.readline().strip()", ERRADO, "esta é a resposta ao NOME"),
    # Lê sempre duas: com o servidor novo, a segunda não vem.
    ("perguntar_com_nome", f"{PN}{ENVIA}a = {LE}\n    a.readline()\n    return a.readline().strip()", PARADO, "uma linha só"),
    ("perguntar_com_nome", f"{PN}{ENVIA}return {LE}.readline()", ERRADO, "falta tirar o \\n"),
    ("perguntar_com_nome", f"{PN}{ENVIA}print({LE}.readline())", ERRADO, "falta o return?"),
    ("perguntar_com_nome", f"{PN}{ENVIA}return client_socket.recv(99).strip()", ERRADO, "falta o decode"),
    ("perguntar_com_nome",
     f"{PN}client_socket.sendall(f'NOME {{nome}} {{numero}}\\n'.encode())\n    return {LE}.readline().strip()", PARADO,
     "depois de uma linha com o número"),
    ("perguntar_com_nome",
     f"{PN}client_socket.sendall(f'{{nome}}\\n{{numero}}\\n'.encode())\n    a = {LE}\n    a.readline()\n"
     "    return a.readline().strip()", ERRADO, "a primeira linha deve ser NOME"),
    ("perguntar_com_nome", f"{PN}client_socket.sendall(f'NOME {{nome}}\\n{{numero}}\\n')", QUEBROU, "bytes"),
    ("que_servem", f"{QS}return candidatos", ERRADO, "127.0.0.1 é o próprio computador"),
    ("que_servem", f"{QS}return [e for e in candidatos if e != '127.0.0.1']", ERRADO, "tudo o que começa com 127"),
    ("que_servem", f"{QS}return [e for e in candidatos if not e.startswith('127')]", ERRADO, "0.0.0.0 serve no bind"),
    ("que_servem", f"{QS}return [e for e in candidatos if not e.startswith(('127', '0'))]", ERRADO, "169.254"),
    ("que_servem", f"{QS}for e in candidatos:\n        if not e.startswith('127'):\n            return e", ERRADO,
     "esperava uma lista"),
    ("que_servem", f"{QS}print(candidatos)", ERRADO, "falta o return?"),
    ("que_servem", f"{QS}return [e for e in candidatos if ipaddress.ip_address(e).is_private]", ERRADO, "127.0.0.1"),
]  # fmt: skip
