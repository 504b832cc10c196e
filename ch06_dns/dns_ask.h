/*
 * dns_ask.h - one question to one server, for dns_resolver.c: sent, and its
 * answer believed only if nobody else can have sent it.
 *
 * Each question has a socket, and thereby a random port, of its own: an answer
 * counts only if it comes from the server that was asked, to that port, with
 * the random id and the question (RFC 5452 section 9). Who does not fit into a
 * datagram is asked once more over TCP.
 */
#ifndef DNS_ASK_H
#define DNS_ASK_H

#include "dns_message.h"
#include <sys/socket.h>

enum {
    ASK_TIME = 700, /* ms that a server has for its answer */
    ASK_WRONG = 100 /* datagrams that are no answer: somebody is guessing */
};

struct dns_asking {
    int fd;               /* -1: nobody is being asked */
    unsigned long number; /* for the log */
    long long until;      /* ms */
    uint16_t id;
    struct dns_question question;
    struct sockaddr_storage from, to;
    socklen_t from_len, to_len;
    int wrong;         /* so many datagrams were no answer */
    bool tcp, sending; /* over TCP: still sending the question */
    size_t done, length;
    unsigned char stream[2 + DNS_MESSAGE_MAX];
};

enum dns_heard {
    HEARD_NOTHING, /* yet */
    HEARD_ANSWER,  /* message is it; dns_message_free */
    HEARD_FAILURE  /* why says what is wrong with this server */
};

/* Random numbers must be had. false: errno says why not. */
bool ask_prepare(void);
/* Fill in number, question, from and to, then: NULL, or what is wrong. */
const char *ask_server(struct dns_asking *asking, bool tcp, long long now);
/* What to poll fd for. */
short ask_events(const struct dns_asking *asking);
/* When poll says so. */
enum dns_heard ask_hear(struct dns_asking *asking, struct dns_message *message,
                        const char **why, long long now);
void ask_stop(struct dns_asking *asking);

#endif
