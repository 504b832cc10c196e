/*
 * dns_soak.c - dns_resolver and dns_server for a while between authorities and
 * clients that mean no good, and a polite client beside them.
 *
 * Try     dns_soak FOLDER SECONDS      (run builds the FOLDER)
 *
 * The authorities answer with TTLs of 0 and 1, sets of one and of thousands,
 * circles, referrals to nowhere, bits turned, floods of wrong answers, or not
 * at all; the clients ask for all of it by the thousand, in questions of any
 * kind, over UDP and TCP. The polite client must hear the truth from both, and
 * in a time that is a multiple of what it takes alone. In the end there are as
 * many descriptors as at the beginning, and no more memory.
 */
#define _XOPEN_SOURCE 700 /* setpriority */
#include "child.h"
#include "dns_message.h"
#include "network.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE = 10 * 1000, AGAIN = 300, TIMES = 500, HELPERS = 8 };
enum { NAMES = 100 * 1000, MOST = 1000 * 1000 }; /* in the zone; questions */
enum { RESOLVER, SERVER, BOTH };
#define ROOT "127.0.80.2"
#define GOOD "127.0.80.3"
#define EVIL "127.0.80.4"
#define SILENT "127.0.80.5"
#define POLITE "127.0.80.77"
#define GREEDY "127.0.80.66"

static struct sockaddr_in server_addr[BOTH];
static pid_t server[BOTH], helpers[HELPERS];
static int helper_count, port, failures;
static uint32_t seed;

static _Noreturn void die(const char *call)
{
    perror(call);
    exit(1);
}

/* The same numbers in every run. */
static uint32_t any(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static struct sockaddr_in address(const char *ip, int number)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    addr.sin_port = htons((uint16_t)number);
    inet_pton(AF_INET, ip, &addr.sin_addr);
    return addr;
}

static int open_socket(int kind, const char *ip, int number)
{
    struct sockaddr_in addr = address(ip, number);
    int fd = socket(AF_INET, kind, 0), on = 1;
    if (fd == -1)
        die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1) {
        printf("skipped: %s: %s\n", ip, strerror(errno));
        exit(errno == EADDRNOTAVAIL ? 77 : 1);
    }
    return fd;
}

static int is_ready(int fd, int ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    return poll(&wanted, 1, ms) == 1;
}

/* ---- authorities ------------------------------------------------------- */

static void put(struct dns_writer *writer, enum dns_section section,
                const char *name, uint16_t type, uint32_t ttl, const char *what)
{
    unsigned char data[DNS_NAME_MAX + 30] = {0};
    struct dns_record record = {
        .type = type, .class_code = DNS_CLASS_IN, .ttl = ttl, .data = data};
    struct dns_name target;
    if (dns_name_parse(name, NULL, &record.name))
        return;
    if (type == DNS_A) {
        inet_pton(AF_INET, what, data);
        record.data_len = 4;
    } else if (type == DNS_SOA) {
        record.data_len = 22;
        data[21] = (unsigned char)ttl;
    } else if (type == DNS_TXT) {
        record.data_len = (uint16_t)(1 + any(200));
        data[0] = (unsigned char)(record.data_len - 1);
    } else if (!dns_name_parse(what, NULL, &target)) {
        memcpy(data, target.wire, target.length);
        record.data_len = (uint16_t)target.length;
    }
    dns_put_set(writer, section, &record, 1);
}

/* The truth: root and good. */
static void tell_truth(struct dns_writer *writer, const char *name,
                       const struct dns_question *question, bool is_root)
{
    static const char *const zones[][3] = {{"good.", "ns.good", GOOD},
                                           {"evil.", "ns.evil", EVIL},
                                           {"silent.", "ns.silent", SILENT}};
    bool below = false;
    for (int i = 0; is_root && i < 3; i++) {
        size_t length = strlen(name), end = strlen(zones[i][0]);
        if (length < end || strcmp(name + length - end, zones[i][0]) != 0)
            continue;
        below = true;
        put(writer, DNS_AUTHORITY, zones[i][0], DNS_NS, 60, zones[i][1]);
        put(writer, DNS_ADDITIONAL, zones[i][1], DNS_A, 60, zones[i][2]);
    }
    if (below)
        return;
    dns_set_flags(writer, DNS_QR | DNS_AA);
    if (!is_root && question->type == DNS_A)
        put(writer, DNS_ANSWER, name, DNS_A, 2, "1.2.3.4");
    else
        put(writer, DNS_AUTHORITY, is_root ? "." : "good", DNS_SOA, 1, NULL);
    if (is_root)
        dns_set_flags(writer, DNS_QR | DNS_AA | DNS_NXDOMAIN);
}

static const char *some_name(char name[64])
{
    static const char *const zones[] = {"good", "evil", "silent", "nowhere",
                                        "a.b.c.evil"};
    snprintf(name, 64, "x%u.%s", (unsigned)any(3000), zones[any(5)]);
    return name;
}

/* Anything but. Returns how many bytes to send; 0: nothing. */
static size_t tell_lies(struct dns_writer *writer, const char *name,
                        const struct dns_question *question)
{
    static const uint32_t ttls[] = {0, 1, 1, 2, 60, 2147483647};
    char other[64], zone[DNS_NAME_TEXT];
    uint32_t ttl = ttls[any(6)], count = any(4) ? any(20) : any(3000);
    struct dns_name below;
    size_t labels = dns_name_labels(&question->name);
    uint32_t kind = any(12);
    dns_set_flags(writer, DNS_QR | DNS_AA);
    switch (kind) {
    case 0: /* sets of any size */
        for (uint32_t i = 0; i <= count; i++) {
            char ip[20];
            snprintf(ip, sizeof ip, "6.6.%u.%u", (unsigned)(i >> 8 & 255),
                     (unsigned)(i & 255));
            put(writer, DNS_ANSWER, name, DNS_A, i ? ttl : ttl / 2, ip);
        }
        break;
    case 1:
        dns_set_flags(writer, DNS_QR | DNS_TC);
        break;
    case 2: /* into other hands, with or without their addresses */
    case 3:
        dns_set_flags(writer, DNS_QR);
        dns_name_suffix(&question->name, labels > 2 ? 2 + any(2) : labels,
                        &below);
        dns_name_text(&below, zone);
        for (uint32_t i = 0; i < 1 + count % 20; i++) {
            put(writer, DNS_AUTHORITY, zone, DNS_NS, ttl, some_name(other));
            if (any(2))
                put(writer, DNS_ADDITIONAL, other, DNS_A, ttl,
                    any(8) ? EVIL : SILENT);
        }
        break;
    case 4: /* chains and circles */
        for (uint32_t i = 0; i < 1 + count % 30; i++) {
            put(writer, DNS_ANSWER, i ? other : name, DNS_CNAME, ttl,
                any(10) ? some_name(zone) : name);
            snprintf(other, sizeof other, "%.60s", zone);
        }
        break;
    case 5:
        dns_set_flags(writer, DNS_QR | DNS_AA | DNS_NXDOMAIN);
        if (any(3))
            put(writer, DNS_AUTHORITY, any(2) ? "evil" : ".", DNS_SOA, ttl,
                NULL);
        break;
    case 6:
        return 0;
    case 7:
        dns_set_flags(writer, (uint16_t)(DNS_QR | any(65536)));
        break;
    case 8: /* not a word of it can be read */
        for (size_t i = 0; i < 100; i++)
            writer->bytes[i] = (unsigned char)any(256);
        return any(100);
    case 9: /* everything else, about everybody */
        for (uint32_t i = 0; i < count; i++)
            put(writer, (enum dns_section)any(3), some_name(other),
                any(2) ? DNS_TXT : DNS_NS, ttl, "good");
        break;
    default:
        put(writer, DNS_ANSWER, name, DNS_A, ttl, "6.6.6.6");
    }
    if (any(8) == 0) /* some bits turned */
        for (uint32_t i = 0; i < 1 + any(5); i++)
            writer->bytes[any((uint32_t)writer->length)] ^=
                (unsigned char)(1 << any(8));
    return writer->length;
}

static void serve(int fd, const char *ip, bool tcp)
{
    static unsigned char in[DNS_MESSAGE_MAX], out[2 + DNS_MESSAGE_MAX];
    struct sockaddr_in to;
    socklen_t length = sizeof to;
    struct dns_message message;
    char name[DNS_NAME_TEXT];
    ssize_t count =
        tcp ? recv(fd, in, sizeof in, 0)
            : recvfrom(fd, in, sizeof in, 0, (struct sockaddr *)&to, &length);
    unsigned char *question = in + (tcp ? 2 : 0);
    if (count < 14 ||
        dns_decode(question, (size_t)count - (tcp ? 2 : 0), &message))
        return;
    dns_name_text(&message.question.name, name);
    struct dns_writer writer;
    dns_begin(&writer, out + 2, tcp ? DNS_MESSAGE_MAX : 60000, message.id,
              DNS_QR);
    dns_put_question(&writer, &message.question);
    size_t size = writer.length;
    if (strcmp(ip, EVIL) != 0) {
        tell_truth(&writer, name, &message.question, strcmp(ip, ROOT) == 0);
        size = writer.length;
    } else {
        size = tell_lies(&writer, name, &message.question);
        for (uint32_t i = any(20) ? 0 : any(200); !tcp && size > 2 && i > 0;
             i--) {
            out[2 + 1]++; /* another id */
            sendto(fd, out + 2, size, 0, (struct sockaddr *)&to, length);
        }
    }
    dns_message_free(&message);
    if (size == 0)
        return;
    out[0] = (unsigned char)(size >> 8);
    out[1] = (unsigned char)size;
    if (!tcp)
        sendto(fd, out + 2, size, 0, (struct sockaddr *)&to, length);
    else if (strcmp(ip, EVIL) != 0 || any(3))
        send(fd, out, size + 2, MSG_NOSIGNAL);
    else
        send(fd, out, any((uint32_t)size + 2), MSG_NOSIGNAL);
}

static void be_authority(const char *ip)
{
    enum { CONNECTIONS = 50 };
    int udp_fd = open_socket(SOCK_DGRAM, ip, port), size = 1 << 20;
    int listen_fd = open_socket(SOCK_STREAM, ip, port), next = 0;
    struct pollfd polled[2 + CONNECTIONS];
    listen(listen_fd, 50);
    setsockopt(udp_fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    for (int i = 0; i < 2 + CONNECTIONS; i++)
        polled[i] = (struct pollfd){.fd = -1, .events = POLLIN};
    polled[0].fd = udp_fd;
    polled[1].fd = listen_fd;
    for (;;) {
        if (poll(polled, 2 + CONNECTIONS, -1) == -1)
            die("poll");
        if (polled[0].revents && strcmp(ip, SILENT) != 0)
            serve(udp_fd, ip, false);
        else if (polled[0].revents)
            recv(udp_fd, &size, sizeof size, 0);
        for (int i = 2; i < 2 + CONNECTIONS; i++)
            if (polled[i].fd != -1 && polled[i].revents) {
                if (strcmp(ip, SILENT) != 0)
                    serve(polled[i].fd, ip, true);
                close(polled[i].fd);
                polled[i].fd = -1;
            }
        if (polled[1].revents) { /* the oldest goes, in the middle of it */
            struct pollfd *place = &polled[2 + next++ % CONNECTIONS];
            if (place->fd != -1)
                close(place->fd);
            place->fd = accept(listen_fd, NULL, NULL);
        }
    }
}

/* ---- clients ----------------------------------------------------------- */

static size_t write_question(unsigned char *bytes, const char *name,
                             uint16_t type, uint16_t class_code, uint16_t id,
                             uint16_t flags)
{
    struct dns_question question = {.type = type, .class_code = class_code};
    struct dns_writer writer;
    dns_name_parse(name, NULL, &question.name);
    dns_begin(&writer, bytes, DNS_UDP_MAX, id, flags);
    dns_put_question(&writer, &question);
    return writer.length;
}

/* A question of any kind; one in four is none. */
static size_t some_question(unsigned char *bytes)
{
    char name[64];
    bool odd = any(4) == 0;
    size_t count = write_question(
        bytes, some_name(name), odd ? (uint16_t)any(300) : DNS_A,
        odd && any(2) ? (uint16_t)any(5) : DNS_CLASS_IN, (uint16_t)any(65536),
        odd && any(2) ? (uint16_t)any(65536) : DNS_RD);
    for (uint32_t i = odd && any(2) ? any(6) : 0; i > 0; i--)
        bytes[any((uint32_t)count)] ^= (unsigned char)(1 << any(8));
    return odd && any(5) == 0 ? any((uint32_t)count) : count;
}

/* Bursts, and a breath after each: the machine is not ours alone. */
static void be_greedy(const char *ip)
{
    int fd = open_socket(SOCK_DGRAM, ip, 0);
    unsigned char bytes[DNS_UDP_MAX];
    for (;;) {
        uint32_t burst = any(3) ? any(30) : any(400);
        for (uint32_t i = 0; i < burst; i++)
            sendto(fd, bytes, some_question(bytes), 0,
                   (struct sockaddr *)&server_addr[i % BOTH],
                   sizeof *server_addr);
        while (is_ready(fd, 0))
            recv(fd, bytes, sizeof bytes, 0);
        poll(NULL, 0, 1 + (int)any(5));
    }
}

/* Connections that say nothing, half a question, zeros, many questions and
   read no answer; in their multitude. */
static void be_greedy_over_tcp(const char *ip)
{
    enum { MANY = 150 };
    static unsigned char zeros[65536];
    int fds[MANY];
    for (int i = 0; i < MANY; i++)
        fds[i] = -1;
    for (;;) {
        int *fd = &fds[any(MANY)];
        if (*fd == -1) {
            *fd = open_socket(SOCK_STREAM, ip, 0);
            if (connect(*fd, (struct sockaddr *)&server_addr[any(BOTH)],
                        sizeof *server_addr) == -1) {
                close(*fd);
                *fd = -1;
            } else {
                fcntl(*fd, F_SETFL, O_NONBLOCK);
            }
        } else if (any(3) == 0) {
            close(*fd);
            *fd = -1;
        } else if (any(10) == 0) {
            send(*fd, zeros, any(65536), MSG_NOSIGNAL);
        } else {
            unsigned char stream[40 * (2 + DNS_UDP_MAX)];
            size_t used = 0;
            for (uint32_t i = 1 + any(40); i > 0; i--) {
                size_t count = some_question(stream + used + 2);
                stream[used] = 0;
                stream[used + 1] = (unsigned char)count;
                used += 2 + count;
            }
            send(*fd, stream, any(2) ? used : any((uint32_t)used),
                 MSG_NOSIGNAL);
        }
        poll(NULL, 0, any(10) == 0);
    }
}

/* ms for one question; it must be answered, and right. */
static double ask_politely(int which, const char *name, bool tcp)
{
    unsigned char bytes[2 + DNS_UDP_MAX];
    static uint16_t id;
    size_t count =
        write_question(bytes + 2, name, DNS_A, DNS_CLASS_IN, ++id, DNS_RD);
    int fd = open_socket(tcp ? SOCK_STREAM : SOCK_DGRAM, POLITE, 0);
    long long began = now_ms();
    ssize_t got = 0;
    bool right = false;
    if (connect(fd, (struct sockaddr *)&server_addr[which],
                sizeof *server_addr) == 0) {
        bytes[0] = 0;
        bytes[1] = (unsigned char)count;
        while (!right && now_ms() - began < DEADLINE) {
            if (send(fd, bytes + 2 - 2 * tcp, count + 2 * (size_t)tcp,
                     MSG_NOSIGNAL) == -1 ||
                !is_ready(fd, tcp ? DEADLINE : AGAIN))
                continue; /* lost: a datagram may be */
            unsigned char answer[2 + DNS_UDP_MAX];
            got = recv(fd, answer, sizeof answer, 0);
            if (got < 16 + 2 * tcp)
                break;
            right = memcmp(answer + got - 4, "\1\2\3\4", 4) == 0 &&
                    (answer[3 + 2 * tcp] & DNS_RCODE) == 0;
            if (!right)
                break;
        }
    }
    close(fd);
    if (!right && failures++ < 10)
        printf("FAILED: %s%s: no right answer (%zd bytes) after %lld ms\n",
               name, tcp ? " over TCP" : "", got, now_ms() - began);
    return (double)(now_ms() - began);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Questions until the time is over, or count of them: new names, names that
   are known, and the other server's, over UDP and TCP. Returns what most of
   them took, 95 of 100, in ms. */
static double most_take(long long until, int count, const char *when)
{
    static double took[MOST];
    static int number; /* NAMES later the cache has forgotten the first */
    int done = 0;
    for (; (until ? now_ms() < until : done < count) && done < MOST; done++) {
        char name[64];
        snprintf(name, sizeof name, done % 3 ? "www.good" : "p%d.good",
                 number++ % NAMES);
        took[done] = ask_politely(done % 4 == 3 ? SERVER : RESOLVER, name,
                                  done % 8 == 1 || done % 8 == 7);
        poll(NULL, 0, until ? 3 : 0);
    }
    qsort(took, (size_t)done, sizeof *took, compare);
    printf("%s: %d questions, half of them within %.0f ms, 95 of 100 within "
           "%.0f, all within %.0f\n",
           when, done, took[done / 2], took[done * 95 / 100], took[done - 1]);
    return took[done * 95 / 100];
}

/* ---- the servers ------------------------------------------------------- */

static void start(int which, const char *folder, char *const argv[])
{
    int log[2];
    char path[4096], line[300] = "";
    snprintf(path, sizeof path, "%s/%s", folder, argv[0]);
    if (pipe(log) == -1 || (server[which] = fork()) == -1)
        die("fork");
    if (server[which] == 0) {
        signal(SIGINT, SIG_DFL); /* a shell's background has it ignored */
        dup2(log[1], STDOUT_FILENO);
        for (int fd = 3; fd < 100; fd++)
            close(fd);
        execv(path, argv);
        die(path);
    }
    close(log[1]);
    size_t used = 0;
    char *at;
    while (!(at = strstr(line, "\nlistening on ")) || !strchr(at + 1, '\n')) {
        ssize_t got = read(log[0], line + used, sizeof line - 1 - used);
        if (got <= 0)
            die("it does not start");
        used += (size_t)got;
    }
    server_addr[which] = address(argv[1], atoi(strchr(at, ':') + 1));
    /* Somebody must read the log, or it waits. */
    if ((helpers[helper_count++] = fork()) == 0) {
        static char spill[65536];
        while (read(log[0], spill, sizeof spill) > 0)
            continue;
        _exit(0);
    }
    close(log[0]);
}

static void help(void (*work)(const char *), const char *ip)
{
    pid_t pid = fork();
    if (pid == -1)
        die("fork");
    if (pid == 0) {
        seed = (uint32_t)helper_count;
        setpriority(PRIO_PROCESS, 0, 5); /* they want time, too: not ours */
        work(ip);
    }
    helpers[helper_count++] = pid;
}

static int descriptors(int which)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)server[which]);
    DIR *folder = opendir(path);
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

/* In KB */
static long memory(int which)
{
    char path[64], line[200];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)server[which]);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = atol(line + 6);
    if (file)
        fclose(file);
    return kb;
}

static void stop_helpers(int from)
{
    while (helper_count > from) {
        kill(helpers[--helper_count], SIGKILL);
        waitpid(helpers[helper_count], NULL, 0);
    }
}

int main(int argc, char *argv[])
{
    int seconds = argc == 3 ? atoi(argv[2]) : 0;
    if (seconds < 1) {
        fprintf(stderr, "usage: dns_soak FOLDER SECONDS\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    move_to_own_network();
    struct sockaddr_in addr;
    socklen_t length = sizeof addr;
    int fd = open_socket(SOCK_DGRAM, ROOT, 0);
    getsockname(fd, (struct sockaddr *)&addr, &length);
    port = ntohs(addr.sin_port);
    close(fd);
    char number[8], zone[4096];
    snprintf(number, sizeof number, "%d", port);
    snprintf(zone, sizeof zone, "%s/good.zone", argv[1]);
    FILE *file = fopen(zone, "w");
    if (!file || fputs("$TTL 2\n$ORIGIN good.\n@ SOA ns h 1 2 3 4 5\n"
                       "@ NS ns\nns A 127.0.80.3\nwww A 1.2.3.4\n",
                       file) == EOF)
        die(zone);
    for (int i = 0; i < NAMES; i++)
        fprintf(file, "p%d A 1.2.3.4\n", i);
    if (fclose(file) == EOF)
        die(zone);

    char *resolver[] = {"dns_resolver", "127.0.80.1", "0", ROOT, number, NULL};
    char *authority[] = {"dns_server", "127.0.80.9", "0", zone, NULL};
    start(RESOLVER, argv[1], resolver);
    start(SERVER, argv[1], authority);
    help(be_authority, ROOT);
    help(be_authority, GOOD);
    help(be_authority, EVIL);
    help(be_authority, SILENT);
    int friends = helper_count;
    long long began = now_ms();
    int fds[BOTH] = {descriptors(RESOLVER), descriptors(SERVER)};
    do { /* the authorities have just been born */
        failures = 0;
        ask_politely(RESOLVER, "www.good", false);
    } while (failures > 0 && now_ms() < began + DEADLINE);
    double alone = most_take(0, 400, "alone");

    /* A third of the time to fill what can be filled; then it is measured. */
    long kb[BOTH] = {0, 0};
    for (int part = 0; part < 2; part++) {
        help(be_greedy, GREEDY);
        help(be_greedy_over_tcp, GREEDY);
        double most = most_take(now_ms() + seconds * 1000LL * (part + 1) / 3, 0,
                                part ? "in company" : "at first");
        stop_helpers(friends);
        if (most > (double)TIMES * (alone + 1)) {
            printf("FAILED: more than %d times what they take alone\n", TIMES);
            failures++;
        }
        /* What is under way must come to its end: 4.5 s, and 10 of silence. */
        long long until = now_ms() + 2 * DEADLINE;
        bool quiet = false;
        while (!quiet && now_ms() < until) {
            poll(NULL, 0, 100);
            quiet = true;
            for (int i = 0; i < BOTH; i++)
                quiet = quiet && descriptors(i) == fds[i];
        }
        for (int i = 0; i < BOTH; i++) {
            printf("%s: %d descriptors of %d, %ld KB after %ld\n",
                   i == RESOLVER ? "dns_resolver" : "dns_server",
                   descriptors(i) - 2, fds[i] - 2, memory(i), kb[i]);
            if (descriptors(i) != fds[i] ||
                (part && memory(i) > kb[i] + kb[i] / 4)) {
                printf("FAILED: something is left behind\n");
                failures++;
            }
            kb[i] = memory(i);
        }
    }
    for (int i = 0; i < BOTH; i++) {
        int status;
        kill(server[i], SIGINT);
        if (waitpid(server[i], &status, 0) == -1 || !WIFSIGNALED(status) ||
            WTERMSIG(status) != SIGINT) {
            printf("FAILED: it has ended before its time\n");
            failures++;
        }
    }
    stop_helpers(0);
    return failures ? 1 : 0;
}
