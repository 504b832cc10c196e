/*
 * neighbour.c - which of this computer's addresses can a neighbour reach?
 *
 * Calls   unshare, setns; socket -> bind -> listen against socket -> connect
 * Try     cc neighbour.c -o neighbour && unshare -Urn ./neighbour
 * See     a server bound to  the neighbour connects to
 *
 * Two computers and the wire between them are played by network namespaces
 * (Linux, _GNU_SOURCE: unshare, setns; and the commands ip, nsenter). A socket
 * belongs to the computer in which it was made, so one program can play on
 * both.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OURS = 8, NEIGHBOURS = 9 }; /* descriptors: /proc/self/fd/8 */

static void new_computer(int fd);
static void try_row(const char *server_ip, const char *ip);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);

/* The neighbour has a card; we have one and, as every computer, a loopback. */
static const char set_up[] =
    "ip link add card type veth peer name card netns /proc/self/fd/8 && "
    "ip address add 192.0.2.2/24 dev card && ip link set card up && "
    "ip route add 198.51.100.1 dev card && nsenter --net=/proc/self/fd/8 sh -c "
    "'ip address add 192.0.2.1/24 dev card && ip link set card up && "
    "ip address add 198.51.100.1/32 dev lo && ip link set lo up'";

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: neighbour (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    signal(SIGCHLD, SIG_DFL); /* or system may find no child */

    /* 1. Two computers, and a wire between them. */
    new_computer(OURS);
    new_computer(NEIGHBOURS);
    if (system(set_up) != 0) {
        fprintf(stderr, "neighbour: failed: %s\n", set_up);
        return 1;
    }
    printf("our card has 192.0.2.1; lo has 127.0.0.1 and 198.51.100.1\n");

    /* 2. The neighbour comes by the wire each time, so by our card. */
    printf("a server bound to  the neighbour connects to\n");
    try_row("127.0.0.1", "192.0.2.1");
    try_row("192.0.2.1", "192.0.2.1");
    try_row("0.0.0.0", "192.0.2.1");
    try_row("198.51.100.1", "198.51.100.1");
    return 0;
}

/* A network with nothing in it but a loopback of its own. We are in it. */
static void new_computer(int fd)
{
    if (unshare(CLONE_NEWNET) == -1)
        die("unshare (try unshare -Urn ./neighbour, or sudo ./neighbour)");
    int computer_fd = open("/proc/self/ns/net", O_RDONLY);
    if (computer_fd == -1)
        die("open /proc/self/ns/net");
    if (dup2(computer_fd, fd) == -1)
        die("dup2");
}

/* A socket of that computer, where we are from now on. */
static int socket_at(int computer_fd)
{
    if (setns(computer_fd, CLONE_NEWNET) == -1)
        die("setns");
    int sock_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (sock_fd == -1)
        die("socket");
    return sock_fd;
}

/* The server at our computer, the client at the neighbour's. */
static void try_row(const char *server_ip, const char *ip)
{
    struct sockaddr_storage addr, goal;
    socklen_t addr_len = parse_address(server_ip, "9190", 0, &addr);
    parse_address(ip, "9190", 1, &goal);
    int listen_fd = socket_at(OURS);
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("bind %s:9190", server_ip);
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");
    int sock_fd = socket_at(NEIGHBOURS);
    int said = connect(sock_fd, (struct sockaddr *)&goal, addr_len);
    const char *result = said == 0 ? "reached" : strerror(errno);
    printf("%-18s %-14s %s\n", server_ip, ip, result);
    close(sock_fd);
    close(listen_fd);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "neighbour: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("neighbour: standard output");
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

/* Both as typed; only where least is 0 the system may choose the port. */
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr)
{
    struct sockaddr_in *v4 = memset(addr, 0, sizeof *addr);
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
    long number = strtol(port, NULL, 10);
    int is_port = *port && !port[strspn(port, "0123456789")] &&
                  number >= least && number <= 65535;
    sa_family_t family = strchr(ip, ':') ? AF_INET6 : AF_INET;
    void *bytes = family == AF_INET ? (void *)&v4->sin_addr : &v6->sin6_addr;
    v4->sin_family = family; /* it and the port have one place in both */
    v4->sin_port = htons((uint16_t)number);
    if (is_port && inet_pton(family, ip, bytes) == 1)
        return family == AF_INET ? sizeof *v4 : sizeof *v6;
    fprintf(stderr, "neighbour: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}
