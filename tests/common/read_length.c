#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Digits and a newline, so that it can be read with nc, too. */
static long long read_length(int fd)
{
    char text[20];
    for (size_t digits = 0; digits < sizeof text; digits++) {
        await_bytes(fd);
        ssize_t count = read(fd, text + digits, 1);
        if (count == -1)
            die("read");
        if (count == 1 && text[digits] == '\n' && digits > 0)
            return strtoll(text, NULL, 10);
        if (count == 0 || text[digits] < '0' || text[digits] > '9')
            break; /* nothing we could understand */
    }
    fprintf(stderr, "PROGRAM: the server announced no length\n");
    exit(1);
}
