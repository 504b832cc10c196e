#include <poll.h>
#include <unistd.h>

/* Enter at this end before anything, or the end, from the other one? */
static int enter_comes_first(int fd)
{
    struct pollfd wanted[] = {{.fd = fd, .events = POLLIN},
                              {.fd = STDIN_FILENO, .events = POLLIN}};
    if (poll(wanted, 2, -1) == -1)
        die("poll");
    if (wanted[0].revents != 0)
        return 0;
    wait_for_enter(); /* what was typed is not left to the shell */
    return 1;
}
