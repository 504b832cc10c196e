/*
 * dns_front.h - the sockets of a DNS server: datagrams and connections come
 * in, questions go out one at a time, and answers back to whoever asked. For
 * dns_server.c and dns_resolver.c.
 *
 * Nothing here waits, and no rate of one host keeps out another. There is a
 * place for so many datagrams and so many connections. When all are taken,
 * whoever has most gives one up for whoever has fewer; and in one round each
 * host is served a few times, however much it has sent.
 *
 * The log grows with the questions: of what is not one, and of what was too
 * much, it says once a second how much there was.
 */
#ifndef DNS_FRONT_H
#define DNS_FRONT_H

#include "dns_message.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

enum {
    FRONT_NAME = INET6_ADDRSTRLEN + sizeof "[]:65535",
    FRONT_HOST = 16,
    FRONT_CONNECTIONS = 64,  /* at once */
    FRONT_LETTERS = 256,     /* datagrams that wait */
    FRONT_LETTER_MAX = 4096, /* bytes of each: no question has more */
    FRONT_POLLED = 2 + FRONT_CONNECTIONS, /* what front_watch may fill in */
    FRONT_REST = 60 * 60 * 1000, /* ms of sleep where nothing is to be done */
    FRONT_PROBLEM = FRONT_NAME + 64
};

/* Whoever asked, and how to answer. */
struct dns_client {
    char name[FRONT_NAME];
    unsigned char host[FRONT_HOST]; /* its address, or the network it is in */
    struct sockaddr_storage addr;
    socklen_t addr_len;
    int connection;       /* its place, or -1: by UDP */
    unsigned long number; /* of that connection; no two have the same */
    long long control[8]; /* to which address of ours a datagram came */
    socklen_t control_len;
};

/* One question, checked: opcode 0, class and type whatever they are. */
struct dns_request {
    struct dns_client client;
    uint16_t id, flags;
    bool edns;
    struct dns_question question;
};

/* A datagram that waits: whose it is, and when its turn will be. */
struct front_slot {
    size_t count; /* bytes; 0: a free place */
    int turn;     /* so many of the same host came before it */
    unsigned long number;
    unsigned char host[FRONT_HOST];
};

struct front_letter {
    struct dns_client client;
    unsigned char bytes[FRONT_LETTER_MAX];
};

/* Each message follows two bytes that tell its length. */
struct front_connection {
    int fd; /* -1: none */
    struct dns_client client;
    bool busy;            /* its question is being worked on */
    bool has_asked;       /* once, at least */
    long long idle_since; /* ms */
    unsigned long served; /* in which round the last time */
    nfds_t polled;        /* where, 0: not in this round */
    size_t in, out, sent; /* bytes received; to be sent; of these, gone */
    unsigned char question[2 + DNS_MESSAGE_MAX], answer[2 + DNS_MESSAGE_MAX];
};

struct front {
    const char *program; /* whose front it is */
    int udp_fd, listen_fd;
    uint16_t flags;        /* of every answer, beside those of the question */
    char name[FRONT_NAME]; /* where it is: 127.0.0.1:5300 */
    long long now;         /* ms, of this round */
    long long rest_until;  /* no accept before: out of descriptors */
    unsigned long so_far;  /* letters and connections */
    unsigned long round;
    int letters_left, connections_left; /* to look at in this round */
    unsigned long odd, too_many;        /* since the log last spoke of it */
    char odd_name[FRONT_NAME];
    const char *odd_why;
    long long said;                             /* when that was */
    struct front_slot slots[FRONT_LETTERS + 1]; /* one is always free */
    struct front_letter letters[FRONT_LETTERS + 1];
    struct front_connection connections[FRONT_CONNECTIONS];
    unsigned char reply[2 + DNS_MESSAGE_MAX];
};

/* Binds both sockets, on one port. flags are set in every answer, such as
   DNS_RA. false: problem is the call that failed, errno why. */
bool front_open(struct front *front, const char *program, uint16_t flags,
                struct sockaddr_storage *addr, socklen_t addr_len,
                char problem[FRONT_PROBLEM]);

/* Whom to poll, at most FRONT_POLLED; *until becomes earlier where there is
   something to do then. Returns how many. */
nfds_t front_watch(struct front *front, long long now, struct pollfd *polled,
                   long long *until);
/* What poll said about them: reads, writes and accepts what is there. */
void front_serve(struct front *front, const struct pollfd *polled);
/* The next question of this round. What is no question is answered here. */
bool front_next(struct front *front, struct dns_request *request);

/* Begins a reply: header and question; room for 512 bytes, or 65,535 over TCP.
   Then sends it, with DNS_AA or DNS_TC in flags. */
void front_begin(struct front *front, const struct dns_request *request,
                 struct dns_writer *writer);
void front_send(struct front *front, const struct dns_request *request,
                struct dns_writer *writer, unsigned flags, unsigned rcode);

/* A line of the log: who asks, and for what. */
void front_print(const struct dns_request *request);
/* 127.0.0.1:9190, or [::1]:9190 */
void front_name(const struct sockaddr_storage *addr, char name[FRONT_NAME]);
/* In network byte order */
in_port_t front_port(const struct sockaddr_storage *addr);

#endif
