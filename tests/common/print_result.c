#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/* What a call returned, and where it is -1, why; bytes that came, if any. */
static void print_result(const char *call, ssize_t result, const char *bytes)
{
    int error = errno;
    printf("%s = %zd", call, result);
    if (result == -1)
        printf(" %s\n", strerror(error));
    else if (result > 0 && bytes) {
        printf(" ");
        print_quoted(bytes, (size_t)result);
    } else
        printf("\n");
}
