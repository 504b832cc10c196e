/*
 * ideal_echo.c - the least that an echo server can do: the yardstick.
 *
 * Read, write, nothing else: no log, no address of the client, no error but
 * the end. Not an example to follow; see ch03_tcp_echo/echo_server.c.
 *
 * Try     ideal_echo 9190
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    static char buffer[256 * 1024]; /* what measured best, see README of ch07 */
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t addr_len = sizeof addr;
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    addr.sin_port = htons((uint16_t)(argc == 2 ? atoi(argv[1]) : 0));
    signal(SIGPIPE, SIG_IGN);

    int listen_fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (listen_fd == -1 ||
        setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        setsockopt(listen_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) ||
        bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1 ||
        listen(listen_fd, SOMAXCONN) == -1 ||
        getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1) {
        perror("ideal_echo");
        return 1;
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    fflush(stdout);

    int conn_fd;
    while ((conn_fd = accept(listen_fd, NULL, NULL)) != -1) {
        ssize_t count, written;
        while ((count = read(conn_fd, buffer, sizeof buffer)) > 0)
            for (ssize_t done = 0; done < count; done += written)
                if ((written = write(conn_fd, buffer + done,
                                     (size_t)(count - done))) == -1)
                    break;
        close(conn_fd);
    }
    perror("ideal_echo: accept");
    return 1;
}
