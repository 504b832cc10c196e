/*
 * dns_cache.h - what dns_resolver.c has heard, for as long as it may keep it.
 *
 * Looking something up changes nothing (the compiler sees to it: const), so
 * what was found stays where it is until something else is kept.
 */
#ifndef DNS_CACHE_H
#define DNS_CACHE_H

#include "dns_message.h"

enum {
    CACHE_SIZE = 2048,    /* record sets */
    CACHE_BUCKETS = 1024, /* of names with the same hash */
    CACHE_SET = 100,      /* records in a set: a larger one is not kept */
    CACHE_TTL = 86400,    /* s: the longest that who keeps something may say, */
    CACHE_TTL_NO = 3600   /* and for a "no" (RFC 2308 section 5) */
};

/* What is known about a name and a type. None of it stands in a field that
   comes from outside: any type, 0 as well, is only a type. */
enum dns_known {
    KNOWN_SET,     /* these records */
    KNOWN_NO_TYPE, /* there are none; the record is the SOA that says so */
    KNOWN_NO_NAME  /* nor of any other type: the name does not exist */
};

/* What leads to other zones stays longer than the answers in them, and what
   the root said stays longest: without it all begins again at the root. */
enum dns_rank { RANK_ANSWER, RANK_LEAD, RANK_TOP };

struct dns_entry {
    long long expires; /* ms */
    unsigned long age; /* the lower, the older; 0: an empty place */
    enum dns_rank rank;
    enum dns_known known;
    bool is_hint; /* from a referral: leads to servers, answers nobody */
    uint16_t type;
    struct dns_name name;
    struct dns_record *records;
    size_t count;
    struct dns_entry *next; /* in the same bucket */
};

struct dns_cache {
    unsigned long so_far;
    int leads; /* entries of a rank above RANK_ANSWER */
    struct dns_entry entries[CACHE_SIZE];
    struct dns_entry *buckets[CACHE_BUCKETS];
};

/* NULL: not known, or too old. A type is known not to be there, too, when the
   whole name is not. */
const struct dns_entry *cache_find(const struct dns_cache *cache,
                                   const struct dns_name *name, uint16_t type,
                                   long long now);
/* The TTL that is left, in seconds: one that has begun is gone. */
uint32_t cache_ttl(const struct dns_entry *entry, long long now);
/* Keeps a copy of what is fresh for ttl seconds, in place of what contradicts
   it. Without memory it is not kept, and will be asked for again. */
void cache_keep(struct dns_cache *cache, const struct dns_entry *fresh,
                uint32_t ttl, long long now);

#endif
