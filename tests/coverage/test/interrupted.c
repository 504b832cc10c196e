/*
 * interrupted.c - what on_interrupt.c promises: a program that is ended by a
 * signal writes its share down where it waits, and never where it takes
 * memory; and it ends by that signal. Who ends by itself is left in peace.
 *
 * Its __gcov_dump takes memory as the real one does, and then says a byte.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 50 };

static int told[2], silent[2]; /* pipes: what children say; nothing */
static int is_last;            /* in a child that ends by itself */

void __gcov_dump(void);

/* Blocks of many sizes, each written to. */
static void take_memory(void)
{
    char *blocks[64];
    for (int i = 0; i < 64; i++)
        if ((blocks[i] = malloc((size_t)(3000 + i * 100))))
            blocks[i][0] = 1;
    for (int i = 0; i < 64; i++)
        free(blocks[i]);
}

static void say(char what)
{
    if (write(told[1], &what, 1) != 1)
        _exit(9);
}

void __gcov_dump(void)
{
    take_memory();
    say('d');
}

/* Where gcov writes down what a program has run that ends by itself. */
__attribute__((destructor)) static void last(void)
{
    if (!is_last)
        return;
    raise(SIGINT);
    raise(SIGTERM);
    take_memory();
    say('l');
}

static void reads(void)
{
    char byte;
    (void)!read(silent[0], &byte, 1);
}

static void polls(void)
{
    poll(NULL, 0, -1);
}

static void takes(void)
{
    for (;;)
        take_memory();
}

static void ends(void)
{
    is_last = 1;
    exit(0);
}

/* Until it sleeps in a call: S stands after its name in brackets (proc(5)). */
static void await_wait(pid_t child)
{
    char path[64], line[128] = "", *after;
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)child);
    do {
        FILE *file = fopen(path, "r");
        if (!file || !fgets(line, sizeof line, file))
            exit(1);
        fclose(file);
        after = strrchr(line, ')');
    } while (!after || strncmp(after, ") S", 3) != 0);
}

/* The child's status; *said: what it said after its first byte, or '-'. */
static int run(void (*does)(void), int number, char *said)
{
    int status;
    pid_t child = fork();
    if (child == -1)
        exit(1);
    if (child == 0) {
        alarm(20); /* should it hang */
        say('b');
        does();
        _exit(8);
    }
    if (read(told[0], said, 1) != 1)
        exit(1);
    if (does == reads || does == polls)
        await_wait(child);
    else /* at any moment */
        for (volatile int i = rand() % 300000; i > 0; i--)
            ;
    if (number)
        kill(child, number);
    waitpid(child, &status, 0);
    struct pollfd more = {.fd = told[0], .events = POLLIN};
    *said = '-';
    if (poll(&more, 1, 0) == 1 && read(told[0], said, 1) != 1)
        exit(1);
    return status;
}

/* It ends ROUNDS times by the signal that it got, and says this before. */
static int check(const char *name, void (*does)(void), char expected)
{
    int wrong = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char said;
        int number = i % 2 ? SIGINT : SIGTERM;
        int status = run(does, number, &said);
        wrong += said != expected || !WIFSIGNALED(status) ||
                 WTERMSIG(status) != number;
    }
    printf("%s: %d of %d otherwise\n", name, wrong, ROUNDS);
    return wrong;
}

int main(void)
{
    char said;
    if (pipe(told) == -1 || pipe(silent) == -1)
        return 1;
    int wrong = check("a program that takes memory", takes, '-') +
                check("a program that reads", reads, 'd') +
                check("a program that polls", polls, 'd');
    int status = run(ends, 0, &said);
    if (said != 'l' || status != 0) {
        printf("a program that ends: '%c', status %x\n", said, status);
        wrong++;
    }
    return wrong > 0;
}
