/*
 * byte_order.c - a number's bytes in this machine's memory and on the network.
 *
 * Calls   htons (16 bits), htonl (32 bits)
 * Try     cc byte_order.c -o byte_order && ./byte_order 9190
 * See     9190 = 0x23e6, 16 bits
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void show_16(uint16_t number);
static void show_32(uint32_t number);
static void show_bytes(const void *host, const void *network, size_t size);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc > 2) {
        fprintf(stderr, "usage: byte_order [NUMBER]\n");
        return 2;
    }
    if (argc == 1) {
        show_16(0x1234);
        printf("\n");
        show_32(0x12345678);
        return 0;
    }
    uint32_t number =
        (uint32_t)parse_number(argv[1], 0, UINT32_MAX, "decimal number");
    if (number <= 65535) /* what a port has room for */
        show_16((uint16_t)number);
    else
        show_32(number);
    return 0;
}

static void show_16(uint16_t number)
{
    printf("%d = 0x%04x, 16 bits\n", number, number);

    /* 1. The number as the CPU keeps it, and as the network wants it. */
    uint16_t network = htons(number);
    show_bytes(&number, &network, sizeof number);

    /* 2. Who sends the bytes of the memory as they are, sends a number. */
    unsigned char bytes[2];
    memcpy(bytes, &number, sizeof bytes);
    printf("sent without htons, the other side reads %d\n",
           bytes[0] * 256 + bytes[1]);
    memcpy(bytes, &network, sizeof bytes);
    printf("sent with htons, the other side reads %d\n",
           bytes[0] * 256 + bytes[1]);
}

static void show_32(uint32_t number)
{
    printf("%lu = 0x%08lx, 32 bits\n", (unsigned long)number,
           (unsigned long)number);

    /* 1. The same with four bytes. */
    uint32_t network = htonl(number);
    show_bytes(&number, &network, sizeof number);
}

/* Byte by byte, from the low address to the high one. */
static void show_bytes(const void *host, const void *network, size_t size)
{
    const unsigned char *bytes = host;
    printf("address   ");
    for (size_t i = 0; i < size; i++)
        printf("   +%zu", i);
    printf("\nmemory    ");
    for (size_t i = 0; i < size; i++)
        printf(" 0x%02x", bytes[i]);

    /* What this machine does is read from its memory, not known before. */
    uint16_t one = 1;
    unsigned char first_byte;
    memcpy(&first_byte, &one, 1);
    printf("   %s endian: the %s byte comes first\n",
           first_byte == 1 ? "little" : "big",
           first_byte == 1 ? "low" : "high");
    bytes = network;
    printf("network   ");
    for (size_t i = 0; i < size; i++)
        printf("   %02x", bytes[i]);
    printf("   big endian, whatever the machine\n");
}

/* ---- The same in every program of this suite (tests/common) ---- */

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "byte_order: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}

/* A line that could not be printed is said at the end, and costs status 1. */
static void check_output(void)
{
    int lost = ferror(stdout);
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (lost)
        putchar('\n');
    if (fflush(stdout) == EOF || lost) {
        perror("byte_order: standard output");
        _exit(1);
    }
}

/* First of all. A stream that the caller has closed fails: no socket or file
 * gets its number. A line is out when it is printed, also into a pipe. */
static void standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 &&
            open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) == -1)
            die("open /dev/null");
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
        fprintf(stderr, "byte_order: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}
