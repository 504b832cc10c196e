/*
 * throughput.c - how many bytes a call should carry: measured, and drawn.
 *
 * A child process reads what its parent writes, through one TCP connection
 * for each size; both use a buffer of that size. -c prints CSV for a plot.
 *
 * Calls   listen -> connect -> accept, fork, then write here and read there
 * Try     cc throughput.c -o throughput && ./throughput
 *         ./throughput -c 1 16 256 4096 65536 > throughput.csv
 * See     a bar for each size: long where a call carries much
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BAR = 36, MOST = 16 * 1024 * 1024 };

struct result {
    size_t size;
    long long calls;
    double seconds, rate; /* rate in MB/s, a MB being 1,000,000 bytes */
};

static struct result measure(size_t size);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);
static double now_us(void);

int main(int argc, char *argv[])
{
    standard_streams();
    int csv = argc > 1 && strcmp(argv[1], "-c") == 0;
    char *usual[] = {"1", "16", "256", "1024", "16384", "262144", "1048576"};
    int given = argc - 1 - csv;
    char **sizes = given > 0 ? argv + 1 + csv : usual;
    int count = given > 0 ? given : (int)(sizeof usual / sizeof usual[0]);
    for (int i = 0; i < count; i++)
        parse_number(sizes[i], 1, MOST, "size"); /* before anything is done */
    signal(SIGPIPE, SIG_IGN); /* a reader that died is write's error only */

    /* 1. Measure all of them first: the longest bar sets the scale. */
    struct result *results = calloc((size_t)count, sizeof *results);
    if (!results)
        die("calloc");
    double best = 0;
    for (int i = 0; i < count; i++) {
        results[i] = measure(parse_number(sizes[i], 1, MOST, "size"));
        if (results[i].rate > best)
            best = results[i].rate;
    }

    /* 2. Show them. */
    printf(csv ? "bytes_per_call,calls,seconds,MB_per_second\n"
               : "bytes a call  us a call    MB/s\n");
    for (int i = 0; i < count; i++) {
        const struct result *r = &results[i];
        double cost = r->seconds / (double)r->calls * 1e6;
        char bar[BAR + 1] = "#"; /* as short as it may be, it is there */
        memset(bar, '#', (size_t)(r->rate / best * (double)BAR));
        if (csv)
            printf("%zu,%lld,%.6f,%.3f\n", r->size, r->calls, r->seconds,
                   r->rate);
        else
            printf("%12zu  %9.2f  %6.1f  %s\n", r->size, cost, r->rate, bar);
    }
    free(results);
    return 0;
}

/* Until the other end has ended. */
static void read_to_end(int fd, char *buffer, size_t size)
{
    ssize_t count = 1;
    while (count > 0)
        count = read(fd, buffer, size);
    if (count == -1)
        die("read");
}

/* One connection: write for a while, until the last byte has been read. */
static struct result measure(size_t size)
{
    enum { WHILE = 50 }; /* ms */
    struct result result = {.size = size};
    char *buffer = calloc(1, size);
    if (!buffer)
        die("calloc");
    int writer_fd, reader_fd;
    connect_pair("127.0.0.1", &writer_fd, &reader_fd);

    /* 1. The reader is a process of its own, as in real life. */
    signal(SIGCHLD, SIG_DFL); /* or waitpid may find no child */
    pid_t child = fork();
    if (child == -1)
        die("fork");
    if (child == 0) {
        close(writer_fd); /* or the end of the stream would never come */
        read_to_end(reader_fd, buffer, size);
        free(buffer);
        _exit(0);
    }
    close(reader_fd);

    /* 2. Whole buffers, one call each, as fast as they are taken. */
    double start = now_us();
    long long bytes = 0;
    do {
        ssize_t count = write(writer_fd, buffer, size);
        if (count == -1)
            die("write");
        bytes += count;
        result.calls++;
    } while (now_us() - start < (double)WHILE * 1e3);

    /* 3. Our end, and the reader's: now it has everything. */
    if (shutdown(writer_fd, SHUT_WR) == -1)
        die("shutdown");
    read_to_end(writer_fd, buffer, size);
    if (waitpid(child, NULL, 0) == -1)
        die("waitpid");
    result.seconds = (now_us() - start) / 1e6;
    result.rate = (double)bytes / 1e6 / result.seconds;
    close(writer_fd);
    free(buffer);
    return result;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
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
    fprintf(stderr, "throughput: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("throughput: standard output");
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
        fprintf(stderr, "throughput: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
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

/* Microseconds, by a clock that nobody sets. */
static double now_us(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}
