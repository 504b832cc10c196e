/*
 * pace.c - the reader's keys, and the time that a line needs to be read.
 *
 * Only the screen waits: the programs are not held up between two of the
 * lecturer's words, so that none of them loses patience with the other.
 */
#define _XOPEN_SOURCE 700
#include "pace.h"

#include "clock.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct {
    int keys; /* the terminal's descriptor; -1: nobody watches */
    struct termios before;
    bool by_paragraph; /* --step */
    bool stopped;
    int lines; /* that may be shown although we have stopped */
    int speed;
    long long due; /* when the next line may be shown */
    enum wish wish;
} pace = {.keys = -1, .speed = 1};

static volatile sig_atomic_t continued = 1;

static void on_continue(int number)
{
    (void)number;
    continued = 1; /* the shell has set the terminal as it likes it */
}

/* Keys come one at a time and are not shown; Ctrl-C and Ctrl-Z stay. */
static void take_keys(void)
{
    struct termios mine = pace.before;
    mine.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    mine.c_cc[VMIN] = 1;
    mine.c_cc[VTIME] = 0;
    tcsetattr(pace.keys, TCSADRAIN, &mine);
}

void pace_open(bool step)
{
    pace.by_paragraph = step;
    if (!isatty(STDOUT_FILENO))
        return;
    int fd = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1)
        return;
    if (tcgetpgrp(fd) != getpgrp() || tcgetattr(fd, &pace.before) == -1) {
        close(fd); /* in the background nobody gives us keys */
        return;
    }
    pace.keys = fd;
    struct sigaction action = {.sa_handler = on_continue};
    sigaction(SIGCONT, &action, NULL);
    atexit(pace_close);
}

void pace_close(void)
{
    if (pace.keys == -1)
        return;
    tcsetattr(pace.keys, TCSADRAIN, &pace.before);
    close(pace.keys);
    pace.keys = -1;
}

bool pace_paced(void)
{
    return pace.keys != -1;
}

void pace_begin_session(void)
{
    pace.wish = GO_ON;
    pace.stopped = false;
    pace.lines = 0;
    pace.due = 0;
}

enum wish pace_wish(void)
{
    return pace.wish;
}

static void on_key(char key)
{
    switch (key) {
    case ' ':
        if (pace.stopped)
            pace.lines++;
        pace.stopped = true;
        return;
    case '\n':
    case '\r':
        pace.stopped = false;
        pace.due = 0;
        return;
    case 'f':
        pace.speed = pace.speed < 64 ? 2 * pace.speed : 1;
        pace.due = 0;
        return;
    case 'r':
        pace.wish = AGAIN;
        return;
    case 'n':
        pace.wish = NEXT;
        return;
    case 'q':
        pace.wish = QUIT;
        return;
    default:
        pace.stopped = true; /* and the keys are told */
    }
}

/* The next key; 0: none yet, -1: the terminal is gone. */
static int take_key(int patience)
{
    if (continued) {
        continued = 0;
        take_keys();
    }
    char key;
    struct pollfd wanted = {.fd = pace.keys, .events = POLLIN};
    if (poll(&wanted, 1, patience) != 1)
        return 0;
    ssize_t count = read(pace.keys, &key, 1);
    if (count == 1)
        return key ? key : ' ';
    return count == 0 || (errno != EAGAIN && errno != EINTR) ? -1 : 0;
}

bool pace_due(void)
{
    if (!pace_paced())
        return true;
    for (int key; (key = take_key(0));) {
        if (key == -1) {
            pace_close();
            return true;
        }
        on_key((char)key);
    }
    if (pace.wish != GO_ON)
        return false;
    return pace.stopped ? pace.lines > 0 : now() >= pace.due;
}

void pace_shown(int ms)
{
    pace.due = now() + ms / pace.speed;
    if (pace.lines > 0)
        pace.lines--;
}

void pace_paragraph(void)
{
    if (pace.by_paragraph && pace_paced())
        pace.stopped = true;
}

bool pace_stopped(void)
{
    return pace_paced() && pace.stopped && pace.lines == 0;
}

bool pace_ask(const char *question)
{
    printf("%s ", question);
    fflush(stdout);
    int key = 0;
    while (key != '\n' && key != 'q' && key != -1 && !terminals_interrupted())
        key = take_key(50);
    putchar('\n');
    return key == '\n';
}
