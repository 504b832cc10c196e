/*
 * address_class.c - the class of an IPv4 address, and what replaced classes.
 *
 * Calls   inet_pton
 * Try     cc address_class.c -o address_class && ./address_class 172.217.1.1
 * See     first byte 172 is 10101100 in bits
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

struct address_class {
    char letter;
    int first, last;  /* the first byte's range */
    const char *bits; /* what every first byte of the range begins with */
    int network_bytes;
};

static void print_part(const char *title, const unsigned char *part, int size);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2) {
        fprintf(stderr, "usage: address_class IPV4\n");
        return 2;
    }
    /* 1. Four bytes. IPv6 came when classes had gone. */
    unsigned char bytes[4];
    if (inet_pton(AF_INET, argv[1], bytes) != 1) {
        fprintf(stderr, "address_class: not an IPv4 address: \"%.40s\"\n",
                argv[1]);
        return 2;
    }
    printf("first byte %d is ", bytes[0]);
    for (int bit = 7; bit >= 0; bit--)
        putchar(bytes[0] >> bit & 1 ? '1' : '0');
    printf(" in bits\n");

    /* 2. Its first bits tell the class. */
    static const struct address_class classes[] = {
        {'A', 0, 127, "0", 1},      {'B', 128, 191, "10", 2},
        {'C', 192, 223, "110", 3},  {'D', 224, 239, "1110", 0},
        {'E', 240, 255, "1111", 0},
    };
    const struct address_class *found = classes;
    while (bytes[0] > found->last)
        found++;
    printf("class %c: the first bits are %s, the first byte is %d to %d\n",
           found->letter, found->bits, found->first, found->last);

    /* 3. The class tells where the network ends and the host begins. */
    int network = found->network_bytes;
    if (network > 0) {
        print_part("network", bytes, network);
        print_part("host", bytes + network, 4 - network);
    }
    if (bytes[0] == 0)
        printf("reserved: 0 means this network, or no address yet\n");
    else if (bytes[0] == 127)
        printf("reserved: 127 is the computer itself (loopback)\n");
    else if (found->letter == 'D')
        printf("a multicast group: no network and no host part\n");
    else if (found->letter == 'E')
        printf("reserved: no network and no host part\n");

    /* 4. Since 1993 the length is told, not guessed from the bits. */
    printf("CIDR (RFC 4632) replaced classes: %s/%d says the length itself\n",
           argv[1], network > 0 ? 8 * network : 4);
    return 0;
}

static void print_part(const char *title, const unsigned char *part, int size)
{
    printf("%-8s", title);
    for (int i = 0; i < size; i++)
        printf("%s%d", i > 0 ? "." : "", part[i]);
    printf("\n");
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("address_class: standard output");
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
