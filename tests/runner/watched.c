/*
 * watched.c - a person before a terminal: starts a command in one, reads what
 * is on it, presses keys.
 *
 *     watched COLUMNS ROWS COMMAND... <SCRIPT
 *
 * Each line of the script is a step: "see TEXT" (it comes, sooner or later,
 * after what was seen before), "not TEXT" (it has not come since), "press
 * KEYS" (\n and ^C as they are written), "rows N" (no more than N rows have
 * come in all), "never TEXT" (nor that), "after MS" (so long it has lasted, at
 * least), "window COLUMNS ROWS" (it gets another size), "continued TEXT" (as
 * after Ctrl-Z and fg), "ends STATUS" (and the terminal is as it was). In a
 * TEXT \n is a new row, \e the byte ESC. The status is 1 when a step fails, and
 * all that was on the terminal is printed.
 */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE  /* TIOCSWINSZ */
#define _DARWIN_C_SOURCE /* there, too */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 20000, MOST = 1 << 20 };

static char screen[MOST];
static size_t length, seen; /* bytes on it, and those before the last see */
static int master_fd;

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static pid_t start(char *argv[])
{
    master_fd = posix_openpt(O_RDWR | O_NOCTTY);
    if (master_fd == -1 || grantpt(master_fd) || unlockpt(master_fd))
        die("watched: posix_openpt");
    const char *name = ptsname(master_fd);
    struct winsize size = {.ws_col = (unsigned short)atoi(argv[1]),
                           .ws_row = (unsigned short)atoi(argv[2])};
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    setsid();
    int fd = open(name, O_RDWR); /* a new session's first: it is its terminal */
    if (fd == -1)
        die(name);
    ioctl(fd, TIOCSCTTY, 0);
    ioctl(fd, TIOCSWINSZ, &size);
    dup2(fd, 0);
    dup2(fd, 1);
    dup2(fd, 2);
    close(fd);
    close(master_fd);
    execvp(argv[3], argv + 3);
    die(argv[3]);
    return -1;
}

/* False: nothing more comes. */
static int read_screen(int patience)
{
    struct pollfd wanted = {.fd = master_fd, .events = POLLIN};
    if (length + 1 == MOST || poll(&wanted, 1, patience) != 1)
        return 0;
    ssize_t count = read(master_fd, screen + length, MOST - 1 - length);
    if (count <= 0)
        return 0;
    length += (size_t)count;
    screen[length] = '\0';
    return 1;
}

static int fail(const char *step, const char *text)
{
    printf("watched: %s %s: it did not come true; on the terminal:\n%s\n", step,
           text, screen);
    return 1;
}

/* "\n" and "\e" of a script's text, as a terminal gets them. */
static void unescape(char *text)
{
    char *to = text;
    for (; *text; text++)
        if (*text == '\\' && text[1] == 'n') {
            *to++ = '\r';
            *to++ = '\n';
            text++;
        } else if (*text == '\\' && text[1] == 'e') {
            *to++ = '\033';
            text++;
        } else
            *to++ = *text;
    *to = '\0';
}

static int see(const char *text)
{
    char *found;
    while (!(found = strstr(screen + seen, text)))
        if (!read_screen(PATIENCE))
            return fail("see", text);
    seen = (size_t)(found - screen) + strlen(text);
    return 0;
}

static void press(const char *keys)
{
    for (; *keys; keys++) {
        char key = *keys;
        if (key == '\\' && keys[1] == 'n') {
            key = '\n';
            keys++;
        } else if (key == '^' && keys[1]) {
            key = (char)(keys[1] & 0x1f);
            keys++;
        }
        if (write(master_fd, &key, 1) != 1)
            die("watched: write");
    }
}

static void resize(const char *text)
{
    int columns = 0, rows = 0;
    sscanf(text, "%d %d", &columns, &rows);
    struct winsize size = {.ws_col = (unsigned short)columns,
                           .ws_row = (unsigned short)rows};
    ioctl(master_fd, TIOCSWINSZ, &size);
}

/* A shell has the terminal as it likes it, before it wakes its job. */
static void wake(pid_t pid)
{
    struct termios shells;
    tcgetattr(master_fd, &shells);
    shells.c_lflag |= ICANON | ECHO;
    tcsetattr(master_fd, TCSANOW, &shells);
    kill(pid, SIGCONT);
}

static int ends(pid_t pid, const char *expected)
{
    int status;
    char text[24];
    while (read_screen(PATIENCE))
        ;
    struct termios left;
    if (tcgetattr(master_fd, &left) == 0 &&
        (left.c_lflag & (ICANON | ECHO)) != (ICANON | ECHO))
        return fail("ends", "with a terminal that is not as it was");
    if (waitpid(pid, &status, 0) != pid)
        return fail("ends", expected);
    if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "signal %d", WTERMSIG(status));
    else
        snprintf(text, sizeof text, "%d", WEXITSTATUS(status));
    return strcmp(text, expected) == 0 ? 0 : fail("ends", text);
}

static int rows(void)
{
    int count = 0;
    for (size_t i = 0; i < length; i++)
        count += screen[i] == '\n';
    return count;
}

int main(int argc, char *argv[])
{
    if (argc < 4) {
        fprintf(stderr, "usage: watched COLUMNS ROWS COMMAND... <SCRIPT\n");
        return 2;
    }
    long long begin = now();
    pid_t pid = start(argv);
    char line[400];
    int failed = 0;
    while (!failed && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *text = strchr(line, ' ');
        if (!text || *line == '#')
            continue;
        *text++ = '\0';
        if (strcmp(line, "press") != 0)
            unescape(text);
        if (strcmp(line, "see") == 0)
            failed = see(text);
        else if (strcmp(line, "not") == 0)
            failed = strstr(screen + seen, text) ? fail("not", text) : 0;
        else if (strcmp(line, "never") == 0)
            failed = strstr(screen, text) ? fail("never", text) : 0;
        else if (strcmp(line, "press") == 0)
            press(text);
        else if (strcmp(line, "after") == 0)
            failed = now() - begin >= atoi(text) ? 0 : fail("after", text);
        else if (strcmp(line, "window") == 0)
            resize(text);
        else if (strcmp(line, "continued") == 0)
            wake(pid);
        else if (strcmp(line, "rows") == 0)
            failed = rows() <= atoi(text) ? 0 : fail("rows", text);
        else if (strcmp(line, "ends") == 0)
            failed = ends(pid, text);
        else
            failed = fail("unknown step", line);
    }
    kill(-pid, SIGTERM);
    return failed;
}
