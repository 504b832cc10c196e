/*
 * dns_message.c - DNS messages: bytes in, structures out, and back.
 *
 * What each function promises stands in dns_message.h. In this order: names,
 * types and codes, records, messages read, messages written.
 */
#define _POSIX_C_SOURCE 200809L
#include "dns_message.h"
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* ---- names ------------------------------------------------------------- */

static const struct dns_name root = {1, {0}};

/* Not tolower: that one depends on the language of the terminal. */
unsigned char dns_lower(unsigned char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + 32) : byte;
}

size_t dns_parse_byte(const char *text, unsigned char *byte)
{
    *byte = (unsigned char)text[0];
    if (text[0] != '\\')
        return 1;
    *byte = (unsigned char)text[1];
    size_t digits = strspn(text + 1, "0123456789");
    if (digits == 0)
        return text[1] ? 2 : 0;
    if (digits < 3)
        return 0;
    int value = (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
    *byte = (unsigned char)value;
    return value <= 255 ? 4 : 0;
}

/* "www.example.kr." is complete; without the last dot origin is appended.
   "@" is origin itself, where there is one. */
const char *dns_name_parse(const char *text, const struct dns_name *origin,
                           struct dns_name *name)
{
    const struct dns_name *end = origin ? origin : &root;
    name->length = 0;
    if (!*text)
        return "an empty name";
    if (strcmp(text, ".") == 0)
        end = &root;
    else if (!origin || strcmp(text, "@") != 0)
        while (*text) {
            unsigned char label[DNS_LABEL_MAX + 1]; /* and one too many */
            size_t length = 0;
            for (; *text && *text != '.'; length++) {
                size_t used = dns_parse_byte(text, &label[length]);
                if (used == 0)
                    return "a backslash that escapes nothing";
                if (length == DNS_LABEL_MAX)
                    return "a label of more than 63 bytes";
                text += used;
            }
            if (length == 0)
                return "an empty label";
            if (name->length + 1 + length + 1 > DNS_NAME_MAX)
                return "a name of more than 255 bytes";
            name->wire[name->length++] = (unsigned char)length;
            memcpy(name->wire + name->length, label, length);
            name->length += length;
            if (*text == '.' && !*++text)
                end = &root;
        }
    if (name->length + end->length > DNS_NAME_MAX)
        return "a name of more than 255 bytes";
    memcpy(name->wire + name->length, end->wire, end->length);
    name->length += end->length;
    return NULL;
}

/* Fit for a terminal and for a zone file, whatever the bytes are. */
const char *dns_name_text(const struct dns_name *name, char text[DNS_NAME_TEXT])
{
    size_t used = 0;
    for (size_t i = 0; i < name->length && name->wire[i];) {
        for (size_t left = name->wire[i++]; left > 0; left--) {
            unsigned char byte = name->wire[i++];
            used += (size_t)snprintf(text + used, DNS_NAME_TEXT - used,
                                     byte <= ' ' || byte > '~'    ? "\\%03u"
                                     : strchr(".\\\"();@$", byte) ? "\\%c"
                                                                  : "%c",
                                     byte);
        }
        text[used++] = '.';
    }
    strcpy(text + used, used == 0 ? "." : "");
    return text;
}

/* A label's length is at most 63: no length byte is a letter. */
static bool same_bytes(const unsigned char *a, const unsigned char *b,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (dns_lower(a[i]) != dns_lower(b[i]))
            return false;
    return true;
}

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b)
{
    return a->length == b->length && same_bytes(a->wire, b->wire, a->length);
}

size_t dns_name_labels(const struct dns_name *name)
{
    size_t labels = 0;
    for (size_t i = 0; name->wire[i]; i += name->wire[i] + 1u)
        labels++;
    return labels;
}

/* The last labels of a name: 1 of www.example.kr. is kr., 0 is the root. */
void dns_name_suffix(const struct dns_name *name, size_t labels,
                     struct dns_name *suffix)
{
    size_t start = 0, skip = dns_name_labels(name) - labels;
    for (; skip > 0; skip--)
        start += name->wire[start] + 1u;
    suffix->length = name->length - start;
    memmove(suffix->wire, name->wire + start, suffix->length);
}

/* Is it the zone's own name, or one below it? */
bool dns_name_within(const struct dns_name *name, const struct dns_name *zone)
{
    if (dns_name_labels(name) < dns_name_labels(zone))
        return false;
    struct dns_name suffix;
    dns_name_suffix(name, dns_name_labels(zone), &suffix);
    return dns_name_equal(&suffix, zone);
}

/* ---- types and codes --------------------------------------------------- */

static const struct {
    const char *text;
    uint16_t type;
} types[] = {{"A", DNS_A},       {"NS", DNS_NS},   {"CNAME", DNS_CNAME},
             {"SOA", DNS_SOA},   {"PTR", DNS_PTR}, {"MX", DNS_MX},
             {"TXT", DNS_TXT},   {"OPT", DNS_OPT}, {"AAAA", DNS_AAAA},
             {"AXFR", DNS_AXFR}, {"ANY", DNS_ANY}};

const char *dns_type_text(uint16_t type, char text[DNS_TYPE_TEXT])
{
    snprintf(text, DNS_TYPE_TEXT, "TYPE%d", type); /* RFC 3597 section 5 */
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            snprintf(text, DNS_TYPE_TEXT, "%s", types[i].text);
    return text;
}

uint16_t dns_type_parse(const char *text)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcasecmp(types[i].text, text) == 0)
            return types[i].type;
    return 0;
}

const char *dns_rcode_text(unsigned rcode)
{
    static const char *const texts[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                        "NXDOMAIN", "NOTIMP",  "REFUSED"};
    return rcode < sizeof texts / sizeof *texts ? texts[rcode]
                                                : "an unknown error code";
}

/* ---- records ----------------------------------------------------------- */

static uint16_t get16(const unsigned char *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t get32(const unsigned char *bytes)
{
    return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

static void set16(unsigned char *bytes, uint16_t value)
{
    bytes[0] = (unsigned char)(value >> 8);
    bytes[1] = (unsigned char)value;
}

struct dns_shape dns_shape_of(uint16_t type)
{
    bool is_name = type == DNS_NS || type == DNS_CNAME || type == DNS_PTR;
    if (type == DNS_MX)
        return (struct dns_shape){2, 1, 0}; /* preference, host */
    if (type == DNS_SOA)
        return (struct dns_shape){0, 2, 20}; /* two names, five numbers */
    return (struct dns_shape){0, is_name, 0};
}

/* A name inside data, which is well-formed. */
static size_t name_in_data(const unsigned char *data, struct dns_name *name)
{
    size_t length = 0;
    while (data[length])
        length += data[length] + 1u;
    name->length = length + 1;
    memcpy(name->wire, data, name->length);
    return name->length;
}

bool dns_record_copy(struct dns_record *to, const struct dns_record *from)
{
    unsigned char *data = malloc(from->data_len + 1u);
    if (!data)
        return false;
    memcpy(data, from->data, from->data_len);
    *to = *from;
    to->data = data;
    return true;
}

void dns_record_free(struct dns_record *record)
{
    free(record->data);
    record->data = NULL;
}

/* There is room for as many as the next power of two. */
bool dns_list_add(struct dns_record **list, size_t *count,
                  const struct dns_record *record)
{
    if ((*count & (*count - 1)) == 0) { /* 0, 1, 2, 4, ... */
        size_t room = *count ? 2 * *count : 1;
        struct dns_record *grown = realloc(*list, room * sizeof *grown);
        if (!grown)
            return false;
        *list = grown;
    }
    (*list)[(*count)++] = *record;
    return true;
}

void dns_list_free(struct dns_record **list, size_t *count)
{
    while (*count > 0)
        dns_record_free(&(*list)[--*count]);
    free(*list);
    *list = NULL;
}

void dns_record_target(const struct dns_record *record, struct dns_name *name)
{
    name_in_data(record->data + dns_shape_of(record->type).before, name);
}

uint32_t dns_soa_minimum(const struct dns_record *record)
{
    return get32(record->data + record->data_len - 4);
}

/* Adds to a text that is long enough for all but a long TXT, which is cut. */
static size_t add_text(char *text, size_t used, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int length = vsnprintf(text + used, DNS_RECORD_TEXT - used, format, values);
    va_end(values);
    used += length > 0 ? (size_t)length : 0;
    return used < DNS_RECORD_TEXT ? used : DNS_RECORD_TEXT - 1;
}

/* One line of a zone file: name, TTL, type, data. */
const char *dns_record_text(const struct dns_record *record,
                            char text[DNS_RECORD_TEXT])
{
    char name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT], ip[INET6_ADDRSTRLEN];
    const unsigned char *data = record->data;
    size_t used =
        add_text(text, 0, "%s %lu %s", dns_name_text(&record->name, name),
                 (unsigned long)record->ttl, dns_type_text(record->type, type));
    struct dns_shape shape = dns_shape_of(record->type);
    if (shape.names > 0) {
        size_t at = shape.before;
        if (shape.before == 2)
            used = add_text(text, used, " %d", get16(data));
        for (size_t i = 0; i < shape.names; i++) {
            struct dns_name target;
            at += name_in_data(data + at, &target);
            used = add_text(text, used, " %s", dns_name_text(&target, name));
        }
        for (; at < record->data_len; at += 4)
            used =
                add_text(text, used, " %lu", (unsigned long)get32(data + at));
    } else if (record->type == DNS_A || record->type == DNS_AAAA) {
        int family = record->type == DNS_A ? AF_INET : AF_INET6;
        add_text(text, used, " %s", inet_ntop(family, data, ip, sizeof ip));
    } else if (record->type == DNS_TXT) {
        for (size_t at = 0; at < record->data_len; at += data[at] + 1u) {
            size_t length = data[at];
            used = add_text(text, used, " \"");
            for (size_t i = 1; i <= length && i <= 60; i++)
                used =
                    add_text(text, used,
                             data[at + i] < ' ' || data[at + i] > '~' ? "\\%03d"
                             : strchr("\\\"", data[at + i])           ? "\\%c"
                                                                      : "%c",
                             data[at + i]);
            used = add_text(text, used,
                            length > 60 ? "\"... (%zu bytes)" : "\"", length);
        }
    } else {
        add_text(text, used, " (%d bytes)", record->data_len);
    }
    return text;
}

/* ---- messages read ----------------------------------------------------- */

/* Where the reading is. Nothing is read beyond count. */
struct reader {
    const unsigned char *bytes;
    size_t count, at;
};

static const unsigned char *take(struct reader *reader, size_t count)
{
    if (reader->count - reader->at < count)
        return NULL;
    reader->at += count;
    return reader->bytes + reader->at - count;
}

/*
 * A name, which may end with a pointer to an earlier place (RFC 1035 section
 * 4.1.4). Every pointer must point before the piece it ends: so there is no
 * loop, and it comes to an end.
 */
static const char *read_name(struct reader *reader, struct dns_name *name)
{
    size_t at = reader->at, piece = reader->at;
    int jumps = 0;
    name->length = 0;
    for (;;) {
        if (at >= reader->count)
            return "a name beyond the end";
        unsigned length = reader->bytes[at];
        if (length >= 0xc0) {
            if (at + 1 >= reader->count)
                return "a pointer beyond the end";
            size_t target = get16(reader->bytes + at) & 0x3fffu;
            if (jumps == 0)
                reader->at = at + 2;
            if (target < 12 || target >= piece)
                return "a pointer that does not point back";
            if (++jumps > DNS_NAME_MAX / 2) /* no name has so many labels */
                return "a name of too many pointers";
            at = piece = target;
            continue;
        }
        if (length > DNS_LABEL_MAX)
            return "a label of an unknown kind";
        if (reader->count - at < length + 1u)
            return "a label beyond the end";
        if (name->length + length + 1u > DNS_NAME_MAX)
            return "a name of more than 255 bytes";
        memcpy(name->wire + name->length, reader->bytes + at, length + 1u);
        name->length += length + 1u;
        at += length + 1u;
        if (jumps == 0)
            reader->at = at;
        if (length == 0)
            return NULL;
    }
}

/* The data of a record: checked, and with its names uncompressed. */
static const char *read_data(struct reader *reader, size_t length,
                             struct dns_record *record)
{
    unsigned char expanded[2 * DNS_NAME_MAX + 20];
    const unsigned char *data = take(reader, length);
    if (!data)
        return "data beyond the end";
    struct dns_shape shape = dns_shape_of(record->type);
    if (shape.names > 0) {
        struct reader inner = {reader->bytes, reader->at, reader->at - length};
        if (!(data = take(&inner, shape.before)))
            return "data too short for its type";
        memcpy(expanded, data, shape.before);
        length = shape.before; /* from here on the expanded one */
        for (size_t i = 0; i < shape.names; i++) {
            struct dns_name name;
            const char *problem = read_name(&inner, &name);
            if (problem)
                return problem;
            memcpy(expanded + length, name.wire, name.length);
            length += name.length;
        }
        if (!(data = take(&inner, shape.after)) || inner.at != inner.count)
            return "data of another length than its type has";
        memcpy(expanded + length, data, shape.after);
        length += shape.after;
        data = expanded;
    } else if (record->type == DNS_A || record->type == DNS_AAAA) {
        if (length != (record->type == DNS_A ? 4 : 16))
            return "an address of the wrong length";
    } else if (record->type == DNS_TXT) {
        size_t at = 0;
        while (at < length)
            at += data[at] + 1u;
        if (length == 0 || at != length)
            return "a text whose lengths do not add up";
    }
    struct dns_record whole = *record;
    whole.data = (unsigned char *)data; /* only to be copied */
    whole.data_len = (uint16_t)length;
    return dns_record_copy(record, &whole) ? NULL : "no memory";
}

static const char *read_record(struct reader *reader, struct dns_record *record)
{
    memset(record, 0, sizeof *record);
    const char *problem = read_name(reader, &record->name);
    if (problem)
        return problem;
    const unsigned char *fixed = take(reader, 10);
    if (!fixed)
        return "a record beyond the end";
    record->type = get16(fixed);
    record->class_code = get16(fixed + 2);
    record->ttl = get32(fixed + 4);
    if (record->ttl > INT32_MAX && record->type != DNS_OPT)
        record->ttl = 0; /* RFC 2181 section 8 */
    return read_data(reader, get16(fixed + 8), record);
}

static const char *read_question(struct reader *reader,
                                 struct dns_question *question)
{
    const char *problem = read_name(reader, &question->name);
    if (problem)
        return problem;
    const unsigned char *fixed = take(reader, 4);
    if (!fixed)
        return "a question beyond the end";
    question->type = get16(fixed);
    question->class_code = get16(fixed + 2);
    return NULL;
}

/* EDNS hides in a record without being one (RFC 6891 section 6.1.1). */
static const char *read_opt(struct dns_message *message,
                            const struct dns_record *opt, int section)
{
    size_t at = 0;
    message->edns_version = opt->ttl >> 16 & 0xff;
    if (message->edns++ || section != DNS_ADDITIONAL || opt->name.length > 1)
        return "a misplaced OPT";
    while (at + 4 <= opt->data_len) /* options: code, length, so many bytes */
        at += 4u + get16(opt->data + at + 2);
    return at == opt->data_len ? NULL : "EDNS options that do not add up";
}

const char *dns_decode(const unsigned char *bytes, size_t count,
                       struct dns_message *message)
{
    struct reader reader = {bytes, count, 0};
    memset(message, 0, sizeof *message);
    const unsigned char *header = take(&reader, 12);
    if (!header)
        return "shorter than a header";
    message->id = get16(header);
    message->flags = get16(header + 2);
    message->question_count = get16(header + 4);
    const char *problem = NULL;
    for (size_t i = 0; i < message->question_count && !problem; i++) {
        struct dns_question question;
        if (!(problem = read_question(&reader, &question)) && i == 0)
            message->question = question;
    }
    size_t total = 0; /* so many came: a count that lies costs nothing */
    for (int section = 0; section < DNS_SECTIONS; section++)
        for (int left = get16(header + 6 + 2 * section); left > 0 && !problem;
             left--) {
            struct dns_record record;
            problem = read_record(&reader, &record);
            if (!problem && record.type == DNS_OPT) {
                problem = read_opt(message, &record, section);
                dns_record_free(&record);
            } else if (!problem) {
                if (dns_list_add(&message->records, &total, &record))
                    message->count[section]++;
                else
                    dns_record_free(&record), problem = "no memory";
            }
        }
    if (!problem && reader.at != count)
        problem = "bytes after the end";
    if (problem)
        dns_message_free(message);
    return problem;
}

void dns_message_free(struct dns_message *message)
{
    size_t total = message->count[0] + message->count[1] + message->count[2];
    dns_list_free(&message->records, &total);
    memset(message->count, 0, sizeof message->count);
}

bool dns_answers(const struct dns_message *message, uint16_t id,
                 const struct dns_question *question)
{
    const struct dns_question *repeated = &message->question;
    if (message->id != id || (message->flags & (DNS_QR | DNS_OPCODE)) != DNS_QR)
        return false;
    if (message->question_count == 0)
        return (message->flags & DNS_RCODE) != 0;
    return message->question_count == 1 && repeated->type == question->type &&
           repeated->class_code == question->class_code &&
           dns_name_equal(&repeated->name, &question->name);
}

const struct dns_record *dns_section(const struct dns_message *message,
                                     enum dns_section section)
{
    size_t before = 0;
    for (int i = 0; i < (int)section; i++)
        before += message->count[i];
    return before > 0 ? message->records + before : message->records;
}

/* ---- messages written -------------------------------------------------- */

static void put(struct dns_writer *writer, const void *bytes, size_t count)
{
    writer->full |= writer->size - writer->length < count;
    if (writer->full)
        return;
    memcpy(writer->bytes + writer->length, bytes, count);
    writer->length += count;
}

static void put16(struct dns_writer *writer, unsigned value)
{
    unsigned char bytes[2];
    set16(bytes, (uint16_t)value);
    put(writer, bytes, sizeof bytes);
}

static void put32(struct dns_writer *writer, uint32_t value)
{
    put16(writer, value >> 16);
    put16(writer, value & 0xffff);
}

/* Label by label, until what is left stands in the message already. */
static void put_name(struct dns_writer *writer, const struct dns_name *name)
{
    for (size_t at = 0; name->wire[at]; at += name->wire[at] + 1u) {
        struct dns_name known;
        size_t rest = name->length - at;
        for (size_t i = 0; i < writer->known_count; i++) {
            struct reader reader = {writer->bytes, writer->length,
                                    writer->known[i]};
            if (writer->known_length[i] == rest &&
                !read_name(&reader, &known) &&
                same_bytes(known.wire, name->wire + at, rest)) {
                put16(writer, 0xc000u | (unsigned)writer->known[i]);
                return;
            }
        }
        /* A pointer has 14 bits. */
        if (writer->length < 0x4000 &&
            writer->known_count < sizeof writer->known / sizeof(size_t)) {
            writer->known[writer->known_count] = writer->length;
            writer->known_length[writer->known_count++] = rest;
        }
        put(writer, name->wire + at, name->wire[at] + 1u);
    }
    put(writer, "", 1);
}

void dns_begin(struct dns_writer *writer, unsigned char *bytes, size_t size,
               uint16_t id, uint16_t flags)
{
    *writer = (struct dns_writer){.bytes = bytes, .size = size};
    put16(writer, id);
    put16(writer, flags);
    put(writer, "\0\0\0\0\0\0\0", 8); /* four counts */
}

/* After an attempt: keep it and count it, or undo it. */
static bool settle(struct dns_writer *writer, const struct dns_writer *before,
                   size_t count_at, size_t count)
{
    size_t counted = get16(writer->bytes + count_at) + count;
    if (writer->full || counted > 65535) {
        *writer = *before;
        return false;
    }
    set16(writer->bytes + count_at, (uint16_t)counted);
    return true;
}

bool dns_put_question(struct dns_writer *writer,
                      const struct dns_question *question)
{
    struct dns_writer before = *writer;
    put_name(writer, &question->name);
    put16(writer, question->type);
    put16(writer, question->class_code);
    return settle(writer, &before, 4, 1);
}

static void put_record(struct dns_writer *writer,
                       const struct dns_record *record)
{
    put_name(writer, &record->name);
    put16(writer, record->type);
    put16(writer, record->class_code);
    put32(writer, record->ttl);
    size_t length_at = writer->length;
    put16(writer, 0);
    struct dns_shape shape = dns_shape_of(record->type);
    size_t at = shape.before;
    put(writer, record->data, at);
    for (size_t i = 0; i < shape.names; i++) {
        struct dns_name name;
        at += name_in_data(record->data + at, &name);
        put_name(writer, &name);
    }
    put(writer, record->data + at, record->data_len - at);
    if (!writer->full)
        set16(writer->bytes + length_at,
              (uint16_t)(writer->length - length_at - 2));
}

bool dns_put_set(struct dns_writer *writer, enum dns_section section,
                 const struct dns_record *records, size_t count)
{
    struct dns_writer before = *writer;
    for (size_t i = 0; i < count && !writer->full; i++)
        put_record(writer, &records[i]);
    return settle(writer, &before, 6 + 2 * (size_t)section, count);
}

/* We understand EDNS version 0, and still send datagrams of 512 bytes. */
bool dns_put_opt(struct dns_writer *writer, unsigned extended_rcode)
{
    struct dns_writer before = *writer;
    put(writer, "", 1); /* the root */
    put16(writer, DNS_OPT);
    put16(writer, DNS_UDP_MAX);
    put32(writer, (uint32_t)(extended_rcode >> 4) << 24);
    put16(writer, 0);
    return settle(writer, &before, 10, 1);
}

void dns_set_flags(struct dns_writer *writer, uint16_t flags)
{
    set16(writer->bytes + 2, flags);
}
