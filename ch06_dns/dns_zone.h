/*
 * dns_zone.h - a zone file (RFC 1035 section 5), read for dns_server.c.
 */
#ifndef DNS_ZONE_H
#define DNS_ZONE_H

#include "dns_message.h"
#include <stdio.h>

/* A zone's records in the order of their names (RFC 4034 section 6.1), so
   that a record set stands together and whatever is below a name follows. */
struct dns_zone {
    struct dns_name origin; /* the name of its top */
    struct dns_record *records;
    size_t count;
};

struct dns_zone_error {
    long line;      /* 1 and up; 0: the file as a whole */
    char text[256]; /* printable, whatever the file holds */
};

/* Returns false and says what is wrong, and in which line; then there is
   nothing to free. */
bool dns_zone_read(FILE *file, struct dns_zone *zone,
                   struct dns_zone_error *error);
void dns_zone_free(struct dns_zone *zone);

/* Of two names below or at its top: negative, 0 or positive, as strcmp. */
int dns_zone_order(const struct dns_name *a, const struct dns_name *b);

#endif
