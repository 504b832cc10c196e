/*
 * view.h - what the hall sees: lanes side by side, or a picture of them.
 */
#ifndef VIEW_H
#define VIEW_H

#include "session.h"

#include <stdbool.h>
#include <stdio.h>

enum view_kind {
    VIEW_STARTED, /* a command was given */
    VIEW_TYPED,   /* a line of input */
    VIEW_KEY,     /* ^C, ^D */
    VIEW_PRINTED, /* a line of output */
    VIEW_ENDED,   /* text is the status */
    VIEW_SAID     /* the lecturer's words; no terminal */
};

struct view_event {
    enum view_kind kind;
    int terminal;
    char *text;
};

struct view {
    const struct session *session;
    FILE *out;
    bool color;
    int columns;       /* of the whole screen */
    int lane_width;    /* 0: not wide enough, lines are labelled instead */
    bool after_speech; /* the last thing shown was the lecturer's */
    int rows;          /* since the names of the lanes were last shown */
    struct view_event *events; /* all of it, for view_write_svg */
    size_t event_count;
};

/* Shows the session's head. out: a terminal, or anything else. */
void view_begin(struct view *view, const struct page *page,
                const struct session *session, const char *chapter, FILE *out);
void view_say(struct view *view, const char *text);
void view_line(struct view *view, int terminal, enum view_kind kind,
               const char *text);
void view_pause(struct view *view); /* tells that Enter goes on */
void view_end(struct view *view);
void view_free(struct view *view);

/* Columns that the characters in text[0..length) take. */
int columns_of(const char *text, size_t length);

/* The session as a picture of terminals. False: errno tells. */
bool view_write_svg(const struct view *view, const char *path);

#endif
