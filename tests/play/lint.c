/*
 * lint.c - one chapter, two languages, the same sessions; no program left out.
 */
#define _POSIX_C_SOURCE 200809L
#include "lint.h"

#include "needs.h"
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The next step that is not the lecturer's, which may differ; NULL: none. */
static const struct step *next_step(const struct session *session, size_t *at)
{
    while (*at < session->step_count)
        if (session->steps[(*at)++].kind != STEP_SAY)
            return &session->steps[*at - 1];
    return NULL;
}

static bool same_literals(const struct session *a, const struct session *b)
{
    if (a->literal_count != b->literal_count)
        return false;
    for (int i = 0; i < a->literal_count; i++)
        if (a->literals[i].kind != b->literals[i].kind ||
            strcmp(a->literals[i].text, b->literals[i].text) != 0)
            return false;
    return true;
}

static bool same_session(const struct page *page, const struct session *a,
                         const struct page *other, const struct session *b)
{
    if (strcmp(a->name, b->name) != 0) {
        fprintf(stderr, "%s:%d: session \"%s\" stands where %s:%d has \"%s\"\n",
                other->path, b->line, b->name, page->path, a->line, a->name);
        return false;
    }
    if (strcmp(a->where, b->where) != 0 || strcmp(a->needs, b->needs) != 0 ||
        a->one_cpu != b->one_cpu || !same_literals(a, b)) {
        fprintf(stderr,
                "%s:%d: session \"%s\" has other attributes than %s:%d\n",
                other->path, b->line, b->name, page->path, a->line);
        return false;
    }
    for (size_t i = 0, k = 0;;) {
        const struct step *left = next_step(a, &i);
        const struct step *right = next_step(b, &k);
        if (!left && !right)
            return true;
        if (left && right && left->kind == right->kind &&
            left->terminal == right->terminal &&
            strcmp(left->text, right->text) == 0)
            continue;
        fprintf(stderr, "session \"%s\" differs between the languages\n",
                a->name);
        fprintf(stderr, "    %s:%d: %s\n", page->path,
                left ? left->line : a->line,
                left ? left->text : "(the session is over)");
        fprintf(stderr, "    %s:%d: %s\n", other->path,
                right ? right->line : b->line,
                right ? right->text : "(the session is over)");
        return false;
    }
}

static bool same_sessions(const struct page *page, const struct page *other)
{
    size_t count = page->session_count < other->session_count
                       ? page->session_count
                       : other->session_count;
    for (size_t i = 0; i < count; i++)
        if (!same_session(page, &page->sessions[i], other, &other->sessions[i]))
            return false;
    if (page->session_count == other->session_count)
        return true;
    bool more = page->session_count > other->session_count;
    const struct page *longer = more ? page : other;
    fprintf(stderr, "%s:%d: session \"%s\" is missing in %s\n", longer->path,
            longer->sessions[count].line, longer->sessions[count].name,
            (more ? other : page)->path);
    return false;
}

static bool known_needs(const struct page *page)
{
    char reason[200];
    for (size_t i = 0; i < page->session_count; i++) {
        const struct session *session = &page->sessions[i];
        if (needs_known(session->needs, reason, sizeof reason))
            continue;
        fprintf(stderr, "%s:%d: %s\n", page->path, session->line, reason);
        return false;
    }
    return true;
}

/* "./name" as a whole word in a command of the page. */
static bool is_started(const struct page *page, const char *name)
{
    char word[256];
    snprintf(word, sizeof word, "./%s", name);
    size_t length = strlen(word);
    for (size_t i = 0; i < page->session_count; i++) {
        const struct session *session = &page->sessions[i];
        for (size_t k = 0; k < session->step_count; k++) {
            if (session->steps[k].kind != STEP_START)
                continue;
            const char *at = session->steps[k].text;
            while ((at = strstr(at, word))) {
                at += length;
                if (strchr(" |<>;&)", *at))
                    return true;
            }
        }
    }
    return false;
}

static bool all_started(const struct places *places, const char *chapter,
                        const struct page *page)
{
    char path[1024], line[1024];
    snprintf(path, sizeof path, "%s/programs.txt", places->build);
    FILE *list = fopen(path, "r");
    if (!list) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    bool ok = true;
    size_t length = strlen(chapter);
    while (fgets(line, sizeof line, list)) {
        line[strcspn(line, " \n")] = '\0';
        if (strncmp(line, chapter, length) != 0 || line[length] != '/')
            continue;
        if (!is_started(page, line + length + 1)) {
            fprintf(stderr, "%s: no session shows %s\n", page->path,
                    line + length + 1);
            ok = false;
        }
    }
    fclose(list);
    return ok;
}

bool lint_chapter(const struct places *places, const char *chapter)
{
    static const char *const names[] = {"README.md", "README.ko.md"};
    struct page pages[2];
    char paths[2][1024];
    bool ok = true;
    for (int i = 0; i < 2; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%s/%s", places->source, chapter,
                 names[i]);
        if (!page_read(&pages[i], paths[i])) {
            fprintf(stderr, "%s\n", pages[i].error);
            ok = false;
        }
    }
    ok = ok && known_needs(&pages[0]) && same_sessions(&pages[0], &pages[1]) &&
         all_started(places, chapter, &pages[0]);
    page_free(&pages[0]);
    page_free(&pages[1]);
    return ok;
}
