/*
 * dgram_server.c - receive datagrams when you say so, with the buffer you say.
 *
 * Calls   socket -> bind -> recvmsg ... recvmsg
 * Try     cc dgram_server.c -o dgram_server && ./dgram_server 9190
 * See     bound to 127.0.0.1:9190
 * Pair    dgram_client.c; stream_server.c and stream_client.c do the same
 *         with a stream
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535", BIG = 65536 };
enum { GRACE = 300 }; /* ms: what was sent before Enter has come by then */

static size_t read_size(void);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static _Noreturn void cannot_bind(const char *name);
static ssize_t read_line(char *line, size_t size);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: dgram_server [ADDRESS] PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr, client_addr;
    socklen_t addr_len = parse_address(argc == 3 ? argv[1] : "127.0.0.1",
                                       argv[argc - 1], 0, &server_addr);
    char name[NAME_SIZE];
    name_address(&server_addr, name);

    /* 1. A socket for datagrams. No doorkeeper: it talks to everybody. */
    int sock_fd = socket(server_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");

    /* 2. Give it the address; port 0 lets the system choose one. */
    if (bind(sock_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        cannot_bind(name);
    if (getsockname(sock_fd, (struct sockaddr *)&server_addr, &addr_len))
        die("getsockname");
    name_address(&server_addr, name);
    printf("bound to %s\n", name);
    printf("Enter receives once; a number first sets the buffer's size\n");

    for (int receives = 0;;) {
        size_t size = read_size();
        struct pollfd there = {.fd = sock_fd, .events = POLLIN};
        int ready = poll(&there, 1, GRACE);
        if (ready == -1)
            perror("dgram_server: poll");
        if (ready == 0)
            printf("nothing there: the sender is silent, or gone, or its "
                   "datagram is lost; waiting\n");

        /* 3. Each Enter takes one datagram, or as much of it as fits. */
        static char buffer[BIG];
        struct iovec space = {.iov_base = buffer, .iov_len = size};
        struct msghdr datagram = {.msg_name = &client_addr,
                                  .msg_namelen = sizeof client_addr,
                                  .msg_iov = &space,
                                  .msg_iovlen = 1};
        ssize_t count = recvmsg(sock_fd, &datagram, 0);
        if (count == -1) {
            perror("dgram_server: recvmsg");
            poll(NULL, 0, 100); /* whatever it is: breathe, do not spin */
            continue;
        }
        name_address(&client_addr, name);
        printf("receive %d, buffer %zu, from %s: %zd bytes ", ++receives, size,
               name, count);
        print_quoted(buffer, (size_t)count);

        /* 4. recvmsg, unlike recvfrom, can tell that something was cut. */
        if (datagram.msg_flags & MSG_TRUNC)
            printf("the rest of this datagram is lost (MSG_TRUNC)\n");
    }
}

/* A number typed; BIG for Enter alone, and when there is no more input. */
static size_t read_size(void)
{
    char line[10] = "";
    ssize_t length;
    while ((length = read_line(line, sizeof line - 1)) > 0) {
        unsigned long size = strtoul(line, NULL, 10);
        if (strspn(line, "0123456789") == (size_t)length && size >= 1 &&
            size <= BIG)
            return size;
        fprintf(stderr, "dgram_server: not a size (1 to %d)\n", BIG);
        memset(line, 0, sizeof line);
    }
    return BIG;
}

/* ---- The same in every program of this suite (tests/common) ---- */

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "dgram_server: ");
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
        perror("dgram_server: standard output");
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
        fprintf(stderr, "dgram_server: not a port ");
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
    fprintf(stderr, "dgram_server: not an IP address ");
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

/* One line, without its newline; -1 at the end of input. What does not fit
 * is left out, but the length returned is the whole line's. */
static ssize_t read_line(char *line, size_t size)
{
    ssize_t length = 0;
    int byte;
    while ((byte = getchar()) != '\n' && byte != EOF) {
        if ((size_t)length < size)
            line[length] = (char)byte;
        length++;
    }
    if (ferror(stdin))
        die("read standard input");
    return byte == EOF && length == 0 ? -1 : length;
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
