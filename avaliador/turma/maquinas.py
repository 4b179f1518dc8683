"""A turma em várias máquinas: as entregas vão para um conjunto de computadores ligados pelo Dask, e voltam os resultados.

Cada máquina executa `dask worker` com um lugar para um exame (`--resources exame=1`). O que vai é a entrega já aberta, em
bytes; o que volta é o mesmo que se gravaria no disco. Uma máquina que cai não leva nada: o exame que estava nela é feito
em outra.
"""

import hashlib
import os
import pathlib
import re
import tempfile
import threading
from dataclasses import asdict, dataclass, field, replace

from parimpar.erros import ErroDeUso
from parimpar.texto import visivel

from ..caixa import BWRAP, disponivel
from .achar import MANIFESTO
from .entrega import Pedido, dito, julgar, julgar_a_parte
from .envios import Envio
from .resultado import Resultado

LUGAR = "exame"  # o recurso do Dask: quantos exames uma máquina faz ao mesmo tempo
LIGACAO = 10.0  # segundos para achar o escalonador
OLHADA = 1.0  # segundos entre duas conferências de que ninguém desistiu
TENTATIVAS = 2  # a mais, se o exame falha na máquina; quando ela cai, o próprio Dask o dá a outra
COMO_LIGAR = "dask worker ENDEREÇO --nthreads 1 --resources exame=1"


@dataclass(frozen=True)
class Pacote:
    """Um pedido pronto para viajar.

    envio: o `Envio`, sem as origens, que são caminhos desta máquina.
    arquivos: [(caminho a partir da entrega, em bytes, conteúdo)].
    manifesto: o texto do que quem ensina escreveu para ela, ou None.
    opcoes: as do exame, como no `Pedido`.
    isolamento: o que se pediu; None, o melhor que a outra máquina dá.
    """

    envio: Envio
    arquivos: list = field(repr=False)
    manifesto: str | None
    opcoes: dict
    isolamento: str | None


class Maquinas:
    """Os computadores ligados a um escalonador do Dask; use com `with`.

    Args:
        endereco: o do escalonador, como tcp://192.168.0.10:8786.

    Raises:
        ErroDeUso: falta a biblioteca, ninguém responde ali, nenhuma máquina tem lugar, ou alguma tem outra versão.
    """

    def __init__(self, endereco):
        if not re.match(r"(tcp|tls)://.+:\d+$", endereco):
            raise ErroDeUso(
                f"esperava o endereço de um escalonador do Dask, como tcp://192.168.0.10:8786, e veio {visivel(endereco)}"
            )
        try:
            from distributed import Client
        except ImportError as erro:
            raise ErroDeUso(
                "para avaliar em várias máquinas é preciso ter, nesta e em cada uma delas, a biblioteca distributed: rode  "
                "python iniciar.py instalar maquinas"
            ) from erro
        try:
            self._cliente = Client(endereco, timeout=LIGACAO, set_as_default=False)
        except (OSError, ValueError) as erro:
            raise ErroDeUso(
                f"esperava em {visivel(endereco)} um escalonador do Dask, e ninguém respondeu: inicie-o com  dask "
                "scheduler  e use o endereço tcp:// que ele escreve"
            ) from erro
        try:
            self.lugares = self._contar_lugares()
        except BaseException:
            self._cliente.close()
            raise

    def _contar_lugares(self):
        maquinas = self._cliente.scheduler_info(n_workers=-1)["workers"]
        lugares = sum(int(maquina["resources"].get(LUGAR, 0)) for maquina in maquinas.values())
        if not lugares:
            raise ErroDeUso(f"nenhuma máquina ligada ao escalonador faz exames: em cada uma, execute  {COMO_LIGAR}")
        daqui, delas = versao_do_avaliador(), self._cliente.run(versao_do_avaliador, on_error="return")
        outras = [onde for onde, versao in delas.items() if versao != daqui]
        if outras:
            raise ErroDeUso(
                f"estas máquinas não têm o mesmo parimpar que esta: {', '.join(outras[:5])}; ponha nelas a mesma cópia do "
                "projeto e rode  python iniciar.py instalar maquinas"
            )
        return lugares

    def julgar(self, pedido, copia, progresso=lambda alvo, titulo: None):
        """Como `entrega.julgar`, noutra máquina; espera por ela."""
        pacote, envio, chegou = embrulhar(pedido, copia), pedido.envio, threading.Event()
        futuro = self._cliente.submit(julgar_pacote, pacote, resources={LUGAR: 1}, retries=TENTATIVAS, pure=False)
        futuro.add_done_callback(lambda _: chegou.set())
        try:
            while not chegou.wait(OLHADA):
                progresso("servidor", "noutra máquina")
            if futuro.cancelled():
                raise ErroDeUso(
                    "perdeu-se a ligação com o escalonador do Dask: o que já foi julgado está gravado; quando ele "
                    "voltar, repita o comando com --retomar"
                )
            return Resultado.de_dado(futuro.result())
        except ErroDeUso:
            raise
        except Exception as erro:  # a máquina caiu várias vezes, ou o exame falhou em todas
            motivo = visivel(f"{type(erro).__name__}: {erro}", 200, aspas=False)
            aviso = {"entrega": f"nenhuma máquina conseguiu julgá-la ({motivo})"}
            return Resultado(envio.nome, {}, aviso, envio.identificador, envio.pasta_do_moodle)
        finally:
            futuro.cancel()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._cliente.close()


def embrulhar(pedido, copia):
    """O `Pacote` de um pedido; a entrega é aberta aqui, na pasta dada."""
    envio, avisos = pedido.envio, []
    try:
        envio.copiar(copia)
    except Exception as erro:  # o que houver numa entrega fica nela
        avisos.append(dito(erro))
    arquivos = [
        (os.fsencode(arquivo.relative_to(copia)), arquivo.read_bytes())
        for arquivo in sorted(pathlib.Path(copia).rglob("*"))
        if arquivo.is_file() and not arquivo.is_symlink()
    ]
    manifesto = pathlib.Path(pedido.manifesto).read_bytes().decode("utf-8", "replace") if pedido.manifesto else None
    envio = replace(envio, origens=[], avisos=[*envio.avisos, *avisos])
    return Pacote(envio, arquivos, manifesto, pedido.opcoes, pedido.isolamento)


def julgar_pacote(pacote):
    """Na outra máquina: julga a entrega e devolve o `Resultado`, em dados."""
    with tempfile.TemporaryDirectory(prefix="parimpar-") as pasta:
        raiz, manifesto = pathlib.Path(pasta, "entrega"), pathlib.Path(pasta, MANIFESTO)
        raiz.mkdir()
        for relativo, dados in pacote.arquivos:
            arquivo = raiz / os.fsdecode(relativo)
            arquivo.parent.mkdir(parents=True, exist_ok=True)
            arquivo.write_bytes(dados)
        if pacote.manifesto is not None:
            manifesto.write_text(pacote.manifesto, encoding="utf-8")
        envio = replace(pacote.envio, origens=[(raiz, "entrega")])
        do_lado = None if pacote.manifesto is None else str(manifesto)
        pedido = Pedido(envio, do_lado, pacote.opcoes, pacote.isolamento or disponivel())
        a_parte = pedido.isolamento == BWRAP
        return asdict(julgar_a_parte(pedido) if a_parte else julgar(pedido, pathlib.Path(pasta, "copia")))


def versao_do_avaliador():
    """A impressão digital do código que dá as notas: duas máquinas com a mesma dão as mesmas."""
    conta = hashlib.sha256()
    for pasta in (pathlib.Path(__file__).parents[1], pathlib.Path(__file__).parents[2] / "parimpar"):
        for arquivo in sorted(pasta.glob("**/*.py")):
            conta.update(arquivo.read_bytes().replace(b"\r\n", b"\n"))
    return conta.hexdigest()
