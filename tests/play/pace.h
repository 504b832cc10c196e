/*
 * pace.h - how fast a demonstration goes on a terminal, and the keys that
 * change it. Somewhere else (a pipe, a file) it goes as fast as it can.
 */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>

/* What the reader wants to be done with this session. */
enum wish { GO_ON, AGAIN, NEXT, QUIT };

/*
 * Takes the keys of the terminal, if there is one and we are in front. step:
 * stop after each of the lecturer's paragraphs.
 */
void pace_open(bool step);
void pace_close(void); /* the terminal is as it was */

/* Are we watched? Then what happens is shown at a pace. */
bool pace_paced(void);

/* Forgets what was wished of the last session. */
void pace_begin_session(void);
enum wish pace_wish(void);

/* Reads the keys that were pressed. May the next line be shown now? */
bool pace_due(void);

/* A line has been shown that takes so many ms to read. */
void pace_shown(int ms);

/* The end of a paragraph: with --step, wait for a key. */
void pace_paragraph(void);

/* Stopped, until a key comes: time to say which keys there are. */
bool pace_stopped(void);

/* Asks a question and waits for Enter (true) or q (false). */
bool pace_ask(const char *question);

#endif
