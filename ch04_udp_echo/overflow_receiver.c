/*
 * overflow_receiver.c - a receiver that reads too late, and counts its losses.
 *
 * The system keeps what fits into the receive buffer and drops the rest.
 * Every datagram carries its number, so the receiver can count the missing
 * ones. Linux counts, too, and tells by SO_RXQ_OVFL (not POSIX, hence
 * _DEFAULT_SOURCE); elsewhere the program's own count has to do.
 *
 * Calls   socket -> setsockopt -> bind -> recvmsg -> sendto
 * Try     cc overflow_receiver.c -o overflow_receiver
 *         ./overflow_receiver 9190
 * See     bound to 127.0.0.1:9190
 * Pair    overflow_sender.c; flow_receiver.c is the same over TCP
 */
#define _DEFAULT_SOURCE
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535",
    ROOM = 64 * 1024, /* bytes of receive buffer: soon full */
    MOST = 1000000,   /* datagrams: more, no overflow_sender sends */
};

static ssize_t receive_counting(int sock_fd, char *bytes, size_t size,
                                struct sockaddr_storage *sender,
                                socklen_t *sender_len, unsigned *dropped);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void name_address(const struct sockaddr_storage *addr, char *name);
static int bind_at(const char *ip, const char *port);
static void wait_for_enter(void);
static void put_u32(char *bytes, uint32_t number);
static uint32_t get_u32(const char *bytes);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: overflow_receiver [ADDRESS] PORT\n");
        return 2;
    }
    /* 1. A datagram socket with a small buffer, which counts its losses. */
    int sock_fd = bind_at(argc == 3 ? argv[1] : "127.0.0.1", argv[argc - 1]);
    int room = ROOM;
    if (setsockopt(sock_fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == -1)
        die("setsockopt SO_RCVBUF");
#ifdef SO_RXQ_OVFL
    int on = 1;
    if (setsockopt(sock_fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) == -1)
        die("setsockopt SO_RXQ_OVFL");
#endif

    /* 2. Somebody sends, we do something else. */
    printf("not reading yet: press Enter to read\n");
    wait_for_enter();

    /* 3. Read all that waits, up to the last one: it is a number alone. Who
     *    sends from another address begins a count of its own. */
    char name[NAME_SIZE], sender[NAME_SIZE] = "";
    unsigned received = 0, dropped = 0, last = 0;
    while (last == 0) {
        char datagram[1000];
        struct sockaddr_storage sender_addr;
        socklen_t sender_len = sizeof sender_addr;
        ssize_t count = receive_counting(sock_fd, datagram, sizeof datagram,
                                         &sender_addr, &sender_len, &dropped);
        bool is_last = count == sizeof(uint32_t);
        if (count != sizeof datagram &&
            !(is_last && get_u32(datagram) <= MOST + 1))
            continue; /* nobody's who counts */
        name_address(&sender_addr, name);
        if (strcmp(name, sender) != 0)
            received = 0;
        memcpy(sender, name, sizeof sender);
        if (!is_last)
            received++;
        if (!is_last || get_u32(datagram) <= received)
            continue;
        last = get_u32(datagram);

        /* 4. Tell the sender how many came. */
        put_u32(datagram, received);
        if (sendto(sock_fd, datagram, sizeof(uint32_t), 0,
                   (struct sockaddr *)&sender_addr, sender_len) == -1)
            die("sendto %s", name);
    }
    printf("the last one has number %u: %u went before it\n", last, last - 1);
    printf("received %u\n", received);
    printf("missing %u\n", last - 1 - received);
#ifdef SO_RXQ_OVFL
    printf("dropped %u, says the system\n", dropped);
#endif
    return 0;
}

/* recvfrom, and what the system says of those that it had to drop so far. */
static ssize_t receive_counting(int sock_fd, char *bytes, size_t size,
                                struct sockaddr_storage *sender,
                                socklen_t *sender_len, unsigned *dropped)
{
    union {
        struct cmsghdr first; /* aligned as the system wants it */
        char bytes[CMSG_SPACE(sizeof *dropped)];
    } control;
    struct iovec place = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {.msg_name = sender,
                             .msg_namelen = *sender_len,
                             .msg_iov = &place,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t count = recvmsg(sock_fd, &message, 0);
    if (count == -1)
        die("recvmsg");
    *sender_len = message.msg_namelen;
#ifdef SO_RXQ_OVFL
    struct cmsghdr *note = CMSG_FIRSTHDR(&message);
    if (note && note->cmsg_level == SOL_SOCKET &&
        note->cmsg_type == SO_RXQ_OVFL)
        memcpy(dropped, CMSG_DATA(note), sizeof *dropped);
#endif
    return count;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "overflow_receiver: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("overflow_receiver: standard output");
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
    fprintf(stderr, "overflow_receiver: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    int is_v4 = addr->ss_family == AF_INET;
    const void *bytes = is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr;
    char ip[INET6_ADDRSTRLEN] = "?";
    inet_ntop(addr->ss_family, bytes, ip, sizeof ip);
    snprintf(name, NAME_SIZE, is_v4 ? "%s:%d" : "[%s]:%d", ip,
             ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
}

/* Why bind refused, and what its words do not say. */
static _Noreturn void cannot_bind(const char *name)
{
    die("bind %s%s", name,
        errno == EACCES          ? ": ports below 1024 are root's"
        : errno == EADDRNOTAVAIL ? ": not an address of this computer"
                                 : "");
}

/* A datagram socket at an address: socket and bind, which udp_echo_server.c
 * of chapter 4 shows. Port 0 is the system's choice; the line says which. */
static int bind_at(const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 0, &addr);
    char name[NAME_SIZE];
    name_address(&addr, name);
    int sock_fd = socket(addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    if (bind(sock_fd, (struct sockaddr *)&addr, addr_len) == -1)
        cannot_bind(name);
    if (getsockname(sock_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    name_address(&addr, name);
    printf("bound to %s\n", name);
    return sock_fd;
}

/* At the end of input there is nobody to press it: go on at once. */
static void wait_for_enter(void)
{
    for (int key = 0; key != '\n' && !feof(stdin);)
        if ((key = getchar()) == EOF && ferror(stdin))
            die("read standard input");
}

/* Four bytes in network order. */
static void put_u32(char *bytes, uint32_t number)
{
    number = htonl(number);
    memcpy(bytes, &number, sizeof number);
}

/* Four bytes in network order. */
static uint32_t get_u32(const char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return ntohl(number);
}
