/*
 * printed.h - what a program's function prints, against what it should.
 */
#ifndef PRINTED_H
#define PRINTED_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int print_fds[2], old_out, print_failures;

static void begin_print(void)
{
    fflush(stdout);
    old_out = dup(STDOUT_FILENO);
    if (old_out == -1 || pipe(print_fds) == -1 ||
        dup2(print_fds[1], STDOUT_FILENO) == -1)
        perror("begin_print");
    close(print_fds[1]);
}

/* Since begin_print. It fits into a pipe. */
static void expect_print(const char *what, const char *expected)
{
    static char text[16 * 1024];
    size_t have = 0;
    ssize_t count;
    fflush(stdout);
    dup2(old_out, STDOUT_FILENO);
    close(old_out);
    while ((count = read(print_fds[0], text + have, sizeof text - 1 - have)) >
           0)
        have += (size_t)count;
    close(print_fds[0]);
    text[have] = '\0';
    if (strcmp(text, expected) == 0)
        return;
    size_t same = 0;
    while (text[same] == expected[same])
        same++;
    printf("%s:\n%s\nnot as it should be, from byte %zu on:\n%s\n", what, text,
           same, expected + same);
    print_failures++;
}

#endif
