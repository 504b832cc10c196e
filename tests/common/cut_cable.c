#include <netinet/in.h>
#include <sys/socket.h>

/* A cut cable, seen from inside: the socket drops every segment whose hop
 * limit (TTL) is below 255. Ours leave with 64, so TCP never sees them. */
static void cut_cable(int fd, int cut)
{
    int least_ttl = cut ? 255 : 0;
    if (setsockopt(fd, IPPROTO_IP, IP_MINTTL, &least_ttl, sizeof least_ttl))
        die("setsockopt IP_MINTTL");
}
