"""Os conselhos a quem escreve um cliente, na linguagem em que ele o escreve."""

from ..conselhos import Conselho, da_excecao

PECA = Conselho(
    "Depois de se conectar, envie o número",
    python="client_socket.sendall(numero.encode())", java="saida.write(numero.getBytes()); saida.flush();",
    js="socket.write(numero)", c="send(s, numero, strlen(numero), 0);",
)  # fmt: skip
USE_TCP = Conselho(
    "O exame é do cliente TCP, que se conecta antes de enviar",
    python="socket.socket(socket.AF_INET, socket.SOCK_STREAM) e connect",
    java="new Socket(host, porta), e não DatagramSocket", js='require("net").connect(porta), e não dgram',
    c="socket(AF_INET, SOCK_STREAM, 0) e connect",
)  # fmt: skip
DEVOLVA = Conselho(
    "Depois de mostrar, envie de volta a resposta e FIM",
    python="client_socket.sendall((resposta + ' FIM').encode())",
    java='saida.write((resposta + " FIM").getBytes(StandardCharsets.UTF_8)); saida.flush();',
    js='socket.write(resposta + " FIM")',
    c='snprintf(volta, sizeof volta, "%s FIM", resposta); send(s, volta, strlen(volta), 0);',
)
MOSTRE = Conselho(
    "Mostre o que chegou, decodificado, seguido de FIM",
    python="print(resposta, 'FIM')", java='System.out.println(resposta + " FIM");',
    js='console.log(resposta, "FIM")', c='resposta[n] = 0; printf("%s FIM\\n", resposta); fflush(stdout);',
)  # fmt: skip
FECHE = Conselho(
    "Feche o socket ao fim de cada volta",
    python="with socket.create_connection(...) as client_socket",
    java="try (Socket socket = new Socket(host, porta)) { … }",
    js="socket.end() depois da devolução", c="close(s)",
)  # fmt: skip
SORTEIE = Conselho(
    "Sorteie primeiro quantas casas, de 1 a 30, e depois os algarismos, o primeiro deles diferente de 0",
    python="casas = random.randint(1, 30)", java="int casas = 1 + sorteio.nextInt(30);",
    js="const casas = 1 + Math.floor(Math.random() * 30)", c="int casas = 1 + rand() % 30;",
)  # fmt: skip
COMO_TEXTO = Conselho(
    "Um double não tem 30 casas: guarde o número como texto, algarismo por algarismo",
    python="''.join(random.choices('0123456789', k=casas))", java="StringBuilder, ou BigInteger",
    js="um texto, ou BigInt, e não Number", c="char numero[31], algarismo por algarismo",
)  # fmt: skip
IMPRIMA = Conselho(
    "Falta mostrar na tela o que foi enviado e o que chegou",
    python="print('enviei', numero)", java='System.out.println("enviei " + numero);',
    js='console.log("enviei", numero)', c='printf("enviei %s\\n", numero); fflush(stdout);',
)  # fmt: skip
NA_TELA = Conselho(
    "Mostre as mensagens na saída comum, e não na de erros",
    python="print(...), em vez de print(..., file=sys.stderr) ou logging", java="System.out, em vez de System.err",
    js="console.log, em vez de console.error", c="printf, em vez de fprintf(stderr, ...)",
)  # fmt: skip
NAO_CALCULE = Conselho(
    "Quem julga é o servidor; em vez de ver o resto da divisão por 2, mostre a resposta que chegou",
    python="print(resposta, 'FIM')", java='System.out.println(resposta + " FIM");', js='console.log(resposta, "FIM")',
    c='printf("%s FIM\\n", resposta);',
)  # fmt: skip
UM_RECV = Conselho(
    "Um recv não é uma mensagem. Se você envia com \\n, junte os bytes até o \\n; se envia sem \\n, junte-os até o fim, "
    "ou até um silêncio de 0,2 s; só então decodifique",
    python="client_socket.makefile().readline() se há \\n; client_socket.settimeout(0.2) se não há", java="entrada.readLine(), se há \\n",
    js='socket.setEncoding("utf8") e, no "data", resposta += dados',
    c="while ((n = recv(s, p, falta, 0)) > 0) p += n;",
)  # fmt: skip
SEM_FIM = Conselho(
    "Sem \\n, a resposta acaba no fim do envio ou num silêncio. Depois do primeiro pedaço, use um prazo de 0,2 s e, "
    "quando ele acabar, fique com o que já chegou",
    python="client_socket.settimeout(0.2) e except TimeoutError", js="socket.setTimeout(200)",
    java="socket.setSoTimeout(200) e read(), em vez de readLine()", c="setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, …)",
)  # fmt: skip
TENTE = Conselho(
    "Trate o erro da conexão dentro do laço, avise e tente de novo na próxima volta",
    python="try: … except OSError as erro: print(erro)", java="try { … } catch (IOException erro) { … }",
    js='socket.on("error", (erro) => console.log(erro.message))',
    c='if (connect(…) < 0) { perror("connect"); close(s); sleep(10); continue; }',
)  # fmt: skip
PAUSE = Conselho(
    "Espere entre uma volta e outra mesmo quando algo dá errado; a pausa fica fora do tratamento do erro",
    python="time.sleep(10) depois do try", java="Thread.sleep(10000); depois do catch", js="setTimeout(volta, 10000)",
    c="sleep(10); no fim do laço",
)  # fmt: skip
PROTEJA = Conselho(
    "O envio da devolução pode falhar, se o servidor já fechou; trate o erro e siga para a próxima volta",
    python="try: client_socket.sendall(…) except OSError: pass",
    java="try { saida.write(…); } catch (IOException erro) { }",
    js='socket.on("error", () => {})', c="signal(SIGPIPE, SIG_IGN);",
)  # fmt: skip
UTF_8 = Conselho(
    "Use UTF-8 nas duas pontas",
    python="recv(...).decode('utf-8') e sendall(texto.encode('utf-8'))",
    java="new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8)", js='dados.toString("utf8")',
    c="não conte um byte por letra: o Í ocupa dois",
)  # fmt: skip
SEM_FIM_DE_LINHA = Conselho(
    "Tire o fim de linha antes de mostrar e de devolver",
    python="resposta.strip()", java="resposta.strip()", js="resposta.trim()",
    c='resposta[strcspn(resposta, "\\r\\n")] = 0;',
)  # fmt: skip
ESCAPE = Conselho(
    "Um ESC pode apagar ou colorir a tela; troque o que não é imprimível antes de mostrar",
    python="print(repr(resposta), 'FIM')", java='resposta.replaceAll("\\\\p{Cntrl}", "?")',
    js='resposta.replace(/[\\x00-\\x1f\\x7f]/g, "?")', c="if (iscntrl((unsigned char) *p)) *p = '?';",
)  # fmt: skip

CONFIRA = "Confira o host e a porta do connect, e se o programa não espera algo antes dele."
DIGA_A_PORTA = f"{CONFIRA} Se a porta não está no código, diga qual é: --porta N."
DIGA_O_PAPEL = (
    "Se o programa faz os dois papéis, diga o do cliente no comando, como se faz no terminal: … -- python x.py cliente"
)
CAIU = "O programa caiu: conserte primeiro esse erro, na linha que ele diz."


def repita(intervalo):
    """O laço que falta, com o intervalo pedido, em segundos."""
    return Conselho(
        "Ponha tudo num laço, do connect ao close, com uma pausa no fim",
        python=f"time.sleep({intervalo:g})", java=f"Thread.sleep({1000 * intervalo:g});",
        js=f"setInterval(volta, {1000 * intervalo:g})", c=f"sleep({intervalo:g});",
    )  # fmt: skip


def da_queda(excecao):
    """A causa de quem caiu, pela exceção."""
    return da_excecao(excecao) or CAIU
