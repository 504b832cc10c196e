/*
 * passive_addresses.c - which addresses getaddrinfo gives a server to bind.
 *
 * Calls   getaddrinfo AI_PASSIVE -> socket -> setsockopt -> bind -> listen
 * Try     cc passive_addresses.c -o passive_addresses
 *         ./passive_addresses 9190
 * See     without AI_PASSIVE this computer alone, with it everybody
 * Pair    name_to_addresses.c, the client's side
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };
enum { MOST = 8 }; /* addresses in a list: one a family is usual */

static int open_list(const char *port, int flags);
static int open_door(const struct addrinfo *one);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);
static void name_address(const struct sockaddr_storage *addr, char *name);
static const char *gai_error_name(int error);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2) {
        fprintf(stderr, "usage: passive_addresses PORT\n");
        return 2;
    }
    parse_number(argv[1], 0, 65535, "port");

    /* 1. No name: the list is of this computer. A client means itself. */
    printf("getaddrinfo(NULL, \"%s\", ...)\n", argv[1]);
    int shut = open_list(argv[1], 0);

    /* 2. A server means whoever comes, and says so. */
    printf("getaddrinfo(NULL, \"%s\", ...) with AI_PASSIVE\n", argv[1]);
    shut += open_list(argv[1], AI_PASSIVE);
    return shut > 0 ? 1 : 0;
}

/* A door at each address, all at the same time. Returns how many stay shut. */
static int open_list(const char *port, int flags)
{
    struct addrinfo hints = {.ai_flags = flags}, *list;
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    int error = getaddrinfo(NULL, port, &hints, &list);
    if (error) {
        fprintf(stderr, "passive_addresses: %s\n", gai_error_name(error));
        exit(1);
    }
    /* IPv6 first: the list's own order is for connect, not for bind. */
    const int families[] = {AF_INET6, AF_INET};
    int doors[MOST], count = 0, shut = 0;
    for (int i = 0; i < 2; i++)
        for (struct addrinfo *one = list; one; one = one->ai_next) {
            if (one->ai_family != families[i] || count == MOST)
                continue;
            char name[NAME_SIZE];
            name_address((struct sockaddr_storage *)one->ai_addr, name);
            doors[count] = open_door(one);
            if (doors[count] == -1) {
                fprintf(stderr, "passive_addresses: %s: %s\n", name,
                        strerror(errno));
                shut++;
            } else {
                printf("    %s: bind, listen\n", name);
                count++;
            }
        }
    freeaddrinfo(list);
    while (count > 0)
        close(doors[--count]);
    return shut;
}

/* Family, address, port and length: all that bind wants is in the list. */
static int open_door(const struct addrinfo *one)
{
    int on = 1, fd = socket(one->ai_family, one->ai_socktype, 0);
    int v6_only = 1; /* or :: takes IPv4, too, and 0.0.0.0 is in use */
    if (fd == -1)
        return -1;
    if ((one->ai_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only) ==
             -1) ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, one->ai_addr, one->ai_addrlen) == -1 ||
        listen(fd, SOMAXCONN) == -1) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <fcntl.h>

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("passive_addresses: standard output");
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

/* A whole decimal number, as typed; what says which, should it be none. */
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what)
{
    unsigned long long number = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number < least ||
        number > most) {
        fprintf(stderr, "passive_addresses: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}

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
