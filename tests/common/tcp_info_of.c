#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* What the system knows of a connection, or of a waiting room. */
static struct tcp_info tcp_info_of(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1)
        die("getsockopt TCP_INFO");
    return info;
}
