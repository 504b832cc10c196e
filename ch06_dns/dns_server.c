/*
 * dns_server.c - the authority for one zone: what it knows, it answers; what
 * it has given into other hands, it refers to; the rest it refuses.
 *
 * One poll loop serves datagrams and connections, so that a client which
 * stalls in the middle of a question keeps nobody waiting. kill -HUP makes it
 * read its zone again. Not here: wildcards, DNSSEC, zone transfer.
 *
 * Calls   socket -> bind -> listen -> poll -> recvfrom/sendto or
 *         accept -> read/write -> close
 * Try     cc dns_server.c dns_zone.c dns_message.c -o dns_server
 *         ./dns_server 127.0.0.4 5300 example.kr.zone
 * See     bound to 127.0.0.4:5300
 * Pair    dns_query.c asks it, dns_resolver.c asks it for somebody else
 */
#define _POSIX_C_SOURCE 200809L
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
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535",
    LOG_SIZE = DNS_RECORD_TEXT + DNS_NAME_TEXT,
    CONNECTIONS = 64,     /* at once; the next takes the idlest one's place */
    PATIENCE = 10 * 1000, /* ms that a connection may be idle */
    HOPS = 16             /* CNAMEs followed within the zone */
};

/* A client over TCP. Each message follows two bytes that tell its length. */
struct connection {
    int fd; /* -1: none */
    char name[NAME_SIZE];
    long long idle_since; /* ms */
    size_t in, out, sent; /* bytes received; to be sent; of these, gone */
    unsigned char question[2 + DNS_MESSAGE_MAX], answer[2 + DNS_MESSAGE_MAX];
};

static bool load_zone(const char *file_name, struct dns_zone *zone);
static void serve_datagram(int udp_fd, const struct dns_zone *zone);
static void accept_connection(int listen_fd, struct connection *connections,
                              long long *rest_until);
static void serve_connection(struct connection *connection,
                             const struct dns_zone *zone);
static void hang_up(struct connection *connection, const char *why);
static size_t reply_to(const struct dns_zone *zone, const char *client,
                       const unsigned char *bytes, size_t count,
                       unsigned char *reply, size_t size);
static void open_sockets(struct sockaddr_storage *addr, socklen_t addr_len,
                         int *udp_fd, int *listen_fd);
static void on_hangup(int number);
static long long now_ms(void);
static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static _Noreturn void die(const char *format, ...);

static int hangup_pipe[2]; /* from the signal handler to poll */

int main(int argc, char *argv[])
{
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: dns_server [ADDRESS] PORT ZONE_FILE\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argc == 4 ? argv[1] : "127.0.0.1",
                                       argv[argc - 2], &server_addr);
    const char *file_name = argv[argc - 1];
    setvbuf(stdout, NULL, _IOLBF, 0); /* a log through a pipe is live, too */
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */

    /* 1. What this server knows, and all that it knows. */
    struct dns_zone zone = {0};
    if (!load_zone(file_name, &zone))
        return 1;

    /* 2. SIGHUP becomes a byte in a pipe, which poll can see. */
    if (pipe(hangup_pipe) == -1)
        die("pipe");
    if (fcntl(hangup_pipe[0], F_SETFL, O_NONBLOCK) == -1 ||
        fcntl(hangup_pipe[1], F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
    struct sigaction action = {.sa_handler = on_hangup};
    if (sigaction(SIGHUP, &action, NULL) == -1)
        die("sigaction SIGHUP");

    /* 3. Two sockets on one port: questions come by UDP and by TCP. */
    int udp_fd, listen_fd;
    open_sockets(&server_addr, addr_len, &udp_fd, &listen_fd);
    char name[NAME_SIZE], text[DNS_NAME_TEXT];
    name_address(&server_addr, name);
    printf("bound to %s\n", name);
    printf("listening on %s\n", name);
    printf("zone %s, %zu records\n", dns_name_text(&zone.origin, text),
           zone.count);

    static struct connection connections[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++)
        connections[i].fd = -1;
    long long rest_until = 0; /* no accept before: out of descriptors */
    for (;;) {
        /* 4. Wait for whoever comes first. */
        long long now = now_ms();
        bool resting = now < rest_until;
        struct pollfd polled[3 + CONNECTIONS] = {
            {.fd = hangup_pipe[0], .events = POLLIN},
            {.fd = udp_fd, .events = POLLIN},
            {.fd = resting ? -1 : listen_fd, .events = POLLIN}};
        struct connection *owners[3 + CONNECTIONS];
        nfds_t count = 3;
        for (int i = 0; i < CONNECTIONS; i++) {
            struct connection *connection = &connections[i];
            if (connection->fd != -1 && now - connection->idle_since > PATIENCE)
                hang_up(connection, "idle for too long");
            if (connection->fd == -1)
                continue;
            owners[count] = connection;
            polled[count].fd = connection->fd;
            polled[count++].events = connection->out > 0 ? POLLOUT : POLLIN;
        }
        if (poll(polled, count, resting ? 100 : count > 3 ? 1000 : -1) == -1) {
            if (errno != EINTR)
                die("poll");
            continue;
        }

        /* 5. Serve each a little, and wait for none. */
        char signals[16];
        if (polled[0].revents &&
            read(hangup_pipe[0], signals, sizeof signals) > 0 &&
            load_zone(file_name, &zone))
            printf("zone %s read again, %zu records\n",
                   dns_name_text(&zone.origin, text), zone.count);
        if (polled[1].revents)
            serve_datagram(udp_fd, &zone);
        for (nfds_t i = 3; i < count; i++)
            if (polled[i].revents)
                serve_connection(owners[i], &zone);
        if (polled[2].revents)
            accept_connection(listen_fd, connections, &rest_until);
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
    if (!readable && error.line > 0)
        fprintf(stderr, "dns_server: %.200s:%ld: %s\n", file_name, error.line,
                error.text);
    else if (!readable)
        fprintf(stderr, "dns_server: %.200s: %s\n", file_name, error.text);
    if (!readable)
        return false;
    dns_zone_free(zone);
    *zone = fresh;
    return true;
}

/* One datagram in, at most one out. */
static void serve_datagram(int udp_fd, const struct dns_zone *zone)
{
    unsigned char question[DNS_MESSAGE_MAX], answer[DNS_UDP_MAX];
    struct sockaddr_storage client_addr;
    socklen_t addr_len = sizeof client_addr;
    ssize_t received = recvfrom(udp_fd, question, sizeof question, 0,
                                (struct sockaddr *)&client_addr, &addr_len);
    if (received == -1) {
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            perror("dns_server: recvfrom");
        return;
    }
    char name[NAME_SIZE];
    name_address(&client_addr, name);
    size_t count =
        reply_to(zone, name, question, (size_t)received, answer, sizeof answer);
    if (count > 0 && sendto(udp_fd, answer, count, 0,
                            (struct sockaddr *)&client_addr, addr_len) == -1)
        printf("%s not reached: %s\n", name, strerror(errno));
}

static void accept_connection(int listen_fd, struct connection *connections,
                              long long *rest_until)
{
    struct sockaddr_storage client_addr;
    socklen_t addr_len = sizeof client_addr;
    int conn_fd = accept(listen_fd, (struct sockaddr *)&client_addr, &addr_len);
    if (conn_fd == -1 || fcntl(conn_fd, F_SETFL, O_NONBLOCK) == -1) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            perror("dns_server: accept");
            *rest_until = now_ms() + 100; /* breathe, do not spin */
        }
        if (conn_fd != -1)
            close(conn_fd);
        return;
    }
    /* A free place, or the place of whoever has been silent longest. */
    struct connection *place = connections;
    for (int i = 0; i < CONNECTIONS && place->fd != -1; i++)
        if (connections[i].fd == -1 ||
            connections[i].idle_since < place->idle_since)
            place = &connections[i];
    if (place->fd != -1)
        hang_up(place, "makes room for another");
    place->fd = conn_fd;
    place->idle_since = now_ms();
    place->in = place->out = place->sent = 0;
    name_address(&client_addr, place->name);
}

static void hang_up(struct connection *connection, const char *why)
{
    printf("%s %s\n", connection->name, why);
    close(connection->fd);
    connection->fd = -1;
    connection->out = 0;
}

/* Reads or writes once, whichever it is waiting for. */
static void serve_connection(struct connection *connection,
                             const struct dns_zone *zone)
{
    ssize_t count;
    if (connection->out > 0)
        count = write(connection->fd, connection->answer + connection->sent,
                      connection->out - connection->sent);
    else
        count = read(connection->fd, connection->question + connection->in,
                     sizeof connection->question - connection->in);
    if (count == -1 &&
        (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (count <= 0) {
        hang_up(connection, count == 0 ? "closed" : strerror(errno));
        return;
    }
    connection->idle_since = now_ms();
    if (connection->out > 0)
        connection->sent += (size_t)count;
    else
        connection->in += (size_t)count;
    if (connection->sent < connection->out)
        return;

    /* Answer the first whole question; the next one after the answer. */
    connection->out = connection->sent = 0;
    unsigned char *question = connection->question;
    unsigned char *answer = connection->answer;
    while (connection->out == 0 && connection->in >= 2) {
        size_t length = (size_t)question[0] << 8 | question[1];
        if (connection->in < 2 + length)
            break;
        size_t size = reply_to(zone, connection->name, question + 2, length,
                               answer + 2, DNS_MESSAGE_MAX);
        answer[0] = (unsigned char)(size >> 8);
        answer[1] = (unsigned char)size;
        connection->out = size > 0 ? 2 + size : 0;
        connection->in -= 2 + length;
        memmove(question, question + 2 + length, connection->in);
    }
}

/* ---- the answer -------------------------------------------------------- */

/* The first record that does not stand before this name and type. */
static size_t lower_bound(const struct dns_zone *zone,
                          const struct dns_name *name, unsigned type)
{
    size_t from = 0, to = zone->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = dns_name_compare(&zone->records[middle].name, name);
        if (order < 0 || (order == 0 && zone->records[middle].type < type))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The record set of a name and a type: how many, and the first. */
static size_t find_set(const struct dns_zone *zone, const struct dns_name *name,
                       uint16_t type, const struct dns_record **first)
{
    size_t from = lower_bound(zone, name, type);
    size_t to = lower_bound(zone, name, type + 1u);
    *first = zone->records + from;
    return to - from;
}

/* A reply in the making. */
struct reply {
    struct dns_writer writer;
    uint16_t flags;
    bool truncated;
    char log[LOG_SIZE];
};

/* What the log will say about it. */
static void note(struct reply *reply, const char *format, ...)
{
    size_t used = strlen(reply->log);
    va_list values;
    va_start(values, format);
    vsnprintf(reply->log + used, LOG_SIZE - used, format, values);
    va_end(values);
}

/* Everything that must be said; without room for it, TCP must say it. */
static void add(struct reply *reply, enum dns_section section,
                const struct dns_record *records, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!dns_put_record(&reply->writer, section, &records[i]))
            reply->truncated = true;
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

/* Names of servers, and the addresses that we have of them: without these (the
   glue) nobody could find a server inside the zone that it serves. */
static void add_servers(struct reply *reply, enum dns_section section,
                        const struct dns_zone *zone,
                        const struct dns_record *servers, size_t count)
{
    char text[DNS_NAME_TEXT];
    add(reply, section, servers, count);
    for (size_t i = 0; i < count; i++) {
        struct dns_name target;
        dns_record_target(&servers[i], &target);
        note(reply, "%s %.120s", i == 0 ? ":" : ",",
             dns_name_text(&target, text));
        for (uint16_t type = DNS_A; type; type = type == DNS_A ? DNS_AAAA : 0) {
            const struct dns_record *glue;
            size_t found = find_set(zone, &target, type, &glue);
            add(reply, DNS_ADDITIONAL, glue, found);
            for (size_t j = 0; j < found; j++) {
                char ip[INET6_ADDRSTRLEN] = "";
                inet_ntop(type == DNS_A ? AF_INET : AF_INET6, glue[j].data, ip,
                          sizeof ip);
                note(reply, " %s", ip);
            }
        }
    }
}

/* RFC 1034 section 4.3.2: down the tree, as far as this zone goes. */
static void answer(struct reply *reply, const struct dns_zone *zone,
                   const struct dns_question *question)
{
    char text[DNS_RECORD_TEXT], type[DNS_TYPE_TEXT];
    struct dns_name name = question->name;
    if (!dns_name_within(&name, &zone->origin)) {
        reply->flags |= DNS_REFUSED;
        note(reply, "REFUSED: not for the zone %.120s",
             dns_name_text(&zone->origin, text));
        return;
    }
    if (question->class_code != DNS_CLASS_IN ||
        (question->type > 248 && question->type < DNS_ANY)) {
        reply->flags |= DNS_REFUSED; /* no AXFR here, and no class CH */
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
        if (!alias && question->type == DNS_ANY) {
            size_t from = lower_bound(zone, &name, 0);
            records = zone->records + from;
            count = lower_bound(zone, &name, UINT16_MAX + 1u) - from;
        } else if (!alias) {
            count = find_set(zone, &name, question->type, &records);
        }
        if (count > 0 && hops == 0)
            note(reply, "answer: %.200s%s", dns_record_text(records, text),
                 alias || count > 1 ? ", and more" : "");
        if (count > 0 && question->type == DNS_NS && !alias) {
            add_servers(reply, DNS_ANSWER, zone, records, count);
            return;
        }
        add(reply, DNS_ANSWER, records, count);
        if (count > 0 && !alias)
            return;
        if (alias) {
            dns_record_target(records, &name);
            continue;
        }
        /* Nothing there. But is there a name, this one or one below it? */
        size_t next = lower_bound(zone, &name, 0);
        bool exists = next < zone->count &&
                      dns_name_within(&zone->records[next].name, &name);
        if (!exists)
            reply->flags |= DNS_NXDOMAIN;
        add_soa(reply, zone);
        if (hops == 0 && exists)
            note(reply, "NOERROR, but no %s at this name",
                 dns_type_text(question->type, type));
        else if (hops == 0)
            note(reply, "NXDOMAIN: there is no such name");
        return;
    }
}

/* Takes a message that somebody sent. Returns the length of the reply, 0 for
   none, and prints both. */
static size_t reply_to(const struct dns_zone *zone, const char *client,
                       const unsigned char *bytes, size_t count,
                       unsigned char *buffer, size_t size)
{
    struct dns_message message;
    const char *problem = dns_decode(bytes, count, &message);
    if (count < 12 || (bytes[2] & 0x80) != 0) {
        printf("%s ignored: %s\n", client,
               count < 12 ? "shorter than a header" : "not a question");
        if (!problem)
            dns_message_free(&message);
        return 0;
    }
    unsigned opcode = (unsigned)(bytes[2] >> 3) & 15u; /* 0: a question */
    bool is_question = !problem && opcode == 0 && message.question_count > 0;
    if (!problem && opcode == 0 &&
        (message.question_count != 1 || message.count[DNS_ANSWER] > 0 ||
         message.count[DNS_AUTHORITY] > 0))
        problem = "not one question and nothing else";

    /* The same id, opcode and question; "recursion desired" comes back, but
       there is no "recursion available" here. */
    static struct reply reply;
    uint16_t id = (uint16_t)(bytes[0] << 8 | bytes[1]);
    reply.flags = (uint16_t)(DNS_QR | (bytes[2] & 0x79) << 8);
    reply.truncated = false;
    reply.log[0] = '\0';
    unsigned extended = 0;
    size_t room = is_question && message.edns ? size - DNS_OPT_SIZE : size;
    dns_begin(&reply.writer, buffer, room, id, 0);
    if (is_question)
        dns_put_question(&reply.writer, &message.question);
    if (opcode != 0) {
        reply.flags |= DNS_NOTIMP;
        note(&reply, "NOTIMP: opcode %u", opcode);
    } else if (problem) {
        reply.flags |= DNS_FORMERR;
        note(&reply, "FORMERR: %s", problem);
    } else if (message.edns && message.edns_version > 0) {
        extended = 16; /* BADVERS, RFC 6891 section 6.1.3 */
        note(&reply, "BADVERS: EDNS version %u", message.edns_version);
    } else {
        answer(&reply, zone, &message.question);
    }
    if (reply.truncated) {
        reply.flags |= DNS_TC;
        dns_begin(&reply.writer, buffer, room, id, 0);
        dns_put_question(&reply.writer, &message.question);
        reply.log[0] = '\0';
        note(&reply, "truncated: more than %zu bytes, ask over TCP", size);
    }
    dns_set_flags(&reply.writer, reply.flags);
    reply.writer.size = size;
    if (is_question && message.edns)
        dns_put_opt(&reply.writer, extended);

    char text[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
    if (is_question)
        printf("%s asks%s for %.120s %s\n", client,
               size > DNS_UDP_MAX ? " over TCP" : "",
               dns_name_text(&message.question.name, text),
               dns_type_text(message.question.type, type));
    else
        printf("%s sent %zu bytes\n", client, count);
    printf("%.300s\n", reply.log);
    if (message.records)
        dns_message_free(&message);
    return reply.writer.length;
}

/* ---- sockets ----------------------------------------------------------- */

/* With port 0 the system chooses one for TCP, which may be taken in UDP. */
static void open_sockets(struct sockaddr_storage *addr, socklen_t addr_len,
                         int *udp_fd, int *listen_fd)
{
    char name[NAME_SIZE];
    name_address(addr, name);
    for (int left = 20;; left--) {
        struct sockaddr_storage chosen = *addr;
        socklen_t chosen_len = sizeof chosen;
        *listen_fd = socket(addr->ss_family, SOCK_STREAM, 0);
        *udp_fd = socket(addr->ss_family, SOCK_DGRAM, 0);
        if (*listen_fd == -1 || *udp_fd == -1)
            die("socket");
        int on = 1; /* restart while old connections fade away: chapter 7 */
        if (setsockopt(*listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
            die("setsockopt SO_REUSEADDR");
        if (fcntl(*listen_fd, F_SETFL, O_NONBLOCK) == -1 ||
            fcntl(*udp_fd, F_SETFL, O_NONBLOCK) == -1)
            die("fcntl O_NONBLOCK");
        if (bind(*listen_fd, (struct sockaddr *)addr, addr_len) == -1)
            die("bind %s (TCP)", name);
        if (listen(*listen_fd, SOMAXCONN) == -1)
            die("listen");
        if (getsockname(*listen_fd, (struct sockaddr *)&chosen, &chosen_len))
            die("getsockname");
        if (bind(*udp_fd, (struct sockaddr *)&chosen, chosen_len) == 0) {
            *addr = chosen;
            return;
        }
        /* sin_port and sin6_port have the same place */
        bool free_choice = ((struct sockaddr_in *)addr)->sin_port == 0;
        if (errno != EADDRINUSE || !free_choice || left == 0)
            die("bind %s (UDP)", name);
        close(*listen_fd);
        close(*udp_fd);
    }
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

/* On a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Both as typed. Returns the length that bind wants to know. */
static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr)
{
    unsigned long number = strtoul(port, NULL, 10);
    if (!*port || port[strspn(port, "0123456789")] || number > 65535) {
        fprintf(stderr, "dns_server: not a port (0 to 65535): \"%.40s\"\n",
                port);
        exit(2);
    }
    memset(addr, 0, sizeof *addr);
    struct sockaddr_in *v4 = (struct sockaddr_in *)addr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
    if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)number);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)number);
        return sizeof *v6;
    }
    fprintf(stderr, "dns_server: not an IP address: \"%.40s\"\n", ip);
    exit(2);
}

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    char ip[INET6_ADDRSTRLEN];
    if (addr->ss_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof ip);
        snprintf(name, NAME_SIZE, "%s:%d", ip, ntohs(v4->sin_port));
    } else {
        inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof ip);
        snprintf(name, NAME_SIZE, "[%s]:%d", ip, ntohs(v6->sin6_port));
    }
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "dns_server: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
