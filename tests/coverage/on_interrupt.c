/*
 * on_interrupt.c - linked to every program of a coverage build: a server that
 * ends by Ctrl-C writes down which lines it has run, and ends as before.
 *
 * To write them down takes memory and files, and a signal may come while the
 * program itself takes some (signal-safety(7)). So it is done only where the
 * program waits in a call, as a server does; elsewhere its share is lost. The
 * test coverage.on_interrupt asks for both.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>

void __gcov_dump(void);

/* What it calls to write them down is not the program's: see torture.c. */
static void begin_to_write(void)
{
    setenv("TORTURE_REST", "1", 1);
}

/* Who ends by itself writes them down too, and is left to finish that. */
static void end(void)
{
    sigset_t keys;
    sigemptyset(&keys);
    sigaddset(&keys, SIGINT);
    sigaddset(&keys, SIGTERM);
    sigprocmask(SIG_BLOCK, &keys, NULL);
    begin_to_write();
}

/* The kernel either tells the call that it was interrupted, or winds the
 * program back to make it once more (signal(7)): then it stands before the
 * call, as it does in the instant before a first time. A call for memory is
 * not one that waits. */
static int is_waiting(const ucontext_t *at)
{
#ifdef __x86_64__
    const greg_t *registers = at->uc_mcontext.gregs;
    const unsigned char *next = (const unsigned char *)registers[REG_RIP];
    int again = next[0] == 0x0f && next[1] == 0x05; /* syscall */
    greg_t call = registers[REG_RAX];
    return call == -EINTR ||
           (again && call != SYS_brk && call != SYS_mmap &&
            call != SYS_munmap && call != SYS_mremap && call != SYS_madvise);
#else
    return at != NULL; /* take the chance */
#endif
}

static void dump(int number, siginfo_t *info, void *context)
{
    (void)info;
    if (is_waiting(context)) {
        begin_to_write();
        __gcov_dump();
    }
    signal(number, SIG_DFL);
    raise(number);
}

__attribute__((constructor)) static void prepare(void)
{
    struct sigaction action = {.sa_sigaction = dump,
                               .sa_flags = SA_RESTART | SA_SIGINFO};
    sigfillset(&action.sa_mask);
    sigaction(SIGINT, &action, 0);
    sigaction(SIGTERM, &action, 0);
    atexit(end);
}
