"""Aula 06: o send que não insiste, e o HTTP lido como se chegasse inteiro."""

from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

CERTA = """
        def baixar(endereco, caminho):
            with socket.create_connection(endereco, timeout=5) as s:
                s.sendall(f"GET {caminho} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n".encode())
                dados = b""
                while b"\\r\\n\\r\\n" not in dados:
                    dados += s.recv(1024)
                topo, _, corpo = dados.partition(b"\\r\\n\\r\\n")
                tamanho = int(topo.partition(b"Content-Length:")[2].split()[0])
                while len(corpo) < tamanho:
                    corpo += s.recv(1024)
                return int(topo.split()[1]), corpo.decode()
     """

ERRADAS = [
    ("enviar_tudo", "def enviar_tudo(sock, dados):\n    print(len(dados))", ERRADO, "não chamou send nenhuma vez"),
    ("enviar_tudo", "def enviar_tudo(sock, dados):\n    sock.send(dados)", ERRADO, "de 300000 bytes, e a função parou aí"),
    ("enviar_tudo", "def enviar_tudo(sock, dados):\n    sock.sendall(dados)", ERRADO, "use só send"),
    ("enviar_tudo", """
        def enviar_tudo(sock, dados):
            enviados = sock.send(dados)
            sock.send(dados[enviados:])
     """, ERRADO, "bytes por enviar: repita até acabar"),
    ("enviar_tudo", """
        def enviar_tudo(sock, dados):
            enviados = sock.send(dados)
            while enviados < len(dados):
                enviados += sock.send(dados)
     """, ERRADO, "continue de onde parou"),
    ("enviar_tudo", """
        def enviar_tudo(sock, dados):
            while True:
                dados = dados[sock.send(dados):]
     """, PARADO, "o laço tem de parar quando não sobrar nenhum"),
    ("enviar_tudo", """
        def enviar_tudo(sock, dados):
            for i in range(0, len(dados), 1000):
                sock.send(dados[i : i + 1000])
            sock.send(b"FIM")
     """, ERRADO, "pare quando não sobrar nenhum"),
    ("enviar_tudo", """
        def enviar_tudo(sock, dados):
            while dados:
                dados -= sock.send(dados)
     """, QUEBROU, "TypeError"),
    ("baixar", CERTA.replace("localhost\\r\\n\\r\\n", "localhost\\n\\n"), PARADO, "as linhas acabam em \\r\\n"),
    ("baixar", CERTA.replace("localhost\\r\\n\\r\\n", "localhost\\r\\n"), PARADO, "falta a linha vazia"),
    ("baixar", CERTA.replace("GET {caminho}", "GET /ola.txt"), ERRADO, "o caminho é o segundo argumento"),
    ("baixar", CERTA.replace("GET {caminho} HTTP/1.1", "GET {caminho}"), ERRADO, "três partes"),
    ("baixar", CERTA.replace("return int(topo.split()[1]), corpo.decode()", "return corpo.decode()"), ERRADO, "Devolva duas coisas"),
    ("baixar", CERTA.replace("int(topo.split()[1])", "topo.split()[1].decode()"), ERRADO, "O estado é um inteiro"),
    ("baixar", CERTA.replace("corpo.decode()", "corpo"), ERRADO, "O corpo é um texto: falta o decode"),
    ("baixar", CERTA.replace("int(topo.split()[1])", "200"), ERRADO, "O estado é o número da primeira linha"),
    ("baixar", CERTA.replace("len(corpo) < tamanho", "len(corpo) < 4"), ERRADO, "Falta o resto do corpo"),
    ("baixar", CERTA.replace("len(corpo) < tamanho", "parte := s.recv(1024)").replace("corpo += s.recv(1024)", "corpo += parte"),
     PARADO, "O servidor não fecha a conexão"),
    ("baixar", CERTA.replace("while len(corpo) < tamanho", "while len(corpo.decode(errors='ignore')) < tamanho"), PARADO, "bytes, e não letras"),
    ("baixar", """
        def baixar(endereco, caminho):
            with socket.create_connection(endereco, timeout=5) as s:
                s.sendall(f"GET {caminho} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n".encode())
                topo, corpo = s.recv(4096).decode().split("\\r\\n\\r\\n")
                return int(topo.split()[1]), corpo
     """, QUEBROU, "um recv pode trazer só o começo"),
]  # fmt: skip
