/*
 * retry_client.c - what UDP leaves to the program: number, time-out, retry.
 *
 * A question is eight bytes and a text: who asks, which question it is (both
 * in network order), and up to 1000 bytes. The answer begins with the same
 * eight bytes. Whatever is lost is sent again; whatever comes twice is told
 * by its number.
 *
 * Calls   socket -> connect -> send/poll/recv -> close
 * Try     cc retry_client.c -o retry_client && ./retry_client 127.0.0.1 9190
 * See     each line answered once, and how often it had to be sent
 * Pair    lossy_server.c
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HEADER = 8,       /* who asks, which question */
    TEXT_SIZE = 1000, /* bytes of text at most */
    PATIENCE = 300,   /* ms for the first try; each further one doubles it */
    TRIES = 3,
};

static ssize_t hear_answer(int sock_fd, const char *question, char *answer,
                           int patience);
static uint32_t make_up_number(void);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static int connect_to(int type, const char *ip, const char *port);
static long long now_ms(void);
static int await_until(int fd, long long deadline);
static ssize_t read_line(char *line, size_t size);
static void print_quoted(const char *bytes, size_t count);
static void put_u32(char *bytes, uint32_t number);
static uint32_t get_u32(const char *bytes);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: retry_client ADDRESS PORT\n");
        return 2;
    }
    /* 1. A datagram socket that hears its peer alone. */
    int sock_fd = connect_to(SOCK_DGRAM, argv[1], argv[2]);
    if (fcntl(sock_fd, F_SETFL, O_NONBLOCK) == -1) /* poll waits instead */
        die("fcntl O_NONBLOCK");

    /* 2. Our port may have been somebody else's a moment ago, so a number of
     *    our own comes with every question. */
    char question[HEADER + TEXT_SIZE], answer[HEADER + TEXT_SIZE];
    uint32_t own_number = make_up_number();
    put_u32(question, own_number);
    printf("asking as %u\n", own_number);

    unsigned number = 0, retries = 0, too_long = 0;
    ssize_t length;
    while ((length = read_line(question + HEADER, TEXT_SIZE)) != -1) {
        if (length > TEXT_SIZE) {
            fprintf(stderr, "retry_client: %zd bytes in a line, %d at most\n",
                    length, TEXT_SIZE);
            too_long++;
            continue;
        }
        put_u32(question + 4, ++number);

        /* 3. Send it; and send it again if no answer comes in time. */
        ssize_t received = -1;
        for (int tries = 1, patience = PATIENCE; received == -1; tries++) {
            if (send(sock_fd, question, HEADER + (size_t)length, 0) == -1)
                die("send to %s port %s", argv[1], argv[2]);
            received = hear_answer(sock_fd, question, answer, patience);
            if (received == -1 && tries == TRIES) {
                fprintf(stderr,
                        "retry_client: question %u: sent %d times, no answer: "
                        "giving up\n",
                        number, TRIES);
                return 1;
            }
            if (received == -1) {
                printf("question %u: no answer in %d ms, once more\n", number,
                       patience);
                retries++;
            }
            patience *= 2; /* a full network is not to be filled further */
        }
        printf("answer %u: ", number);
        print_quoted(answer + HEADER, (size_t)received - HEADER);
    }
    printf("%u questions, %u answers, %u retries\n", number, number, retries);
    close(sock_fd);
    return too_long ? 1 : 0;
}

/* The size of the answer to this question; -1 if it does not come in time. */
static ssize_t hear_answer(int sock_fd, const char *question, char *answer,
                           int patience)
{
    long long deadline = now_ms() + patience;
    while (await_until(sock_fd, deadline)) {
        ssize_t received = recv(sock_fd, answer, HEADER + TEXT_SIZE, 0);
        if (received == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
            die("recv");
        if (received >= HEADER && memcmp(answer, question, HEADER) == 0)
            return received;
        if (received >= HEADER)
            printf("ignored, an answer to question %u\n", get_u32(answer + 4));
    }
    return -1;
}

/* One that nobody else has, and nobody can guess. */
static uint32_t make_up_number(void)
{
    uint32_t number;
    int random_fd = open("/dev/urandom", O_RDONLY);
    if (random_fd == -1)
        die("open /dev/urandom");
    if (read(random_fd, &number, sizeof number) != sizeof number)
        die("read /dev/urandom");
    close(random_fd);
    return number;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "retry_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("retry_client: standard output");
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
    fprintf(stderr, "retry_client: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
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

/* Milliseconds, by a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Wait for something to come, not for ever: 0 when the time (of now_ms) is up,
 * however much came before. */
static int await_until(int fd, long long deadline)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    long long left = deadline - now_ms();
    int ready = left > 0 ? poll(&wanted, 1, (int)left) : 0;
    if (ready == -1)
        die("poll");
    return ready;
}

/* One line, without its newline; -1 at the end of input. What does not fit
 * is left out, but the length returned is the whole line's. */
static ssize_t read_line(char *line, size_t size)
{
    ssize_t length = 0;
    int byte;
    while ((byte = getchar()) != '\n' && byte != EOF)
        if ((size_t)length++ < size)
            line[length - 1] = (char)byte;
    if (ferror(stdin))
        die("read standard input");
    return byte == EOF && length == 0 ? -1 : length;
}

/* What came from outside is shown, not obeyed. Letters are shown as they are:
 * in UTF-8 they sort as their bytes do (RFC 3629 section 1). */
static void print_quoted(const char *bytes, size_t count)
{
    static const char ranges[][9] = {" ~",       "Àɏ",   "Αџ",   "ㄱㅣ",
                                     "가힣",     "ぁゖ", "ァー", "一鿿",
                                     "🌀🏺", "🐀🙏"};
    size_t done = 0;
    putchar('"');
    while (done < count && done < 60) {
        const char *at = bytes + done;
        size_t size = 0, whole = 1;
        while (whole < 4 && done + whole < count && (at[whole] & 0xc0) == 0x80)
            whole++;
        for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
            size_t n = strlen(ranges[i]) / 2;
            if (n <= whole && memcmp(at, ranges[i], n) >= 0 &&
                memcmp(at, ranges[i] + n, n) <= 0)
                size = n;
        }
        if (size > 0)
            printf("%s%.*s", strchr("\"\\", *at) ? "\\" : "", (int)size, at);
        else if (*at == '\n')
            printf("\\n");
        else
            printf("\\x%02x", (unsigned char)*at);
        done += size > 0 ? size : 1;
    }
    printf(done < count ? "\"...\n" : "\"\n");
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
