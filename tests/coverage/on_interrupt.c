/*
 * on_interrupt.c - linked to every program of a coverage build: a server that
 * ends by Ctrl-C writes down which lines it has run, and ends as before.
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>

void __gcov_dump(void);

static void dump(int number)
{
    __gcov_dump();
    signal(number, SIG_DFL);
    raise(number);
}

__attribute__((constructor)) static void prepare(void)
{
    struct sigaction action = {.sa_handler = dump, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, 0);
    sigaction(SIGTERM, &action, 0);
}
