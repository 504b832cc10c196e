#include <unistd.h>

/* One write may arrive in many pieces: collect count bytes, as echo_client.c
 * of chapter 3 does. Fewer only if the other end has ended. */
static size_t read_all(int fd, char *bytes, size_t count)
{
    size_t have = 0;
    ssize_t more = 1;
    while (have < count && more > 0) {
        await_bytes(fd);
        more = read(fd, bytes + have, count - have);
        if (more == -1)
            die("read");
        have += (size_t)more;
    }
    return have;
}
