"""O painel sem navegador: os mesmos controles, clicados pelo Python."""

import asyncio
import html
import re
import threading
import time
from collections import Counter
from xml.etree import ElementTree

import ipywidgets
import pytest
from apoio import HOSTIS, em_outro_processo

from parimpar import Painel, Servidor
from parimpar.aulas import painel as modulo
from parimpar.aulas import telas
from parimpar.aulas.volta import Troca, servidor_de_fora
from parimpar.diario import Diario
from parimpar.erros import ErroDeUso

PRAZO = 10  # segundos


def esperar(condicao, diario, o_que):
    """Espera `condicao()` olhando de novo a cada evento do diário, ou a cada décimo de segundo."""
    limite = time.monotonic() + PRAZO
    while not condicao():
        assert time.monotonic() < limite, f"{o_que} não aconteceu em {PRAZO} s"
        diario.esperar(lambda _: True, 0.1, diario.cursor)


@pytest.fixture
def painel():
    aberto = Painel(semente=1, prazo=2, nome="teste")
    yield aberto
    aberto.fechar()


def lido(pagina):
    """O texto de um HTML, como quem o lê."""
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", "", pagina, flags=re.DOTALL))


@pytest.mark.parametrize(
    "numero, troca",
    [("7", "7 → ÍMPAR FIM"), ("8", "8 → PAR FIM"), ("1234567890", "1234567890 → PAR FIM")],
)
def test_enviar(painel, numero, troca):
    """Uma volta completa devolve a troca e a mostra."""
    assert str(painel.enviar(numero)) == troca
    assert troca.split(" → ")[1].removesuffix(" FIM") in painel.resposta.value and "FIM" in painel.resposta.value


def test_onze_casas_e_invalido(painel):
    """Letras e ERRO são mostrados como vieram, e contados por tipo."""
    assert len(painel.enviar("12345678901").resposta) == 11
    assert painel.enviar("abc").resposta.startswith("ERRO ")
    assert painel.contagem == {"letras": 1, "ERRO": 1}


def test_clicar_em_enviar(painel):
    """O clique não bloqueia: a thread responde depois, e o botão volta."""
    painel.numero.value = "7"
    painel.botao_enviar.click()
    esperar(lambda: painel.contagem["ÍMPAR"] == 1, painel.diario, "a resposta")
    esperar(lambda: not painel.botao_enviar.disabled, painel.diario, "o botão de volta")


def test_enter_envia(painel):
    """A mensagem que o navegador manda quando se tecla Enter envia o número."""
    painel.numero.value = "8"
    painel.numero._handle_custom_msg({"event": "submit"}, [])
    esperar(lambda: painel.contagem["PAR"] == 1, painel.diario, "a resposta")


def test_sortear_e_repetivel(painel):
    """A mesma semente sorteia os mesmos números."""
    sorteados = [painel.sortear() for _ in range(3)]
    assert painel.numero.value == sorteados[-1]
    outro = Painel(semente=1, nome="outro")
    assert [outro.sortear() for _ in range(3)] == sorteados
    outro.fechar()


def test_servidor_desligado_e_uma_mensagem(painel):
    """Sem servidor, a troca traz o erro, com o que fazer, e nada é lançado; religado, volta a responder."""
    painel.botao_servidor.click()
    esperar(lambda: not painel.servidor.ligado, painel.diario, "o servidor desligar")
    troca = painel.enviar("7")
    assert troca.resposta is None and "inicie o servidor" in troca.erro
    assert "inicie o servidor" in painel.resposta.value
    painel.ligar()
    assert painel.enviar("7").resposta == "ÍMPAR"


def test_repetir_e_parar(painel):
    """Repetir faz voltas até ser desligado."""
    painel.intervalo.value = 0.1
    painel.botao_repetir.value = True
    esperar(lambda: painel.contagem.total() >= 3, painel.diario, "a terceira volta")
    painel.botao_repetir.value = False
    assert painel._parar_de_repetir.is_set()


def test_texto_da_rede_e_escapado(painel):
    """Todo texto hostil, enviado, aparece como texto, e todas as partes do painel continuam."""
    for veneno in HOSTIS:
        troca = painel.enviar(veneno)
        painel.ultima_troca()
        painel.atualizar()
        telas_ = [painel.resposta, painel.figura, painel.texto, painel.eventos, painel.historico, painel.situacao]
        for tela in telas_:
            assert "não deu para mostrar" not in tela.value, veneno
            assert not re.search(r"<(img|script|b>|/text></svg>.)", tela.value.replace("<b>", "")), veneno
        assert f"Troca nº {painel.quantas}:" in painel.resposta.value
        ElementTree.fromstring(painel.figura.value)
        if troca.resposta is not None and "$" in veneno:
            assert veneno in lido(painel.resposta.value) and repr(veneno)[1:-1] in lido(painel.texto.value)
    painel.desligar()
    painel.ligar()
    assert "escutando" in painel.situacao.value


def test_o_que_ja_vem_escapado_nao_se_escapa_de_novo(painel):
    """Um `\\t8` que o servidor escreveu na resposta aparece como ele escreveu."""
    resposta = painel.enviar("\t8 9").resposta
    assert r"'\t8 9'" in resposta and resposta in lido(painel.resposta.value)


def test_porta_ocupada_aparece_no_painel():
    """Um servidor que não consegue ligar é um aviso na tela."""
    with Servidor() as outro:
        servidor = Servidor(porta=outro.porta)
        aberto = Painel(servidor, nome="ocupado")
        aberto.ligar()
        assert "já está em uso" in aberto.situacao.value
        aberto.fechar()


def test_abrir_de_novo_nao_deixa_orfaos(painel):
    """Outro painel com o mesmo nome fecha o anterior: servidor, threads e controles."""
    antes = set(threading.enumerate())
    segundo = Painel(nome="teste")
    assert not painel.servidor.ligado
    assert len(set(threading.enumerate()) - antes) == 3  # só o servidor e as duas threads do novo
    segundo.fechar()
    segundo.fechar()
    vivos = ipywidgets.widgets.widget._instances.values()
    assert not any(getattr(controle, "_dom_classes", ()) == ("parimpar-painel",) for controle in vivos)


def test_o_servidor_de_fora_continua_ligado():
    """Um servidor que não é do painel sobrevive a ele."""
    with Servidor() as servidor:
        aberto = Painel(servidor, nome="de fora")
        assert aberto.enviar("7").resposta == "ÍMPAR"
        aberto.fechar()
        assert servidor.ligado


def test_mil_trocas(painel):
    """Mil trocas depois, a tela continua do mesmo tamanho e a tabela guarda só as últimas."""
    for _ in range(50):
        painel.enviar("7")
    painel.atualizar()
    tamanho = len(painel.historico.value)
    for _ in range(950):
        painel.enviar("7")
    painel.atualizar()
    assert painel.contagem["ÍMPAR"] == 1000
    assert len(painel.trocas) == modulo.TROCAS_NA_TABELA
    assert len(painel.historico.value) < tamanho * 1.2


def test_desenhar_enquanto_chegam_trocas(painel, monkeypatch):
    """A tela se desenha de uma cópia: as trocas que chegam no meio do desenho não o quebram."""
    recebidas = []
    monkeypatch.setattr(telas, "historico", lambda trocas, contagem, _: recebidas.append((trocas, contagem)) or "")
    painel.enviar("7")
    painel.atualizar()
    assert recebidas
    for trocas, contagem in recebidas:
        assert trocas is not painel.trocas and contagem is not painel.contagem


def test_a_numeracao_nao_depende_da_contagem(painel):
    """Zerar a contagem de cada tipo não muda o número das trocas."""
    for _ in range(3):
        painel.enviar("7")
    painel.contagem.clear()
    painel.enviar("8")
    painel.atualizar()
    assert ">4</td>" in painel.historico.value and ">1</td>" in painel.historico.value


def test_um_desenho_que_falha_nao_e_o_ultimo(painel, monkeypatch):
    """Se um desenho falha, o motivo aparece, e a tela volta a se desenhar sozinha."""
    desenhar = telas.historico
    monkeypatch.setattr(telas, "historico", lambda *_: 1 / 0)
    painel.enviar("7")
    esperar(lambda: "ZeroDivisionError" in painel.historico.value, painel.diario, "o aviso")
    assert "ÍMPAR" in painel.texto.value and "ÍMPAR" in painel.figura.value  # as outras partes não param por isso
    monkeypatch.setattr(telas, "historico", desenhar)
    painel.enviar("8")
    assert painel._threads[0].is_alive()
    esperar(lambda: ">8</code>" in painel.historico.value, painel.diario, "o novo desenho")


def test_ultima_troca_espera_as_duas_pontas(painel):
    """A troca pedida logo depois de enviar já vem com os dois close."""
    painel.enviar("7")
    assert sum(evento.tipo == "fecha" for evento in painel.ultima_troca()) == 2


def test_figura_com_texto_alternativo(painel):
    """A figura tem quem a descreva, e o texto equivalente conta a mesma conversa."""
    painel.enviar("7")
    painel.ultima_troca()
    painel.atualizar()
    assert 'role="img" aria-label="Diagrama de sequência' in painel.figura.value
    assert "(2 bytes)" in painel.texto.value


def test_erro_inesperado_numa_thread_aparece(painel, monkeypatch):
    """Um defeito nosso numa thread vira um aviso na tela, não some."""
    monkeypatch.setattr(painel, "_trocar", lambda *_: 1 / 0)
    painel.botao_enviar.click()
    esperar(lambda: "ZeroDivisionError" in painel.situacao.value, painel.diario, "o aviso")


def test_telas_vazias():
    """Antes de qualquer conversa, as telas dizem o que vai aparecer ali."""
    assert "aparece aqui" in telas.resposta(None, 0) and "aparece aqui" in telas.figura([])
    assert "nenhuma conversa ainda" in telas.texto([])
    assert telas.eventos(list(Diario())).count("<li") == 0


def test_toda_resposta_tem_lugar_na_contagem():
    """Qualquer resposta, mesmo de um servidor estranho, é contada, e sempre na mesma ordem."""
    respostas = ["?!", "ERRO não", "AbCdEfGhIjK", "ÍMPAR", "PAR", None]
    trocas = [Troca("7", resposta, None if resposta else "caiu", 0.1) for resposta in respostas]
    pagina = telas.historico(trocas, Counter(troca.tipo for troca in trocas), len(trocas))
    posicoes = [pagina.rindex(f">{tipo}<") for tipo in telas.TIPOS]
    assert posicoes == sorted(posicoes)


def test_muitos_cliques_em_ligar_nao_deixam_servidor_sem_dono(painel):
    """Cliques acumulados ligam e desligam um de cada vez; depois de fechar, não resta thread de servidor."""
    for _ in range(12):
        painel.botao_servidor.click()
    painel.fechar()
    for thread in threading.enumerate():
        if thread.name == "painel":
            thread.join(PRAZO)
    assert not painel.servidor.ligado
    assert not [t for t in threading.enumerate() if t.name == f"servidor-parimpar-{painel.servidor.porta}"]


def test_desligar_repetir_desiste_de_quem_esperava_a_vez(painel):
    """Ligar e desligar Repetir com o cliente ocupado não deixa voltas na fila."""
    with painel._vez_do_cliente:
        for _ in range(5):
            painel.botao_repetir.value = True
            painel.botao_repetir.value = False

    def de_repetir():
        return [t for t in threading.enumerate() if t.name == "painel" and t not in painel._threads]

    esperar(lambda: not de_repetir(), painel.diario, "o fim das threads")
    assert painel.quantas == 0


def test_toda_resposta_se_ve(painel):
    """Duas respostas iguais mudam a tela: cada uma tem o seu número e o seu clarão."""
    vistas = []
    for _ in range(2):
        painel.enviar("7")
        vistas.append(painel.resposta.value)
    assert "Troca nº 1:" in vistas[0] and "Troca nº 2:" in vistas[1]
    assert all('role="status"' in vista and "parimpar-chegou" in vista for vista in vistas)


def test_o_numero_enviado_e_o_do_clique(painel):
    """O que se muda no campo depois do clique não muda o que o clique enviou, nem se perde."""
    with painel._vez_do_cliente:  # o cliente está ocupado
        painel.numero.value = "7"
        painel.botao_enviar.click()
        painel.numero.value = "8"
    esperar(lambda: painel.quantas == 1, painel.diario, "a resposta")
    assert painel.trocas[0].numero == "7" and painel.numero.value == "8"


def test_cada_numero_pedido_tem_a_sua_resposta(painel):
    """Enquanto um servidor demora, nenhum número que se pediu se perde; o clique repetido no mesmo não conta."""
    with painel._vez_do_cliente:
        for numero in ("7", "8", "9", "9", "10", "10"):
            painel.numero.value = numero
            painel.botao_enviar.click()
    esperar(lambda: painel.quantas == 4, painel.diario, "as respostas")
    painel.enviar("11")
    assert [troca.numero for troca in painel.trocas] == ["11", "10", "9", "8", "7"]


def test_enter_espera_o_que_se_digitou(painel):
    """O navegador avisa do Enter antes de mandar o valor: envia-se o que chega logo depois."""
    painel.numero.value = "7"
    painel.numero._handle_custom_msg({"event": "submit"}, [])
    painel.numero.value = "8"
    esperar(lambda: painel.quantas == 1, painel.diario, "a resposta")
    assert painel.trocas[0].numero == "8"


def test_enter_numa_maquina_ocupada(painel):
    """O tempo em que o kernel faz outra coisa não conta: ele ainda não pôde receber o que se digitou."""

    async def kernel():
        painel.numero._handle_custom_msg({"event": "submit"}, [])
        time.sleep(1)  # ocupado
        painel.numero.value = "8"

    painel.numero.value = "7"
    thread = threading.Thread(target=lambda: asyncio.run(kernel()))  # nesta pode haver o laço do Playwright
    thread.start()
    thread.join()
    esperar(lambda: painel.quantas == 1, painel.diario, "a resposta")
    assert painel.trocas[0].numero == "8"


@pytest.mark.parametrize("escrito, segundos", [("0,5", 0.5), ("0.5", 0.5), (" 2 ", 2), (0.1, 0.1), ("3600", 3600)])
def test_o_intervalo_aceita_a_virgula(painel, escrito, segundos):
    """Escreve-se o intervalo como em português, ou como num programa."""
    painel.intervalo.value = escrito
    assert painel._segundos == segundos and painel.aviso_do_intervalo.value == ""


@pytest.mark.parametrize("escrito", ["", "abc", "0", "-1", "3601", "nan", "inf", "1e999", "0,5,5", "<b>"])
def test_um_intervalo_sem_sentido(painel, escrito):
    """O que não é um intervalo é dito, e vale o último que era."""
    painel.intervalo.value = "0,5"
    painel.intervalo.value = escrito
    assert painel._segundos == 0.5
    assert "esperava de 0,1 a 3600 segundos" in lido(painel.aviso_do_intervalo.value)
    assert "<b>" not in painel.aviso_do_intervalo.value
    painel.intervalo.value = "1"
    assert painel.aviso_do_intervalo.value == ""


def test_o_estado_das_duas_pontas(painel):
    """Veem-se onde o servidor escuta e como ficou o socket do cliente."""
    assert "nenhum socket" in lido(painel.situacao_do_cliente.value)
    painel.enviar("7")
    troca = painel.ultima_troca()
    painel.atualizar()
    assert f"socket fechado; usou 127.0.0.1:{troca[0].local[1]}" == lido(painel.situacao_do_cliente.value)
    painel.desligar()
    painel.enviar("7")
    painel.atualizar()
    assert "não chegou a conectar" in lido(painel.situacao_do_cliente.value)


def test_o_servidor_de_outra_pessoa():
    """Com um endereço, o painel conversa com o servidor que está lá, e não o liga nem desliga."""
    with Servidor() as servidor:
        aberto = Painel(servidor.endereco, nome="longe")
        assert aberto.enviar("7").resposta == "ÍMPAR"
        assert {evento.quem for evento in aberto.ultima_troca()} == {"cliente"}
        aberto.atualizar()
        assert "de outra pessoa" in aberto.situacao.value and aberto.botao_servidor.layout.display == "none"
        aberto.desligar()
        aberto.ligar()
        aberto.fechar()
        assert servidor.ligado
    sozinho = Painel(servidor.endereco, nome="longe")
    assert "ninguém escuta" in sozinho.enviar("7").erro
    sozinho.fechar()


@pytest.mark.parametrize("servidor", ["127.0.0.1", ("127.0.0.1",), ("", 1), ("127.0.0.1", "60000"), 60000])
def test_um_endereco_sem_sentido(servidor):
    """O que não é um servidor nem um endereço é dito logo."""
    with pytest.raises(ErroDeUso):
        Painel(servidor, nome="errado")


def test_o_endereco_por_extenso():
    """`host=` e `porta=` dizem o mesmo que a tupla; sem a porta, é a do trabalho."""
    with Servidor() as servidor:
        aberto = Painel(host=servidor.host, porta=servidor.porta, nome="longe")
        assert aberto.enviar("7").resposta == "ÍMPAR" and "de outra pessoa" in aberto.situacao.value
        aberto.fechar()
    assert servidor_de_fora(host="192.0.2.7").endereco == ("192.0.2.7", 60000)
    assert servidor_de_fora() is None


@pytest.mark.parametrize("pedido, trecho", [
    ({"porta": 60000}, "faltou o host"), ({"host": "127.0.0.1", "porta": "60000"}, "veio '60000'"),
    ({"host": ""}, "o host deve ser um texto"), ({"host": "127.0.0.1", "porta": 0}, "de 1 a 65535; veio 0"),
    ({"servidor": ("127.0.0.1", 1), "host": "127.0.0.1"}, "deixe um só"),
    ({"host": ("127.0.0.1", 60000)}, "o host deve ser um texto"),
])  # fmt: skip
def test_um_endereco_por_extenso_sem_sentido(pedido, trecho):
    """Cada engano diz o que se esperava, e o que veio, e não fecha o painel que já estava aberto."""
    anterior = Painel(nome="certo")
    with pytest.raises(ErroDeUso, match=trecho):
        Painel(**pedido, nome="certo")
    assert anterior.servidor.ligado
    anterior.fechar()


def test_o_painel_nao_usa_o_matplotlib():
    """O painel se desenha de uma thread, e o matplotlib abriria as fontes de novo em cada uma."""
    programa = """
import sys
from parimpar import Painel
painel = Painel()
painel.enviar("7")
painel.ultima_troca()
painel.atualizar()
painel.fechar()
print("matplotlib" in sys.modules)
"""
    assert em_outro_processo(programa) == "False\n"
