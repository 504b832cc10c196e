#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A line that could not be printed is said at the end, and costs status 1. */
static void check_output(void)
{
    int lost = ferror(stdout);
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (lost)
        putchar('\n');
    if (fflush(stdout) == EOF || lost) {
        perror("PROGRAM: standard output");
        _exit(1);
    }
}

/* First of all. A stream that the caller has closed fails: no socket or file
 * gets its number. A line is out when it is printed, also into a pipe. */
static void standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 &&
            open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) == -1)
            die("open /dev/null");
    setvbuf(stdout, NULL, _IOLBF, 0);
    atexit(check_output);
}
