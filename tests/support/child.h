/*
 * child.h - a program under test: started, fed, listened to, ended.
 *
 * Nothing here waits without a deadline, and no child outlives its test.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stddef.h>
#include <sys/types.h>

enum { CHILD_HUNG = -1 }; /* not an exit status */

struct child {
    pid_t pid;
    int in;       /* its standard input's other end, or -1 */
    int out;      /* its standard output and error's other end, or -1 */
    char *text;   /* all that it has printed, with a 0 after it */
    size_t count; /* how much of it */
};

/* Start argv[0] in FOLDER. The environment is ours plus that list. */
void child_start(struct child *child, const char *folder, char *const argv[],
                 char *const environment[]);

/* Collect output until TEXT is in it after FROM; NULL if that takes ms. */
char *child_await(struct child *child, size_t from, const char *text, int ms);

/* Collect what there is within ms; 0 at the end of its output. */
int child_listen(struct child *child, int ms);

/* Type the text; then, with a null, the end of input. */
void child_type(struct child *child, const char *text);

/* Its status as a shell tells it (128 + signal), or CHILD_HUNG after ms. */
int child_wait(struct child *child, int ms);

/* The same, but with the signal first; whatever happens, it is gone. */
int child_end(struct child *child, int signal_number);

/* Milliseconds of a clock that only goes forward. */
long long now_ms(void);

#endif
