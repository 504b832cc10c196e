/*
 * exercise.c - hand "play exercise ..." over to its script.
 */
#define _XOPEN_SOURCE 700
#include "exercise.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int exercise_run(const struct places *places, const char *self, char *words[])
{
    char script[PATH_MAX], play[PATH_MAX], source[PATH_MAX];
    if (!realpath(places->source, source))
        strcpy(source, ".");
    /* Found in PATH, it has no slash, and is found there again. */
    if (!strchr(self, '/') || !realpath(self, play))
        snprintf(play, sizeof play, "%s", self);
    snprintf(script, sizeof script, "%s/tests/exercise/exercise",
             places->source);
    setenv("PLAY", play, 1);
    setenv("PLAY_SOURCE", source, 1);
    setenv("PLAY_BUILD", places->build, 1);
    char *arguments[64] = {"sh", script};
    int count = 2;
    while (*words && count < 63)
        arguments[count++] = *words++;
    execvp("sh", arguments);
    fprintf(stderr, "play: sh: %s\n", strerror(errno));
    return 1;
}
