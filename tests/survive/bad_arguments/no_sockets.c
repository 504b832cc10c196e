/*
 * no_sockets.c - preloaded: the first socket ends the program, status 99.
 *
 * A program that has found its arguments wrong never gets that far. Status 98:
 * the socket has a number that belongs to a standard stream.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

int socket(int family, int type, int protocol);

int socket(int family, int type, int protocol)
{
    long fd = syscall(SYS_socket, family, type, protocol);
    _exit(fd >= 0 && fd <= 2 ? 98 : 99);
}
