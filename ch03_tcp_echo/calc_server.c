/*
 * calc_server.c - calculate for clients: an application protocol, and what a
 * server makes of messages that are cut, glued together, or nonsense.
 *
 * Calls   socket -> bind -> listen -> accept -> poll/read/write -> close
 * Try     cc calc_server.c -o calc_server && ./calc_server 9190
 * See     listening on 127.0.0.1:9190
 * Pair    calc_client.c in a second terminal
 * Long    the protocol stands in it, and everything that can come is answered
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The protocol. Every number is big endian, a negative one two's complement.
 *
 *   request   length (4)   how many bytes follow
 *             count (2)    how many operands: 2 to 1000
 *             operands     4 bytes each
 *             operator (1) '+', '-' or 'x'
 *   reply     length (4)   always 5
 *             status (1)   see below
 *             result (4)   0 unless the status is OK
 */
enum { LENGTH_SIZE = 4, REPLY_SIZE = LENGTH_SIZE + 1 + 4 };
enum { MAX_OPERANDS = 1000, MAX_BODY = 2 + 4 * MAX_OPERANDS + 1 };
enum status {
    OK,
    TOO_LONG,     /* such a length is never right: the reply is the last */
    BAD_LENGTH,   /* not what so many operands need */
    BAD_COUNT,    /* none, one, or more than 1000 */
    BAD_OPERATOR, /* none of the three */
    OVERFLOWN,    /* the result does not fit into 4 bytes */
    UNFINISHED    /* no more came: the reply is the last */
};

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };
enum { PATIENCE = 5 * 60 * 1000 }; /* ms for a message, */
enum { HURRY = 1000 };             /* and when somebody else is waiting */

static size_t take_message(const unsigned char *bytes, size_t count,
                           enum status *status, int32_t *result);
static enum status calculate(const unsigned char *body, size_t length,
                             int32_t *result);
static int converse(int conn_fd, int listen_fd, const char *name);
static void standard_streams(void);
static int listen_at(const char *ip, const char *port);
static int accept_next(int listen_fd, char *name);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static long long now_ms(void);
static void put_u32(char *bytes, uint32_t number);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: calc_server [ADDRESS] PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */

    /* 1. The doorkeeper. */
    int listen_fd = listen_at(argc > 2 ? argv[1] : "127.0.0.1", argv[argc - 1]);

    for (;;) {
        /* 2. Block until a connection is there. It has a socket of its own. */
        char name[NAME_SIZE];
        int conn_fd = accept_next(listen_fd, name);
        printf("accepted %s (fd %d)\n", name, conn_fd);
        /* Answer at once, however small the answer: see Nagle in chapter 7.
         * And one who never reads the answers does not hold us up either. */
        int on = 1;
        struct timeval patience = {.tv_sec = HURRY / 1000};
        if (setsockopt(conn_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) ||
            setsockopt(conn_fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
                       sizeof patience))
            perror("calc_server: setsockopt TCP_NODELAY, SO_SNDTIMEO");

        /* 3. Questions and answers, as long as the client has any. */
        int stays = converse(conn_fd, listen_fd, name);
        if (stays == -1)
            printf("%s lost: %s\n", name,
                   errno == EAGAIN ? "it does not read" : strerror(errno));
        else
            printf("%s %s\n", name, stays ? "stays; we hang up" : "closed");

        /* 4. End our half, too. The doorkeeper stays. */
        close(conn_fd);
    }
}

/* Returns its size. The log has a line for each. */
static size_t compose_reply(char *reply, const char *name, enum status status,
                            int32_t result)
{
    static const char *const words[] = {
        "ok",           "too long", "bad length", "bad count",
        "bad operator", "overflow", "unfinished"};
    put_u32(reply, REPLY_SIZE - LENGTH_SIZE);
    reply[LENGTH_SIZE] = (char)status;
    put_u32(reply + LENGTH_SIZE + 1, (uint32_t)result);
    if (status == OK)
        printf("%s: answered %d\n", name, (int)result);
    else
        printf("%s: answered error %d, %s\n", name, status, words[status]);
    return REPLY_SIZE;
}

/* read, but not for ever, nor for long while others wait; else ETIMEDOUT. */
static ssize_t read_before(long long *deadline, int conn_fd, int listen_fd,
                           void *buffer, size_t size)
{
    struct pollfd wanted[] = {{.fd = conn_fd, .events = POLLIN},
                              {.fd = listen_fd, .events = POLLIN}};
    for (;;) {
        long long left = *deadline - now_ms();
        errno = ETIMEDOUT; /* unless poll itself fails, and says why */
        if (left <= 0 || poll(wanted, 2, (int)left) < 1)
            return -1;
        if (wanted[1].revents != 0 && *deadline > now_ms() + HURRY)
            *deadline = now_ms() + HURRY;
        if (wanted[0].revents != 0)
            return read(conn_fd, buffer, size);
        wanted[1].fd = -1; /* seen; poll need not say it again */
    }
}

/* What read delivers has nothing to do with messages: collect, and look
 * after each read whether one or more of them are whole. Returns 0 when the
 * client has closed, 1 when it is we who hang up, -1 when it is lost. */
static int converse(int conn_fd, int listen_fd, const char *name)
{
    static unsigned char bytes[LENGTH_SIZE + MAX_BODY];
    static char replies[sizeof bytes / LENGTH_SIZE * REPLY_SIZE];
    size_t have = 0;
    long long deadline = now_ms() + PATIENCE;
    ssize_t count;
    enum status status = OK;
    int32_t result;
    while ((count = read_before(&deadline, conn_fd, listen_fd, bytes + have,
                                sizeof bytes - have)) > 0) {
        have += (size_t)count;
        size_t taken, at = 0, size = 0;
        while (status != TOO_LONG &&
               (taken = take_message(bytes + at, have - at, &status, &result)) >
                   0) {
            size += compose_reply(replies + size, name, status, result);
            at += taken;
            deadline = now_ms() + PATIENCE; /* a new message, a new chance */
        }
        if (write_all(conn_fd, replies, size) == -1)
            return -1;
        memmove(bytes, bytes + at, have - at);
        have -= at;
        if (status == TOO_LONG)
            break; /* where the next message would begin is not known */
    }
    if (count == -1 && errno != ETIMEDOUT)
        return -1;
    if (have > 0 &&
        write_all(conn_fd, replies,
                  compose_reply(replies, name, UNFINISHED, 0)) == -1)
        return -1;

    /* If it is we who hang up, close with bytes unread would destroy our last
     * reply: see chapter 5. So end our half, and wait for the client's end. */
    if (shutdown(conn_fd, SHUT_WR) == -1 && errno != ENOTCONN)
        return -1;
    deadline = now_ms() + HURRY;
    do
        count = read_before(&deadline, conn_fd, listen_fd, bytes, sizeof bytes);
    while (count > 0);
    return count == 0 ? 0 : errno == ETIMEDOUT ? 1 : -1;
}

/* The bytes have their order from the protocol, whatever this machine's is,
 * and they may lie at an odd address: no pointer cast could read them. */
static uint32_t get_number(const unsigned char *bytes, size_t size)
{
    uint32_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* The first message in these bytes, and what the answer to it is. Returns the
 * bytes it takes; 0 if it is not whole yet. It asks nothing but the bytes:
 * however they were cut on their way, the answer is the same. */
static size_t take_message(const unsigned char *bytes, size_t count,
                           enum status *status, int32_t *result)
{
    *result = 0;
    *status = UNFINISHED;
    if (count < LENGTH_SIZE)
        return 0;
    uint32_t length = get_number(bytes, LENGTH_SIZE);
    if (length > MAX_BODY) { /* do not even wait for it */
        *status = TOO_LONG;
        return count;
    }
    if (count - LENGTH_SIZE < length)
        return 0;
    *status = calculate(bytes + LENGTH_SIZE, length, result);
    return LENGTH_SIZE + length;
}

/* A whole message without its length. Sets *result if it is OK. */
static enum status calculate(const unsigned char *body, size_t length,
                             int32_t *result)
{
    /* Beyond what fits, the exact value is of no interest, only the sign;
     * and times 0 it is 0 after all. So 64 bits are enough on the way. */
    const int64_t too_big = (int64_t)INT32_MAX + 2;
    if (length < 2)
        return BAD_LENGTH;
    size_t count = get_number(body, 2);
    if (count < 2 || count > MAX_OPERANDS)
        return BAD_COUNT;
    if (length != 2 + 4 * count + 1) /* what we are told, against what came */
        return BAD_LENGTH;
    unsigned char op = body[length - 1];
    if (op != '+' && op != '-' && op != 'x')
        return BAD_OPERATOR;

    int64_t value = (int32_t)get_number(body + 2, 4);
    for (size_t i = 1; i < count; i++) {
        int64_t operand = (int32_t)get_number(body + 2 + 4 * i, 4);
        if (op == '+')
            value += operand;
        else if (op == '-')
            value -= operand;
        else {
            value *= operand;
            if (value > too_big)
                value = too_big;
            if (value < -too_big)
                value = -too_big;
        }
    }
    if (value < INT32_MIN || value > INT32_MAX)
        return OVERFLOWN;
    *result = (int32_t)value;
    return OK;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "calc_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("calc_server: standard output");
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
    fprintf(stderr, "calc_server: not ");
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

/* The doorkeeper: socket, bind and listen, which echo_server.c of chapter 3
 * shows one by one. Port 0 is the system's choice; the line says which. */
static int listen_at(const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 0, &addr);
    char name[NAME_SIZE];
    name_address(&addr, name);
    int listen_fd = socket(addr.ss_family, SOCK_STREAM, 0), on = 1;
    if (listen_fd == -1)
        die("socket");
    if (setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        die("setsockopt SO_REUSEADDR");
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1)
        cannot_bind(name);
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    name_address(&addr, name);
    printf("listening on %s\n", name);
    return listen_fd;
}

/* accept, which echo_server.c of chapter 3 shows, and the client's name. */
static int accept_next(int listen_fd, char *name)
{
    struct sockaddr_storage addr;
    socklen_t size = sizeof addr;
    int fd;
    while ((fd = accept(listen_fd, (struct sockaddr *)&addr, &size)) == -1) {
        perror("calc_server: accept");
        poll(NULL, 0, 100); /* out of descriptors? breathe, do not spin */
    }
    name_address(&addr, name);
    return fd;
}

/* write may take only a part of it. Returns count, or -1. */
static ssize_t write_all(int fd, const char *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        ssize_t written = write(fd, bytes + done, count - done);
        if (written == -1)
            return -1;
        done += (size_t)written;
    }
    return (ssize_t)count;
}

/* Milliseconds, by a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Four bytes in network order. */
static void put_u32(char *bytes, uint32_t number)
{
    number = htonl(number);
    memcpy(bytes, &number, sizeof number);
}
