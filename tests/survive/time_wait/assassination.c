/*
 * assassination.c - an old ACK ends a TIME_WAIT, as chapter 7 says.
 *
 * Two connections are closed properly, in a network of our own. Then the ACK
 * that was overtaken by its own FIN comes: here on purpose, from a raw socket.
 * TIME_WAIT answers it, the other end knows of no connection and answers with
 * an RST. Linux then forgets, unless net.ipv4.tcp_rfc1337 is set (tcp(7)).
 */
#define _GNU_SOURCE
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* As /proc/net/tcp has it; 0 where it has nothing. */
enum { GONE = 0, ESTABLISHED = 1, TIMED_WAIT = 6 };
enum { PATIENCE = 5000 }; /* ms */

struct segment {
    size_t size;
    unsigned char bytes[256]; /* an IP packet */
    struct iphdr ip;
    struct tcphdr tcp;
};

struct connection {
    int first_fd, second_fd; /* in the order of their closing */
    unsigned first_port, second_port;
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "assassination: %s\n", what);
    exit(1);
}

static _Noreturn void die(const char *call)
{
    fprintf(stderr, "assassination: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* The next TCP segment that crosses our wire. */
static struct segment next_segment(int tap_fd)
{
    for (;;) {
        struct segment segment = {.size = 0};
        struct pollfd wanted = {.fd = tap_fd, .events = POLLIN};
        if (poll(&wanted, 1, PATIENCE) != 1)
            fail("a packet that was to come did not");
        ssize_t size = recv(tap_fd, segment.bytes, sizeof segment.bytes, 0);
        if (size == -1)
            die("recv AF_PACKET");
        segment.size = (size_t)size;
        memcpy(&segment.ip, segment.bytes, sizeof segment.ip);
        if (segment.ip.protocol != IPPROTO_TCP)
            continue;
        memcpy(&segment.tcp, segment.bytes + segment.ip.ihl * 4,
               sizeof segment.tcp);
        printf("%5d %s%s%s%s\n", ntohs(segment.tcp.source),
               segment.tcp.syn ? "SYN " : "", segment.tcp.fin ? "FIN " : "",
               segment.tcp.rst ? "RST " : "", segment.tcp.ack ? "ACK" : "");
        return segment;
    }
}

static unsigned port_of(int fd)
{
    struct sockaddr_in addr;
    socklen_t addr_len = sizeof addr;
    if (getsockname(fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    return ntohs(addr.sin_port);
}

static struct connection connect_both(int tap_fd)
{
    struct connection c;
    struct sockaddr_in addr = {.sin_family = AF_INET};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t addr_len = sizeof addr;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1 ||
        bind(listen_fd, (struct sockaddr *)&addr, sizeof addr) == -1 ||
        listen(listen_fd, 1) == -1 ||
        getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("listen");
    c.second_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c.second_fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        die("connect");
    c.first_fd = accept(listen_fd, NULL, NULL);
    if (c.first_fd == -1)
        die("accept");
    close(listen_fd);
    c.first_port = port_of(c.first_fd);
    c.second_port = port_of(c.second_fd);
    for (int i = 0; i < 3; i++)
        next_segment(tap_fd);
    return c;
}

/* Its state at the end that closes first, GONE when there is none. */
static unsigned state_of(const struct connection *c)
{
    FILE *table = fopen("/proc/self/net/tcp", "r");
    if (!table)
        die("fopen /proc/self/net/tcp");
    char line[512];
    unsigned state = GONE;
    while (fgets(line, sizeof line, table)) {
        unsigned ours, theirs, found;
        if (sscanf(line, " %*d: %*x:%x %*x:%x %x", &ours, &theirs, &found) ==
                3 &&
            ours == c->first_port && theirs == c->second_port)
            state = found;
    }
    fclose(table);
    return state;
}

/* Both ends close; returns the second one's FIN. */
static struct segment close_both(int tap_fd, const struct connection *c)
{
    char byte;
    if (shutdown(c->first_fd, SHUT_WR) == -1)
        die("shutdown");
    if (read(c->second_fd, &byte, 1) != 0)
        fail("the first end's FIN did not come");
    close(c->second_fd);
    if (read(c->first_fd, &byte, 1) != 0)
        fail("the second end's FIN did not come");
    close(c->first_fd);

    struct segment fin, segment;
    do
        fin = next_segment(tap_fd);
    while (!fin.tcp.fin || ntohs(fin.tcp.source) != c->second_port);
    do
        segment = next_segment(tap_fd); /* its ACK */
    while (ntohs(segment.tcp.source) != c->first_port);
    return fin;
}

static void add_up(const unsigned char *bytes, size_t size, uint32_t *sum)
{
    for (size_t i = 0; i < size; i += 2) /* TCP headers are even */
        *sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
}

/* The same packet without FIN: the ACK that the FIN has overtaken. */
static void send_old_ack(const struct segment *fin)
{
    unsigned char bytes[sizeof fin->bytes];
    memcpy(bytes, fin->bytes, fin->size);
    size_t header = fin->ip.ihl * 4U, size = fin->size - header;
    struct tcphdr tcp = fin->tcp;
    tcp.fin = 0;
    tcp.check = 0;
    memcpy(bytes + header, &tcp, sizeof tcp);
    uint32_t sum = IPPROTO_TCP + (uint32_t)size; /* RFC 9293, 3.1 */
    add_up(bytes + 12, 8, &sum);                 /* both IP addresses */
    add_up(bytes + header, size, &sum);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    tcp.check = htons((uint16_t)~sum);
    memcpy(bytes + header, &tcp, sizeof tcp);

    int raw_fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    struct sockaddr_in addr = {.sin_family = AF_INET};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (raw_fd == -1 || sendto(raw_fd, bytes, fin->size, 0,
                               (struct sockaddr *)&addr, sizeof addr) == -1)
        die("sendto SOCK_RAW");
    close(raw_fd);
}

/* Here it cannot be seen: that is a failure only where nothing may be lost. */
static _Noreturn void skip(const char *why)
{
    fprintf(stderr, "assassination: %s\n", why);
    exit(getenv("PLAY_NO_SKIP") ? 1 : 77);
}

static void conform_to_rfc1337(const char *value)
{
    FILE *setting = fopen("/proc/sys/net/ipv4/tcp_rfc1337", "w");
    if (!setting) /* some containers have all of /proc/sys read-only */
        skip("tcp_rfc1337 cannot be set here");
    if (fputs(value, setting) == EOF || fclose(setting) != 0)
        die("write tcp_rfc1337");
}

/* What an old ACK makes of a TIME_WAIT. */
static unsigned after_old_ack(int tap_fd)
{
    struct connection c = connect_both(tap_fd);
    if (state_of(&c) != ESTABLISHED)
        fail("no connection");
    struct segment fin = close_both(tap_fd, &c);
    if (state_of(&c) != TIMED_WAIT)
        fail("both have closed, and there is no TIME_WAIT");

    send_old_ack(&fin);
    next_segment(tap_fd);
    struct segment answer = next_segment(tap_fd);
    if (ntohs(answer.tcp.source) != c.first_port || answer.tcp.rst)
        fail("TIME_WAIT does not answer an old ACK with an ACK");
    answer = next_segment(tap_fd);
    if (ntohs(answer.tcp.source) != c.second_port || !answer.tcp.rst)
        fail("who has forgotten does not answer an ACK with an RST");
    return state_of(&c); /* on one processor nothing is under way now */
}

int main(void)
{
    if (!move_to_own_network())
        skip("no network of its own here");
    cpu_set_t one; /* lest it happens before we do it */
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    if (sched_setaffinity(0, sizeof one, &one) == -1)
        die("sched_setaffinity");
    int tap_fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETHERTYPE_IP));
    if (tap_fd == -1)
        die("socket AF_PACKET");

    conform_to_rfc1337("0\n"); /* the default */
    if (after_old_ack(tap_fd) != GONE)
        fail("the RST has not ended TIME_WAIT");
    conform_to_rfc1337("1\n");
    if (after_old_ack(tap_fd) != TIMED_WAIT)
        fail("the RST has ended TIME_WAIT in spite of tcp_rfc1337");
    return 0;
}
