/*
 * lossy_server.c - an echo server that loses every EVERYth datagram.
 *
 * It counts the questions of each client. Of every EVERY questions one is
 * lost: the first time the question itself, the next time its answer, and so
 * on in turn. A lost answer brings the same question again: the work is not
 * done twice, the old answer is sent once more.
 *
 * Calls   socket -> bind -> recvfrom/sendto
 * Try     cc lossy_server.c -o lossy_server && ./lossy_server 9190 3
 * See     bound to 127.0.0.1:9190
 * Pair    retry_client.c, whose first comment tells the protocol
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535",
    HEADER = 8,       /* who asks, which question */
    TEXT_SIZE = 1000, /* bytes of text at most */
    CLIENTS = 64,     /* remembered at a time; the oldest is forgotten */
};

struct client {
    char name[NAME_SIZE];            /* address and port, and */
    uint32_t id;                     /* the number it made up */
    uint32_t number;                 /* its last question */
    unsigned questions;              /* that it sent, lost ones too */
    char answer[HEADER + TEXT_SIZE]; /* to its last question */
    size_t answer_size;
};

static struct client *find_client(const char *name, uint32_t id);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);
static void name_address(const struct sockaddr_storage *addr, char *name);
static int bind_at(const char *ip, const char *port);
static void print_quoted(const char *bytes, size_t count);
static uint32_t get_u32(const char *bytes);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: lossy_server [ADDRESS] PORT EVERY\n");
        return 2;
    }
    unsigned every =
        (unsigned)parse_number(argv[argc - 1], 1, 1000000, "number");

    /* 1. A datagram socket at our address. */
    int sock_fd = bind_at(argc == 4 ? argv[1] : "127.0.0.1", argv[argc - 2]);

    for (unsigned handled = 0;;) {
        /* 2. Block until a question is there. One byte more than the largest:
         *    so what is too large can be told. */
        char question[HEADER + TEXT_SIZE + 1];
        struct sockaddr_storage client_addr;
        socklen_t addr_len = sizeof client_addr;
        ssize_t received = recvfrom(sock_fd, question, sizeof question, 0,
                                    (struct sockaddr *)&client_addr, &addr_len);
        if (received == -1) {
            perror("lossy_server: recvfrom");
            poll(NULL, 0, 100); /* if it goes on failing, do not spin */
            continue;
        }
        char name[NAME_SIZE];
        name_address(&client_addr, name);
        if (received < HEADER || received > HEADER + TEXT_SIZE ||
            get_u32(question + 4) == 0) { /* they count from 1 */
            printf("%s: not a question, ignored\n", name);
            continue;
        }

        /* 3. Lose it? The first time the question, the next its answer. */
        struct client *client = find_client(name, get_u32(question));
        uint32_t number = get_u32(question + 4);
        bool lose = ++client->questions % every == 0;
        bool lose_answer = lose && client->questions / every % 2 == 0;
        if (lose && !lose_answer) {
            printf("question %u: lost on the way here\n", number);
            continue;
        }

        /* 4. A new question makes work, an old one does not make it twice. */
        if (number == client->number) {
            printf("question %u again: the same answer\n", number);
        } else if (number > client->number) {
            client->number = number;
            client->answer_size = (size_t)received;
            memcpy(client->answer, question, client->answer_size);
            printf("question %u: handled (%u in all): ", number, ++handled);
            print_quoted(question + HEADER, (size_t)received - HEADER);
        } else {
            printf("question %u: older than the last, ignored\n", number);
            continue;
        }

        /* 5. The answer goes, or gets lost. */
        if (lose_answer)
            printf("answer %u: lost on the way back\n", number);
        else if (sendto(sock_fd, client->answer, client->answer_size, 0,
                        (struct sockaddr *)&client_addr, addr_len) == -1)
            printf("%s not answered: %s\n", name, strerror(errno));
    }
}

/* The one we know, or a place for a new one: the oldest's. */
static struct client *find_client(const char *name, uint32_t id)
{
    static struct client clients[CLIENTS];
    static size_t oldest;
    for (size_t i = 0; i < CLIENTS; i++)
        if (clients[i].id == id && strcmp(clients[i].name, name) == 0)
            return &clients[i];
    struct client *client = &clients[oldest++ % CLIENTS];
    *client = (struct client){.id = id};
    memcpy(client->name, name, NAME_SIZE);
    return client;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
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
    fprintf(stderr, "lossy_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("lossy_server: standard output");
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
    fprintf(stderr, "lossy_server: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* A whole decimal number, as typed; what says which, should it be none. */
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what)
{
    unsigned long long number = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number < least ||
        number > most) {
        fprintf(stderr, "lossy_server: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    int is_v4 = addr->ss_family == AF_INET;
    const void *bytes = is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr;
    char ip[INET6_ADDRSTRLEN] = "?";
    inet_ntop(addr->ss_family, bytes, ip, sizeof ip);
    snprintf(name, NAME_SIZE, is_v4 ? "%s:%d" : "[%s]:%d", ip,
             ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
}

/* Why bind refused, and what its words do not say. */
static _Noreturn void cannot_bind(const char *name)
{
    die("bind %s%s", name,
        errno == EACCES          ? ": ports below 1024 are root's"
        : errno == EADDRNOTAVAIL ? ": not an address of this computer"
                                 : "");
}

/* A datagram socket at an address: socket and bind, which udp_echo_server.c
 * of chapter 4 shows. Port 0 is the system's choice; the line says which. */
static int bind_at(const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 0, &addr);
    char name[NAME_SIZE];
    name_address(&addr, name);
    int sock_fd = socket(addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    if (bind(sock_fd, (struct sockaddr *)&addr, addr_len) == -1)
        cannot_bind(name);
    if (getsockname(sock_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    name_address(&addr, name);
    printf("bound to %s\n", name);
    return sock_fd;
}

/* What came from outside is shown, not obeyed. Letters are shown as they are:
 * in UTF-8 they sort as their bytes do (RFC 3629 section 1). */
static void print_quoted(const char *bytes, size_t count)
{
    static const char ranges[][9] = {" ~",       "Àɏ",   "Αџ",   "ㄱㅣ",
                                     "가힣",     "ぁゖ", "ァー", "一鿿",
                                     "🌀🏺", "🐀🙏"};
    size_t done = 0;
    putchar('"');
    while (done < count && done < 60) {
        const char *at = bytes + done;
        size_t size = 0, whole = 1;
        while (whole < 4 && done + whole < count && (at[whole] & 0xc0) == 0x80)
            whole++;
        for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
            size_t n = strlen(ranges[i]) / 2;
            if (n <= whole && memcmp(at, ranges[i], n) >= 0 &&
                memcmp(at, ranges[i] + n, n) <= 0)
                size = n;
        }
        if (size > 0)
            printf("%s%.*s", strchr("\"\\", *at) ? "\\" : "", (int)size, at);
        else if (*at == '\n')
            printf("\\n");
        else
            printf("\\x%02x", (unsigned char)*at);
        done += size > 0 ? size : 1;
    }
    printf(done < count ? "\"...\n" : "\"\n");
}

/* Four bytes in network order. */
static uint32_t get_u32(const char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return ntohl(number);
}
