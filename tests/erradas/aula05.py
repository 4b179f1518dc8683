"""Aula 05: um recv por mensagem, o decode antes da hora, o laço que não acaba."""

from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

ERRADAS = [
    ("ler_linha", "def ler_linha(sock):\n    return sock.recv(1024).decode().strip()", ERRADO, "repita até aparecer o \\n"),
    ("ler_linha", "def ler_linha(sock):\n    print(sock.recv(1024))", ERRADO, "Falta o return?"),
    ("ler_linha", """
        def ler_linha(sock):
            dados = b""
            while b"\\n" not in dados:
                dados += sock.recv(1024)
            return dados
     """, ERRADO, "falta o decode"),
    ("ler_linha", """
        def ler_linha(sock):
            dados = b""
            while b"\\n" not in dados:
                dados += sock.recv(1024)
            return dados.decode()
     """, ERRADO, "Falta tirar o \\n do fim"),
    ("ler_linha", """
        def ler_linha(sock):
            texto = ""
            while "\\n" not in texto:
                texto += sock.recv(1024).decode()
            return texto.strip()
     """, QUEBROU, "UnicodeDecodeError: Um pedaço pode trazer meio Í"),
    ("ler_linha", """
        def ler_linha(sock):
            dados = b""
            while b"\\n" not in dados:
                dados = sock.recv(1024)
            return dados.decode().strip()
     """, ERRADO, "Cada volta apagou o que já tinha vindo"),
    ("ler_linha", """
        def ler_linha(sock):
            dados = b""
            while b"\\n" not in dados:
                dados += sock.recv(1024)
            return dados.decode().strip()
     """, ERRADO, "fique só com o que vem antes"),
    ("ler_linha", """
        def ler_linha(sock):
            dados = b""
            while not dados.endswith(b"\\n"):
                dados += sock.recv(1024)
            return dados.decode().strip()
     """, PARADO, "procure-o em todos os bytes guardados"),
    ("ler_linha", """
        def ler_linha(sock):
            dados = b""
            while b"\\n" not in dados:
                dados += sock.recv(1024)
            return dados.decode().split("\\n")[0]
     """, PARADO, "saia do laço"),
    ("separar_linhas", "def separar_linhas(pedacos):\n    print(pedacos)", ERRADO, "Falta o return?"),
    ("separar_linhas", "def separar_linhas(pedacos):\n    return b''.join(pedacos).decode()", ERRADO, "Devolva uma lista"),
    ("separar_linhas", "def separar_linhas(pedacos):\n    return [p.decode().strip() for p in pedacos]", ERRADO,
     "Um pedaço pode trazer várias linhas"),
    ("separar_linhas", "def separar_linhas(pedacos):\n    return b''.join(pedacos).split(b'\\n')[:-1]", ERRADO, "falta o decode"),
    ("separar_linhas", "def separar_linhas(pedacos):\n    return b''.join(pedacos).decode().split('\\n')", ERRADO,
     "O que sobra depois do último"),
    ("separar_linhas", "def separar_linhas(pedacos):\n    return b''.join(pedacos).decode().split()", ERRADO, "guarde"),
    ("separar_linhas", """
        def separar_linhas(pedacos):
            texto = b"".join(pedacos).decode()
            return [linha for linha in texto.split("\\n") if linha]
     """, ERRADO, "Uma linha vazia também conta"),
    ("separar_linhas", "def separar_linhas(pedacos):\n    return ''.join(p.decode() for p in pedacos).split('\\n')[:-1]",
     QUEBROU, "Um pedaço pode trazer meio Í"),
    ("separar_linhas", """
        def separar_linhas(pedacos):
            linhas = []
            for pedaco in pedacos:
                while b"\\n" in pedaco:
                    linha, _, resto = pedaco.partition(b"\\n")
                    linhas.append(linha.decode())
            return linhas
     """, PARADO, "o resto tem de ficar sem a linha que já saiu"),
    ("separar_linhas", """
        def separar_linhas(pedacos):
            linhas = []
            for pedaco in pedacos:
                while b"\\n" in pedaco:
                    linha, _, pedaco = pedaco.partition(b"\\n")
                    linhas.append(linha.decode())
            return linhas
     """, ERRADO, "guarde o que ainda não tem \\n"),
]  # fmt: skip
