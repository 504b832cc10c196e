/* child.c - see child.h */
#define _POSIX_C_SOURCE 200809L
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_TEXT = 4 * 1024 * 1024, MANY = 64 };

/* Ended with us, whichever way we go. */
static pid_t alive[MANY];

static void end_all(void)
{
    for (int i = 0; i < MANY; i++)
        if (alive[i] > 0)
            kill(-alive[i], SIGKILL);
}

static void end_all_by(int signal_number)
{
    end_all();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void remember(pid_t old, pid_t new)
{
    for (int i = 0; i < MANY; i++)
        if (alive[i] == old) {
            alive[i] = new;
            return;
        }
}

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

void child_start(struct child *child, const char *folder, char *const argv[],
                 char *const environment[])
{
    static int prepared;
    if (!prepared++) {
        atexit(end_all);
        signal(SIGINT, end_all_by);
        signal(SIGTERM, end_all_by);
        signal(SIGQUIT, end_all_by);
        signal(SIGPIPE, SIG_IGN);
    }
    int in[2], out[2];
    if (pipe(in) == -1 || pipe(out) == -1)
        fail("pipe");
    for (int end = 0; end < 2; end++) {
        fcntl(in[end], F_SETFD, FD_CLOEXEC);
        fcntl(out[end], F_SETFD, FD_CLOEXEC);
    }

    pid_t pid = fork();
    if (pid == -1)
        fail("fork");
    if (pid == 0) {
        static char *none[] = {NULL};
        char *whole[MANY] = {"PATH=/usr/bin:/bin", "LC_ALL=C",
                             "ASAN_OPTIONS=verify_asan_link_order=0"};
        size_t count = 3;
        for (char *const *e = environment ? environment : none; *e; e++)
            if (count < MANY - 1)
                whole[count++] = *e;
        signal(SIGPIPE, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGQUIT, SIG_DFL);
        setpgid(0, 0);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        for (int fd = 3; fd < 1024; fd++)
            close(fd); /* whatever we were started with */
        if (folder && chdir(folder) == -1)
            _exit(127);
        execve(argv[0], argv, whole);
        _exit(127);
    }
    setpgid(pid, pid);
    close(in[0]);
    close(out[1]);
    *child = (struct child){.pid = pid, .in = in[1], .out = out[0]};
    child->text = calloc(1, MOST_TEXT + 1);
    if (!child->text)
        fail("malloc");
    remember(0, pid);
}

int child_listen(struct child *child, int ms)
{
    if (child->out == -1)
        return 0;
    struct pollfd ready = {.fd = child->out, .events = POLLIN};
    if (poll(&ready, 1, ms) < 1)
        return 1;
    static char spill[4096];
    size_t room = MOST_TEXT - child->count;
    char *to = room > 0 ? child->text + child->count : spill;
    ssize_t got = read(child->out, to, room > 0 ? room : sizeof spill);
    if (got > 0 && room > 0)
        child->text[child->count += (size_t)got] = '\0';
    if (got > 0)
        return 1;
    close(child->out);
    child->out = -1;
    return 0;
}

char *child_await(struct child *child, size_t from, const char *text, int ms)
{
    long long deadline = now_ms() + ms;
    for (;;) {
        char *found = strstr(child->text + from, text);
        if (found)
            return found;
        long long left = deadline - now_ms();
        if (left < 0 || !child_listen(child, (int)left))
            return strstr(child->text + from, text);
    }
}

void child_type(struct child *child, const char *text)
{
    if (child->in == -1)
        return;
    if (text) {
        size_t length = strlen(text);
        while (length > 0) {
            ssize_t put = write(child->in, text, length);
            if (put == -1)
                break; /* it has gone: its status will tell */
            text += put;
            length -= (size_t)put;
        }
        return;
    }
    close(child->in);
    child->in = -1;
}

int child_wait(struct child *child, int ms)
{
    long long deadline = now_ms() + ms;
    int status;
    for (;;) {
        /* Its output may be held open by others: do not wait for its end. */
        pid_t ended = waitpid(child->pid, &status, WNOHANG);
        if (ended == child->pid)
            break;
        if (now_ms() > deadline)
            return CHILD_HUNG;
        if (!child_listen(child, 1))
            poll(NULL, 0, 1);
    }
    kill(-child->pid, SIGKILL);
    while (child_listen(child, 0) && child->out != -1) {
        struct pollfd more = {.fd = child->out, .events = POLLIN};
        if (poll(&more, 1, 0) < 1)
            break;
    }
    child_type(child, NULL);
    if (child->out != -1)
        close(child->out);
    child->out = -1;
    remember(child->pid, 0);
    child->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int child_end(struct child *child, int signal_number)
{
    int status = 0;
    if (child->pid > 0) {
        kill(child->pid, signal_number);
        status = child_wait(child, 5000);
        if (status == CHILD_HUNG) {
            kill(-child->pid, SIGKILL);
            child_wait(child, 5000);
        }
    }
    free(child->text);
    child->text = NULL;
    return status;
}

long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
