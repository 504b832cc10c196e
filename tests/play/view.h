/*
 * view.h - what the hall sees: the terminals of a session side by side, or
 * one below the other where the window is too narrow for that.
 */
#ifndef VIEW_H
#define VIEW_H

#include "session.h"

#include <stdbool.h>
#include <stdio.h>

enum view_kind {
    VIEW_STARTED,  /* a command was given */
    VIEW_TYPED,    /* a line of input */
    VIEW_KEY,      /* ^C, ^D */
    VIEW_PRINTED,  /* a line of output */
    VIEW_ENDED,    /* text is the status */
    VIEW_SAID,     /* the lecturer's words; no terminal */
    VIEW_PARAGRAPH /* the lecturer has said it all */
};

/* How the terminals share the window. */
enum view_form {
    LANES,    /* side by side */
    LABELS,   /* a name before each line */
    HEADINGS, /* a name above the lines: all columns are theirs */
    ALONE     /* only one terminal */
};

struct view {
    const struct session *session;
    FILE *out;
    bool color;
    bool tight;  /* few rows: no empty ones */
    int columns; /* of the whole window */
    enum view_form form;
    int label;     /* columns of a name before a line, and what parts them */
    int width;     /* of a terminal in it */
    int whole;     /* columns that would show the widest table; 0: these do */
    int bar_cut;   /* columns that bars are too long by ... */
    int bar_whole; /* ... when they have this length */
    bool after_speech; /* the last thing shown was the lecturer's */
    bool hint_shown;   /* the row with the keys stands there */
    int rows;          /* since the names of the lanes were last shown */
    int last;          /* HEADINGS: whose line was shown last */
    struct view_event *events; /* happened, but not shown yet */
    size_t event_count, event_next;
};

/* Shows the session's head. out: a terminal, or anything else. */
void view_begin(struct view *view, const struct page *page,
                const struct session *session, const char *chapter, FILE *out);

/* Something happened. It is shown at once, or when its time has come. */
void view_add(struct view *view, int terminal, enum view_kind kind,
              const char *text);

/* Shows what is due. False: everything that happened has been shown. */
bool view_tick(struct view *view);

void view_end(struct view *view);

#endif
