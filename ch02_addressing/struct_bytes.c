/*
 * struct_bytes.c - a struct as it lies in memory, and as it can be sent.
 *
 * Calls   htonl, htons, memcpy
 * Try     cc struct_bytes.c -o struct_bytes && ./struct_bytes
 * See     struct order { char kind; int price; short count; }
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 1 + 4 + 2 };

struct order {
    char kind;
    int32_t price;
    int16_t count;
};

static void pack(const struct order *order, unsigned char *message);
static void unpack(const unsigned char *message, struct order *order);
static void show_bytes(const char *title, const void *start, size_t size);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: struct_bytes (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    printf("struct order { char kind; int32_t price; int16_t count; }\n");
    printf("its fields have %zu bytes, it has %zu\n",
           sizeof(char) + sizeof(int32_t) + sizeof(int16_t),
           sizeof(struct order));

    /* 1. Memory that was used before: say, a password lay there. */
    struct order order;
    memset(&order, '#', sizeof order);
    order.kind = 'A';
    order.price = 0x12345678;
    order.count = 0x0102;
    printf("price begins at byte %zu, count at byte %zu\n",
           offsetof(struct order, price), offsetof(struct order, count));
    show_bytes("send(fd, &order, ...)", &order, sizeof order);

    /* 2. Field by field, in network order: no gap, one form everywhere. */
    unsigned char message[MESSAGE_SIZE];
    pack(&order, message);
    show_bytes("send(fd, message, ..)", message, sizeof message);

    /* 3. The receiver takes them apart in the same order. */
    struct order copy;
    unpack(message, &copy);
    printf("received: kind %c, price 0x%lx, count 0x%x\n", copy.kind,
           (unsigned long)copy.price, (unsigned)copy.count);
    return 0;
}

static void pack(const struct order *order, unsigned char *message)
{
    uint32_t price = htonl((uint32_t)order->price);
    uint16_t count = htons((uint16_t)order->count);
    message[0] = (unsigned char)order->kind;
    memcpy(message + 1, &price, sizeof price);
    memcpy(message + 5, &count, sizeof count);
}

/* memcpy, not a cast: an int may not begin at just any byte. */
static void unpack(const unsigned char *message, struct order *order)
{
    uint32_t price;
    uint16_t count;
    memcpy(&price, message + 1, sizeof price);
    memcpy(&count, message + 5, sizeof count);
    order->kind = (char)message[0];
    order->price = (int32_t)ntohl(price);
    order->count = (int16_t)ntohs(count);
}

/* 0x marks the bytes that are not the same on every machine. */
static void show_bytes(const char *title, const void *start, size_t size)
{
    const unsigned char *bytes = start;
    printf("%s", title);
    for (size_t i = 0; i < size; i++)
        printf(i > 0 && bytes[i] != '#' && size > MESSAGE_SIZE ? " 0x%02x"
                                                               : " %02x",
               bytes[i]);
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
    perror("struct_bytes: standard output");
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
