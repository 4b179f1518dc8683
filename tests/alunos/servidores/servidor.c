/* Certo pelo enunciado, em C; envia também o \0 do fim da string, e não esvazia a tela. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 60000)};
    int escuta = socket(AF_INET, SOCK_STREAM, 0), um = 1;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(escuta, SOL_SOCKET, SO_REUSEADDR, &um, sizeof um);
    if (bind(escuta, (struct sockaddr *)&local, sizeof local) || listen(escuta, 5)) {
        perror("bind");
        return 1;
    }
    srand(time(NULL));
    while (1) {
        char numero[1024] = "", resposta[1024] = "", devolvido[1024] = "";
        int cliente = accept(escuta, NULL, NULL);
        int lidos = recv(cliente, numero, sizeof numero - 1, 0);
        if (lidos > 10) {
            for (int i = 0; i < lidos; i++) resposta[i] = 'a' + rand() % 26;
        } else if (lidos > 0) {
            strcpy(resposta, (numero[lidos - 1] - '0') % 2 ? "ÍMPAR" : "PAR");
        }
        printf("%s %s\n", numero, resposta);
        send(cliente, resposta, strlen(resposta) + 1, MSG_NOSIGNAL);
        recv(cliente, devolvido, sizeof devolvido - 1, 0);
        printf("%s\n", devolvido);
        close(cliente);
    }
}
