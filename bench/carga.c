/* O gerador de carga em C, para que o gargalo seja sempre o servidor, mesmo o do par em C.
 *
 * uso: carga PORTA CLIENTES GRUPO UMA_POR_CONEXAO SEGUNDOS
 * Mantém os clientes ocupados, confere cada resposta byte a byte e escreve numa linha: pedidos por segundo, a mediana
 * e o percentil 99 da espera (segundos), quantos pedidos e a fração de processador que ele mesmo gastou.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DESCRITORES 4096
#define ESPERAS 4000000
#define PEDIDO "1234567891\n"
#define RESPOSTA "ÍMPAR\n"

static int porta, grupo, epoll, vez;
static int faltam[DESCRITORES]; /* bytes da resposta que ainda não chegaram */
static double enviado_em[DESCRITORES];
static float *esperas;
static char pedidos[BUFSIZ], respostas[BUFSIZ];

static double relogio(clockid_t qual) {
    struct timespec t;
    clock_gettime(qual, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void falhar(const char *onde) {
    perror(onde);
    exit(1);
}

static void perguntar(int fd, double agora) {
    enviado_em[fd] = agora;
    faltam[fd] = grupo * strlen(RESPOSTA);
    if (send(fd, pedidos, grupo * strlen(PEDIDO), MSG_NOSIGNAL) < 0) falhar("send");
}

/* Cada conexão sai de um 127.0.1.x: de um só, as portas acabariam, porque quem fecha primeiro fica em TIME_WAIT. */
static void conectar(void) {
    struct sockaddr_in de = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000101 + vez++ % 254)};
    struct sockaddr_in ate = {AF_INET, htons(porta), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    double agora = relogio(CLOCK_MONOTONIC);
    int um = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &um, sizeof um);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &um, sizeof um);
    if (fd < 0 || bind(fd, (void *)&de, sizeof de) || connect(fd, (void *)&ate, sizeof ate)) falhar("connect");
    struct epoll_event quero = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &quero);
    perguntar(fd, agora);
}

static int ordem(const void *a, const void *b) {
    return (*(float *)a > *(float *)b) - (*(float *)a < *(float *)b);
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    int clientes = atoi(argv[2]), uma_por_conexao = atoi(argv[4]);
    double segundos = atof(argv[5]);
    porta = atoi(argv[1]), grupo = atoi(argv[3]), epoll = epoll_create1(0);
    esperas = malloc(ESPERAS * sizeof *esperas);
    for (int i = 0; i < grupo; i++) strcat(pedidos, PEDIDO), strcat(respostas, RESPOSTA);
    double inicio = relogio(CLOCK_MONOTONIC), agora = inicio;
    int total = 0, tudo = grupo * strlen(RESPOSTA);
    for (int i = 0; i < clientes; i++) conectar();
    while (agora < inicio + segundos && total < ESPERAS) {
        struct epoll_event prontos[256];
        int quantos = epoll_wait(epoll, prontos, 256, 5000);
        if (quantos <= 0) return fprintf(stderr, "5 s sem nenhuma resposta\n"), 1;
        for (int i = 0; i < quantos && total < ESPERAS; i++) {
            char veio[BUFSIZ];
            int fd = prontos[i].data.fd, n = recv(fd, veio, faltam[fd] + 1, 0);
            if (n <= 0 || n > faltam[fd] || memcmp(veio, respostas + tudo - faltam[fd], n))
                return fprintf(stderr, "resposta inesperada: %.*s\n", n > 0 ? n : 0, veio), 1;
            if (faltam[fd] -= n) continue;
            agora = relogio(CLOCK_MONOTONIC);
            esperas[total++] = agora - enviado_em[fd];
            if (uma_por_conexao) close(fd), conectar();
            else perguntar(fd, agora);
        }
    }
    double durou = agora - inicio, cpu = relogio(CLOCK_PROCESS_CPUTIME_ID);
    qsort(esperas, total, sizeof *esperas, ordem);
    printf("%.1f %.9f %.9f %d %.3f\n", total * grupo / durou, esperas[total / 2], esperas[total * 99L / 100],
           total * grupo, cpu / durou);
}
