/*
 * dns_message_test.c - dns_message.c with every input that a program must not
 * believe: names, messages cut at every byte, lies, zone files with mistakes.
 */
#define _POSIX_C_SOURCE 200809L
#include "dns_zone.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int failures;

static void check(bool holds, const char *what)
{
    if (!holds) {
        printf("FAILED: %s\n", what);
        failures++;
    }
}

/* A refusal must be this one: another reason would hide that nothing was
   checked. */
static void check_text(const char *got, const char *expected, const char *what)
{
    if (!got || strcmp(got, expected) != 0) {
        printf("FAILED: %s: \"%s\", not \"%s\"\n", what, got ? got : "(none)",
               expected);
        failures++;
    }
}

/* ---- names ------------------------------------------------------------- */

static struct dns_name name_of(const char *text)
{
    struct dns_name name;
    check(dns_name_parse(text, NULL, &name) == NULL, text);
    return name;
}

static void test_names(void)
{
    struct dns_name name, other;
    char text[DNS_NAME_TEXT], long_text[400];

    name = name_of("www.Example.kr");
    check(name.length == 16 && memcmp(name.wire, "\3www\7Example\2kr", 16) == 0,
          "a name's bytes");
    other = name_of("WWW.eXAMPLE.KR.");
    check(dns_name_equal(&name, &other), "upper and lower case are the same");
    check_text(dns_name_text(&name, text), "www.Example.kr.", "name as text");
    check(name_of(".").length == 1, "the root");
    other = name_of(".");
    check_text(dns_name_text(&other, text), ".", "the root as text");

    struct dns_name origin = name_of("example.kr");
    check(!dns_name_parse("www", &origin, &name) &&
              !strcmp(dns_name_text(&name, text), "www.example.kr."),
          "a relative name");
    check(!dns_name_parse("@", &origin, &name) &&
              dns_name_equal(&name, &origin),
          "@ is the origin");
    check(!dns_name_parse("www.", &origin, &name) && name.length == 5,
          "a complete name does not get the origin");

    /* What stands for itself only after a backslash comes back the same. */
    name = name_of("a\\.b\\\\c\\000\\032\\255\\@\\;.x");
    check(name.length == 14 && !memcmp(name.wire, "\12a.b\\c\0 \377@;\1x", 14),
          "escapes");
    check_text(dns_name_text(&name, text), "a\\.b\\\\c\\000\\032\\255\\@\\;.x.",
               "escapes as text");

    static const char *const wrong[][2] = {
        {"", "an empty name"},
        {"..", "an empty label"},
        {".a", "an empty label"},
        {"a..b", "an empty label"},
        {"a\\", "a backslash that escapes nothing"},
        {"a\\25", "a backslash that escapes nothing"},
        {"a\\256", "a backslash that escapes nothing"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check_text(dns_name_parse(wrong[i][0], NULL, &name), wrong[i][1],
                   wrong[i][0]);

    /* 63 bytes are a label, 64 are not; 255 bytes are a name, 256 are not. */
    memset(long_text, 'a', sizeof long_text);
    long_text[63] = '\0';
    check(!dns_name_parse(long_text, NULL, &name), "a label of 63");
    long_text[63] = 'a';
    long_text[64] = '\0';
    check_text(dns_name_parse(long_text, NULL, &name),
               "a label of more than 63 bytes", "a label of 64");
    long_text[64] = 'a';
    for (int i = 1; i <= 3; i++)
        long_text[i * 64 - 1] = '.';
    long_text[3 * 64 + 61] = '\0';
    check(!dns_name_parse(long_text, NULL, &name) && name.length == 255,
          "a name of 255");
    long_text[3 * 64 + 61] = 'a';
    long_text[3 * 64 + 62] = '\0';
    check_text(dns_name_parse(long_text, NULL, &name),
               "a name of more than 255 bytes", "a name of 256");
    long_text[3 * 64 + 55] = '\0';
    check_text(dns_name_parse(long_text, &origin, &name),
               "a name of more than 255 bytes", "a name too long with origin");

    struct dns_name kr = name_of("kr"), below = name_of("x.kr"),
                    like = name_of("xkr");
    check(dns_name_within(&kr, &kr) && dns_name_within(&below, &kr) &&
              !dns_name_within(&kr, &below) && !dns_name_within(&like, &kr),
          "within a zone");
    /* A label that only looks like two */
    other = name_of("a\\.kr");
    check(!dns_name_within(&other, &kr), "a dot inside a label");
    dns_name_suffix(&origin, 1, &name);
    check(dns_name_labels(&origin) == 2 && dns_name_equal(&name, &kr),
          "a suffix");

    /* The example of RFC 4034, section 6.1 */
    static const char *const order[] = {
        "example",        "a.example", "yljkjljk.a.example", "Z.a.example",
        "zABC.a.EXAMPLE", "z.example", "\\001.z.example",    "\\200.z.example"};
    for (size_t i = 0; i + 1 < sizeof order / sizeof *order; i++) {
        name = name_of(order[i]);
        other = name_of(order[i + 1]);
        check(dns_zone_order(&name, &other) < 0 &&
                  dns_zone_order(&other, &name) > 0,
              order[i]);
    }
}

/* ---- messages ---------------------------------------------------------- */

/* Bytes on the heap, so that a sanitizer or valgrind sees one too many read. */
static const char *decode(const void *bytes, size_t count,
                          struct dns_message *message)
{
    unsigned char *copy = malloc(count ? count : 1);
    if (!copy)
        exit(1);
    memcpy(copy, bytes, count);
    const char *problem = dns_decode(copy, count, message);
    free(copy);
    return problem;
}

#define HEADER(questions, answers)                                             \
    "\x12\x34\x81\x80\0" questions "\0" answers "\0\0\0\0"

static void refused(const char *bytes, size_t count, const char *why,
                    const char *what)
{
    struct dns_message message;
    const char *problem = decode(bytes, count, &message);
    if (!problem)
        dns_message_free(&message);
    check_text(problem, why, what);
}

#define REFUSED(bytes, why, what) refused(bytes, sizeof(bytes) - 1, why, what)

static void test_lies(void)
{
    REFUSED("", "shorter than a header", "nothing");
    REFUSED("\0\0\0\0\0\0\0\0\0\0\0", "shorter than a header", "11 bytes");
    REFUSED(HEADER("\1", "\0"), "a name beyond the end", "no question");
    REFUSED(HEADER("\0", "\0") "x", "bytes after the end", "trailing byte");
    REFUSED(HEADER("\1", "\0") "\1a\0\0\1\0", "a question beyond the end",
            "half a question");
    REFUSED(HEADER("\2", "\0") "\1a\0\0\1\0\1", "a name beyond the end",
            "a second question that is not there");
    REFUSED("\0\0\0\0\377\377\377\377\377\377\377\377\0\0\1\0\1",
            "a name beyond the end", "65,535 of everything");
    REFUSED(HEADER("\1", "\0") "\300\14\0\1\0\1",
            "a pointer that does not point back", "a pointer to itself");
    REFUSED(HEADER("\1", "\0") "\1a\300\14\0\1\0\1",
            "a pointer that does not point back", "a loop through a label");
    REFUSED(HEADER("\2", "\0") "\1a\300\22\0\1\0\1\1b\300\14\0\1\0\1",
            "a pointer that does not point back", "a pointer forward");
    REFUSED(HEADER("\2", "\0") "\1a\0\0\1\0\1\1b\300\0\0\1\0\1",
            "a pointer that does not point back", "a pointer to the header");
    REFUSED(HEADER("\1", "\0") "\300", "a pointer beyond the end",
            "half a pointer");
    REFUSED(HEADER("\1", "\0") "\100a\0\0\1\0\1", "a label of an unknown kind",
            "label kind 01");
    REFUSED(HEADER("\1", "\0") "\200a\0\0\1\0\1", "a label of an unknown kind",
            "label kind 10");
    REFUSED(HEADER("\1", "\0") "\77a", "a label beyond the end",
            "a label of 63 that has 1");

#define RECORD(type, length, data) "\0\0" type "\0\1\0\0\0\1" length data
    REFUSED(HEADER("\0", "\1") "\0\0\1\0\1\0\0\0\1\0",
            "a record beyond the end", "half a record");
    REFUSED(HEADER("\0", "\1") RECORD("\1", "\0\5", "1234"),
            "data beyond the end", "data longer than the message");
    REFUSED(HEADER("\0", "\1") RECORD("\1", "\0\3", "123"),
            "an address of the wrong length", "A of 3 bytes");
    REFUSED(HEADER("\0", "\1") RECORD("\34", "\0\4", "1234"),
            "an address of the wrong length", "AAAA of 4 bytes");
    REFUSED(HEADER("\0", "\1") RECORD("\2", "\0\2", "\1a\0"),
            "a name beyond the end", "a name longer than its data");
    REFUSED(HEADER("\0", "\1") RECORD("\2", "\0\4", "\1a\0z"),
            "data of another length than its type has", "NS and a byte");
    REFUSED(HEADER("\0", "\1") RECORD("\17", "\0\1", "\0"),
            "data too short for its type", "MX of 1 byte");
    REFUSED(HEADER("\0", "\1") RECORD("\6", "\0\2", "\0\0"),
            "data of another length than its type has", "SOA without numbers");
    REFUSED(HEADER("\0", "\1") RECORD("\20", "\0\3", "\3ab"),
            "a text whose lengths do not add up", "TXT that runs over");
    REFUSED(HEADER("\0", "\1") RECORD("\20", "\0\0", ""),
            "a text whose lengths do not add up", "TXT of nothing");
    REFUSED(HEADER("\0", "\1") RECORD("\51", "\0\0", ""), "a misplaced OPT",
            "OPT as an answer");
#define OPT "\0\0\51\20\0\0\3\0\0\0\0"
    REFUSED("\0\0\0\0\0\0\0\0\0\0\0\2" OPT OPT, "a misplaced OPT", "two OPTs");

    /* Options: code, length, so many bytes (RFC 6891 section 6.1.2). */
#define OPTIONS(length) "\0\0\0\0\0\0\0\0\0\0\0\1\0\0\51\20\0\0\0\0\0\0" length
    REFUSED(OPTIONS("\3") "\0\12\0", "EDNS options that do not add up",
            "half the head of an option");
    REFUSED(OPTIONS("\5") "\0\12\0\2x", "EDNS options that do not add up",
            "an option that runs over");
    REFUSED(OPTIONS("\11") "\0\12\0\0\377\377\377\377x",
            "EDNS options that do not add up", "the longest that runs over");

    struct dns_message message;
    static const char options[] = OPTIONS("\12") "\0\12\0\2xy\377\0\0\0";
    check(!decode(options, sizeof options - 1, &message) && message.edns,
          "options that nobody knows");
    dns_message_free(&message);

    /* What could be read of it comes back with the refusal. */
    static const char twice[] = "\0\7\1\0\0\1\0\0\0\0\0\2\1a\0\0\1\0\1" OPT OPT;
    check(decode(twice, sizeof twice - 1, &message) && message.edns &&
              message.id == 7 && message.question.name.length == 3,
          "two OPTs, and a question before them");
    check(decode(HEADER("\1", "\0") "\1a", 12 + 2, &message) &&
              message.question.name.length == 0 && !message.edns,
          "a question cut short");
    check(!decode("\0\0\0\0\0\0\0\0\0\0\0\1" OPT, 12 + 11, &message) &&
              message.edns && message.edns_version == 3 &&
              message.count[DNS_ADDITIONAL] == 0,
          "one OPT");
    dns_message_free(&message);

    /* A TTL with the highest bit set is 0 (RFC 2181 section 8). */
    static const char ttl[] =
        HEADER("\0", "\1") "\0\0\1\0\1\377\377\377\377\0\4"
                           "1234";
    check(!decode(ttl, sizeof ttl - 1, &message) && message.records[0].ttl == 0,
          "a TTL of 2^32 - 1");
    dns_message_free(&message);

    /* 255 bytes by pointers: one label of 63 three times, then 61 and 62. */
    unsigned char bytes[600] = HEADER("\2", "\0");
    for (int last = 61; last <= 62; last++) {
        size_t at = 12;
        for (int i = 0; i < 3; i++) {
            bytes[at] = 63;
            memset(bytes + at + 1, 'a', 63);
            at += 64;
        }
        memcpy(bytes + at, "\0\0\1\0\1", 5);
        at += 5;
        bytes[at] = (unsigned char)last;
        memset(bytes + at + 1, 'b', (size_t)last);
        at += 1 + (size_t)last;
        memcpy(bytes + at, "\300\14\0\1\0\1", 6);
        const char *problem = decode(bytes, at + 6, &message);
        if (last == 61)
            check(!problem && message.question_count == 2,
                  "255 bytes by a pointer");
        else
            check_text(problem, "a name of more than 255 bytes",
                       "256 bytes by a pointer");
        if (!problem)
            dns_message_free(&message);
    }

    /* Data that is a chain of pointers, and a name at its end. */
    for (int pointers = 127; pointers <= 128; pointers++) {
        static const char head[] = HEADER("\0", "\2") "\0\0\143\0\1\0\0\0\1\0";
        size_t at = sizeof head - 1;
        memcpy(bytes, head, at);
        bytes[at++] = (unsigned char)(2 * pointers - 1); /* the data's length */
        size_t last = at;
        bytes[at++] = 0;
        for (int i = 0; i < pointers; i++) {
            bytes[at] = (unsigned char)(0xc0 | last >> 8);
            bytes[at + 1] = (unsigned char)last;
            last = at;
            at += 2;
        }
        memcpy(bytes + at, "\0\143\0\1\0\0\0\1\0\0", 10);
        at += 10;
        const char *problem = decode(bytes, at, &message);
        if (pointers == 127)
            check(!problem, "a name by 127 pointers");
        else
            check_text(problem, "a name of too many pointers", "by 128");
        if (!problem)
            dns_message_free(&message);
    }
}

/* One record of each type, from a zone: written, read again, cut anywhere. */
static void test_round(const struct dns_zone *zone)
{
    unsigned char bytes[4096], small[4096];
    struct dns_writer writer;
    struct dns_question question = {zone->origin, DNS_ANY, DNS_CLASS_IN};
    dns_begin(&writer, bytes, sizeof bytes, 0xabcd, DNS_QR | DNS_AA);
    check(dns_put_question(&writer, &question), "a question fits");
    for (size_t i = 0; i < zone->count; i++)
        check(dns_put_set(&writer, (enum dns_section)(i % 3 ? i % 3 - 1 : 0),
                          &zone->records[i], 1) ||
                  i % 3 == 2,
              "a record fits");
    check(dns_put_opt(&writer, 16), "OPT fits");

    struct dns_message message;
    check(decode(bytes, writer.length, &message) == NULL, "what was written");
    check(message.id == 0xabcd && message.flags == (DNS_QR | DNS_AA) &&
              message.edns && message.question_count == 1 &&
              dns_name_equal(&message.question.name, &zone->origin) &&
              message.count[0] + message.count[1] + message.count[2] ==
                  zone->count,
          "the header and the counts");
    size_t found = 0;
    for (size_t i = 0; i < zone->count; i++)
        for (size_t j = 0; j < zone->count; j++) {
            char one[DNS_RECORD_TEXT], two[DNS_RECORD_TEXT];
            found += strcmp(dns_record_text(&zone->records[i], one),
                            dns_record_text(&message.records[j], two)) == 0;
        }
    check(found == zone->count, "every record, once");
    dns_message_free(&message);

    for (size_t cut = 0; cut < writer.length; cut++) {
        const char *problem = decode(bytes, cut, &message);
        check(problem != NULL, "a message cut short");
        if (!problem)
            dns_message_free(&message);
    }
    bytes[writer.length] = 0;
    check_text(decode(bytes, writer.length + 1, &message),
               "bytes after the end", "one byte more");

    /* What does not fit leaves the message whole. */
    for (size_t size = 12; size < writer.length; size++) {
        struct dns_writer tight;
        memset(small, 0xee, sizeof small);
        dns_begin(&tight, small, size, 1, 0);
        dns_put_question(&tight, &question);
        size_t fitted = 0;
        for (size_t i = 0; i < zone->count; i++)
            fitted += dns_put_set(&tight, DNS_ANSWER, &zone->records[i], 1);
        dns_put_opt(&tight, 0);
        check(tight.length <= size && small[size] == 0xee,
              "nothing beyond the size");
        bool whole = decode(small, tight.length, &message) == NULL;
        check(whole && message.count[DNS_ANSWER] == fitted,
              "whole, though it did not all fit");
        if (whole)
            dns_message_free(&message);
    }
}

/* Beyond offset 16383 no pointer can lead, and none is tried. */
static void test_large(void)
{
    static unsigned char bytes[DNS_MESSAGE_MAX];
    unsigned char data[256];
    memset(data, 'x', sizeof data);
    data[0] = 255;
    struct dns_writer writer;
    struct dns_message message;
    dns_begin(&writer, bytes, sizeof bytes, 1, DNS_QR);
    size_t fitted = 0;
    for (;; fitted++) {
        char text[32];
        snprintf(text, sizeof text, "n%zu.example.kr", fitted);
        struct dns_record record = {
            name_of(text), DNS_TXT, DNS_CLASS_IN, 60, 256, data, 0};
        if (!dns_put_set(&writer, DNS_ANSWER, &record, 1))
            break;
    }
    check(fitted > 200 && !decode(bytes, writer.length, &message) &&
              message.count[DNS_ANSWER] == fitted,
          "a message of 64 KiB");
    struct dns_name last = name_of("n0.example.kr");
    check(dns_name_equal(&message.records[0].name, &last) &&
              dns_name_within(&message.records[fitted - 1].name, &last) ==
                  false,
          "its names");
    dns_message_free(&message);
}

/* Processor time to write 64 KiB of names of LABELS labels, each another one;
 * the best of three. */
static double time_to_write(int labels)
{
    static unsigned char bytes[DNS_MESSAGE_MAX];
    double best = 1e9;
    for (int turn = 0; turn < 3; turn++) {
        struct dns_writer writer;
        dns_begin(&writer, bytes, sizeof bytes, 1, DNS_QR);
        clock_t begin = clock();
        bool fits = true;
        for (int i = 0; fits; i++) {
            struct dns_record record = {.type = DNS_TXT,
                                        .class_code = DNS_CLASS_IN,
                                        .data_len = 1,
                                        .data = (unsigned char[]){0}};
            unsigned char *wire = record.name.wire;
            size_t size = (size_t)254 / (size_t)labels; /* with its length */
            for (int k = 0; k < labels; k++, wire += size) {
                memset(wire, 'a' + i % 26, size);
                wire[0] = (unsigned char)(size - 1);
            }
            wire[-1] = (unsigned char)('a' + i / 26); /* no end in common */
            *wire = 0;
            record.name.length = (size_t)(wire - record.name.wire) + 1;
            fits = dns_put_set(&writer, DNS_ANSWER, &record, 1);
        }
        double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
        if (seconds < best)
            best = seconds;
    }
    return best;
}

/* ---- zone files -------------------------------------------------------- */

static bool read_zone(const char *text, struct dns_zone *zone,
                      struct dns_zone_error *error)
{
    FILE *file = tmpfile();
    if (!file || fputs(text, file) == EOF || fseek(file, 0, SEEK_SET) == -1) {
        perror("tmpfile");
        exit(1);
    }
    bool readable = dns_zone_read(file, zone, error);
    fclose(file);
    return readable;
}

#define TOP "$ORIGIN .\n@ 60 SOA ns.x. a.x. 1 2 3 4 5\n@ NS ns.x.\n"

static void test_zones(void)
{
    struct dns_zone zone;
    struct dns_zone_error error;
    static const struct {
        const char *text;
        long line;
        const char *why;
    } wrong[] = {
        {"", 0, "no record at all"},
        {"; only this\n\n", 0, "no record at all"},
        {"$TTL 1\n. A 127.0.0.1\n", 2, "the first record of a zone is its SOA"},
        {". SOA a. b. 1 2 3 4 5\n", 1,
         "no TTL: put a line like $TTL 3600 at the top"},
        {"$TTL 1\n. SOA a. b. 1 2 3 4 5\n", 0, "the zone . has no NS record"},
        {TOP "@ SOA a. b. 1 2 3 4 5\n", 4, "a second SOA"},
        {"$ORIGIN kr.\n$TTL 1\n@ SOA a b 1 2 3 4 5\na.com. A 127.0.0.1\n", 4,
         "a.com. is not in the zone of the SOA"},
        {TOP "a CNAME b\na A 127.0.0.1\n", 5,
         "a. has a CNAME and can have nothing else"},
        {TOP "a CNAME b\nA CNAME c\n", 5,
         "A. has a CNAME and can have nothing else"},
        {TOP "a 1 A 127.0.0.1\na 2 A 127.0.0.2\n", 5,
         "a. A: a record set has one TTL"},
        {TOP "*.a A 127.0.0.1\n", 4, "wildcards are not served here: \"*.a\""},
        {TOP "a.* A 127.0.0.1\n", 4, "wildcards are not served here: \"a.*\""},
        {TOP "$ORIGIN *.x.\n@ A 127.0.0.1\n", 5,
         "wildcards are not served here: \"@\""},
        {TOP "a A 127.0.0.256\n", 4, "not an IPv4 address: \"127.0.0.256\""},
        {TOP "a AAAA 127.0.0.1\n", 4, "not an IPv6 address: \"127.0.0.1\""},
        {TOP "a A\n", 4, "A takes 1 word, not 0"},
        {TOP "a A 127.0.0.1 x\n", 4, "A takes 1 word, not 2"},
        {TOP "a MX b\n", 4, "MX takes 2 words, not 1"},
        {TOP "a MX 65536 b\n", 4, "not a number (0 to 65535): \"65536\""},
        {TOP "a TXT\n", 4, "TXT takes at least 1 word, not 0"},
        {TOP "a\n", 4, "a record without a type"},
        {TOP "a SRV 1 2 3 b\n", 4, "not a type this server knows: \"SRV\""},
        {TOP "a 1h A 127.0.0.1\n", 4,
         "not a TTL in seconds (0 to 2147483647): \"1h\""},
        {"$TTL 2147483648\n", 1,
         "not a TTL in seconds (0 to 2147483647): \"2147483648\""},
        /* Which zone a name is in must be said before it is used. */
        {"$TTL 1\n@ SOA ns h 1 2 3 4 5\n", 2,
         "no $ORIGIN line says which zone this name is in: \"@\""},
        {"$TTL 1\nkr. SOA ns h. 1 2 3 4 5\n", 2,
         "no $ORIGIN line says which zone this name is in: \"ns\""},
        {"$ORIGIN kr\n", 1,
         "no $ORIGIN line says which zone this name is in: \"kr\""},
        {"$TTL 1\nkr. SOA ns. h\\. 1 2 3 4 5\n", 2,
         "no $ORIGIN line says which zone this name is in: \"h\\.\""},
        {"\xef\xbb$TTL 1\n", 1, "begins with a byte that is no text"},
        {"\xef", 1, "begins with a byte that is no text"},
        {"$INCLUDE x\n", 1, "not a directive this server knows: \"$INCLUDE\""},
        {"$ORIGIN\n", 1, "$ORIGIN takes 1 word, not 0"},
        {" A 127.0.0.1\n", 1,
         "the first record begins with a blank, not with a name"},
        {TOP "a A ( 127.0.0.1\n\n", 4, "a parenthesis that is never closed"},
        {TOP "a A 127.0.0.1 )\n", 4, "a parenthesis without its partner"},
        {TOP "a TXT \"x\n", 4, "a quote that is never closed"},
        {TOP "a TXT \"x", 4, "a quote that is never closed"},
        {TOP "a TXT x\\", 4, "a backslash that escapes nothing"},
        {TOP "\"a\" A 127.0.0.1\n", 4, "a name in quotes: \"\"a\""},
        {TOP "a..b A 127.0.0.1\n", 4, "an empty label: \"a..b\""},
        {TOP "\033[2J A 1\n", 4, "not an IPv4 address: \"1\""},
        {TOP "x \033[2J 1\n", 4, "not a type this server knows: \"?[2J\""}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        bool readable = read_zone(wrong[i].text, &zone, &error);
        check(!readable, wrong[i].text);
        if (readable) {
            dns_zone_free(&zone);
            continue;
        }
        check_text(error.text, wrong[i].why, wrong[i].text);
        check(error.line == wrong[i].line, wrong[i].why);
    }

    /* The same zone, as differently as the format allows. */
    static const char *const same[] = {
        "$ORIGIN kr.\n$TTL 60\n@ SOA ns a 1 2 3 4 5\n@ NS ns\nns A 127.0.0.3\n"
        "w MX 10 ns\nw TXT \"a b\" c\n",
        "kr. 60 IN SOA ns.kr. a.kr. ( 1 ; serial (\n 2 3\n\t4 5 )\n"
        "    60 NS ns.kr.\r\n\r\n; nothing\nns.kr. IN 60 A 127.0.0.3;x\n"
        "w.kr. in mx 10 NS.kr.\n$origin w.kr.\n  txt ( \"a b\" \"c\" )",
        "$TTL 60\n$ORIGIN kr.\n@ SOA ns a 1 2 3 4 5\n NS ns\n w\\119 A "
        "127.0.0.9"
        "\n"};
    struct dns_zone zones[2];
    for (int i = 0; i < 2; i++)
        check(read_zone(same[i], &zones[i], &error), error.text);
    check(zones[0].count == 5 && zones[1].count == 5, "five records each");
    for (size_t i = 0; i < 5; i++) {
        char one[DNS_RECORD_TEXT], two[DNS_RECORD_TEXT];
        dns_record_text(&zones[0].records[i], one);
        dns_record_text(&zones[1].records[i], two);
        for (char *c = two; *c; c++)
            if (memcmp(c, "NS.kr.", 6) == 0)
                memcpy(c, "ns.kr.", 6); /* case is kept, and not compared */
        check_text(two, one, "the same record");
    }
    /* Three bytes that an editor has put before the first line */
    check(read_zone("\xef\xbb\xbf" TOP, &zone, &error) && zone.count == 2,
          "a byte order mark");
    dns_zone_free(&zone);
    check(!read_zone(same[2], &zone, &error) && error.line == 5,
          "an indented name is a type");
    test_round(&zones[0]);
    dns_zone_free(&zones[0]);
    dns_zone_free(&zones[1]);

    /* In data "*" is a label like others (RFC 4592 section 2.3). */
    check(read_zone(TOP "a CNAME *.b\nb* MX 1 *\n", &zone, &error) &&
              zone.count == 4,
          "an asterisk in data");
    dns_zone_free(&zone);
    check(read_zone(TOP "a A 127.0.0.1\na A 127.0.0.1\nA A 127.0.0.1\n", &zone,
                    &error) &&
              zone.count == 3,
          "equal records become one");
    dns_zone_free(&zone);
    char text[DNS_RECORD_TEXT];
    check(read_zone(TOP "t TXT \"\\\"\\\\\\000\\195\" \"\"\n", &zone, &error) &&
              zone.count == 3,
          "a text of anything");
    check_text(dns_record_text(&zone.records[2], text),
               "t. 60 TXT \"\\\"\\\\\\000\\195\" \"\"", "that text");
    dns_zone_free(&zone);
}

int main(void)
{
    test_names();
    test_lies();
    test_large();
    /* 127 labels are 127 ends of names to look for, but not 127 times 64. */
    check(time_to_write(127) < 60 * time_to_write(4) + 0.01,
          "names of many labels are no burden");
    test_zones();
    if (failures == 0)
        printf("names, messages, zone files: all as they should be\n");
    return failures ? 1 : 0;
}
