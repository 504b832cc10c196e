#include <stdio.h>
#include <string.h>

/* What came from outside is shown, not obeyed. Letters are shown as they are:
 * in UTF-8 they sort as their bytes do (RFC 3629 section 1). */
static void print_quoted(const char *bytes, size_t count)
{
    static const char *const letters[][2] = {
        {" ", "~"},   {"À", "ɏ"},   {"Α", "џ"},    {"ㄱ", "ㅣ"},  {"가", "힣"},
        {"ぁ", "ゖ"}, {"ァ", "ー"}, {"一", "鿿"}, {"🌀", "🏺"}, {"🐀", "🙏"},
    };
    size_t done = 0;
    putchar('"');
    while (done < count && done < 60) {
        const char *at = bytes + done;
        size_t size = 0, whole = 1;
        while (whole < 4 && done + whole < count && (at[whole] & 0xc0) == 0x80)
            whole++;
        for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
            size_t n = strlen(letters[i][0]);
            if (n <= whole && memcmp(at, letters[i][0], n) >= 0 &&
                memcmp(at, letters[i][1], n) <= 0)
                size = n;
        }
        if (size > 0)
            printf("%s%.*s", strchr("\"\\", *at) ? "\\" : "", (int)size, at);
        else if (*at == '\n')
            printf("\\n");
        else
            printf("\\x%02x", (unsigned char)*at);
        done += size > 0 ? size : 1;
    }
    printf(done < count ? "\"...\n" : "\"\n");
}
