#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

/* accept, which echo_server.c of chapter 3 shows, and the client's name. */
static int accept_next(int listen_fd, char *name)
{
    struct sockaddr_storage addr;
    socklen_t size = sizeof addr;
    int fd;
    while ((fd = accept(listen_fd, (struct sockaddr *)&addr, &size)) == -1) {
        perror("PROGRAM: accept");
        poll(NULL, 0, 100); /* out of descriptors? breathe, do not spin */
    }
    name_address(&addr, name);
    return fd;
}
