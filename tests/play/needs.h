/*
 * needs.h - what a session may ask of the machine: needs=linux,ipv6,...
 */
#ifndef NEEDS_H
#define NEEDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does the machine have all of the comma-separated list? False: reason says
 * what is missing.
 */
bool needs_met(const char *list, char *reason, size_t size);

/* Is every word of the list one we know? False: reason names the other. */
bool needs_known(const char *list, char *reason, size_t size);

/* One line each on stdout: what this machine has and what it lacks. */
void needs_print(void);

#endif
