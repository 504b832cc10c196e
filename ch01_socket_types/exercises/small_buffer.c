/*
 * small_buffer.c - print what comes. To be mended: see exercises.md.
 *
 * Calls   socket -> bind -> recvfrom
 * Try     cc small_buffer.c -o small_buffer && ./small_buffer 9190
 * See     bound to 127.0.0.1:9190
 * Pair    ../dgram_client.c
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static _Noreturn void cannot_bind(const char *name);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: small_buffer [ADDRESS] PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr, client_addr;
    socklen_t addr_len = parse_address(argc == 3 ? argv[1] : "127.0.0.1",
                                       argv[argc - 1], 0, &server_addr);
    char name[NAME_SIZE];
    name_address(&server_addr, name);

    /* 1. A socket for datagrams, 2. and its address. */
    int sock_fd = socket(server_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    if (bind(sock_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        cannot_bind(name);
    if (getsockname(sock_fd, (struct sockaddr *)&server_addr, &addr_len))
        die("getsockname");
    name_address(&server_addr, name);
    printf("bound to %s\n", name);

    for (int number = 1;; number++) {
        /* 3. The next message, and from whom. */
        char text[16];
        addr_len = sizeof client_addr;
        ssize_t count = recvfrom(sock_fd, text, sizeof text, 0,
                                 (struct sockaddr *)&client_addr, &addr_len);
        if (count == -1)
            die("recvfrom");
        printf("message %d, %zd bytes: ", number, count);
        print_quoted(text, (size_t)count);
    }
}

/* ---- The same in every program of this suite (tests/common) ---- */

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "small_buffer: ");
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
        perror("small_buffer: standard output");
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

/* Both as typed; only where least is 0 the system may choose the port. Returns
 * the length that bind, connect and sendto want to know. */
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr)
{
    long number = strtol(port, NULL, 10);
    if (!*port || port[strspn(port, "0123456789")] || number < least ||
        number > 65535) {
        fprintf(stderr, "small_buffer: not a port ");
        fprintf(stderr, "(%d to 65535): \"%.40s\"\n", least, port);
        exit(2);
    }
    in_port_t net_port = htons((uint16_t)number);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = net_port};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = net_port};
    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) {
        memcpy(addr, &v4, sizeof v4);
        return sizeof v4;
    }
    if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1) {
        memcpy(addr, &v6, sizeof v6);
        return sizeof v6;
    }
    fprintf(stderr, "small_buffer: not an IP address ");
    fprintf(stderr, "(such as 127.0.0.1, ::1): \"%.40s\"\n", ip);
    exit(2);
}

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    char ip[INET6_ADDRSTRLEN];
    if (addr->ss_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof ip);
        snprintf(name, NAME_SIZE, "%s:%d", ip, ntohs(v4->sin_port));
    } else {
        inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof ip);
        snprintf(name, NAME_SIZE, "[%s]:%d", ip, ntohs(v6->sin6_port));
    }
}

/* Why bind refused, and what is not clear from its words. */
static _Noreturn void cannot_bind(const char *name)
{
    if (errno == EACCES)
        die("bind %s: ports below 1024 are root's, take a higher one", name);
    if (errno == EADDRNOTAVAIL)
        die("bind %s: not an address of this computer", name);
    die("bind %s", name);
}

/* How many bytes the first character has, if any terminal shows it as it is;
 * else 0: a control, a mark for another one, half a character, no UTF-8. */
static size_t plain_character(const char *bytes, size_t count)
{
    static const char *const from_to[][2] = {
        {" ", "~"},   {"À", "ɏ"},   {"Α", "џ"},    {"ㄱ", "ㅣ"},  {"가", "힣"},
        {"ぁ", "ゖ"}, {"ァ", "ー"}, {"一", "鿿"}, {"🌀", "🏺"}, {"🐀", "🙏"},
    };
    for (size_t i = 0; i < sizeof from_to / sizeof from_to[0]; i++) {
        size_t size = strlen(from_to[i][0]), whole = 1;
        while (whole < count && whole < size && (bytes[whole] & 0xc0) == 0x80)
            whole++;
        if (whole == size && memcmp(bytes, from_to[i][0], size) >= 0 &&
            memcmp(bytes, from_to[i][1], size) <= 0)
            return size; /* bytes sort as characters do: RFC 3629 section 1 */
    }
    return 0;
}

/* What came from outside is shown, not obeyed: it cannot move the cursor. */
static void print_quoted(const char *bytes, size_t count)
{
    size_t done = 0;
    putchar('"');
    while (done < count && done < 60) {
        unsigned char byte = (unsigned char)bytes[done];
        size_t size = plain_character(bytes + done, count - done);
        if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (size > 0)
            printf("%.*s", (int)size, bytes + done);
        else if (byte == '\n')
            printf("\\n");
        else
            printf("\\x%02x", byte);
        done += size > 0 ? size : 1;
    }
    printf(done < count ? "\"...\n" : "\"\n");
}
