/*
 * on_interrupt.c - linked to every program of a coverage build: a server that
 * ends by Ctrl-C writes down which lines it has run, and ends as before.
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdlib.h>

void __gcov_dump(void);

/* What it calls to write them down is not the program's: see torture.c. */
static void begin_to_write(void)
{
    setenv("TORTURE_REST", "1", 1);
}

static void dump(int number)
{
    begin_to_write();
    __gcov_dump();
    signal(number, SIG_DFL);
    raise(number);
}

__attribute__((constructor)) static void prepare(void)
{
    struct sigaction action = {.sa_handler = dump, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, 0);
    sigaction(SIGTERM, &action, 0);
    atexit(begin_to_write);
}
