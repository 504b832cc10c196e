/*
 * gethostbyname_old.c - the notes' time: one name, IPv4 only, one answer kept.
 *
 * gethostbyname has left POSIX (2008); _DEFAULT_SOURCE still declares it.
 *
 * Calls   gethostbyname -> (an answer that is the library's) -> gethostbyname
 * Try     cc gethostbyname_old.c -o gethostbyname_old
 *         ./gethostbyname_old localhost
 * See     the addresses, IPv4 only; where the next answer is put
 * Pair    name_to_addresses.c is today's way
 */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>

static const char *host_error_name(int error);
static void standard_streams(void);
static void check_name(const char *name);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2) {
        fprintf(stderr, "usage: gethostbyname_old NAME\n");
        return 2;
    }
    check_name(argv[1]);

    /* 1. A name is all it takes: no family, no service, no port. */
    struct hostent *host = gethostbyname(argv[1]);
    if (!host) {
        fprintf(stderr, "gethostbyname_old: %.40s: %s\n", argv[1],
                host_error_name(h_errno)); /* not errno: one more global */
        return 1;
    }

    /* 2. The answer is a list of IPv4 addresses, already in network order. */
    for (char **bytes = host->h_addr_list; *bytes; bytes++) {
        char ip[INET6_ADDRSTRLEN] = "?";
        inet_ntop(host->h_addrtype, *bytes, ip, sizeof ip);
        printf("address %s\n", ip);
    }

    /* 3. It is the library's memory, and the next question takes it back. */
    uintptr_t place = (uintptr_t)host;
    host = gethostbyname("192.0.2.1");
    if (!host) {
        fprintf(stderr, "gethostbyname_old: 192.0.2.1: %s\n",
                host_error_name(h_errno));
        return 1;
    }
    printf("the answer for 192.0.2.1 overwrites that one: %s\n",
           (uintptr_t)host == place ? "yes" : "no");
    return 0;
}

static const char *host_error_name(int error)
{
    if (error == HOST_NOT_FOUND)
        return "HOST_NOT_FOUND, there is no such name";
    if (error == TRY_AGAIN)
        return "TRY_AGAIN, no name server could tell; later one may";
    if (error == NO_DATA)
        return "NO_DATA, the name has no IPv4 address";
    return "NO_RECOVERY, this cannot be answered";
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("gethostbyname_old: standard output");
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
        fprintf(stderr, "gethostbyname_old: not a name: \"%.40s\"\n", name);
        exit(2);
    }
}
