#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Both as typed; only where least is 0 the system may choose the port. */
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr)
{
    struct sockaddr_in *v4 = memset(addr, 0, sizeof *addr);
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
    long number = strtol(port, NULL, 10);
    int is_port = *port && !port[strspn(port, "0123456789")] &&
                  number >= least && number <= 65535;
    sa_family_t family = strchr(ip, ':') ? AF_INET6 : AF_INET;
    void *bytes = family == AF_INET ? (void *)&v4->sin_addr : &v6->sin6_addr;
    v4->sin_family = family; /* it and the port have one place in both */
    v4->sin_port = htons((uint16_t)number);
    if (is_port && inet_pton(family, ip, bytes) == 1)
        return family == AF_INET ? sizeof *v4 : sizeof *v6;
    fprintf(stderr, "PROGRAM: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}
