"""Os conselhos a quem escreve um servidor, na linguagem em que ele o escreve."""

import re

from ..conselhos import Conselho
from ..conselhos import da_excecao as de_qualquer_programa

LIMIAR = Conselho(
    "A regra é mais de 10 casas: conte os algarismos recebidos, em vez de comparar o valor do número, e não use >=",
    python="len(algarismos) > 10", java="numero.length() > 10", js="numero.length > 10", c="strlen(numero) > 10",
)  # fmt: skip
PARIDADE = Conselho(
    "Veja o resto da divisão por 2: 0 é PAR, 1 é ÍMPAR",
    python="int(numero) % 2", java="new BigInteger(numero).testBit(0) é verdadeiro se é ímpar", js="BigInt(numero) % 2n",
    c="(numero[casas - 1] - '0') % 2: basta o último algarismo",
)  # fmt: skip
ZERO = Conselho(
    "Zero é par: o resto de 0 por 2 é 0", python="0 % 2 == 0", java="0 % 2 == 0", js="0 % 2 === 0", c="0 % 2 == 0"
)
FALTA_O_ELSE = Conselho("Falta um else: os dois testes são executados")
TEXTO = Conselho(
    "Um número de até 30 casas não cabe num inteiro binário: troque-o por texto, só com os algarismos",
    python="recv(1024).decode()", java="BufferedReader, ou new String(bytes, 0, lidos)", js="dados.toString()",
    c="char numero[64]; recv(cliente, numero, 63, 0)",
)  # fmt: skip
SORTEIO = Conselho(
    "Sorteie cada letra a cada pedido",
    python="''.join(random.choices(string.ascii_letters, k=casas))",
    java="um StringBuilder com append((char) ('a' + sorteio.nextInt(26))), tantas vezes quantas são as casas",
    js="Array.from({length: casas}, () => letras[Math.floor(Math.random() * 26)]).join('')",
    c="srand(time(0)) uma vez, no começo; depois, letras[i] = 'a' + rand() % 26",
)  # fmt: skip
SEMEIE = Conselho(
    "A sequência sorteada recomeça igual a cada execução: não fixe a semente",
    python="tire o random.seed", java="new Random(), sem argumento", c="srand(time(0)), uma vez, no começo",
)  # fmt: skip
TAMANHO = Conselho(
    "Gere tantas letras quantos são os algarismos recebidos, sem contar o fim de linha nem espaços",
    python="len(numero.strip())", java="numero.trim().length()", js="numero.trim().length", c="conte só os isdigit()",
)  # fmt: skip
MAIS_DE_DEZ = Conselho(
    "Falta o caso de mais de 10 casas", python="if len(numero) > 10:", java="if (numero.length() > 10)",
    js="if (numero.length > 10)", c="if (strlen(numero) > 10)",
)  # fmt: skip
NAO_CABE = Conselho(
    "Um número de 30 casas não cabe num inteiro da linguagem: conte as casas do texto antes, e só converta o que tem até 10",
    java="if (numero.length() <= 10) { long n = Long.parseLong(numero); … }",
    c="if (strlen(numero) <= 10) { long n = atol(numero); … }",
)  # fmt: skip
SEM_FIM = Conselho("O FIM é do cliente: o servidor envia só a resposta")
ENXURRADA = Conselho("Envie a resposta uma vez só, fora de qualquer laço")
LACO = Conselho(
    "Falta um laço em volta do accept: depois de um cliente, volte a aceitar o próximo",
    python="while True: conexao, endereco = server_socket.accept()", java="while (true) { Socket cliente = escuta.accept(); … }",
    js="não feche o servidor, nem chame process.exit, no fim de uma conexão", c="while (1) { int cliente = accept(escuta, 0, 0); … }",
)  # fmt: skip
FICOU_NO_PRIMEIRO = Conselho(
    "Ele ainda está no primeiro cliente, que já foi embora: quando o recv devolve vazio, a conexão acabou; saia do laço dela e "
    "volte ao accept",
    python="if not dados: break", java="o read() devolve -1, e o readLine, null", js="cliente.on('end', …)", c="if (lidos <= 0) break;",
)  # fmt: skip
TRATE = Conselho(
    "O erro na conversa com um cliente derruba o servidor: trate-o em volta dela e volte ao accept",
    python="try: … except (OSError, ValueError) as erro: print(erro)", java="try { … } catch (Exception e) { System.out.println(e); }",
    js="cliente.on('error', …), e um try/catch dentro do 'data'", c="confira o que recv e send devolvem",
)  # fmt: skip
REFAZ_O_BIND = Conselho(
    "Ele refaz o bind a cada cliente, e a porta ainda está em uso: faça o socket, o bind e o listen uma vez só, antes do laço; "
    "dentro dele, só o accept",
    python="server_socket.bind(…); server_socket.listen(); while True: server_socket.accept()",
    java="new ServerSocket(porta) antes do while (true)", js="um createServer só, e um listen só",
    c="socket, bind e listen antes do while (1)",
)  # fmt: skip
NAO_ESCUTA_MAIS = Conselho(
    "Não feche o socket de escuta enquanto houver clientes a atender: faça o socket, o bind e o listen uma vez só, antes do laço; "
    "dentro dele, só o accept",
    python="while True: conexao, endereco = server_socket.accept()", java="while (true) { Socket cliente = escuta.accept(); … }",
    js="não chame server.close() no fim de uma conexão", c="while (1) { int cliente = accept(escuta, 0, 0); … }",
)  # fmt: skip
SO_REGISTRE = Conselho("Depois de responder, leia a devolução e só a registre; ela não é outro número")
MOSTRE = Conselho(
    "Mostre o que chegou e o que foi enviado", python="print(numero, resposta)",
    java="System.out.println(numero + \" \" + resposta)", js="console.log(numero, resposta)",
    c='printf("%s %s\\n", numero, resposta); fflush(stdout)',
)  # fmt: skip

UM_RECV = Conselho(
    "Um recv não é uma mensagem: junte os bytes até o \\n (ou até o fim do envio) antes de julgar",
    python="for linha in conexao.makefile(): …", java="BufferedReader.readLine()", js="guarde o que chegou, e só julgue o que vem antes de um \\n",
    c="repita o recv até haver um '\\n' no que juntou",
)  # fmt: skip
SO_O_SILENCIO = Conselho(
    "Sem \\n, só o silêncio diz que o número acabou: depois do primeiro pedaço, junte os outros até passarem 0,2 s sem nada (PI-11)",
    python="conexao.settimeout(0.2), e junte até o TimeoutError", java="cliente.setSoTimeout(200), e junte até a SocketTimeoutException",
    js="setTimeout de 200 ms, renovado a cada 'data'", c="setsockopt com SO_RCVTIMEO de 200 ms",
)  # fmt: skip
SEM_TRY = Conselho(
    "A conversão do texto em número falha e derruba o servidor: trate o erro, responda ERRO e continue no laço",
    python="try: numero = int(texto) except ValueError: …", java="catch (NumberFormatException e)",
    js="if (!/^[+-]?\\d+$/.test(texto)) …", c="confira com isdigit() antes de converter",
)  # fmt: skip
SEM_ERROR = Conselho(
    "Decodificar os bytes também pode falhar: troque os inválidos por um sinal, ou trate o erro no mesmo lugar",
    python='decode(errors="replace")', java="new String(bytes, StandardCharsets.UTF_8) não falha; o parse, sim",
)  # fmt: skip
FALTA_O_ERRO = Conselho("O servidor sobreviveu; falta responder ERRO, e o motivo, ao cliente")
SEPARE = Conselho(
    "Um recv pode trazer dois pedidos: separe-os no \\n e responda a cada um",
    python="for linha in conexao.makefile(): …", java="readLine(), num laço", js="dados.toString().split('\\n')", c="strtok(dados, \"\\n\")",
)  # fmt: skip
UM_POR_VEZ = Conselho(
    "O recv de um cliente parado bloqueia o laço: atenda cada um à parte (aula 07)",
    python="uma thread por cliente, ou selectors", java="new Thread(() -> atender(cliente)).start()",
    c="pthread_create, fork, ou poll",
)  # fmt: skip
TERMINE = Conselho("Termine a resposta em \\n quando o pedido termina em \\n")
TIRE_O_FIM = Conselho(
    "Tire o fim de linha antes de contar as casas", python=".strip()", java=".trim()", js=".trim()", c="numero[strcspn(numero, \"\\r\\n\")] = 0"
)  # fmt: skip
SO_LETRAS = Conselho(
    "Sorteie só letras de A a Z", python="random.choices(string.ascii_letters, k=casas)", java="(char) ('a' + sorteio.nextInt(26))",
    js="um texto só com letras para sortear", c="'a' + rand() % 26",
)  # fmt: skip
ACEITE_O_SINAL = Conselho(
    "O programa recusou o número por causa do sinal: aceite um + ou um - antes dos algarismos",
    python="numero.lstrip('+-').isdigit(), em vez de numero.isdigit()",
)
SEM_SINAL = Conselho(
    "Conte só os algarismos: tire o sinal antes de contar", python="numero.lstrip('+-')", java='numero.replaceFirst("^[+-]", "")',
    js="numero.replace(/^[+-]/, '')",
)  # fmt: skip
SEM_BORDAS = Conselho("Ignore os espaços em volta do número", python=".strip()", java=".trim()", js=".trim()")
OUTRO_PEDIDO = Conselho(
    "Falta um laço em volta da leitura: depois de responder, leia o próximo pedido até o fim do envio",
    python="while dados := conexao.recv(1024):", java="while ((linha = entrada.readLine()) != null)", c="while ((lidos = recv(…)) > 0)",
)  # fmt: skip
FIM_DO_ENVIO = Conselho("Quando a leitura acaba, o que já chegou ainda é um pedido: responda antes de fechar")
CONEXAO_VAZIA = Conselho(
    "Um cliente pode ir embora sem enviar nada: teste isso antes de converter, e volte ao accept",
    python="o recv devolve b'': if not dados: …", java="o read() devolve -1, e o readLine, null", c="o recv devolve 0",
)  # fmt: skip
REINICIADA = Conselho(
    "Quando o cliente reinicia a conexão, a leitura dá erro: trate-o naquele cliente e continue",
    python="except ConnectionResetError", java="catch (SocketException e)", js="cliente.on('error', …)", c="o recv devolve -1",
)  # fmt: skip
REUSE = Conselho(
    "Antes do bind, peça para reaproveitar o endereço",
    python="server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)", java="escuta.setReuseAddress(true), antes do bind",
    c="setsockopt(escuta, SOL_SOCKET, SO_REUSEADDR, &um, sizeof um)",
)  # fmt: skip

_ERROS = (
    (r"in\suse|EADDRINUSE|em\suso|BindException", REFAZ_O_BIND),
    (r"^ValueError:\sinvalid\sliteral|^NumberFormatException|^InputMismatchException|^FormatException", ""),  # o caso sabe mais
    (r"^UnicodeDecodeError|^(ConnectionResetError|BrokenPipeError|SocketException)|ECONNRESET|EPIPE|IndexOutOfBounds", ""),
    (r"^NullPointerException", CONEXAO_VAZIA),
)  # fmt: skip


def da_excecao(excecao):
    """O conselho para a exceção de um servidor; "" se o do caso é melhor, ou se não se sabe."""
    for padrao, conselho in _ERROS:
        if re.search(padrao, excecao):
            return conselho
    return de_qualquer_programa(excecao)
