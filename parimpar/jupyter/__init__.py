"""Extensão do servidor do Jupyter: as mensagens do kernel chegam ao navegador sem esperar.

Nada aqui é usado pelos sockets das aulas. O Jupyter não liga o TCP_NODELAY na conexão com o
navegador. Quando o kernel manda duas mensagens pequenas seguidas, o algoritmo de Nagle (RFC 9293,
seção 3.7.4) segura a segunda até o ACK da primeira, que o sistema do navegador atrasa até 40 ms: é o que se
sentiria entre o clique em Enviar e a resposta.
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


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
