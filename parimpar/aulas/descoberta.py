"""Achar o mural da sala sem digitar o endereço, por mDNS.

É um conforto, e nunca faz falta: sem a biblioteca zeroconf (o extra "descoberta"), ou numa rede que não deixa passar a
difusão seletiva (*multicast*), o mural não se anuncia, e o endereço projetado continua a valer.
"""

import contextlib
import socket
import threading

from ..erros import ErroDeRede, ErroDeUso
from ..texto import motivo

SERVICO = "_parimpar._tcp.local."
PRAZO = 3.0  # segundos: numa rede que deixa, a resposta vem em menos de um
MAXIMO_DO_NOME = 40  # bytes do rótulo, que não passa de 63 com a porta


def _abrir(interfaces):
    """Um Zeroconf, e o módulo dele.

    Raises:
        ImportError: não está instalado.
        OSError: este computador não está em nenhuma rede.
    """
    import zeroconf

    quais = interfaces or zeroconf.InterfaceChoice.All
    return zeroconf.Zeroconf(interfaces=quais, ip_version=zeroconf.IPVersion.V4Only), zeroconf


@contextlib.contextmanager
def anunciar(endereco, porta, interfaces=None):
    """Anuncia o mural enquanto o bloco dura; entrega se deu para anunciar.

    Args:
        endereco: o deste computador que se projeta; um só, porque por mDNS vários chegam em qualquer ordem.
        porta: a do servidor.
        interfaces: por onde, em endereços deste computador; por padrão, por todas.
    """
    with contextlib.ExitStack() as pilha:
        try:
            rede, zeroconf = _abrir(interfaces)
            pilha.callback(rede.close)
            nome = socket.gethostname().encode()[:MAXIMO_DO_NOME].decode("utf-8", "ignore").replace(".", "-")
            anuncio = zeroconf.ServiceInfo(
                SERVICO, f"{nome}-{porta}.{SERVICO}", port=porta, parsed_addresses=[endereco], server=f"{nome}.local."
            )
            rede.register_service(anuncio, allow_name_change=True)
            anunciado = True
        except (ImportError, OSError):
            anunciado = False
        except Exception as erro:  # um erro da biblioteca não impede a aula
            if not type(erro).__module__.startswith("zeroconf"):
                raise
            anunciado = False
        yield anunciado


def procurar(prazo=PRAZO, interfaces=None):
    """O (host, porta) do primeiro mural que responder.

    Args:
        prazo: segundos.
        interfaces: como em `anunciar`.

    Raises:
        ErroDeUso: falta a zeroconf.
        ErroDeRede: nenhum mural respondeu.
    """
    try:
        rede, zeroconf = _abrir(interfaces)
    except ImportError as erro:
        raise ErroDeUso(
            "para procurar o mural falta a biblioteca zeroconf (pip install zeroconf); "
            "sem ela, diga o endereço que o mural mostra: --host ENDEREÇO"
        ) from erro
    except OSError as erro:
        raise ErroDeRede(f"não foi possível procurar o mural: {motivo(erro)}. Confira a rede") from erro
    vistos, visto = [], threading.Event()

    def ouvir(zeroconf, service_type, name, state_change):  # os nomes são os da biblioteca
        vistos.append(name)
        visto.set()

    try:
        zeroconf.ServiceBrowser(rede, SERVICO, handlers=[ouvir])
        anuncio = visto.wait(prazo) and rede.get_service_info(SERVICO, vistos[0], timeout=prazo * 1000)
    finally:
        rede.close()
    enderecos = anuncio.parsed_addresses() if anuncio else []
    if not enderecos:
        raise ErroDeRede(
            "nenhum mural respondeu nesta rede: ele pode não se anunciar, ou a rede não deixar. "
            "Diga o endereço que ele mostra: --host ENDEREÇO"
        )
    return enderecos[0], anuncio.port
