/*
 * calc_client.c - ask calc_server; show the bytes of question and answer.
 *
 * Calls   socket -> connect -> write -> poll/read -> close
 * Try     cc calc_client.c -o calc_client
 *         ./calc_client 127.0.0.1 9190 + 3 4
 *         ./calc_client -s 8 127.0.0.1 9190 + 3 4
 * See     3 + 4 = 7; with -s, only 8 bytes of the question go before Enter
 * Pair    calc_server.c, which also explains the protocol
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LENGTH_SIZE = 4, REPLY_SIZE = LENGTH_SIZE + 1 + 4 };
enum { MAX_OPERANDS = 1000 };
enum { PATIENCE = 30 * 1000 }; /* ms without a byte from the server */

static size_t compose(char *const numbers[], int count, char op, char *request);
static int32_t read_result(const char *reply);
static void print_bytes(const char *what, const char *bytes, size_t count);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);
static int connect_to(int type, const char *ip, const char *port);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static size_t read_all(int fd, char *bytes, size_t count);
static void wait_for_enter(void);
static void put_u32(char *bytes, uint32_t number);
static uint32_t get_u32(const char *bytes);

int main(int argc, char *argv[])
{
    standard_streams();
    size_t split = 0; /* all at once */
    if (argc > 2 && strcmp(argv[1], "-s") == 0) {
        split = parse_number(argv[2], 1, 9999, "number");
        argv += 2;
        argc -= 2;
    }
    if (argc < 6) {
        fprintf(stderr, "usage: calc_client [-s BYTES] ADDRESS PORT OP NUMBER "
                        "NUMBER...\n");
        return 2;
    }
    if (strlen(argv[3]) != 1 || !strchr("+-x", argv[3][0])) {
        fprintf(stderr, "calc_client: not + or - or x: \"%.40s\"\n", argv[3]);
        return 2;
    }
    char request[LENGTH_SIZE + 2 + 4 * MAX_OPERANDS + 1];
    size_t length = compose(argv + 4, argc - 4, argv[3][0], request);
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */

    /* 1. A connection. */
    int sock_fd = connect_to(SOCK_STREAM, argv[1], argv[2]);

    /* 2. The question. Where it is cut must not matter to the server. */
    print_bytes("question", request, length);
    if (split > 0 && split < length) {
        if (write_all(sock_fd, request, split) == -1)
            die("write");
        printf("%zu of %zu bytes sent; Enter sends the rest\n", split, length);
        wait_for_enter();
    } else
        split = 0;
    if (write_all(sock_fd, request + split, length - split) == -1)
        die("write");

    /* 3. The answer, in as many pieces as it likes to come. */
    char reply[REPLY_SIZE];
    size_t have = read_all(sock_fd, reply, sizeof reply);
    if (have < sizeof reply) {
        fprintf(stderr, "calc_client: the server left after %zu of %d bytes\n",
                have, REPLY_SIZE);
        return 1;
    }
    print_bytes("answer", reply, sizeof reply);
    close(sock_fd);

    /* 4. What it says. */
    int32_t result = read_result(reply);
    printf("%.12s", argv[4]);
    for (int i = 5; i < argc && i < 14; i++)
        printf(" %s %.12s", argv[3], argv[i]);
    printf("%s = %d\n", argc > 14 ? " ..." : "", (int)result);
    return 0;
}

static int32_t parse_operand(const char *text)
{
    const char *digits = text + (*text == '-');
    long long number = strtoll(text, NULL, 10); /* the nearest that fits */
    if (!*digits || digits[strspn(digits, "0123456789")] ||
        number < INT32_MIN || number > INT32_MAX) {
        fprintf(stderr,
                "calc_client: not a number (-2147483648 to 2147483647): "
                "\"%.40s\"\n",
                text);
        exit(2);
    }
    return (int32_t)number;
}

/* The protocol's request, ready to be sent. Returns its length. */
static size_t compose(char *const numbers[], int count, char op, char *request)
{
    if (count > MAX_OPERANDS) {
        fprintf(stderr, "calc_client: %d numbers, but %d is the most\n", count,
                MAX_OPERANDS);
        exit(2);
    }
    size_t at = LENGTH_SIZE;
    request[at++] = (char)(count >> 8); /* the high byte first */
    request[at++] = (char)(count & 0xff);
    for (int i = 0; i < count; i++, at += 4)
        put_u32(request + at, (uint32_t)parse_operand(numbers[i]));
    request[at++] = op;
    put_u32(request, (uint32_t)(at - LENGTH_SIZE));
    return at;
}

/* Believe nothing that the protocol does not allow. */
static int32_t read_result(const char *reply)
{
    unsigned status = (unsigned char)reply[LENGTH_SIZE];
    static const char *const names[] = {
        "ok",           "too long", "bad length", "bad count",
        "bad operator", "overflow", "unfinished"};
    if (get_u32(reply) != REPLY_SIZE - LENGTH_SIZE ||
        status >= sizeof names / sizeof names[0]) {
        fprintf(stderr, "calc_client: that is no calc_server\n");
        exit(1);
    }
    if (status != 0) {
        fprintf(stderr, "calc_client: error %u, %s\n", status, names[status]);
        exit(1);
    }
    return (int32_t)get_u32(reply + LENGTH_SIZE + 1);
}

static void print_bytes(const char *what, const char *bytes, size_t count)
{
    printf("%s:", what);
    for (size_t i = 0; i < count && i < 20; i++)
        printf(" %02x", (unsigned char)bytes[i]);
    if (count > 20)
        printf(" ... %zu bytes", count);
    printf("\n");
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "calc_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("calc_client: standard output");
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
    fprintf(stderr, "calc_client: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* A whole decimal number, as typed; what says which, should it be none. */
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what)
{
    unsigned long long number = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number < least ||
        number > most) {
        fprintf(stderr, "calc_client: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}

/* socket and connect, which echo_client.c of chapter 3 shows. */
static int connect_to(int type, const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 1, &addr);
    int sock_fd = socket(addr.ss_family, type, 0);
    if (sock_fd == -1)
        die("socket");
    if (connect(sock_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("connect %s port %s", ip, port);
    return sock_fd;
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

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}

/* One write may arrive in many pieces: collect count bytes, as echo_client.c
 * of chapter 3 does. Fewer only if the other end has ended. */
static size_t read_all(int fd, char *bytes, size_t count)
{
    size_t have = 0;
    ssize_t more = 1;
    while (have < count && more > 0) {
        await_bytes(fd);
        more = read(fd, bytes + have, count - have);
        if (more == -1)
            die("read");
        have += (size_t)more;
    }
    return have;
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
