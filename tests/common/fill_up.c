#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

/* Write until nothing more is taken for a while. */
static long long fill_up(int fd)
{
    static const char bytes[64 * 1024];
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    long long taken = 0;
    int blocking = fcntl(fd, F_GETFL), ready = 1;
    if (blocking == -1 || fcntl(fd, F_SETFL, blocking | O_NONBLOCK) == -1)
        die("fcntl");
    while (ready == 1) {
        ssize_t count = write(fd, bytes, sizeof bytes);
        if (count == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
            die("write");
        taken += count > 0 ? count : 0;
        if ((ready = poll(&room, 1, STOPPED)) == -1)
            die("poll");
    }
    if (fcntl(fd, F_SETFL, blocking) == -1) /* or close would not wait */
        die("fcntl");
    return taken;
}
