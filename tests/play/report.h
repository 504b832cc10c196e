/*
 * report.h - what is said on stderr when a session fails: the page's line,
 * what came instead, and all that each terminal showed.
 */
#ifndef REPORT_H
#define REPORT_H

#include "match.h"
#include "session.h"
#include "terminal.h"

#include <stdbool.h>
#include <stddef.h>

struct report {
    const struct page *page;
    const struct session *session;
    struct note *notes; /* what was done at the terminals, in order */
    size_t note_count;
    bool failed; /* somebody was blamed */
};

/* Keeps what was done at a terminal, after so much of its output. */
void report_note(struct report *report, int terminal, size_t at, char mark,
                 const char *text);

/*
 * Somebody is to blame: "PAGE:LINE: session "NAME": " and what format makes.
 * The others add to it: the line of the page (with the values that stand for
 * it in this run), and the line that came (wrong from that column on; 0: as a
 * whole).
 */
void report_blame(struct report *report, int line, const char *format, ...);
void report_expected(const struct bindings *bindings, const char *text);
void report_came(const char *line, size_t length, size_t column);

/* A terminal in a sentence. */
const char *report_name(const struct session *session, int terminal);

void report_terminals(const struct report *report,
                      const struct terminal *terminals);
void report_free(struct report *report);

#endif
