/*
 * packet_ladder.c - the packets of a real connection, drawn as they crossed.
 *
 * It moves into a network of its own (a Linux namespace). There an ordinary
 * user may watch every packet, and nobody else's can get in between.
 *
 * Calls   unshare -> socket AF_PACKET -> recv, and beside it
 *         socket -> connect/accept -> write/read -> close
 * Try     cc packet_ladder.c -o packet_ladder && ./packet_ladder
 *         ./packet_ladder handshake
 * See     The connection: 3 packets
 * Needs   Linux: unshare, AF_PACKET and TCP_QUICKACK are not POSIX
 * Long    half of it draws: an arrow a packet, what the packet says in words,
 *         what its ACK adds up to
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ALL, HANDSHAKE, DATA, CLOSE, PARTS };
enum { PATIENCE = 10 * 1000 }; /* ms without a packet */
enum { TRIES = 50, MOST = 40 /* packets of one connection */ };

struct packet {
    int from_client, syn, ack, fin, push;
    uint32_t seq, ack_seq; /* relative: each side's SYN is its number 0 */
    uint32_t bytes, span;  /* span: the bytes, and 1 for a SYN or a FIN */
};

struct ladder {
    uint16_t client_port; /* in network order */
    uint32_t start[2];    /* what the SYNs said in truth: server's, client's */
    struct packet packets[MOST];
    int count, over;     /* over: the client has acknowledged the */
    uint32_t server_end; /* server's FIN, by this number */
};

static void connect_and_close(int tap_fd, int listen_fd,
                              const struct sockaddr_in *addr, int busy,
                              struct ladder *ladder);
static int parse_part(const char *name);
static void draw(const struct ladder *ladder, const char *title, int first,
                 int end);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void await_bytes(int fd);
static int enter_own_network(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc > 2) {
        fprintf(stderr, "usage: packet_ladder [handshake|data|close|all]\n");
        return 2;
    }
    int part = argc == 2 ? parse_part(argv[1]) : ALL;

    /* 1. A network with nobody in it but us, and an ear on its only wire. */
    if (enter_own_network() == -1)
        die("unshare (no network of its own here: try %s)",
            geteuid() == 0 ? "docker run --privileged"
                           : "sudo ./packet_ladder");
    int tap_fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
    if (tap_fd == -1)
        die("socket AF_PACKET");

    /* 2. The server. In a network of our own every port is free. */
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(9190)};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1)
        die("socket");
    if (bind(listen_fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        die("bind");
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");

    /* Two connections; the second differs in its end only. An ACK waits some
     * 40 ms for company: if this computer was too busy to close in that time,
     * it went alone, and there is one packet too many: once more. */
    for (int busy = 1, tries = 0; busy >= 0; busy--) {
        struct ladder ladder;
        do
            connect_and_close(tap_fd, listen_fd, &addr, busy, &ladder);
        while (ladder.count != (busy ? 11 : 10) && ++tries < TRIES);
        if (busy && (part == HANDSHAKE || part == ALL))
            draw(&ladder, "The connection", 0, 3);
        if (busy && (part == DATA || part == ALL))
            draw(&ladder, "The exchange", 3, 7);
        if (part == CLOSE || part == ALL)
            draw(&ladder,
                 busy ? "The end, when the server is still busy"
                      : "The end, when the server is done, too",
                 7, ladder.count);
    }
    return 0;
}

static int parse_part(const char *name)
{
    static const char *const names[] = {"all", "handshake", "data", "close"};
    for (int part = ALL; part < PARTS; part++)
        if (strcmp(name, names[part]) == 0)
            return part;
    fprintf(stderr,
            "packet_ladder: not handshake, data, close or all: \"%.40s\"\n",
            name);
    exit(2);
}

/* Write it down, if it is of this connection. */
static void record(struct ladder *ladder, const struct iphdr *ip,
                   const struct tcphdr *tcp)
{
    if (ladder->count == 0 && tcp->syn && !tcp->ack)
        ladder->client_port = tcp->source;
    int from_client = tcp->source == ladder->client_port;
    if (!from_client && tcp->dest != ladder->client_port)
        return; /* the last word of an earlier connection */
    if (tcp->syn)
        ladder->start[from_client] = ntohl(tcp->seq);
    struct packet *packet = &ladder->packets[ladder->count++];
    *packet = (struct packet){
        .from_client = from_client,
        .syn = tcp->syn,
        .ack = tcp->ack,
        .fin = tcp->fin,
        .push = tcp->psh,
        .seq = ntohl(tcp->seq) - ladder->start[from_client],
        .ack_seq = ntohl(tcp->ack_seq) - ladder->start[!from_client],
        .bytes = ntohs(ip->tot_len) - (ip->ihl + tcp->doff) * 4U};
    packet->span = packet->bytes + tcp->syn + tcp->fin;
    if (tcp->fin && !from_client)
        ladder->server_end = packet->seq + packet->span;
    ladder->over = from_client && ladder->server_end > 0 &&
                   packet->ack_seq == ladder->server_end;
}

/* Go on when so many packets have crossed the wire, or the last one has. */
static void watch(int tap_fd, struct ladder *ladder, int count)
{
    while (ladder->count < count && !ladder->over) {
        struct {
            struct iphdr ip;
            struct tcphdr tcp;
        } packet; /* recv cuts off the rest */
        await_bytes(tap_fd);
        ssize_t size = recv(tap_fd, &packet, sizeof packet, 0);
        if (size == -1)
            die("recv AF_PACKET");
        if (size == sizeof packet && packet.ip.protocol == IPPROTO_TCP &&
            packet.ip.ihl == 5)
            record(ladder, &packet.ip, &packet.tcp);
    }
}

/* Let the system acknowledge what has come without waiting for an answer
 * that the ACK could travel with. */
static void ack_now(int fd)
{
    int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on) == -1)
        die("setsockopt TCP_QUICKACK");
}

/* One write may arrive in many pieces: collect them all. */
static void read_exactly(int fd, char *bytes, size_t count)
{
    for (size_t have = 0; have < count;) {
        await_bytes(fd);
        ssize_t more = read(fd, bytes + have, count - have);
        if (more < 1)
            die("read");
        have += (size_t)more;
    }
}

/* One connection, and its packets. */
static void connect_and_close(int tap_fd, int listen_fd,
                              const struct sockaddr_in *addr, int busy,
                              struct ladder *ladder)
{
    memset(ladder, 0, sizeof *ladder);

    /* 3. connect: three packets, and none of them is made by a program. */
    int client_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (client_fd == -1)
        die("socket");
    if (connect(client_fd, (const struct sockaddr *)addr, sizeof *addr) == -1)
        die("connect");
    int conn_fd = accept(listen_fd, NULL, NULL);
    if (conn_fd == -1)
        die("accept");
    watch(tap_fd, ladder, 3);

    /* 4. The echo: six bytes there, six bytes back. */
    char echo[6];
    if (write_all(client_fd, "hello\n", sizeof echo) == -1)
        die("write");
    read_exactly(conn_fd, echo, sizeof echo);
    ack_now(conn_fd); /* do not wait for an answer to travel with */
    watch(tap_fd, ladder, 5);
    if (write_all(conn_fd, echo, sizeof echo) == -1)
        die("write");
    read_exactly(client_fd, echo, sizeof echo);
    ack_now(client_fd);
    watch(tap_fd, ladder, 7);

    /* 5. The client has done. Has the server? Its FIN goes when it has. */
    close(client_fd);
    await_bytes(conn_fd);
    if (read(conn_fd, echo, sizeof echo) == -1) /* 0: the client's FIN */
        die("read");
    if (busy) {
        ack_now(conn_fd);
        watch(tap_fd, ladder, 9);
    }
    close(conn_fd);
    watch(tap_fd, ladder, MOST);
}

/* The packet that this one is the first to acknowledge, or NULL. */
static const struct packet *acknowledged_by(const struct ladder *ladder,
                                            const struct packet *packet)
{
    const struct packet *acked = NULL, *old = ladder->packets;
    for (; packet->ack && old < packet; old++)
        if (old->from_client != packet->from_client &&
            old->seq + old->span == packet->ack_seq)
            acked = old;
        else if (old->from_client == packet->from_client && old->ack &&
                 old->ack_seq == packet->ack_seq)
            return NULL; /* said before */
    return acked;
}

/* What a packet says, in words. */
static void explain(const struct packet *packet, const struct packet *acked,
                    char *text, size_t size)
{
    if (packet->syn && !packet->ack)
        snprintf(text, size, "I start counting at %u", packet->seq);
    else if (packet->syn)
        snprintf(text, size, "So do I. I have your SYN (number %u)",
                 packet->ack_seq - 1);
    else if (packet->bytes)
        snprintf(text, size, "here are my bytes %u to %u", packet->seq,
                 packet->seq + packet->bytes - 1);
    else if (packet->fin)
        snprintf(text, size, "I have %sno more to send",
                 acked ? "your FIN, and " : "");
    else if (acked && acked->span > acked->bytes)
        snprintf(text, size, "I have your %s (number %u)",
                 acked->syn ? "SYN" : "FIN", packet->ack_seq - 1);
    else
        snprintf(text, size, "I have everything up to %u", packet->ack_seq - 1);
}

/* One part of the ladder, an arrow a packet. Then what its ACKs add up to. */
static void draw(const struct ladder *ladder, const char *title, int first,
                 int end)
{
    static const char line[] = "----------------------------------"
                               "----------------------------------";
    printf("%s: %d packets\n", title, end - first);
    printf("  client%69s\n", "server");
    for (int i = first; i < end; i++) {
        const struct packet *packet = &ladder->packets[i];
        char flags[9], ack[16] = "", bytes[20] = "", meaning[60];
        snprintf(flags, sizeof flags, "%s%s",
                 packet->syn    ? "SYN "
                 : packet->fin  ? "FIN "
                 : packet->push ? "PSH "
                                : "",
                 packet->ack ? "ACK" : "");
        if (packet->ack)
            snprintf(ack, sizeof ack, "ACK %u", packet->ack_seq);
        if (packet->bytes)
            snprintf(bytes, sizeof bytes, "%u bytes", packet->bytes);
        explain(packet, acknowledged_by(ladder, packet), meaning,
                sizeof meaning);
        printf("    | %-8s SEQ %-2u %-6s %-8s %-36s|\n", flags, packet->seq,
               ack, bytes, meaning);
        printf(packet->from_client ? "    |%s>|\n" : "    |<%s|\n", line);
    }
    for (int i = first; i < end; i++) {
        const struct packet *packet = &ladder->packets[i];
        const struct packet *acked = acknowledged_by(ladder, packet);
        if (acked)
            printf("  the %s's ACK %u = the %s's SEQ %u%s%.0u%s\n",
                   packet->from_client ? "client" : "server", packet->ack_seq,
                   acked->from_client ? "client" : "server", acked->seq,
                   acked->bytes ? " + " : "", acked->bytes,
                   acked->bytes ? " bytes"
                   : acked->syn ? " + 1 for the SYN"
                                : " + 1 for the FIN");
    }
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/ioctl.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "packet_ladder: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("packet_ladder: standard output");
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

/* Leave the computer's network for an empty one: its only wire is a loopback,
 * switched on here. Root may do that, and elsewhere than in a container or on
 * Ubuntu anybody, in a user namespace. -1 and errno where neither goes. */
static int enter_own_network(void)
{
    static const int ways[] = {CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET};
    for (int way = 0; way < 2; way++) {
        if (unshare(ways[way]) == -1)
            continue;
        struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
        int any_fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (any_fd == -1)
            return -1;
        if (ioctl(any_fd, SIOCSIFFLAGS, &loopback) == 0)
            return close(any_fd);
        /* A user namespace may be granted, and its powers withheld. */
        if (errno != EPERM)
            return -1;
    }
    return -1;
}
