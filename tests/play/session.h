/*
 * session.h - what a chapter page says: its sessions, their steps.
 *
 * The format is described in docs/sessions.md.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>

enum { MAX_TERMINALS = 12, MAX_LITERALS = 64 };

enum step_kind {
    STEP_SAY,    /* # text: the lecturer speaks */
    STEP_START,  /* name$ command */
    STEP_PRINT,  /* name: the next line of output */
    STEP_SKIP,   /* name: ... any number of lines */
    STEP_TYPE,   /* name> a line of input */
    STEP_CTRL_C, /* name^C */
    STEP_CTRL_D, /* name^D */
    STEP_END     /* name? status */
};

struct step {
    enum step_kind kind;
    int line;         /* in the page, from 1 */
    int terminal;     /* index into session.terminals; STEP_SAY: -1 */
    const char *text; /* without the mark in front */
};

enum literal_kind {
    LITERAL_ANY, /* any=: varies from run to run */
    LITERAL_PORT /* port=: nobody has it unless the session does */
};

struct literal {
    const char *text; /* as it stands on the page */
    enum literal_kind kind;
};

struct session {
    const char *name;
    const char *heading; /* the heading it stands under */
    int line;            /* of its opening fence */
    int literal_count;
    struct literal literals[MAX_LITERALS];
    const char *where; /* "" when there is no condition */
    const char *needs; /* comma-separated, "" for none */
    const char *edit;  /* edit=: shown only by the program changed so; "" */
    bool one_cpu;      /* cpus=1: its programs share a processor */
    bool single;       /* one terminal, unnamed: "$ command" */
    int terminal_count;
    const char *terminals[MAX_TERMINALS];
    struct step *steps;
    size_t step_count;
};

struct page {
    const char *path;
    const char *title; /* its first heading */
    struct session *sessions;
    size_t session_count;
    char *text;      /* owned; everything above points into it */
    char error[512]; /* "path:line: what is wrong" when page_parse fails */
};

/*
 * Reads a page from bytes[0..length). The page keeps its own copy; path must
 * outlive it. False: page->error says where and why. Call page_free either
 * way.
 */
bool page_parse(struct page *page, const char *path, const char *bytes,
                size_t length);

/* The same for a file. */
bool page_read(struct page *page, const char *path);

void page_free(struct page *page);

/* What a session, a terminal or a further page may be called. */
bool is_session_name(const char *text);

/* Is the path (./program, ../chapter/program) a word of one of its commands? */
bool session_says(const struct session *session, const char *path);

/* Does one of its commands start ./program? */
bool session_starts(const struct session *session, const char *program);

/* NULL when there is none of that name. */
const struct session *page_find(const struct page *page, const char *name);

#endif
