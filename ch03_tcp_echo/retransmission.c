/*
 * retransmission.c - lose segments on purpose, and watch TCP make good.
 *
 * The receiver's socket is told to throw away every segment before TCP sees
 * it, as if a cable had been cut. The sender's timer does the rest.
 *
 * Calls   socket -> connect/accept -> setsockopt IP_MINTTL -> write ->
 *         getsockopt TCP_INFO -> setsockopt IP_MINTTL -> read
 * Try     cc retransmission.c -o retransmission && ./retransmission
 * See     "hello\n" written, and the cable is cut
 * Needs   Linux: IP_MINTTL, TCP_INFO and SO_MEMINFO are not POSIX
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMEOUTS = 2, PATIENCE = 60 * 1000, MS_PER_MARK = 20 };

static unsigned await_loss(int fd, unsigned known);
static struct tcp_info look_inside(int fd, long long *sent_at);
static void print_wait(long long ms);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);
static void cut_cable(int fd, int cut);
static struct tcp_info tcp_info_of(int fd);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void await_bytes(int fd);
static long long now_ms(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: retransmission (not \"%.40s\")\n", argv[1]);
        return 2;
    }

    /* 1. Both ends of one connection, in one program. At 127.x.y.1, because
     *    Linux remembers for each pair of addresses how slow their answers once
     *    were, and would begin with a longer timer. */
    int sender_fd, receiver_fd, own = getpid() & 0xffff;
    char ip[INET_ADDRSTRLEN];
    snprintf(ip, sizeof ip, "127.%d.%d.1", own >> 8, own & 0xff);
    connect_pair(ip, &sender_fd, &receiver_fd);

    /* 2. Cut the cable, then write. write succeeds: it has a buffer. */
    cut_cable(receiver_fd, 1);
    if (write_all(sender_fd, "hello\n", 6) == -1)
        die("write");
    printf("\"hello\\n\" written, and the cable is cut\n");

    /* 3. From here on no program sends anything. The sender's TCP does. */
    long long sent_at;
    unsigned lost = await_loss(receiver_fd, 0);
    struct tcp_info info = look_inside(sender_fd, &sent_at);
    printf("copy 1 lost; the timer is set to %u ms\n", info.tcpi_rto / 1000);
    while (info.tcpi_backoff < TIMEOUTS) {
        unsigned timeouts = info.tcpi_backoff;
        long long last_sent_at = sent_at;
        lost = await_loss(receiver_fd, lost);
        info = look_inside(sender_fd, &sent_at);
        print_wait(sent_at - last_sent_at);
        printf("copy %u lost; %s %u ms\n", info.tcpi_total_retrans + 1,
               info.tcpi_backoff == timeouts ? "a probe, the timer stays at"
                                             : "the timer ran out, doubled to",
               info.tcpi_rto / 1000);
    }

    /* 4. Mend the cable. Nobody tells the sender: its timer must run out. */
    cut_cable(receiver_fd, 0);
    printf("the cable is mended\n");
    long long last_sent_at = sent_at;
    await_bytes(receiver_fd);
    info = look_inside(sender_fd, &sent_at);
    print_wait(sent_at - last_sent_at);
    printf("copy %u arrives\n", info.tcpi_total_retrans + 1);

    /* 5. All of it is there, and nothing twice. */
    if (shutdown(sender_fd, SHUT_WR) == -1)
        die("shutdown");
    char received[100];
    ssize_t count, total = 0;
    while ((count = read(receiver_fd, received, sizeof received)) > 0)
        total += count;
    if (count == -1)
        die("read");
    printf("6 bytes written, %zd read, after %u losses\n", total, lost);
    return 0;
}

/* Look every few ms until the socket has dropped more than known. */
static unsigned await_loss(int fd, unsigned known)
{
    enum { STEP = 5, DROPS = 8 /* SK_MEMINFO_DROPS */ };
    for (int ms = 0; ms < PATIENCE; ms += STEP) {
        uint32_t counts[DROPS + 1];
        socklen_t size = sizeof counts;
        if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, counts, &size) == -1)
            die("getsockopt SO_MEMINFO");
        if (size == sizeof counts && counts[DROPS] > known)
            return counts[DROPS];
        poll(NULL, 0, STEP);
    }
    errno = ETIMEDOUT;
    die("no segment to lose");
}

/* What the sender's TCP knows, and when it sent its last copy (in ms). */
static struct tcp_info look_inside(int fd, long long *sent_at)
{
    struct tcp_info info = tcp_info_of(fd);
    *sent_at = now_ms() - info.tcpi_last_data_sent;
    return info;
}

/* A wait as a bar: twice as long is twice as long. */
static void print_wait(long long ms)
{
    printf("  %4lld ms later ", ms);
    for (long long done = 0; done < ms && done < 60 * MS_PER_MARK;
         done += MS_PER_MARK)
        putchar('=');
    putchar('\n');
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "retransmission: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("retransmission: standard output");
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

/* Both ends of a connection at an address of this computer: A has called
 * connect, B is what accept returned. */
static void connect_pair(const char *ip, int *a_fd, int *b_fd)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, ip, &addr.sin_addr);
    socklen_t addr_len = sizeof addr;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    *a_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1 || *a_fd == -1)
        die("socket");
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("bind");
    if (listen(listen_fd, 1) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    if (connect(*a_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("connect");
    *b_fd = accept(listen_fd, NULL, NULL);
    if (*b_fd == -1)
        die("accept");
    close(listen_fd);
}

/* A cut cable, seen from inside: the socket drops every segment whose hop
 * limit (TTL) is below 255. Ours leave with 64, so TCP never sees them. */
static void cut_cable(int fd, int cut)
{
    int least_ttl = cut ? 255 : 0;
    if (setsockopt(fd, IPPROTO_IP, IP_MINTTL, &least_ttl, sizeof least_ttl))
        die("setsockopt IP_MINTTL");
}

/* What the system knows of a connection, or of a waiting room. */
static struct tcp_info tcp_info_of(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1)
        die("getsockopt TCP_INFO");
    return info;
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

/* Milliseconds, by a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
