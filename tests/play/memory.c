#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *enlarged(void *old, size_t size)
{
    void *larger = realloc(old, size);
    if (!larger) {
        perror("play: realloc");
        exit(1);
    }
    return larger;
}

char *copy_of(const char *text)
{
    return strcpy(enlarged(NULL, strlen(text) + 1), text);
}

void *grown(void *array, size_t count, size_t size)
{
    /* Powers of two: it is full whenever count is one. */
    if (count & (count - 1))
        return array;
    return enlarged(array, (count ? 2 * count : 1) * size);
}
