/*
 * address_bytes.c - an IP address as people write it and as it travels.
 *
 * Calls   inet_pton (text to bytes), inet_ntop (bytes to text)
 * Try     cc address_bytes.c -o address_bytes
 *         ./address_bytes 172.217.1.1 ::1
 * See     172.217.1.1, and then its bytes
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int text_to_bytes(const char *text, unsigned char *bytes);
static _Noreturn void refuse(const char *text);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc < 2) {
        fprintf(stderr, "usage: address_bytes ADDRESS...\n");
        return 2;
    }
    /* 1. Every argument must be an address before anything is printed. */
    unsigned char bytes[16];
    for (int i = 1; i < argc; i++)
        if (text_to_bytes(argv[i], bytes) == 0)
            refuse(argv[i]);

    for (int i = 1; i < argc; i++) {
        /* 2. Text to bytes. Only these bytes ever travel, never the text. */
        int size = text_to_bytes(argv[i], bytes);
        printf("%s\n", argv[i]);
        printf("  %2d bytes ", size);
        for (int j = 0; j < size; j++)
            printf(size == 4 ? " %d" : " %02x", bytes[j]);

        /* 3. And back. The same bytes always give the same, shortest text. */
        char text[INET6_ADDRSTRLEN];
        if (inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text,
                      sizeof text) == NULL)
            die("inet_ntop");
        printf("\n  as text   %s\n", text);
    }
    return 0;
}

/* Returns how many bytes the address has: 4, 16, or 0 if it is none. */
static int text_to_bytes(const char *text, unsigned char *bytes)
{
    if (inet_pton(AF_INET, text, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, text, bytes) == 1 ? 16 : 0;
}

/* The first fault, from the left, of what is no IPv4 address. */
static void explain_ipv4(const char *part)
{
    for (int number = 1;; number++) {
        size_t length = strcspn(part, ".");
        if (number == 1 && isalpha((unsigned char)part[0]))
            fprintf(stderr, "a name (chapter 6 finds the address of one)\n");
        else if (length == 0)
            fprintf(stderr, "part %d is empty\n", number);
        else if (strspn(part, "0123456789") < length)
            fprintf(stderr, "part %d is not a decimal number\n", number);
        else if (part[0] == '0' && length > 1)
            fprintf(stderr, "part %d begins with 0, which may mean octal\n",
                    number);
        else if (length > 3 || atoi(part) > 255)
            fprintf(stderr, "part %d is over 255, too much for a byte\n",
                    number);
        else if (part[length] == '\0')
            fprintf(stderr, "number of parts: %d, not 4\n", number);
        else {
            part += length + 1;
            continue;
        }
        return;
    }
}

/* The most telling fault of what is no IPv6 address. */
static void explain_ipv6(const char *text)
{
    const char *zone = strchr(text, '%'), *gap = strstr(text, "::");
    size_t length = strlen(text), longest = 0, groups = 0;
    for (const char *part = text; *part; part += strspn(part, ":")) {
        size_t digits = strcspn(part, ":");
        longest = digits > longest ? digits : longest;
        groups += digits > 0;
        part += digits;
    }
    if (zone != NULL && zone[1] == '\0')
        fprintf(stderr, "the interface behind %% is missing\n");
    else if (zone != NULL)
        fprintf(stderr, "an interface behind %% is no part of the bytes\n");
    else if (strpbrk(text, "[]") != NULL)
        fprintf(stderr, "[ and ] are for address and port together\n");
    else if (text[strspn(text, "0123456789abcdefABCDEF:.")] != '\0')
        fprintf(stderr, "a character that is neither hex digit nor colon\n");
    else if (strchr(text, '.') != NULL)
        fprintf(stderr, "the IPv4 address at its end is wrong\n");
    else if (gap != NULL && strstr(gap + 1, "::") != NULL)
        fprintf(stderr, ":: may stand only once\n");
    else if (longest > 4)
        fprintf(stderr, "a group has more than 4 hex digits\n");
    else if ((text[0] == ':' && gap != text) ||
             (text[length - 1] == ':' && gap != text + length - 2))
        fprintf(stderr, "a single colon at the beginning or the end\n");
    else
        fprintf(stderr, "number of groups: %zu, %s\n", groups,
                gap != NULL ? "too many beside ::" : "not 8");
}

/* One line that says what is wrong with it, and the end. */
static _Noreturn void refuse(const char *text)
{
    fprintf(stderr, "address_bytes: not an IP address: \"%.40s\": ", text);
    /* Meant for IPv6? A colon comes before any dot; not in 127.0.0.1:9190. */
    if (strcspn(text, ":") < strcspn(text, "."))
        explain_ipv6(text);
    else
        explain_ipv4(text);
    exit(2);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "address_bytes: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("address_bytes: standard output");
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
