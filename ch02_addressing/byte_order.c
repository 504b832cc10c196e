/*
 * byte_order.c - a number's bytes in this machine's memory and on the network.
 *
 * Calls   htons (16 bits), htonl (32 bits)
 * Try     cc byte_order.c -o byte_order && ./byte_order 9190
 * See     9190 = 0x23e6, 16 bits
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void show_16(uint16_t number);
static void show_32(uint32_t number);
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

/* By arithmetic, so that it is true on every machine: the high byte is what
 * a shift to the right leaves. */
static void show_orders(uint32_t number, size_t size)
{
    printf("address     ");
    for (size_t i = 0; i < size; i++)
        printf("   +%zu", i);
    printf("\nbig endian  ");
    for (size_t i = 0; i < size; i++)
        printf("   %02x", (unsigned)(number >> 8 * (size - 1 - i)) & 0xff);
    printf("   the high byte at the low address\nlittle endian");
    for (size_t i = 0; i < size; i++)
        printf(i == 0 ? "  %02x" : "   %02x",
               (unsigned)(number >> 8 * i) & 0xff);
    printf("   the low byte at the low address\n");
}

/* What really lies there, from the low address to the high one. 0x marks the
 * bytes that are not the same on every machine. */
static void show_memory(const char *title, const void *start, size_t size,
                        const char *meaning)
{
    const unsigned char *bytes = start;
    printf("%-12s", title);
    for (size_t i = 0; i < size; i++)
        printf(*meaning ? "   %02x" : " 0x%02x", bytes[i]);
    printf(*meaning ? "   %s\n" : "%s\n", meaning);
}

static void show_16(uint16_t number)
{
    /* 1. The two possible orders, and which of them this machine's is. */
    printf("%d = 0x%04x, 16 bits\n", number, number);
    show_orders(number, sizeof number);
    show_memory("this machine", &number, sizeof number, "");

    /* 2. The network has one order; htons turns the bytes, or need not. */
    uint16_t network = htons(number);
    show_memory("network", &network, sizeof network, "htons did it");

    /* 3. Who sends the bytes of the memory as they are, sends a number. */
    unsigned char sent[2];
    memcpy(sent, &number, sizeof sent);
    printf("sent without htons, the other side reads %d\n",
           sent[0] * 256 + sent[1]);
    memcpy(sent, &network, sizeof sent);
    printf("sent with htons, the other side reads %d\n",
           sent[0] * 256 + sent[1]);
}

static void show_32(uint32_t number)
{
    /* The same with four bytes. */
    uint32_t network = htonl(number);
    printf("%lu = 0x%08lx, 32 bits\n", (unsigned long)number,
           (unsigned long)number);
    show_orders(number, sizeof number);
    show_memory("this machine", &number, sizeof number, "");
    show_memory("network", &network, sizeof network, "htonl did it");
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
    perror("byte_order: standard output");
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
        fprintf(stderr, "byte_order: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}
