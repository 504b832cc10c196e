/*
 * language.h - the runner speaks English or Korean, as its reader does.
 */
#ifndef LANGUAGE_H
#define LANGUAGE_H

#include <stdbool.h>

extern bool in_korean; /* decided once, in main.c */

static inline const char *either(const char *english, const char *korean)
{
    return in_korean ? korean : english;
}

#endif
