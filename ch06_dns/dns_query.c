/*
 * dns_query.c - ask a name server: the question as bytes, the answer decoded.
 *
 * Types: A (when none is given), AAAA, NS, CNAME, SOA, PTR, MX, TXT, ANY.
 * Status: 0 an answer, 1 none or an error instead of one, 2 bad arguments.
 *
 * Calls   socket -> connect -> send -> poll -> recv -> close; and over TCP
 *         once more when the answer does not fit into a datagram
 * Try     cc dns_query.c dns_message.c -o dns_query
 *         ./dns_query 127.0.0.4 5300 www.example.kr
 *         ./dns_query -t MX 127.0.0.4 5300 example.kr
 * See     question of 32 bytes to 127.0.0.4:5300
 * Long    UDP and TCP, and whatever comes back, shown
 * Pair    dns_server.c or dns_resolver.c, or any name server (port 53)
 */
#define _POSIX_C_SOURCE 200809L
#include "dns_message.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535",
    TRIES = 2,
    PATIENCE = 5 * 1000 /* ms for each try; a resolver may have far to go */
};

struct query {
    struct sockaddr_storage addr; /* the server's */
    socklen_t addr_len;
    char name[NAME_SIZE];
    struct dns_question question;
    uint16_t id;
    unsigned char bytes[DNS_UDP_MAX]; /* the message */
    size_t length;
};

static void print_question(const struct query *query);
static bool ask_over_udp(const struct query *query, struct dns_message *answer);
static bool ask_over_tcp(const struct query *query, struct dns_message *answer);
static uint16_t random_id(void);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static long long now_ms(void);

int main(int argc, char *argv[])
{
    standard_streams();
    const char *type = "A";
    if (argc == 6 && strcmp(argv[1], "-t") == 0)
        type = argv[2];
    else if (argc != 4) {
        fprintf(stderr, "usage: dns_query [-t TYPE] SERVER PORT NAME\n");
        return 2;
    }
    struct query query = {
        .question = {.type = dns_type_parse(type), .class_code = DNS_CLASS_IN}};
    if (query.question.type == 0 || query.question.type == DNS_OPT ||
        query.question.type == DNS_AXFR) {
        fprintf(stderr, "dns_query: not a type to ask for: \"%.40s\"\n", type);
        return 2;
    }
    argv += argc - 4; /* 1: SERVER, 2: PORT, 3: NAME */
    query.addr_len = parse_address(argv[1], argv[2], 1, &query.addr);
    name_address(&query.addr, query.name);
    const char *problem = dns_name_parse(argv[3], NULL, &query.question.name);
    if (problem) {
        fprintf(stderr, "dns_query: %s: \"%.40s\"\n", problem, argv[3]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */

    /* 1. The question. Its id is random: who cannot see it cannot answer. */
    query.id = random_id();
    struct dns_writer writer;
    dns_begin(&writer, query.bytes, sizeof query.bytes, query.id, DNS_RD);
    dns_put_question(&writer, &query.question);
    query.length = writer.length;
    printf("question of %zu bytes to %s\n", query.length, query.name);
    print_question(&query);

    /* 2. Send it, and wait for the answer. */
    struct dns_message message;
    if (!ask_over_udp(&query, &message)) {
        fprintf(stderr, "dns_query: no answer from %s\n", query.name);
        return 1;
    }

    /* 3. It did not fit into a datagram? The same question over TCP. */
    if (message.flags & DNS_TC) {
        dns_message_free(&message);
        printf("the same question over TCP\n");
        if (!ask_over_tcp(&query, &message)) {
            fprintf(stderr, "dns_query: what came over TCP is no answer\n");
            return 1;
        }
    }
    int rcode = message.flags & DNS_RCODE;
    dns_message_free(&message);
    return rcode == DNS_NOERROR ? 0 : 1;
}

/* Sixteen bytes in a line. */
static void print_hex(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf(i % 16 > 0 ? " %02x" : i > 0 ? "\n  %02x" : "  %02x", bytes[i]);
}

/* The three parts of a question, byte by byte. */
static void print_question(const struct query *query)
{
    char text[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
    print_hex(query->bytes, 12);
    printf("  id, \"recursion desired\", 1 question, 0 records\n");
    print_hex(query->bytes + 12, query->length - 12 - 4);
    printf("  %s\n", dns_name_text(&query->question.name, text));
    print_hex(query->bytes + query->length - 4, 4);
    printf("  type %s, class IN\n", dns_type_text(query->question.type, type));
}

static void print_message(const struct dns_message *message, size_t count)
{
    static const char *const sections[] = {"answer", "authority", "additional"};
    const struct dns_record *record = message->records;
    char text[DNS_RECORD_TEXT];
    printf("answer of %zu bytes: %s%s%s%s\n", count,
           dns_rcode_text(message->flags & DNS_RCODE),
           message->flags & DNS_AA ? ", authoritative" : "",
           message->flags & DNS_RA ? ", recursion available" : "",
           message->flags & DNS_TC ? ", truncated" : "");
    for (int section = 0; section < DNS_SECTIONS; section++)
        for (size_t i = 0; i < message->count[section]; i++)
            printf("  %-10s %s\n", sections[section],
                   dns_record_text(record++, text));
}

/* A response with our id to our question, one that can be read? Print it. */
static bool take_answer(const unsigned char *bytes, size_t count,
                        const struct query *query, struct dns_message *answer)
{
    const char *problem = dns_decode(bytes, count, answer);
    if (!problem && dns_answers(answer, query->id, &query->question)) {
        print_message(answer, count);
        return true;
    }
    dns_message_free(answer);
    printf("%zu bytes ignored: %s\n", count,
           problem ? problem : "not the answer to this question");
    return false;
}

/* Waits until fd is ready for events. false: the deadline was earlier. */
static bool await(int fd, short events, long long deadline)
{
    struct pollfd wanted = {.fd = fd, .events = events};
    long long left = deadline - now_ms();
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    int ready = left > 0 ? poll(&wanted, 1, (int)left) : 0;
    if (ready == -1)
        die("poll");
    return ready == 1;
}

/* A datagram may be lost: once more if nothing comes. A connected socket hears
   this server and nobody else. */
static bool ask_over_udp(const struct query *query, struct dns_message *answer)
{
    static unsigned char received[DNS_MESSAGE_MAX];
    int sock_fd = socket(query->addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    if (connect(sock_fd, (const struct sockaddr *)&query->addr,
                query->addr_len) == -1)
        die("connect %s", query->name);
    bool answered = false;
    for (int try = 0; try < TRIES && !answered; try++) {
        if (send(sock_fd, query->bytes, query->length, 0) == -1)
            die("send");
        long long deadline = now_ms() + PATIENCE;
        while (!answered && await(sock_fd, POLLIN, deadline)) {
            ssize_t count = recv(sock_fd, received, sizeof received, 0);
            if (count == -1)
                die("recv from %s", query->name);
            answered = take_answer(received, (size_t)count, query, answer);
        }
    }
    close(sock_fd);
    return answered;
}

/* Two bytes of length, then the message, both ways, in however many pieces. */
static bool ask_over_tcp(const struct query *query, struct dns_message *answer)
{
    long long deadline = now_ms() + PATIENCE;
    int sock_fd = socket(query->addr.ss_family, SOCK_STREAM, 0);
    if (sock_fd == -1)
        die("socket");
    /* connect must not wait for ever: it goes on in the background. */
    if (fcntl(sock_fd, F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
    if (connect(sock_fd, (const struct sockaddr *)&query->addr,
                query->addr_len) == -1 &&
        errno != EINPROGRESS)
        die("connect %s (TCP)", query->name);
    if (!await(sock_fd, POLLOUT, deadline))
        die("poll");
    int error;
    socklen_t error_len = sizeof error;
    if (getsockopt(sock_fd, SOL_SOCKET, SO_ERROR, &error, &error_len) == -1)
        die("getsockopt SO_ERROR");
    errno = error;
    if (error != 0)
        die("connect %s (TCP)", query->name);
    unsigned char framed[2 + DNS_UDP_MAX];
    framed[0] = (unsigned char)(query->length >> 8);
    framed[1] = (unsigned char)query->length;
    memcpy(framed + 2, query->bytes, query->length);
    for (size_t done = 0; done < 2 + query->length;) {
        if (!await(sock_fd, POLLOUT, deadline))
            die("poll");
        ssize_t sent = write(sock_fd, framed + done, 2 + query->length - done);
        if (sent == -1)
            die("write");
        done += (size_t)sent;
    }
    static unsigned char received[2 + DNS_MESSAGE_MAX];
    size_t expected = 2;
    for (size_t done = 0; done < expected;) {
        if (!await(sock_fd, POLLIN, deadline))
            die("poll");
        ssize_t count = read(sock_fd, received + done, expected - done);
        if (count == -1)
            die("read");
        if (count == 0) {
            fprintf(stderr, "dns_query: %s closed within its answer\n",
                    query->name);
            exit(1);
        }
        done += (size_t)count;
        if (done == 2)
            expected = 2 + ((size_t)received[0] << 8 | received[1]);
    }
    close(sock_fd);
    return take_answer(received + 2, expected - 2, query, answer);
}

/* Two bytes that nobody can guess. */
static uint16_t random_id(void)
{
    unsigned char bytes[2];
    FILE *random = fopen("/dev/urandom", "r");
    if (!random)
        die("open /dev/urandom");
    if (fread(bytes, sizeof bytes, 1, random) != 1)
        die("read /dev/urandom");
    fclose(random);
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <stdarg.h>
#include <time.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "dns_query: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("dns_query: standard output");
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
    fprintf(stderr, "dns_query: not ");
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

/* Milliseconds, by a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
