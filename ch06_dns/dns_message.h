/*
 * dns_message.h - DNS messages, for the three programs dns_query.c,
 * dns_server.c and dns_resolver.c: bytes in, structures out, and back. No
 * socket here, no printing, no global state.
 *
 * A function that can refuse its input returns NULL when it did not, or the
 * reason as a short text that lives for ever. Nothing here ever trusts a
 * count, a length or a pointer that came from outside.
 *
 * RFC 1034 (the ideas), 1035 (the bytes), 2181 (what 1035 left open),
 * 2308 (negative answers), 3596 (AAAA), 6891 (EDNS). Which of their rules
 * stands where, and which is left out: rules.txt.
 */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {                          /* in bytes; RFC 1035 section 2.3.4 */
       DNS_LABEL_MAX = 63,      /* one label: "www" */
       DNS_NAME_MAX = 255,      /* a name on the wire, its final 0 included */
       DNS_UDP_MAX = 512,       /* a message in a datagram, without EDNS */
       DNS_MESSAGE_MAX = 65535, /* a message over TCP, which tells its length */
       DNS_NAME_TEXT = 1024,    /* room for any name as text */
       DNS_TYPE_TEXT = 16,      /* room for any type as text */
       DNS_RECORD_TEXT = 4096,  /* room for any record as text */
       DNS_OPT_SIZE = 11        /* what dns_put_opt adds to a message */
};

enum dns_type { /* RFC 1035 section 3.2.2 and 3.2.3 */
                DNS_A = 1,
                DNS_NS = 2,
                DNS_CNAME = 5,
                DNS_SOA = 6,
                DNS_PTR = 12,
                DNS_MX = 15,
                DNS_TXT = 16,
                DNS_AAAA = 28,
                DNS_OPT = 41,   /* EDNS, not a record of any zone */
                DNS_AXFR = 252, /* 252 to 255 are for questions only */
                DNS_ANY = 255
};

enum { DNS_CLASS_IN = 1 };

enum dns_flag { /* the second 16 bits of a message; RFC 1035 section 4.1.1 */
                DNS_QR = 0x8000,     /* a response, not a question */
                DNS_OPCODE = 0x7800, /* 0: an ordinary question */
                DNS_AA = 0x0400,     /* the answer of an authority */
                DNS_TC =
                    0x0200, /* truncated: did not fit, ask again over TCP */
                DNS_RD = 0x0100, /* recursion desired: find it out for me */
                DNS_RA = 0x0080, /* recursion available: I would */
                DNS_RCODE = 0x000f
};

enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,  /* I cannot read this */
    DNS_SERVFAIL = 2, /* I could not find out */
    DNS_NXDOMAIN = 3, /* there is no such name */
    DNS_NOTIMP = 4,   /* I do not know how to */
    DNS_REFUSED = 5   /* not for me, not from me */
};

enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_SECTIONS };

/* A name as it travels, uncompressed: 3 www 7 example 2 kr 0. */
struct dns_name {
    size_t length; /* 1 (the root) to 255 */
    unsigned char wire[DNS_NAME_MAX];
};

struct dns_question {
    struct dns_name name;
    uint16_t type, class_code;
};

/*
 * A resource record. The data is as on the wire, but with every name in it
 * uncompressed, and always well-formed for its type.
 */
struct dns_record {
    struct dns_name name;
    uint16_t type, class_code;
    uint32_t ttl; /* in seconds, at most 2^31 - 1 */
    uint16_t data_len;
    unsigned char *data; /* its own: dns_record_free */
    long line;           /* where in the zone file, else 0 */
};

struct dns_message {
    uint16_t id, flags;
    size_t question_count;
    struct dns_question question; /* the first of them */
    unsigned edns; /* so many OPTs came with it, the last of this version */
    unsigned edns_version;
    size_t count[DNS_SECTIONS]; /* records in each section, without OPT */
    struct dns_record *records; /* all sections, one after the other */
};

/* Names. Upper and lower case are the same (RFC 4343). */
const char *dns_name_parse(const char *text, const struct dns_name *origin,
                           struct dns_name *name);
const char *dns_name_text(const struct dns_name *name,
                          char text[DNS_NAME_TEXT]);
bool dns_name_equal(const struct dns_name *a, const struct dns_name *b);
bool dns_name_within(const struct dns_name *name, const struct dns_name *zone);
size_t dns_name_labels(const struct dns_name *name);
void dns_name_suffix(const struct dns_name *name, size_t labels,
                     struct dns_name *suffix);

/* One byte of a name or text as typed: x, \x or \123 (RFC 1035 section 5.1).
   Returns how many characters that were, 0 for what it cannot be. */
size_t dns_parse_byte(const char *text, unsigned char *byte);

/* Of the letters A to Z the small one, whatever the terminal's language. */
unsigned char dns_lower(unsigned char byte);

/* Types and codes as text. dns_type_parse returns 0 for what it is not. */
const char *dns_type_text(uint16_t type, char text[DNS_TYPE_TEXT]);
uint16_t dns_type_parse(const char *text);
const char *dns_rcode_text(unsigned rcode);

/* What the data of a type is made of: bytes, then names, then bytes. */
struct dns_shape {
    size_t before, names, after;
};
struct dns_shape dns_shape_of(uint16_t type);

/* Records. A copy owns its data; false: no memory. */
bool dns_record_copy(struct dns_record *to, const struct dns_record *from);
void dns_record_free(struct dns_record *record);
const char *dns_record_text(const struct dns_record *record,
                            char text[DNS_RECORD_TEXT]);
/* A list that grows; what is added belongs to it. false: no memory. */
bool dns_list_add(struct dns_record **list, size_t *count,
                  const struct dns_record *record);
void dns_list_free(struct dns_record **list, size_t *count);
/* The name in the data of NS, CNAME, PTR and MX; the first one of SOA. */
void dns_record_target(const struct dns_record *record, struct dns_name *name);
/* The last number of a SOA: for how many seconds at most a "no" is kept. */
uint32_t dns_soa_minimum(const struct dns_record *record);

/*
 * Takes a whole message apart. Refuses what is cut short or too long by a
 * byte, a name above 255 bytes, a compression pointer that does not point
 * back, data that is not of its type. After a refusal there is nothing to
 * free, and id, flags, question and edns are what could be read of it; else
 * dns_message_free.
 */
const char *dns_decode(const unsigned char *bytes, size_t count,
                       struct dns_message *message);
void dns_message_free(struct dns_message *message);
/* Is it the response to this question, asked with this id? Who could not read
   the question cannot repeat it. */
bool dns_answers(const struct dns_message *message, uint16_t id,
                 const struct dns_question *question);
/* The first record of a section; there are message->count[section]. */
const struct dns_record *dns_section(const struct dns_message *message,
                                     enum dns_section section);

/*
 * Writes a message into the caller's bytes (at least 12), names compressed.
 * What does not fit leaves the message as it was: the function returns false.
 * Of a set there is all or nothing (RFC 2181 section 9).
 */
struct dns_writer {
    unsigned char *bytes;
    size_t size, length;
    bool full;
    size_t known[64];        /* where names begin that can be pointed at, */
    size_t known_length[64]; /* and how long they are, read to their end */
    size_t known_count;
};
void dns_begin(struct dns_writer *writer, unsigned char *bytes, size_t size,
               uint16_t id, uint16_t flags);
bool dns_put_question(struct dns_writer *writer,
                      const struct dns_question *question);
bool dns_put_set(struct dns_writer *writer, enum dns_section section,
                 const struct dns_record *records, size_t count);
bool dns_put_opt(struct dns_writer *writer, unsigned extended_rcode);
void dns_set_flags(struct dns_writer *writer, uint16_t flags);

#endif
