/*
 * bad_peers.c - what a peer can do to a server, and how the server stands it.
 *
 * Try     bad_peers BUILD_DIR SOURCE_DIR SERVERS chNN_x/SERVER [--all]
 *
 * After each attack a normal client is served, the server has as many
 * descriptors as before and about as much memory, it does not spin, and its
 * log has told what became of every connection. (L): looks into /proc.
 */
#define _GNU_SOURCE
#include "child.h"
#include "network.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef ROOM_KB
#define ROOM_KB 1024 /* what all attacks may leave behind in memory */
#endif

enum {
    DEADLINE = 40 * 1000, /* ms for what should take one */
    STALLED = 50,         /* ms without progress: the other side has stopped */
    MOST_PEERS = 5000,
    ENOUGH = 5 /* failures: the rest would only be more of the same */
};

/* The line of SERVERS that is played. */
static const char *build_dir, *source_dir, *program;
static char *arguments, *kind, *client_line, *typed, *printed;
static int every_attack;

static struct child server;
static char port_text[16];
static const char *own_port = "0"; /* what the server is given for it */
static struct sockaddr_in server_addr;
static long baseline_fds, baseline_kb;
static int own_network;    /* where nobody else is */
static const char *attack; /* under way */
static size_t attack_from; /* where in the log it began */
static int failures;
static int most_clients; /* as descriptors go */

static int ports[MOST_PEERS], port_count; /* ours, in this attack */

static int is(const char *word)
{
    return strstr(kind, word) != NULL;
}

static void wrong(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    printf("%s, %s: ", program, attack);
    vprintf(format, values);
    printf("\n");
    va_end(values);
    if (++failures == ENOUGH)
        exit(1);
}

static _Noreturn void die(const char *call)
{
    perror(call);
    exit(1);
}

/* --- The server, seen from outside --- */

static long open_descriptors(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)server.pid);
    DIR *folder = opendir(path);
    long count = -2; /* . and .. */
    if (!folder)
        return -1;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* Its own memory, without the pages of its file, which come as they are used
 * (Linux 4.5; before that 0). */
static long memory_kb(void)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)server.pid);
    FILE *status = fopen(path, "r");
    long kb = 0;
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "RssAnon: %ld", &kb) == 1)
            break;
    if (status)
        fclose(status);
    return kb;
}

/* ms for which it has run so far, or waited for its turn to run: so a busy
 * machine does not hide who never rests. Without schedstat: has run. */
static long busy_ms(void)
{
    char path[64], line[1024];
    unsigned long long ran = 0, waited = 0;
    snprintf(path, sizeof path, "/proc/%ld/schedstat", (long)server.pid);
    FILE *stat = fopen(path, "r");
    if (stat && fgets(line, sizeof line, stat))
        sscanf(line, "%llu %llu", &ran, &waited); /* ns */
    if (stat) {
        fclose(stat);
        return (long)((ran + waited) / 1000000);
    }
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)server.pid);
    stat = fopen(path, "r");
    if (stat && fgets(line, sizeof line, stat)) {
        char *after = strrchr(line, ')');
        if (after)
            sscanf(after,
                   ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                   &user, &system);
    }
    if (stat)
        fclose(stat);
    return (long)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

/* Until it waits for somebody: it has opened all that it opens by itself. */
static void await_sleep(void)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)server.pid);
    long long deadline = now_ms() + DEADLINE;
    for (int asleep = 0; !asleep && server.out != -1;) {
        if (now_ms() > deadline) {
            wrong("it waits for nobody");
            return;
        }
        child_listen(&server, 1);
        FILE *stat = fopen(path, "r");
        const char *state =
            stat && fgets(line, sizeof line, stat) ? strrchr(line, ')') : NULL;
        asleep = state && state[2] == 'S';
        if (stat)
            fclose(stat);
    }
}

/* Listen to it for so long and see for how much of it it does not rest. */
static long busy_ms_during(int ms)
{
    long before = busy_ms();
    long long until = now_ms() + ms;
    while (now_ms() < until && child_listen(&server, (int)(until - now_ms())))
        ;
    return busy_ms() - before;
}

/* Who is at work comes to rest in the end, who spins does not: a time of so
 * many ms in which it is busy for at most so many. Returns the lines logged. */
static int check_rest(int ms, int most)
{
    static int spins; /* once is enough to wait for */
    long long deadline = now_ms() + (spins ? 0 : DEADLINE);
    size_t from;
    long busy;
    do {
        from = server.count;
        busy = busy_ms_during(ms);
    } while (busy > most && now_ms() < deadline);
    if (busy > most) {
        wrong("it spins: %ld of %d ms", busy, ms);
        spins = 1;
    }
    int lines = 0;
    for (char *c = server.text + from; *c; c++)
        lines += *c == '\n';
    return lines;
}

static void start_server(int few_descriptors)
{
    char path[4096], folder[4096], line[1024];
    snprintf(path, sizeof path, "%s/%s", build_dir, program);
    snprintf(folder, sizeof folder, "%s/%.*s", source_dir,
             (int)strcspn(program, "/"), program);
    snprintf(line, sizeof line, "%s", arguments);
    static char *const few[] = {"/bin/sh", "-c",
                                "ulimit -n 32; exec \"$0\" \"$@\""};
    char *argv[16] = {few[0], few[1], few[2], path};
    int argc = 4;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "0") == 0 ? (char *)own_port : word;
    child_start(&server, folder, argv + (few_descriptors ? 0 : 3), NULL);
    child_type(&server, NULL); /* nobody presses Enter */

    /* The last one takes IPv4, too. */
    static const char *const first_lines[] = {
        "listening on 127.0.0.1:", "bound to 127.0.0.1:", "bound to [::]:"};
    const char *ready = NULL;
    for (int ms = 0; ms < DEADLINE && !ready; ms += 5) {
        child_listen(&server, 5);
        for (int i = 0; i < 3 && !ready; i++)
            if ((ready = strstr(server.text, first_lines[i])))
                ready += strlen(first_lines[i]);
    }
    if (!ready || !child_await(&server, 0, "\n", DEADLINE)) {
        printf("%s does not start: %s\n", program, server.text);
        exit(1);
    }
    int port = atoi(ready);
    snprintf(port_text, sizeof port_text, "%d", port);
    server_addr.sin_family = AF_INET;
    server_addr.sin_port = htons((uint16_t)port);
    server_addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

/* --- The normal client --- */

/* Does the client of the table get what it should? */
static int is_served(void)
{
    char line[1024], out[64];
    if (!client_line[0])
        return 1; /* nobody has said yet how it serves */
    snprintf(line, sizeof line, "%s", client_line);
    snprintf(out, sizeof out, "bad_peers.%ld", (long)getpid());
    char *argv[16], path[4096];
    int argc = 0;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "PORT") == 0  ? port_text
                       : strcmp(word, "OUT") == 0 ? out
                                                  : word;
    argv[argc] = NULL;
    snprintf(path, sizeof path, "%s/%s", build_dir, argv[0]);
    argv[0] = path;
    struct child client;
    child_start(&client, NULL, argv, NULL);
    if (typed[0]) {
        child_type(&client, typed);
        child_type(&client, "\n");
    }
    child_type(&client, NULL);
    long long deadline = now_ms() + DEADLINE;
    int status;
    while ((status = child_wait(&client, 5)) == CHILD_HUNG &&
           now_ms() < deadline)
        child_listen(&server, 0); /* its log must not fill the pipe */
    int served =
        status == (is("refuses") ? 1 : 0) && strstr(client.text, printed);
    if (!served)
        wrong("a normal client is not served: status %d, \"%.200s\"", status,
              client.text);
    child_end(&client, SIGKILL);
    unlink(out);
    return served;
}

/* --- Before and after an attack --- */

static void begin(const char *name)
{
    attack = name;
    if (server.pid == 0)
        start_server(0); /* a demonstration that has ended */
    while (child_listen(&server, 0) && server.out != -1) {
        struct pollfd more = {.fd = server.out, .events = POLLIN};
        if (poll(&more, 1, 0) < 1)
            break;
    }
    /* There is room for so much only, and nobody looks back. */
    if (server.count > 0)
        server.text[server.count = 0] = '\0';
    attack_from = 0;
    port_count = 0;
}

/* How often the log names one of our ports; and the last line that does. */
static int lines_of(int port, const char **last)
{
    char name[32];
    size_t length = (size_t)snprintf(name, sizeof name, "127.0.0.1:%d", port);
    int lines = 0;
    for (char *found = server.text + attack_from; (found = strstr(found, name));
         found += length) {
        if (found[length] >= '0' && found[length] <= '9')
            continue;
        lines++;
        *last = found;
        while (*last > server.text && (*last)[-1] != '\n')
            --*last;
    }
    return lines;
}

/* What each of our connections came to must be in the log. */
static void check_log(int most_lines)
{
    long long deadline = now_ms() + DEADLINE;
    for (int i = 0; i < port_count; i++)
        for (;;) {
            const char *last = "";
            int lines = lines_of(ports[i], &last);
            int told = lines > 0 && strncmp(last, "accepted", 8) != 0;
            if (told && lines <= most_lines)
                break;
            if (told || now_ms() > deadline || server.out == -1) {
                wrong("the log has %d lines of 127.0.0.1:%d, the last "
                      "\"%.*s\"",
                      lines, ports[i], (int)strcspn(last, "\n"), last);
                return;
            }
            child_listen(&server, 10);
        }
}

/* The last byte of a letter that is not ASCII; NULL if it is none. */
static char *last_of_letter(char *c)
{
    unsigned char first = (unsigned char)*c;
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    long letter = first & (0x3f >> more);
    for (; more > 0; more--) {
        if ((*++c & 0xc0) != 0x80)
            return NULL;
        letter = letter << 6 | (*c & 0x3f);
    }
    return (letter >= 0xc0 && letter < 0x300) || /* Latin */
                   (letter >= 0x386 && letter < 0x482) ||
                   (letter >= 0x3001 && letter < 0x3164) ||
                   (letter >= 0x4e00 && letter < 0xa000) ||
                   (letter >= 0xac00 && letter < 0xd7a4) ||
                   (letter >= 0x1f300 && letter < 0x1f650)
               ? c
               : NULL;
}

/* What it printed is fit for a terminal. */
static void check_output(void)
{
    size_t column = 0;
    for (char *c = server.text + attack_from; *c; c++) {
        column = *c == '\n' ? 0 : column + 1;
        if (column == 400) {
            wrong("a line of more than 400 characters in the log");
            return;
        }
        if ((*c & 0x80) && (c = last_of_letter(c)) != NULL)
            continue;
        if (c == NULL) {
            wrong("half a character in the log, or one of no script");
            return;
        }
        if (*c != '\n' && (*c < ' ' || *c > '~')) {
            wrong("byte %d in the log", *c);
            return;
        }
    }
}

static void finish(int most_lines)
{
    if (is("once")) {
        /* It may have ended, but in good order. */
        int status = child_wait(&server, 10);
        if (status == CHILD_HUNG && busy_ms_during(20) > 5)
            status = child_wait(&server, 20000); /* at work, it seems */
        if (status == CHILD_HUNG) {
            check_rest(20, 5);
            status = child_end(&server, SIGINT);
            if (status != 128 + SIGINT && status != 0 && status != 1)
                wrong("Ctrl-C ends it with status %d", status);
        } else {
            if (status != 0 && status != 1)
                wrong("it ended with status %d: %s", status, server.text);
            check_output();
            child_end(&server, SIGINT);
        }
        return;
    }
    if (!is("quiet"))
        check_log(most_lines ? most_lines : INT_MAX);
    is_served();
    long long deadline = now_ms() + DEADLINE;
    long open_now;
    while ((open_now = open_descriptors()) != baseline_fds &&
           now_ms() < deadline)
        child_listen(&server, 1);
    if (open_now != baseline_fds)
        wrong("%ld descriptors open, %ld before", open_now, baseline_fds);
    if (!is("threads") && memory_kb() > baseline_kb + ROOM_KB)
        wrong("%ld KB of memory, %ld before", memory_kb(), baseline_kb);
    check_output();
    if (server.out == -1) {
        wrong("the server is gone: %s", server.text + attack_from);
        child_end(&server, SIGINT);
        start_server(0);
    }
}

/* --- Peers --- */

static int udp_socket(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1 ||
        connect(fd, (struct sockaddr *)&server_addr, sizeof server_addr))
        die("UDP socket");
    return fd;
}

/* A connection that never blocks; its port is noted for the log. Room for so
 * many bytes that nobody has read, or what the system gives. */
static int roomy_connection(int room)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t length = sizeof own;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        die("socket");
    if (room > 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == -1)
        die("setsockopt");
    if (connect(fd, (struct sockaddr *)&server_addr, sizeof server_addr)) {
        if (!is("once"))
            wrong("connect: %s", strerror(errno));
        return fd;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (getsockname(fd, (struct sockaddr *)&own, &length) == 0 &&
        port_count < MOST_PEERS)
        ports[port_count++] = ntohs(own.sin_port);
    return fd;
}

static int tcp_connection(void)
{
    return roomy_connection(0);
}

static void reset(int fd)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
}

static void fill(unsigned char *bytes, size_t count)
{
    unsigned int state = 1;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)((state = state * 1103515245 + 12345) >> 16);
}

/* Send until all is sent or nothing moves for a while; how much went. */
static size_t send_stubbornly(int fd, const void *bytes, size_t count)
{
    size_t sent = 0;
    while (sent < count) {
        ssize_t put =
            send(fd, (const char *)bytes + sent, count - sent, MSG_NOSIGNAL);
        if (put > 0) {
            sent += (size_t)put;
            continue;
        }
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        if (errno != EAGAIN || poll(&ready, 1, STALLED) < 1)
            break;
        child_listen(&server, 0);
    }
    return sent;
}

/* Send the rest, half-close, read to the end: what came must be the same. */
static void exchange_rest(int fd, const unsigned char *bytes, size_t count,
                          size_t sent)
{
    static unsigned char back[64 * 1024];
    size_t got = 0;
    int half_closed = 0;
    for (;;) {
        if (sent == count && !half_closed++)
            shutdown(fd, SHUT_WR);
        struct pollfd ready = {
            .fd = fd, .events = (short)(POLLIN | (sent < count ? POLLOUT : 0))};
        if (poll(&ready, 1, DEADLINE) < 1) {
            wrong("silence after %zu bytes sent, %zu received", sent, got);
            return;
        }
        child_listen(&server, 0);
        ssize_t put = 0;
        if (sent < count && (ready.revents & POLLOUT) &&
            (put = send(fd, bytes + sent, count - sent, MSG_NOSIGNAL)) > 0)
            sent += (size_t)put;
        if (put == -1 && errno != EAGAIN && is("echo")) {
            wrong("send after %zu bytes: %s", sent, strerror(errno));
            return;
        }
        if (put == -1 && errno != EAGAIN)
            return; /* not what this server wants to hear */
        ssize_t part = recv(fd, back, sizeof back, 0);
        if (part == -1 && errno == EAGAIN)
            continue;
        if (part == -1 && is("echo"))
            wrong("recv after %zu bytes: %s", got, strerror(errno));
        if (part <= 0)
            break;
        if (is("echo") && (got + (size_t)part > count ||
                           memcmp(back, bytes + got, (size_t)part) != 0)) {
            wrong("other bytes than were sent, from %zu on", got);
            return;
        }
        got += (size_t)part;
    }
    if (is("echo") && got != count)
        wrong("%zu of %zu bytes came back", got, count);
}

/* --- TCP attacks --- */

static unsigned char load[10 * 1000 * 1000], taken[1000 * 1000];

static void reset_before_accept(void)
{
    begin("reset before accept");
    int occupant = tcp_connection();
    for (int i = 0; i < 10; i++) {
        int fd = tcp_connection();
        send(fd, "x", 1, MSG_NOSIGNAL);
        reset(fd);
    }
    close(occupant);
    finish(4);
}

static void reset_in_a_write(void)
{
    begin("reset in the middle of a write");
    /* What was kept for each of so many would be seen in its memory. */
    for (int i = 0; i < (every_attack && is("many") ? 100 : 3); i++) {
        int fd = tcp_connection();
        send_stubbornly(fd, load, sizeof load);
        reset(fd);
    }
    finish(0);
}

/* The same by one that had half-closed: then the write's error is EPIPE, and
 * whoever does not ignore SIGPIPE dies of it. */
static void half_close_then_reset(void)
{
    begin("half-close, then reset in the middle of a write");
    static char back[4096];
    for (int i = 0; i < (every_attack ? 20 : 2); i++) {
        int fd = tcp_connection(), ours = 0;
        send_stubbornly(fd, load, sizeof load);
        shutdown(fd, SHUT_WR);
        /* It stands still. Take back what lets the last of ours in. */
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        while (ioctl(fd, TIOCOUTQ, &ours) == 0 && ours > 0 &&
               poll(&ready, 1, STALLED) == 1 &&
               recv(fd, back, sizeof back, 0) > 0)
            child_listen(&server, 0);
        reset(fd);
    }
    finish(0);
}

/* It has gone, properly, by the time that the server first answers. To many a
 * server zeros are questions: each has an answer that nobody waits for. */
static void leave_before_the_answer(void)
{
    begin("leaves before the answer");
    static const unsigned char zeros[60 * 1000];
    static const size_t sizes[] = {1, 2, 1000, sizeof zeros, 1000 * 1000};
    enum { SIZES = sizeof sizes / sizeof sizes[0] };
    for (size_t i = 0; i < 2 * SIZES - 1; i++) {
        kill(server.pid, SIGSTOP);
        int fd = tcp_connection();
        if (i < SIZES)
            send(fd, load, sizes[i], MSG_NOSIGNAL);
        else
            send(fd, zeros, sizes[i - SIZES], MSG_NOSIGNAL);
        close(fd);
        kill(server.pid, SIGCONT);
        busy_ms_during(5);
    }
    finish(0);
}

static void half_close_then_read(void)
{
    begin("10 MB, half-close, and only then read");
    for (int i = 0; i < (every_attack && is("many") ? 30 : 1); i++) {
        int fd = tcp_connection();
        size_t sent = send_stubbornly(fd, load, sizeof load);
        exchange_rest(fd, load, sizeof load, sent);
        close(fd);
    }
    finish(0);
}

static void connect_and_close(void)
{
    begin("connect and close, again and again");
    for (int i = 0; i < (every_attack ? 1000 : 200); i++) {
        close(tcp_connection());
        child_listen(&server, 0);
    }
    finish(4);
}

static void one_byte_at_a_time(void)
{
    begin("one byte at a time");
    int fd = tcp_connection(), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    size_t count = 2000, sent = 0;
    while (sent < count && send_stubbornly(fd, load + sent, 1) == 1)
        sent++;
    exchange_rest(fd, load, count, sent);
    close(fd);
    finish(0);
}

/* Connected to an echo of our own, which does or does not switch Nagle off, and
 * reads as much at a time as the server does. */
static int connect_to_echo(int nodelay, size_t bite)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t length = sizeof addr;
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    int listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listen_fd == -1 ||
        bind(listen_fd, (struct sockaddr *)&addr, length) == -1 ||
        listen(listen_fd, 1) == -1 ||
        getsockname(listen_fd, (struct sockaddr *)&addr, &length) == -1)
        die("listen");
    pid_t pid = fork();
    if (pid == -1)
        die("fork");
    if (pid == 0) {
        static char bytes[64 * 1024];
        int fd = accept(listen_fd, NULL, NULL);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof nodelay);
        for (ssize_t got; (got = recv(fd, bytes, bite, 0)) > 0;)
            for (ssize_t put, done = 0; done < got; done += put)
                if ((put = send(fd, bytes + done, (size_t)(got - done),
                                MSG_NOSIGNAL)) == -1)
                    _exit(1);
        _exit(0); /* we have hung up */
    }
    struct sockaddr_in real_addr = server_addr;
    server_addr = addr;
    int fd = roomy_connection(1000 * 1000);
    server_addr = real_addr;
    port_count = 0; /* no log but ours would name it */
    close(listen_fd);
    return fd;
}

/* us for so many bytes there, and so many back. Nobody reads before all is
 * back, so the ACK that Nagle would wait for is in no hurry. */
static long long round_trip(int fd, const unsigned char *bytes, size_t size,
                            size_t answer)
{
    struct timespec began, ended;
    long long deadline = now_ms() + DEADLINE;
    clock_gettime(CLOCK_MONOTONIC, &began);
    int back = 0;
    for (size_t sent = 0; back < (int)answer && now_ms() < deadline;) {
        ssize_t put = send(fd, bytes + sent, size - sent, MSG_NOSIGNAL);
        sent += put > 0 ? (size_t)put : 0;
        child_listen(&server, put > 0 ? 0 : 1);
        if (ioctl(fd, FIONREAD, &back) == -1)
            die("ioctl FIONREAD");
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    recv(fd, taken, sizeof taken, 0);
    return (ended.tv_sec - began.tv_sec) * 1000000LL +
           (ended.tv_nsec - began.tv_nsec) / 1000;
}

static int by_size(const void *left, const void *right)
{
    long long l = *(const long long *)left, r = *(const long long *)right;
    return (l > r) - (l < r);
}

/* Is the answer's last small segment held back until an ACK comes? Beside it,
 * in turn, an echo that does not hold it back, and one that does. A busy
 * machine may hold up the server alone for once, but not each time. */
static void leaves_at_once(void)
{
    begin("answers that are longer than the server's buffer");
    enum { OURS, AT_ONCE, HELD, TRIPS = 12, ROUNDS = 6 };
    /* To calc_server four zeros are a question, and nine bytes the answer. */
    enum { QUESTION = 4, ANSWER = 9, LONGEST = 4007 };
    static const unsigned char zeros[6000];
    enum { DELAYED_ACK = 40 * 1000 }; /* us, at least: Linux, TCP_DELACK_MIN */
    static const size_t sizes[] = {1, 1000, 66000, 100000, 270000, 300000};
    static const size_t question_sizes[] = {1000, sizeof zeros};
    const size_t *size = is("echo") ? sizes : question_sizes;
    size_t count = is("echo") ? sizeof sizes / sizeof sizes[0] : 2;
    size_t bite = is("echo") ? 64 * 1024 : LONGEST;
    int fds[] = {[AT_ONCE] = connect_to_echo(1, bite),
                 [HELD] = connect_to_echo(0, bite)};
    fds[OURS] = roomy_connection(1000 * 1000);
    for (size_t i = 0; i < count; i++, size++) {
        long long us[3][TRIPS], typical[3];
        int round = 0;
        do {
            for (int trip = 0; trip < TRIPS; trip++)
                for (int who = 0; who < 3; who++)
                    us[who][trip] = round_trip(
                        fds[who], is("echo") ? load : zeros, *size,
                        who == OURS && !is("echo") ? *size / QUESTION * ANSWER
                                                   : *size);
            for (int who = 0; who < 3; who++) {
                qsort(us[who], TRIPS, sizeof us[who][0], by_size);
                typical[who] = us[who][TRIPS / 4]; /* busy machines are late */
            }
        } while (typical[HELD] > DELAYED_ACK / 2 &&
                 typical[HELD] > 10 * typical[AT_ONCE] &&
                 typical[OURS] > (typical[AT_ONCE] + typical[HELD]) / 2 &&
                 ++round < ROUNDS);
        if (round < ROUNDS)
            continue;
        wrong("%zu bytes there and back take %lld us; %lld without Nagle, "
              "%lld with it",
              *size, typical[OURS], typical[AT_ONCE], typical[HELD]);
        break;
    }
    for (int who = 0; who < 3; who++)
        close(fds[who]);
    finish(0);
}

static void special_bytes(void)
{
    begin("NUL, 0xFF and the like");
    static unsigned char special[4096];
    for (size_t i = 0; i < sizeof special; i++)
        special[i] = i < 1024 ? 0 : i < 2048 ? 0xff : (unsigned char)(i / 3);
    int fd = tcp_connection();
    exchange_rest(fd, special, sizeof special, 0);
    close(fd);
    fd = tcp_connection();
    exchange_rest(fd, special + 1024, sizeof special - 1024, 0);
    close(fd);
    finish(0);
}

static void never_reads(void)
{
    begin("a peer that never reads");
    int fd = tcp_connection();
    send_stubbornly(fd, load, sizeof load);
    if (is("many"))
        is_served();
    check_rest(100, 50);
    close(fd);
    finish(0);
}

static void never_speaks(void)
{
    begin("a peer that never speaks");
    int fd = tcp_connection();
    if (is("many") || is("hurries"))
        is_served();
    check_rest(50, 25);
    if (every_attack && is("impatient") &&
        !child_await(&server, attack_from, "idle for too long", 3 * DEADLINE))
        wrong("it is not hung up");
    close(fd);
    finish(4);
}

/* How large this network's output buffers are. 0 if that is not ours to say. */
static int set_output_buffers(const char *sizes)
{
    int fd = own_network
                 ? open("/proc/sys/net/ipv4/tcp_wmem", O_WRONLY | O_CLOEXEC)
                 : -1;
    if (fd == -1)
        return 0;
    ssize_t put = write(fd, sizes, strlen(sizes));
    close(fd);
    return put > 0;
}

/* Zeros are questions. The answers soon fill buffers that are so small, and the
 * server's write has to wait. (Elsewhere it would take a million of them.) */
static void asks_and_never_reads(void)
{
    begin("a peer that asks and never reads");
    static const unsigned char zeros[200 * 1000];
    if (!set_output_buffers("4096 16384 16384"))
        return;
    int fd = roomy_connection(1);
    send_stubbornly(fd, zeros, sizeof zeros);
    is_served();
    close(fd);
    set_output_buffers("4096 16384 4194304"); /* as Linux has it */
    finish(0);
}

/* Whoever asks again, while somebody waits at the door, has a second from that
 * question on. Zeros are questions. (A machine that is too slow shows nothing.)
 */
static void asks_while_another_waits(void)
{
    begin("a peer that asks again while another waits");
    unsigned char bytes[9] = {0};
    int fd = tcp_connection(), other = tcp_connection();
    long long asked = now_ms();
    for (int i = 0; i < 4; i++) {
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        if (now_ms() - asked > 800)
            break;
        asked = now_ms();
        if (send(fd, "\0\0\0", 4, 0) == -1 || poll(&wanted, 1, DEADLINE) != 1 ||
            read(fd, bytes, sizeof bytes) != sizeof bytes)
            wrong("question %d is not answered", i + 1);
        busy_ms_during(400);
    }
    close(fd);
    close(other);
    finish(0);
}

/* An echo through buffers that are so small that no write takes all it is
 * given: what it has not taken goes next, from where it stopped. */
static void small_buffers(void)
{
    begin("300 KB there and back through small buffers");
    if (!set_output_buffers("4096 16384 16384"))
        return;
    int fd = roomy_connection(1);
    exchange_rest(fd, load, 300 * 1000, 0);
    close(fd);
    set_output_buffers("4096 16384 4194304"); /* as Linux has it */
    finish(0);
}

/* All connect, then all send, then all have an answer. */
static void at_once(int count)
{
    if (count > most_clients)
        count = most_clients;
    static char title[32];
    snprintf(title, sizeof title, "%d clients at once", count);
    begin(title);
    static int fds[MOST_PEERS];
    for (int i = 0; i < count; i++) {
        fds[i] = tcp_connection();
        send(fds[i], load, 1000, MSG_NOSIGNAL);
        if (!is("many"))
            shutdown(fds[i], SHUT_WR);
        child_listen(&server, 0);
    }
    for (int i = 0; i < count && is("echo"); i++) {
        size_t got = 0;
        while (got < 1000) {
            unsigned char back[1000];
            struct pollfd ready = {.fd = fds[i], .events = POLLIN};
            if (poll(&ready, 1, DEADLINE) < 1)
                break;
            ssize_t part = recv(fds[i], back, sizeof back - got, 0);
            child_listen(&server, 0);
            if (part <= 0 || memcmp(back, load + got, (size_t)part) != 0)
                break;
            got += (size_t)part;
        }
        if (got < 1000) {
            wrong("client %d: %zu of 1000 bytes came back", i + 1, got);
            break;
        }
    }
    for (int i = 0; i < count; i++)
        close(fds[i]);
    finish(0);
}

/* No descriptor left for accept: it must neither spin nor end. */
static void no_descriptors(void)
{
    begin("no descriptor left");
    struct rlimit before, least;
    if (is("many")) {
        child_end(&server, SIGINT);
        start_server(1);
        attack_from = 0;
    }
    if (prlimit(server.pid, RLIMIT_NOFILE, NULL, &before) == -1)
        die("prlimit");
    least = before;
    least.rlim_cur = (rlim_t)open_descriptors();
    if (!is("many") && prlimit(server.pid, RLIMIT_NOFILE, &least, NULL) == -1)
        die("prlimit");
    int fds[40];
    for (int i = 0; i < 40; i++)
        fds[i] = tcp_connection();
    close(fds[0]); /* accept had taken its descriptor before it blocked */
    if (!is("many") &&
        !child_await(&server, attack_from, strerror(EMFILE), DEADLINE))
        wrong("the log does not say \"%s\"", strerror(EMFILE));
    int span = every_attack ? 1000 : 250;
    int lines = check_rest(span, span / 4);
    if (lines > 100)
        wrong("%d lines in %d ms", lines, span);
    if (!is("many") && prlimit(server.pid, RLIMIT_NOFILE, &before, NULL) == -1)
        die("prlimit");
    for (int i = 1; i < 40; i++)
        close(fds[i]);
    finish(0);
    if (is("many")) {
        child_end(&server, SIGINT);
        start_server(0);
    }
}

/* Ctrl-Z and fg, while it waits for somebody and in mid-conversation. */
static void stop_and_continue(void)
{
    begin("stopped and continued");
    int fd = is("tcp") ? tcp_connection() : -1;
    for (int i = 0; i < 2; i++) {
        kill(server.pid, SIGSTOP);
        kill(server.pid, SIGCONT);
        busy_ms_during(10);
        if (i == 0 && fd != -1)
            close(fd);
    }
    finish(0);
}

/* Ended in mid-conversation, and on the same port again at once: without
 * SO_REUSEADDR the old connection's end would hold the port (chapter 7). */
static void restart(void)
{
    begin("restarted while a client is connected");
    await_sleep();
    long before = open_descriptors();
    int fd = tcp_connection();
    const char *last;
    long long deadline = now_ms() + DEADLINE;
    while (open_descriptors() <= before && lines_of(ports[0], &last) == 0)
        if (!child_listen(&server, 1) || now_ms() > deadline)
            break;
    child_end(&server, SIGINT);
    own_port = port_text;
    start_server(0);
    own_port = "0";
    attack_from = 0;
    port_count = 0; /* this one's log knows nothing of it */
    close(fd);
    finish(0);
}

/* --- UDP attacks --- */

/* Is there an answer of that length within ms? -1 if not. */
static ssize_t answer(int fd, void *bytes, size_t size, int ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, ms) < 1 ? -1 : recv(fd, bytes, size, 0);
}

static void datagrams(void)
{
    static unsigned char back[65536];
    static const size_t sizes[] = {0, 1, 2, 11, 12, 13, 512, 65506, 65507};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        static char title[64];
        snprintf(title, sizeof title, "a datagram of %zu bytes", sizes[i]);
        begin(title);
        int fd = udp_socket();
        if (send(fd, load, sizes[i], 0) == -1)
            die("send");
        if (is("echo")) {
            ssize_t got = answer(fd, back, sizeof back, DEADLINE);
            if (got != (ssize_t)sizes[i] || memcmp(back, load, sizes[i]) != 0)
                wrong("%zd bytes came back", got);
        }
        close(fd);
        finish(0);
    }

    begin("a thousand datagrams from strangers");
    for (int i = 0; i < 1000; i++) {
        int fd = udp_socket();
        send(fd, load + i, (size_t)i, 0);
        close(fd); /* nobody is there for the answer: ICMP tells the server */
        child_listen(&server, 0);
    }
    /* A full buffer would drop the normal client's question, too. */
    size_t seen;
    do
        seen = server.count;
    while (child_listen(&server, 200) && server.count > seen);
    finish(0);

    begin("the same datagram twice, and out of order");
    int fd = udp_socket();
    static const int order[] = {2, 1, 1, 3, 0, 0};
    for (int i = 0; i < 6; i++)
        send(fd, load + order[i], 16, 0);
    for (int i = 0; i < 6 && is("echo"); i++) {
        ssize_t got = answer(fd, back, sizeof back, DEADLINE);
        if (got != 16 || memcmp(back, load + order[i], 16) != 0)
            wrong("answer %d is not the one to datagram %d", i + 1, i + 1);
    }
    close(fd);
    finish(0);

    begin("idle after it all");
    check_rest(100, 50);
    finish(0);
}

/* --- The table --- */

static char *trim(char *text)
{
    text += strspn(text, " ");
    text[strcspn(text, "\n")] = '\0';
    for (size_t n = strlen(text); n > 0 && text[n - 1] == ' ';)
        text[--n] = '\0';
    return text;
}

static int find_server(const char *file, char *line, size_t size)
{
    FILE *table = fopen(file, "r");
    if (!table)
        die(file);
    while (fgets(line, (int)size, table)) {
        char *field[6];
        int count = 0;
        if (line[0] == '#')
            continue;
        for (char *at = line; at && count < 6; count++) {
            char *bar = strchr(at, '|');
            if (bar)
                *bar++ = '\0';
            field[count] = trim(at);
            at = bar;
        }
        if (count == 6 && strcmp(field[0], program) == 0) {
            arguments = field[1];
            kind = field[2];
            client_line = field[3];
            typed = field[4];
            printed = field[5];
            fclose(table);
            return 1;
        }
    }
    fclose(table);
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: bad_peers BUILD_DIR SOURCE_DIR SERVERS "
                        "chNN_x/SERVER [--all]\n");
        return 2;
    }
    build_dir = argv[1];
    source_dir = argv[2];
    program = argv[4];
    every_attack = argc == 6;
    static char line[1024];
    if (!find_server(argv[3], line, sizeof line)) {
        printf("%s has no line in %s\n", program, argv[3]);
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (access("/proc/self/status", R_OK) == -1) {
        printf(
            "skipped: /proc is not mounted (sudo mount -t proc proc /proc)\n");
        return getenv("PLAY_NO_SKIP") ? 1 : 77;
    }
    struct rlimit most;
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    most_clients =
        most.rlim_max < MOST_PEERS + 64 ? (int)most.rlim_max - 64 : MOST_PEERS;
    fill(load, sizeof load);
    own_network = move_to_own_network();

    /* How it is before anybody has been unkind to it. */
    attack = "at first";
    if (!is("once")) {
        start_server(0);
        await_sleep();
        baseline_fds = open_descriptors();
        is_served();
        is_served();
        baseline_kb = memory_kb();
    }
    if (is("tcp")) {
        reset_before_accept();
        reset_in_a_write();
        half_close_then_reset();
        leave_before_the_answer();
        half_close_then_read();
        connect_and_close();
        one_byte_at_a_time();
        if (is("prompt"))
            leaves_at_once();
        special_bytes();
        never_reads();
        never_speaks();
        if (is("hurries"))
            asks_and_never_reads();
        if (is("hurries") && every_attack)
            asks_while_another_waits();
        if (is("echo"))
            small_buffers();
        if (!is("once")) {
            no_descriptors();
            at_once(every_attack || is("many") ? 1000 : 100);
            if (is("many") && every_attack)
                at_once(5000);
        }
        if (!is("as told")) /* SO_REUSEADDR is an argument of this one */
            restart();
    }
    if (is("udp"))
        datagrams();
    stop_and_continue();

    if (server.pid > 0 && !is("once")) {
        int status = child_end(&server, SIGINT);
        if (status != 128 + SIGINT)
            wrong("Ctrl-C ends it with status %d", status);
    }
    if (failures > 0)
        printf("%d failures\n", failures);
    return failures > 0;
}
