/*
 * scratch.h - a copy of the chapter's folder that a session may write into,
 * and ports that nobody else uses.
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
 * In root/chNN_x stand the files of that chapter and its programs; with
 * others, in root/chMM_y the programs of the other chapters. False: a line
 * on stderr says why.
 */
bool scratch_make(struct scratch *scratch, const struct places *places,
                  const char *chapter, bool others);

void scratch_remove(struct scratch *scratch);

/*
 * A port below the system's ephemeral range that nobody uses: no program
 * that asks for "any port" gets it, and no second runner picks it while
 * *lock_fd is open. 0 when there is none.
 */
int free_port_take(int *lock_fd);

/* Nobody uses this port on this machine now, neither in TCP nor in UDP. */
bool port_is_unused(int port);

#endif
