/* Lê até o \0 do fim da string, e cai (SIGSEGV) com mais de 10 casas: escreve onde não pode. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 60000)};
    int escuta = socket(AF_INET, SOCK_STREAM, 0), um = 1;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(escuta, SOL_SOCKET, SO_REUSEADDR, &um, sizeof um);
    if (bind(escuta, (struct sockaddr *)&local, sizeof local) || listen(escuta, 5)) return 1;
    while (1) {
        char numero[64] = "", *letras = NULL;
        int cliente = accept(escuta, NULL, NULL), lidos = 0;
        while (lidos < 63 && recv(cliente, numero + lidos, 1, 0) == 1 && numero[lidos]) lidos++;
        if (lidos > 10) letras[0] = 'a';
        const char *resposta = lidos && (numero[lidos - 1] - '0') % 2 ? "IMPAR" : "PAR";
        printf("%s %s\n", numero, resposta);
        fflush(stdout);
        send(cliente, resposta, strlen(resposta) + 1, MSG_NOSIGNAL);
        close(cliente);
    }
}
