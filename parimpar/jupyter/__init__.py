"""Extensão do servidor do Jupyter; nada aqui é usado pelos sockets das aulas.

As mensagens do kernel chegam ao navegador sem esperar. O Jupyter não liga o TCP_NODELAY na conexão com o
navegador. Quando o kernel manda duas mensagens pequenas seguidas, o algoritmo de Nagle (RFC 9293,
seção 3.7.4) segura a segunda até o ACK da primeira, que o sistema do navegador atrasa até 40 ms: é o que se
sentiria entre o clique em Enviar e a resposta.

O que se guarda de um notebook está em gravar.py; o que falta à tradução, em idioma/.
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from .gravar import antes_de_gravar
from .idioma import completar


class ConexaoSemNagle(ZMQChannelsWebsocketConnection):
    """A conexão de sempre, com o TCP_NODELAY ligado."""

    def connect(self):
        """Liga o TCP_NODELAY e conecta."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()


def _jupyter_server_extension_points():
    return [{"module": "parimpar.jupyter"}]


def _load_jupyter_server_extension(serverapp):
    configuracao = serverapp.web_app.settings
    if configuracao.get("kernel_websocket_connection_class") is ZMQChannelsWebsocketConnection:
        configuracao["kernel_websocket_connection_class"] = ConexaoSemNagle
    serverapp.contents_manager.register_pre_save_hook(antes_de_gravar)
    completar()
