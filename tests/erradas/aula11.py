"""Aula 11: a porta que não volta, o except que pega tudo, o prazo que falta e o que é curto demais."""

from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

ESCUTAR = """
        def escutar(porta):
            s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", porta))
            s.listen()
            return s
     """
REUSAR = "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)"
DIAGNOSTICAR = """
        def diagnosticar(endereco):
            try:
                with socket.create_connection(endereco, timeout=5) as s:
                    s.settimeout(0.5)
                    s.sendall(b"7")
                    dados = s.recv(100)
            except ConnectionRefusedError:
                return "recusada"
            except TimeoutError:
                return "sem resposta"
            except ConnectionResetError:
                return "reiniciada"
            return dados.decode() if dados else "fechada"
     """

ERRADAS = [
    ("escutar", ESCUTAR.replace("return s", "print(s)"), ERRADO, "falta o return?"),
    ("escutar", ESCUTAR.replace("return s", "return porta"), ERRADO, "devolva o socket que escuta; veio 0"),
    ("escutar", ESCUTAR.replace("s.listen()", "pass"), ERRADO, "falta o listen"),
    ("escutar", ESCUTAR.replace(REUSAR, "pass"), QUEBROU, "deixou uma conexão em TIME_WAIT"),
    ("escutar", ESCUTAR.replace(REUSAR, "pass").replace("s.listen()", REUSAR + "\n            s.listen()"), QUEBROU, "antes do bind"),
    ("escutar", ESCUTAR.replace("SO_REUSEADDR, 1", "SO_REUSEADDR, 0"), QUEBROU, "ligue SO_REUSEADDR, com 1"),
    ("escutar", ESCUTAR.replace('("127.0.0.1", porta)', '("127.0.0.1", 0)'), ERRADO, "use o argumento no bind"),
    ("escutar", ESCUTAR.replace('s.bind(("127.0.0.1", porta))', "pass"), ERRADO, "o socket escuta em 0.0.0.0"),
    ("escutar", ESCUTAR.replace('"127.0.0.1"', '""'), ERRADO, "só atende esta máquina"),
    ("escutar", ESCUTAR.replace('(("127.0.0.1", porta))', '("127.0.0.1", porta)'), QUEBROU, "faltam os parênteses de dentro"),
    ("escutar", ESCUTAR.replace("return s", "return s.accept()[0]"), PARADO, "quem aceita clientes é quem chamou"),
    ("escutar", """
        def escutar(porta):
            with socket.create_server(("127.0.0.1", porta)) as s:
                return s
     """, ERRADO, "já está fechado"),
    ("diagnosticar", """
        def diagnosticar(e):
            with socket.create_connection(e, timeout=5) as s:
                s.settimeout(0.5)
                s.sendall(b'7')
                return s.recv(99).decode()
     """, QUEBROU, "trate este erro com except TimeoutError"),
    ("diagnosticar", DIAGNOSTICAR.replace("s.settimeout(0.5)", "s.settimeout(None)"), PARADO, "depois de conectar, settimeout(0.5)"),
    ("diagnosticar", DIAGNOSTICAR.replace("s.settimeout(0.5)", "pass"), PARADO, "os 5 s são só da conexão"),
    ("diagnosticar", DIAGNOSTICAR.replace("timeout=5", "timeout=0.5"), ERRADO, "O seu prazo acabou antes: dê 5 s à conexão"),
    ("diagnosticar", DIAGNOSTICAR.replace("except ConnectionRefusedError", "except OSError"), ERRADO, "trate antes cada filha"),
    ("diagnosticar", DIAGNOSTICAR.replace("except ConnectionRefusedError", "except ConnectionError"), ERRADO, "mães de várias"),
    ("diagnosticar", DIAGNOSTICAR.replace(' if dados else "fechada"', ""), ERRADO, "é o servidor que fechou"),
    ("diagnosticar", DIAGNOSTICAR.replace("dados.decode()", "dados"), ERRADO, "falta o decode"),
    ("diagnosticar", DIAGNOSTICAR.replace('return dados.decode() if dados else "fechada"', "print(dados)"), ERRADO, "Falta o return?"),
    ("diagnosticar", DIAGNOSTICAR.replace("except ConnectionResetError", "except KeyError"), QUEBROU, "except ConnectionResetError"),
    ("diagnosticar", DIAGNOSTICAR.replace("except ConnectionRefusedError", "except KeyError"), QUEBROU,
     "trate este erro com except ConnectionRefusedError"),
]  # fmt: skip
