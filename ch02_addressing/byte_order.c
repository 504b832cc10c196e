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
#include <stdlib.h>
#include <string.h>

static uint32_t parse_number(const char *text);
static void show_16(uint16_t number);
static void show_32(uint32_t number);
static void show_bytes(const void *host, const void *network, size_t size);

int main(int argc, char *argv[])
{
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
    uint32_t number = parse_number(argv[1]);
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

/* A whole number of up to 32 bits, in decimal. */
static uint32_t parse_number(const char *text)
{
    unsigned long long number = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number > UINT32_MAX) {
        fprintf(stderr,
                "byte_order: not a decimal number (0 to 4294967295): "
                "\"%.40s\"\n",
                text);
        exit(2);
    }
    return (uint32_t)number;
}
