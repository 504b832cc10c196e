/*
 * bounded.c - run a command whose programs nobody has read: not for long, not
 * for much, and with nothing left behind.
 *
 *   bounded SECONDS COMMAND...
 *
 * Ends with the command's status; with 124 after SECONDS of waiting, when it
 * and all that it started is killed. Where the system allows it (Linux, user
 * namespaces) that is certain: the command has processes of its own; and it is
 * killed, too, with status 123, when they take more than MOST_MB of memory or
 * are more than MOST_PROCESSES. Elsewhere what left its process group stays.
 * It is no jail: the command may read, write and delete what its user may.
 */
#ifdef __linux__
#define _GNU_SOURCE /* unshare, and what it takes */
#include <sched.h>
#include <sys/mount.h>
#else
#define _XOPEN_SOURCE 700
#endif

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __GLIBC__
typedef __rlimit_resource_t resource; /* an enum there, with _GNU_SOURCE */
#else
typedef int resource;
#endif

static void limit(resource what, rlim_t most)
{
    struct rlimit now;
    if (getrlimit(what, &now) == -1)
        return;
    if (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)
        now.rlim_max = most;
    now.rlim_cur = now.rlim_max;
    setrlimit(what, &now);
}

#ifdef __linux__
static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd == -1)
        return;
    if (write(fd, text, strlen(text)) == -1)
        fprintf(stderr, "bounded: %s: %s\n", path, strerror(errno));
    close(fd);
}
#endif

static pid_t child;
static volatile sig_atomic_t ended_by;

static void end_all(int number)
{
    ended_by = number;
    kill(-child, SIGKILL);
}

/* As a shell would tell it. */
static int shell_status(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In the child. */
static _Noreturn void run(char *command[], unsigned seconds)
{
    setpgid(0, 0);
    limit(RLIMIT_CPU, seconds);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, (rlim_t)64 << 20);
    limit(RLIMIT_NOFILE, 1024);
    execvp(command[0], command);
    fprintf(stderr, "bounded: %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

/* In the child: processes of its own, and a /proc that shows them, so that ps
 * is right there. False where the system does not allow it. */
static bool go_apart(void)
{
#ifdef __linux__
    char uid[64], gid[64];
    snprintf(uid, sizeof uid, "%ld %ld 1", (long)getuid(), (long)getuid());
    snprintf(gid, sizeof gid, "%ld %ld 1", (long)getgid(), (long)getgid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) == -1)
        return false;
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", uid);
    write_text("/proc/self/gid_map", gid);
    return true;
#else
    return false;
#endif
}

static bool mount_proc(void)
{
#ifdef __linux__
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("proc", "/proc", "proc", 0, NULL) == 0;
#else
    return false;
#endif
}

/* A limit on a program's addresses would not do: a sanitizer takes terabytes of
 * them. So what is really taken is counted, ten times a second. */
enum { MOST_MB = 1024, MOST_PROCESSES = 500, LOOK = 100 /* ms */ };
enum { TOO_MUCH = 123, NOT_APART = 125 };

/* Of all the processes in /proc, which are the command's alone. */
static bool takes_too_much(void)
{
    long pages = 0, processes = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        char path[300];
        long resident = 0;
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/statm", entry->d_name);
        FILE *file = fopen(path, "r");
        if (file && fscanf(file, "%*d %ld", &resident) == 1)
            pages += resident;
        if (file)
            fclose(file);
        processes++;
    }
    if (proc)
        closedir(proc);
    return processes > MOST_PROCESSES ||
           pages > (MOST_MB << 20) / sysconf(_SC_PAGESIZE);
}

static void wake_up(int number)
{
    (void)number;
}

/* In the child: the command among processes of its own. The first of them
 * waits for it, and takes in who lost a parent; when it ends, the system ends
 * all that are left. */
static _Noreturn void run_apart(char *command[], unsigned seconds)
{
    setpgid(0, 0);
    if (!go_apart())
        _exit(NOT_APART);
    int status = 0;
    pid_t first = fork();
    if (first == 0) {
        if (!mount_proc())
            _exit(NOT_APART);
        pid_t pid = fork();
        if (pid == 0)
            run(command, seconds);
        sigaction(SIGCHLD, &(struct sigaction){.sa_handler = wake_up}, NULL);
        for (pid_t ended; pid != -1;) {
            while ((ended = waitpid(-1, &status, WNOHANG)) > 0 && ended != pid)
                ;
            if (ended != 0)
                break;
            if (takes_too_much())
                _exit(TOO_MUCH);
            poll(NULL, 0, LOOK);
        }
        _exit(pid == -1 ? 1 : shell_status(status));
    }
    if (first == -1 || waitpid(first, &status, 0) == -1)
        _exit(NOT_APART);
    _exit(shell_status(status));
}

int main(int argc, char *argv[])
{
    char *end = "";
    unsigned long seconds = argc < 3 ? 0 : strtoul(argv[1], &end, 10);
    if (seconds < 1 || seconds > 3600 || *end) {
        fprintf(stderr, "usage: bounded SECONDS(1 to 3600) COMMAND...\n");
        return 2;
    }
    struct sigaction action = {.sa_handler = end_all};
    const int numbers[] = {SIGALRM, SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &action, NULL);
    alarm((unsigned)seconds);

    int status = 0;
    for (bool apart = true;; apart = false) {
        child = fork();
        if (child == -1) {
            perror("bounded: fork");
            return 1;
        }
        if (child == 0 && apart)
            run_apart(argv + 2, (unsigned)seconds);
        if (child == 0)
            run(argv + 2, (unsigned)seconds);
        setpgid(child, child);
        while (waitpid(child, &status, 0) == -1)
            if (errno != EINTR)
                return 1;
        kill(-child, SIGKILL); /* who stayed behind in its group */
        if (ended_by)
            return ended_by == SIGALRM ? 124 : 128 + ended_by;
        if (!apart || shell_status(status) != NOT_APART)
            return shell_status(status);
    }
}
