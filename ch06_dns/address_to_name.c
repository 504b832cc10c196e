/*
 * address_to_name.c - ask the system what an address is called.
 *
 * Calls   getnameinfo
 * Try     cc address_to_name.c -o address_to_name
 *         ./address_to_name 127.0.0.1
 * See     127.0.0.1 is localhost
 * Pair    name_to_addresses.c goes the other way
 */
#define _POSIX_C_SOURCE 200809L
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static const char *gai_error_name(int error);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2) {
        fprintf(stderr, "usage: address_to_name ADDRESS\n");
        return 2;
    }
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(argv[1], "0", 0, &addr);

    /* 1. A name, or an error: without NI_NAMEREQD it would give digits. */
    char name[1025]; /* as long as a name may be: NI_MAXHOST */
    int error = getnameinfo((struct sockaddr *)&addr, addr_len, name,
                            sizeof name, NULL, 0, NI_NAMEREQD);
    if (error) {
        fprintf(stderr, "address_to_name: %s: %s\n", argv[1],
                gai_error_name(error));
        return 1;
    }

    /* 2. One name, the one its owner prefers. Others may lead here, too.
       Whoever owns the address chose it: show it, obey nothing in it. */
    printf("%s is ", argv[1]);
    for (const char *byte = name; *byte; byte++)
        putchar(*byte > ' ' && *byte <= '~' ? *byte : '?');
    putchar('\n');
    return 0;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("address_to_name: standard output");
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
    fprintf(stderr, "address_to_name: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* These errors are not errno's. gai_strerror has words, but not the name. */
static const char *gai_error_name(int error)
{
    static const struct {
        int number;
        const char *name;
    } errors[] = {
        {EAI_NONAME, "EAI_NONAME, there is no such name"},
#ifdef __linux__ /* POSIX does not know it, so netdb.h does not show it */
        {-5, "EAI_NODATA, the name is there, but has no address"},
#endif
        {EAI_AGAIN, "EAI_AGAIN, no name server could tell; later one may"},
        {EAI_FAIL, "EAI_FAIL, the name server cannot answer this"},
        {EAI_SERVICE, "EAI_SERVICE, there is no such service"},
        {EAI_FAMILY, "EAI_FAMILY, no such kind of address"},
        {EAI_SOCKTYPE, "EAI_SOCKTYPE, no such type of socket"},
        {EAI_BADFLAGS, "EAI_BADFLAGS, flags that do not go together"},
        {EAI_OVERFLOW, "EAI_OVERFLOW, the name is too long"},
        {EAI_MEMORY, "EAI_MEMORY, out of memory"},
    };
    static char text[100];
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].number == error)
            return errors[i].name;
    if (error != EAI_SYSTEM)
        return gai_strerror(error);
    snprintf(text, sizeof text, "EAI_SYSTEM, %s",
             errno ? strerror(errno) : "and errno has no reason");
    return text;
}
