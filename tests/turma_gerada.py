"""Uma turma de 40 entregas, sempre as mesmas para a mesma semente: certas, erradas, hostis, e de todas as disposições.

`gerar` diz os arquivos e a linha que se espera de cada entrega; `numa_pasta` e `num_zip` os escrevem. Os programas são os
mais curtos que bastam: o que se prova é o que se acha, o que se diz e o que não se perde.
"""

import io
import json
import random
import shutil
import sys
import tarfile
import zipfile
from dataclasses import dataclass, field

import pytest
from apoio import dispensar

from avaliador.turma.envios import na_chamada

SERVIDOR = """
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", PORTA))
s.listen()
while True:
    conexao, _ = s.accept()
    numero = conexao.recv(1024).decode()
    resposta = "PAR" if int(numero) % 2 == 0 else "ÍMPAR"
    conexao.send(resposta.encode())
    conexao.close()
"""
CLIENTE = """
import random, socket, time
while True:
    s = socket.create_connection(("127.0.0.1", PORTA))
    numero = str(random.randrange(10**6))
    s.send(numero.encode())
    resposta = s.recv(1024).decode()
    print(numero, resposta + "FIM", flush=True)
    s.send((resposta + "FIM").encode())
    s.close()
    time.sleep(1)
"""
SERVIDOR_EM_C = """
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void) {
    int um = 1, s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in aqui = {.sin_family = AF_INET, .sin_port = htons(PORTA)};
    aqui.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &um, sizeof um);
    bind(s, (struct sockaddr *)&aqui, sizeof aqui);
    listen(s, 5);
    for (;;) {
        char numero[64];
        int c = accept(s, 0, 0), n = recv(c, numero, sizeof numero, 0);
        const char *r = n > 0 && (numero[n - 1] - '0') % 2 == 0 ? "PAR" : "ÍMPAR";
        send(c, r, strlen(r), 0);
        close(c);
    }
}
"""
SERVIDOR_EM_JAVA = """
package redes.trabalho;
import java.net.*;
public class Servidor {
    public static void main(String[] a) throws Exception {
        ServerSocket s = new ServerSocket(PORTA);
        while (true) {
            try (Socket c = s.accept()) {
                byte[] b = new byte[64];
                String n = new String(b, 0, c.getInputStream().read(b), "UTF-8").trim();
                String r = Integer.parseInt(n) % 2 == 0 ? "PAR" : "ÍMPAR";
                c.getOutputStream().write(r.getBytes("UTF-8"));
            }
        }
    }
}
"""
ERRADO = {"servidor": ('"PAR" if', '"IMPAR" if'), "cliente": ("while True:", "raise SystemExit\nwhile True:")}
SOBRENOMES = ("Sá", "Ré", "Abreu", "Lima", "Conceição", "Araújo", "D'Ávila", "Brandão", "Teles", "Nóbrega")
LATIM_1 = "\udce3"  # o ã de um sistema antigo, como o Python o lê de um nome de arquivo
# As opções de um exame com um caso só: os que bastam para separar os certos dos errados.
SO_O_QUE_BASTA = {"servidor": {"so": ["par"]}, "cliente": {"so": ["conecta"], "intervalo_esperado": 1}}


@dataclass
class Esperada:
    """A linha que se espera de uma entrega; o que não se diz é vazio.

    notas: a do servidor e a do cliente; None se não há.
    avisos: um trecho de cada aviso.
    """

    entrega: str
    identificador: str = ""
    arquivos: tuple = ("servidor.py", "cliente.py")
    notas: tuple = (10, 10)
    rivais: tuple = ((), ())
    avisos: tuple = ()
    arvore: dict = field(default_factory=dict, repr=False)

    @property
    def nota(self):
        """Como está na planilha."""
        return "" if None in self.notas else f"{sum(self.notas) / 2:.2f}".replace(".", ",")


def zipar(arquivos):
    """Os bytes de um zip."""
    memoria = io.BytesIO()
    with zipfile.ZipFile(memoria, "w", zipfile.ZIP_DEFLATED) as pacote:
        for nome, conteudo in arquivos.items():
            pacote.writestr(nome, conteudo)
    return memoria.getvalue()


def tar_gz(arquivos):
    """Os bytes de um tar.gz; um conteúdo None é um link para /etc/passwd."""
    memoria = io.BytesIO()
    with tarfile.open(fileobj=memoria, mode="w:gz") as pacote:
        for nome, conteudo in arquivos.items():
            membro = tarfile.TarInfo(nome)
            if conteudo is None:
                membro.type, membro.linkname = tarfile.SYMTYPE, "/etc/passwd"
                pacote.addfile(membro)
                continue
            dados = conteudo.encode()
            membro.size = len(dados)
            pacote.addfile(membro, io.BytesIO(dados))
    return memoria.getvalue()


def caderno(codigo):
    """Um .ipynb com texto, uma mágica e o código em duas células."""
    inicio, fim = codigo.split("while True", 1)
    celulas = [("markdown", "# O trabalho"), ("code", f"%matplotlib inline\n{inicio}"), ("code", f"while True{fim}")]
    return json.dumps({"cells": [{"cell_type": tipo, "source": fonte.splitlines(True)} for tipo, fonte in celulas]})


def gerar(semente=2026, porta=lambda: 60000):
    """As 40 `Esperada`s, cada uma com os seus arquivos: {caminho: texto ou bytes}.

    Pula o teste onde não se pode escrevê-las, ou compilá-las.

    Args:
        porta: função que dá uma porta para cada entrega.
    """
    if not sys.platform.startswith("linux"):
        pytest.skip("só o Linux aceita todos estes nomes de pasta")
    if faltam := [programa for programa in ("cc", "make", "java", "javac") if not shutil.which(programa)]:
        dispensar(f"nesta máquina não há {', '.join(faltam)}")
    sorte, feitas = random.Random(semente), []
    numeros = sorte.sample(range(100_000, 1_000_000), 60)

    def par(errado=()):
        """{nome: código} do servidor e do cliente, numa porta só deles."""
        numero, codigos = str(porta()), {}
        for alvo, codigo in (("servidor", SERVIDOR), ("cliente", CLIENTE)):
            if alvo in errado:
                codigo = codigo.replace(*ERRADO[alvo]) + f"# ERRADO {alvo}\n"
            codigos[f"{alvo}.py"] = codigo.replace("PORTA", numero)
        return codigos

    def entrega(nome, arvore, pasta="{}_{}_assignsubmission_file_/", sobrenome=True, **esperado):
        nome = f"{nome} {sorte.choice(SOBRENOMES)}" if sobrenome else nome
        numero = str(numeros[len(feitas)]) if "{}_{}" in pasta else ""
        inicio = pasta.format(nome, numero)
        arquivos = {caminho if inicio in caminho else inicio + caminho: c for caminho, c in arvore.items()}
        feitas.append(Esperada(nome.replace(LATIM_1, "ã"), numero, arvore=arquivos, **esperado))

    # As disposições do Moodle.
    entrega("Ana", par())
    entrega("Bruno", par(), "{}_{}_assignsubmission_file/")
    entrega("Caio", par(), "{}_{}_assignsubmission_file_")
    entrega("Grupo 7-Davi", par())
    entrega("Elisa", {"trabalho.zip": zipar(par())}, arquivos=("trabalho/servidor.py", "trabalho/cliente.py"))
    entrega("Fábio", {"trabalho.zip": zipar(par())}, "{}_{}_assignsubmission_file_")
    entrega("Gabi", {"t.zip": zipar({"dentro.zip": zipar(par())})},
            arquivos=("t/dentro/servidor.py", "t/dentro/cliente.py"))  # fmt: skip
    entrega("Hugo", {"t.tar.gz": tar_gz({f"redes/{n}": c for n, c in par().items()})},
            arquivos=("t/redes/servidor.py", "t/redes/cliente.py"))  # fmt: skip
    codigos = par()
    colado = "<p>" + "<br />".join(codigos["cliente.py"].replace("<", "&lt;").splitlines()) + "</p>"
    entrega("Ivo", {"file_/servidor.py": codigos["servidor.py"], "onlinetext_/onlinetext.html": colado},
            "{}_{}_assignsubmission_", arquivos=("servidor.py", "onlinetext.py"))  # fmt: skip
    entrega("joana", par(), "{}/", sobrenome=False)
    entrega("lucas", {"lucas.zip": zipar(par())}, "", sobrenome=False)

    # O que vem junto, e não é trabalho.
    lixo = ("venv/lib/python3/site-packages", "node_modules/ws", "__pycache__", "__MACOSX", ".git")
    entrega("Malu", par() | {f"{p}/servidor.py": "import socket\ns.accept()" for p in lixo})
    entrega("Nilo", {"t.zip": zipar(par() | {f"{p}/cliente.py": "import socket\ns.connect(1)" for p in lixo})},
            arquivos=("t/servidor.py", "t/cliente.py"))  # fmt: skip
    entrega("Otto", {f"Trabalho 1/src/{n}": c for n, c in par().items()},
            arquivos=("Trabalho 1/src/servidor.py", "Trabalho 1/src/cliente.py"))  # fmt: skip

    # Outras formas de programa.
    entrega("Pilar", {n.upper(): c for n, c in par().items()}, arquivos=("SERVIDOR.PY", "CLIENTE.PY"))
    entrega("Quirino", {n.replace("py", "ipynb"): caderno(c) for n, c in par().items()},
            arquivos=("servidor.ipynb", "cliente.ipynb"))  # fmt: skip
    em_c = SERVIDOR_EM_C.replace("PORTA", str(porta()))
    entrega("Rosa", {"servidor.c": em_c, "cliente.py": par()["cliente.py"]}, arquivos=("servidor.c", "cliente.py"))
    entrega("Saulo", {"servidor.c": em_c, "Makefile": "tudo:\n\tcc -o meu servidor.c\n"}
            | {"cliente.py": par()["cliente.py"]}, arquivos=("servidor.c", "cliente.py"))  # fmt: skip
    em_java = SERVIDOR_EM_JAVA.replace("PORTA", str(porta()))
    entrega("Taís", {"src/redes/trabalho/Servidor.java": em_java, "cliente.py": par()["cliente.py"]},
            arquivos=("src/redes/trabalho/Servidor.java", "cliente.py"))  # fmt: skip
    codigos = par()
    dois = "import sys\nif sys.argv[1] == 'servidor':\n" + codigos["servidor.py"].replace("\n", "\n    ")
    dois += "\nif sys.argv[1] == 'cliente':\n" + codigos["cliente.py"].replace("\n", "\n    ")
    entrega("Ugo", {"jogo.py": dois}, arquivos=("jogo.py", "jogo.py"))

    # Mais de um candidato.
    codigos = par()
    entrega("Vera", codigos | {f"rascunho/{n}": c for n, c in codigos.items()},
            rivais=(("rascunho/servidor.py",), ("rascunho/cliente.py",)))  # fmt: skip
    entrega("Wanda", codigos | {"observador.py": codigos["cliente.py"]}, rivais=((), ("observador.py",)))
    entrega("Xisto", {f"{p}/{n}": c for p in ("tcp", "teste") for n, c in codigos.items()},
            arquivos=("tcp/servidor.py", "tcp/cliente.py"),
            rivais=(("teste/servidor.py",), ("teste/cliente.py",)))  # fmt: skip
    manifesto = 'servidor = ["python", "um.py"]\ncliente = ["python", "dois.py"]\n'
    entrega("Yara", {"um.py": codigos["servidor.py"], "dois.py": codigos["cliente.py"], "parimpar.toml": manifesto},
            arquivos=("", ""))  # fmt: skip

    # As erradas, e as que não se julgam.
    entrega("Zeca", par(errado=["servidor"]), notas=(0, 10))
    entrega("Alice", par(errado=["cliente"]), notas=(10, 0))
    entrega("Clara", {"servidor.py": par()["servidor.py"]}, arquivos=("servidor.py", ""), notas=(10, None),
            avisos=("não se achou o cliente",))  # fmt: skip
    entrega("Dora", {"leia-me.txt": "ainda não fiz"}, arquivos=("", ""), notas=(None, None),
            avisos=("não se achou o servidor", "não se achou o cliente"))  # fmt: skip
    entrega("Enzo", {"trabalho.zip": zipar(par())[:200]}, arquivos=("", ""), notas=(None, None),
            avisos=("não abre por inteiro", "não se achou o servidor", "não se achou o cliente"))  # fmt: skip
    entrega("Flora", {"servidor.c": "#include <sys/socket.h>\nint main() { accept(0, 0, 0) }"}
            | {"cliente.py": par()["cliente.py"]}, arquivos=("", "cliente.py"), notas=(None, 10),
            avisos=("não compila",))  # fmt: skip
    entrega("Gil", par() | {"parimpar.toml": "servidor = ["}, arquivos=("", ""), notas=(None, None),
            avisos=("não se entende",))  # fmt: skip

    # As hostis.
    entrega("Hilda", {"t.zip": zipar(par() | {"../../../fora.py": "x", "/etc/fora.py": "x"})},
            arquivos=("t/servidor.py", "t/cliente.py"), avisos=("sairia da pasta",))  # fmt: skip
    entrega("Igor", {"t.tar.gz": tar_gz(par() | {"segredo.py": None})},
            arquivos=("t/servidor.py", "t/cliente.py"), avisos=("é um link",))  # fmt: skip
    entrega("Júlia", par() | {"bomba.zip": zipar({"zeros.bin": bytes(70 * 1024**2)})}, avisos=("passa de 64 MiB",))
    for nome in (
        f"Jo{LATIM_1}o",
        "x" * 225,
        'Lia\n"; 10,00; ÓTIMO',
        "\x1b[31mMel\x1b[2J",
        "=cmd|' -C calc'!A0",
        "<img src=x>",
    ):
        entrega(nome, par(), sobrenome=False)
    assert len(feitas) == 40
    return sorted(feitas, key=lambda e: na_chamada(e.entrega, e.identificador))


def numa_pasta(esperadas, raiz):
    """Escreve as entregas como ficam depois de se abrir o zip."""
    for esperada in esperadas:
        for caminho, conteudo in esperada.arvore.items():
            alvo = raiz / caminho
            alvo.parent.mkdir(parents=True, exist_ok=True)
            alvo.write_bytes(conteudo if isinstance(conteudo, bytes) else conteudo.encode())
        if not esperada.arvore:
            (raiz / esperada.entrega).mkdir()
    return raiz


def num_zip(esperadas, caminho):
    """Escreve o zip que o Moodle daria; um nome em latin-1 vai nele sem a marca de UTF-8."""
    memoria = io.BytesIO()
    with zipfile.ZipFile(memoria, "w", zipfile.ZIP_DEFLATED) as pacote:
        for esperada in esperadas:
            for nome, conteudo in esperada.arvore.items():
                pacote.writestr(nome.replace(LATIM_1, "\x01"), conteudo)
    caminho.write_bytes(memoria.getvalue().replace(b"Jo\x01o", b"Jo\xe3o"))
    return caminho


def planilha(esperadas, caminho):
    """Escreve a planilha de notas off-line destes alunos."""
    titulos = (
        "Identificador,Nome completo,Status,Nota,Nota máxima,Última modificação (nota),Comentários de feedback\r\n"
    )
    linhas = "".join(
        f'Participante {e.identificador},"{e.entrega.replace(chr(34), chr(34) * 2)}",Enviado,,"10,00",-,\r\n'
        for e in esperadas
        if e.identificador
    )
    caminho.write_bytes((titulos + linhas).encode("utf-8-sig", "replace"))
    return caminho


def conferir(linhas, esperadas):
    """Cada linha da tabela, um dicionário, é a que se espera, e não há outra."""
    assert len(linhas) == len(esperadas)
    for linha, e in zip(linhas, esperadas, strict=True):
        julgados = linha["servidor_enunciado"], linha["cliente_enunciado"]
        vista = (linha["identificador"], linha["nota"], linha["servidor"], linha["cliente"], *julgados)
        notas = tuple("–" if nota is None else f"{nota},0" for nota in e.notas)
        assert vista == (e.identificador, e.nota, *e.arquivos, *notas), (e.entrega, linha)
        assert (linha["servidor_rivais"], linha["cliente_rivais"]) == tuple(map(", ".join, e.rivais)), e.entrega
        assert bool(linha["avisos"]) == bool(e.avisos) and all(a in linha["avisos"] for a in e.avisos), linha
        assert linha["conferir"] == ("sim" if None in e.notas or e.avisos or any(e.rivais) else ""), e.entrega
        assert all(linha[f"{alvo}_porque"] for alvo, nota in zip(("servidor", "cliente"), e.notas) if nota is not None)
