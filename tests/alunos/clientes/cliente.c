// Em C: envia também o zero que termina o texto, e mostra tudo na hora. Uso: cliente [porta] [intervalo]
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int porta = argc > 1 ? atoi(argv[1]) : 60000;
    double intervalo = argc > 2 ? atof(argv[2]) : 10;
    struct timespec agora;
    clock_gettime(CLOCK_REALTIME, &agora);
    srand(agora.tv_nsec ^ getpid());
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (1) {
        char numero[32], resposta[1024], volta[1100];
        int casas = 1 + rand() % 30;
        numero[0] = '1' + rand() % 9;
        for (int i = 1; i < casas; i++) numero[i] = '0' + rand() % 10;
        numero[casas] = 0;
        int s = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in la = {.sin_family = AF_INET, .sin_port = htons(porta)};
        la.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(s, (struct sockaddr *)&la, sizeof la) < 0) {
            printf("servidor fora do ar\n");
        } else {
            send(s, numero, strlen(numero) + 1, 0);
            printf("enviei %s\n", numero);
            int n = recv(s, resposta, sizeof resposta - 1, 0);
            resposta[n > 0 ? n : 0] = 0;
            printf("%s FIM\n", resposta);
            snprintf(volta, sizeof volta, "%s FIM", resposta);
            send(s, volta, strlen(volta) + 1, 0);
        }
        close(s);
        usleep(intervalo * 1e6);
    }
}
