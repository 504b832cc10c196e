#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* Both ends of a connection at an address of this computer: A has called
 * connect, B is what accept returned. */
static void connect_pair(const char *ip, int *a_fd, int *b_fd)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, ip, &addr.sin_addr);
    socklen_t addr_len = sizeof addr;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    *a_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1 || *a_fd == -1)
        die("socket");
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("bind");
    if (listen(listen_fd, 1) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    if (connect(*a_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("connect");
    *b_fd = accept(listen_fd, NULL, NULL);
    if (*b_fd == -1)
        die("accept");
    close(listen_fd);
}
