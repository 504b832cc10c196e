/*
 * dns_walk.h - the way to an answer: from the root down, or from the nearest
 * zone whose servers are known. For dns_resolver.c.
 *
 * A walk is one question that somebody waits for. It waits for nobody: it asks
 * a server, and goes on when the answer has come, or has not.
 */
#ifndef DNS_WALK_H
#define DNS_WALK_H

#include "dns_ask.h"
#include "dns_cache.h"

enum {
    WALK_SERVERS = 16, /* of one zone: more are not tried */
    WALK_DEPTH = 4,    /* a server's name that needs a server's name ... */
    WALK_HOPS = 16,    /* CNAMEs followed for one question */
    WALK_STEPS = 60,   /* servers turned to for one question, */
    WALK_TIME = 4500   /* and ms: less than clients wait */
};

/* What all walks share. */
struct dns_world {
    struct sockaddr_storage own_addr, root_addr; /* port: of all servers */
    socklen_t own_len, root_len;
    struct dns_cache cache;
};

struct dns_server {
    struct dns_name name;
    struct sockaddr_storage addr;
    socklen_t addr_len; /* 0: its address is not known yet, */
    uint16_t type;      /* and is a question of this type */
    bool dead;          /* asked, and of no use */
};

/* Something to be found out: what the client asked for, or the address of a
   server that must be asked on the way. */
struct dns_quest {
    struct dns_question question;
    enum { LOOKING, FOUND, NO_TYPE, NO_NAME, FAILED } state;
    struct dns_name name; /* the question's, or where CNAMEs have led */
    int hops;
    struct dns_record *records; /* the answer, as far as it is known */
    size_t count;
    struct dns_record soa; /* of a "no"; without data there is none */
    bool no_memory;        /* for all of it */

    bool on_way; /* down to the zone where we are, and who serves it: */
    struct dns_name zone;
    struct dns_server servers[WALK_SERVERS];
    int server_count, turn;
};

struct dns_walk {
    struct dns_world *world;
    unsigned long number; /* for the log */
    long long deadline;
    int steps, depth;
    struct dns_quest quests[1 + WALK_DEPTH]; /* the first is the client's */
    struct dns_asking asking;
};

/* Begins with what the cache knows; that may be all (walk_is_over). */
void walk_begin(struct dns_walk *walk, struct dns_world *world,
                unsigned long number, const struct dns_question *question,
                long long now);
/* Goes on until there is a server to wait for, or nothing left to do; */
void walk_on(struct dns_walk *walk, long long now);
/* with what has come from that server, when poll says so; */
void walk_hear(struct dns_walk *walk, long long now);
/* without it, when its time is over. */
void walk_check_time(struct dns_walk *walk, long long now);
/* Then quests[0] has the answer, until walk_end. */
bool walk_is_over(const struct dns_walk *walk);
void walk_fail(struct dns_walk *walk);
void walk_end(struct dns_walk *walk);

#endif
