/*
 * memory.h - memory that is there: without it the runner ends.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *enlarged(void *old, size_t size)
{
    void *larger = realloc(old, size);
    if (!larger) {
        perror("play: realloc");
        exit(1);
    }
    return larger;
}

static inline char *copy_of(const char *text)
{
    return strcpy(enlarged(NULL, strlen(text) + 1), text);
}

/* An array of so many things, with room for one more. */
static inline void *grown(void *array, size_t count, size_t size)
{
    /* Powers of two: it is full whenever count is one. */
    if (count & (count - 1))
        return array;
    return enlarged(array, (count ? 2 * count : 1) * size);
}

#endif
