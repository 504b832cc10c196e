/*
 * backlog.c - fill the waiting room of a listening socket, and see who is
 * connected before anybody has called accept, and who gets no answer.
 *
 * Needs Linux: TCP_INFO tells the state of a connection, and of a listening
 * socket how many wait in it and how many may.
 *
 * Calls   socket -> bind -> listen; for each client socket -> connect; accept
 * Try     cc backlog.c -o backlog && ./backlog 2
 * See     listen(3, 2): room for 2
 */
#define _GNU_SOURCE /* for struct tcp_info, in every libc */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

enum { MAX_BACKLOG = 100, MAX_CLIENTS = MAX_BACKLOG + 10 };
enum { PATIENCE = 3 * 60 * 1000 }; /* ms for one of them to get in */

static void let_all_in(int listen_fd, const int *client_fds, int clients,
                       int inside);
static int let_in(int client_fd, int listen_fd, unsigned before);
static struct sockaddr_in get_address(int fd);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);
static struct tcp_info tcp_info_of(int fd);
static void await_bytes(int fd);
static void wait_for_enter(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc > 2) {
        fprintf(stderr, "usage: backlog [BACKLOG]\n");
        return 2;
    }
    int backlog =
        argc == 2 ? (int)parse_number(argv[1], 0, MAX_BACKLOG, "number") : 2;

    /* 1. A doorkeeper on a port of the system's choice. */
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1)
        die("socket");
    struct sockaddr_in server_addr = {.sin_family = AF_INET};
    server_addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listen_fd, (struct sockaddr *)&server_addr, sizeof server_addr))
        die("bind 127.0.0.1:0");
    server_addr = get_address(listen_fd);

    /* 2. The waiting room. The system has a limit of its own: see it first. */
    if (listen(listen_fd, INT_MAX) == -1)
        die("listen");
    printf("listen(%d, %d): room for %u, the most on this system\n", listen_fd,
           INT_MAX, tcp_info_of(listen_fd).tcpi_sacked);
    if (listen(listen_fd, backlog) == -1)
        die("listen");
    printf("listen(%d, %d): room for %u\n", listen_fd, backlog,
           tcp_info_of(listen_fd).tcpi_sacked);

    /* 3. Clients come, one by one, and nobody calls accept. */
    int client_fds[MAX_CLIENTS], clients = 0, inside = 0;
    int outside = backlog > 0 ? 2 : 1; /* they must all fit in later */
    while (clients < inside + outside && clients < MAX_CLIENTS) {
        int client_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (client_fd == -1)
            die("socket");
        client_fds[clients++] = client_fd;
        unsigned waiting = tcp_info_of(listen_fd).tcpi_unacked;
        if (connect(client_fd, (struct sockaddr *)&server_addr,
                    sizeof server_addr) == -1 &&
            errno != EINPROGRESS) /* it does not wait for an answer */
            die("connect, client %d", clients);
        inside += let_in(client_fd, listen_fd, waiting);
        printf("client %d: %s; %u waiting\n", clients,
               tcp_info_of(client_fd).tcpi_state == TCP_ESTABLISHED
                   ? "ESTABLISHED"
                   : "SYN_SENT, no answer",
               tcp_info_of(listen_fd).tcpi_unacked);
    }
    printf("%d fit into the room for %d\n", inside, backlog);
    printf("Enter calls accept %d times\n", inside);
    wait_for_enter();

    let_all_in(listen_fd, client_fds, clients, inside);
    return 0; /* the end of the process closes all of them */
}

static void let_all_in(int listen_fd, const int *client_fds, int clients,
                       int inside)
{
    /* 4. accept takes the first out of the room; the connection is complete
     *    since long. */
    for (int i = 0; i < inside; i++) {
        await_bytes(listen_fd);
        struct sockaddr_in client_addr = {0};
        socklen_t addr_len = sizeof client_addr;
        if (accept(listen_fd, (struct sockaddr *)&client_addr, &addr_len) == -1)
            die("accept");
        int who = 0;
        while (who < clients - 1 &&
               get_address(client_fds[who]).sin_port != client_addr.sin_port)
            who++;
        printf("accept: client %d\n", who + 1);
    }

    /* 5. Those outside have been asking again and again. */
    printf("there is room now for those who ask again\n");
    for (int i = inside; i < clients; i++) {
        await_bytes(listen_fd);
        if (accept(listen_fd, NULL, NULL) == -1)
            die("accept");
    }
    for (int i = inside; i < clients; i++)
        printf("client %d: ESTABLISHED\n", i + 1);
}

/* Wait until we see what became of a client. 1: it is connected, and one more
 * waits in the room. 0: the room was too full before, or its first packet, the
 * SYN, has been sent once more in vain. */
static int let_in(int client_fd, int listen_fd, unsigned before)
{
    for (;;) {
        struct tcp_info client = tcp_info_of(client_fd);
        struct tcp_info room = tcp_info_of(listen_fd);
        if (client.tcpi_state == TCP_ESTABLISHED && room.tcpi_unacked > before)
            return 1;
        if (client.tcpi_state == TCP_SYN_SENT &&
            (before > room.tcpi_sacked || client.tcpi_total_retrans > 0))
            return 0;
        if (client.tcpi_state == TCP_CLOSE) {
            errno = ECONNREFUSED;
            die("connect");
        }
        poll(NULL, 0, 1);
    }
}

static struct sockaddr_in get_address(int fd)
{
    struct sockaddr_in addr;
    socklen_t addr_len = sizeof addr;
    if (getsockname(fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    return addr;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "backlog: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("backlog: standard output");
    _Exit(1);
}

/* 0 to 2 are open: no socket gets their numbers. A line is out at once. */
static void standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1)
            open("/dev/null", O_RDONLY);
    setvbuf(stdout, NULL, _IOLBF, 0);
    atexit(check_output);
}

/* A whole decimal number, as typed; what says which, should it be none. */
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what)
{
    unsigned long long number = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number < least ||
        number > most) {
        fprintf(stderr, "backlog: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}

/* What the system knows of a connection, or of a waiting room. */
static struct tcp_info tcp_info_of(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1)
        die("getsockopt TCP_INFO");
    return info;
}

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}

/* At the end of input there is nobody to press it: go on at once. */
static void wait_for_enter(void)
{
    for (int key = 0; key != '\n' && !feof(stdin);)
        if ((key = getchar()) == EOF && ferror(stdin))
            die("read standard input");
}
