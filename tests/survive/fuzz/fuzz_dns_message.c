/*
 * fuzz_dns_message.c - DNS messages from anybody: taken apart, shown, written
 * again, and taken apart once more with the same result.
 */
#include "dns_message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_record(const struct dns_record *record)
{
    char text[DNS_RECORD_TEXT];
    require(dns_record_text(record, text) != NULL);
    require(strlen(text) < sizeof text);
    for (const char *c = text; *c; c++)
        require(*c >= ' ' && *c <= '~'); /* fit for a terminal */
    struct dns_name target;
    uint16_t type = record->type;
    if (type == DNS_NS || type == DNS_CNAME || type == DNS_PTR ||
        type == DNS_MX || type == DNS_SOA)
        dns_record_target(record, &target);
    if (type == DNS_SOA)
        dns_soa_minimum(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_message message, again;
    if (size > DNS_MESSAGE_MAX || dns_decode(data, size, &message))
        return 0;
    if (message.question_count > 0) {
        char text[DNS_NAME_TEXT];
        struct dns_name name;
        dns_name_text(&message.question.name, text);
        require(dns_name_parse(text, NULL, &name) == NULL);
        require(dns_name_equal(&name, &message.question.name));
    }

    static unsigned char bytes[DNS_MESSAGE_MAX];
    struct dns_writer writer;
    dns_begin(&writer, bytes, sizeof bytes, message.id, message.flags);
    bool whole = message.question_count <= 1;
    if (message.question_count == 1)
        whole &= dns_put_question(&writer, &message.question);
    for (int section = 0; section < DNS_SECTIONS; section++)
        for (size_t i = 0; i < message.count[section]; i++) {
            const struct dns_record *record =
                dns_section(&message, (enum dns_section)section) + i;
            check_record(record);
            whole &= dns_put_set(&writer, (enum dns_section)section, record, 1);
        }
    require(writer.length <= sizeof bytes);
    if (whole) {
        require(dns_decode(bytes, writer.length, &again) == NULL);
        for (int section = 0; section < DNS_SECTIONS; section++) {
            require(again.count[section] == message.count[section]);
            for (size_t i = 0; i < message.count[section]; i++) {
                const struct dns_record *old =
                    dns_section(&message, (enum dns_section)section);
                const struct dns_record *new =
                    dns_section(&again, (enum dns_section)section);
                require(old[i].type == new[i].type &&dns_name_equal(
                                           &old[i].name, &new[i].name) &&
                        old[i].data_len == new[i].data_len);
            }
        }
        dns_message_free(&again);
    }
    dns_message_free(&message);
    return 0;
}
