/*
 * streams.c - every program whose standard streams are closed, full, or gone.
 *
 * Try     streams COMMAND_LINES BUILD_DIR SOURCE_DIR chNN [LIBRARY]
 *
 * An error is told on standard error. Whichever of descriptors 0 to 2 are
 * closed at the start, no socket gets their numbers (LIBRARY, see
 * bad_arguments/no_sockets.c, tells). What standard output cannot take is not
 * lost in silence: the program says so and ends with status 1, or the signal
 * says it. A server outlives its log: its clients come first. A keyboard that
 * cannot be read is not one where nobody will press Enter any more; and a
 * parent that ignores SIGCHLD, as some shells and daemons do, changes nothing.
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/child.h"

enum { MAX_ARGS = 12, DEADLINE = 30 * 1000, LOW_NUMBER = 98, HUNG = -1 };

/* How a run begins, and what it has left behind. */
struct run {
    int out;             /* its standard output; -1: a pipe to us */
    int closed;          /* bit 0, 1, 2: these descriptors are closed */
    bool ignores_pipe;   /* it inherits SIGPIPE ignored, as under nohup */
    bool ignores_child;  /* and SIGCHLD */
    bool is_idle;        /* nothing typed, and reading does not wait for it */
    bool is_quick;       /* its first socket ends it */
    const char *typed;   /* its standard input, or NULL: at its end */
    const char *awaited; /* printed by one that runs for ever: Ctrl-C then */
    int patience;        /* ms, or 0: as long as it takes */
    int status;          /* as a shell tells it, or HUNG */
    char text[2][4096];  /* what it printed, and its errors */
};

static const char *source_dir, *build_dir, *library;
static const char *program, *name; /* chNN_x/NAME, and NAME */
static char *args[MAX_ARGS + 2];
static bool has_address; /* it may be told one before its port */
static int runs, failures;

static void wrong(const char *what, const struct run *run)
{
    printf("%s: %s\n    status %d, out \"%.200s\", err \"%.200s\"\n", program,
           what, run->status, run->text[0], run->text[1]);
    failures++;
}

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

/* The child's side: its streams, and the program. */
static _Noreturn void become(const struct run *run, int in, int out, int err)
{
    char path[4096], folder[4096], preload[4096];
    snprintf(path, sizeof path, "%s/%s", build_dir, program);
    snprintf(folder, sizeof folder, "%s/%.*s", source_dir,
             (int)(name - 1 - program), program);
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library ? library : "");
    char *environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C",
                           "ASAN_OPTIONS=verify_asan_link_order=0",
                           run->is_quick ? preload : NULL, NULL};
    signal(SIGPIPE, run->ignores_pipe ? SIG_IGN : SIG_DFL);
    signal(SIGCHLD, run->ignores_child ? SIG_IGN : SIG_DFL);
    fcntl(in, F_SETFL, run->is_idle ? O_NONBLOCK : 0);
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    for (int fd = 0; fd < 100; fd++)
        if (fd > 2 || (run->closed & 1 << fd))
            close(fd);
    if (chdir(folder) == 0)
        execve(path, args, environment);
    _exit(97);
}

/* A server sleeps where it waits for clients. */
static bool sleeps(pid_t pid)
{
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return true;
    bool read_it = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    char *state = strrchr(text, ')');
    return read_it && state != NULL && state[2] == 'S';
}

/* To its end; or, if it waits for ever, until it sleeps after AWAITED. */
static void play(struct run *run)
{
    int in[2], pipes[2][2];
    if (pipe(in) == -1 || pipe(pipes[0]) == -1 || pipe(pipes[1]) == -1)
        fail("pipe");
    pid_t pid = fork();
    if (pid == -1)
        fail("fork");
    if (pid == 0)
        become(run, in[0], run->out != -1 ? run->out : pipes[0][1],
               pipes[1][1]);
    runs++;
    close(in[0]);
    close(pipes[0][1]);
    close(pipes[1][1]);
    if (run->typed && write(in[1], run->typed, strlen(run->typed)) == -1)
        fail("write");
    if (!run->is_idle)
        close(in[1]);

    struct pollfd ready[2] = {{.fd = pipes[0][0], .events = POLLIN},
                              {.fd = pipes[1][0], .events = POLLIN}};
    size_t have[2] = {0, 0};
    run->text[0][0] = run->text[1][0] = '\0';
    int status, asleep = 0;
    long long deadline =
        now_ms() + (run->patience > 0 ? run->patience : DEADLINE);
    bool is_hung = false;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        poll(ready, 2, 5);
        for (int i = 0; i < 2; i++)
            if (ready[i].fd != -1 && ready[i].revents) {
                char *to = run->text[i] + have[i], rest[4096];
                size_t room = sizeof run->text[i] - 1 - have[i];
                ssize_t got =
                    read(ready[i].fd, room ? to : rest, room ? room : 4096);
                if (got <= 0)
                    ready[i].fd = -1;
                else if (room > 0)
                    to[got] = '\0', have[i] += (size_t)got;
            }
        if (run->awaited != NULL && strstr(run->text[0], run->awaited)) {
            asleep = sleeps(pid) ? asleep + 1 : 0;
            if (asleep == 3) /* not only before its start */
                kill(pid, SIGINT);
        }
        if (now_ms() > deadline) {
            is_hung = true;
            kill(pid, SIGKILL);
        }
    }
    for (int i = 0; i < 2; i++) {
        ssize_t got;
        while (have[i] < sizeof run->text[i] - 1 &&
               (got = read(pipes[i][0], run->text[i] + have[i],
                           sizeof run->text[i] - 1 - have[i])) > 0)
            have[i] += (size_t)got;
        run->text[i][have[i]] = '\0';
        close(pipes[i][0]);
    }
    if (run->is_idle)
        close(in[1]);
    run->status = is_hung             ? HUNG
                  : WIFEXITED(status) ? WEXITSTATUS(status)
                                      : 128 + WTERMSIG(status);
}

/* Does a line of it begin with NAME: and end with that? */
static bool says(const char *text, const char *what)
{
    size_t length = strlen(name);
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        if (strchr(line, '\n') == NULL)
            return false;
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            const char *found = strstr(line, what);
            if (found != NULL && found < strchr(line, '\n'))
                return true;
        }
    }
    return false;
}

/* A pipe that nobody reads any more. */
static int broken_pipe(void)
{
    int ends[2];
    if (pipe(ends) == -1)
        fail("pipe");
    close(ends[0]);
    return ends[1];
}

static void test_program(void)
{
    bool is_server = strstr(name, "server") || strstr(name, "receiver") ||
                     strstr(name, "resolver");
    const char *awaited = is_server ? "" : NULL;

    /* 1. As usual: which stream are the errors on? */
    struct run usual = {.out = -1,
                        .awaited = is_server ? "\n" : NULL,
                        .patience = is_server ? 0 : 4000};
    long long start = now_ms();
    play(&usual);
    long long took = now_ms() - start;
    int ways = took < 500 ? 3 : 1; /* for a slow one, one way to lose a line */
    if (usual.status == HUNG)
        return; /* how long it waits for nobody is bad_servers' business */
    if (is_server && usual.status != 128 + SIGINT)
        wrong("it does not run until Ctrl-C", &usual);
    if (says(usual.text[0], ":"))
        wrong("an error on standard output", &usual);
    if ((usual.status == 1 || usual.status == 2) && !says(usual.text[1], ":"))
        wrong("no word on standard error", &usual);

    /* 2. Some of 0, 1 and 2 closed. */
    for (int closed = 1; library != NULL && closed < 8; closed++) {
        struct run run = {.out = -1, .closed = closed, .is_quick = true};
        play(&run);
        if (run.status == LOW_NUMBER || run.status > 99 || run.status < 0) {
            char what[80];
            snprintf(what, sizeof what,
                     "a socket with a stream's number (closed:%s%s%s)",
                     closed & 1 ? " 0" : "", closed & 2 ? " 1" : "",
                     closed & 4 ? " 2" : "");
            wrong(what, &run);
        }
    }
    if (!is_server && ways == 3 && usual.text[0][0] != '\0') {
        struct run run = {.out = -1, .closed = 2};
        play(&run);
        if (run.status != 1 || !says(run.text[1], "standard output: Bad file"))
            wrong("nothing printed, and nothing said (closed: 1)", &run);
    }

    /* 3. A disk that is full, 4. a reader that has gone. */
    int full_fd = open("/dev/full", O_WRONLY);
    int gone_fd = broken_pipe();
    for (int i = 0; i < ways; i++) {
        struct run run = {.out = i == 0 ? full_fd : gone_fd,
                          .ignores_pipe = i == 1,
                          .awaited = awaited};
        if (run.out == -1)
            continue;
        play(&run);
        if (i == 2 && run.status == 128 + SIGPIPE)
            continue;
        if (is_server && run.status != 128 + SIGINT)
            wrong("it does not outlive its log", &run);
        if (!is_server && usual.text[0][0] != '\0' &&
            (run.status != 1 ||
             !says(run.text[1], i == 0 ? "standard output: No space left"
                                       : "standard output: Broken pipe")))
            wrong(i == 0 ? "lost on a full disk" : "lost in a pipe", &run);
    }
    close(full_fd);
    close(gone_fd);

    /* 5. Whoever asks for Enter cannot read it. */
    struct run idle = {.out = -1, .is_idle = true, .awaited = awaited};
    if (strstr(usual.text[0], "press Enter")) {
        play(&idle);
        if (idle.status != 1 || !says(idle.text[1], "read standard input"))
            wrong("a keyboard that cannot be read is taken for its end", &idle);
    }

    /* 6. Its children's ends go unseen by its parent, not by itself. */
    struct run unseen = {.out = -1, .ignores_child = true};
    if (!is_server && usual.status == 0) {
        play(&unseen);
        if (unseen.status != 0)
            wrong("it has lost a child", &unseen);
    }
}

/* What a reader who has gone costs is not said of the server. */
static void test_pair(const char *server_name, const char *client_name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", build_dir, server_name);
    char *server_args[] = {path, "0", NULL};
    struct child server;
    child_start(&server, NULL, server_args, NULL);
    char *port = child_await(&server, 0, "127.0.0.1:", DEADLINE);
    program = client_name;
    name = strchr(program, '/') + 1;
    args[0] = (char *)name;
    args[1] = "127.0.0.1";
    args[2] = port ? strtok(port + 10, "\n") : "0";
    args[3] = NULL;
    struct run run = {.out = broken_pipe(), .typed = "hello\n"};
    play(&run);
    if (run.status != 1 ||
        !says(run.text[1], "write standard output: Broken pipe"))
        wrong("it does not blame its own output", &run);
    close(run.out);
    child_end(&server, SIGINT);
}

/* An address that no computer has (RFC 5737) before the port. */
static void test_address(void)
{
    char *plain[MAX_ARGS + 2];
    memcpy(plain, args, sizeof args);
    memcpy(args + 2, plain + 1, sizeof args - 2 * sizeof args[0]);
    args[1] = "192.0.2.1";
    struct run run = {.out = -1, .awaited = "\n"};
    play(&run);
    if (run.status != 1 ||
        !says(run.text[1], "not an address of this computer"))
        wrong("it takes an address that is not ours", &run);
    memcpy(args, plain, sizeof args);
}

/* The words of its line in the table, each with a value that it takes. */
static void read_words(char *words, int nobody)
{
    static char port[8];
    snprintf(port, sizeof port, "%d", nobody);
    int count = 0;
    has_address = false;
    args[count++] = (char *)name;
    for (char *w = strtok(words, " \n"); w; w = strtok(NULL, " \n")) {
        bool is_optional = w[0] == '[';
        w += is_optional || w[0] == '=';
        bool is_text = w[0] == '\'';
        w += is_text;
        w[is_text ? strcspn(w, "'") : strcspn(w, "].:")] = '\0';
        has_address |= is_optional && strcmp(w, "address") == 0;
        bool is_count = strcmp(w, "count") == 0 || strcmp(w, "integer") == 0;
        if (count == MAX_ARGS || (is_optional && !is_count))
            continue;
        args[count++] = strcmp(w, "address") == 0 || strcmp(w, "ipv4") == 0
                            ? "127.0.0.1"
                        : strcmp(w, "name") == 0        ? "localhost"
                        : strcmp(w, "listen_port") == 0 ? "0"
                        : strcmp(w, "port") == 0        ? port
                        : is_count                      ? "1"
                                                        : w;
    }
    args[count] = NULL;
}

/* Sockets that hold a port where nobody answers, for TCP and for UDP. */
static int hold_port(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    socklen_t length = sizeof addr;
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    if (tcp == -1 || bind(tcp, (struct sockaddr *)&addr, sizeof addr) == -1 ||
        getsockname(tcp, (struct sockaddr *)&addr, &length) == -1)
        fail("a port of our own");
    return ntohs(addr.sin_port);
}

int main(int argc, char *argv[])
{
    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: streams COMMAND_LINES BUILD_DIR "
                        "SOURCE_DIR chNN [LIBRARY]\n");
        return 2;
    }
    build_dir = argv[2];
    source_dir = argv[3];
    library = argc == 6 ? argv[5] : NULL;
    signal(SIGPIPE, SIG_IGN);
    int nobody = hold_port();
    FILE *table = fopen(argv[1], "r");
    if (table == NULL)
        fail(argv[1]);
    char line[512], last[512] = "";
    while (fgets(line, sizeof line, table)) {
        if (strncmp(line, argv[4], strlen(argv[4])) != 0)
            continue;
        size_t length = strcspn(line, " \n");
        bool is_last = line[length] != ' ';
        line[length] = '\0';
        if (strcmp(line, last) == 0)
            continue; /* with other arguments: once is enough */
        strcpy(last, line);
        program = line;
        name = strchr(line, '/') + 1;
        read_words(line + length + !is_last, nobody);
        test_program();
        if (has_address)
            test_address();
    }
    fclose(table);
    if (strcmp(argv[4], "ch03") == 0)
        test_pair("ch03_tcp_echo/echo_server", "ch03_tcp_echo/echo_client");
    printf("%d runs, %d failures\n", runs, failures);
    return failures > 0 || runs == 0;
}
