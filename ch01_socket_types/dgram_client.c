/*
 * dgram_client.c - send each line you type as one datagram.
 *
 * Calls   socket -> sendto ... sendto -> close
 * Try     cc dgram_client.c -o dgram_client
 *         ./dgram_client 127.0.0.1 9190
 * See     send 1: 2 bytes "hi"
 * Pair    dgram_server.c in a first terminal; stream_client.c does the same
 *         with a stream
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BIGGEST = 70000 };

static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr);
static int read_line(char *line, int size);
static int expand(char *message);
static void print_quoted(const char *bytes, size_t count);
static _Noreturn void die(const char *format, ...);

int main(int argc, char *argv[])
{
    if (argc != 3) {
        fprintf(stderr, "usage: dgram_client ADDRESS PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], &server_addr);
    setvbuf(stdout, NULL, _IOLBF, 0);

    /* 1. A socket for datagrams. No connect: nobody has to be there. */
    int sock_fd = socket(server_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    printf("each line is one datagram; =1000 is 1000 bytes; Ctrl-D closes\n");

    /* 2. Each line is one datagram, and each datagram has its address. */
    static char message[BIGGEST + 1];
    long long total = 0;
    int sends = 0, length;
    while ((length = read_line(message, BIGGEST)) != -1) {
        message[length] = '\0';
        if (message[0] == '=' && (length = expand(message)) == -1)
            continue;
        ssize_t sent = sendto(sock_fd, message, (size_t)length, 0,
                              (struct sockaddr *)&server_addr, addr_len);
        if (sent == -1 && errno != EMSGSIZE)
            die("sendto %s port %s", argv[1], argv[2]);
        if (sent == -1) {
            printf("%d bytes refused: EMSGSIZE, no datagram is so long\n",
                   length);
            continue;
        }
        printf("send %d: %zd bytes ", ++sends, sent);
        print_quoted(message, (size_t)sent);
        total += sent;
    }
    if (ferror(stdin))
        die("read standard input");

    /* 3. The socket is gone, and nobody is told. */
    close(sock_fd);
    printf("%lld bytes in %d sends\n", total, sends);
    return 0;
}

/* Both as typed. Returns the length that sendto wants to know. */
static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr)
{
    unsigned long number = strtoul(port, NULL, 10);
    if (port[strspn(port, "0123456789")] || number < 1 || number > 65535) {
        fprintf(stderr, "dgram_client: not a port (1 to 65535): \"%.40s\"\n",
                port);
        exit(2);
    }
    memset(addr, 0, sizeof *addr);
    struct sockaddr_in *v4 = (struct sockaddr_in *)addr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
    if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)number);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)number);
        return sizeof *v6;
    }
    fprintf(stderr, "dgram_client: not an IP address: \"%.40s\"\n", ip);
    exit(2);
}

/* A line without its end, or its first size bytes; -1 at the end of input. */
static int read_line(char *line, int size)
{
    int length = 0, key = 0;
    while (length < size && (key = getchar()) != EOF && key != '\n')
        line[length++] = (char)key;
    return key == EOF && length == 0 ? -1 : length;
}

/* =1000 becomes 1000 times x. Returns the length, or -1 for a wrong size. */
static int expand(char *message)
{
    unsigned long size = strtoul(message + 1, NULL, 10);
    if (!message[1] || message[1 + strspn(message + 1, "0123456789")] ||
        size > BIGGEST) {
        fprintf(stderr, "dgram_client: not = and a size (0 to %d): \"%.40s\"\n",
                BIGGEST, message);
        return -1;
    }
    memset(message, 'x', size);
    return (int)size;
}

/* What came from outside is shown, not obeyed: no raw byte to the terminal. */
static void print_quoted(const char *bytes, size_t count)
{
    putchar('"');
    for (size_t i = 0; i < count && i < 60; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '\n')
            printf("\\n");
        else if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (byte < ' ' || byte > '~')
            printf("\\x%02x", byte);
        else
            putchar(byte);
    }
    printf(count > 60 ? "\"...\n" : "\"\n");
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "dgram_client: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
