/*
 * chapter.h - a chapter's folder and its pages: README.md, and every other
 * page of a lower-case name, in one language.
 */
#ifndef CHAPTER_H
#define CHAPTER_H

#include "session.h"

#include <stdbool.h>

enum { MAX_PAGES = 16 };

struct chapter {
    const char *folder; /* ch03_tcp_echo */
    int count;
    char names[MAX_PAGES][64]; /* README first, then a-z */
    char paths[MAX_PAGES][1400];
    struct page pages[MAX_PAGES];
};

/*
 * Reads all pages of source/folder (NAME.md, in Korean NAME.ko.md). False: a
 * line on stderr says which one cannot be read, and why. Call chapter_free
 * either way.
 */
bool chapter_read(struct chapter *chapter, const char *source,
                  const char *folder, bool korean);

void chapter_free(struct chapter *chapter);

/* A session of any page; *page: the one it stands on. NULL: none. */
const struct session *chapter_find(const struct chapter *chapter,
                                   const char *name, const struct page **page);

/* The page of that name; NULL: none. */
const struct page *chapter_page(const struct chapter *chapter,
                                const char *name);

#endif
