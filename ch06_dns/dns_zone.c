/*
 * dns_zone.c - a zone file, read: what dns_zone.h promises.
 *
 * Entries ($ORIGIN, $TTL, records; several lines in parentheses) become words,
 * words become records, and what must hold between the records is checked.
 * Not here: $INCLUDE, wildcards, types other than dns_message.h has.
 */
#define _POSIX_C_SOURCE 200809L
#include "dns_zone.h"
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { ENTRY_TEXT = 16 * 1024, ENTRY_WORDS = 256 };

/* What the parser remembers from one entry to the next. */
struct parser {
    FILE *file;
    struct dns_zone_error *error;
    long next_line;         /* of the byte to come */
    long line;              /* what complain speaks of: the entry's first */
    struct dns_name origin; /* what $ORIGIN said, */
    bool has_origin;        /* if it has been there */
    struct dns_name owner;  /* of the record before; length 0: none yet */
    long long default_ttl;  /* $TTL, or -1 */
    long long last_ttl;     /* of the record before, or -1 */
    /* The entry: a record or a directive, perhaps over several lines. */
    bool indented; /* begins with a blank: the owner before */
    size_t word_count;
    char *words[ENTRY_WORDS];
    char text[ENTRY_TEXT]; /* where the words are */
};

/* Always false, so that a function can end with it. */
static bool complain(struct parser *parser, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    parser->error->line = parser->line;
    char *text = parser->error->text;
    vsnprintf(text, sizeof parser->error->text, format, values);
    va_end(values);
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
    return false;
}

/* Some editors begin a UTF-8 text with three bytes that nobody sees. */
static bool skip_mark(struct parser *parser)
{
    int first = getc(parser->file);
    if (first == 0xef) {
        int second = getc(parser->file), third = getc(parser->file);
        return (second == 0xbb && third == 0xbf) ||
               complain(parser, "begins with a byte that is no text");
    }
    ungetc(first, parser->file); /* of EOF: nothing */
    return true;
}

/*
 * Words up to the end of the line, or of the lines in parentheses. Comments
 * vanish. An escape stays as it is; a quoted word keeps its first quote, so
 * that "@" is not the origin.
 */
static bool read_entry(struct parser *parser)
{
    bool inside = false, quoted = false, in_word = false;
    size_t used = 0;
    long first_line = parser->next_line;
    parser->word_count = 0;
    for (bool first = true;; first = false) {
        int c = getc(parser->file);
        if (c == ';' && !quoted)
            while (c != '\n' && c != EOF)
                c = getc(parser->file);
        parser->line = parser->next_line;
        if (c == EOF && ferror(parser->file))
            return complain(parser, "cannot be read");
        if (c == '\n')
            parser->next_line++;
        bool over = c == EOF || c == '\n';
        if ((c == EOF && inside) || (over && quoted)) {
            parser->line = first_line;
            return complain(parser, "a %s that is never closed",
                            quoted ? "quote" : "parenthesis");
        }
        bool blank = c == ' ' || c == '\t' || c == '\r';
        if (first)
            parser->indented = blank;
        if (!quoted && (blank || over || c == '(' || c == ')')) {
            in_word = false;
            if ((c == '(' && inside) || (c == ')' && !inside))
                return complain(parser, "a parenthesis without its partner");
            if (c == '(' || c == ')')
                inside = c == '(';
            if (over && !inside) {
                parser->text[used] = '\0';
                parser->line = first_line;
                return true;
            }
            continue;
        }
        if (c == '\0')
            return complain(parser, "a byte of value 0");
        if (c == '"') {
            in_word = false; /* a quote ends a word, too */
            quoted = !quoted;
            if (!quoted)
                continue;
        }
        if (!in_word) {
            if (parser->word_count == ENTRY_WORDS)
                return complain(parser, "more than %d words in one entry",
                                ENTRY_WORDS);
            parser->text[used++] = '\0'; /* ends the word before */
            parser->words[parser->word_count++] = parser->text + used;
            in_word = true;
        }
        int escaped = c == '\\' ? getc(parser->file) : 0;
        if (c == '\\' && (escaped == EOF || escaped == '\n' || escaped == '\0'))
            return complain(parser, "a backslash that escapes nothing");
        if (used + 3 > sizeof parser->text)
            return complain(parser, "an entry of more than %d bytes",
                            ENTRY_TEXT);
        parser->text[used++] = (char)c;
        if (c == '\\')
            parser->text[used++] = (char)escaped;
    }
}

/* A whole decimal number, and no more than max. -1: it is not. */
static long long parse_number(const char *text, unsigned long max)
{
    if (!*text || text[strspn(text, "0123456789")] || strlen(text) > 10)
        return -1;
    long long number = strtoll(text, NULL, 10);
    return number <= (long long)max ? number : -1;
}

static bool parse_ttl(struct parser *parser, const char *text, long long *ttl)
{
    *ttl = parse_number(text, INT32_MAX);
    return *ttl != -1 ||
           complain(parser, "not a TTL in seconds (0 to 2147483647): \"%.40s\"",
                    text);
}

static bool parse_name(struct parser *parser, const char *text,
                       struct dns_name *name)
{
    const char *problem = text[0] == '"'
                              ? "a name in quotes"
                              : dns_name_parse(text, &parser->origin, name);
    /* A name without a dot at its end, which another origin would change */
    static const struct dns_name elsewhere = {3, "\1x"};
    struct dns_name moved;
    if (!problem && !parser->has_origin &&
        (dns_name_parse(text, &elsewhere, &moved) ||
         moved.length != name->length))
        problem = "no $ORIGIN line says which zone this name is in";
    return !problem || complain(parser, "%s: \"%.40s\"", problem, text);
}

/* Words to the data of a TXT: each a length and up to 255 bytes. */
static bool parse_texts(struct parser *parser, char **words, size_t count,
                        unsigned char *data, size_t *used)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = words[i] + (words[i][0] == '"');
        size_t length = 0, start = (*used)++;
        while (*text) {
            unsigned char byte;
            size_t taken = dns_parse_byte(text, &byte);
            if (taken == 0)
                return complain(parser, "a backslash that escapes nothing");
            if (length == 255)
                return complain(parser, "a text of more than 255 bytes");
            data[(*used)++] = byte;
            length++;
            text += taken;
        }
        data[start] = (unsigned char)length;
    }
    return true;
}

/* The words after the type to the data of a record. */
static bool parse_data(struct parser *parser, char **words, size_t count,
                       struct dns_record *record)
{
    /* A TXT takes no more than its text, the others less than 1,000 bytes. */
    unsigned char data[ENTRY_TEXT + ENTRY_WORDS];
    char type[DNS_TYPE_TEXT];
    size_t used = 0;
    struct dns_shape shape = dns_shape_of(record->type);
    size_t expected =
        shape.names > 0 ? shape.before / 2 + shape.names + shape.after / 4 : 1;
    if (record->type == DNS_TXT ? count < 1 : count != expected)
        return complain(parser, "%s takes %s%zu word%s, not %zu",
                        dns_type_text(record->type, type),
                        record->type == DNS_TXT ? "at least " : "", expected,
                        expected == 1 ? "" : "s", count);
    if (record->type == DNS_TXT) {
        if (!parse_texts(parser, words, count, data, &used))
            return false;
    } else if (shape.names > 0) {
        size_t shorts = shape.before / 2;
        for (size_t i = 0; i < count; i++) {
            struct dns_name name = {.length = 0};
            bool is_short = i < shorts;
            if (!is_short && i < shorts + shape.names) {
                if (!parse_name(parser, words[i], &name))
                    return false;
                memcpy(data + used, name.wire, name.length);
                used += name.length;
                continue;
            }
            unsigned long max = is_short ? UINT16_MAX : UINT32_MAX;
            long long number = parse_number(words[i], max);
            if (number < 0)
                return complain(parser, "not a number (0 to %lu): \"%.40s\"",
                                max, words[i]);
            for (int shift = is_short ? 8 : 24; shift >= 0; shift -= 8)
                data[used++] = (unsigned char)(number >> shift);
        }
    } else {
        int family = record->type == DNS_A ? AF_INET : AF_INET6;
        if (inet_pton(family, words[0], data) != 1)
            return complain(parser, "not an %s address: \"%.40s\"",
                            record->type == DNS_A ? "IPv4" : "IPv6", words[0]);
        used = record->type == DNS_A ? 4 : 16;
    }
    struct dns_record whole = *record;
    whole.data = data;
    whole.data_len = (uint16_t)used;
    return dns_record_copy(record, &whole) || complain(parser, "no memory");
}

/* [owner] [TTL] [class] type data, TTL and class in either order */
static bool parse_record(struct parser *parser, struct dns_record *record)
{
    char **word = parser->words, **end = parser->words + parser->word_count;
    memset(record, 0, sizeof *record);
    record->class_code = DNS_CLASS_IN;
    record->line = parser->line;
    if (!parser->indented && !parse_name(parser, *word++, &parser->owner))
        return false;
    if (parser->owner.length == 0)
        return complain(
            parser, "the first record begins with a blank, not with a name");
    record->name = parser->owner;
    for (const unsigned char *at = record->name.wire; *at; at += *at + 1)
        if (memcmp(at, "\1*", 2) == 0)
            return complain(parser, "wildcards are not served here: \"%.40s\"",
                            parser->words[0]);

    long long ttl = -1;
    bool has_class = false;
    for (; word < end; word++) {
        if (ttl == -1 && (*word)[0] >= '0' && (*word)[0] <= '9') {
            if (!parse_ttl(parser, *word, &ttl))
                return false;
        } else if (!has_class && strcasecmp(*word, "IN") == 0) {
            has_class = true;
        } else {
            break;
        }
    }
    if (word == end)
        return complain(parser, "a record without a type");
    if (ttl == -1)
        ttl =
            parser->default_ttl != -1 ? parser->default_ttl : parser->last_ttl;
    if (ttl == -1)
        return complain(parser, "no TTL: put a line like $TTL 3600 at the top");
    parser->last_ttl = ttl;
    record->ttl = (uint32_t)ttl;
    record->type = dns_type_parse(*word);
    if (record->type == 0 || record->type == DNS_OPT ||
        record->type >= DNS_AXFR)
        return complain(parser, "not a type this server knows: \"%.40s\"",
                        *word);
    word++;
    return parse_data(parser, word, (size_t)(end - word), record);
}

static bool parse_directive(struct parser *parser)
{
    const char *word = parser->words[0];
    bool is_origin = strcasecmp(word, "$ORIGIN") == 0;
    if (!is_origin && strcasecmp(word, "$TTL") != 0)
        return complain(parser, "not a directive this server knows: \"%.40s\"",
                        word);
    if (parser->word_count != 2)
        return complain(parser, "%s takes 1 word, not %zu",
                        is_origin ? "$ORIGIN" : "$TTL", parser->word_count - 1);
    if (!is_origin)
        return parse_ttl(parser, parser->words[1], &parser->default_ttl);
    struct dns_name origin;
    if (!parse_name(parser, parser->words[1], &origin))
        return false;
    parser->origin = origin;
    return parser->has_origin = true;
}

/* By the last label, then by the one before it ... (RFC 4034 section 6.1) */
int dns_zone_order(const struct dns_name *a, const struct dns_name *b)
{
    size_t of_a = dns_name_labels(a), of_b = dns_name_labels(b);
    for (size_t labels = 1; labels <= of_a && labels <= of_b; labels++) {
        struct dns_name end_a, end_b;
        dns_name_suffix(a, labels, &end_a);
        dns_name_suffix(b, labels, &end_b);
        const unsigned char *x = end_a.wire, *y = end_b.wire;
        for (size_t i = 1; i <= *x && i <= *y; i++)
            if (dns_lower(x[i]) != dns_lower(y[i]))
                return dns_lower(x[i]) - dns_lower(y[i]);
        if (*x != *y)
            return *x - *y;
    }
    return (of_a > of_b) - (of_a < of_b);
}

/* By name, type and data: a record set stands together, and so do equals. */
static int compare_records(const void *a, const void *b)
{
    const struct dns_record *x = a, *y = b;
    int order = dns_zone_order(&x->name, &y->name);
    if (order == 0)
        order = x->type - y->type;
    if (order == 0)
        order = x->data_len - y->data_len;
    return order ? order : memcmp(x->data, y->data, x->data_len);
}

/* What must hold between the records of a zone, sorted. Equal records become
   one (RFC 2181 section 5). */
static bool check_zone(struct parser *parser, struct dns_zone *zone)
{
    char name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
    struct dns_record *before = NULL; /* the last one that stays */
    bool top_ns = false;
    parser->line = 0;
    if (zone->count == 0)
        return complain(parser, "no record at all");
    qsort(zone->records, zone->count, sizeof *zone->records, compare_records);
    for (size_t i = 0; i < zone->count; i++) {
        struct dns_record *record = &zone->records[i];
        top_ns = top_ns || (record->type == DNS_NS &&
                            dns_name_equal(&record->name, &zone->origin));
        if (before && dns_name_equal(&before->name, &record->name)) {
            parser->line =
                before->line > record->line ? before->line : record->line;
            dns_name_text(&record->name, name);
            if (before->type == record->type && before->ttl != record->ttl)
                return complain(parser, "%.100s %s: a record set has one TTL",
                                name, dns_type_text(record->type, type));
            if (compare_records(before, record) == 0) {
                dns_record_free(record);
                continue;
            }
            if (before->type == DNS_CNAME || record->type == DNS_CNAME)
                return complain(parser,
                                "%.100s has a CNAME and can have nothing else",
                                name);
        }
        before = before ? before + 1 : zone->records;
        if (before != record) {
            *before = *record;
            record->data = NULL;
        }
    }
    zone->count = (size_t)(before - zone->records) + 1;
    parser->line = 0;
    return top_ns || complain(parser, "the zone %.100s has no NS record",
                              dns_name_text(&zone->origin, name));
}

/* The first record is the SOA, and the others are within its zone. */
static bool add_record(struct parser *parser, struct dns_zone *zone)
{
    struct dns_record record;
    char name[DNS_NAME_TEXT];
    if (!parse_record(parser, &record))
        return false;
    if (zone->count == 0)
        zone->origin = record.name;
    if ((zone->count == 0) != (record.type == DNS_SOA))
        complain(parser, zone->count == 0
                             ? "the first record of a zone is its SOA"
                             : "a second SOA");
    else if (!dns_name_within(&record.name, &zone->origin))
        complain(parser, "%.100s is not in the zone of the SOA",
                 dns_name_text(&record.name, name));
    else if (dns_list_add(&zone->records, &zone->count, &record))
        return true;
    else
        complain(parser, "no memory");
    dns_record_free(&record);
    return false;
}

bool dns_zone_read(FILE *file, struct dns_zone *zone,
                   struct dns_zone_error *error)
{
    struct parser parser = {.file = file,
                            .error = error,
                            .next_line = 1,
                            .line = 1,
                            .origin = {.length = 1}, /* the root */
                            .default_ttl = -1,
                            .last_ttl = -1};
    memset(zone, 0, sizeof *zone);
    bool ok = skip_mark(&parser);
    while (ok && !feof(file)) {
        ok = read_entry(&parser);
        if (ok && parser.word_count > 0)
            ok = parser.words[0][0] == '$' && !parser.indented
                     ? parse_directive(&parser)
                     : add_record(&parser, zone);
    }
    ok = ok && check_zone(&parser, zone);
    if (!ok)
        dns_zone_free(zone);
    return ok;
}

void dns_zone_free(struct dns_zone *zone)
{
    dns_list_free(&zone->records, &zone->count);
}
