/*
 * exercise.h - play exercise ...: a shell script does it, with play as judge.
 */
#ifndef EXERCISE_H
#define EXERCISE_H

#include "scratch.h"

/*
 * Becomes tests/exercise/exercise of the tree, with the words behind argv[1],
 * and where the runner (argv[0], as it was started) and its folders are.
 * Returns 1 when that cannot be started, after a line on stderr.
 */
int exercise_run(const struct places *places, char *argv[]);

#endif
