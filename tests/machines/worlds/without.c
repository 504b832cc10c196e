/*
 * without.c - run a command in a world that forbids something.
 *
 * Try     without RULE... COMMAND...
 *
 *   -n    as in a container: no namespace of any kind
 *   -m    in a user namespace of its own with everybody in it, in which
 *         user.max_user_namespaces is 0: root can make all but these
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *call)
{
    fprintf(stderr, "without: %s: %s\n", call, strerror(errno));
    exit(125);
}

#define LOAD(field)                                                            \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IS(value, yes, no)                                                     \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define HAS(bits, yes, no)                                                     \
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), (yes), (no))
#define SAY(value) BPF_STMT(BPF_RET | BPF_K, (value))

/* These flags of clone and unshare are forbidden. clone3 has them in memory,
 * where no filter can look: it is unknown, and libc falls back on clone. */
static void forbid(unsigned flags)
{
    struct sock_filter rules[] = {
        LOAD(nr),
        IS(SYS_clone3, 5, 0),
        IS(SYS_setns, 0, 1),
        SAY(SECCOMP_RET_ERRNO | EPERM),
        IS(SYS_unshare, 4, 0),
        IS(SYS_clone, 3, 0),
        SAY(SECCOMP_RET_ALLOW),
        SAY(SECCOMP_RET_ERRNO | ENOSYS),
        SAY(SECCOMP_RET_ALLOW),
        LOAD(args[0]),
        HAS(flags, 0, 1),
        SAY(SECCOMP_RET_ERRNO | EPERM),
        SAY(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    /* As root: without no_new_privs, so that sudo works afterwards. */
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
        die("prctl PR_SET_SECCOMP");
}

static void write_line(const char *path, const char *line)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(line, file) == EOF || fclose(file) == EOF)
        die(path);
}

/* The parent maps everybody to himself: only root of the outside may. */
static void enter_user_namespace(void)
{
    int ready[2], mapped[2], status;
    char byte = 0, path[64];
    if (pipe(ready) == -1 || pipe(mapped) == -1)
        die("pipe");
    pid_t pid = fork();
    if (pid == -1)
        die("fork");
    if (pid == 0) {
        close(mapped[1]); /* or our end of it would never come */
        if (unshare(CLONE_NEWUSER) == -1)
            die("unshare");
        if (write(ready[1], &byte, 1) != 1 || read(mapped[0], &byte, 1) != 1)
            exit(125);
        close(ready[0]);
        close(ready[1]);
        close(mapped[0]);
        if (setuid(0) == -1 || unshare(CLONE_NEWNET | CLONE_NEWNS) == -1)
            die("unshare");
        write_line("/proc/sys/user/max_user_namespaces", "0\n");
        return;
    }
    if (read(ready[0], &byte, 1) != 1)
        exit(125);
    snprintf(path, sizeof path, "/proc/%ld/uid_map", (long)pid);
    write_line(path, "0 0 65536\n");
    snprintf(path, sizeof path, "/proc/%ld/gid_map", (long)pid);
    write_line(path, "0 0 65536\n");
    if (write(mapped[1], &byte, 1) != 1 || waitpid(pid, &status, 0) != pid)
        die("waitpid");
    exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char *argv[])
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++)
        if (strcmp(argv[i], "-n") == 0)
            forbid(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID |
                   CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP);
        else if (strcmp(argv[i], "-m") == 0)
            enter_user_namespace();
        else
            break;
    if (i == argc || argv[i][0] == '-') {
        fprintf(stderr, "usage: without [-n] [-m] COMMAND...\n");
        return 2;
    }
    execvp(argv[i], argv + i);
    die(argv[i]);
}
