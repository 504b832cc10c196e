#include <errno.h>
#include <poll.h>

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    int ready = poll(&wanted, 1, PATIENCE);
    if (ready == 0)
        errno = ETIMEDOUT;
    if (ready != 1)
        die("poll");
}
