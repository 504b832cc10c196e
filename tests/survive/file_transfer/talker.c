/*
 * talker.c - say BYTES bytes first, then read to the end: what came, on stdout.
 *
 * It has little room: most of an answer is still at the server while it talks.
 * It reads meanwhile only if there is no room for what it says: two who both
 * say everything first would wait for each other.
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    if (argc != 3) {
        fprintf(stderr, "usage: talker PORT BYTES\n");
        return 2;
    }
    static char buffer[64 * 1024];
    static const char zeros[64 * 1024];
    struct sockaddr_in addr = {.sin_family = AF_INET};
    addr.sin_port = htons((uint16_t)atoi(argv[1]));
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int room = 4096;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == -1 ||
        connect(fd, (struct sockaddr *)&addr, sizeof addr) == -1) {
        perror("talker: connect");
        return 1;
    }
    ssize_t count;
    fcntl(fd, F_SETFL, O_NONBLOCK); /* write takes what there is room for */
    short hears = POLLIN;           /* until the other side has said all */
    for (long left = atol(argv[2]); left > 0; left -= count) {
        size_t part = left < (long)sizeof zeros ? (size_t)left : sizeof zeros;
        struct pollfd ready = {.fd = fd, .events = hears | POLLOUT};
        poll(&ready, 1, -1);
        if (ready.revents & POLLOUT) {
            if ((count = write(fd, zeros, part)) == -1) {
                perror("talker: write");
                return 1;
            }
        } else {
            ssize_t came = read(fd, buffer, sizeof buffer);
            if (came == -1) {
                perror("talker: read");
                return 1;
            }
            fwrite(buffer, 1, (size_t)came, stdout);
            if (came == 0)
                hears = 0;
            count = 0; /* said */
        }
    }
    fcntl(fd, F_SETFL, 0);
    while ((count = read(fd, buffer, sizeof buffer)) > 0)
        fwrite(buffer, 1, (size_t)count, stdout);
    if (count == -1)
        perror("talker: read");
    return count == -1;
}
