#include <stdio.h>
#include <string.h>

/* How many bytes the first character has, if any terminal shows it as it is;
 * else 0: a control, a mark for another one, half a character, no UTF-8. */
static size_t plain_character(const char *bytes, size_t count)
{
    static const char *const from_to[][2] = {
        {" ", "~"},   {"À", "ɏ"},   {"Α", "џ"},    {"ㄱ", "ㅣ"},  {"가", "힣"},
        {"ぁ", "ゖ"}, {"ァ", "ー"}, {"一", "鿿"}, {"🌀", "🏺"}, {"🐀", "🙏"},
    };
    for (size_t i = 0; i < sizeof from_to / sizeof from_to[0]; i++) {
        size_t size = strlen(from_to[i][0]), whole = 1;
        while (whole < count && whole < size && (bytes[whole] & 0xc0) == 0x80)
            whole++;
        if (whole == size && memcmp(bytes, from_to[i][0], size) >= 0 &&
            memcmp(bytes, from_to[i][1], size) <= 0)
            return size; /* bytes sort as characters do: RFC 3629 section 1 */
    }
    return 0;
}

/* What came from outside is shown, not obeyed: it cannot move the cursor. */
static void print_quoted(const char *bytes, size_t count)
{
    size_t done = 0;
    putchar('"');
    while (done < count && done < 60) {
        unsigned char byte = (unsigned char)bytes[done];
        size_t size = plain_character(bytes + done, count - done);
        if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (size > 0)
            printf("%.*s", (int)size, bytes + done);
        else if (byte == '\n')
            printf("\\n");
        else
            printf("\\x%02x", byte);
        done += size > 0 ? size : 1;
    }
    printf(done < count ? "\"...\n" : "\"\n");
}
