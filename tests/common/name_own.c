#include <sys/socket.h>

/* The address and the port that this end has now. */
static void name_own(int fd, char *name)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = sizeof addr;
    if (getsockname(fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    name_address(&addr, name);
}
