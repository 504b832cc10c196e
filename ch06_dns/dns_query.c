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

static void print_question(const unsigned char *bytes, size_t count,
                           const struct dns_question *question);
static void print_message(const struct dns_message *message, size_t count);
static bool is_answer(const unsigned char *bytes, size_t count, uint16_t id,
                      const struct dns_question *question,
                      struct dns_message *message);
static bool await(int fd, short events, long long deadline);
static size_t ask_over_tcp(const struct sockaddr_storage *addr,
                           socklen_t addr_len, const char *name,
                           const unsigned char *question, size_t length,
                           unsigned char *answer);
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
    struct dns_question question = {.type = dns_type_parse(type),
                                    .class_code = DNS_CLASS_IN};
    if (question.type == 0 || question.type == DNS_OPT ||
        question.type == DNS_AXFR) {
        fprintf(stderr, "dns_query: not a type to ask for: \"%.40s\"\n", type);
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len =
        parse_address(argv[argc - 3], argv[argc - 2], 1, &server_addr);
    const char *problem = dns_name_parse(argv[argc - 1], NULL, &question.name);
    if (problem) {
        fprintf(stderr, "dns_query: %s: \"%.40s\"\n", problem, argv[argc - 1]);
        return 2;
    }
    char name[NAME_SIZE];
    name_address(&server_addr, name);
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */

    /* 1. The question. Its id is random: who cannot see it cannot answer. */
    unsigned char sent[DNS_UDP_MAX];
    static unsigned char received[2 + DNS_MESSAGE_MAX];
    struct dns_writer writer;
    uint16_t id = random_id();
    dns_begin(&writer, sent, sizeof sent, id, DNS_RD);
    dns_put_question(&writer, &question);
    printf("question of %zu bytes to %s\n", writer.length, name);
    print_question(sent, writer.length, &question);

    /* 2. A connected UDP socket: it hears this server and nobody else. */
    int sock_fd = socket(server_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    if (connect(sock_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        die("connect %s", name);

    /* 3. Send it; a datagram may be lost, so once more if nothing comes. */
    struct dns_message message;
    ssize_t count = 0;
    bool answered = false;
    for (int try = 0; try < TRIES && !answered; try++) {
        if (send(sock_fd, sent, writer.length, 0) == -1)
            die("send");
        long long deadline = now_ms() + PATIENCE;
        while (!answered && await(sock_fd, POLLIN, deadline)) {
            count = recv(sock_fd, received, sizeof received, 0);
            if (count == -1)
                die("recv from %s", name);
            answered =
                is_answer(received, (size_t)count, id, &question, &message);
        }
    }
    close(sock_fd);
    if (!answered) {
        fprintf(stderr, "dns_query: no answer from %s\n", name);
        return 1;
    }
    print_message(&message, (size_t)count);

    /* 4. It did not fit into a datagram? The same question over TCP. */
    if (message.flags & DNS_TC) {
        dns_message_free(&message);
        printf("the same question over TCP\n");
        size_t length = ask_over_tcp(&server_addr, addr_len, name, sent,
                                     writer.length, received);
        if (!is_answer(received + 2, length, id, &question, &message)) {
            fprintf(stderr, "dns_query: what came over TCP is no answer\n");
            return 1;
        }
        print_message(&message, length);
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
static void print_question(const unsigned char *bytes, size_t count,
                           const struct dns_question *question)
{
    char text[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
    print_hex(bytes, 12);
    printf("  id, \"recursion desired\", 1 question, 0 records\n");
    print_hex(bytes + 12, count - 12 - 4);
    printf("  %s\n", dns_name_text(&question->name, text));
    print_hex(bytes + count - 4, 4);
    printf("  type %s, class IN\n", dns_type_text(question->type, type));
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

/* A response with our id to our question, and one that can be read? */
static bool is_answer(const unsigned char *bytes, size_t count, uint16_t id,
                      const struct dns_question *question,
                      struct dns_message *message)
{
    const char *problem = dns_decode(bytes, count, message);
    if (!problem && dns_answers(message, id, question))
        return true;
    dns_message_free(message);
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

/* Two bytes of length, then the message, both ways; any byte of it may come
   alone. answer takes both. Returns the length of the message. */
static size_t ask_over_tcp(const struct sockaddr_storage *addr,
                           socklen_t addr_len, const char *name,
                           const unsigned char *question, size_t length,
                           unsigned char *answer)
{
    long long deadline = now_ms() + PATIENCE;
    int sock_fd = socket(addr->ss_family, SOCK_STREAM, 0);
    if (sock_fd == -1)
        die("socket");
    /* connect must not wait for ever: it goes on in the background. */
    if (fcntl(sock_fd, F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
    if (connect(sock_fd, (const struct sockaddr *)addr, addr_len) == -1 &&
        errno != EINPROGRESS)
        die("connect %s (TCP)", name);
    if (!await(sock_fd, POLLOUT, deadline))
        die("poll");
    int error;
    socklen_t error_len = sizeof error;
    if (getsockopt(sock_fd, SOL_SOCKET, SO_ERROR, &error, &error_len) == -1)
        die("getsockopt SO_ERROR");
    errno = error;
    if (error != 0)
        die("connect %s (TCP)", name);
    unsigned char framed[2 + DNS_UDP_MAX];
    framed[0] = (unsigned char)(length >> 8);
    framed[1] = (unsigned char)length;
    memcpy(framed + 2, question, length);
    for (size_t done = 0; done < 2 + length;) {
        if (!await(sock_fd, POLLOUT, deadline))
            die("poll");
        ssize_t written = write(sock_fd, framed + done, 2 + length - done);
        if (written == -1)
            die("write");
        done += (size_t)written;
    }
    size_t expected = 2;
    for (size_t done = 0; done < expected;) {
        if (!await(sock_fd, POLLIN, deadline))
            die("poll");
        ssize_t count = read(sock_fd, answer + done, expected - done);
        if (count == -1)
            die("read");
        if (count == 0) {
            fprintf(stderr, "dns_query: %s closed within its answer\n", name);
            exit(1);
        }
        done += (size_t)count;
        if (done == 2)
            expected = 2 + ((size_t)answer[0] << 8 | answer[1]);
    }
    close(sock_fd);
    return expected - 2;
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
