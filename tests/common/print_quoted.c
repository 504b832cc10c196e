#include <stdio.h>

/* What came from outside is shown, not obeyed: no raw byte to the terminal. */
static void print_quoted(const char *bytes, size_t count)
{
    putchar('"');
    for (size_t i = 0; i < count && i < 60; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '\n')
            printf("\\n");
        else if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (byte < ' ' || byte > '~')
            printf("\\x%02x", byte);
        else
            putchar(byte);
    }
    printf(count > 60 ? "\"...\n" : "\"\n");
}
