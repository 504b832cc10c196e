/*
 * interfaces.c - the network interfaces of this computer and their addresses.
 *
 * Calls   if_nameindex; getifaddrs, inet_ntop, freeifaddrs
 * Try     cc interfaces.c -o interfaces && ./interfaces
 * See     lo           127.0.0.1/8
 *
 * More than POSIX, so _DEFAULT_SOURCE: getifaddrs (Linux, BSD, macOS).
 */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static const void *address_bytes(const struct sockaddr *addr);
static int prefix_length(const struct sockaddr *netmask);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: interfaces (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    /* 1. The interfaces, with or without an address. */
    struct if_nameindex *interfaces = if_nameindex();
    if (interfaces == NULL)
        die("if_nameindex");
    int count = 0;
    for (int i = 0; interfaces[i].if_index != 0; i++) {
        int first = 0; /* some libraries list a label (lo:1) of its own */
        while (interfaces[first].if_index != interfaces[i].if_index)
            first++;
        count += first == i;
    }

    /* 2. A list with one entry for each address of each interface. */
    struct ifaddrs *list;
    if (getifaddrs(&list) == -1)
        die("getifaddrs");

    /* 3. The card's own (MAC) address is an entry, too: no IP, left out. */
    int addresses = 0;
    for (struct ifaddrs *entry = list; entry; entry = entry->ifa_next) {
        const void *bytes = address_bytes(entry->ifa_addr);
        if (bytes == NULL)
            continue;
        char ip[INET6_ADDRSTRLEN];
        if (inet_ntop(entry->ifa_addr->sa_family, bytes, ip, sizeof ip) == NULL)
            die("inet_ntop");
        printf("%-12s %s/%d%s%s\n", entry->ifa_name, ip,
               prefix_length(entry->ifa_netmask),
               entry->ifa_flags & IFF_LOOPBACK ? ", the loopback" : "",
               entry->ifa_flags & IFF_UP ? "" : ", switched off");
        addresses++;
    }
    printf("one computer, interfaces: %d, addresses: %d\n", count, addresses);
    freeifaddrs(list);
    if_freenameindex(interfaces);
    return 0;
}

/* The 4 or 16 bytes in it; NULL if it is no IP address. */
static const void *address_bytes(const struct sockaddr *addr)
{
    if (addr != NULL && addr->sa_family == AF_INET)
        return &((const struct sockaddr_in *)(const void *)addr)->sin_addr;
    if (addr != NULL && addr->sa_family == AF_INET6)
        return &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr;
    return NULL;
}

/* The mask's ones, counted. */
static int prefix_length(const struct sockaddr *netmask)
{
    const unsigned char *bytes = address_bytes(netmask);
    int ones = 0;
    for (int i = 0; bytes && i < (netmask->sa_family == AF_INET ? 4 : 16); i++)
        for (int bit = 0; bit < 8; bit++)
            ones += bytes[i] >> bit & 1;
    return ones;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "interfaces: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("interfaces: standard output");
    _Exit(1);
}

/* 0 to 2 are open: no socket gets their numbers. A line is out at once. */
static void standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1)
            open("/dev/null", O_RDONLY);
    setvbuf(stdout, NULL, _IOLBF, 0);
    atexit(check_output);
}
