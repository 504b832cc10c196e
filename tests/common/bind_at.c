#include <stdio.h>
#include <sys/socket.h>

/* A datagram socket at an address: socket and bind, which udp_echo_server.c
 * of chapter 4 shows. Port 0 is the system's choice; the line says which. */
static int bind_at(const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 0, &addr);
    char name[NAME_SIZE];
    name_address(&addr, name);
    int sock_fd = socket(addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    if (bind(sock_fd, (struct sockaddr *)&addr, addr_len) == -1)
        cannot_bind(name);
    if (getsockname(sock_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    name_address(&addr, name);
    printf("bound to %s\n", name);
    return sock_fd;
}
