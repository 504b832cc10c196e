/*
 * no_sockets.c - preloaded: the first socket ends the program, status 99.
 *
 * A program that has found its arguments wrong never gets that far.
 */
#include <unistd.h>

int socket(int family, int type, int protocol);

int socket(int family, int type, int protocol)
{
    (void)family, (void)type, (void)protocol;
    _exit(99);
}
