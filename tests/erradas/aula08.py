"""Aula 08: responder a quem não perguntou, esperar para sempre, desistir cedo ou tarde demais."""

from avaliador.exercicios import aula08
from avaliador.exercicios.resultado import ERRADO, PARADO, QUEBROU

ATENDER = aula08.atender_udp.codigo
PERGUNTAR = aula08.perguntar_udp.codigo

ERRADAS = [
    ("atender_udp", ATENDER.replace("for _ in range(quantos)", "if True"), ERRADO, "depois de 1 de 4 datagramas"),
    ("atender_udp", ATENDER.replace("for _ in range(quantos)", "while True"), PARADO, "o laço tem de acabar"),
    ("atender_udp", """
        def atender_udp(sock, quantos):
            dados, primeiro = sock.recvfrom(1024)
            for _ in range(quantos):
                resposta = "PAR" if int(dados) % 2 == 0 else "ÍMPAR"
                sock.sendto(resposta.encode(), primeiro)
                dados, de = sock.recvfrom(1024)
     """, ERRADO, "a resposta foi para outro cliente"),
    ("atender_udp", ATENDER.replace("dados, de = sock", "dados = sock"), QUEBROU, "recvfrom devolve duas coisas"),
    ("atender_udp", ATENDER.replace("(resposta.encode(), de)", "(de, resposta.encode())"), QUEBROU, "bytes e endereço, nesta ordem"),
    ("atender_udp", ATENDER.replace("resposta.encode()", "resposta"), QUEBROU, "resposta.encode()"),
    ("atender_udp", ATENDER.replace("sock.sendto(resposta.encode(), de)", "sock.send(resposta.encode())"), QUEBROU,
     "use sendto, com o endereço"),
    ("atender_udp", ATENDER.replace("ÍMPAR", "IMPAR"), ERRADO, "o acento"),
    ("atender_udp", ATENDER.replace("resposta.encode()", "(resposta + ' FIM').encode()"), ERRADO, "e mais nada"),
    ("atender_udp", ATENDER.replace("sock.sendto(resposta", "sock.sendto(b'', de)\n        sock.sendto(resposta"), ERRADO,
     "e mais nada"),
    ("atender_udp", ATENDER + "\n    sock.sendto(b'FIM', de)\n", ERRADO, "veio um datagrama a mais"),
    ("atender_udp", "def atender_udp(sock, quantos):\n    conexao, _ = sock.accept()", QUEBROU, "OSError"),
    ("perguntar_udp", PERGUNTAR.replace("sock.settimeout(0.2)", "pass"), PARADO, "cada silêncio de 0,2 s pede outro envio"),
    ("perguntar_udp", """
        def perguntar_udp(endereco, texto, tentativas):
            with socket.socket(type=socket.SOCK_DGRAM) as s:
                s.settimeout(0.2)
                s.sendto(texto.encode(), endereco)
                return s.recvfrom(99)[0].decode()
     """, QUEBROU, "trate o erro com try/except, dentro do laço"),
    ("perguntar_udp", PERGUNTAR.replace("pass", "return None"), ERRADO, "desistiu depois de 1 de 3 envios"),
    ("perguntar_udp", PERGUNTAR.replace(".decode()", ""), ERRADO, "falta o decode"),
    ("perguntar_udp", PERGUNTAR.replace("dados.decode()", "dados, _"), ERRADO, "a resposta é a primeira"),
    ("perguntar_udp", PERGUNTAR.replace("return dados.decode()", "print(dados.decode())"), ERRADO, "falta o return?"),
    ("perguntar_udp", PERGUNTAR.replace("range(tentativas)", "range(tentativas + 1)"), ERRADO, "são no máximo 3"),
    ("perguntar_udp", PERGUNTAR.replace("texto.encode()", "b'7'"), ERRADO, "não traz o texto pedido"),
    ("perguntar_udp", PERGUNTAR.replace("return None", "return ''"), ERRADO, "devolva None"),
    ("perguntar_udp", PERGUNTAR.replace("settimeout(0.2)", "settimeout(0.02)"), ERRADO, "0,2 s"),
    ("perguntar_udp", PERGUNTAR.replace("settimeout(0.2)", "settimeout(5)"), PARADO, "cada silêncio de 0,2 s"),
    ("perguntar_udp", """
        def perguntar_udp(endereco, texto, tentativas):
            with socket.create_connection(endereco, timeout=0.2) as s:
                s.sendall(texto.encode())
                return s.recv(99).decode()
     """, QUEBROU, "ConnectionRefusedError"),
]  # fmt: skip
