/*
 * lint.h - what must be true of a chapter's pages before anything runs.
 */
#ifndef LINT_H
#define LINT_H

#include "scratch.h"

#include <stdbool.h>

/*
 * The pages of both languages can be read, carry the same sessions, and show
 * every program of the chapter; every session is a test. False: stderr tells
 * what is wrong.
 */
bool lint_chapter(const struct places *places, const char *chapter);

#endif
