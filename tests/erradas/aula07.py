"""Aula 07: a função chamada em vez de passada, a tupla sem vírgula, o laço que falta; e o seletor mal perguntado."""

from avaliador.exercicios import aula07
from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

SERVIR = aula07.servir.codigo
ECOAR = aula07.ecoar.codigo

ERRADAS = [
    ("servir", """
        def servir(server_socket, atender):
            conexao, _ = server_socket.accept()
            threading.Thread(target=atender, args=(conexao,)).start()
     """, ERRADO, "a função aceitou 1 de 3 clientes e terminou: falta o laço"),
    ("servir", """
        def servir(server_socket, atender):
            while True:
                atender(server_socket.accept()[0])
     """, ERRADO, "atender rodou na thread do accept"),
    ("servir", SERVIR.replace("target=atender, args=(conexao,)", "target=atender(conexao)"), ERRADO, "sem chamá-la"),
    ("servir", SERVIR.replace("args=(conexao,)", "args=(conexao)"), ERRADO, "args é uma tupla, mesmo com um argumento só"),
    ("servir", SERVIR.replace("conexao, endereco = ", "conexao = "), ERRADO, "accept devolve duas coisas"),
    ("servir", SERVIR.replace("target=atender", "atender"), QUEBROU, "Escreva target=atender"),
    ("servir", SERVIR.replace(".start()", ""), PARADO, "falta o start() da thread?"),
    ("servir", SERVIR.replace("threading.Thread(", "t = threading.Thread(").replace(".start()", "\n        t.start(); t.join()"), PARADO,
     "volte logo ao accept"),
    ("servir", """
        def servir(server_socket, atender):
            while True:
                conexao, _ = server_socket.accept()
                threading.Thread(target=atender, args=(conexao,)).start()
     """, QUEBROU, "É o sinal de encerrar"),
    ("servir", SERVIR.replace("return quantos", "continue"), PARADO, "saia do laço com return"),
    ("servir", SERVIR.replace("return quantos", "return"), ERRADO, "falta o return?"),
    ("servir", SERVIR.replace("quantos += 1", "quantos = 1"), ERRADO, "conte um a cada accept"),
    ("ecoar", """
        def ecoar(conexoes):
            for conexao in conexoes:
                while dados := conexao.recv(1024):
                    conexao.sendall(dados)
     """, PARADO, "com a primeira calada: registre todas"),
    ("ecoar", """
        def ecoar(conexoes):
            def uma(conexao):
                while dados := conexao.recv(1024):
                    conexao.sendall(dados)
            for conexao in conexoes:
                threading.Thread(target=uma, args=(conexao,), daemon=True).start()
            time.sleep(1)
     """, ERRADO, "numa thread só"),
    ("ecoar", """
        def ecoar(conexoes):
            seletor = selectors.DefaultSelector()
            for conexao in conexoes:
                seletor.register(conexao, selectors.EVENT_READ)
            for chave, _ in seletor.select():
                chave.fileobj.sendall(chave.fileobj.recv(1024))
     """, ERRADO, "repita o select enquanto houver"),
    ("ecoar", """
        def ecoar(conexoes):
            seletor = selectors.DefaultSelector()
            while True:
                for chave, _ in seletor.select():
                    chave.fileobj.sendall(chave.fileobj.recv(1024))
     """, PARADO, "registre todas"),
    ("ecoar", ECOAR.replace("for chave, _ in", "for chave in"), QUEBROU, "select devolve pares"),
    ("ecoar", ECOAR.replace("chave.fileobj.recv", "chave.recv"), QUEBROU, "chave.fileobj"),
    ("ecoar", ECOAR.replace("if dados:", "if True:"), PARADO, "tire cada uma com unregister"),
    ("ecoar", ECOAR.replace("seletor.unregister(chave.fileobj)", "pass"), PARADO, "tire cada uma com unregister"),
    ("ecoar", ECOAR.replace("while seletor.get_map()", "while True"), PARADO, "pare quando não houver mais nenhuma"),
    ("ecoar", ECOAR.replace("chave.fileobj.close()", "pass"), ERRADO, "3 de 3 conexões ficaram abertas"),
    ("ecoar", ECOAR.replace("sendall(dados)", "sendall(b'eco'[:len(dados)])"), ERRADO, "são os mesmos bytes"),
]  # fmt: skip
