/*
 * dns_server.c - the authority for one zone: what it knows, it answers; what
 * it has given into other hands, it refers to; the rest it refuses.
 *
 * One poll loop serves datagrams and connections (dns_front.c), so that a
 * client which stalls in the middle of a question keeps nobody waiting. kill
 * -HUP makes it read its zone again. Not here: wildcards, DNSSEC, transfer.
 *
 * Calls   socket -> bind -> listen -> poll -> recvmsg/sendmsg or
 *         accept -> read/write -> close
 * Try     cc dns_server.c dns_front.c dns_zone.c dns_message.c -o dns_server
 *         ./dns_server 127.0.0.4 5300 example.kr.zone
 * See     bound to 127.0.0.4:5300
 * Long    all kinds of answers that one zone has
 * Pair    dns_query.c asks it, dns_resolver.c asks it for somebody else
 */
#define _POSIX_C_SOURCE 200809L
#include "dns_front.h"
#include "dns_zone.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOPS = 16 }; /* CNAMEs followed within the zone */

/* A reply in the making. */
struct reply {
    struct dns_writer writer;
    unsigned flags, rcode;
    char log[301];
};

static bool load_zone(const char *file_name, struct dns_zone *zone);
static void reply_to(struct front *front, const struct dns_request *request,
                     const struct dns_zone *zone);
static void on_hangup(int number);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static long long now_ms(void);

static int hangup_pipe[2]; /* from the signal handler to poll */

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: dns_server [ADDRESS] PORT ZONE_FILE\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argc == 4 ? argv[1] : "127.0.0.1",
                                       argv[argc - 2], 0, &server_addr);
    const char *file_name = argv[argc - 1];
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */

    /* 1. What this server knows, and all that it knows. */
    struct dns_zone zone = {0};
    if (!load_zone(file_name, &zone))
        return 1;

    /* 2. SIGHUP becomes a byte in a pipe, which poll can see. */
    if (pipe(hangup_pipe) == -1)
        die("pipe");
    if (fcntl(hangup_pipe[1], F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
    struct sigaction action = {.sa_handler = on_hangup};
    if (sigaction(SIGHUP, &action, NULL) == -1)
        die("sigaction SIGHUP");

    /* 3. Two sockets on one port: questions come by UDP and by TCP. */
    static struct front front;
    char problem[FRONT_PROBLEM], text[DNS_NAME_TEXT];
    if (!front_open(&front, "dns_server", 0, &server_addr, addr_len, problem))
        die("%s", problem);
    printf("bound to %s\n", front.name);
    printf("listening on %s\n", front.name);
    printf("zone %s, %zu records\n", dns_name_text(&zone.origin, text),
           zone.count);

    for (;;) {
        /* 4. Wait for whoever comes first. */
        struct pollfd polled[FRONT_POLLED + 1];
        long long now = now_ms(), until = now + FRONT_REST;
        nfds_t count = front_watch(&front, now, polled, &until);
        polled[count] = (struct pollfd){.fd = hangup_pipe[0], .events = POLLIN};
        if (poll(polled, count + 1, (int)(until - now)) == -1) {
            if (errno != EINTR)
                die("poll");
            continue;
        }

        /* 5. Serve each a little, and wait for none. */
        char signals[16];
        if (polled[count].revents &&
            read(hangup_pipe[0], signals, sizeof signals) > 0 &&
            load_zone(file_name, &zone))
            printf("zone %s read again, %zu records\n",
                   dns_name_text(&zone.origin, text), zone.count);
        static struct dns_request request;
        front_serve(&front, polled);
        while (front_next(&front, &request))
            reply_to(&front, &request, &zone);
    }
}

/* In place of what *zone holds; a file that cannot be used changes nothing. */
static bool load_zone(const char *file_name, struct dns_zone *zone)
{
    struct dns_zone fresh;
    struct dns_zone_error error;
    FILE *file = fopen(file_name, "r");
    if (!file) {
        fprintf(stderr, "dns_server: open %.200s: %s\n", file_name,
                strerror(errno));
        return false;
    }
    bool readable = dns_zone_read(file, &fresh, &error);
    fclose(file);
    if (!readable) {
        fprintf(stderr, "dns_server: %.200s:", file_name);
        if (error.line > 0)
            fprintf(stderr, "%ld:", error.line);
        fprintf(stderr, " %s\n", error.text);
        return false;
    }
    dns_zone_free(zone);
    *zone = fresh;
    return true;
}

/* ---- the answer -------------------------------------------------------- */

/* The first record that does not stand before this name and type. */
static size_t lower_bound(const struct dns_zone *zone,
                          const struct dns_name *name, unsigned type)
{
    size_t from = 0, to = zone->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = dns_zone_order(&zone->records[middle].name, name);
        if (order < 0 || (order == 0 && zone->records[middle].type < type))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The record set of a name and a type, or all of them, for no type is above
   ANY: how many, and the first. */
static size_t find_set(const struct dns_zone *zone, const struct dns_name *name,
                       uint16_t type, const struct dns_record **first)
{
    size_t from = lower_bound(zone, name, type == DNS_ANY ? 0 : type);
    *first = zone->records + from;
    return lower_bound(zone, name, type + 1u) - from;
}

/* What the log will say about it. */
static void note(struct reply *reply, const char *format, ...)
{
    size_t used = strlen(reply->log);
    va_list values;
    va_start(values, format);
    vsnprintf(reply->log + used, sizeof reply->log - used, format, values);
    va_end(values);
}

/* Everything that must be said; without room for it, TCP must say it. */
static void add(struct reply *reply, enum dns_section section,
                const struct dns_record *records, size_t count)
{
    if (!dns_put_set(&reply->writer, section, records, count))
        reply->flags |= DNS_TC;
}

/* A "no", with the SOA that tells how long it may be remembered. */
static void add_soa(struct reply *reply, const struct dns_zone *zone)
{
    const struct dns_record *soa;
    find_set(zone, &zone->origin, DNS_SOA, &soa);
    struct dns_record limited = *soa; /* RFC 2308 section 3 */
    if (dns_soa_minimum(soa) < soa->ttl)
        limited.ttl = dns_soa_minimum(soa);
    add(reply, DNS_AUTHORITY, &limited, 1);
}

/* Is the name, or one above it, in other hands? Then their NS records. */
static size_t find_cut(const struct dns_zone *zone, const struct dns_name *name,
                       const struct dns_record **first)
{
    size_t all = dns_name_labels(name);
    for (size_t i = dns_name_labels(&zone->origin) + 1; i <= all; i++) {
        struct dns_name above;
        dns_name_suffix(name, i, &above);
        size_t count = find_set(zone, &above, DNS_NS, first);
        if (count > 0)
            return count;
    }
    return 0;
}

/* Names of servers, and the addresses that we have of them. Those of servers
   inside the zone that they serve, the glue, must be there: without these
   nobody could find them (RFC 9471 section 3.1). The others may: what can be
   asked for need not be said (RFC 2181 section 9). */
static void add_servers(struct reply *reply, enum dns_section section,
                        const struct dns_zone *zone,
                        const struct dns_record *servers, size_t count)
{
    char text[DNS_NAME_TEXT], ip[INET6_ADDRSTRLEN];
    add(reply, section, servers, count);
    for (int must = 1; must >= 0; must--)
        for (size_t i = 0; i < 2 * count; i++) {
            struct dns_name target;
            const struct dns_record *glue;
            dns_record_target(&servers[i / 2], &target);
            bool is_glue = section == DNS_AUTHORITY &&
                           dns_name_within(&target, &servers->name);
            size_t found =
                find_set(zone, &target, i % 2 ? DNS_AAAA : DNS_A, &glue);
            if (must && is_glue)
                add(reply, DNS_ADDITIONAL, glue, found);
            else if (!must && !is_glue)
                dns_put_set(&reply->writer, DNS_ADDITIONAL, glue, found);
            if (must && i % 2 == 0)
                note(reply, "%s %.120s", i == 0 ? ":" : ",",
                     dns_name_text(&target, text));
            for (size_t j = 0; must && j < found; j++)
                note(reply, " %s",
                     inet_ntop(i % 2 ? AF_INET6 : AF_INET, glue[j].data, ip,
                               sizeof ip));
        }
}

/* RFC 1034 section 4.3.2: down the tree, as far as this zone goes. */
static void answer(struct reply *reply, const struct dns_zone *zone,
                   const struct dns_question *question)
{
    char text[DNS_RECORD_TEXT], type[DNS_TYPE_TEXT];
    struct dns_name name = question->name;
    if (!dns_name_within(&name, &zone->origin)) {
        reply->rcode = DNS_REFUSED;
        note(reply, "REFUSED: not for the zone %.120s",
             dns_name_text(&zone->origin, text));
        return;
    }
    if (question->class_code != DNS_CLASS_IN ||
        (question->type > 248 && question->type < DNS_ANY)) {
        reply->rcode = DNS_REFUSED; /* no AXFR here, and no class CH */
        note(reply, "REFUSED: only records of class IN are served");
        return;
    }
    const struct dns_record *records, *followed[HOPS];
    for (int hops = 0; hops < HOPS; hops++) {
        if (!dns_name_within(&name, &zone->origin))
            return; /* a CNAME led away: whoever asks must follow it */
        size_t count = find_cut(zone, &name, &records);
        if (count > 0) {
            note(reply, "%sreferral to %.120s", hops == 0 ? "" : "; ",
                 dns_name_text(&records->name, text));
            add_servers(reply, DNS_AUTHORITY, zone, records, count);
            return;
        }
        reply->flags |= DNS_AA;
        count = find_set(zone, &name, DNS_CNAME, &records);
        bool alias = count > 0 && question->type != DNS_CNAME &&
                     question->type != DNS_ANY;
        followed[hops] = records;
        for (int i = 0; alias && i < hops; i++)
            if (followed[i] == records)
                return; /* CNAMEs in a circle: each of them once */
        if (!alias)
            count = find_set(zone, &name, question->type, &records);
        if (count > 0 && hops == 0)
            note(reply, "answer: %.200s%s", dns_record_text(records, text),
                 alias || count > 1 ? ", and more" : "");
        if (question->type == DNS_NS && !alias)
            add_servers(reply, DNS_ANSWER, zone, records, count);
        else
            add(reply, DNS_ANSWER, records, count);
        if (alias) {
            dns_record_target(records, &name);
            continue;
        }
        if (count > 0)
            return;
        /* Nothing there. But is there a name, this one or one below it? */
        size_t next = lower_bound(zone, &name, 0);
        bool exists = next < zone->count &&
                      dns_name_within(&zone->records[next].name, &name);
        reply->rcode = exists ? DNS_NOERROR : DNS_NXDOMAIN;
        add_soa(reply, zone);
        if (hops == 0 && exists)
            note(reply, "NOERROR, but no %s at this name",
                 dns_type_text(question->type, type));
        else if (hops == 0)
            note(reply, "NXDOMAIN: there is no such name");
        return;
    }
}

/* Answers, and prints who asked what, and what the answer was. */
static void reply_to(struct front *front, const struct dns_request *request,
                     const struct dns_zone *zone)
{
    front_print(request);
    struct reply reply = {0};
    front_begin(front, request, &reply.writer);
    answer(&reply, zone, &request->question);
    if (reply.flags & DNS_TC) {
        front_begin(front, request, &reply.writer);
        bool udp = request->client.connection == -1;
        snprintf(reply.log, sizeof reply.log, "truncated: more than %d bytes%s",
                 udp ? DNS_UDP_MAX : DNS_MESSAGE_MAX,
                 udp ? ", ask over TCP" : "");
    }
    printf("%s\n", reply.log);
    front_send(front, request, &reply.writer, reply.flags, reply.rcode);
}

/* Runs between any two instructions: it must keep errno, and little else. */
static void on_hangup(int number)
{
    int error = errno;
    (void)number;
    if (write(hangup_pipe[1], "", 1) == -1)
        errno = error; /* the pipe is full of hangups already */
    errno = error;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <stdlib.h>
#include <time.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "dns_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("dns_server: standard output");
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
    fprintf(stderr, "dns_server: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* Milliseconds, by a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
