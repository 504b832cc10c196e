#include <poll.h>

/* Wait for something to come, not for ever: 0 when the time (of now_ms) is up,
 * however much came before. */
static int await_until(int fd, long long deadline)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    long long left = deadline - now_ms();
    int ready = left > 0 ? poll(&wanted, 1, (int)left) : 0;
    if (ready == -1)
        die("poll");
    return ready;
}
