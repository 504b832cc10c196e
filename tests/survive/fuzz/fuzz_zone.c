/*
 * fuzz_zone.c - zone files with anything in them: read, or refused with a
 * line that says why.
 */
#define _POSIX_C_SOURCE 200809L
#include "dns_zone.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    FILE *file = fmemopen((void *)data, size, "r");
    if (!file)
        abort();
    struct dns_zone zone;
    struct dns_zone_error error;
    if (dns_zone_read(file, &zone, &error)) {
        char text[DNS_RECORD_TEXT];
        for (size_t i = 0; i < zone.count; i++) {
            if (strlen(dns_record_text(&zone.records[i], text)) >=
                    sizeof text ||
                !dns_name_within(&zone.records[i].name, &zone.origin) ||
                (i > 0 && dns_zone_order(&zone.records[i - 1].name,
                                         &zone.records[i].name) > 0))
                abort();
        }
        dns_zone_free(&zone);
    } else {
        if (!error.text[0])
            abort();
        for (const char *c = error.text; *c; c++)
            if (*c < ' ' || *c > '~')
                abort();
    }
    fclose(file);
    return 0;
}
