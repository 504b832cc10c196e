/*
 * layers.c - one packet of an echo taken apart, byte by byte, layer by layer.
 *
 * It moves into a network of its own (a Linux namespace). There an ordinary
 * user may see packets as they are on the wire.
 *
 * Calls   unshare -> ioctl -> socket AF_PACKET -> recv, and beside it
 *         socket -> bind -> listen; socket -> bind -> connect -> write
 * Try     cc layers.c -o layers && ./layers
 * See     LINK: Ethernet, 14 bytes
 * Needs   Linux: unshare and AF_PACKET are not POSIX
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ETHERNET = 14, PATIENCE = 10 * 1000 };

static size_t payload_at(const uint8_t *packet, size_t size);
static void print_layers(const uint8_t *packet, size_t size);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void await_bytes(int fd);
static int enter_own_network(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: layers (not \"%.40s\")\n", argv[1]);
        return 2;
    }

    /* 1. A network with nobody in it but us, and an ear on its only wire. */
    if (enter_own_network() == -1)
        die("unshare (no network of its own here: try %s)",
            geteuid() == 0 ? "docker run --privileged" : "sudo ./layers");
    int tap_fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP));
    if (tap_fd == -1)
        die("socket AF_PACKET");

    /* 2. A server, and a client with a port that is easy to find again. In a
     * network of our own every port is free. */
    struct sockaddr_in server_addr = {.sin_family = AF_INET,
                                      .sin_port = htons(9190)};
    server_addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sockaddr_in client_addr = server_addr;
    client_addr.sin_port = htons(54321);
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    int client_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1 || client_fd == -1)
        die("socket");
    if (bind(listen_fd, (struct sockaddr *)&server_addr, sizeof server_addr))
        die("bind 127.0.0.1:9190");
    if (bind(client_fd, (struct sockaddr *)&client_addr, sizeof client_addr))
        die("bind 127.0.0.1:54321");
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");
    if (connect(client_fd, (struct sockaddr *)&server_addr,
                sizeof server_addr) == -1)
        die("connect");

    /* 3. What the program writes... */
    if (write_all(client_fd, "hello\n", 6) == -1)
        die("write");

    /* 4. ...is the end of the first packet that carries any of it. */
    uint8_t packet[2048];
    ssize_t size;
    do {
        await_bytes(tap_fd);
        size = recv(tap_fd, packet, sizeof packet, 0);
        if (size == -1)
            die("recv AF_PACKET");
    } while (payload_at(packet, (size_t)size) == (size_t)size);
    print_layers(packet, (size_t)size);
    return 0;
}

/* Where the payload begins: behind the link's header and two that say their
 * own length. size, if there is none. */
static size_t payload_at(const uint8_t *packet, size_t size)
{
    if (size < ETHERNET + 20 || packet[ETHERNET + 9] != IPPROTO_TCP)
        return size;
    size_t tcp = ETHERNET + (packet[ETHERNET] & 15U) * 4;
    if (size < tcp + 20)
        return size;
    size_t data = tcp + (packet[tcp + 12] >> 4) * 4U;
    return data < size ? data : size;
}

/* One field: where it is, its bytes, its name, what it says. */
static void field(const uint8_t *packet, size_t at, size_t count,
                  const char *name, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    for (size_t i = 0; i < count; i += 6) { /* six bytes a line */
        printf("%4zu  ", at + i);
        for (size_t k = i; k < i + 6 && k < count; k++)
            printf(k == i ? "%02x" : ":%02x", packet[at + k]);
        if (i == 0) {
            printf("%*s  %-9s  ", count < 6 ? 18 - (int)count * 3 : 0, "",
                   name);
            vprintf(format, values);
        }
        putchar('\n');
    }
    va_end(values);
}

/* Numbers travel with their big end first. */
static unsigned get16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static uint32_t get32(const uint8_t *bytes)
{
    return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

/* The sum of the Internet's checksums: 16 bits at a time, what is carried out
 * comes in again. With the checksum itself it is 0xffff. */
static uint32_t sum16(uint32_t sum, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* Each header says what is inside it. The innermost layer has no header. */
static void print_layers(const uint8_t *packet, size_t size)
{
    size_t ip = ETHERNET, tcp = ip + (packet[ip] & 15U) * 4;
    size_t data = payload_at(packet, size);

    printf("LINK    bytes 0 to %zu: Ethernet, to the next machine\n", ip - 1);
    field(packet, 0, 6, "to", "no card: loopback has none");
    field(packet, 6, 6, "from", "no card");
    field(packet, 12, 2, "inside",
          get16(packet + 12) == ETH_P_IP ? "IPv4" : "?");

    const uint8_t *head = packet + ip;
    printf("IP      bytes %zu to %zu: from computer to computer\n", ip,
           tcp - 1);
    field(packet, ip, 1, "version", "%d, and a header of %d x 4 bytes",
          head[0] >> 4, head[0] & 15);
    field(packet, ip + 1, 1, "service", "%d: nothing special", head[1]);
    field(packet, ip + 2, 2, "length", "%u = %zu IP + %zu TCP + %zu data",
          get16(head + 2), tcp - ip, data - tcp, size - data);
    field(packet, ip + 4, 2, "packet id", "for the pieces, if it is cut");
    field(packet, ip + 6, 2, "pieces",
          head[6] & 0x40 ? "do not cut this packet" : "it may be cut");
    field(packet, ip + 8, 1, "hop limit", "%d routers at most (TTL)", head[8]);
    field(packet, ip + 9, 1, "inside", head[9] == IPPROTO_TCP ? "TCP" : "?");
    field(packet, ip + 10, 2, "checksum",
          sum16(0, head, tcp - ip) == 0xffff ? "of this header: right"
                                             : "of this header: wrong");
    field(packet, ip + 12, 4, "from", "%d.%d.%d.%d", head[12], head[13],
          head[14], head[15]);
    field(packet, ip + 16, 4, "to", "%d.%d.%d.%d", head[16], head[17], head[18],
          head[19]);

    /* TCP's checksum covers the two addresses, too. */
    uint32_t sum = sum16(IPPROTO_TCP + (uint32_t)(size - tcp), head + 12, 8);
    head = packet + tcp;
    printf("TCP     bytes %zu to %zu: from socket to socket\n", tcp, data - 1);
    field(packet, tcp, 2, "from port", "%u", get16(head));
    field(packet, tcp + 2, 2, "to port", "%u", get16(head + 2));
    field(packet, tcp + 4, 4, "SEQ", "%u, the number of the first data byte",
          get32(head + 4));
    field(packet, tcp + 8, 4, "ACK", "%u, the number it expects next",
          get32(head + 8));
    field(packet, tcp + 12, 1, "header", "%d x 4 bytes", head[12] >> 4);
    field(packet, tcp + 13, 1, "flags", "%s%s%s%s%s",
          head[13] & 2 ? "SYN " : "", head[13] & 1 ? "FIN " : "",
          head[13] & 4 ? "RST " : "", head[13] & 8 ? "PSH " : "",
          head[13] & 16 ? "ACK" : "");
    field(packet, tcp + 14, 2, "window", "%u: room in its input buffer, scaled",
          get16(head + 14));
    field(packet, tcp + 16, 2, "checksum",
          sum16(sum, head, size - tcp) == 0xffff
              ? "right"
              : "not filled in: a card would do it");
    field(packet, tcp + 18, 2, "urgent", "%u: nothing is", get16(head + 18));
    if (tcp + 20 < data)
        field(packet, tcp + 20, data - tcp - 20, "options",
              "%zu bytes, both ends agreed on them", data - tcp - 20);

    printf("APPLICATION  bytes %zu to %zu: what write was given\n", data,
           size - 1);
    for (size_t at = data; at < size; at++)
        field(packet, at, 1, "data",
              packet[at] == '\n'  ? "\\n"
              : packet[at] == ' ' ? "(a space)"
                                  : "%c",
              packet[at] > ' ' && packet[at] <= '~' ? packet[at] : '?');
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "layers: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("layers: standard output");
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
