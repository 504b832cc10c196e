/*
 * terminal.c - processes, their pipes, their ends.
 *
 * Beyond POSIX: on Linux a child asks to be killed when the runner dies
 * (prctl), may be kept to one processor (sched_setaffinity), and /proc tells
 * whether it sleeps.
 */
#define _GNU_SOURCE
#include "terminal.h"

#include "memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { MAX_OUTPUT = 4 * 1024 * 1024, MAX_ARGUMENTS = 64 };

extern char **environ;

static int signal_pipe[2]; /* a caught signal puts its number here */
static volatile sig_atomic_t stop_signal;
static int shared_cpu = -1;                   /* of all children; -1: any */
static int joined_user = -1, joined_net = -1; /* namespaces; -1: ours */

static void on_signal(int number)
{
    int error = errno;
    if (number != SIGCHLD)
        stop_signal = number;
    char byte = (char)number;
    ssize_t ignored = write(signal_pipe[1], &byte, 1); /* full is as good */
    (void)ignored;
    errno = error;
}

void terminals_prepare(void)
{
    for (int fd = 3; fd < 1024; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC); /* most are not open: no harm */
    if (pipe(signal_pipe) == -1) {
        perror("play: pipe");
        exit(1);
    }
    for (int i = 0; i < 2; i++) {
        fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
        fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK);
    }
    /* poll comes back all the same. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGCHLD, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGQUIT, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a program may close its input */
}

int terminals_interrupted(void)
{
    return stop_signal;
}

void terminals_forget_interrupt(void)
{
    stop_signal = 0;
}

void terminals_share_cpu(bool share)
{
#ifdef __linux__
    shared_cpu = share ? sched_getcpu() : -1;
#else
    (void)share;
#endif
}

void terminals_join(int user_fd, int net_fd)
{
    joined_user = user_fd;
    joined_net = net_fd;
}

/* PATH and LC_ALL, and what a tool around the runner must reach inside. */
static char **child_environment(const char *directory)
{
    static const char *const passed[] = {
        "ASAN_OPTIONS=",      "UBSAN_OPTIONS=", "LSAN_OPTIONS=",  "GCOV_PREFIX",
        "LLVM_PROFILE_FILE=", "TORTURE_",       "QEMU_LD_PREFIX="};
    size_t count = 0;
    while (environ[count])
        count++;
    char **result = calloc(count + 6, sizeof *result);
    char home[256], preload[512];
    snprintf(home, sizeof home, "HOME=%s", directory);
    size_t used = 0;
    if (!result)
        return NULL;
    result[used++] = "PATH=/usr/bin:/bin:/usr/sbin:/sbin";
    result[used++] = "LC_ALL=C";
    result[used++] = "TZ=UTC";
    result[used++] = strdup(home);
    if (getenv("PLAY_PRELOAD")) {
        snprintf(preload, sizeof preload, "LD_PRELOAD=%s",
                 getenv("PLAY_PRELOAD"));
        result[used++] = strdup(preload);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof passed / sizeof *passed; k++)
            if (strncmp(environ[i], passed[k], strlen(passed[k])) == 0)
                result[used++] = environ[i];
    return result;
}

/* In the child: say why it cannot become the program. */
static _Noreturn void give_up(const char *doing, const char *what)
{
    dprintf(2, "cannot %s %s: %s\n", doing, what, strerror(errno));
    _exit(127);
}

/* In the child: run where the others of the session run. */
static void share_cpu(void)
{
#ifdef __linux__
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET((size_t)shared_cpu, &only);
    if (sched_setaffinity(0, sizeof only, &only) == -1)
        give_up("call", "sched_setaffinity");
#endif
}

/* In the child. The rights that come with a user namespace end with exec. */
static void join_network(void)
{
#ifdef __linux__
    if ((joined_user != -1 && setns(joined_user, CLONE_NEWUSER) == -1) ||
        (joined_net != -1 && setns(joined_net, CLONE_NEWNET) == -1))
        give_up("call", "setns");
#endif
}

/* In the child: become the program. Only async-signal-safe trouble here. */
static _Noreturn void become(char *command, const char *directory, int input,
                             int output, pid_t runner)
{
    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != runner)
        give_up("outlive", "the runner");
#else
    (void)runner;
#endif
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    if (shared_cpu >= 0)
        share_cpu();
    join_network();
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    char *arguments[MAX_ARGUMENTS + 1] = {"/bin/sh", "-c", command, NULL};
    int blanks = 0;
    for (const char *c = command; *c; c++)
        blanks += *c == ' ';
    if (blanks < MAX_ARGUMENTS &&
        !strpbrk(command, "|<>;&$`\"'\\*?()[]{}~!#=")) {
        int count = 0;
        for (char *rest = command, *word; (word = strtok_r(rest, " ", &rest));)
            arguments[count++] = word;
        arguments[count] = NULL;
    }
    environ = child_environment(directory);
    if (environ && chdir(directory) == 0)
        execvp(arguments[0], arguments);
    give_up("run", arguments[0]);
}

bool terminal_start(struct terminal *terminal, const char *command,
                    const char *directory)
{
    int input[2], output[2];
    if (pipe(input) == -1)
        return false;
    if (pipe(output) == -1) {
        close(input[0]);
        close(input[1]);
        return false;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(input[i], F_SETFD, FD_CLOEXEC);
        fcntl(output[i], F_SETFD, FD_CLOEXEC);
    }
    /* Only our ends: the program's own must block as a terminal does. */
    fcntl(input[1], F_SETFL, O_NONBLOCK);
    fcntl(output[0], F_SETFL, O_NONBLOCK);

    free(terminal->command);
    terminal->command = copy_of(command);
    fflush(NULL);
    pid_t runner = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(terminal->command, directory, input[0], output[1], runner);
    int error = errno;
    close(input[0]);
    close(output[1]);
    if (pid == -1) {
        close(input[1]);
        close(output[0]);
        errno = error;
        return false;
    }
    setpgid(pid, pid); /* in both: whoever is first */
    terminal->pid = pid;
    terminal->input_fd = input[1];
    terminal->output_fd = output[0];
    terminal->input_ends = false;
    terminal->typed_length = 0;
    return true;
}

static void append(char **bytes, size_t *length, const char *more, size_t count)
{
    *bytes = enlarged(*bytes, *length + count + 1);
    memcpy(*bytes + *length, more, count);
    *length += count;
}

static void close_input(struct terminal *terminal)
{
    if (terminal->input_fd >= 0)
        close(terminal->input_fd);
    terminal->input_fd = -1;
}

/* Hands over what was typed, as far as the pipe takes it. */
static void push_input(struct terminal *terminal)
{
    if (terminal->input_fd < 0)
        return;
    if (terminal->typed_length > 0) {
        ssize_t count =
            write(terminal->input_fd, terminal->typed, terminal->typed_length);
        if (count == -1 && errno != EAGAIN) {
            close_input(terminal);
            return;
        }
        if (count > 0) {
            terminal->typed_length -= (size_t)count;
            memmove(terminal->typed, terminal->typed + count,
                    terminal->typed_length);
        }
    }
    if (terminal->typed_length == 0 && terminal->input_ends)
        close_input(terminal);
}

void terminal_type(struct terminal *terminal, const char *line)
{
    append(&terminal->typed, &terminal->typed_length, line, strlen(line));
    append(&terminal->typed, &terminal->typed_length, "\n", 1);
    push_input(terminal);
}

void terminal_end_input(struct terminal *terminal)
{
    terminal->input_ends = true;
    push_input(terminal);
}

void terminal_hold(const struct terminal *terminal)
{
    if (terminal->pid > 0)
        kill(-terminal->pid, SIGSTOP);
}

void terminal_interrupt(struct terminal *terminal)
{
    if (terminal->pid > 0) {
        kill(-terminal->pid, SIGINT);
        kill(-terminal->pid, SIGCONT); /* or who was stopped never hears it */
    }
}

static void pull_output(struct terminal *terminal)
{
    char bytes[65536];
    while (terminal->output_fd >= 0 && !terminal->flooded) {
        ssize_t count = read(terminal->output_fd, bytes, sizeof bytes);
        if (count > 0) {
            append(&terminal->output, &terminal->length, bytes, (size_t)count);
            terminal->flooded = terminal->length > MAX_OUTPUT;
        } else if (count == 0) {
            close(terminal->output_fd);
            terminal->output_fd = -1;
        } else
            return;
    }
}

void terminals_pump(struct terminal *terminals, int count, int timeout)
{
    struct pollfd wanted[1 + 2 * MAX_TERMINALS] = {
        {.fd = signal_pipe[0], .events = POLLIN}};
    int used = 1;
    for (int i = 0; i < count; i++) {
        struct terminal *terminal = &terminals[i];
        if (!terminal->command)
            continue;
        if (terminal->output_fd >= 0 && !terminal->flooded)
            wanted[used++] =
                (struct pollfd){.fd = terminal->output_fd, .events = POLLIN};
        if (terminal->input_fd >= 0 && terminal->typed_length > 0)
            wanted[used++] =
                (struct pollfd){.fd = terminal->input_fd, .events = POLLOUT};
    }
    poll(wanted, (nfds_t)used, timeout);

    char signals[64];
    while (read(signal_pipe[0], signals, sizeof signals) > 0)
        ;
    for (int i = 0; i < count; i++) {
        struct terminal *terminal = &terminals[i];
        if (!terminal->command)
            continue;
        push_input(terminal);
        /* First the end, then the output: what it printed is then complete. */
        siginfo_t end = {.si_pid = 0};
        if (terminal->pid > 0 &&
            waitid(P_PID, (id_t)terminal->pid, &end,
                   WEXITED | WNOHANG | WNOWAIT) == 0 &&
            end.si_pid == terminal->pid) {
            /* The number is still ours: whom it left behind goes, too. */
            kill(-terminal->pid, SIGKILL);
            waitpid(terminal->pid, &terminal->status, 0);
            terminal->pid = 0;
            close_input(terminal);
        }
        pull_output(terminal);
    }
}

static const char *line_end(const struct terminal *terminal)
{
    if (terminal->taken == terminal->length)
        return NULL;
    return memchr(terminal->output + terminal->taken, '\n',
                  terminal->length - terminal->taken);
}

const char *terminal_take_line(struct terminal *terminal)
{
    const char *end = line_end(terminal);
    if (!end)
        return NULL;
    char *line = terminal->output + terminal->taken;
    size_t length = (size_t)(end - line);
    terminal->taken += length + 1;
    static char copy[MAX_OUTPUT + 65536];
    memcpy(copy, line, length);
    copy[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if (copy[i] == '\0')
            copy[i] = '\1'; /* never equal to anything on a page */
    return copy;
}

bool terminal_running(const struct terminal *terminal)
{
    return terminal->command && terminal->pid > 0;
}

bool terminal_finished(const struct terminal *terminal)
{
    return terminal->command && terminal->pid == 0 &&
           (terminal->output_fd < 0 || terminal->flooded);
}

void terminals_close(struct terminal *terminals, int count)
{
    for (int i = 0; i < count; i++) {
        struct terminal *terminal = &terminals[i];
        if (terminal->pid > 0) {
            kill(-terminal->pid, SIGKILL);
            waitpid(terminal->pid, NULL, 0);
        }
        if (terminal->command) {
            close_input(terminal);
            if (terminal->output_fd >= 0)
                close(terminal->output_fd);
        }
        free(terminal->command);
        free(terminal->output);
        free(terminal->typed);
    }
}

const char *status_text(int status, char text[24])
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {SIGINT, "SIGINT"},   {SIGTERM, "SIGTERM"}, {SIGKILL, "SIGKILL"},
        {SIGPIPE, "SIGPIPE"}, {SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"},
        {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},   {SIGHUP, "SIGHUP"},
        {SIGALRM, "SIGALRM"}, {SIGILL, "SIGILL"},   {SIGQUIT, "SIGQUIT"}};
    if (WIFEXITED(status)) {
        snprintf(text, 24, "%d", WEXITSTATUS(status));
        return text;
    }
    snprintf(text, 24, "signal %d", WTERMSIG(status));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == WTERMSIG(status))
            snprintf(text, 24, "%s", names[i].name);
    return text;
}

/* Is anybody still at work? Linux only: /proc tells. */
#ifdef __linux__

/* What a file of /proc says; "" when the process is gone. */
static void read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, size - 1, file) : 0;
    text[length] = '\0';
    if (file)
        fclose(file);
}

static bool sleeps(long pid, unsigned long long *switches);

/* One thread of it, and the processes that this thread has started. */
static bool thread_sleeps(long pid, const char *thread,
                          unsigned long long *switches)
{
    char path[96], text[4096];
    snprintf(path, sizeof path, "/proc/%ld/task/%.20s/status", pid, thread);
    read_text(path, text, sizeof text);
    const char *state = strstr(text, "\nState:\t");
    if (state && strchr("RDW", state[8]))
        return false;
    static const char voluntary[] = "\nvoluntary_ctxt_switches:";
    static const char forced[] = "\nnonvoluntary_ctxt_switches:";
    const char *count = strstr(text, voluntary);
    if (count)
        *switches += strtoull(count + sizeof voluntary - 1, NULL, 10);
    count = strstr(text, forced);
    if (count)
        *switches += strtoull(count + sizeof forced - 1, NULL, 10);

    snprintf(path, sizeof path, "/proc/%ld/task/%.20s/children", pid, thread);
    read_text(path, text, sizeof text);
    char *next = text;
    for (long child; (child = strtol(next, &next, 10)) > 0;)
        if (!sleeps(child, switches))
            return false;
    return true;
}

/*
 * Adds up the context switches of the process, all its threads, and its
 * descendants. False when one of them runs, or waits for its turn to run.
 */
static bool sleeps(long pid, unsigned long long *switches)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/task", pid);
    DIR *threads = opendir(path);
    if (!threads)
        return true; /* it is gone */
    bool all = true;
    for (struct dirent *one; all && (one = readdir(threads));)
        if (*one->d_name != '.')
            all = thread_sleeps(pid, one->d_name, switches);
    closedir(threads);
    return all;
}

/*
 * Two looks with the same count of switches: in between nobody ran, so
 * nobody can have woken somebody whom the first look had found asleep.
 */
bool terminals_asleep(const struct terminal *terminals, int count)
{
    unsigned long long switches[2] = {0, 0};
    for (int look = 0; look < 2; look++)
        for (int i = 0; i < count; i++)
            if (terminal_running(&terminals[i]) &&
                !sleeps(terminals[i].pid, &switches[look]))
                return false;
    return switches[0] == switches[1];
}

#else

bool terminals_asleep(const struct terminal *terminals, int count)
{
    (void)terminals;
    (void)count;
    return true;
}

#endif
