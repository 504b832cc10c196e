/*
 * scratch.h - a copy of the chapter's folder that a session may write into, a
 * network of its own, and elsewhere ports that nobody else uses.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdbool.h>

/* Where the tree is and where its programs are. */
enum { MAX_REPLACED = 8 };
struct places {
    const char *source; /* with ch01_... and so on */
    const char *build;  /* with ch01_.../program, and programs.txt */
    int replaced_count; /* --with: files that stand for programs */
    const char *replaced[MAX_REPLACED]; /* "NAME=/FILE" */
};

struct scratch {
    char root[256];    /* removed with all it holds by scratch_remove */
    char chapter[512]; /* root/chNN_x: sessions run here */
};

/*
 * In root/chNN_x stand the files of that chapter and its programs, in
 * root/chMM_y the programs of others: those that typed names, the lines that
 * the session will type. False: a line on stderr says why.
 */
bool scratch_make(struct scratch *scratch, const struct places *places,
                  const char *chapter, const char *typed);

void scratch_remove(struct scratch *scratch);

/* An empty network with a loopback, or two times -1. */
struct network {
    int user_fd; /* the user namespace it belongs to; -1: ours */
    int net_fd;
};

/*
 * Makes one, where the machine lets us (PLAY_NETWORK=shared: never). In it
 * every port is free, and who joins it is the same user with no more rights
 * than before: what works there, works at a desk.
 */
bool network_make(struct network *network);
void network_close(struct network *network);

/*
 * A port below the system's ephemeral range that nobody uses: no program
 * that asks for "any port" gets it, and no second runner picks it while
 * *lock_fd is open. 0 when there is none.
 */
int free_port_take(int *lock_fd);

/* Nobody uses this port on this machine now, neither in TCP nor in UDP. */
bool port_is_unused(int port);

#endif
