/*
 * needs.h - what a session may ask of the machine: needs=linux,ipv6,...
 */
#ifndef NEEDS_H
#define NEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What is missing, and what to type to have it. */
struct lack {
    char reason[200], reason_ko[200];
    char cure[240], undo[240]; /* "" when nothing helps; when nothing stays */
};

/*
 * Does the machine have all of the comma-separated list? False: lack says what
 * is missing. PLAY is what was to be played, for the cure: "ch03 echo".
 */
bool needs_met(const char *list, const char *play, struct lack *lack);

/* Is every word of the list one we know? False: reason names the other. */
bool needs_known(const char *list, char *reason, size_t size);

/* False when what comes may be the machine's fault, whatever was asked for. */
bool needs_undisturbed(struct lack *lack);

/* The cure, and how to undo it: lines that can be typed. */
void lack_print(FILE *file, const struct lack *lack, bool korean);

/* On stdout: what this machine has; what it lacks, and the cure. */
void needs_print(bool korean);

#endif
