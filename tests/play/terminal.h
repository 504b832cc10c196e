/*
 * terminal.h - a program at work: started, typed into, read, ended.
 *
 * A terminal is two pipes and a process group. The program has descriptors
 * 0, 1 and 2 only, default signals and a small, fixed environment.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "session.h" /* MAX_TERMINALS */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct terminal {
    const char *name;
    char *command; /* as run, owned; NULL while nothing was started */
    pid_t pid;     /* also its process group; 0 once it has been waited for */
    int input_fd;  /* to its standard input; -1 when closed */
    int output_fd; /* from its standard output and error; -1 at the end */
    int status;    /* of waitpid, once pid is 0 */
    char *output;  /* all it printed, owned; not terminated */
    size_t length; /* bytes in output */
    size_t taken;  /* bytes of whole lines already taken */
    char *typed;   /* typed, not yet in the pipe; owned */
    size_t typed_length;
    bool input_ends; /* Ctrl-D was pressed: close after what was typed */
    bool flooded;    /* it printed more than any session could show */
};

/*
 * Call once, before anything is started: descriptors from outside are kept
 * from children; SIGCHLD, SIGINT, SIGTERM and SIGHUP are caught.
 */
void terminals_prepare(void);

/* The signal that asks the runner to stop, or 0. */
int terminals_interrupted(void);
void terminals_forget_interrupt(void); /* it was meant for one session */

/*
 * What is started from here on shares one processor, the one the runner is on
 * now; or, with false, has what the runner was given. Packets of two
 * processors may overtake one another on loopback, those of one do not. Where
 * the system does not let us choose (other than Linux), nothing changes.
 */
void terminals_share_cpu(bool share);

/*
 * What is started from here on lives in that user and that network namespace
 * (Linux; -1: in ours). It is who it was, and may do no more.
 */
void terminals_join(int user_fd, int net_fd);

/*
 * Starts command in directory (the terminal must not be running anything).
 * Words are split at blanks; a command with a character that means something
 * to a shell is given to /bin/sh. False: errno tells why.
 */
bool terminal_start(struct terminal *terminal, const char *command,
                    const char *directory);

void terminal_type(struct terminal *terminal, const char *line);
void terminal_end_input(struct terminal *terminal);
/* Ctrl-C. Who is held till then does nothing more before it. */
void terminal_hold(const struct terminal *terminal);
void terminal_interrupt(struct terminal *terminal);

/* Moves bytes in and out of up to MAX_TERMINALS, notices ends; waits timeout ms
 * at most. */
void terminals_pump(struct terminal *terminals, int count, int timeout);

/*
 * The next whole line, without its newline and valid until the next pump;
 * NULL when there is none (yet).
 */
const char *terminal_take_line(struct terminal *terminal);

/* Started and not yet waited for. */
bool terminal_running(const struct terminal *terminal);

/* It ended, and all it printed has been read. */
bool terminal_finished(const struct terminal *terminal);

/*
 * Every process of every terminal waits for something outside: nothing more
 * will happen until somebody acts or a timer runs out. Where the system does
 * not tell (no /proc): true.
 */
bool terminals_asleep(const struct terminal *terminals, int count);

/* Kills what still runs, with all its children, and frees everything. */
void terminals_close(struct terminal *terminals, int count);

/* "0", "1", "SIGINT" ... of a finished program. */
const char *status_text(int status, char text[24]);

#endif
