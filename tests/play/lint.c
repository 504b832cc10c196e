/*
 * lint.c - one chapter, two languages, the same sessions; no program left out.
 */
#define _POSIX_C_SOURCE 200809L
#include "lint.h"

#include "chapter.h"
#include "match.h"
#include "needs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
        strcmp(a->edit, b->edit) != 0 || a->one_cpu != b->one_cpu ||
        !same_literals(a, b)) {
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

/* A value that stands nowhere is a slip, or has been left behind. */
static bool values_stand(const struct page *page, const struct session *session)
{
    for (int i = 0; i < session->literal_count; i++) {
        bool found = false;
        for (size_t k = 0; k < session->step_count && !found; k++)
            found = session->steps[k].kind != STEP_SAY &&
                    has_literal(session, session->steps[k].text, i);
        if (!found) {
            fprintf(stderr, "%s:%d: %s stands nowhere in \"%s\"\n", page->path,
                    session->line, session->literals[i].text, session->name);
            return false;
        }
    }
    return true;
}

/* The sample on the page satisfies its own condition. */
static bool sample_holds(const struct page *page, const struct session *session)
{
    struct bindings sample;
    bindings_of_page(&sample, session);
    char why[200];
    if (!*session->where || where_holds(session->where, &sample, why))
        return true;
    fprintf(stderr, "%s:%d: where= fails on this page: %s\n", page->path,
            session->line, why);
    return false;
}

static bool samples_agree(const struct page *page)
{
    for (size_t i = 0; i < page->session_count; i++)
        if (!values_stand(page, &page->sessions[i]) ||
            !sample_holds(page, &page->sessions[i]))
            return false;
    return true;
}

static bool is_started(const struct chapter *chapter, const char *name)
{
    for (int i = 0; i < chapter->count; i++)
        for (size_t k = 0; k < chapter->pages[i].session_count; k++)
            if (session_starts(&chapter->pages[i].sessions[k], name))
                return true;
    return false;
}

/*
 * Calls look with each line of a list in the build folder that begins with
 * "CHAPTER/", as far as the first blank, without that. Were all well?
 */
static bool each_line(const struct places *places, const char *list,
                      const struct chapter *chapter,
                      bool (*look)(const struct chapter *, const char *))
{
    char path[1024], line[1024];
    snprintf(path, sizeof path, "%s/%s", places->build, list);
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    bool ok = true;
    size_t length = strlen(chapter->folder);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, " \n")] = '\0';
        if (strncmp(line, chapter->folder, length) == 0 && line[length] == '/')
            ok = look(chapter, line + length + 1) && ok;
    }
    fclose(file);
    return ok;
}

static bool is_shown(const struct chapter *chapter, const char *program)
{
    if (is_started(chapter, program))
        return true;
    fprintf(stderr, "%s: no session shows %s\n", chapter->folder, program);
    return false;
}

static int registered; /* lines of sessions.txt that are right */

/* CMake reads the fences by itself: it must see what the runner sees. */
static bool is_on_a_page(const struct chapter *chapter, const char *name)
{
    const struct page *page;
    const struct session *session = chapter_find(chapter, name, &page);
    if (session && !*session->edit) {
        registered++;
        return true;
    }
    fprintf(stderr, "%s: CMake made a test of \"%s\", which is no session\n",
            chapter->folder, name);
    return false;
}

static bool all_registered(const struct places *places,
                           const struct chapter *chapter)
{
    int count = 0;
    for (int i = 0; i < chapter->count; i++)
        for (size_t k = 0; k < chapter->pages[i].session_count; k++)
            count += !*chapter->pages[i].sessions[k].edit;
    registered = 0;
    if (!each_line(places, "sessions.txt", chapter, is_on_a_page))
        return false;
    if (registered == count)
        return true;
    fprintf(stderr, "%s: CMake made tests of %d of its %d sessions\n",
            chapter->folder, registered, count);
    return false;
}

/* A name means one thing in a chapter. */
static bool names_differ(const struct chapter *chapter)
{
    for (int i = 0; i < chapter->count; i++)
        for (size_t k = 0; k < chapter->pages[i].session_count; k++) {
            const struct session *session = &chapter->pages[i].sessions[k];
            const struct page *first;
            chapter_find(chapter, session->name, &first);
            if (first != &chapter->pages[i]) {
                fprintf(stderr, "%s:%d: session \"%s\" is on %s, too\n",
                        chapter->paths[i], session->line, session->name,
                        first->path);
                return false;
            }
            if (chapter_page(chapter, session->name)) {
                fprintf(stderr, "%s:%d: \"%s\" is the name of a page\n",
                        chapter->paths[i], session->line, session->name);
                return false;
            }
        }
    return true;
}

static bool same_pages(const struct chapter *chapter,
                       const struct chapter *other)
{
    for (int i = 0; i < chapter->count || i < other->count; i++) {
        if (strcmp(chapter->names[i], other->names[i]) == 0)
            continue; /* behind the last they are empty */
        bool alone =
            i < chapter->count && !chapter_page(other, chapter->names[i]);
        fprintf(stderr, "%s has no twin in the other language\n",
                alone ? chapter->paths[i] : other->paths[i]);
        return false;
    }
    return true;
}

/* What edit= names is there. */
static bool edits_exist(const struct places *places,
                        const struct chapter *chapter)
{
    for (int i = 0; i < chapter->count; i++)
        for (size_t k = 0; k < chapter->pages[i].session_count; k++) {
            const struct session *session = &chapter->pages[i].sessions[k];
            char path[1024];
            snprintf(path, sizeof path, "%s/%s/edits/%s.diff", places->source,
                     chapter->folder, session->edit);
            if (!*session->edit || access(path, R_OK) == 0)
                continue;
            fprintf(stderr, "%s:%d: %s: %s\n", chapter->paths[i], session->line,
                    path, strerror(errno));
            return false;
        }
    return true;
}

bool lint_chapter(const struct places *places, const char *folder)
{
    static struct chapter chapter, other;
    bool ok = chapter_read(&chapter, places->source, folder, false);
    ok = chapter_read(&other, places->source, folder, true) && ok;
    ok = ok && same_pages(&chapter, &other) && names_differ(&chapter) &&
         edits_exist(places, &chapter);
    for (int i = 0; ok && i < chapter.count; i++)
        ok = known_needs(&chapter.pages[i]) &&
             samples_agree(&chapter.pages[i]) &&
             samples_agree(&other.pages[i]) &&
             same_sessions(&chapter.pages[i], &other.pages[i]);
    ok = ok && each_line(places, "programs.txt", &chapter, is_shown) &&
         all_registered(places, &chapter);
    chapter_free(&chapter);
    chapter_free(&other);
    return ok;
}
