/*
 * match.h - the values that vary from run to run: found, bound, compared.
 */
#ifndef MATCH_H
#define MATCH_H

#include "session.h"

#include <stdbool.h>
#include <stddef.h>

/* What each literal of a session stands for in this run. */
struct bindings {
    const struct session *session;
    char values[MAX_LITERALS][80]; /* "" while it is not known */
};

/* Nothing is known yet. */
void bindings_clear(struct bindings *bindings, const struct session *session);

/* Each literal stands for itself: the sample on the page. */
void bindings_of_page(struct bindings *bindings, const struct session *session);

/*
 * Does the line that came fit the line of the page? Where the page has a
 * literal, the first line that fits binds it. Blanks next to a literal may
 * differ in number, because values differ in width. False leaves the
 * bindings as they were and sets *column (from 1, in actual).
 */
bool line_matches(struct bindings *bindings, const char *expected,
                  const char *actual, size_t *column);

/* Does the session's literal of that number stand in the text? */
bool has_literal(const struct session *session, const char *text, int number);

/*
 * The text of the page with bound literals replaced by their values, and
 * ports not known yet by 0. The result is the caller's to free.
 */
char *substituted(const struct bindings *bindings, const char *text);

/*
 * "834>10*2.5; a==b": comparisons over numbers and literals, all of which
 * must hold. False: why says which one did not, with its values.
 */
bool where_holds(const char *where, const struct bindings *bindings,
                 char why[200]);

#endif
