/*
 * columns.h - how wide a text is on a terminal: Hangul takes two columns.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at text, and how many columns it takes. */
static inline size_t character(const char *text, int *columns)
{
    const unsigned char *byte = (const unsigned char *)text;
    size_t length = byte[0] < 0x80   ? 1
                    : byte[0] < 0xe0 ? 2
                    : byte[0] < 0xf0 ? 3
                                     : 4;
    static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned long code = byte[0] & first[length];
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80) { /* not UTF-8: a byte is a column */
            *columns = 1;
            return 1;
        }
        code = code << 6 | (byte[i] & 0x3f);
    }
    bool wide = (code >= 0x1100 && code <= 0x115f) ||
                (code >= 0x2e80 && code <= 0xa4cf) ||
                (code >= 0xac00 && code <= 0xd7a3) ||
                (code >= 0xf900 && code <= 0xfaff) ||
                (code >= 0xfe30 && code <= 0xfe6f) ||
                (code >= 0xff00 && code <= 0xff60);
    *columns = wide ? 2 : 1;
    return length;
}

/* Columns that the characters in text[0..length) take. */
static inline int columns_of(const char *text, size_t length)
{
    int columns = 0;
    for (size_t at = 0; at < length && text[at];) {
        int wide;
        size_t bytes = character(text + at, &wide);
        if (at + bytes > length)
            break; /* only a part of the last one */
        at += bytes;
        columns += wide;
    }
    return columns;
}

#endif
