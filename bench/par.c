/* O par em C: o servidor mais simples e honesto que se escreve com epoll, sem diário e sem prazos.
 *
 * Escuta numa porta que o sistema escolhe, diz qual é e responde uma linha de cada vez.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRITORES 65536
#define BYTES 4096 /* de cada leitura, e do que sobra de uma linha pela metade */

struct cliente {
    int quantos;
    char pendente[BYTES];
};
static struct cliente *clientes[DESCRITORES];

static int responder(const char *linha, int tamanho, char *saida) {
    if (tamanho && linha[tamanho - 1] == '\r') tamanho--;
    int sinal = tamanho && (*linha == '+' || *linha == '-');
    int casas = tamanho - sinal;
    for (int i = sinal; i < tamanho; i++)
        if (!isdigit((unsigned char)linha[i])) casas = 0;
    if (casas < 1 || casas > 1000) return sprintf(saida, "ERRO esperava um inteiro\n");
    if (casas <= 10) return sprintf(saida, linha[tamanho - 1] % 2 ? "ÍMPAR\n" : "PAR\n");
    for (int i = 0; i < casas; i++) saida[i] = 'A' + rand() % 26 + (rand() % 2 ? 32 : 0);
    saida[casas] = '\n';
    return casas + 1;
}

static int atender(int fd, struct cliente *cliente) {
    static char saida[BYTES * 30]; /* o pior caso: só linhas vazias, e um ERRO para cada uma */
    int quantos = read(fd, cliente->pendente + cliente->quantos, BYTES - cliente->quantos), total = 0;
    if (quantos <= 0) return 0;
    char *linha = cliente->pendente, *fim, *limite = linha + cliente->quantos + quantos;
    for (; (fim = memchr(linha, '\n', limite - linha)); linha = fim + 1)
        total += responder(linha, fim - linha, saida + total);
    cliente->quantos = limite - linha;
    memmove(cliente->pendente, linha, cliente->quantos);
    return cliente->quantos < BYTES && (!total || write(fd, saida, total) == total);
}

int main(void) {
    int escuta = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0);
    struct sockaddr_in onde = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t tamanho = sizeof onde;
    if (bind(escuta, (void *)&onde, tamanho) || listen(escuta, 1024)) return perror("escuta"), 1;
    getsockname(escuta, (void *)&onde, &tamanho);
    printf("%d\n", ntohs(onde.sin_port));
    fflush(stdout);
    struct epoll_event prontos[256], quero = {.events = EPOLLIN, .data.fd = escuta};
    epoll_ctl(epoll, EPOLL_CTL_ADD, escuta, &quero);
    for (;;) {
        int quantos = epoll_wait(epoll, prontos, 256, -1);
        for (int i = 0; i < quantos; i++) {
            int fd = prontos[i].data.fd;
            if (fd == escuta) {
                while ((fd = accept4(escuta, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    clientes[fd] = calloc(1, sizeof(struct cliente));
                    quero.data.fd = fd;
                    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &quero);
                }
            } else if (!atender(fd, clientes[fd])) {
                free(clientes[fd]);
                close(fd); /* sai do epoll sozinho */
            }
        }
    }
}
