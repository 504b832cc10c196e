/*
 * what_is_left.c - what the system keeps under a TCP port, programs or not.
 *
 * Whatever has this port, or only the connection with that peer's. (ss -tano
 * tells it, too. A socket that is only bound stands in no table.)
 *
 * Calls   fopen -> fgets
 * Needs   Linux: /proc/net/tcp; elsewhere netstat -an tells
 * Try     cc what_is_left.c -o what_is_left && ./what_is_left 9190
 * See     a line for each, or: nothing, unless a socket is only bound
 * Pair    time_wait_server.c, time_wait_client.c
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIME_WAIT = 6, LISTEN = 10, CLOSING = 11 };
static const char states[][12] = {"-",         "ESTABLISHED", "SYN_SENT",
                                  "SYN_RECV",  "FIN_WAIT1",   "FIN_WAIT2",
                                  "TIME_WAIT", "CLOSE",       "CLOSE_WAIT",
                                  "LAST_ACK",  "LISTEN",      "CLOSING"};

static int read_table(const char *path, unsigned port, unsigned peer);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: what_is_left PORT [PEER_PORT]\n");
        return 2;
    }
    unsigned port = (unsigned)parse_number(argv[1], 1, 65535, "port");
    unsigned peer =
        argc == 3 ? (unsigned)parse_number(argv[2], 1, 65535, "port") : 0;

    /* Both tables: a port of IPv6 may take IPv4's connections as well. */
    if (read_table("/proc/net/tcp", port, peer) +
            read_table("/proc/net/tcp6", port, peer) ==
        0)
        printf("nothing, unless a socket is only bound\n");
    return 0;
}

/* The table's digits are words as they lie in the system's memory. */
static void print_end(const char *digits, unsigned port)
{
    char bytes[16], ip[INET6_ADDRSTRLEN] = "?";
    size_t words = strlen(digits) / 8;
    for (size_t i = 0; i < words; i++) {
        unsigned word = 0;
        sscanf(digits + 8 * i, "%8x", &word);
        memcpy(bytes + 4 * i, &word, 4);
    }
    inet_ntop(words == 1 ? AF_INET : AF_INET6, bytes, ip, sizeof ip);
    printf(words == 1 ? "%s:%u" : "[%s]:%u", ip, port);
}

/* Print the lines that have these ports; how many? */
static int read_table(const char *path, unsigned port, unsigned peer)
{
    FILE *table = fopen(path, "r");
    if (!table && errno == ENOENT && strchr(path, '6'))
        return 0; /* a system without IPv6 */
    if (!table)
        die("fopen %s", path);
    char line[512], digits[2][33], ends[99], before[sizeof ends] = "";
    unsigned from, to, state;
    unsigned long ticks; /* until the system forgets it */
    int found = 0;
    while (fgets(line, sizeof line, table)) {
        if (sscanf(line, " %*d: %32[^:]:%x %32[^:]:%x %x %*x:%*x %*x:%lx",
                   digits[0], &from, digits[1], &to, &state, &ticks) != 6 ||
            (peer ? from + to != port + peer || (from != port && to != port)
                  : from != port) ||
            state > CLOSING)
            continue;
        /* While others come and go, the system may show one end twice. */
        snprintf(ends, sizeof ends, "%s %s %u %u", digits[0], digits[1], from,
                 to);
        if (state != LISTEN && strcmp(ends, before) == 0)
            continue;
        memcpy(before, ends, sizeof ends);
        found++;
        print_end(digits[0], from);
        printf(state == LISTEN ? "" : " with ");
        if (state != LISTEN)
            print_end(digits[1], to);
        printf(": %s", states[state]);
        double left = (double)ticks / (double)sysconf(_SC_CLK_TCK);
        printf(state == TIME_WAIT ? ", %.1f s to go\n" : "\n", left);
    }
    fclose(table);
    return found;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "what_is_left: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("what_is_left: standard output");
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

/* A whole decimal number, as typed; what says which, should it be none. */
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what)
{
    unsigned long long number = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number < least ||
        number > most) {
        fprintf(stderr, "what_is_left: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}
