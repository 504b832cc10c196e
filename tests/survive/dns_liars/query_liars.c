/*
 * query_liars.c - dns_query before a server that lies: it believes only the
 * answer to its question, over UDP and over TCP, and nobody can guess its id.
 *
 * Try     query_liars BUILD_DIR
 */
#define _POSIX_C_SOURCE 200809L
#include "child.h"
#include "dns_message.h"
#include "network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEADLINE = 10 * 1000, RUNS = 16 };
static int udp_fd, listen_fd, failures;
static char path[4096], port[8];

static void check(int holds, const char *what)
{
    if (!holds) {
        printf("FAILED: %s\n", what);
        failures++;
    }
}

static _Noreturn void die(const char *call)
{
    perror(call);
    exit(1);
}

/* What is wrong with an answer: one thing, or nothing. */
enum lie { TRUTH, ID, NAME, TYPE, CLASS, NO_ANSWER, OPCODE, CUT, SHORT, LIES };
static const char *const lies[LIES] = {
    "nothing", "id",     "name",      "type",      "class",
    "flag",    "opcode", "truncated", "cut short",
};

static size_t answer(enum lie lie, const struct dns_message *question,
                     unsigned char *bytes)
{
    struct dns_question asked = question->question;
    unsigned char ip[] = {6, 6, 6, 6};
    if (lie == TRUTH)
        memcpy(ip, "\1\2\3\4", 4);
    struct dns_record record = {.name = asked.name,
                                .type = DNS_A,
                                .class_code = DNS_CLASS_IN,
                                .ttl = 60,
                                .data_len = 4,
                                .data = ip};
    if (lie == NAME)
        dns_name_parse("example.org", NULL, &asked.name);
    if (lie == TYPE)
        asked.type = DNS_AAAA;
    if (lie == CLASS)
        asked.class_code = 3;
    struct dns_writer writer;
    dns_begin(
        &writer, bytes, DNS_UDP_MAX, (uint16_t)(question->id + (lie == ID)),
        (uint16_t)((lie == NO_ANSWER ? 0 : DNS_QR) | DNS_AA |
                   (lie == OPCODE ? 1 << 11 : 0) | (lie == CUT ? DNS_TC : 0)));
    dns_put_question(&writer, &asked);
    if (lie != CUT)
        dns_put_set(&writer, DNS_ANSWER, &record, 1);
    return writer.length - (lie == SHORT);
}

static bool await(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    return poll(&wanted, 1, DEADLINE) == 1;
}

/* The next question by UDP, and who asked it. */
static bool hear(struct dns_message *question, struct sockaddr_in *from)
{
    unsigned char bytes[DNS_UDP_MAX];
    socklen_t length = sizeof *from;
    ssize_t count = await(udp_fd) ? recvfrom(udp_fd, bytes, sizeof bytes, 0,
                                             (struct sockaddr *)from, &length)
                                  : -1;
    return count > 0 && dns_decode(bytes, (size_t)count, question) == NULL;
}

static void start(struct child *child)
{
    char *argv[] = {path, "127.0.0.1", port, "www.example.com", NULL};
    child_start(child, NULL, argv, NULL);
}

static void tell(enum lie lie, const struct dns_message *question,
                 const struct sockaddr_in *to)
{
    unsigned char bytes[DNS_UDP_MAX];
    sendto(udp_fd, bytes, answer(lie, question, bytes), 0,
           (const struct sockaddr *)to, sizeof *to);
}

/* All the lies, then the truth: only that is believed. */
static void test_udp(void)
{
    struct child child;
    struct dns_message question;
    struct sockaddr_in from;
    uint16_t ids[RUNS];
    int alike = 0, half_alike = 0;
    for (int run = 0; run < RUNS; run++) {
        start(&child);
        if (!hear(&question, &from)) {
            check(0, "a question");
            return;
        }
        ids[run] = question.id;
        for (int i = 0; i < run; i++)
            alike += (uint16_t)(ids[run] - ids[i] + RUNS) <= 2 * RUNS;
        half_alike += ids[run] >> 8 == (ids[run] & 255) ||
                      (run > 0 && (!((ids[run] ^ ids[run - 1]) >> 8) ||
                                   !((ids[run] ^ ids[run - 1]) & 255)));
        for (int lie = ID; lie < LIES; lie++)
            if (lie != CUT && run == 0)
                tell((enum lie)lie, &question, &from);
        tell(TRUTH, &question, &from);
        check(child_wait(&child, DEADLINE) == 0, "the truth is an answer");
        child_listen(&child, 0);
        check(strstr(child.text, "1.2.3.4") && !strstr(child.text, "6.6.6.6"),
              "no lie is believed");
        dns_message_free(&question);
        child_end(&child, 9);
    }
    /* Of 120 pairs, random ids have one of 2,000 that are near each other. */
    check(alike < 4, "ids that nobody can guess");
    check(half_alike < 6, "nor half of one"); /* of 256, three */
}

/* Over TCP as well: each lie alone ends it, with status 1. */
static void test_tcp(void)
{
    struct child child;
    struct dns_message question;
    struct sockaddr_in from;
    for (int lie = TRUTH; lie < LIES; lie++) {
        if (lie == CUT)
            continue;
        start(&child);
        if (!hear(&question, &from)) {
            check(0, "a question");
            return;
        }
        tell(CUT, &question, &from);
        unsigned char bytes[2 + DNS_UDP_MAX];
        int fd = await(listen_fd) ? accept(listen_fd, NULL, NULL) : -1;
        check(fd != -1 && await(fd) && read(fd, bytes, sizeof bytes) > 14,
              "the same question over TCP");
        size_t count = answer((enum lie)lie, &question, bytes + 2);
        bytes[0] = (unsigned char)(count >> 8);
        bytes[1] = (unsigned char)count;
        if (write(fd, bytes, 2 + count) == -1)
            die("write");
        int status = child_wait(&child, DEADLINE);
        child_listen(&child, 0);
        if (lie == TRUTH)
            check(status == 0 && strstr(child.text, "1.2.3.4"), "the truth");
        else if (status != 1 || strstr(child.text, "6.6.6.6") ||
                 !strstr(child.text, "what came over TCP is no answer")) {
            printf("FAILED: a wrong %s over TCP: status %d\n%s", lies[lie],
                   status, child.text);
            failures++;
        }
        close(fd);
        dns_message_free(&question);
        child_end(&child, 9);
    }
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: query_liars BUILD_DIR\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    move_to_own_network();
    snprintf(path, sizeof path, "%s/ch06_dns/dns_query", argv[1]);
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    socklen_t length = sizeof addr;
    for (int left = 20;; left--) { /* one port in TCP and UDP */
        addr.sin_port = 0;
        listen_fd = socket(AF_INET, SOCK_STREAM, 0);
        udp_fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (bind(listen_fd, (struct sockaddr *)&addr, sizeof addr) == -1 ||
            listen(listen_fd, 5) == -1 ||
            getsockname(listen_fd, (struct sockaddr *)&addr, &length) == -1)
            die("listen");
        if (bind(udp_fd, (struct sockaddr *)&addr, sizeof addr) == 0)
            break;
        if (left == 0)
            die("bind");
        close(listen_fd);
        close(udp_fd);
    }
    snprintf(port, sizeof port, "%d", ntohs(addr.sin_port));
    test_udp();
    test_tcp();
    return failures ? 1 : 0;
}
