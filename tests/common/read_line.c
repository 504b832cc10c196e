#include <stdio.h>
#include <sys/types.h>

/* One line, without its newline; -1 at the end of input. What does not fit
 * is left out, but the length returned is the whole line's. */
static ssize_t read_line(char *line, size_t size)
{
    ssize_t length = 0;
    int byte;
    while ((byte = getchar()) != '\n' && byte != EOF)
        if ((size_t)length++ < size)
            line[length - 1] = (char)byte;
    if (ferror(stdin))
        die("read standard input");
    return byte == EOF && length == 0 ? -1 : length;
}
