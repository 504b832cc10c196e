/*
 * run.h - carry out a session: start, type, compare, end.
 */
#ifndef RUN_H
#define RUN_H

#include "scratch.h"
#include "session.h"
#include "view.h"

#include <stdbool.h>

/* STOPPED: by a key (pace_wish) or a signal (terminals_interrupted). */
enum outcome { PASSED = 0, FAILED = 1, SKIPPED = 77, STOPPED = 130 };

struct run_options {
    const struct places *places;
    const char *chapter; /* folder, such as ch03_tcp_echo */
    struct view *view;   /* NULL: only check */
    int deadline;        /* milliseconds an expectation may take */
};

/*
 * On failure stderr gets the page's line, what was expected, what came, and
 * all that each terminal showed. Nothing that was started is left behind.
 */
enum outcome run_session(const struct page *page, const struct session *session,
                         const struct run_options *options);

#endif
