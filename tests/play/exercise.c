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

int exercise_run(const struct places *places, char *argv[])
{
    char script[PATH_MAX], play[PATH_MAX], source[PATH_MAX];
    if (!realpath(places->source, source))
        strcpy(source, ".");
    /* Found in PATH, it has no slash, and is found there again. */
    if (!strchr(argv[0], '/') || !realpath(argv[0], play))
        snprintf(play, sizeof play, "%s", argv[0]);
    snprintf(script, sizeof script, "%s/tests/exercise/exercise",
             places->source);
    setenv("PLAY", play, 1);
    setenv("PLAY_SOURCE", source, 1);
    setenv("PLAY_BUILD", places->build, 1);
    argv[0] = "sh";
    argv[1] = script;
    execvp("sh", argv);
    fprintf(stderr, "play: sh: %s\n", strerror(errno));
    return 1;
}
