/*
 * chapter.c - the pages in a chapter's folder.
 */
#define _POSIX_C_SOURCE 200809L
#include "chapter.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* Is it the file of a page in this language? Then its name without ending. */
static bool is_page(const char *file, bool korean, char name[64])
{
    size_t length = strlen(file);
    const char *ending = korean ? ".ko.md" : ".md";
    size_t cut = strlen(ending);
    if (length <= cut || length - cut >= 64 ||
        strcmp(file + length - cut, ending) != 0)
        return false;
    memcpy(name, file, length - cut);
    name[length - cut] = '\0';
    return strcmp(name, "README") == 0 || is_session_name(name);
}

bool chapter_read(struct chapter *chapter, const char *source,
                  const char *folder, bool korean)
{
    memset(chapter, 0, sizeof *chapter);
    chapter->folder = folder;
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", source, folder);
    DIR *dir = opendir(path);
    if (!dir) {
        fprintf(stderr, "play: %s: %s\n", path, strerror(errno));
        return false;
    }
    int count = 0;
    bool ok = true;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (count < MAX_PAGES)
            count += is_page(entry->d_name, korean, chapter->names[count]);
    }
    closedir(dir);
    /* In ASCII README comes before every lower-case name. */
    qsort(chapter->names, (size_t)count, sizeof chapter->names[0], by_name);
    for (int i = 0; i < count; i++) {
        snprintf(chapter->paths[i], sizeof chapter->paths[i], "%s/%s%s", path,
                 chapter->names[i], korean ? ".ko.md" : ".md");
        if (!page_read(&chapter->pages[i], chapter->paths[i])) {
            fprintf(stderr, "%s\n", chapter->pages[i].error);
            ok = false;
        }
    }
    chapter->count = count;
    if (count > 0 && strcmp(chapter->names[0], "README") == 0)
        return ok;
    fprintf(stderr, "play: %s has no README%s\n", path,
            korean ? ".ko.md" : ".md");
    return false;
}

void chapter_free(struct chapter *chapter)
{
    for (int i = 0; i < chapter->count; i++)
        page_free(&chapter->pages[i]);
}

const struct session *chapter_find(const struct chapter *chapter,
                                   const char *name, const struct page **page)
{
    for (int i = 0; i < chapter->count; i++) {
        const struct session *found = page_find(&chapter->pages[i], name);
        if (found) {
            *page = &chapter->pages[i];
            return found;
        }
    }
    return NULL;
}

const struct page *chapter_page(const struct chapter *chapter, const char *name)
{
    for (int i = 0; i < chapter->count; i++)
        if (strcmp(chapter->names[i], name) == 0)
            return &chapter->pages[i];
    return NULL;
}
