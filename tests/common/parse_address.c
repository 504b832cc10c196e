#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Both as typed; only where least is 0 the system may choose the port. Returns
 * the length that bind, connect and sendto want to know. */
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr)
{
    long number = strtol(port, NULL, 10);
    if (!*port || port[strspn(port, "0123456789")] || number < least ||
        number > 65535) {
        fprintf(stderr, "PROGRAM: not a port ");
        fprintf(stderr, "(%d to 65535): \"%.40s\"\n", least, port);
        exit(2);
    }
    in_port_t net_port = htons((uint16_t)number);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = net_port};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = net_port};
    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) {
        memcpy(addr, &v4, sizeof v4);
        return sizeof v4;
    }
    if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1) {
        memcpy(addr, &v6, sizeof v6);
        return sizeof v6;
    }
    fprintf(stderr, "PROGRAM: not an IP address ");
    fprintf(stderr, "(such as 127.0.0.1, ::1): \"%.40s\"\n", ip);
    exit(2);
}
