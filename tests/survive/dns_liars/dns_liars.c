/*
 * dns_liars.c - dns_resolver among servers that lie, go in circles, or say
 * nothing; dns_server while its zone file changes; both before strange
 * questions.
 *
 * Try     dns_liars BUILD_DIR LOG
 *
 * LOG: what the resolver says of it all, but for what timers and circles make
 * long. PORT stands for any, N for the seconds that are left of a TTL.
 *
 * The servers are sockets of this program, each with a loopback address of its
 * own and all with one port, as in the chapter. A lie is always 6.6.6.6, the
 * truth 1.2.3.4.
 */
#define _POSIX_C_SOURCE 200809L
#include "child.h"
#include "dns_message.h"
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOT, EVIL, GOOD, UP, SILENT, LIARS, MANY = 15, DEADLINE = 10 * 1000 };
enum { TOO_SLOW = 3 }; /* a status */
static const char *const addresses[LIARS] = {
    "127.0.77.2", "127.0.77.3", "127.0.77.4", "127.0.77.5", "127.0.77.6"};
static int liars[LIARS]; /* sockets */
static int evil_tcp;     /* EVIL's, for what it has cut short */
static int asked;        /* how many questions they got */
static int guessable;    /* of these, with the id or the port to be expected */
static int ids, half_guessed; /* all, and those of which a byte is as it, or
                                 the other, was */
static struct child resolver;
static struct sockaddr_in resolver_addr;
static int failures;

static void check(int holds, const char *what)
{
    if (!holds) {
        printf("FAILED: %s\n", what);
        failures++;
    }
}

static _Noreturn void die(const char *call)
{
    perror(call);
    exit(1);
}

/* ---- what a liar says -------------------------------------------------- */

struct reply {
    int fd;
    struct sockaddr_in to;
    struct dns_question question;
    unsigned char bytes[2000];
    struct dns_writer writer;
};

static void begin(struct reply *reply, uint16_t id, unsigned flags)
{
    dns_begin(&reply->writer, reply->bytes, sizeof reply->bytes - 1, id,
              (uint16_t)(DNS_QR | flags));
    dns_put_question(&reply->writer, &reply->question);
}

static uint32_t ttl = 600;

/* data: an address for A and AAAA, a name for NS and CNAME; SOA needs none. */
static void add(struct reply *reply, enum dns_section section, const char *name,
                uint16_t type, const char *data)
{
    unsigned char bytes[300] = {0};
    struct dns_record record = {
        .type = type, .class_code = DNS_CLASS_IN, .ttl = ttl, .data = bytes};
    struct dns_name target;
    dns_name_parse(name, NULL, &record.name);
    if (type == DNS_A) {
        inet_pton(AF_INET, data, bytes);
        record.data_len = 4;
    } else if (type == DNS_AAAA) {
        inet_pton(AF_INET6, data, bytes);
        record.data_len = 16;
    } else if (type == DNS_SOA) {
        record.data_len = 22; /* two roots, five numbers; the last: for how */
        for (int i = 0; i < 4; i++) /* long there is none */
            bytes[21 - i] = (unsigned char)(ttl / 10 >> 8 * i);
    } else {
        dns_name_parse(data, NULL, &target);
        memcpy(bytes, target.wire, target.length);
        record.data_len = (uint16_t)target.length;
    }
    dns_put_set(&reply->writer, section, &record, 1);
}

static void finish(struct reply *reply)
{
    sendto(reply->fd, reply->bytes, reply->writer.length, 0,
           (struct sockaddr *)&reply->to, sizeof reply->to);
}

/* A referral to one server or two; the address of NULL is not told. */
static void refer(struct reply *reply, const char *zone, const char *server,
                  const char *address, const char *server2,
                  const char *address2)
{
    add(reply, DNS_AUTHORITY, zone, DNS_NS, server);
    if (server2)
        add(reply, DNS_AUTHORITY, zone, DNS_NS, server2);
    if (address)
        add(reply, DNS_ADDITIONAL, server, DNS_A, address);
    if (address2)
        add(reply, DNS_ADDITIONAL, server2, DNS_A, address2);
}

static void root_says(struct reply *reply, const char *zone)
{
    if (strcmp(zone, "evil.") == 0)
        refer(reply, zone, "ns.evil", addresses[EVIL], NULL, NULL);
    else if (strcmp(zone, "good.") == 0)
        refer(reply, zone, "ns.good", addresses[GOOD], NULL, NULL);
    else if (strcmp(zone, "up.") == 0)
        refer(reply, zone, "ns.up", addresses[UP], NULL, NULL);
    else if (strcmp(zone, "silent.") == 0)
        refer(reply, zone, "ns.silent", addresses[SILENT], NULL, NULL);
    else if (strcmp(zone, "glueless.") == 0)
        refer(reply, zone, "ns.good", NULL, NULL, NULL);
    else if (strcmp(zone, "hinted.") == 0)
        refer(reply, zone, "ns.good", "127.0.77.99", NULL, NULL);
    else if (strcmp(zone, "both.") == 0) /* the second is the first */
        refer(reply, zone, "a.good", NULL, "b.good", NULL);
    else if (strcmp(zone, "six.") == 0) { /* and at ::1 nobody serves it */
        add(reply, DNS_AUTHORITY, zone, DNS_NS, "ns6.good");
        add(reply, DNS_ADDITIONAL, "ns6.good", DNS_AAAA, "::1");
    } else if (strcmp(zone, "lost.") == 0) /* nobody could ever find it */
        refer(reply, zone, "ns.lost", NULL, NULL, NULL);
    else if (strcmp(zone, "ring.") == 0)
        refer(reply, zone, "ns.gnir", NULL, NULL, NULL);
    else if (strcmp(zone, "gnir.") == 0)
        refer(reply, zone, "ns.ring", NULL, NULL, NULL);
    else if (strcmp(zone, "many.") == 0 || strcmp(zone, "same.") == 0)
        for (int i = 0; i < 2 * MANY; i++) { /* all the names, then addresses */
            char name[16], ip[INET_ADDRSTRLEN];
            snprintf(name, sizeof name, "%c.%.8s", 'a' + i % MANY, zone);
            snprintf(ip, sizeof ip, "127.0.77.%d", 100 + i % MANY);
            if (i < MANY)
                add(reply, DNS_AUTHORITY, zone, DNS_NS, name);
            else
                add(reply, DNS_ADDITIONAL, name, DNS_A,
                    zone[0] == 'm' ? ip : addresses[SILENT]);
        }
    else if (strcmp(zone, "half.") == 0) /* nobody is at the first */
        refer(reply, zone, "a.half", "127.0.77.99", "b.half", addresses[GOOD]);
}

static void evil_says(struct reply *reply, uint16_t id, const char *name)
{
    static int chain;
    char next[40];
    begin(reply, id, DNS_AA);
    if (strncmp(name, "poison", 6) == 0) {
        /* The truth about itself, and a lie in every other place. */
        add(reply, DNS_ANSWER, name, DNS_A, "1.2.3.4");
        add(reply, DNS_ANSWER, "www.good", DNS_A, "6.6.6.6");
        add(reply, DNS_AUTHORITY, ".", DNS_NS, "ns.evil");
        refer(reply, "good", "ns.good", addresses[EVIL], "ns.evil",
              addresses[EVIL]);
        add(reply, DNS_ADDITIONAL, "www.good", DNS_A, "6.6.6.6");
    } else if (strncmp(name, "alias", 5) == 0) {
        add(reply, DNS_ANSWER, name, DNS_CNAME, "www.good");
        add(reply, DNS_ANSWER, "www.good", DNS_A, "6.6.6.6");
    } else if (strncmp(name, "sideways", 8) == 0) {
        begin(reply, id, 0);
        refer(reply, "good", "ns.good", addresses[EVIL], NULL, NULL);
    } else if (strncmp(name, "chain", 5) == 0) {
        snprintf(next, sizeof next, "chain%d.evil", ++chain);
        add(reply, DNS_ANSWER, name, DNS_CNAME, next);
    } else if (strncmp(name, "circle", 6) == 0) {
        add(reply, DNS_ANSWER, name, DNS_CNAME, "circle.evil");
    } else if (strncmp(name, "hearsay", 7) == 0) {
        begin(reply, id, 0);
        add(reply, DNS_ANSWER, name, DNS_A, "6.6.6.6");
    } else if (strcmp(name, "www.glue.evil.") == 0) {
        /* Into other hands, but where good's server is, evil cannot say. */
        begin(reply, id, 0);
        refer(reply, "glue.evil", "ns.good", addresses[EVIL], NULL, NULL);
    } else if (strncmp(name, "again", 5) == 0) {
        begin(reply, id, 0);
        refer(reply, "evil", "ns.evil", addresses[EVIL], NULL, NULL);
    } else if (strncmp(name, "aside", 5) == 0) {
        begin(reply, id, 0);
        refer(reply, "other.evil", "ns.evil", addresses[EVIL], NULL, NULL);
    } else if (strncmp(name, "d.d.", 4) == 0) {
        /* One level down with each question, as far as the name goes */
        static size_t labels = 1;
        if (labels == dns_name_labels(&reply->question.name))
            labels = 1;
        char zone[DNS_NAME_TEXT];
        struct dns_name below;
        dns_name_suffix(&reply->question.name, ++labels, &below);
        begin(reply, id, 0);
        refer(reply, dns_name_text(&below, zone), "ns.evil", addresses[EVIL],
              NULL, NULL);
    } else if (strncmp(name, "rumour", 6) == 0) {
        begin(reply, id, DNS_NXDOMAIN);
        add(reply, DNS_AUTHORITY, "evil", DNS_SOA, NULL);
    } else if (strncmp(name, "borrowed", 8) == 0) {
        begin(reply, id, (unsigned)DNS_AA | DNS_NXDOMAIN);
        add(reply, DNS_AUTHORITY, ".", DNS_SOA, NULL);
    } else if (strncmp(name, "brief", 5) == 0) {
        ttl = 1;
        add(reply, DNS_ANSWER, name, DNS_A, "1.2.3.4");
        ttl = 600;
    } else if (strncmp(name, "eternal", 7) == 0) {
        ttl = 1000000;
        add(reply, DNS_ANSWER, name, DNS_A, "1.2.3.4");
        ttl = 600;
    } else if (strncmp(name, "never", 5) == 0) {
        begin(reply, id, (unsigned)DNS_AA | DNS_NXDOMAIN);
        ttl = 1000000;
        add(reply, DNS_AUTHORITY, "evil", DNS_SOA, NULL);
        ttl = 600;
    } else if (strncmp(name, "cut", 3) == 0) {
        begin(reply, id, DNS_AA | DNS_TC); /* over TCP it says the truth */
        add(reply, DNS_ANSWER, name, DNS_A, "6.6.6.6");
    } else if (strncmp(name, "guess", 5) == 0) {
        for (uint16_t i = 1; i < 150; i++) {
            begin(reply, (uint16_t)(id + i), DNS_AA);
            add(reply, DNS_ANSWER, name, DNS_A, "6.6.6.6");
            finish(reply);
        }
        begin(reply, id, DNS_AA); /* and that one it did not guess */
        add(reply, DNS_ANSWER, name, DNS_A, "6.6.6.6");
    } else if (strncmp(name, "bare", 4) == 0) {
        /* A "no" of the shortest kind: nothing in any section */
    } else if (strncmp(name, "twice", 5) == 0) {
        add(reply, DNS_ANSWER, name, DNS_A, "1.2.3.4");
        add(reply, DNS_ANSWER, name, DNS_A, "1.2.3.4");
    } else if (strncmp(name, "crowd", 5) == 0) {
        for (int i = 0; i < 110; i++) {
            snprintf(next, sizeof next, "6.6.6.%d", i);
            add(reply, DNS_ANSWER, name, DNS_A, next);
        }
    } else if (strncmp(name, "forged", 6) == 0) {
        /* Wrong id; another type, class or name; not a response; one byte too
           many; from another address, or another port of the right one. And
           only then the truth. */
        struct dns_question real = reply->question;
        for (uint16_t i = 1; i < 20; i++) {
            begin(reply, (uint16_t)(id + i), DNS_AA);
            add(reply, DNS_ANSWER, name, DNS_A, "6.6.6.6");
            finish(reply);
        }
        for (int i = 0; i < 3; i++) {
            reply->question.type = i == 0 ? DNS_TXT : DNS_A;
            reply->question.class_code = i == 1 ? 3 : DNS_CLASS_IN;
            if (i == 2)
                dns_name_parse("forget.evil", NULL, &reply->question.name);
            begin(reply, id, DNS_AA);
            add(reply, DNS_ANSWER, name, DNS_A, "6.6.6.6");
            finish(reply);
            reply->question = real;
        }
        begin(reply, id, DNS_AA);
        add(reply, DNS_ANSWER, name, DNS_A, "6.6.6.6");
        dns_set_flags(&reply->writer, DNS_AA);
        finish(reply);
        dns_set_flags(&reply->writer, DNS_QR | DNS_AA);
        reply->bytes[reply->writer.length++] = 0;
        finish(reply);
        reply->writer.length--;
        int evil_fd = reply->fd;
        reply->fd = liars[SILENT];
        finish(reply);
        struct sockaddr_in beside = {.sin_family = AF_INET};
        inet_pton(AF_INET, addresses[EVIL], &beside.sin_addr);
        reply->fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (bind(reply->fd, (struct sockaddr *)&beside, sizeof beside) == -1)
            die("bind");
        finish(reply);
        close(reply->fd);
        reply->fd = evil_fd;
        begin(reply, id, DNS_AA);
        add(reply, DNS_ANSWER, name, DNS_A, "1.2.3.4");
    } else {
        dns_set_flags(&reply->writer, (unsigned)DNS_QR | DNS_REFUSED);
    }
    finish(reply);
}

/* Milliseconds that the resolver has run, or would have: a busy machine does
   not hide who never rests. 0 where the system does not tell. */
static long long worked(void)
{
    char path[64];
    unsigned long long ran = 0, waited = 0;
    snprintf(path, sizeof path, "/proc/%ld/schedstat", (long)resolver.pid);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%llu %llu", &ran, &waited) != 2)
        ran = waited = 0;
    if (file)
        fclose(file);
    return (long long)((ran + waited) / 1000000);
}

/* The truth, over TCP, after a while: one question, one answer. */
static void serve_tcp(void)
{
    unsigned char bytes[2 + 1000];
    struct reply reply;
    struct dns_message message;
    char name[DNS_NAME_TEXT];
    int fd = accept(evil_tcp, NULL, NULL);
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    ssize_t count =
        poll(&wanted, 1, DEADLINE) == 1 ? read(fd, bytes, sizeof bytes) : 0;
    if (count < 3 || dns_decode(bytes + 2, (size_t)count - 2, &message)) {
        check(0, "the resolver asks in good order over TCP");
        close(fd);
        return;
    }
    asked++;
    poll(NULL, 0, 100); /* till it has done what there is to do */
    long long work = worked(), began = now_ms();
    poll(NULL, 0, 100);
    check(worked() - work < (now_ms() - began) / 2,
          "it rests until the answer comes");
    reply.question = message.question;
    begin(&reply, message.id, DNS_AA);
    add(&reply, DNS_ANSWER, dns_name_text(&message.question.name, name), DNS_A,
        "1.2.3.4");
    bytes[0] = (unsigned char)(reply.writer.length >> 8);
    bytes[1] = (unsigned char)reply.writer.length;
    if (write(fd, bytes, 2) + write(fd, reply.bytes, reply.writer.length) < 2)
        die("write");
    close(fd);
}

/* One question to one of them. */
static void serve(int liar)
{
    unsigned char bytes[1000];
    struct reply reply = {.fd = liars[liar]};
    socklen_t length = sizeof reply.to;
    struct dns_message message;
    char name[DNS_NAME_TEXT], zone[DNS_NAME_TEXT];
    ssize_t count = recvfrom(reply.fd, bytes, sizeof bytes, 0,
                             (struct sockaddr *)&reply.to, &length);
    if (count == -1 || dns_decode(bytes, (size_t)count, &message)) {
        check(0, "the resolver asks in good order");
        return;
    }
    check(message.flags == 0 && message.question_count == 1,
          "the resolver does not ask its servers for recursion");
    asked++;
    static unsigned last_id, last_port;
    ids++;
    if (message.id - last_id <= 1 || reply.to.sin_port == last_port)
        guessable++;
    if (message.id >> 8 == (message.id & 255) ||
        !((message.id ^ last_id) >> 8) || !((message.id ^ last_id) & 255))
        half_guessed++;
    last_id = message.id;
    last_port = reply.to.sin_port;
    reply.question = message.question;
    struct dns_name top;
    dns_name_suffix(&message.question.name, 1, &top);
    dns_name_text(&message.question.name, name);
    dns_name_text(&top, zone);
    if (liar == EVIL) {
        evil_says(&reply, message.id, name);
    } else if (liar == ROOT) {
        begin(&reply, message.id, 0);
        root_says(&reply, zone);
        finish(&reply);
    } else if (liar == UP) {
        begin(&reply, message.id, 0);
        refer(&reply, ".", "ns.evil", addresses[EVIL], NULL, NULL);
        finish(&reply);
    } else if (liar == SILENT && strncmp(name, "late", 4) == 0) {
        static int times;
        begin(&reply, message.id, DNS_AA);
        add(&reply, DNS_ANSWER, name, DNS_A, "1.2.3.4");
        if (++times == 2) /* the first one was lost */
            finish(&reply);
    } else if (liar == GOOD) {
        begin(&reply, message.id, DNS_AA);
        if (strncmp(name, "www.", 4) == 0)
            add(&reply, DNS_ANSWER, name, DNS_A, "1.2.3.4");
        else if (strcmp(name, "a.good.") == 0 || strcmp(name, "b.good.") == 0)
            add(&reply, DNS_ANSWER, name, DNS_A, addresses[SILENT]);
        else if (strcmp(name, "ns.good.") == 0 ||
                 strcmp(name, "ns6.good.") == 0)
            add(&reply, DNS_ANSWER, name, DNS_A, addresses[GOOD]);
        else {
            add(&reply, DNS_AUTHORITY, zone, DNS_SOA, NULL);
            dns_set_flags(&reply.writer,
                          DNS_QR | (unsigned)DNS_AA | DNS_NXDOMAIN);
        }
        finish(&reply);
    }
}

/* ---- the client -------------------------------------------------------- */

static size_t write_question(const char *name, uint16_t id, unsigned flags,
                             unsigned char *bytes, size_t size)
{
    struct dns_question question = {.type = DNS_A, .class_code = DNS_CLASS_IN};
    struct dns_writer writer;
    dns_name_parse(name, NULL, &question.name);
    dns_begin(&writer, bytes, size, id, (uint16_t)flags);
    dns_put_question(&writer, &question);
    return writer.length;
}

/* Let the liars work until fd can be read. */
static int await(int fd, int ms)
{
    long long deadline = now_ms() + ms;
    while (now_ms() < deadline) {
        struct pollfd polled[LIARS + 3] = {{.fd = fd, .events = POLLIN}};
        polled[LIARS + 2] = (struct pollfd){.fd = evil_tcp, .events = POLLIN};
        for (int i = 0; i < LIARS; i++)
            polled[1 + i] = (struct pollfd){.fd = liars[i], .events = POLLIN};
        polled[LIARS + 1] =
            (struct pollfd){.fd = resolver.out, .events = POLLIN};
        if (poll(polled, LIARS + 3, (int)(deadline - now_ms())) == -1)
            die("poll");
        if (polled[LIARS + 2].revents)
            serve_tcp();
        if (polled[LIARS + 1].revents)
            child_listen(&resolver, 0);
        for (int i = 0; i < LIARS; i++)
            if (polled[1 + i].revents)
                serve(i);
        if (polled[0].revents)
            return 1;
    }
    return 0;
}

/* What must be said: the code, and in the last record this text; or none. */
static void expect(const unsigned char *bytes, size_t count, const char *name,
                   unsigned rcode, const char *shown)
{
    struct dns_message message;
    char text[DNS_RECORD_TEXT] = "nothing";
    const char *problem = dns_decode(bytes, count, &message);
    if (problem) {
        check(0, problem);
        return;
    }
    size_t total = message.count[0] + message.count[1] + message.count[2];
    if (total > 0)
        dns_record_text(&message.records[total - 1], text);
    if ((message.flags & DNS_RCODE) != rcode ||
        (shown ? !strstr(text, shown) : total > 0)) {
        printf("FAILED: %s: %s, %s\n", name,
               dns_rcode_text(message.flags & DNS_RCODE), text);
        failures++;
    }
    dns_message_free(&message);
}

static int udp_client(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd == -1 || connect(fd, (struct sockaddr *)&resolver_addr,
                            sizeof resolver_addr) == -1)
        die("client");
    return fd;
}

/* most: so many questions may the servers be asked for it. */
static void ask(const char *name, unsigned rcode, const char *shown, int most)
{
    unsigned char bytes[DNS_UDP_MAX];
    int fd = udp_client();
    size_t count = write_question(name, 7, DNS_RD, bytes, sizeof bytes);
    asked = 0;
    send(fd, bytes, count, 0);
    if (!await(fd, DEADLINE)) {
        printf("%s: no answer\n", name);
        failures++;
    } else {
        ssize_t received = recv(fd, bytes, sizeof bytes, 0);
        expect(bytes, received > 0 ? (size_t)received : 0, name, rcode, shown);
        if (asked > most) {
            printf("FAILED: %s: %d questions, not %d\n", name, asked, most);
            failures++;
        }
    }
    close(fd);
}

/* A question with something wrong: how long it is. */
struct oddity {
    const char *what;
    unsigned flags;
    int twice, record, class_code, length; /* 0: all of it */
    int rcode;                             /* -1: no answer */
};

/* With its two bytes of length, as over TCP. */
static size_t write_oddity(const struct oddity *odd, const char *name,
                           uint16_t id, unsigned char *stream)
{
    struct reply message = {.question = {.type = DNS_A}};
    dns_name_parse(name, NULL, &message.question.name);
    message.question.class_code = (uint16_t)odd->class_code;
    begin(&message, id, 0);
    if (odd->twice)
        dns_put_question(&message.writer, &message.question);
    if (odd->record)
        add(&message, DNS_ANSWER, name, DNS_A, "6.6.6.6");
    dns_set_flags(&message.writer, (uint16_t)odd->flags);
    size_t length = odd->length ? (size_t)odd->length : message.writer.length;
    stream[0] = 0;
    stream[1] = (unsigned char)length;
    memcpy(stream + 2, message.bytes, length);
    return 2 + length;
}

static int tcp_client(const struct sockaddr_in *to)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1 || connect(fd, (const struct sockaddr *)to, sizeof *to) == -1)
        die("connect");
    return fd;
}

/* A message with its length, or as much as comes. Returns its own length. */
static size_t read_message(int fd, unsigned char *bytes)
{
    size_t got = 0;
    while (got < 2 || got < 2u + bytes[1]) {
        size_t wanted = got < 2 ? 2 - got : 2u + bytes[1] - got;
        ssize_t part = await(fd, DEADLINE) ? read(fd, bytes + got, wanted) : -1;
        if (part <= 0)
            break;
        got += (size_t)part;
    }
    return got > 2 ? got - 2 : 0;
}

/* One connection, one write, six messages: each gets its own answer, in this
   order, and the last one is an ordinary question. Then what is no question:
   over UDP it is passed over, over TCP the connection is at its end. */
static void ask_strangely(const struct sockaddr_in *to, const char *name)
{
    static const struct oddity strange[] = {
        {"two questions", DNS_RD, 1, 0, 1, 0, DNS_FORMERR},
        {"opcode 5", DNS_RD | 5u << 11, 0, 0, 1, 0, DNS_NOTIMP},
        {"a question with an answer", DNS_RD, 0, 1, 1, 0, DNS_FORMERR},
        {"class CH", DNS_RD, 0, 0, 3, 0, DNS_REFUSED},
        {"a question cut short", DNS_RD, 0, 0, 1, 20, DNS_FORMERR},
        {"a question", DNS_RD, 0, 0, 1, 0, DNS_NOERROR},
        {"a response", DNS_QR | DNS_RD, 0, 0, 1, 0, -1},
        {"half a header", DNS_RD, 0, 0, 1, 11, -1}};
    enum { COUNT = sizeof strange / sizeof *strange, ANSWERED = COUNT - 2 };
    unsigned char stream[2000], bytes[2 + DNS_UDP_MAX];
    size_t used = 0;
    for (uint16_t i = 0; i < ANSWERED; i++)
        used += write_oddity(&strange[i], name, i, stream + used);
    int fd = tcp_client(to);
    check(write(fd, stream, used) == (ssize_t)used, "six messages");
    for (unsigned i = 0; i < ANSWERED; i++) {
        size_t got = read_message(fd, bytes);
        check(got > 2 && bytes[3] == i, "answers in the order of questions");
        expect(bytes + 2, got, strange[i].what, (unsigned)strange[i].rcode,
               i == ANSWERED - 1 ? "1.2.3.4" : NULL);
    }
    close(fd);
    for (unsigned i = ANSWERED; i < COUNT; i++) {
        size_t length = write_oddity(&strange[i], name, 0, stream);
        fd = tcp_client(to);
        check(write(fd, stream, length) == (ssize_t)length, strange[i].what);
        check(await(fd, DEADLINE) && read(fd, bytes, sizeof bytes) <= 0,
              "what is no question ends the connection");
        close(fd);
    }
}

/* Over TCP, with its length. */
static size_t write_framed(const char *name, uint16_t id, unsigned char *bytes)
{
    size_t length = write_question(name, id, DNS_RD, bytes + 2, DNS_UDP_MAX);
    bytes[0] = 0;
    bytes[1] = (unsigned char)length;
    return 2 + length;
}

/* The longest message that there is, of which most has come. Then its rest and
   three questions are there at once, more than a server has room for. Each of
   the four gets its own answer. */
static void ask_much_at_once(const struct child *server,
                             const struct sockaddr_in *to, const char *name)
{
    enum { LONGEST = 2 + 65535, FIRST = 60000, QUESTIONS = 3 };
    static unsigned char stream[LONGEST + QUESTIONS * (2 + DNS_UDP_MAX)];
    unsigned char bytes[2 + DNS_UDP_MAX];
    memset(stream, 0xff, 2); /* its length; all else in it is 0 */
    size_t used = LONGEST;
    for (uint16_t i = 1; i <= QUESTIONS; i++)
        used += write_framed(name, i, stream + used);
    int fd = tcp_client(to), other_fd = tcp_client(to);
    check(write(fd, stream, FIRST) == FIRST, "most of a long message");
    size_t length = write_framed(name, 9, bytes);
    check(write(other_fd, bytes, length) == (ssize_t)length, "a question");
    check(read_message(other_fd, bytes) > 2, "served beside the long one");
    kill(server->pid, SIGSTOP);
    check(write(fd, stream + FIRST, used - FIRST) == (ssize_t)(used - FIRST),
          "all the rest");
    kill(server->pid, SIGCONT);
    for (unsigned i = 0; i <= QUESTIONS; i++) {
        size_t got = read_message(fd, bytes);
        check(got > 2 && bytes[3] == i, "an answer to each of four");
        expect(bytes + 2, got, i == 0 ? "a long message" : name,
               i == 0 ? DNS_FORMERR : DNS_NOERROR, i == 0 ? NULL : "1.2.3.4");
    }
    close(other_fd);
    close(fd);
}

/* The next line of the log, or NULL; without what varies, and without what is
   said of a ring, a deep name, a late answer, and ::1, which may be missing. */
static const char *next_line(const char **log)
{
    static char line[512];
    static int left_out;
    for (;;) {
        const char *end = strchr(*log, '\n');
        if (!end)
            return NULL;
        size_t length = 0;
        int is_old = strncmp(*log, "(", 1) == 0 &&
                     strstr(*log, "from the cache: ") < end &&
                     strstr(*log, "from the cache: ") != NULL;
        int number = **log == '(' ? atoi(*log + 1) : 0;
        for (const char *c = *log; c < end && length < sizeof line - 8;) {
            size_t digits = strspn(c, "0123456789");
            if (digits >= 4 && c[-1] == ':')
                length += (size_t)sprintf(line + length, "PORT");
            else if (digits > 0 && c == *log + 1 && number > 0)
                length += (size_t)sprintf(line + length, "#");
            else if (digits > 0 && is_old && c[-1] == ' ' && c[digits] == ' ')
                length += (size_t)sprintf(line + length, "N");
            else
                digits = 0, line[length++] = *c++;
            c += digits;
        }
        line[length] = '\0';
        *log = end + 1;
        if (strstr(line, "asks for www.ring.") ||
            strstr(line, "asks for d.d.") || strstr(line, "asks for late.") ||
            strstr(line, "asks for www.six."))
            left_out = number;
        if (number == 0 || number != left_out)
            return line;
    }
}

/* How often nobody answered, as a log says. */
static int silences(const char *log)
{
    int count = 0;
    while ((log = strstr(log, ") no answer\n")) != NULL)
        log++, count++;
    return count;
}

/* A server that has its 0.7 seconds because nobody here got any time says
   nothing about liars. */
static int too_slow;

/* All lines so far, against those of the file. */
static void check_log(const char *file_name)
{
    static char expected[32 * 1024];
    FILE *file = fopen(file_name, "r");
    if (!file)
        die(file_name);
    expected[fread(expected, 1, sizeof expected - 1, file)] = '\0';
    fclose(file);
    size_t seen;
    do
        seen = resolver.count;
    while (child_listen(&resolver, 100) && resolver.count > seen);
    /* (late.silent is silent once) */
    too_slow = silences(resolver.text) > silences(expected) + 1;
    const char *log = resolver.text, *got;
    int number = 0;
    for (char *wanted = strtok(expected, "\n"); wanted && !too_slow;
         wanted = strtok(NULL, "\n")) {
        number++;
        got = next_line(&log);
        if (got && strcmp(got, wanted) == 0)
            continue;
        printf("FAILED: the log's line %d is \"%s\", not \"%s\"\n", number,
               got ? got : "(none)", wanted);
        failures++;
        return;
    }
    check(too_slow || next_line(&log) == NULL, "the log ends there");
}

static void test_resolver(const char *build_dir, const char *port,
                          const char *log_name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/ch06_dns/dns_resolver", build_dir);
    char *argv[] = {path, "127.0.77.1", "0", "127.0.77.2", (char *)port, NULL};
    child_start(&resolver, NULL, argv, NULL);
    char *ready = child_await(&resolver, 0, "127.0.77.1:", DEADLINE);
    if (!ready || !child_await(&resolver, 0, "nothing else\n", DEADLINE)) {
        printf("dns_resolver does not start: %s\n", resolver.text);
        exit(1);
    }
    resolver_addr.sin_family = AF_INET;
    resolver_addr.sin_port = htons((uint16_t)atoi(ready + 11));
    inet_pton(AF_INET, "127.0.77.1", &resolver_addr.sin_addr);

    ask("poison.evil", DNS_NOERROR, "1.2.3.4", 2);
    ask("www.good", DNS_NOERROR, "www.good. 600 A 1.2.3.4", 2);
    ask("www.good", DNS_NOERROR, "1.2.3.4", 0); /* from the cache */
    ask("www.glue.evil", DNS_NOERROR, "1.2.3.4", 2);
    ask("www.b.good", DNS_NOERROR, "1.2.3.4", 1);
    ask("poison2.evil", DNS_NOERROR, "1.2.3.4", 1);
    ask("alias.evil", DNS_NOERROR, "1.2.3.4", 1);
    ask("sideways.evil", DNS_SERVFAIL, NULL, 1);
    ask("chain.evil", DNS_SERVFAIL, NULL, 20);
    ask("circle.evil", DNS_SERVFAIL, NULL, 20);
    ask("hearsay.evil", DNS_SERVFAIL, NULL, 1);
    ask("forged.evil", DNS_NOERROR, "1.2.3.4", 1);
    ask("x.up", DNS_SERVFAIL, NULL, 2);
    ask("www.glueless", DNS_NOERROR, "1.2.3.4", 3);
    ask("ns.good", DNS_NOERROR, addresses[GOOD], 1);
    ask("www.six", DNS_NOERROR, "1.2.3.4", 3); /* by its other address */
    ask("www2.six", DNS_NXDOMAIN, "six.", 1);
    ask("www.hinted", DNS_SERVFAIL, NULL, 1);
    ask("ns.good", DNS_NOERROR, addresses[GOOD], 0); /* by its own word */
    ask("www.ring", DNS_SERVFAIL, NULL, 10);
    ask("www.lost", DNS_SERVFAIL, NULL, 1);
    ask("www.lost", DNS_SERVFAIL, NULL, 1);
    ask("www.half", DNS_NOERROR, "1.2.3.4", 2);
    ask("again.evil", DNS_SERVFAIL, NULL, 1);
    ask("aside.evil", DNS_SERVFAIL, NULL, 1);
    char deep[2 * 100 + sizeof "evil"] = "";
    for (int i = 0; i < 100; i++)
        memcpy(deep + 2 * i, "d.", 2);
    memcpy(deep + 2 * 100, "evil", sizeof "evil");
    ask(deep, DNS_SERVFAIL, NULL, 60);
    ask("x.same", DNS_SERVFAIL, NULL, 3); /* 15 names, but one server */
    /* Two names, whose addresses are asked for, and of both kinds. */
    ask("x.both", DNS_SERVFAIL, NULL, 1 + 4 + 2);
    ask("late.silent", DNS_NOERROR, "1.2.3.4", 3);

    /* A "no" lives for 60 seconds, as the SOA says in two places. */
    ask("nobody.good", DNS_NXDOMAIN, "good. 60 SOA", 1);
    ask("nobody.good", DNS_NXDOMAIN, "good. 5", 0); /* some seconds less */
    /* A day is the longest, for a "no" an hour, whatever the TTL says. */
    ask("eternal.evil", DNS_NOERROR, "1.2.3.4", 1);
    ask("eternal.evil", DNS_NOERROR, "eternal.evil. 863", 0);
    ask("never.evil", DNS_NXDOMAIN, "evil. 3600 SOA", 1);
    ask("never.evil", DNS_NXDOMAIN, "evil. 35", 0);
    ask("rumour.evil", DNS_SERVFAIL, NULL, 1);
    ask("cut.evil", DNS_NOERROR, "1.2.3.4", 2);
    ask("guess.evil", DNS_NOERROR, "1.2.3.4", 2);
    ask("borrowed.evil", DNS_NXDOMAIN, NULL, 1);
    ask("bare.evil", DNS_NOERROR, NULL, 1);
    ask("twice.evil", DNS_NOERROR, "1.2.3.4", 1);
    /* Too many for a datagram, and too many to be kept. */
    ask("crowd.evil", DNS_NOERROR, NULL, 1);
    ask("crowd.evil", DNS_NOERROR, NULL, 1);
    check(asked == 1, "110 records are asked for again");
    check_log(log_name);

    /* Two who ask the same at once: one question is sent, both are told. */
    unsigned char bytes[DNS_UDP_MAX];
    static const char *const twins[] = {"www.twins.good", "www.TWINS.good"};
    int twin_fds[] = {udp_client(), udp_client()};
    size_t from = resolver.count;
    asked = 0;
    for (uint16_t i = 0; i < 2; i++)
        send(twin_fds[i], bytes,
             write_question(twins[i], i, DNS_RD, bytes, sizeof bytes), 0);
    check(child_await(&resolver, from, "which asks the same", DEADLINE) != NULL,
          "one waits for the other");
    for (uint16_t i = 0; i < 2; i++) {
        ssize_t received = await(twin_fds[i], DEADLINE)
                               ? recv(twin_fds[i], bytes, sizeof bytes, 0)
                               : 0;
        expect(bytes, received > 0 ? (size_t)received : 0, twins[i],
               DNS_NOERROR, "1.2.3.4");
        check(received > 1 && bytes[1] == i, "the id of each");
        close(twin_fds[i]);
    }
    check(asked == 1, "of two questions one is sent");

    ask("brief.evil", DNS_NOERROR, "1.2.3.4", 1);
    /* More questions than there is room for wait for a server that says
       nothing. Nobody else does: as many from the cache tell what is long. */
    long long hundred = now_ms();
    for (int i = 0; i < 100; i++)
        ask("www.good", DNS_NOERROR, "1.2.3.4", 0);
    hundred = now_ms() - hundred;
    int waiting_fd = udp_client(), tcp_fd = socket(AF_INET, SOCK_STREAM, 0);
    for (uint16_t i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "x%d.silent", i);
        send(waiting_fd, bytes,
             write_question(name, i, DNS_RD, bytes, sizeof bytes), 0);
    }
    /* Fifteen of them serve one zone: a client is not told after 15 times
       0.7 seconds, and not after twice as long. */
    int many_fd = udp_client();
    send(many_fd, bytes,
         write_question("x.many", 1, DNS_RD, bytes, sizeof bytes), 0);
    /* Nor for a client that stalls within the length of its question. */
    if (tcp_fd == -1 || connect(tcp_fd, (struct sockaddr *)&resolver_addr,
                                sizeof resolver_addr) == -1)
        die("connect");
    unsigned char question[2 + DNS_UDP_MAX] = {0};
    size_t count =
        2 + write_question("www.good", 9, DNS_RD, question + 2, DNS_UDP_MAX);
    question[1] = (unsigned char)(count - 2);
    check(write(tcp_fd, question, 1) == 1, "half a length");
    long long began = now_ms();
    ask("www.good", DNS_NOERROR, "1.2.3.4", 400); /* theirs, too */
    check(now_ms() - began < 4000 + 5 * hundred, "served while others wait");
    for (size_t i = 1; i < count; i++)
        check(write(tcp_fd, question + i, 1) == 1, "a byte");
    size_t got = 0;
    while (got < 2 || got < 2u + bytes[1]) {
        ssize_t part = await(tcp_fd, DEADLINE)
                           ? read(tcp_fd, bytes + got, sizeof bytes - got)
                           : -1;
        if (part <= 0)
            break;
        got += (size_t)part;
    }
    expect(bytes + 2, got > 2 ? got - 2 : 0, "over TCP, byte by byte",
           DNS_NOERROR, "1.2.3.4");
    close(tcp_fd);

    /* Whoever waited hears SERVFAIL in the end. */
    for (int i = 0; i < 100; i++) {
        ssize_t received = await(waiting_fd, DEADLINE)
                               ? recv(waiting_fd, bytes, sizeof bytes, 0)
                               : 0;
        expect(bytes, received > 0 ? (size_t)received : 0, "silence",
               DNS_SERVFAIL, NULL);
    }
    close(waiting_fd);
    ssize_t told =
        await(many_fd, DEADLINE) ? recv(many_fd, bytes, sizeof bytes, 0) : 0;
    expect(bytes, told > 0 ? (size_t)told : 0, "many silent servers",
           DNS_SERVFAIL, NULL);
    close(many_fd);

    ask("brief.evil", DNS_NOERROR, "1.2.3.4", 1);
    check(asked == 1, "a TTL of a second has passed");
    check(guessable < 10, "ids and ports that nobody can guess");
    /* of random ones three of 256 */
    check(half_guessed < ids / 10, "nor half of an id");

    ask_strangely(&resolver_addr, "www.strange.good");

    /* Without "recursion desired" nobody is asked. */
    int fd = udp_client();
    asked = 0;
    send(fd, bytes, write_question("www.evil", 3, 0, bytes, sizeof bytes), 0);
    ssize_t received =
        await(fd, DEADLINE) ? recv(fd, bytes, sizeof bytes, 0) : 0;
    expect(bytes, received > 0 ? (size_t)received : 0, "no recursion",
           DNS_REFUSED, NULL);
    check(asked == 0, "nobody asked without recursion");
    close(fd);
    if (failures > 0)
        printf("dns_resolver printed:\n%s", resolver.text);
    check(child_end(&resolver, SIGINT) == 128 + SIGINT, "Ctrl-C ends it");
}

/* ---- dns_server and SIGHUP --------------------------------------------- */

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    if (!file || fputs(text, file) == EOF || fclose(file) == EOF)
        die(name);
}

static void test_hangup(const char *build_dir)
{
    static const char top[] = "$TTL 60\n$ORIGIN x.\n@ SOA a b 1 2 3 4 5\n";
    char path[4096], zone_file[64], text[200], expected[200];
    struct child server;
    snprintf(path, sizeof path, "%s/ch06_dns/dns_server", build_dir);
    snprintf(zone_file, sizeof zone_file, "dns_liars.%ld", (long)getpid());
    char *argv[] = {path, "0", zone_file, NULL};

    snprintf(text, sizeof text, "%s@ NS a\n", top);
    write_file(zone_file, text);
    child_start(&server, NULL, argv, NULL);
    check(child_await(&server, 0, "zone x., 2 records\n", DEADLINE) != NULL,
          "a zone of two records");
    snprintf(text, sizeof text, "%s@ NS a\n@ NS b\na A 1.2.3.4\n", top);
    write_file(zone_file, text);
    kill(server.pid, SIGHUP);
    check(child_await(&server, 0, "zone x. read again, 4 records\n",
                      DEADLINE) != NULL,
          "the new file");
    snprintf(text, sizeof text, "%s@ NS a\n@ A oops\n", top);
    write_file(zone_file, text);
    kill(server.pid, SIGHUP);
    snprintf(expected, sizeof expected,
             "dns_server: %s:5: not an IPv4 address: \"oops\"\n", zone_file);
    check(child_await(&server, 0, expected, DEADLINE) != NULL,
          "the mistake and its line");
    unlink(zone_file);
    kill(server.pid, SIGHUP);
    check(child_await(&server, 0, "No such file", DEADLINE) != NULL, "no file");

    /* It still has the second one: two NS records. */
    char *port = strstr(server.text, "127.0.0.1:");
    char number[8];
    snprintf(number, sizeof number, "%d", port ? atoi(port + 10) : 0);
    snprintf(path, sizeof path, "%s/ch06_dns/dns_query", build_dir);
    char *query[] = {path, "-t", "NS", "127.0.0.1", number, "x", NULL};
    struct child client;
    child_start(&client, NULL, query, NULL);
    check(child_await(&client, 0, "NS b.x.", DEADLINE) != NULL,
          "the old zone is kept");
    child_end(&client, SIGKILL);
    struct sockaddr_in addr = {.sin_family = AF_INET};
    addr.sin_port = htons((uint16_t)atoi(number));
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    ask_strangely(&addr, "a.x");
    ask_much_at_once(&server, &addr, "a.x");
    check(child_end(&server, SIGINT) == 128 + SIGINT, "Ctrl-C ends it");
}

/* Its status: 77 where it cannot be shown, TOO_SLOW if nothing has been. */
static int try(const char *build_dir, const char *log_name)
{
    evil_tcp = -1;
    for (int i = 0; i < LIARS; i++)
        liars[i] = -1; /* no use of them yet */
    resolver.out = -1;
    test_hangup(build_dir);

    /* One port for all of them, which the first one chooses; and for those
       whom nobody ever hears. */
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t length = sizeof addr;
    for (int i = 0; i < LIARS + MANY; i++) {
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        char ip[INET_ADDRSTRLEN];
        snprintf(ip, sizeof ip, "127.0.77.%d", 100 + i - LIARS);
        inet_pton(AF_INET, i < LIARS ? addresses[i] : ip, &addr.sin_addr);
        if (fd == -1)
            die("socket");
        if (bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1) {
            printf("skipped: %s: %s\n", ip, strerror(errno));
            return errno == EADDRNOTAVAIL ? 77 : 1;
        }
        if (getsockname(fd, (struct sockaddr *)&addr, &length) == -1)
            die("getsockname");
        if (i < LIARS)
            liars[i] = fd;
    }
    inet_pton(AF_INET, addresses[EVIL], &addr.sin_addr);
    evil_tcp = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(evil_tcp, (struct sockaddr *)&addr, sizeof addr) == -1 ||
        listen(evil_tcp, 5) == -1)
        die("listen");
    char port[8];
    snprintf(port, sizeof port, "%d", ntohs(addr.sin_port));
    test_resolver(build_dir, port, log_name);
    if (too_slow)
        return TOO_SLOW;
    if (failures == 0)
        printf("nobody was believed who should not have been\n");
    return failures > 0;
}

int main(int argc, char *argv[])
{
    if (argc != 3) {
        fprintf(stderr, "usage: dns_liars BUILD_DIR LOG\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    move_to_own_network();
    int status = 0, tries = 5;
    do {
        pid_t pid = fork();
        if (pid == 0)
            exit(try(argv[1], argv[2]));
        if (pid == -1 || waitpid(pid, &status, 0) != pid)
            die("fork");
        status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    } while (status == TOO_SLOW && --tries > 0);
    return status == TOO_SLOW ? 1 : status;
}
