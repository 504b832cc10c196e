/*
 * bad_arguments.c - every program of a chapter, with arguments that are wrong.
 *
 * Try     bad_arguments PROGRAMS COMMAND_LINES BUILD_DIR SOURCE_DIR chNN
 *                       quick|every [NO_SOCKETS_LIBRARY]
 *
 * A wrong argument gives one line on standard error that names it, status 2,
 * nothing on standard output and no socket. The line as it stands in
 * COMMAND_LINES must be taken, or the table has gone stale; so must both ends
 * of each range of numbers, and nothing beyond them.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_ARGS = 12,
    DEADLINE = 10 * 1000, /* ms that a program may take to see its mistake */
    REACHED_SOCKET = 99   /* see no_sockets.c */
};

/* Wrong where a whole number is wanted, whatever its range. */
static char long_text[10001];
static const char *const spoilt[] = {
    "abc",  "",       "-1",        "99999999999999999999",
    "80x",  " 80",    "80 ",       "+80",
    "0x50", "8e1",    "256.1.1.1", "65536",
    "0",    long_text};

enum { SPOILT = sizeof spoilt / sizeof spoilt[0] };

/* What a run left behind. */
struct result {
    int status;
    char out[512], err[2048];
    size_t out_count, err_count;
};

static const char *build_dir, *source_dir, *library;
static const char *program, *name; /* chNN_x/NAME, and NAME */
static int runs, failures;
static int seen;  /* programs */
static int quick; /* spoil a line only as it stands in full, each argument by a
                     third of the values: the next one, or the next program's,
                     by another third */

static void test_program(char *words);
static void test_range(char *args[], int count, int at, long long least,
                       long long most);
static void expect_refusal(char *args[], int count, const char *value);
static int may_be(const char *word, const char *value);
static void run(char *args[], int count, struct result *result);
static void print_line(char *args[], int count);
static _Noreturn void die(const char *format, ...);

int main(int argc, char *argv[])
{
    if (argc != 7 && argc != 8) {
        fprintf(stderr, "usage: bad_arguments PROGRAMS COMMAND_LINES BUILD_DIR "
                        "SOURCE_DIR chNN quick|every [LIBRARY]\n");
        return 2;
    }
    build_dir = argv[3];
    source_dir = argv[4];
    library = argc == 8 ? argv[7] : NULL;
    quick = strcmp(argv[6], "quick") == 0;
    memset(long_text, '1', sizeof long_text - 1);
    signal(SIGPIPE, SIG_IGN);

    /* For each program of the chapter, its line in the table. */
    FILE *programs = fopen(argv[1], "r");
    if (!programs)
        die("%s", argv[1]);
    char entry[512];
    while (fgets(entry, sizeof entry, programs)) {
        if (strncmp(entry, argv[5], strlen(argv[5])) != 0)
            continue;
        entry[strcspn(entry, " \n")] = '\0';
        program = entry;
        name = strchr(entry, '/') + 1;
        seen++;

        FILE *table = fopen(argv[2], "r");
        if (!table)
            die("%s", argv[2]);
        char line[512];
        int found = 0;
        while (fgets(line, sizeof line, table)) {
            size_t length = strcspn(line, " \n");
            if (length == strlen(program) &&
                strncmp(line, program, length) == 0) {
                found = 1;
                test_program(line + length);
            }
        }
        fclose(table);
        if (!found) {
            printf("%s: has no line in %s\n", program, argv[2]);
            failures++;
        }
    }
    fclose(programs);
    printf("%d programs, %d runs, %d failures\n", seen, runs, failures);
    return failures > 0 || seen == 0;
}

/* The words of its line in the table: good first, then each one spoilt. */
static void test_program(char *words)
{
    static const struct {
        const char *kind, *good;
    } kinds[] = {{"address", "127.0.0.1"}, {"ipv4", "127.0.0.1"},
                 {"listen_port", "0"},     {"port", "9"},
                 {"count", "1"},           {"integer", "1"},
                 {"name", "localhost"}};
    char *word[MAX_ARGS], *args[MAX_ARGS + 1];
    long long ends[MAX_ARGS][2];
    int optional[MAX_ARGS], count = 0, endless = 0, least = 0;

    for (char *w = strtok(words, " \n"); w; w = strtok(NULL, " \n")) {
        if (count == MAX_ARGS - 1)
            die("%s: too many words", program);
        size_t length = strlen(w);
        endless = length > 3 && strcmp(w + length - 3, "...") == 0;
        if (endless)
            w[length -= 3] = '\0';
        optional[count] = w[0] == '[';
        if (optional[count]) {
            w[length - 1] = '\0';
            w++;
        }
        least += !optional[count];
        long long *range = ends[count];
        if (sscanf(w, "%*[a-z]:%lld:%lld", &range[0], &range[1]) == 2)
            w[strcspn(w, ":")] = '\0';
        else if (strcmp(w, "port") == 0 || strcmp(w, "listen_port") == 0)
            range[0] = w[0] == 'p', range[1] = 65535;
        else
            range[0] = range[1] = 0; /* no number */
        args[count] = w[0] == '=' ? w + 1 : w;
        if (w[0] == '\'') {
            w[strlen(w) - 1] = '\0';
            args[count] = w + 1;
        }
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            if (strcmp(w, kinds[k].kind) == 0)
                args[count] = (char *)kinds[k].good;
        word[count++] = w;
    }

    /* With everything, and without what may be left out. */
    for (int part = 0; part < 2; part++) {
        char *used[MAX_ARGS + 1], *kind[MAX_ARGS];
        int n = 0;
        for (int i = 0; i < count; i++)
            if (part == 0 || !optional[i]) {
                used[n] = args[i];
                kind[n++] = word[i];
            }
        if (part == 1 && n == count)
            break;
        struct result result;
        if (library) /* without it a server would run, and go on running */
            run(used, n, &result);
        if (library && result.status != 0 && result.status != 1 &&
            result.status != REACHED_SOCKET) {
            print_line(used, n);
            printf("should be taken, but status %d: %.200s\n", result.status,
                   result.err);
            failures++;
        }
        for (int i = 0; library && part == 0 && i < n; i++)
            if (ends[i][1] != 0)
                test_range(used, n, i, ends[i][0], ends[i][1]);
        for (int i = 0; i < n && !(quick && part == 1); i++)
            for (int s = 0; s < SPOILT; s++) {
                if (may_be(kind[i], spoilt[s]) || (quick && (s + i + seen) % 3))
                    continue;
                char *good = used[i];
                used[i] = (char *)spoilt[s];
                expect_refusal(used, n, spoilt[s]);
                used[i] = good;
            }
    }
    if (least > 0)
        expect_refusal(args, 0, NULL);
    if (!endless) {
        args[count] = "more than it takes";
        expect_refusal(args, count + 1, NULL);
    }
}

/* The argument AT is a number in this range, both ends of it, and no other. */
static void test_range(char *args[], int count, int at, long long least,
                       long long most)
{
    const long long numbers[] = {least, most, least - 1, most + 1};
    char *good = args[at], text[32];
    args[at] = text;
    for (int i = 0; i < 4; i++) {
        struct result result;
        snprintf(text, sizeof text, "%lld", numbers[i]);
        if (i >= 2) {
            expect_refusal(args, count, text);
            continue;
        }
        run(args, count, &result);
        if (result.status < 0 ||
            (result.status > 1 && result.status != REACHED_SOCKET)) {
            print_line(args, count);
            printf(
                "the end of a range should be taken, but status %d: %.200s\n",
                result.status, result.err);
            failures++;
        }
    }
    args[at] = good;
}

/* Could the value stand here after all? */
static int may_be(const char *kind, const char *value)
{
    static const char *const spoils_number[] = {"count", "integer", "port",
                                                "listen_port"};
    if (strcmp(kind, "address") == 0 || strcmp(kind, "ipv4") == 0 ||
        kind[0] == '=')
        return 0;
    if (strcmp(kind, "name") == 0)
        return *value && value != long_text;
    int number = 0;
    for (size_t i = 0; i < sizeof spoils_number / sizeof *spoils_number; i++)
        number |= strcmp(kind, spoils_number[i]) == 0;
    if (!number)
        return 1;
    if (strcmp(value, "0") == 0)
        return strcmp(kind, "port") != 0;
    if (strcmp(value, "65536") == 0)
        return strstr(kind, "port") == NULL;
    if (strcmp(value, "-1") == 0)
        return strcmp(kind, "integer") == 0;
    return 0;
}

/* One line that names the value, or the usage; status 2; nothing else. */
static void expect_refusal(char *args[], int count, const char *value)
{
    struct result result;
    run(args, count, &result);

    char usage[128], own[128], quoted[64];
    snprintf(usage, sizeof usage, "usage: %s", name);
    snprintf(own, sizeof own, "%s: ", name);
    snprintf(quoted, sizeof quoted, "\"%.40s\"", value ? value : "");
    const char *newline = strchr(result.err, '\n'), *wrong = NULL;
    if (result.status == REACHED_SOCKET)
        wrong = "a socket was made";
    else if (result.status != 2)
        wrong = "status is not 2";
    else if (result.out_count > 0)
        wrong = "something on standard output";
    else if (!newline || newline[1] || newline == result.err)
        wrong = "not one line on standard error";
    else if (result.err_count > 200)
        wrong = "a line of more than 200 characters";
    else if (!value && strncmp(result.err, usage, strlen(usage)) != 0)
        wrong = "the usage is not told";
    else if (count == 1 && strcmp(args[0], "more than it takes") == 0 &&
             !strstr(result.err, "\"more than it takes\""))
        wrong = "it takes none, and does not quote what it got";
    else if (value && strncmp(result.err, own, strlen(own)) != 0)
        wrong = "the line does not begin with the program's name";
    else if (value && !strstr(result.err, quoted))
        wrong = "the line does not quote what was wrong";
    if (!wrong)
        return;
    print_line(args, count);
    printf("%s: status %d, out \"%.80s\", err \"%.200s\"\n", wrong,
           result.status, result.out, result.err);
    failures++;
}

/* Run it to its end, or to its deadline; its status as a shell tells it. */
static void run(char *args[], int count, struct result *result)
{
    char path[4096], folder[4096];
    snprintf(path, sizeof path, "%s/%s", build_dir, program);
    snprintf(folder, sizeof folder, "%s/%.*s", source_dir,
             (int)(name - 1 - program), program);
    char *argv[MAX_ARGS + 3] = {(char *)name};
    for (int i = 0; i < count; i++)
        argv[i + 1] = args[i];
    char preload[4096];
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library ? library : "");
    char *environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C",
                           "ASAN_OPTIONS=verify_asan_link_order=0", NULL, NULL};
    if (library)
        environment[3] = preload;
    int pipes[2][2];
    if (pipe(pipes[0]) == -1 || pipe(pipes[1]) == -1)
        die("pipe");

    pid_t pid = fork();
    if (pid == -1)
        die("fork");
    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        dup2(pipes[0][1], STDOUT_FILENO);
        dup2(pipes[1][1], STDERR_FILENO);
        close(STDIN_FILENO); /* at once at its end */
        int ends[2];
        if (pipe(ends) == -1 || close(ends[1]) == -1 || chdir(folder) == -1)
            _exit(98);
        for (int i = 0; i < 2; i++)
            close(pipes[i][0]), close(pipes[i][1]);
        execve(path, argv, environment);
        _exit(98);
    }
    close(pipes[0][1]);
    close(pipes[1][1]);
    runs++;

    *result = (struct result){.status = 0};
    struct pollfd ready[2] = {{.fd = pipes[0][0], .events = POLLIN},
                              {.fd = pipes[1][0], .events = POLLIN}};
    int open_ends = 2, hung = 0;
    while (open_ends > 0 && !hung) {
        if (poll(ready, 2, DEADLINE) == 0) {
            hung = 1;
            kill(pid, SIGKILL);
        }
        for (int i = 0; i < 2; i++) {
            char *text = i == 0 ? result->out : result->err;
            size_t *have = i == 0 ? &result->out_count : &result->err_count;
            size_t size = i == 0 ? sizeof result->out : sizeof result->err;
            if (ready[i].fd == -1 || !ready[i].revents)
                continue;
            char piece[4096];
            ssize_t got = read(ready[i].fd, piece, sizeof piece);
            if (got <= 0) {
                ready[i].fd = -1;
                open_ends--;
            }
            for (ssize_t b = 0; b < got; b++, ++*have)
                if (*have < size - 1)
                    text[*have] = piece[b];
        }
    }
    close(pipes[0][0]);
    close(pipes[1][0]);
    int status;
    if (waitpid(pid, &status, 0) == -1)
        die("waitpid");
    result->status =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void print_line(char *args[], int count)
{
    printf("%s", program);
    for (int i = 0; i < count; i++)
        printf(" '%.40s'", args[i]);
    printf("\n    ");
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "bad_arguments: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
