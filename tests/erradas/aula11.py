"""Aula 11: a porta que não volta, o except que pega tudo, o prazo que falta e o que é curto demais."""

from avaliador.exercicios import aula11
from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

ESCUTAR = aula11.escutar.codigo
REUSAR, ESCUTA = "server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)", "server_socket.listen()"
DIAGNOSTICAR = aula11.diagnosticar.codigo

ERRADAS = [
    ("escutar", ESCUTAR.replace("return server_socket", "print(server_socket)"), ERRADO, "falta o return?"),
    ("escutar", ESCUTAR.replace("return server_socket", "return porta"), ERRADO, "devolva o socket que escuta; veio 0"),
    ("escutar", ESCUTAR.replace(ESCUTA, "pass"), ERRADO, "falta o listen"),
    ("escutar", ESCUTAR.replace(REUSAR, "pass"), QUEBROU, "deixou uma conexão em TIME_WAIT"),
    ("escutar", ESCUTAR.replace(REUSAR, "pass").replace(ESCUTA, f"{REUSAR}\n    {ESCUTA}"), QUEBROU, "antes do bind"),
    ("escutar", ESCUTAR.replace("SO_REUSEADDR, 1", "SO_REUSEADDR, 0"), QUEBROU, "ligue SO_REUSEADDR, com 1"),
    ("escutar", ESCUTAR.replace('("127.0.0.1", porta)', '("127.0.0.1", 0)'), ERRADO, "use o argumento no bind"),
    ("escutar", ESCUTAR.replace('server_socket.bind(("127.0.0.1", porta))', "pass"), ERRADO, "o socket escuta em 0.0.0.0"),
    ("escutar", ESCUTAR.replace('"127.0.0.1"', '""'), ERRADO, "só atende esta máquina"),
    ("escutar", ESCUTAR.replace('(("127.0.0.1", porta))', '("127.0.0.1", porta)'), QUEBROU, "faltam os parênteses de dentro"),
    ("escutar", ESCUTAR.replace("return server_socket", "return server_socket.accept()[0]"), PARADO, "quem aceita clientes é quem chamou"),
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
    ("diagnosticar", DIAGNOSTICAR.replace("client_socket.settimeout(0.5)", "client_socket.settimeout(None)"), PARADO, "depois de conectar, settimeout(0.5)"),
    ("diagnosticar", DIAGNOSTICAR.replace("client_socket.settimeout(0.5)", "pass"), PARADO, "os 5 s são só da conexão"),
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
