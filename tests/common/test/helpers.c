/*
 * helpers.c - the shared helpers themselves, at their limits.
 *
 * What is expected stands here as bytes and numbers, not as the same calls
 * once more: a port in the wrong order is wrong in every program at once.
 */
#define _POSIX_C_SOURCE 200809L
#include <netdb.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAME_SIZE = 46 + sizeof "[]:65535" }; /* as in every program */
enum { PATIENCE = 10 * 1000 };

/* Takes at most three bytes; the call that no_more counts down to fails. */
static int no_more = -1;

static ssize_t short_write(int fd, const void *bytes, size_t count)
{
    if (no_more-- == 0)
        return -1;
    return write(fd, bytes, count < 3 ? count : 3);
}

static ssize_t short_read(int fd, void *bytes, size_t count)
{
    return read(fd, bytes, count < 3 ? count : 3);
}

/* Where print_quoted's text goes. */
static char here[400];
static size_t here_count;

static void put_here(int byte)
{
    here[here_count++] = (char)byte;
    here[here_count] = '\0';
}

static void print_here(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    here_count += (size_t)vsnprintf(here + here_count, sizeof here - here_count,
                                    format, values);
    va_end(values);
}

#include "../die.c"

#include "../await_bytes.c"
#include "../cannot_bind.c"
#include "../gai_error_name.c"
#include "../name_address.c"
#include "../now_ms.c"
#include "../now_us.c"
#include "../parse_address.c"
#include "../parse_number.c"
#include "../read_line.c"
#include "../wait_for_enter.c"

#include "../await_until.c"
#define printf print_here
#define putchar put_here
#include "../print_quoted.c"
#undef printf
#undef putchar
#define write short_write
#include "../write_all.c"
#undef write
#define read short_read
#include "../read_all.c"
#undef read

static int failures;

static void check(bool holds, const char *format, ...)
{
    if (holds)
        return;
    va_list values;
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    putchar('\n');
    failures++;
}

/* --- What goes out or comes back through a child or a file --- */

static FILE *kept; /* where standard output or error is kept meanwhile */
static int saved_fd;

static void keep(FILE *stream)
{
    fflush(stream);
    saved_fd = dup(fileno(stream));
    kept = tmpfile();
    if (kept == NULL || dup2(fileno(kept), fileno(stream)) == -1)
        die("tmpfile");
}

static const char *give_back(FILE *stream)
{
    static char text[4096];
    fflush(stream);
    dup2(saved_fd, fileno(stream));
    close(saved_fd);
    rewind(kept);
    text[fread(text, 1, sizeof text - 1, kept)] = '\0';
    fclose(kept);
    return text;
}

/* A call that ends the program: its status, and the line that it says. */
static void check_end(void (*call)(void), int status, const char *line)
{
    keep(stderr);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        call();
        _exit(0);
    }
    int ended = 0;
    waitpid(pid, &ended, 0);
    const char *said = give_back(stderr);
    check(WIFEXITED(ended) && WEXITSTATUS(ended) == status &&
              strcmp(said, line) == 0,
          "status %d \"%s\", not %d \"%s\"", WEXITSTATUS(ended), said, status,
          line);
}

/* --- Addresses --- */

static struct sockaddr_storage addr;

static void check_address(const char *ip, const char *port, int least,
                          int family, const char *bytes, size_t at,
                          size_t count, const char *name)
{
    memset(&addr, 0xff, sizeof addr);
    socklen_t length = parse_address(ip, port, least, &addr);
    check(addr.ss_family == family, "%s: family %d", ip, addr.ss_family);
    check(length == (family == AF_INET ? sizeof(struct sockaddr_in)
                                       : sizeof(struct sockaddr_in6)),
          "%s: length %d", ip, (int)length);
    unsigned number = (unsigned)atoi(port);
    const unsigned char *raw = (const unsigned char *)&addr;
    check(raw[2] == number >> 8 && raw[3] == (number & 0xff),
          "%s port %s: bytes %02x %02x", ip, port, raw[2], raw[3]);
    check(memcmp(raw + at, bytes, count) == 0, "%s: other bytes", ip);
    for (size_t i = at + count; i < sizeof addr; i++)
        check(raw[i] == 0, "%s: byte %zu is not 0", ip, i);

    char text[NAME_SIZE + 1];
    memset(text, '#', sizeof text);
    name_address(&addr, text);
    check(strcmp(text, name) == 0, "%s, not %s", text, name);
    check(text[NAME_SIZE] == '#', "%s: more than NAME_SIZE", name);
}

static const char *given_ip, *given_port;
static int given_least;

static void call_parse_address(void)
{
    parse_address(given_ip, given_port, given_least, &addr);
}

static void refused(const char *ip, const char *port, int least,
                    const char *line)
{
    given_ip = ip;
    given_port = port;
    given_least = least;
    check_end(call_parse_address, 2, line);
}

static void test_addresses(void)
{
    static const char one[16] = {[15] = 1};
    static const char longest[] = "\x11\x11\x22\x22\x33\x33\x44\x44"
                                  "\x55\x55\x66\x66\x77\x77\x88\x88";
    static const char mapped[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff";
    check_address("127.0.0.1", "9190", 0, AF_INET, "\x7f\0\0\1", 4, 4,
                  "127.0.0.1:9190");
    check_address("1.2.3.4", "0", 0, AF_INET, "\1\2\3\4", 4, 4, "1.2.3.4:0");
    check_address("1.2.3.4", "1", 1, AF_INET, "\1\2\3\4", 4, 4, "1.2.3.4:1");
    check_address("255.255.255.255", "65535", 1, AF_INET, "\xff\xff\xff\xff", 4,
                  4, "255.255.255.255:65535");
    check_address("127.0.0.1", "00080", 1, AF_INET, "\x7f\0\0\1", 4, 4,
                  "127.0.0.1:80");
    check_address("::1", "9190", 0, AF_INET6, one, 8, 16, "[::1]:9190");
    check_address("::1", "0", 0, AF_INET6, one, 8, 16, "[::1]:0");
    check_address("::1", "1", 1, AF_INET6, one, 8, 16, "[::1]:1");
    check_address("1111:2222:3333:4444:5555:6666:7777:8888", "65535", 1,
                  AF_INET6, longest, 8, 16,
                  "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
    check_address("::ffff:255.255.255.255", "65535", 0, AF_INET6, mapped, 8, 16,
                  "[::ffff:255.255.255.255]:65535");

    char none_yet[NAME_SIZE]; /* what accept has not filled in */
    name_address(&(struct sockaddr_storage){0}, none_yet);
    check(strcmp(none_yet, "[?]:0") == 0, "no address is %s", none_yet);

    refused("::1", "0", 1, "PROGRAM: not a port (1 to 65535): \"0\"\n");
    refused("::1", "65536", 0, "PROGRAM: not a port (0 to 65535): \"65536\"\n");
    refused("::1", "4294967296", 0,
            "PROGRAM: not a port (0 to 65535): \"4294967296\"\n");
    refused("::1", "18446744073709551617", 1,
            "PROGRAM: not a port (1 to 65535): \"18446744073709551617\"\n");
    refused("::1", "", 0, "PROGRAM: not a port (0 to 65535): \"\"\n");
    refused("::1", "-1", 0, "PROGRAM: not a port (0 to 65535): \"-1\"\n");
    refused("::1", "+1", 0, "PROGRAM: not a port (0 to 65535): \"+1\"\n");
    refused("::1", " 1", 0, "PROGRAM: not a port (0 to 65535): \" 1\"\n");
    refused("::1", "80x", 0, "PROGRAM: not a port (0 to 65535): \"80x\"\n");
    static const char *const none[] = {"localhost",   "[::1]",     "",
                                       "127.1",       "010.0.0.1", "::1%lo",
                                       "127.0.0.1:80"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        char line[200];
        snprintf(line, sizeof line,
                 "PROGRAM: not an IP address (like 127.0.0.1, ::1): "
                 "\"%s\"\n",
                 none[i]);
        refused(none[i], "9190", 0, line);
    }
}

static const char *given_text;
static unsigned long given_most;

static void call_parse_number(void)
{
    parse_number(given_text, 1, given_most, "size");
}

static void test_numbers(void)
{
    check(parse_number("1", 1, 9, "size") == 1, "the least");
    check(parse_number("9", 1, 9, "size") == 9, "the most");
    check(parse_number("4294967295", 0, 4294967295, "size") == 4294967295,
          "32 bits");
    given_most = 9;
    given_text = "10";
    check_end(call_parse_number, 2, "PROGRAM: not a size (1 to 9): \"10\"\n");
    given_text = "0";
    check_end(call_parse_number, 2, "PROGRAM: not a size (1 to 9): \"0\"\n");
    given_text = "";
    check_end(call_parse_number, 2, "PROGRAM: not a size (1 to 9): \"\"\n");
    given_text = "-18446744073709551611"; /* 5, to strtoull */
    check_end(call_parse_number, 2,
              "PROGRAM: not a size (1 to 9): \"-18446744073709551611\"\n");
    given_most = 4294967295;
    given_text = "99999999999999999999999"; /* too much for any type */
    check_end(call_parse_number, 2,
              "PROGRAM: not a size (1 to 4294967295): "
              "\"99999999999999999999999\"\n");
}

/* --- Quoted text --- */

static const char *quoted(const char *bytes, size_t count)
{
    here_count = 0;
    print_quoted(bytes, count);
    return here;
}

static void check_quoted(const char *bytes, size_t count, const char *expected)
{
    check(strcmp(quoted(bytes, count), expected) == 0, "%s is not %s", here,
          expected);
}

#define QUOTED(text, expected) check_quoted(text, sizeof(text) - 1, expected)

/* Unicode's numbers for what print_quoted lists as bytes. */
static bool is_plain(unsigned long letter)
{
    static const unsigned long plain[][2] = {
        {0x20, 0x7e},      {0xc0, 0x24f},    {0x391, 0x45f},
        {0x3041, 0x3096},  {0x30a1, 0x30fc}, {0x3131, 0x3163},
        {0x4e00, 0x9fff},  {0xac00, 0xd7a3}, {0x1f300, 0x1f3fa},
        {0x1f400, 0x1f64f}};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (letter >= plain[i][0] && letter <= plain[i][1])
            return true;
    return false;
}

/* RFC 3629, section 3, the strict way. 0: these are no character. */
static size_t letter_size(const unsigned char *b, size_t count)
{
    size_t size = b[0] < 0x80       ? 1
                  : b[0] >> 5 == 6  ? 2
                  : b[0] >> 4 == 14 ? 3
                  : b[0] >> 3 == 30 ? 4
                                    : 0;
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (size == 0 || count < size)
        return 0;
    unsigned long letter = b[0];
    if (size > 1)
        letter &= 0x7fu >> size;
    for (size_t i = 1; i < size; i++) {
        if (b[i] >> 6 != 2)
            return 0;
        letter = letter << 6 | (b[i] & 0x3f);
    }
    return letter >= least[size] && is_plain(letter) ? size : 0;
}

/* How the first of these bytes, or the letter that they are, is quoted. */
static void check_first(const unsigned char *b, size_t count)
{
    char expected[8];
    size_t size = letter_size(b, count);
    if (size > 0)
        snprintf(expected, sizeof expected, "%s%.*s",
                 b[0] == '"' || b[0] == '\\' ? "\\" : "", (int)size,
                 (const char *)b);
    else
        snprintf(expected, sizeof expected, b[0] == '\n' ? "\\%c" : "\\x%02x",
                 b[0] == '\n' ? 'n' : b[0]);
    check(strncmp(quoted((const char *)b, count) + 1, expected,
                  strlen(expected)) == 0,
          "%zu bytes %02x %02x...: %s", count, b[0], b[count > 1], here);
}

static void test_quoted(void)
{
    QUOTED("", "\"\"\n");
    QUOTED("hello\n", "\"hello\\n\"\n");
    QUOTED("a\"b\\c", "\"a\\\"b\\\\c\"\n");
    QUOTED("%s%n", "\"%s%n\"\n");
    QUOTED("\0\t\r\x1b[31m\x7f", "\"\\x00\\x09\\x0d\\x1b[31m\\x7f\"\n");
    QUOTED("\x80\x9b\xff", "\"\\x80\\x9b\\xff\"\n");
    QUOTED("안녕 é Ж あ 漢 😀", "\"안녕 é Ж あ 漢 😀\"\n");
    QUOTED("\xec\x95", "\"\\xec\\x95\"\n"); /* cut by a buffer */
    QUOTED("\xec\x95\x88\xeb", "\"안\\xeb\"\n");
    QUOTED("\xe2\x80\xae", "\"\\xe2\\x80\\xae\"\n"); /* right to left */
    QUOTED("\xe2\x80\x8b", "\"\\xe2\\x80\\x8b\"\n"); /* zero width */
    QUOTED("e\xcc\x81", "\"e\\xcc\\x81\"\n");        /* combining */
    QUOTED("\xc0\xaf\xed\xa0\x80", "\"\\xc0\\xaf\\xed\\xa0\\x80\"\n");

    /* Sixty bytes, no character cut, and dots only where something is left. */
    static const char sixty[] =
        "123456789012345678901234567890123456789012345678901234567890";
    char text[100], expected[100];
    snprintf(text, sizeof text, "%sx", sixty);
    snprintf(expected, sizeof expected, "\"%s\"\n", sixty);
    check_quoted(text, 60, expected);
    snprintf(expected, sizeof expected, "\"%s\"...\n", sixty);
    check_quoted(text, 61, expected);
    snprintf(text, sizeof text, "%.59s안", sixty);
    snprintf(expected, sizeof expected, "\"%.59s안\"\n", sixty);
    check_quoted(text, 62, expected);
    snprintf(expected, sizeof expected, "\"%.59s\\xec\"...\n", sixty);
    check_quoted(text, 61, expected);

    /* All that three bytes can be, and four where the fourth may matter. */
    for (unsigned long n = 0; n < 0x1000000; n++) {
        unsigned char b[4] = {(unsigned char)(n >> 16), (unsigned char)(n >> 8),
                              (unsigned char)n};
        if ((b[0] < 0xe0 && b[2] % 0x40) || (b[0] < 0xc0 && b[1] != 0x80) ||
            (b[0] > 0xf0 && b[2] % 0x40))
            continue; /* the third can hardly matter here */
        check_first(b, 3);
        for (int i = 0; b[0] >= 0xf0 && i < 4; i++) {
            static const unsigned char fourth[] = {0x7f, 0x80, 0xbf, 0xc0};
            b[3] = fourth[i];
            check_first(b, 4);
        }
    }
    for (int first = 0; first < 256; first++)
        check_first((unsigned char[]){(unsigned char)first}, 1);
}

/* --- Reading, writing, time --- */

static void test_write_all(void)
{
    FILE *file = tmpfile();
    if (file == NULL)
        die("tmpfile");
    check(write_all(fileno(file), "0123456789", 10) == 10, "10 bytes");
    check(write_all(fileno(file), "", 0) == 0, "no bytes");
    no_more = 2;
    check(write_all(fileno(file), "abcdefghij", 10) == -1, "a failing write");
    no_more = -1;
    char text[20] = "";
    rewind(file);
    size_t count = fread(text, 1, sizeof text, file);
    check(count == 16 && memcmp(text, "0123456789abcdef", 16) == 0,
          "\"%.20s\" was written", text);
    fclose(file);
}

static void test_read_all(void)
{
    int ends[2];
    char text[20] = "";
    if (pipe(ends) == -1)
        die("pipe");
    check(await_until(ends[0], now_ms() + 1) == 0, "something came");
    check(write(ends[1], "0123456789", 10) == 10, "10 bytes");
    check(await_until(ends[0], now_ms() + PATIENCE) == 1, "nothing came");
    check(await_until(ends[0], now_ms()) == 0, "the time is up all the same");
    close(ends[1]);
    check(read_all(ends[0], text, 7) == 7 && strcmp(text, "0123456") == 0,
          "\"%s\" came first", text);
    check(read_all(ends[0], text, sizeof text) == 3 && text[2] == '9',
          "the end came after \"%.3s\"", text);
    close(ends[0]);
}

static void test_lines(void)
{
    FILE *file = tmpfile();
    if (file == NULL || fputs("one\n\nlonger\nkey\nlast", file) == EOF)
        die("tmpfile");
    rewind(file);
    if (dup2(fileno(file), STDIN_FILENO) == -1)
        die("dup2");
    char line[4] = "####";
    check(read_line(line, 4) == 3 && memcmp(line, "one#", 4) == 0, "one");
    check(read_line(line, 4) == 0, "the empty line");
    check(read_line(line, 3) == 6 && memcmp(line, "lon#", 4) == 0, "longer");
    wait_for_enter();
    check(read_line(line, 4) == 4 && memcmp(line, "last", 4) == 0, "last");
    check(read_line(line, 4) == -1, "the end of input");
    wait_for_enter(); /* returns, for there is nobody to press it */
    fclose(file);
}

static void call_cannot_bind(void)
{
    cannot_bind("127.0.0.1:80");
}

static void test_bind(void)
{
    static const struct {
        int error;
        const char *hint;
    } faults[] = {{EACCES, "ports below 1024 are root's: "},
                  {EADDRNOTAVAIL, "not an address of this computer: "},
                  {EADDRINUSE, ""}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char expected[200];
        snprintf(expected, sizeof expected,
                 "PROGRAM: bind 127.0.0.1:80: %s%s\n", faults[i].hint,
                 strerror(faults[i].error));
        errno = faults[i].error;
        check_end(call_cannot_bind, 1, expected);
    }
}

/* Each error says its name; errno is asked for one alone, and may be silent. */
static void test_gai(void)
{
    static const struct {
        int number;
        const char *name;
    } all[] = {
        {EAI_NONAME, "EAI_NONAME, "},     {EAI_AGAIN, "EAI_AGAIN, "},
        {EAI_FAIL, "EAI_FAIL, "},         {EAI_SERVICE, "EAI_SERVICE, "},
        {EAI_FAMILY, "EAI_FAMILY, "},     {EAI_SOCKTYPE, "EAI_SOCKTYPE, "},
        {EAI_BADFLAGS, "EAI_BADFLAGS, "}, {EAI_OVERFLOW, "EAI_OVERFLOW, "},
        {EAI_MEMORY, "EAI_MEMORY, "},     {EAI_SYSTEM, "EAI_SYSTEM, "}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        check(strncmp(gai_error_name(all[i].number), all[i].name,
                      strlen(all[i].name)) == 0,
              all[i].name);
    errno = EMFILE;
    check(strstr(gai_error_name(EAI_SYSTEM), strerror(EMFILE)) != NULL,
          "EAI_SYSTEM without errno's reason");
    errno = 0;
    check(strstr(gai_error_name(EAI_SYSTEM), strerror(0)) == NULL,
          "EAI_SYSTEM calls it a success");
}

int main(void)
{
    test_addresses();
    test_numbers();
    test_quoted();
    test_write_all();
    test_read_all();
    test_lines();
    test_bind();
    test_gai();
    double before = now_us();
    long long between = now_ms();
    check(before / 1e3 < (double)between + 1 &&
              (double)between <= now_us() / 1e3,
          "now_ms and now_us are not the same clock");
    printf("%d failures\n", failures);
    return failures > 0;
}
