#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    int is_v4 = addr->ss_family == AF_INET;
    const void *bytes = is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr;
    char ip[INET6_ADDRSTRLEN] = "?";
    inet_ntop(addr->ss_family, bytes, ip, sizeof ip);
    snprintf(name, NAME_SIZE, is_v4 ? "%s:%d" : "[%s]:%d", ip,
             ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
}
