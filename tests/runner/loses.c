/*
 * loses.c - a library to load before a program: each tenth thing that it sends
 * is lost, as if the machine did it.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
    static int count;
    if (++count % 10 == 0)
        return (ssize_t)length;
    return sendto(fd, bytes, length, flags, NULL, 0);
}
