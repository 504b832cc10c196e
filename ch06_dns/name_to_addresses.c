/*
 * name_to_addresses.c - ask the system for every address behind a name.
 *
 * Calls   getaddrinfo -> getnameinfo for each -> freeaddrinfo
 * Try     cc name_to_addresses.c -o name_to_addresses
 *         ./name_to_addresses localhost http
 * See     a line for each address: family, address, port
 * Pair    address_to_name.c goes the other way
 */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void check_service(const char *service);
static void standard_streams(void);
static void check_name(const char *name);
static const char *gai_error_name(int error);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: name_to_addresses NAME [SERVICE]\n");
        return 2;
    }
    const char *name = argv[1], *service = argc == 3 ? argv[2] : NULL;
    check_name(name);
    if (service)
        check_service(service);

    /* 1. What is wanted: any family, for TCP. The rest is left open. */
    struct addrinfo hints, *list;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;

    /* 2. Ask. Files, DNS servers, in what order: the system's business. */
    int error = getaddrinfo(name, service, &hints, &list);
    if (error) {
        fprintf(stderr, "name_to_addresses: %.40s: %s\n", name,
                gai_error_name(error));
        return 1;
    }

    /* 3. Often more than one. The first is not always the one that works. */
    for (struct addrinfo *one = list; one; one = one->ai_next) {
        char ip[INET6_ADDRSTRLEN + sizeof "%interface-name00"], port[6];
        error = getnameinfo(one->ai_addr, one->ai_addrlen, ip, sizeof ip, port,
                            sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
        if (error) {
            fprintf(stderr, "name_to_addresses: getnameinfo: %s\n",
                    gai_error_name(error));
            return 1;
        }
        printf("IPv%c %s port %s\n", one->ai_family == AF_INET ? '4' : '6', ip,
               port);
    }

    /* 4. The list was made for us; we give it back. */
    freeaddrinfo(list);
    return 0;
}

/* getaddrinfo would take "+80", and cut a number to 16 bits in silence. */
static void check_service(const char *service)
{
    int digits = service[strspn(service, "0123456789")] == '\0';
    if (!isalnum((unsigned char)*service) || strlen(service) > 253 ||
        (digits && strtoul(service, NULL, 10) > 65535)) {
        fprintf(stderr, "name_to_addresses: not a service: \"%.40s\"\n",
                service);
        exit(2);
    }
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("name_to_addresses: standard output");
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

/* Nothing, or more than DNS could carry, is not worth asking for. */
static void check_name(const char *name)
{
    if (!*name || strlen(name) > 253) {
        fprintf(stderr, "name_to_addresses: not a name: \"%.40s\"\n", name);
        exit(2);
    }
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
