/*
 * memory.h - memory that is there: without it the runner ends.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* As realloc. */
void *enlarged(void *old, size_t size);

char *copy_of(const char *text);

/* An array of so many things, with room for one more. */
void *grown(void *array, size_t count, size_t size);

#endif
